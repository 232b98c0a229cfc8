/* Reading records. The bytes are hostile until the last of them is read: codec_reader.h says how they are kept in bounds. */
#include "models/codec.h"

#include "models/base64.h"
#include "models/codec_reader.h"
#include "models/codec_time.h"
#include "models/json_text.h"
#include "models/number.h"
#include "models/numeric.h"
#include "models/time.h"
#include "models/value_text.h"
#include "models/value_type.h"

#include "base/block.h"
#include "base/word.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline)) /* of columns, although items of arrays use them too */
#define BLOCK  sizeof(weir__block)
#define WORD   sizeof(uint64_t)

/* Passes bytes that must be there, the fixed ones: they lie behind `end`, which moves. Whole blocks of them can be read. */
INLINE bool skip_fixed(weir__codec_reader *r, const char *bytes, size_t length)
{
	const char *at = r->at;

	r->end += length;
	if (!weir__codec_has(r, length + BLOCK))
		return memcmp((r->at += length) - length, bytes, length) == 0;
	r->at += length;
	for (; length > BLOCK; length -= BLOCK, at += BLOCK, bytes += BLOCK)
		if (weir__block_first((weir__block)(weir__block_load(at) != weir__block_load(bytes))) < BLOCK)
			return false;
	return weir__block_first((weir__block)(weir__block_load(at) != weir__block_load(bytes))) >= length;
}

static bool skip_fixed_char(weir__codec_reader *r, char c)
{
	r->end++;
	return *r->at++ == c;
}

/* Passes bytes of a value, if they are there. */
static bool skip(weir__codec_reader *r, const char *bytes, size_t length)
{
	if ((size_t)(r->end - r->at) < length || memcmp(r->at, bytes, length) != 0)
		return false;
	r->at += length;
	return true;
}

static bool skip_null(weir__codec_reader *r)
{
	if (r->end - r->at < 4 || memcmp(r->at, "null", 4) != 0)
		return false;
	r->at += 4;
	return true;
}

static bool read_bool(weir__codec_reader *r, bool *value)
{
	*value = r->end - r->at >= 4 && memcmp(r->at, "true", 4) == 0;
	if (!*value && (r->end - r->at < 5 || memcmp(r->at, "false", 5) != 0))
		return false;
	r->at += *value ? 4 : 5;
	return true;
}

/* The digits of a word before the first byte that is none. */
INLINE unsigned count_digits(uint64_t word)
{
	uint64_t digits = word ^ WEIR__EVERY_BYTE * '0';
	uint64_t others = (digits | (digits + WEIR__EVERY_BYTE * (0x80 - 10))) & WEIR__EVERY_EIGHTH_BIT;

	return others ? weir__word_first(others) : (unsigned)WORD;
}

/* The number of the first count digits of a word, from 1 to 8: those move to its end, zeros before them, and neighbours are
 * added up to numbers of two, of four and of eight digits. */
INLINE uint64_t number_of(uint64_t word, unsigned count)
{
	word = (word ^ WEIR__EVERY_BYTE * '0') << 8 * (WORD - count);
	word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(word * 10000 + (word >> 32));
}

/* Up to seven digits, which most numbers have. False: it is no such number, and not passed. */
INLINE bool read_few_digits(weir__codec_reader *r, int64_t *value)
{
	uint64_t word;
	unsigned count;

	if ((size_t)(r->end - r->at) < WORD)
		return false;
	word = weir__word_load(r->at);
	count = count_digits(word);
	if (count == 0 || count == WORD || (*r->at == '0' && count > 1))
		return false;
	*value = (int64_t)number_of(word, count);
	r->at += count;
	return true;
}

static bool read_integer(weir__codec_reader *r, int64_t least, int64_t most, int64_t *value)
{
	const char *at;

	if (read_few_digits(r, value))
		return *value >= least && *value <= most;
	at = weir__integer_read(r->at, r->end, value);
	if (!at || *value < least || *value > most)
		return false;
	r->at = at;
	return true;
}

static bool read_int2(weir__codec_reader *r, int16_t *value)
{
	int64_t number;

	if (!read_integer(r, INT16_MIN, INT16_MAX, &number))
		return false;
	*value = (int16_t)number;
	return true;
}

static bool read_int4(weir__codec_reader *r, int32_t *value)
{
	int64_t number;

	if (!read_integer(r, INT32_MIN, INT32_MAX, &number))
		return false;
	*value = (int32_t)number;
	return true;
}

static bool read_int8(weir__codec_reader *r, int64_t *value)
{
	if (!weir__codec_skip_quote(r))
		return read_integer(r, -WEIR__EXACT_MAX, WEIR__EXACT_MAX, value);
	if (!read_integer(r, INT64_MIN, INT64_MAX, value) || !weir__codec_skip_quote(r))
		return false;
	return *value < -WEIR__EXACT_MAX || *value > WEIR__EXACT_MAX;
}

static bool read_not_finite(weir__codec_reader *r, double *value)
{
	static const struct word {
		const char *text;
		size_t      length;
		double      value;
	} words[] = { { "\"NaN\"", 5, NAN }, { "\"Infinity\"", 10, INFINITY }, { "\"-Infinity\"", 11, -INFINITY } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		*value = words[i].value;
		if (skip(r, words[i].text, words[i].length))
			return true;
	}
	return false;
}

static bool read_float8(weir__codec_reader *r, double *value)
{
	const char *at = weir__double_read_own(r->at, r->end, value);

	if (!at)
		return read_not_finite(r, value);
	r->at = at;
	return true;
}

static bool read_float4(weir__codec_reader *r, float *value)
{
	char        own[WEIR__DOUBLE_TEXT_MAX];
	double      number;
	const char *at = weir__double_read(r->at, r->end, &number);

	if (!at && !read_not_finite(r, &number))
		return false;
	*value = (float)number;
	if (!at)
		return true;
	return isfinite(*value) && skip(r, own, (size_t)(weir__float_write(own, *value) - own)) && r->at == at;
}

static bool read_text(weir__codec_reader *r, const char **value)
{
	size_t length;

	return weir__codec_read_string(r, value, &length);
}

static size_t digits_at(const char *at)
{
	size_t   count = 0;
	unsigned more;

	do
		count += more = count_digits(weir__word_load(at + count));
	while (more == WORD && count < BLOCK);
	return count;
}

/* Digits with one point among them, between quotes that are no further from each other than a block: most numerics, of which nothing
 * else has to be known. False: it is another one, and not passed. */
static bool read_plain_numeric(weir__codec_reader *r, weir_numeric *value)
{
	const char *start = r->at + 1, *at = start;
	size_t      length, digits;

	if ((size_t)(r->end - r->at) < 1 + 4 * BLOCK || *r->at != '"')
		return false;
	at += *at == '-';
	at += digits = digits_at(at);
	if (*at == '.') {
		size_t fraction = digits_at(at + 1);
		digits += fraction;
		at += 1 + fraction;
	}
	length = (size_t)(at - start);
	if (digits == 0 || *at != '"' || length > BLOCK)
		return false;
	(void)weir__block_copy(r->text, start);
	r->text[length] = '\0';
	value->text = r->text;
	r->text += length + 1;
	r->at = at + 1;
	return true;
}

static bool read_numeric(weir__codec_reader *r, weir_numeric *value)
{
	size_t length;

	return read_plain_numeric(r, value) ||
	       (weir__codec_read_string(r, &value->text, &length) && weir__numeric_is_valid(value->text, length));
}

/* The bytes of a string without escapes: between quotes, of the length that the next quote gives it. */
static const char *read_quoted(weir__codec_reader *r, size_t *length)
{
	const char *start = r->at + 1;
	const char *quote;

	if (!weir__codec_skip_quote(r))
		return NULL;
	quote = memchr(start, '"', (size_t)(r->end - start));
	if (!quote)
		return NULL;
	*length = (size_t)(quote - start);
	r->at = quote + 1;
	return start;
}

/* Almost all times have a text of one length, between whose quotes nothing has to be looked for. */
static bool read_time(weir__codec_reader *r, bool zoned, int64_t *us)
{
	const char *text = r->at + 1;
	size_t      length = weir__codec_time_plain(zoned);

	if ((size_t)(r->end - r->at) >= length + 2 && *r->at == '"' && text[length] == '"' &&
	    weir__codec_time_read_plain(text, zoned, us)) {
		r->at += length + 2;
		return true;
	}
	text = read_quoted(r, &length);
	return text && weir__codec_time_read(text, length, zoned, us);
}

static bool read_uuid(weir__codec_reader *r, weir_uuid *value)
{
	const size_t length = WEIR_UUID_TEXT_MAX - 1;
	const char  *text = r->at + 1;

	if ((size_t)(r->end - r->at) < length + 2 || *r->at != '"' || text[length] != '"')
		return false;
	r->at += length + 2;
	return weir__uuid_read_own(text, value);
}

/* NULL has been dealt with: a null in a nullable column has its blank. */
static bool read_json(weir__codec_reader *r, bool nullable, weir_json *value)
{
	bool   null = nullable && skip(r, " null", 5);
	size_t length = 4;

	if (null)
		r->at -= length;
	else if (!weir__json_scan(r->at, (size_t)(r->end - r->at), &length))
		return false;
	memcpy(r->text, r->at, length);
	r->text[length] = '\0';
	value->text = r->text;
	r->at += length;
	r->text += length + 1;
	return true;
}

static bool read_bytea(weir__codec_reader *r, weir_bytea *value)
{
	size_t      length;
	const char *text = read_quoted(r, &length);

	if (!text || !weir__base64_read(text, length, r->text, &value->length))
		return false;
	value->data = r->text;
	r->text += value->length;
	return true;
}

static bool read_form(weir__codec_reader *r, const weir__value_text *form, void *member)
{
	size_t      length;
	const char *text = read_quoted(r, &length);

	return text && form->read(text, length, member) && weir__value_text_is_own(form, text, length, member);
}

static bool read_array(weir__codec_reader *r, weir_type type, weir_i32_array *array);

/* The types that are rare, and texts. */
static bool read_other(weir__codec_reader *r, weir_type type, void *member)
{
	const weir__value_text *form = weir__value_text_of(type);

	if (weir__type_is_array(type))
		return read_array(r, type, member);
	if (type == WEIR_TYPE_BYTEA)
		return read_bytea(r, member);
	return form ? read_form(r, form, member) : read_text(r, member);
}

/* A value that is not NULL into its member, past the .has of an opt. */
INLINE bool read_value(weir__codec_reader *r, const weir__column *column, void *member)
{
	switch (column->type) {
	case WEIR_TYPE_BOOL:
		return read_bool(r, member);
	case WEIR_TYPE_INT2:
		return read_int2(r, member);
	case WEIR_TYPE_INT4:
		return read_int4(r, member);
	case WEIR_TYPE_INT8:
		return read_int8(r, member);
	case WEIR_TYPE_FLOAT8:
		return read_float8(r, member);
	case WEIR_TYPE_FLOAT4:
		return read_float4(r, member);
	case WEIR_TYPE_NUMERIC:
		return read_numeric(r, member);
	case WEIR_TYPE_TIMESTAMPTZ:
		return read_time(r, true, &((weir_time *)member)->unix_us);
	case WEIR_TYPE_TIMESTAMP:
		return read_time(r, false, &((weir_timestamp *)member)->us);
	case WEIR_TYPE_UUID:
		return read_uuid(r, member);
	case WEIR_TYPE_JSONB:
		return read_json(r, column->nullable, member);
	case WEIR_TYPE_TEXT:
		return read_text(r, member);
	default:
		return read_other(r, column->type, member);
	}
}

INLINE bool read_member(weir__codec_reader *r, const weir__column *column, char *member)
{
	if (column->nullable && skip_null(r))
		return true;
	if (column->optional)
		*(bool *)member = true; /* .has comes first */
	return read_value(r, column, member + column->value_at);
}

static char *aligned(char *at)
{
	return at + (WEIR__ITEM_ALIGN - (uintptr_t)at % WEIR__ITEM_ALIGN) % WEIR__ITEM_ALIGN;
}

/* An item is read as a nullable column is, into memory of its own kind: an item may be larger than its text. */
static bool read_array(weir__codec_reader *r, weir_type type, weir_i32_array *array)
{
	const weir_type    item = weir__type_item(type);
	const size_t       size = weir__item_size(item);
	const weir__column column = weir__layout_item(item);

	if (!skip(r, "[", 1))
		return false;
	*array = (weir_i32_array){ .items = (const void *)r->items };
	if (skip(r, "]", 1))
		return true;
	do {
		char *member = r->items;
		if ((size_t)(r->items_end - member) < size)
			return false;
		memset(member, 0, size);
		r->items += size;
		array->count++;
		if (!read_member(r, &column, member))
			return false;
	} while (skip(r, ",", 1));
	r->items = aligned(r->items);
	return r->items <= r->items_end && skip(r, "]", 1);
}

INLINE bool read_column(weir__codec_reader *r, const weir__column *column, void *record)
{
	if (!skip_fixed(r, column->json_prefix, column->json_prefix_length))
		return false;
	return read_member(r, column, (char *)record + column->offset);
}

/* `end` lies before the fixed bytes of this record, and behind them when it has been read. */
static bool read_record(weir__codec_reader *r, const weir__layout *layout, void *record)
{
	for (size_t i = 0; i < layout->column_count; i++)
		if (!read_column(r, &layout->columns[i], record))
			return false;
	return skip_fixed_char(r, '}');
}

/* Room for the texts of values of so many bytes: a text and its NUL fit where it was with its quotes, but jsonb has
 * none. */
static size_t text_room(const weir__layout *layout, size_t values_size, size_t count)
{
	return values_size + count * layout->column_count + BLOCK;
}

/* Room for the items of all arrays, if there are any: before each item stands a comma or a bracket. Those of jsonb are
 * counted too. */
static size_t items_room(const weir__layout *layout, const char *bytes, size_t length, size_t count)
{
	size_t items = 0;
	bool   in_string = false;

	if (layout->json_item_size == 0)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '"')
			in_string = !in_string;
		else if (in_string)
			i += bytes[i] == '\\';
		else
			items += bytes[i] == ',' || bytes[i] == '[';
	}
	if (items > count * (layout->column_count - 1))
		items -= count * (layout->column_count - 1);
	return items * layout->json_item_size + WEIR__ITEM_ALIGN * (1 + count * layout->column_count);
}

/* Shares out what lies behind the structs: items first, whose room was counted with what it takes to align each array. */
static void take_room(weir__codec_reader *r, char *memory, size_t items_size)
{
	r->text = memory + items_size;
	r->items = aligned(memory);
	r->items_end = r->text;
}

int weir__codec_decode(const weir__layout *layout, const char *bytes, size_t length, const void **record)
{
	weir__codec_reader r = { .at = bytes, .limit = bytes + length };
	size_t             items_size = items_room(layout, bytes, length, 1);
	char              *memory;
	void              *made;

	if (length < layout->json_fixed)
		return WEIR_ERR_FORMAT;
	r.end = bytes + length - layout->json_fixed;
	made = weir__record_create(layout, text_room(layout, length - layout->json_fixed, 1) + items_size, &memory);
	if (!made)
		return WEIR_ERR_NO_MEMORY;
	take_room(&r, memory, items_size);
	if (!read_record(&r, layout, made) || r.at != bytes + length) {
		(void)weir_record_release(made);
		return WEIR_ERR_FORMAT;
	}
	*record = made;
	return WEIR_OK;
}

/* [record,record]; `end` lies before all fixed bytes. */
static bool read_records(weir__codec_reader *r, const weir__layout *layout, const weir_list *list)
{
	if (!skip_fixed_char(r, '['))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0 && !skip_fixed_char(r, ','))
			return false;
		if (!read_record(r, layout, (void *)list->items[i]))
			return false;
	}
	return skip_fixed_char(r, ']');
}

/* What a list of count records in these bytes takes; count is not trusted. False: there cannot be so many. */
static bool measure_list(const weir__layout *layout, const weir__codec_list *list, size_t *fixed, size_t *items_size,
                         size_t *room)
{
	size_t each = layout->json_fixed + 1; /* and the comma, of which there is one less, behind it */

	if (list->length < 2 || list->count > (list->length - 1) / (each + layout->column_count))
		return false;
	*fixed = list->count * each + (list->count > 0 ? 1 : 2);
	*items_size = items_room(layout, list->bytes, list->length, list->count);
	*room = text_room(layout, list->length - *fixed, list->count) + *items_size;
	return true;
}

int weir__codec_decode_lists(const weir__layout *layout, weir__codec_list *lists, size_t count, weir_list *all)
{
	size_t fixed, items_size, room, total = 0, records = 0;
	char  *memory;

	for (size_t i = 0; i < count; i++) {
		lists[i].good = measure_list(layout, &lists[i], &fixed, &items_size, &room);
		if (!lists[i].good || lists[i].count == 0)
			continue;
		records += lists[i].count;
		total += room;
	}
	if (weir__list_create(layout, records, total, all, &memory) != WEIR_OK)
		return WEIR_ERR_NO_MEMORY;
	records = 0;
	for (size_t i = 0; i < count; i++) {
		weir__codec_list  *list = &lists[i];
		weir__codec_reader r = { .at = list->bytes, .limit = list->bytes + list->length };
		weir_list          part = { .count = list->count };

		if (!list->good)
			continue;
		(void)measure_list(layout, list, &fixed, &items_size, &room);
		r.end = r.limit - fixed;
		if (list->count > 0) {
			part.items = all->items + records;
			take_room(&r, memory, items_size);
			memory += room;
		}
		list->first = records;
		list->good = read_records(&r, layout, &part) && r.at == r.limit;
		records += list->count;
	}
	return WEIR_OK;
}

int weir__codec_decode_list(const weir__layout *layout, const char *bytes, size_t length, size_t count, weir_list *list)
{
	weir__codec_list one = { .bytes = bytes, .length = length, .count = count };
	weir_list        made = WEIR_LIST_INIT;
	int              status = weir__codec_decode_lists(layout, &one, 1, &made);

	if (status == WEIR_OK && !one.good) {
		weir_list_release(&made);
		status = WEIR_ERR_FORMAT;
	}
	if (status == WEIR_OK)
		*list = made;
	return status;
}
