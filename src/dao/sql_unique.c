/* Reads a statement word by word: literals are skipped, parentheses counted. */
#include "dao/sql_unique.h"

#include <string.h>
#include <strings.h>

typedef enum part { ELSEWHERE, SETTING, INSERTING } part;

typedef struct reading {
	const weir__layout *layout;
	weir__mask          found[3]; /* by part */
	part                part;
	int                 depth, set_depth;
} reading;

static bool is_of_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static bool is(const char *word, size_t length, const char *keyword)
{
	return strlen(keyword) == length && strncasecmp(word, keyword, length) == 0;
}

static void read_word(reading *r, const char *word, size_t length)
{
	if (is(word, length, "set")) {
		r->part = SETTING;
		r->set_depth = r->depth;
	} else if (is(word, length, "into")) {
		r->part = INSERTING;
	} else if ((is(word, length, "where") || is(word, length, "returning")) && r->depth <= r->set_depth) {
		r->part = ELSEWHERE;
	} else if (r->part == INSERTING && (is(word, length, "values") || is(word, length, "select"))) {
		r->part = ELSEWHERE;
	}
	for (size_t i = 0; r->part != ELSEWHERE && i < r->layout->column_count; i++)
		if (r->layout->unique_mask >> i & 1 && is(word, length, r->layout->columns[i].name))
			r->found[r->part] |= (weir__mask)1 << i;
}

/* Behind a literal that begins here. */
static const char *skip_literal(const char *at, const char *end)
{
	const char *close = memchr(at + 1, '\'', (size_t)(end - at - 1));

	return close ? close + 1 : end;
}

void weir__sql_unique_named(const weir__sql *sql, const weir__layout *layout, weir__mask *set, weir__mask *inserted)
{
	reading     r = { .layout = layout };
	const char *at = sql->text, *end = sql->text + sql->length;

	while (at < end) {
		size_t length = 0;

		while (at + length < end && is_of_word(at[length]))
			length++;
		if (length > 0) {
			read_word(&r, at, length);
			at += length;
		} else if (*at == '\'') {
			at = skip_literal(at, end);
		} else {
			r.depth += (*at == '(') - (*at == ')');
			at++;
		}
	}
	*set = r.found[SETTING];
	*inserted = r.found[INSERTING];
}
