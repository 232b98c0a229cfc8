/* Rows to records. Two passes over a result: the first adds up the bytes of all texts and keeps their lengths, the second fills structs
 * and texts in the one allocation made in between. The types of the result's columns are compared once; the length of every
 * value is checked, so that a server that does not keep to its protocol makes an error and nothing else. */
#include "db/db.h"

#include "base/error.h"
#include "base/memory.h"
#include "db/wire.h"

#include <libpq-fe.h>
#include <string.h>

/* What is read: a result, and where it has the layout's columns. */
typedef struct source {
	const PGresult     *result;
	const weir__layout *layout;
	const size_t       *places;   /* NULL: the first columns, in order */
	int                *lengths;  /* of the values that need bytes behind their struct, row after row */
	size_t              pointers; /* how many of those a row has */
} source;

#define LENGTHS_ON_STACK 256

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

static int check_shape(source *from, weir_error *err)
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
		from->pointers += weir__type_is_pointer(layout->columns[i].type);
		if (weir__wire_accepts(layout->columns[i].type, type) && (all_binary || PQfformat(from->result, place) == 1))
			continue;
		return weir__error_set_at(err, WEIR_ERR_SCHEMA, layout->model->name, layout->columns[i].member,
		                          "the database sent type OID %u where the model has %s", type,
		                          weir_type_name(layout->columns[i].type));
	}
	return WEIR_OK;
}

/* Adds the bytes of the row's texts to *size and keeps their lengths. Only those are looked at where a type has no more, which is the
 * common case. */
static int add_text_size(const source *from, int row, int *lengths, size_t *size, weir_error *err)
{
	const weir__layout *layout = from->layout;

	for (size_t i = 0; i < layout->column_count; i++) {
		weir_type type = layout->columns[i].type;
		size_t    needed;
		if (!weir__type_is_pointer(type))
			continue;
		int place = place_of(from, i);
		int length = PQgetlength(from->result, row, place);
		*lengths++ = length;
		if (type == WEIR_TYPE_TEXT) {
			*size += (size_t)length + 1;
			continue;
		}
		if (length == 0 && PQgetisnull(from->result, row, place))
			continue;
		int status = weir__wire_text_size(type, PQgetvalue(from->result, row, place), (size_t)length, &needed);
		if (status != WEIR_OK)
			return wrong_value(layout, i, status, err);
		*size += needed;
	}
	return WEIR_OK;
}

/* Fills a zeroed struct, in which NULL is what it is already. */
static int fill(const source *from, int row, const int *lengths, void *record, char **text, weir_error *err)
{
	const weir__layout *layout = from->layout;

	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		int                 place = place_of(from, i);
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): the first pass kept one for each of these */
		int length = weir__type_is_pointer(column->type) ? *lengths++ : PQgetlength(from->result, row, place);
		if (length == 0 && PQgetisnull(from->result, row, place)) {
			if (!column->nullable)
				return wrong_value(layout, i, WEIR_ERR_SCHEMA, err);
			continue;
		}
		int status = weir__wire_store(column, PQgetvalue(from->result, row, place), (size_t)length, record, text);
		if (status != WEIR_OK)
			return wrong_value(layout, i, status, err);
	}
	return WEIR_OK;
}

int weir__rows_record(const weir__rows *rows, size_t row, const weir__layout *layout, const void **record,
                      weir_error *err)
{
	int    lengths[WEIR__COLUMNS_MAX];
	source from = { .result = rows->result, .layout = layout };
	size_t text_size = 0;
	char  *text;
	int    status = check_shape(&from, err);

	if (status == WEIR_OK)
		status = add_text_size(&from, (int)row, lengths, &text_size, err);
	if (status != WEIR_OK)
		return status;
	void *made = weir__record_create(layout, text_size, &text);
	if (!made)
		return weir__error_no_memory(err);
	status = fill(&from, (int)row, lengths, made, &text, err);
	if (status != WEIR_OK) {
		(void)weir_record_release(made);
		return status;
	}
	*record = made;
	return WEIR_OK;
}

/* Both passes; the lengths have been given their room. */
static int make_list(const source *from, size_t count, weir_list *list, weir_error *err)
{
	size_t text_size = 0;
	char  *text;
	int    status = WEIR_OK;

	for (size_t i = 0; i < count && status == WEIR_OK; i++)
		status = add_text_size(from, (int)i, from->lengths + i * from->pointers, &text_size, err);
	if (status != WEIR_OK)
		return status;
	if (weir__list_create(from->layout, count, text_size, list, &text) != WEIR_OK)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < count && status == WEIR_OK; i++)
		status = fill(from, (int)i, from->lengths + i * from->pointers, (void *)list->items[i], &text, err);
	if (status != WEIR_OK)
		weir_list_release(list);
	return status;
}

int weir__rows_list_at(const weir__rows *rows, const weir__layout *layout, const size_t *places, weir_list *list,
                       weir_error *err)
{
	int       few[LENGTHS_ON_STACK];
	source    from = { .result = rows->result, .layout = layout, .places = places };
	weir_list made = WEIR_LIST_INIT;
	int       status = check_shape(&from, err);

	if (status != WEIR_OK)
		return status;
	from.lengths = few;
	if (rows->count * from.pointers > LENGTHS_ON_STACK)
		from.lengths = weir__malloc(rows->count * from.pointers * sizeof *from.lengths);
	if (!from.lengths)
		return weir__error_no_memory(err);
	status = make_list(&from, rows->count, &made, err);
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
