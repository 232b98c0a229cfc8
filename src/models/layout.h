/* A layout is a model made ready for work: checked, its columns numbered, with everything that can be computed once.
 *
 * A session makes one for each of its models and never changes it again; the other rooms read it by column number
 * (an index into columns), so that no name is looked up while a call runs. */
#ifndef WEIR_MODELS_LAYOUT_H
#define WEIR_MODELS_LAYOUT_H

#include <weir/model.h>
#include <weir/query.h>

#define WEIR__COLUMNS_MAX     64 /* a set of columns is one uint64_t */
#define WEIR__KEY_COLUMNS_MAX 8
#define WEIR__RECORD_FORMAT   1 /* how records are written into the cache; part of every fingerprint */

typedef uint64_t weir__mask; /* bit i: column i */

/* The first column of a set that has one, and how many it has. */
static inline size_t weir__mask_first(weir__mask mask)
{
	return (size_t)__builtin_ctzll(mask);
}

static inline size_t weir__mask_count(weir__mask mask)
{
	size_t count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

typedef struct weir__column {
	const char        *member; /* name of the struct's member */
	const char        *name;   /* name of the column */
	size_t             name_length;
	size_t             offset;
	uint8_t            value_at; /* where the value lies in the member: behind the .has of a weir_opt_ */
	weir_type          type;
	bool               optional; /* the member is a weir_opt_... */
	bool               nullable; /* may be NULL, by either way */
	bool               primary_key;
	bool               generated;
	bool               unique;
	bool               auto_now;
	bool               stamped;
	bool               version;
	bool               deleted_at;
	const char        *source;    /* of a result: the column that was named, or NULL */
	weir_aggregate     aggregate; /* of a result */
	uint32_t           max_length;
	const char *const *labels;      /* of an enum; NULL: it is none */
	const char        *json_prefix; /* `{"id":` or `,"name":`: what stands before the value in a cached record.
	                                   Whole blocks of 16 bytes can be read from any of its bytes on */
	size_t             json_prefix_length;
} weir__column;

typedef struct weir__layout {
	const weir_model *model;
	const weir_model *base; /* where fields and table are declared: the model, or what it is derived from */
	weir__column     *columns;
	size_t            column_count;
	uint8_t           key[WEIR__KEY_COLUMNS_MAX]; /* the primary key's columns in order */
	size_t            key_count;
	weir__mask        key_mask;
	weir__mask        generated_mask;
	weir__mask        auto_now_mask;
	weir__mask        version_mask; /* one column, or none */
	weir__mask        deleted_mask; /* one column, or none */
	weir__mask        unique_mask;
	weir__mask        pointer_mask; /* columns whose values need bytes behind the struct */
	uint64_t fingerprint;    /* of names, types, nullability and order: changes when cached records must not be read */
	size_t   json_fixed;     /* bytes of a cached record that are not values: an upper bound for its texts follows */
	size_t   json_item_size; /* of the largest item of its arrays in memory; 0: it has no arrays */
	/* set by the schema check: what a statement returns of a row of its table is how it leaves it (no triggers after it, no rules); and
	 * it leaves all other rows as they are (no triggers before it either) */
	bool     is_last, is_plain;
	bool     has_room;  /* records made alone have room in front of them (record.h) */
	uint8_t *by_offset; /* member offset -> column number, 0xff where no member starts; model->size entries */
} weir__layout;

/* Checks a descriptor and makes its layout, one allocation freed by weir__layout_free. WEIR_ERR_MODEL names model and
 * field: no or doubled names, no fields, no primary key, a number that is no type, a field beyond the struct,
 * .nullable on a member that cannot hold NULL, a nullable, float8, numeric or jsonb primary key column, .auto_now
 * on another type than timestamptz, .version on another type than an integer, nullable or twice, .unique on jsonb, .max_length on another type than text, names that are empty,
 * longer than 63 bytes or not UTF-8, overlapping or misaligned members, a wrong field_size, more than WEIR__COLUMNS_MAX
 * columns or WEIR__KEY_COLUMNS_MAX key columns. */
int weir__layout_create(const weir_model *model, weir__layout **layout, weir_error *err);

/* The same for a struct that is only read into: neither table nor primary key are needed. */
int weir__layout_create_result(const weir_model *model, weir__layout **layout, weir_error *err);

/* One or the other, as the model declares itself: one that names a table has one. */
int  weir__layout_create_of(const weir_model *model, weir__layout **layout, weir_error *err);
void weir__layout_free(weir__layout *layout);

/* The model that a model is derived from in the end; itself if it is not. */
const weir_model *weir__layout_base(const weir_model *model);

/* Is this the layout's model, or one that it is derived from? What was made for that (columns, sets) fits. */
bool weir__layout_is_of(const weir__layout *layout, const weir_model *model);

/* The items of an array as a column: nullable, at the place that is given. */
weir__column weir__layout_item(weir_type item);

/* The number of the column whose member starts at offset, or -1. */
int weir__layout_find(const weir__layout *layout, size_t offset);

/* The columns of a set. WEIR_ERR_USAGE for a set of another model or an offset that is no member. */
int weir__layout_mask(const weir__layout *layout, const weir_set *set, weir__mask *mask, weir_error *err);

/* The value of a column in a struct of the model. Texts are borrowed from the struct. */
weir_value weir__layout_get(const weir__layout *layout, size_t column, const void *values);

/* The value of an integer column, of whatever size. False: it is NULL. */
static inline bool weir__layout_number(const weir__column *column, const void *values, int64_t *number)
{
	const char *member = (const char *)values + column->offset;

	if (column->optional && !*(const bool *)member) /* .has comes first */
		return false;
	member += column->value_at;
	if (column->type == WEIR_TYPE_INT8)
		*number = *(const int64_t *)(const void *)member;
	else if (column->type == WEIR_TYPE_INT4)
		*number = *(const int32_t *)(const void *)member;
	else
		*number = *(const int16_t *)(const void *)member;
	return true;
}

/* Whatever is in the struct's member can be stored in the column: an integer that cannot be NULL, of the column's own size. */
static inline bool weir__column_takes_any(const weir__column *column)
{
	bool is_integer =
		column->type == WEIR_TYPE_INT8 || column->type == WEIR_TYPE_INT4 || column->type == WEIR_TYPE_INT2;

	return is_integer && !column->optional;
}

static inline bool weir__layout_key_takes_any(const weir__layout *layout)
{
	for (size_t i = 0; i < layout->key_count; i++)
		if (!weir__column_takes_any(&layout->columns[layout->key[i]]))
			return false;
	return true;
}

/* Checks that a value given by a caller can be stored in the column: NULL only where allowed, text is UTF-8 and not
 * longer than max_length characters, numeric and json texts are well-formed, an integer fits the column's size,
 * a time is within PostgreSQL's range. WEIR_ERR_VALUE or WEIR_ERR_NOT_NULL, naming model and column, never the value. */
int weir__value_check(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err);

/* Is what a struct has for the column right, as can be seen at a glance? If not, weir__value_check says. */
bool weir__column_is_right(const weir__column *column, const void *values);

/* The same for one item of an array, or one value, that is not NULL and of the right type. */
int weir__item_check(const weir__layout *layout, size_t column, const weir_value *value, weir_error *err);

#endif
