/* Writing a tree without recursion: the open nodes are kept in an array, which bounds the depth. cJSON's own printer
 * has no bound, and takes 15 digits for enough when only the last bit of a number is lost. */
#include "models/json_node.h"

#include "models/json_string.h"
#include "models/json_text.h"
#include "models/number.h"

#include <math.h>

cJSON *weir__json_node_raw(const char *text, double value)
{
	cJSON *node = cJSON_CreateRaw(text);

	if (node)
		node->valuedouble = value;
	return node;
}

int weir__json_node_type(const cJSON *node)
{
	return node->type & 0xFF;
}

static bool append_number(weir__buffer *buffer, double number)
{
	char text[WEIR__DOUBLE_TEXT_MAX];

	if (!isfinite(number))
		return false;
	weir__buffer_append(buffer, text, (size_t)(weir__double_write(text, number) - text));
	return true;
}

static bool append_raw(weir__buffer *buffer, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (!weir__json_is_valid(text, length))
		return false;
	weir__buffer_append(buffer, text, length);
	return true;
}

static bool append_string(weir__buffer *buffer, const char *text)
{
	if (text)
		weir__json_string_append(buffer, text);
	return text;
}

static bool append_scalar(weir__buffer *buffer, const cJSON *node)
{
	switch (weir__json_node_type(node)) {
	case cJSON_NULL:
		weir__buffer_append_text(buffer, "null");
		return true;
	case cJSON_True:
		weir__buffer_append_text(buffer, "true");
		return true;
	case cJSON_False:
		weir__buffer_append_text(buffer, "false");
		return true;
	case cJSON_Number:
		return append_number(buffer, node->valuedouble);
	case cJSON_String:
		return append_string(buffer, node->valuestring);
	case cJSON_Raw:
		return append_raw(buffer, node->valuestring);
	default:
		return false;
	}
}

/* Where a writer is: at a node, inside of those that are open. */
struct cursor {
	const cJSON *node;
	const cJSON *open[WEIR__JSON_DEPTH_MAX];
	size_t       depth;
};

static bool is_object(const cJSON *node)
{
	return weir__json_node_type(node) == cJSON_Object;
}

/* Opens the node and goes to its first child, or closes it at once. */
static bool descend(struct cursor *c, weir__buffer *buffer)
{
	if (c->depth == WEIR__JSON_DEPTH_MAX)
		return false;
	c->open[c->depth++] = c->node;
	weir__buffer_append_char(buffer, is_object(c->node) ? '{' : '[');
	c->node = c->node->child;
	return true;
}

/* From the end of a value to the next, closing what ends before it. */
static void advance(struct cursor *c, weir__buffer *buffer)
{
	while (c->depth > 0 && !c->node) {
		c->node = c->open[--c->depth];
		weir__buffer_append_char(buffer, is_object(c->node) ? '}' : ']');
		c->node = c->depth > 0 ? c->node->next : NULL;
		if (c->node)
			weir__buffer_append_char(buffer, ',');
	}
}

static bool write_node(struct cursor *c, weir__buffer *buffer)
{
	if (c->depth > 0 && is_object(c->open[c->depth - 1])) {
		if (!append_string(buffer, c->node->string))
			return false;
		weir__buffer_append_char(buffer, ':');
	}
	if (is_object(c->node) || weir__json_node_type(c->node) == cJSON_Array)
		return descend(c, buffer);
	if (!append_scalar(buffer, c->node))
		return false;
	c->node = c->depth > 0 ? c->node->next : NULL;
	if (c->node)
		weir__buffer_append_char(buffer, ',');
	return true;
}

bool weir__json_node_write(const cJSON *tree, weir__buffer *buffer)
{
	struct cursor c = { .node = tree };
	size_t        start = buffer->length;

	while (c.node && !buffer->failed) {
		if (!write_node(&c, buffer))
			return false;
		advance(&c, buffer);
	}
	return buffer->failed || weir__json_is_valid(buffer->data + start, buffer->length - start);
}

#define PLAIN_MAX INT64_C(1000000000000000) /* cJSON prints whole numbers below it as digits */

cJSON *weir__json_node_int8(int64_t number)
{
	char text[WEIR__INTEGER_TEXT_MAX + 1];

	if (number > -PLAIN_MAX && number < PLAIN_MAX)
		return cJSON_CreateNumber((double)number);
	*weir__integer_write(text, number) = '\0';
	if (number < -WEIR__EXACT_MAX || number > WEIR__EXACT_MAX)
		return cJSON_CreateString(text);
	return weir__json_node_raw(text, (double)number);
}
