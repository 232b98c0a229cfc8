/* Writing JSON strings, and reading those of others. */
#include "models/json_string.h"

const char weir__json_unescaped[256] = {
	['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['"'] = '"', ['\\'] = '\\',
};

char weir__json_escape_letter(unsigned c)
{
	static const char letters[0x20] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";

	return letters[c];
}

static char *write_escape(char *at, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	*at++ = '\\';
	if (c >= 0x20) {
		*at++ = (char)c;
		return at;
	}
	*at++ = weir__json_escape_letter(c);
	if (at[-1] == 'u') {
		at[0] = '0';
		at[1] = '0';
		at[2] = digits[c >> 4];
		at[3] = digits[c & 15];
		at += 4;
	}
	return at;
}

char *weir__json_string_write(weir__buffer *buffer, char *at, const char *text, size_t more)
{
	const size_t around = 1 + 6 + 1 + more; /* a quote, an escape, a quote */
	size_t       length = strlen(text);
	size_t       plain;

	at = weir__json_room(buffer, at, length + around);
	if (!at)
		return NULL;
	*at++ = '"';
	for (;;) {
		plain = weir__json_copy_plain(at, text, length);
		at += plain;
		if (plain == length)
			break;
		text += plain + 1;
		length -= plain + 1;
		at = weir__json_room(buffer, write_escape(at, (unsigned char)text[-1]), length + around);
		if (!at)
			return NULL;
	}
	*at++ = '"';
	return at;
}

void weir__json_string_append(weir__buffer *buffer, const char *text)
{
	char *at = weir__buffer_reserve(buffer, 1);

	if (at)
		at = weir__json_string_write(buffer, at, text, 0);
	if (at)
		buffer->length = (size_t)(at - buffer->data);
}

/* Four hexadecimal digits, which are there. */
static uint32_t read_hex4(const char *at)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++)
		unit = unit << 4 | (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
	return unit;
}

static void append_character(weir__buffer *buffer, uint32_t character)
{
	static const unsigned char leads[] = { 0x00, 0xC0, 0xE0, 0xF0 };
	int                        more = (character >= 0x80) + (character >= 0x800) + (character >= 0x10000);

	weir__buffer_append_char(buffer, (char)(leads[more] | character >> 6 * more));
	while (more-- > 0)
		weir__buffer_append_char(buffer, (char)(0x80 | (character >> 6 * more & 0x3F)));
}

/* The escape at `at`, its backslash included; returns its length. */
static size_t append_unescaped(weir__buffer *buffer, const char *at)
{
	char     c = weir__json_unescape_letter(at[1]);
	uint32_t character;

	if (at[1] != 'u') {
		weir__buffer_append(buffer, c ? &c : at + 1, 1);
		return 2;
	}
	character = read_hex4(at + 2);
	if (character < 0xD800 || character > 0xDBFF) {
		append_character(buffer, character);
		return 6;
	}
	append_character(buffer, 0x10000 + ((character - 0xD800) << 10) + (read_hex4(at + 8) - 0xDC00));
	return 12;
}

void weir__json_string_unescape(weir__buffer *buffer, const char *string, size_t length)
{
	const char *at = string + 1;
	const char *end = string + length - 1;

	while (at < end) {
		const char *slash = memchr(at, '\\', (size_t)(end - at));
		weir__buffer_append(buffer, at, (size_t)((slash ? slash : end) - at));
		at = slash ? slash + append_unescaped(buffer, slash) : end;
	}
}
