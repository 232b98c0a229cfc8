/* Writing C: where lines are broken, and what has to be escaped. */
#include "write.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS 120
#define TAB     4

static size_t tabs_of(const char *head)
{
	return strspn(head, "\t");
}

static size_t width_of(const char *head)
{
	return strlen(head) + tabs_of(head) * (TAB - 1);
}

static void write_times(FILE *out, char character, size_t count)
{
	while (count-- > 0)
		fputc(character, out);
}

/* How long the first item is: up to a comma that is inside of nothing. */
static size_t item_length(const char *items)
{
	int  depth = 0;
	bool quoted = false;

	for (size_t i = 0; items[i]; i++) {
		if (quoted && items[i] == '\\' && items[i + 1])
			i++;
		else if (items[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr("({[", items[i]))
			depth++;
		else if (!quoted && strchr(")}]", items[i]))
			depth--;
		else if (!quoted && depth == 0 && items[i] == ',')
			return i;
	}
	return strlen(items);
}

void write_wrapped(FILE *out, const char *head, const char *items, const char *tail)
{
	size_t start = width_of(head), column = start;

	fputs(head, out);
	while (*items) {
		size_t length = item_length(items);
		bool   is_last = items[length] == '\0';
		size_t behind = is_last ? strcspn(tail, "\n") : 1;

		if (column > start && column + 1 + length + behind > COLUMNS) {
			fputc('\n', out);
			write_times(out, '\t', tabs_of(head));
			write_times(out, ' ', start - tabs_of(head) * TAB);
			column = start;
		} else if (column > start) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s%s", (int)length, items, is_last ? "" : ",");
		column += length + 1;
		items += length + !is_last;
		items += strspn(items, " ");
	}
	fputs(tail, out);
}

void write_comment(FILE *out, const char *text)
{
	size_t column = 2;

	fputs("/*", out);
	while (*text) {
		size_t length = strcspn(text, " \n");

		if (column + 1 + length + 3 > COLUMNS && column > 3) {
			fputs("\n *", out);
			column = 2;
		}
		fputc(' ', out);
		for (size_t i = 0; i < length; i++)
			fputc(text[i] == WRITE_BLANK[0] ? ' ' : text[i], out);
		column += 1 + length;
		text += length;
		if (*text == '\n') {
			fputs("\n *", out);
			column = 2;
		}
		text += *text != '\0';
	}
	fputs(" */\n", out);
}

const char *write_literal(gen_arena *arena, const char *text)
{
	const char *literal = "\"";

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '\n')
			literal = arena_text(arena, "%s\\n", literal);
		else if (byte == '"' || byte == '\\' || byte == '?')
			literal = arena_text(arena, "%s\\%c", literal, byte);
		else if (byte < 32 || byte == 127)
			literal = arena_text(arena, "%s\\%03o", literal, byte);
		else
			literal = arena_text(arena, "%s%c", literal, byte);
	}
	return arena_text(arena, "%s\"", literal);
}

const char *write_name(gen_arena *arena, const char *name)
{
	char *plain = arena_copy(arena, name, strlen(name));

	for (char *at = plain; *at; at++)
		if (((unsigned char)*at < 32 && *at != WRITE_BLANK[0]) || (*at == '*' && at[1] == '/') ||
		    (*at == '/' && at[1] == '*'))
			*at = '.';
	return plain;
}
