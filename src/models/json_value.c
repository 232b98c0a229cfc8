/* jsonb values as cJSON trees, and back.
 *
 * The text is checked as a whole first; after that its structure can be trusted, and one pass over its bytes makes the
 * nodes. cJSON's own parser is not asked: it cannot tell want of memory from bad input, knows no number of
 * more than 63 characters, and rounds those it knows. A number that a double does not hold becomes a raw node. */
#include <weir/json.h>

#include "base/error.h"
#include "models/json_node.h"
#include "models/json_string.h"
#include "models/json_text.h"
#include "models/number.h"

#include <math.h>
#include <string.h>

struct builder {
	const char  *at;
	const char  *end;
	cJSON       *root;
	cJSON       *open[WEIR__JSON_DEPTH_MAX]; /* the nodes that are not closed yet, the innermost last */
	size_t       depth;
	bool         named; /* the name of the next node is in name */
	weir__buffer name;
	weir__buffer text;
};

/* The content of a buffer as a text; NULL when there is no memory. */
static const char *set_text(weir__buffer *buffer, const char *from, size_t length, bool string)
{
	weir__buffer_clear(buffer);
	if (string)
		weir__json_string_unescape(buffer, from, length);
	else
		weir__buffer_append(buffer, from, length);
	return weir__buffer_text(buffer);
}

static cJSON *make_number(struct builder *b, size_t length)
{
	double      number = *b->at == '-' ? -HUGE_VAL : HUGE_VAL;
	const char *text;

	(void)weir__double_read(b->at, b->at + length, &number);
	if (weir__double_holds(b->at, length))
		return cJSON_CreateNumber(number);
	text = set_text(&b->text, b->at, length, false);
	return text ? weir__json_node_raw(text, number) : NULL;
}

static cJSON *make_string(struct builder *b, size_t length)
{
	const char *text = set_text(&b->text, b->at, length, true);

	return text ? cJSON_CreateString(text) : NULL;
}

static cJSON *make_scalar(struct builder *b, size_t length)
{
	switch (*b->at) {
	case '"':
		return make_string(b, length);
	case 'n':
		return cJSON_CreateNull();
	case 't':
		return cJSON_CreateTrue();
	case 'f':
		return cJSON_CreateFalse();
	default:
		return make_number(b, length);
	}
}

/* Puts a new node where it belongs; takes it over in any case. */
static bool place(struct builder *b, cJSON *node)
{
	cJSON *parent = b->depth > 0 ? b->open[b->depth - 1] : NULL;
	bool   placed = node;

	if (!node)
		return false;
	if (!parent)
		b->root = node;
	else if (b->named)
		placed = cJSON_AddItemToObject(parent, b->name.data, node);
	else
		placed = cJSON_AddItemToArray(parent, node);
	if (!placed)
		cJSON_Delete(node);
	b->named = false;
	return placed;
}

static bool open_node(struct builder *b)
{
	cJSON *node = *b->at == '{' ? cJSON_CreateObject() : cJSON_CreateArray();

	if (!place(b, node))
		return false;
	b->open[b->depth++] = node;
	b->at++;
	return true;
}

static bool take_scalar(struct builder *b)
{
	bool   name = b->depth > 0 && cJSON_IsObject(b->open[b->depth - 1]) && !b->named;
	size_t length = 0;

	(void)weir__json_scan(b->at, (size_t)(b->end - b->at), &length);
	if (name)
		b->named = set_text(&b->name, b->at, length, true);
	if (name ? !b->named : !place(b, make_scalar(b, length)))
		return false;
	b->at += length;
	return true;
}

/* One token of valid JSON; false when there is no memory. */
static bool take_token(struct builder *b)
{
	switch (*b->at) {
	case '{':
	case '[':
		return open_node(b);
	case '}':
	case ']':
		b->depth--;
		b->at++;
		return true;
	case ' ':
	case '\n':
	case '\r':
	case '\t':
	case ',':
	case ':':
		b->at++;
		return true;
	default:
		return take_scalar(b);
	}
}

int weir_json_to_cjson(weir_json json, cJSON **tree, weir_error *err)
{
	const char    *text = json.text ? json.text : "null";
	size_t         length = strlen(text);
	struct builder b = { .at = text, .end = text + length };
	bool           built = true;

	if (!tree)
		return weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the tree");
	if (!weir__json_is_valid(text, length))
		return weir__error_set(err, WEIR_ERR_FORMAT, "the text %s", weir__json_refusal(text, length));
	while (built && b.at < b.end)
		built = take_token(&b);
	weir__buffer_release(&b.name);
	weir__buffer_release(&b.text);
	if (!built) {
		cJSON_Delete(b.root);
		return weir__error_no_memory(err);
	}
	*tree = b.root;
	return WEIR_OK;
}

int weir_json_from_cjson(const cJSON *tree, char **text, weir_error *err)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	char        *made;

	if (!tree || !text)
		return weir__error_set(err, WEIR_ERR_USAGE, tree ? "nowhere to put the text" : "no tree");
	if (!weir__json_node_write(tree, &buffer)) {
		weir__buffer_release(&buffer);
		return weir__error_set(
			err, WEIR_ERR_FORMAT,
			"the tree is no JSON: nested more than 64 deep, or a node without a value that JSON has");
	}
	made = weir__buffer_detach(&buffer);
	if (!made) {
		weir__buffer_release(&buffer);
		return weir__error_no_memory(err);
	}
	*text = made;
	return WEIR_OK;
}
