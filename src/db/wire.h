/* PostgreSQL's binary formats of the column types, in both directions. One table (wire.c) says what each type is on the
 * wire: its OIDs, its size, how it is written and read.
 *
 * Encoding appends to a buffer. Decoding is made for records: weir__wire_text_size tells how many bytes of text a value
 * will need behind its struct, weir__wire_store then writes it into the struct's member. What comes from the
 * server is not trusted: every length is checked before a byte is read. */
#ifndef WEIR_DB_WIRE_H
#define WEIR_DB_WIRE_H

#include "base/block.h"
#include "base/buffer.h"
#include "base/word.h"
#include "models/layout.h"
#include "models/value_type.h"

#include <libpq-fe.h>

#define WEIR__OID_INT8    20
#define WEIR__OID_VARCHAR 1043

/* The OID to send with a parameter of this type; 0 where the server must infer which of several it is: text and arrays of
 * it (varchar), enums. array_oid: that of an array of such values. */
Oid weir__wire_oid(weir_type type);
Oid weir__wire_array_oid(weir_type type);

/* That of a column of the type, text's too; 0 for an enum. */
Oid weir__wire_column_oid(weir_type type);

/* "int8[]", for casts; NULL where that has no name: enums and arrays. */
const char *weir__wire_array_name(weir_type type);

/* "::int4[]" behind an array column that is compared, nothing for any other type, and for those that are inferred. */
void weir__sql_append_array_cast(weir__buffer *sql, weir_type type);

/* OIDs from here on are not PostgreSQL's own: enums and their arrays, arrays of domains. */
#define WEIR__OID_FIRST_OWN 16384

/* May a result column of this OID be read as the type? Text is also varchar, char(n), name and a literal's unknown, inet
 * cidr; an enum is any type that is not PostgreSQL's own, and so may an array be. */
bool weir__wire_accepts(weir_type type, Oid oid);

/* The same without a call where the column's is of the type itself: as most are. */
extern const Oid   weir__wire_oids[WEIR_TYPE_COUNT];
static inline bool weir__wire_is(weir_type type, Oid oid)
{
	return weir__wire_oids[type] == oid || (type == WEIR_TYPE_TEXT && oid == WEIR__OID_VARCHAR) ||
	       weir__wire_accepts(type, oid);
}

/* Is a parameter of the type sent as text, since its binary form would have to name a type that is inferred? */
bool weir__wire_is_sent_as_text(weir_type type);

/* Appends the bytes of a value that is not NULL, as the type of its column: an integer of any size is sent as the
 * column's. WEIR_ERR_VALUE or WEIR_ERR_USAGE with a static text in *reason; then nothing was appended. Want of memory
 * is left in out->failed. */
int weir__wire_encode(weir_type type, const weir_value *value, weir__buffer *out, const char **reason);

/* The same of a type that weir__wire_is_sent_as_text, as text. */
int weir__wire_encode_as_text(weir_type type, const weir_value *value, weir__buffer *out, const char **reason);

/* The values of an array; get(context, i) gives each. */
typedef struct weir__value_source {
	weir_value (*get)(const void *context, size_t i);
	const void *context;
	size_t      count;
} weir__value_source;

/* Appends a one-dimensional array of such values, NULLs among them; texts also as text. Fails as above. */
int weir__wire_encode_array(weir_type type, bool as_text, const weir__value_source *source, weir__buffer *out,
                            const char **reason);

/* Bytes that a value takes at most behind its record: a text with its NUL, the items of an array; 0 for the types that
 * have none. WEIR_ERR_SCHEMA if the bytes are no such value, WEIR_ERR_VALUE for an array that ours cannot be: of several
 * dimensions, or beginning elsewhere than at 1. */
int weir__wire_text_size(weir_type type, const char *bytes, size_t length, size_t *size);

/* Writes a value that is not NULL into a member of the type's plain form, and into a value. A text goes to *text, which moves
 * behind it; there must be the room that weir__wire_text_size, which has said WEIR_OK of the same bytes, asked for.
 * WEIR_ERR_SCHEMA for bytes that are no such value, WEIR_ERR_VALUE for a time that our types cannot hold. */
int weir__wire_read(weir_type type, const char *bytes, size_t length, void *member, char **text);
int weir__wire_decode(weir_type type, const char *bytes, size_t length, weir_value *value, char **text);

/* ---- numeric (numeric_wire.c) ---------------------------------------------------------------------------------- */

/* Appends a numeric from its text, exactly, with its scale. As weir__wire_encode. */
int weir__numeric_encode(const char *text, weir__buffer *out, const char **reason);

/* As weir__wire_text_size. */
int weir__numeric_text_size(const char *bytes, size_t length, size_t *size);

/* Writes the text of bytes that weir__numeric_text_size has accepted, with a NUL; returns what is behind that. */
char *weir__numeric_decode(const char *bytes, char *text);

/* ---- arrays (wire_array.c) --------------------------------------------------------------------------------------- */

/* What is not done by the functions above, which call these for arrays. `type` is the array's. */
int weir__wire_array_size(weir_type type, const char *bytes, size_t length, size_t *size);
int weir__wire_array_read(weir_type type, const char *bytes, void *member, char **text);

/* ---- numbers in network order ------------------------------------------------------------------------------------ */

/* Written out so that compilers see what they are: one load and one swap. */
static inline uint16_t weir__load_be16(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t weir__load_be32(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t weir__load_be64(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
	       (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
}

static inline void weir__store_be(char *bytes, size_t size, uint64_t number)
{
	const char all[8] = { (char)(number >> 56), (char)(number >> 48), (char)(number >> 40), (char)(number >> 32),
		                  (char)(number >> 24), (char)(number >> 16), (char)(number >> 8),  (char)number };

	memcpy(bytes, all + sizeof all - size, size);
}

static inline void weir__append_be(weir__buffer *out, size_t size, uint64_t number)
{
	char bytes[8];

	weir__store_be(bytes, size, number);
	weir__buffer_append(out, bytes, size);
}

/* A text with its length before it, as COPY and arrays have it; NULL: SQL's. */
static inline void weir__append_text_item(weir__buffer *out, const char *text)
{
	size_t length = text ? strlen(text) : 0;
	char  *at = weir__buffer_reserve(out, 4 + length);

	if (!at)
		return;
	weir__store_be(at, 4, text ? length : UINT32_MAX);
	memcpy(at + 4, text ? text : "", length);
	out->length += 4 + length;
}

/* ---- into a record ------------------------------------------------------------------------------------------------- */

#define WEIR__WIRE_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 */

/* Of 8 bytes. */
static inline int weir__wire_read_time(const char *bytes, void *member)
{
	uint64_t bits = weir__load_be64(bytes);
	int64_t  us;

	memcpy(&us, &bits, sizeof us);
	if (us != INT64_MIN && us != INT64_MAX) {
		if (us >= INT64_MAX - WEIR__WIRE_EPOCH_US)
			return WEIR_ERR_VALUE;
		us += WEIR__WIRE_EPOCH_US;
	}
	memcpy(member, &us, sizeof us);
	return WEIR_OK;
}

static inline bool weir__has_nul(uint64_t word)
{
	return ((word - WEIR__EVERY_BYTE) & ~word & WEIR__EVERY_EIGHTH_BIT) != 0;
}

/* Copies a short text: by two words that overlap, where it is long enough. False: one of its bytes is NUL. */
static inline bool weir__copy_short(char *to, const char *from, size_t length)
{
	uint64_t first, last;
	bool     fine = true;

	if (length >= sizeof first) {
		memcpy(&first, from, sizeof first);
		memcpy(&last, from + length - sizeof last, sizeof last);
		memcpy(to, &first, sizeof first);
		memcpy(to + length - sizeof last, &last, sizeof last);
		return !weir__has_nul(first) && !weir__has_nul(last);
	}
	for (size_t i = 0; i < length; i++) {
		to[i] = from[i];
		fine = fine && from[i];
	}
	return fine;
}

static inline bool weir__copy_text(char *to, const char *from, size_t length)
{
	const size_t size = sizeof(weir__block);
	weir__block  nuls;

	if (length < size)
		return weir__copy_short(to, from, length);
	nuls = (weir__block)(weir__block_copy(to + length - size, from + length - size) == 0);
	for (size_t at = 0; length - at > size; at += size)
		nuls |= (weir__block)(weir__block_copy(to + at, from + at) == 0);
	return weir__block_first(nuls) == size;
}

/* Of a text, which a NUL must not be in. */
static inline __attribute__((always_inline)) int weir__wire_take_text(const char *bytes, size_t length, void *member,
                                                                      char **text)
{
	char *start = *text;

	if (!weir__copy_text(start, bytes, length))
		return WEIR_ERR_SCHEMA;
	start[length] = '\0';
	*text = start + length + 1;
	memcpy(member, &start, sizeof start);
	return WEIR_OK;
}

/* weir__wire_read into the column's member of the struct `record`, which is zeroed: without a call for the types that most
 * columns have. type is the column's. */
static inline __attribute__((always_inline)) int weir__wire_store(const weir__column *column, weir_type type,
                                                                  const char *bytes, size_t length, void *record,
                                                                  char **text)
{
	char    *member = (char *)record + column->offset;
	uint32_t four;
	uint64_t eight;

	if (column->optional)
		*(bool *)member = true; /* .has comes first */
	member += column->value_at;
	switch (type) {
	case WEIR_TYPE_TEXT:
		return weir__wire_take_text(bytes, length, member, text);
	case WEIR_TYPE_INT8:
	case WEIR_TYPE_FLOAT8: /* of the same bits */
		if (length != sizeof eight)
			return WEIR_ERR_SCHEMA;
		eight = weir__load_be64(bytes);
		memcpy(member, &eight, sizeof eight);
		return WEIR_OK;
	case WEIR_TYPE_TIMESTAMPTZ:
		return length == sizeof eight ? weir__wire_read_time(bytes, member) : WEIR_ERR_SCHEMA;
	case WEIR_TYPE_INT4:
		if (length != sizeof four)
			return WEIR_ERR_SCHEMA;
		four = weir__load_be32(bytes);
		memcpy(member, &four, sizeof four);
		return WEIR_OK;
	case WEIR_TYPE_BOOL:
		if (length != 1)
			return WEIR_ERR_SCHEMA;
		*(bool *)member = *bytes != 0;
		return WEIR_OK;
	case WEIR_TYPE_NUMERIC:
		memcpy(member, text, sizeof *text);
		*text = weir__numeric_decode(bytes, *text);
		return WEIR_OK;
	default:
		return weir__wire_read(type, bytes, length, member, text);
	}
}

#endif
