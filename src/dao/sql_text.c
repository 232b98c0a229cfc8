/* A scanner of PostgreSQL's quotes and comments. A cursor goes through the text; each skip_ function leaves it behind what
 * it is about, or at the end where that does not end. */
#include "dao/sql_text.h"

#include <stdint.h>
#include <string.h>

#define PARAMS_MOST 65536 /* more than a statement can have */

typedef struct cursor {
	const char *at;
	const char *end;
	const char *last; /* the word before, if nothing but blanks stands between */
	size_t      last_length;
	bool        updates; /* UPDATE was there, and not as a lock */
} cursor;

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts(const cursor *c, const char *with)
{
	size_t length = strlen(with);

	return (size_t)(c->end - c->at) >= length && memcmp(c->at, with, length) == 0;
}

/* '...' or "...", at the opening quote. A doubled quote is a quote inside and reads as two texts side by side. */
static void skip_quoted(cursor *c, bool has_escapes)
{
	char quote = *c->at++;

	while (c->at < c->end && *c->at != quote)
		c->at += has_escapes && *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	c->at += c->at < c->end;
}

static void skip_line(cursor *c)
{
	while (c->at < c->end && *c->at != '\n')
		c->at++;
}

static void skip_comment(cursor *c)
{
	size_t depth = 0;

	do {
		if (starts(c, "/*"))
			depth++, c->at += 2;
		else if (starts(c, "*/"))
			depth--, c->at += 2;
		else
			c->at++;
	} while (depth > 0 && c->at < c->end);
}

/* $tag$ ... $tag$, at the first dollar. False: it is no such quote, the cursor has not moved. */
static bool skip_dollar_quoted(cursor *c)
{
	const char *tag_end = c->at + 1;
	size_t      length;

	while (tag_end < c->end && (is_letter(*tag_end) || (is_digit(*tag_end) && tag_end > c->at + 1)))
		tag_end++;
	if (tag_end == c->end || *tag_end != '$')
		return false;
	length = (size_t)(tag_end + 1 - c->at);
	for (const char *at = tag_end + 1; (size_t)(c->end - at) >= length; at++) {
		if (memcmp(at, c->at, length) != 0)
			continue;
		c->at = at + length;
		return true;
	}
	c->at = c->end;
	return true;
}

static void read_param(cursor *c, size_t *highest)
{
	size_t number = 0;

	for (c->at++; c->at < c->end && is_digit(*c->at); c->at++)
		if (number < PARAMS_MOST)
			number = number * 10 + (size_t)(*c->at - '0');
	if (number > *highest)
		*highest = number;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is(const char *text, size_t length, const char *word)
{
	for (size_t i = 0; i < length; i++)
		if (!word[i] || lower(text[i]) != word[i])
			return false;
	return word[length] == '\0';
}

static bool last_is(const cursor *c, const char *word)
{
	return is(c->last, c->last_length, word);
}

static void note_write(cursor *c, const char *word, size_t length, weir__sql_text *read)
{
	if (is(word, length, "into"))
		read->writes |= last_is(c, "insert") || last_is(c, "merge");
	else if (is(word, length, "from"))
		read->writes |= last_is(c, "delete");
	else if (is(word, length, "update"))
		c->updates |= !last_is(c, "for") && !last_is(c, "key"); /* FOR NO KEY UPDATE */
	else if (is(word, length, "set"))
		read->writes |= c->updates;
	c->last = word;
	c->last_length = length;
}

/* A name or keyword; $ may stand in it. E'...' has escapes. */
static void read_word(cursor *c, weir__sql_text *read)
{
	const char *start = c->at;

	while (c->at < c->end && (is_letter(*c->at) || is_digit(*c->at) || *c->at == '$'))
		c->at++;
	if (!read->word) {
		read->word = start;
		read->word_length = (size_t)(c->at - start);
	}
	note_write(c, start, (size_t)(c->at - start), read);
	if (c->at - start == 1 && (*start == 'e' || *start == 'E') && c->at < c->end && *c->at == '\'')
		skip_quoted(c, true);
}

void weir__sql_text_read(const char *text, size_t length, weir__sql_text *read)
{
	cursor c = { .at = text, .end = text + length };

	*read = (weir__sql_text){ .word = NULL };
	while (c.at < c.end) {
		if (!is_letter(*c.at) && !strchr(" \t\r\n\f\v-/", *c.at))
			c.last_length = 0;
		if (*c.at == '\'' || *c.at == '"')
			skip_quoted(&c, false);
		else if (starts(&c, "--"))
			skip_line(&c);
		else if (starts(&c, "/*"))
			skip_comment(&c);
		else if (is_letter(*c.at))
			read_word(&c, read);
		else if (*c.at != '$')
			c.at++;
		else if (c.end - c.at > 1 && is_digit(c.at[1]))
			read_param(&c, &read->params);
		else if (!skip_dollar_quoted(&c))
			c.at++;
	}
}

bool weir__sql_text_begins(const weir__sql_text *read, const char *const *words)
{
	for (; read->word && *words; words++)
		if (is(read->word, read->word_length, *words))
			return true;
	return false;
}
