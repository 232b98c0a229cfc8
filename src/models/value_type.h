/* What each type of column is in memory, by one table: sizes, where the value of a weir_opt_ lies, what it may be used
 * for; and the way between members and values.
 *
 * An array member is a pointer to items and their number, whatever the items are; an item is what a nullable member of its
 * type is. The members that have a pointer have it first, and NULL there is SQL's NULL. */
#ifndef WEIR_MODELS_VALUE_TYPE_H
#define WEIR_MODELS_VALUE_TYPE_H

#include <weir/model.h>
#include <weir/query.h>

typedef struct weir__value_type {
	uint8_t size;       /* of the member */
	uint8_t align;      /* of both forms of the member */
	uint8_t opt_size;   /* of its weir_opt_; 0: there is none, NULL is a NULL pointer in the member */
	uint8_t opt_at;     /* where the value lies in the weir_opt_ */
	bool    key;        /* may be part of a primary key */
	bool    unique;     /* may be .unique */
	bool    many_texts; /* equal values may have several texts: no stamp is named after one */
} weir__value_type;

/* NULL for a number that is no type. */
const weir__value_type *weir__value_type_of(weir_type type);

/* ---- Arrays ------------------------------------------------------------------------------------------------------- */

#define WEIR__ARRAY_STEP (WEIR_TYPE_BOOL_ARRAY - WEIR_TYPE_BOOL)

static inline bool weir__type_is_array(weir_type type)
{
	return type >= WEIR_TYPE_BOOL_ARRAY && type < WEIR_TYPE_COUNT;
}

/* The type of an array's items; another type itself. */
static inline weir_type weir__type_item(weir_type type)
{
	return weir__type_is_array(type) ? (weir_type)(type - WEIR__ARRAY_STEP) : type;
}

static inline weir_type weir__type_array_of(weir_type item)
{
	return (weir_type)(item + WEIR__ARRAY_STEP);
}

/* Bytes of one item of an array member. */
size_t weir__item_size(weir_type item);

#define WEIR__ITEM_ALIGN 8 /* does for every item */

/* ---- Kinds of types ------------------------------------------------------------------------------------------------ */

#define WEIR__TYPE_BIT(type) (UINT64_C(1) << (type))

/* Texts that end with a NUL, and all types that are pointers in our structs. */
#define WEIR__TEXT_TYPES                                                                                               \
	(WEIR__TYPE_BIT(WEIR_TYPE_TEXT) | WEIR__TYPE_BIT(WEIR_TYPE_CHAR) | WEIR__TYPE_BIT(WEIR_TYPE_ENUM) |                \
	 WEIR__TYPE_BIT(WEIR_TYPE_NUMERIC) | WEIR__TYPE_BIT(WEIR_TYPE_JSONB) | WEIR__TYPE_BIT(WEIR_TYPE_JSON))
#define WEIR__POINTER_TYPES                                                                                            \
	(WEIR__TEXT_TYPES | WEIR__TYPE_BIT(WEIR_TYPE_BYTEA) |                                                              \
	 ((WEIR__TYPE_BIT(WEIR_TYPE_COUNT) - 1) & ~(WEIR__TYPE_BIT(WEIR_TYPE_BOOL_ARRAY) - 1)))

_Static_assert(WEIR_TYPE_COUNT < 64, "a set of types is one word");

static inline bool weir__type_is_in(uint64_t types, weir_type type)
{
	return (unsigned)type < 64 && (types >> type & 1);
}

static inline bool weir__type_is_text(weir_type type)
{
	return weir__type_is_in(WEIR__TEXT_TYPES, type);
}

/* Does a value of the type need bytes behind its struct? */
static inline bool weir__type_is_pointer(weir_type type)
{
	return weir__type_is_in(WEIR__POINTER_TYPES, type);
}

static inline bool weir__type_is_integer(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8;
}

/* May a value of the one type be given for a column of the other? Integers of any size, texts for what has their face. */
static inline bool weir__type_takes(weir_type column, weir_type value)
{
	if (column == value || (weir__type_is_integer(column) && weir__type_is_integer(value)))
		return true;
	if (value == WEIR_TYPE_TEXT)
		return column == WEIR_TYPE_CHAR || column == WEIR_TYPE_ENUM;
	return value == WEIR_TYPE_TEXT_ARRAY && (column == WEIR_TYPE_CHAR_ARRAY || column == WEIR_TYPE_ENUM_ARRAY);
}

/* ---- Values (value.c) ------------------------------------------------------------------------------------------------ */

/* SQL's NULL, by the flag or by a NULL pointer, which all pointers of a value share their place with. */
static inline bool weir__value_is_null(const weir_value *value)
{
	return value->is_null || (weir__type_is_pointer(value->type) && !value->as.text);
}

/* Reads a member of value->type in its plain form into *value, and writes it. */
void weir__value_load(weir_value *value, const void *member);
void weir__value_store(const weir_value *value, void *member);

/* Item i of a C array of the type's plain form (as weir_in takes), and of an array member. */
weir_value weir__value_of_plain(weir_type type, const void *items, size_t i);
weir_value weir__value_of_item(weir_type item, const void *items, size_t i);

/* Writes item i of an array member whose memory is zeroed. */
void weir__value_store_item(const weir_value *value, weir_type item, void *items, size_t i);

/* The length of a text without the blanks at its end, which char(n) does not count. */
size_t weir__unpadded_length(const char *text, size_t length);

#endif
