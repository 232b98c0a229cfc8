/* Reading strings: sixteen bytes at a time, as long as there are any, of which UTF-8 is asked as a whole. */
#include "models/codec_reader.h"

#include "models/json_string.h"

#include "base/block.h"
#include "base/utf8.h"
#include "base/word.h"

#define BLOCK sizeof(weir__block)
#define WORD  sizeof(uint64_t)

#define LAST_EIGHTH_BITS (UINT64_C(0x808080) << 40) /* of the last three bytes of a word */

/* The control character of \u00xx in its canonical form; 0 when it is none. */
static char control_of(const char *at)
{
	unsigned high = (unsigned)at[4] - '0';
	unsigned low = (unsigned)at[5] - '0';
	unsigned c;

	if (low > 9)
		low = at[5] >= 'a' && at[5] <= 'f' ? (unsigned)at[5] - 'a' + 10 : 0x20;
	if (at[2] != '0' || at[3] != '0' || high > 1 || low > 15)
		return '\0';
	c = high * 16 + low;
	if (weir__json_escape_letter(c) != 'u')
		return '\0';
	return (char)c;
}

/* An escape of the canonical form, at a backslash. */
static bool copy_escape(weir__codec_reader *r)
{
	const char *at = r->at;
	char        c = '\0';

	if (r->end - at >= 2 && at[1] != 'u') {
		c = weir__json_unescape_letter(at[1]);
		r->at += 2;
	} else if (r->end - at >= 6) {
		c = control_of(at);
		r->at += 6;
	}
	*r->text++ = c;
	return c != '\0';
}

/* A character that is not ASCII. */
static bool copy_longer(weir__codec_reader *r)
{
	size_t length = weir__utf8_longer(weir__utf8_load(r->at, (size_t)(r->end - r->at)));

	for (size_t i = 0; i < length; i++)
		r->text[i] = r->at[i];
	r->at += length;
	r->text += length;
	return length > 0;
}

static bool is_high(char c)
{
	return (signed char)c < 0;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Goes on byte by byte, from the beginning of a character, where no whole block can be looked at any more. */
static bool copy_last(weir__codec_reader *r)
{
	if (is_high(r->at[-1]))
		do {
			r->at--;
			r->text--;
		} while (((unsigned char)*r->at & 0xC0) == 0x80);
	while (r->at < r->end && is_plain(*r->at))
		if (!is_high(*r->at))
			*r->text++ = *r->at++;
		else if (!copy_longer(r))
			return false;
	return true;
}

/* Goes on to the quote, to an escape of six characters or what is wrong, or where no block can be looked at any more. May go as far as a
 * block beyond `end`. False: it is not UTF-8, which is asked where a block is not ASCII or a character may reach into it. */
static inline bool copy_blocks(weir__codec_reader *r)
{
	const char *at = r->at, *last = r->end;
	char       *text = r->text;
	bool        begun = false; /* a character perhaps, by the block before */

	if (r->limit - last < (ptrdiff_t)BLOCK)
		last = weir__codec_has(r, BLOCK) ? r->limit - BLOCK + 1 : at;
	while (at < last) {
		weir__block block = weir__block_copy(text, at);
		size_t      plain = weir__block_first((weir__block)((block < 0x20) | (block == '"') | (block == '\\')));
		char        c = '\0';
		if (begun || weir__block_has_high(block)) {
			size_t wrong = weir__block_first(weir__utf8_wrong(at));
			if (wrong < BLOCK && wrong <= plain)
				return false;
		}
		begun = plain == BLOCK && (weir__word_load(at + BLOCK - WORD) & LAST_EIGHTH_BITS) != 0;
		at += plain;
		text += plain;
		if (plain == BLOCK)
			continue;
		if (at < last && *at == '\\')
			c = weir__json_unescape_letter(at[1]);
		if (!c)
			break;
		*text++ = c;
		at += 2;
	}
	r->at = at;
	r->text = text;
	return true;
}

bool weir__codec_read_string(weir__codec_reader *r, const char **value, size_t *length)
{
	char *start = r->text;

	if (!weir__codec_skip_quote(r))
		return false;
	for (;;) {
		if (!copy_blocks(r) || r->at >= r->end)
			return false;
		if ((is_plain(*r->at) || is_high(r->at[-1])) && (!copy_last(r) || r->at >= r->end))
			return false;
		if (*r->at == '"')
			break;
		if (*r->at != '\\' || !copy_escape(r))
			return false;
	}
	r->at++;
	*length = (size_t)(r->text - start);
	*r->text++ = '\0';
	*value = start;
	return true;
}
