/* Rows to records. Two passes over a result: the first adds up the bytes of all texts and keeps their lengths, the second fills structs
 * and texts in the one allocation made in between. Both go by columns, through some rows at a time that stay in the CPU's cache: what
 * is done with a value follows from its column, and is so chosen once for all of them. The types of the result's columns are compared
 * once; the length of every value is checked, so that a server that does not keep to its protocol makes an error and nothing else. */
#include "db/db.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/unset.h"
#include "db/wire.h"

#include <libpq-fe.h>
#include <string.h>

/* What is read: a result, and where it has the layout's columns. */
typedef struct source {
	const PGresult     *result;
	const weir__layout *layout;
	const size_t       *places;  /* NULL: the first columns, in order */
	int                *lengths; /* of the values that need bytes behind their struct, column after column */
	size_t              count;   /* of rows */
} source;

#define LENGTHS_ON_STACK 256
#define ROWS_AT_A_TIME   16
#define INLINE           static inline __attribute__((always_inline))

static int place_of(const source *from, size_t column)
{
	return (int)(from->places ? from->places[column] : column);
}

static int wrong_value(const weir__layout *layout, size_t column, int status, weir_error *err)
{
	const weir__column *at = &layout->columns[column];

	if (status == WEIR_ERR_VALUE && weir__type_is_array(at->type))
		return weir__error_set_at(
			err, status, layout->model->name, at->member,
			"the database's array has several dimensions, does not begin at 1, or has a time later"
			" than our types can hold");
	if (status == WEIR_ERR_VALUE)
		return weir__error_set_at(err, status, layout->model->name, at->member,
		                          "the database's time is later than our types can hold (294246)");
	return weir__error_set_at(err, WEIR_ERR_SCHEMA, layout->model->name, at->member,
	                          "the database sent a value that is no %s, or NULL where the model allows none",
	                          weir_type_name(at->type));
}

static int wrong_type(const weir__layout *layout, size_t column, Oid type, weir_error *err)
{
	return weir__error_set_at(err, WEIR_ERR_SCHEMA, layout->model->name, layout->columns[column].member,
	                          "the database sent type OID %u where the model has %s", type,
	                          weir_type_name(layout->columns[column].type));
}

static int check_shape(const source *from, weir_error *err)
{
	const weir__layout *layout = from->layout;
	int                 column_count = PQnfields(from->result);
	bool                all_binary = PQbinaryTuples(from->result) == 1;

	if (!from->places && (column_count < 0 || (size_t)column_count < layout->column_count))
		return weir__error_set_at(err, WEIR_ERR_SCHEMA, layout->model->name, NULL,
		                          "the database sent %d columns where the model has %zu", column_count,
		                          layout->column_count);
	for (size_t i = 0; i < layout->column_count; i++) {
		int place = place_of(from, i);
		Oid type = PQftype(from->result, place);

		if (!weir__wire_is(layout->columns[i].type, type) || (!all_binary && PQfformat(from->result, place) != 1))
			return wrong_type(layout, i, type, err);
	}
	return WEIR_OK;
}

/* Adds the bytes of a column's texts to *size and keeps their lengths. */
static int add_column_size(const source *from, size_t column, int *lengths, size_t *size, weir_error *err)
{
	const weir_type type = from->layout->columns[column].type;
	const int       place = place_of(from, column);

	for (size_t i = 0; i < from->count; i++) {
		int    row = (int)i;
		size_t needed;
		lengths[i] = PQgetlength(from->result, row, place);
		if (type == WEIR_TYPE_TEXT) {
			*size += (size_t)lengths[i] + 1;
			continue;
		}
		if (lengths[i] == 0 && PQgetisnull(from->result, row, place))
			continue;
		const char *bytes = PQgetvalue(from->result, row, place);
		int         status = type == WEIR_TYPE_NUMERIC ? weir__numeric_text_size(bytes, (size_t)lengths[i], &needed)
		                                               : weir__wire_text_size(type, bytes, (size_t)lengths[i], &needed);
		if (status != WEIR_OK)
			return wrong_value(from->layout, column, status, err);
		*size += needed;
	}
	return WEIR_OK;
}

/* Only those are looked at whose type has bytes behind the struct. */
static int add_text_size(const source *from, size_t *size, weir_error *err)
{
	int *lengths = from->lengths;
	int  status = WEIR_OK;

	for (weir__mask left = from->layout->pointer_mask; left && status == WEIR_OK; left &= left - 1) {
		status = add_column_size(from, weir__mask_first(left), lengths, size, err);
		lengths += from->count;
	}
	return status;
}

/* Where a value lies; NULL: it is SQL's. Its length is known, and 0 where that can be. */
INLINE const char *place_of_value(const source *from, size_t row, int place, int length)
{
	if (length == 0 && PQgetisnull(from->result, (int)row, place))
		return NULL;
	return PQgetvalue(from->result, (int)row, place);
}

/* Some rows of a source, and where they go. */
typedef struct part {
	const source      *from;
	size_t             first;
	size_t             count;
	const int         *lengths; /* of the next column that has them */
	const void *const *records; /* of all rows */
	char              *text;
	const char        *bytes[ROWS_AT_A_TIME]; /* of a column's values; NULL: SQL's */
	int                lengths_here[ROWS_AT_A_TIME];
} part;

/* Asks libpq for the values of a column. */
INLINE void find_values(part *p, size_t column, weir_type type)
{
	const source from = *p->from;
	const int    place = place_of(&from, column);
	const int   *lengths = p->lengths + p->first;
	const size_t first = p->first, count = p->count;

	for (size_t i = 0; i < count; i++) {
		const int length = weir__type_is_pointer(type) ? lengths[i] : PQgetlength(from.result, (int)(first + i), place);

		p->lengths_here[i] = length;
		p->bytes[i] = place_of_value(&from, first + i, place, length);
	}
	if (weir__type_is_pointer(type))
		p->lengths += from.count;
}

/* Fills their member of zeroed structs, in which NULL is what it is already. */
INLINE int store_values(part *p, size_t number, weir_type type, weir_error *err)
{
	const weir__column       column = p->from->layout->columns[number];
	const void *const *const records = p->records + p->first;
	const size_t             count = p->count;
	char                    *text = p->text;

	for (size_t i = 0; i < count; i++) {
		const char *bytes = p->bytes[i];
		int         status = column.nullable ? WEIR_OK : WEIR_ERR_SCHEMA;

		if (bytes)
			status = weir__wire_store(&column, type, bytes, (size_t)p->lengths_here[i], (void *)(uintptr_t)records[i],
			                          &text);
		if (status != WEIR_OK)
			return wrong_value(p->from->layout, number, status, err);
	}
	p->text = text;
	return WEIR_OK;
}

INLINE int fill_values(part *p, size_t column, weir_type type, weir_error *err)
{
	find_values(p, column, type);
	return store_values(p, column, type, err);
}

static int fill_column(part *p, size_t number, weir_error *err)
{
	weir_type type = p->from->layout->columns[number].type;

	switch (type) {
	case WEIR_TYPE_TEXT:
		return fill_values(p, number, WEIR_TYPE_TEXT, err);
	case WEIR_TYPE_INT8:
		return fill_values(p, number, WEIR_TYPE_INT8, err);
	case WEIR_TYPE_TIMESTAMPTZ:
		return fill_values(p, number, WEIR_TYPE_TIMESTAMPTZ, err);
	case WEIR_TYPE_INT4:
		return fill_values(p, number, WEIR_TYPE_INT4, err);
	case WEIR_TYPE_BOOL:
		return fill_values(p, number, WEIR_TYPE_BOOL, err);
	case WEIR_TYPE_NUMERIC:
		return fill_values(p, number, WEIR_TYPE_NUMERIC, err);
	default:
		return fill_values(p, number, type, err);
	}
}

/* Of a source that begins with the first row. */
/* NOLINTNEXTLINE(readability-non-const-parameter): it is written to, through the part */
static int fill_rows(const source *from, const void *const *records, char *text, weir_error *err)
{
	const size_t column_count = from->layout->column_count;
	part         p = { .from = from, .records = records, .text = text };
	int          status = WEIR_OK;

	for (; p.first < from->count && status == WEIR_OK; p.first += p.count) {
		p.count = from->count - p.first < ROWS_AT_A_TIME ? from->count - p.first : ROWS_AT_A_TIME;
		p.lengths = from->lengths;
		for (size_t i = 0; i < column_count && status == WEIR_OK; i++)
			status = fill_column(&p, i, err);
	}
	return status;
}

/* The values of one row. */
typedef struct row_values {
	const char *bytes[WEIR__COLUMNS_MAX]; /* NULL: SQL's */
	int         lengths[WEIR__COLUMNS_MAX];
} row_values;

/* Asks libpq for each once, and adds up the bytes of all texts. */
static int take_values(const source *from, size_t row, row_values *values, size_t *size, weir_error *err)
{
	const weir__layout *layout = from->layout;

	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		int                 place = (int)i;
		size_t              needed = 0;
		int                 status = WEIR_OK;

		values->lengths[i] = PQgetlength(from->result, (int)row, place);
		values->bytes[i] = place_of_value(from, row, place, values->lengths[i]);
		if (!values->bytes[i]) {
			status = column->nullable ? WEIR_OK : WEIR_ERR_SCHEMA;
		} else if (column->type == WEIR_TYPE_TEXT) {
			needed = (size_t)values->lengths[i] + 1;
		} else if (layout->pointer_mask >> i & 1) {
			status = weir__wire_text_size(column->type, values->bytes[i], (size_t)values->lengths[i], &needed);
		}
		if (status != WEIR_OK)
			return wrong_value(layout, i, status, err);
		*size += needed;
	}
	return WEIR_OK;
}

static int fill_record(const weir__layout *layout, const row_values *values, void *record, char *text, weir_error *err)
{
	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		int                 status;

		if (!values->bytes[i])
			continue;
		status = weir__wire_store(column, column->type, values->bytes[i], (size_t)values->lengths[i], record, &text);
		if (status != WEIR_OK)
			return wrong_value(layout, i, status, err);
	}
	return WEIR_OK;
}

int weir__rows_record(const weir__rows *rows, size_t row, const weir__layout *layout, const void **record,
                      weir_error *err)
{
	source     from = { .result = rows->result, .layout = layout, .count = 1 };
	size_t     text_size = 0;
	row_values values WEIR__UNSET;
	void      *made;
	char      *text;
	int        status = check_shape(&from, err);

	if (status == WEIR_OK)
		status = take_values(&from, row, &values, &text_size, err);
	if (status != WEIR_OK)
		return status;
	made = weir__record_create(layout, text_size, &text);
	if (!made)
		return weir__error_no_memory(err);
	status = fill_record(layout, &values, made, text, err);
	if (status != WEIR_OK) {
		(void)weir_record_release(made);
		return status;
	}
	*record = made;
	return WEIR_OK;
}

/* Both passes; the lengths have been given their room. */
static int make_list(const source *from, weir_list *list, weir_error *err)
{
	size_t text_size = 0;
	char  *text;
	int    status = add_text_size(from, &text_size, err);

	if (status != WEIR_OK)
		return status;
	if (weir__list_create(from->layout, from->count, text_size, list, &text) != WEIR_OK)
		return weir__error_no_memory(err);
	status = fill_rows(from, list->items, text, err);
	if (status != WEIR_OK)
		weir_list_release(list);
	return status;
}

int weir__rows_list_at(const weir__rows *rows, const weir__layout *layout, const size_t *places, weir_list *list,
                       weir_error *err)
{
	int       few[LENGTHS_ON_STACK] WEIR__UNSET;
	source    from = { .result = rows->result, .layout = layout, .places = places, .count = rows->count };
	size_t    pointers = weir__mask_count(layout->pointer_mask);
	weir_list made = WEIR_LIST_INIT;
	int       status = check_shape(&from, err);

	if (status != WEIR_OK)
		return status;
	from.lengths = few;
	if (rows->count * pointers > LENGTHS_ON_STACK)
		from.lengths = weir__malloc(rows->count * pointers * sizeof *from.lengths);
	if (!from.lengths)
		return weir__error_no_memory(err);
	status = make_list(&from, &made, err);
	if (from.lengths != few)
		weir__free(from.lengths);
	if (status == WEIR_OK)
		*list = made;
	return status;
}

int weir__rows_list(const weir__rows *rows, const weir__layout *layout, weir_list *list, weir_error *err)
{
	return weir__rows_list_at(rows, layout, NULL, list, err);
}

size_t weir__rows_columns(const weir__rows *rows)
{
	return rows->result ? (size_t)PQnfields(rows->result) : 0;
}

bool weir__rows_is_null(const weir__rows *rows, size_t row, size_t column)
{
	return PQgetisnull(rows->result, (int)row, (int)column) != 0;
}

/* What can be used where it lies, since libpq ends every value by a NUL of its own. False: the type is none of those. */
static bool borrow(const char *bytes, size_t length, weir_value *value, int *status)
{
	size_t skipped = value->type == WEIR_TYPE_JSONB ? 1 : 0; /* the version */

	*status = WEIR_OK;
	if (value->type == WEIR_TYPE_BYTEA) {
		value->as.bytes = weir_bytea_of(bytes, length);
		return true;
	}
	if (!weir__type_is_text(value->type) || value->type == WEIR_TYPE_NUMERIC)
		return false;
	if (memchr(bytes + skipped, '\0', length - skipped))
		*status = WEIR_ERR_SCHEMA;
	value->as.text = bytes + skipped;
	return true;
}

static int decode(const char *bytes, size_t length, weir_value *value, weir__buffer *scratch)
{
	size_t text_size;
	char  *text = NULL;
	int    status = weir__wire_text_size(value->type, bytes, length, &text_size);

	if (status != WEIR_OK || borrow(bytes, length, value, &status))
		return status;
	if (weir__type_is_pointer(value->type)) {
		weir__buffer_clear(scratch);
		text = weir__buffer_reserve(scratch, text_size);
		if (!text)
			return WEIR_ERR_NO_MEMORY;
	}
	return weir__wire_decode(value->type, bytes, length, value, &text);
}

int weir__rows_value(const weir__rows *rows, size_t row, size_t column, weir_type type, weir_value *value,
                     weir__buffer *scratch, weir_error *err)
{
	const PGresult *result = rows->result;
	weir_value      read = { .type = type };
	int             r = (int)row;
	int             c = (int)column;

	if (!weir__wire_accepts(type, PQftype(result, c)) || PQfformat(result, c) != 1)
		return weir__error_set(err, WEIR_ERR_SCHEMA, "column %d of the result is of type OID %u and not %s", c + 1,
		                       PQftype(result, c), weir_type_name(type));
	read.is_null = PQgetisnull(result, r, c) != 0;
	int status = WEIR_OK;
	if (!read.is_null)
		status = decode(PQgetvalue(result, r, c), (size_t)PQgetlength(result, r, c), &read, scratch);
	if (status == WEIR_ERR_NO_MEMORY)
		return weir__error_no_memory(err);
	if (status != WEIR_OK)
		return weir__error_set(err, status, "column %d of the result holds a value that does not fit %s", c + 1,
		                       weir_type_name(type));
	*value = read;
	return WEIR_OK;
}
