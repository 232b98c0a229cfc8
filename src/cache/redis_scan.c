/* The scan of replies: a header of a type and a number, and the bytes that it announces. */
#include "cache/redis_scan.h"

#define DIGITS_MAX 15

/* The number of a header that begins at `at`, and the place behind its end. OTHER: it is no number from 0 on, or a long one. */
static weir__scan_state read_number(const char *at, const char *end, uint64_t *number, const char **behind)
{
	const char *start = at;
	uint64_t    read = 0;

	for (; at < end && (unsigned char)(*at - '0') < 10 && at - start < DIGITS_MAX; at++)
		read = read * 10 + (uint64_t)(*at - '0');
	if (at < end && (*at != '\r' || at == start || (*start == '0' && at - start > 1)))
		return WEIR__SCAN_OTHER;
	if (end - at < 2)
		return WEIR__SCAN_MORE;
	if (at[1] != '\n')
		return WEIR__SCAN_OTHER;
	*number = read;
	*behind = at + 2;
	return WEIR__SCAN_DONE;
}

static bool is_nil(const char *at, const char *end)
{
	return end - at >= 5 && at[0] == '$' && at[1] == '-' && at[2] == '1' && at[3] == '\r' && at[4] == '\n';
}

/* The node is there, and what follows begins at `behind`. */
static weir__scan_state take(weir__redis_scan *scan, const weir__reply *node, size_t behind)
{
	scan->nodes[scan->node_count++] = *node;
	scan->at = behind;
	if (scan->elements > 0)
		scan->elements--;
	else
		scan->replies--;
	return WEIR__SCAN_DONE;
}

static weir__scan_state read_string(weir__redis_scan *scan, const char *bytes, size_t length)
{
	const char      *at = bytes + scan->at, *end = bytes + length, *text;
	weir__reply      node = { .type = WEIR__REPLY_STRING };
	uint64_t         number;
	weir__scan_state state;

	if (is_nil(at, end))
		return take(scan, &(weir__reply){ .type = WEIR__REPLY_NIL }, scan->at + 5);
	if (end - at >= 2 && at[1] == '-')
		return end - at >= 5 ? WEIR__SCAN_OTHER : WEIR__SCAN_MORE;
	state = read_number(at + 1, end, &number, &text);
	if (state != WEIR__SCAN_DONE)
		return state;
	if (number > WEIR__REPLY_BYTES_MAX)
		return WEIR__SCAN_OTHER;
	node.offset = (size_t)(text - bytes);
	node.length = (size_t)number;
	scan->wanted = node.offset + node.length + 2;
	if (scan->wanted > length)
		return WEIR__SCAN_MORE;
	if (text[node.length] != '\r' || text[node.length + 1] != '\n')
		return WEIR__SCAN_GARBLED;
	return take(scan, &node, scan->wanted);
}

static weir__scan_state read_array(weir__redis_scan *scan, const char *bytes, size_t length)
{
	weir__reply      node = { .type = WEIR__REPLY_ARRAY };
	const char      *behind;
	uint64_t         number;
	weir__scan_state state = read_number(bytes + scan->at + 1, bytes + length, &number, &behind);

	if (state != WEIR__SCAN_DONE)
		return state;
	if (number > scan->node_limit - scan->node_count - 1)
		return WEIR__SCAN_OTHER;
	node.length = (size_t)number;
	(void)take(scan, &node, (size_t)(behind - bytes));
	scan->elements = node.length;
	return WEIR__SCAN_DONE;
}

static weir__scan_state read_integer(weir__redis_scan *scan, const char *bytes, size_t length)
{
	weir__reply      node = { .type = WEIR__REPLY_INTEGER };
	const char      *start = bytes + scan->at + 1, *behind;
	bool             negative = start < bytes + length && *start == '-';
	uint64_t         number;
	weir__scan_state state = read_number(start + negative, bytes + length, &number, &behind);

	if (state != WEIR__SCAN_DONE)
		return state;
	node.integer = negative ? -(long long)number : (long long)number;
	return take(scan, &node, (size_t)(behind - bytes));
}

weir__scan_state weir__redis_scan_on(weir__redis_scan *scan, const char *bytes, size_t length)
{
	weir__scan_state state = WEIR__SCAN_DONE;

	while (state == WEIR__SCAN_DONE && (scan->replies > 0 || scan->elements > 0)) {
		scan->wanted = 0;
		if (scan->at >= length)
			state = WEIR__SCAN_MORE;
		else if (scan->node_count >= scan->node_limit)
			state = WEIR__SCAN_OTHER;
		else if (bytes[scan->at] == '$')
			state = read_string(scan, bytes, length);
		else if (bytes[scan->at] == ':')
			state = read_integer(scan, bytes, length);
		else if (bytes[scan->at] == '*' && scan->elements == 0)
			state = read_array(scan, bytes, length);
		else
			state = WEIR__SCAN_OTHER;
	}
	return state;
}
