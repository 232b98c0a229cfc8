/* Reads a statement word by word: literals are skipped, parentheses counted. What it cannot read (comments, backslashes, dollar quotes), and what
 * hides what it does (a call of a function), may change every column. */
#include "dao/sql_unique.h"

#include <string.h>
#include <strings.h>

typedef enum part { ELSEWHERE, SETTING, INSERTING } part;

typedef struct reading {
	const weir__layout *layout;
	const char         *text, *at, *end;
	weir__mask          found[3]; /* by part */
	part                part;
	int                 depth, part_depth;
	bool                changes; /* it says what it does: INSERT, SET or DELETE */
	bool                lists;   /* the columns of the INSERT that is being read are named */
	bool                unclear;
} reading;

static bool is_of_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static bool is(const char *word, size_t length, const char *keyword)
{
	return strlen(keyword) == length && strncasecmp(word, keyword, length) == 0;
}

static bool begins_rows(const char *word, size_t length)
{
	return is(word, length, "values") || is(word, length, "select") || is(word, length, "with") ||
	       is(word, length, "table");
}

static void enter(reading *r, part next)
{
	if (r->part == INSERTING && !r->lists)
		r->found[INSERTING] |= r->layout->unique_mask;
	r->part = next;
	r->part_depth = r->depth;
	r->lists = false;
}

/* Is it a word that begins or ends a part? */
static bool read_keyword(reading *r, const char *word, size_t length)
{
	if (is(word, length, "set"))
		enter(r, SETTING);
	else if (is(word, length, "insert"))
		enter(r, INSERTING);
	else if ((is(word, length, "where") || is(word, length, "returning")) && r->depth <= r->part_depth)
		enter(r, ELSEWHERE);
	else if (r->part == INSERTING && begins_rows(word, length))
		enter(r, ELSEWHERE);
	else
		return false;
	return true;
}

static void read_name(reading *r, const char *word, size_t length)
{
	r->lists |= r->depth > r->part_depth;
	for (size_t i = 0; r->part != ELSEWHERE && i < r->layout->column_count; i++)
		if (r->layout->unique_mask >> i & 1 && is(word, length, r->layout->columns[i].name))
			r->found[r->part] |= (weir__mask)1 << i;
}

static void read_word(reading *r)
{
	const char *word = r->at;
	size_t      length;

	while (r->at < r->end && is_of_word(*r->at))
		r->at++;
	length = (size_t)(r->at - word);
	r->changes |= is(word, length, "insert") || is(word, length, "set") || is(word, length, "delete");
	if (!read_keyword(r, word, length))
		read_name(r, word, length);
}

/* A literal, or a name between quotes, that begins here. */
static void read_quoted(reading *r)
{
	const char *first = r->at + 1;
	const char *close = memchr(first, *r->at, (size_t)(r->end - first));

	if (*r->at == '"')
		read_name(r, first, (size_t)((close ? close : r->end) - first));
	r->at = close ? close + 1 : r->end;
}

static void read_sign(reading *r)
{
	char next = (char)(r->at + 1 < r->end ? r->at[1] : '\0');
	bool is_param = next >= '0' && next <= '9' && !(r->at > r->text && is_of_word(r->at[-1]));

	r->unclear |= (*r->at == '-' && next == '-') || (*r->at == '/' && next == '*') || (*r->at == '$' && !is_param);
	r->depth += (*r->at == '(') - (*r->at == ')');
	r->at++;
}

void weir__sql_unique_named(const weir__sql *sql, const weir__layout *layout, weir__mask *set, weir__mask *inserted)
{
	reading r = { .layout = layout, .text = sql->text, .at = sql->text, .end = sql->text + sql->length };

	r.unclear = memchr(sql->text, '\\', sql->length) != NULL;
	while (r.at < r.end) {
		if (is_of_word(*r.at))
			read_word(&r);
		else if (*r.at == '\'' || *r.at == '"')
			read_quoted(&r);
		else
			read_sign(&r);
	}
	enter(&r, ELSEWHERE);
	*set = r.unclear || !r.changes ? layout->unique_mask : r.found[SETTING];
	*inserted = r.found[INSERTING];
}
