/* What a write touches, read from the rows that its statement returned:
 *
 *   create       `any` (all lists, counts, negative answers), the stamps of its stamped values
 *   update       the record, `any`, the stamps of old and new values
 *   delete       the record, `any`, the stamps of its values
 *   many rows    `any` and `bulk` (every list of the table), and each record that is named
 *
 * Late, that is deleted before the write is answered but not guarded, are the pointers from the row's unique fields, old and new,
 * and the record of a row that is made under a key which the caller gave. They are checked, or not there, unless guards of
 * another write were lost (spec/README.md). */
#include "dao/write.h"

#include "base/error.h"
#include "dao/keys.h"
#include "models/value_type.h"

#include <string.h>

#define ALL_COLUMNS (~(weir__mask)0)

/* Takes the key in call->key. */
static int add_late(weir__call *call, weir__touches *touches)
{
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	return weir__touches_add_late(touches, call->entity->space, (weir_bytes){ call->key.data, call->key.length });
}

static int add_stamp(weir__call *call, size_t column, const weir_value *value, weir__touches *touches)
{
	weir__buffer_clear(&call->key);
	weir__key_of_stamp(call->entity, column, value, &call->key);
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	return weir__touches_add_stamp(touches, call->entity->space, (weir_bytes){ call->key.data, call->key.length });
}

static int add_pointer(weir__call *call, size_t column, const weir_value *value, weir__touches *touches)
{
	weir__buffer_clear(&call->key);
	weir__key_of_unique(call->entity, column, value, &call->key);
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	return weir__touches_add_bare(touches, call->entity->space, (weir_bytes){ call->key.data, call->key.length });
}

/* A row, and which columns it holds from `first` on, in the layout's order. */
typedef struct held {
	weir__call       *call;
	const weir__rows *rows;
	size_t            row;
	size_t            first;
	weir__mask        columns;
	weir__touches    *touches;
} held;

static int add_values(const held *h, weir__mask wanted,
                      int (*add)(weir__call *call, size_t column, const weir_value *value, weir__touches *touches))
{
	const weir__layout *layout = h->call->entity->layout;
	weir__buffer        scratch = WEIR__BUFFER_INIT;
	size_t              at = h->first;
	int                 rc = WEIR_OK;

	if (!(wanted & h->columns))
		return WEIR_OK;
	for (size_t i = 0; rc >= 0 && i < layout->column_count; i++) {
		weir_value value = { 0 };

		if (!(h->columns >> i & 1))
			continue;
		if (wanted >> i & 1 && !weir__rows_is_null(h->rows, h->row, at)) {
			weir__buffer_clear(&scratch);
			rc = weir__rows_value(h->rows, h->row, at, layout->columns[i].type, &value, &scratch, h->call->err);
			if (rc >= 0)
				rc = add(h->call, i, &value, h->touches);
		}
		at++;
	}
	weir__buffer_release(&scratch);
	return rc;
}

static int add_stamps_and_pointers(const held *h)
{
	int rc = add_values(h, h->call->entity->stamped_mask, add_stamp);

	return rc < 0 ? rc : add_values(h, h->call->entity->layout->unique_mask, add_pointer);
}

/* The key of the record at a row that holds the key columns at these places. */
static int read_key(weir__call *call, const weir__rows *rows, size_t row, const size_t *places)
{
	const weir__layout *layout = call->entity->layout;
	weir__buffer        scratch = WEIR__BUFFER_INIT;
	weir_value          values[WEIR__KEY_COLUMNS_MAX];
	int                 rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < layout->key_count; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): there is a place for each column of the key */
		rc = weir__rows_value(rows, row, places[i], layout->columns[layout->key[i]].type, &values[i], &scratch,
		                      call->err);
	if (rc >= 0) {
		weir__buffer_clear(&call->key);
		weir__key_of_values(call->entity, values, &call->key);
	}
	weir__buffer_release(&scratch);
	return rc;
}

static int add_record_at(weir__call *call, const weir__rows *rows, size_t row, const size_t *places,
                         weir__touches *touches)
{
	int rc = read_key(call, rows, row, places);

	if (rc < 0)
		return rc;
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	return weir__touches_add_key(touches, call->entity->space, (weir_bytes){ call->key.data, call->key.length });
}

/* Where the key is in rows that hold these columns. */
static void find_key(const weir__layout *layout, weir__mask columns, size_t places[WEIR__KEY_COLUMNS_MAX])
{
	for (size_t i = 0; i < layout->key_count; i++) {
		places[i] = 0;
		for (weir__mask before = columns & (((weir__mask)1 << layout->key[i]) - 1); before; before &= before - 1)
			places[i]++;
	}
}

static int add_any(weir__call *call, weir__touches *touches)
{
	return weir__touches_add_any(touches, call->entity->space);
}

int weir__collect_create(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = add_any(call, touches);

	return rc < 0 ? rc
	              : add_stamps_and_pointers(
						&(held){ .call = call, .rows = rows, .columns = ALL_COLUMNS, .touches = touches });
}

int weir__collect_create_keyed(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	size_t places[WEIR__KEY_COLUMNS_MAX];
	int    rc;

	find_key(call->entity->layout, ALL_COLUMNS, places);
	rc = read_key(call, rows, 0, places);
	if (rc >= 0)
		rc = add_late(call, touches);
	return rc < 0 ? rc : weir__collect_create(call, rows, touches);
}

/* Structs that were inserted. */
typedef struct given {
	weir__call    *call;
	const char    *values;
	size_t         count;
	weir__touches *touches;
} given;

static int add_given_records(const given *g)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < g->count; i++) {
		weir__buffer_clear(&g->call->key);
		weir__key_of_record(g->call->entity, g->values + i * g->call->entity->model->size, &g->call->key);
		rc = add_late(g->call, g->touches);
	}
	return rc;
}

/* Column of them. */
typedef struct given_column {
	const given *given;
	size_t       column;
} given_column;

static bool append_given(const void *context, size_t i, weir__buffer *key)
{
	const given_column *of = context;
	const weir__entity *entity = of->given->call->entity;
	const char         *values = of->given->values + i * entity->model->size;
	const weir__column *column = &entity->layout->columns[of->column];
	weir_value          value;

	if (column->type == WEIR_TYPE_TEXT) { /* what most are: as below, in fewer steps */
		const char *text = *(const char *const *)(const void *)(values + column->offset);

		if (text)
			weir__key_part(key, text, strlen(text));
		return text != NULL;
	}
	value = weir__layout_get(entity->layout, of->column, values);

	if (weir__value_is_null(&value))
		return false;
	weir__key_append_value(entity, of->column, &value, key);
	return true;
}

static int add_given_pointers(const given *g, size_t column)
{
	const given_column from = { g, column };
	weir__buffer      *key = &g->call->key;
	weir__new_keys     keys = {
			.space = g->call->entity->space, .count = g->count, .append = append_given, .context = &from
	};

	weir__buffer_clear(key);
	weir__key_of_unique_begin(g->call->entity, column, key);
	if (key->failed)
		return weir__error_no_memory(g->call->err);
	keys.common = (weir_bytes){ key->data, key->length };
	return weir__touches_add_new(g->touches, &keys);
}

int weir__collect_given(weir__call *call, const void *values, size_t count, weir__mask mask, weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;
	const given         g = { call, values, count, touches };
	int                 rc = add_any(call, touches);

	if (rc >= 0 && call->entity->stamped_mask)
		rc = weir__touches_add_bulk(touches, call->entity->space);
	if (rc >= 0 && (mask & layout->key_mask) == layout->key_mask)
		rc = add_given_records(&g);
	for (size_t i = 0; rc >= 0 && i < layout->column_count; i++)
		if ((mask & layout->unique_mask) >> i & 1)
			rc = add_given_pointers(&g, i);
	return rc;
}

int weir__collect_update(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = weir__collect_delete(call, rows, touches);

	return rc < 0 ? rc
	              : add_stamps_and_pointers(&(held){
						.call = call,
						.rows = rows,
						.first = call->entity->layout->column_count,
						.columns = call->old,
						.touches = touches,
					});
}

int weir__collect_delete(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	size_t places[WEIR__KEY_COLUMNS_MAX];
	int    rc;

	find_key(call->entity->layout, ALL_COLUMNS, places);
	rc = add_record_at(call, rows, 0, places, touches);

	return rc < 0 ? rc : weir__collect_create(call, rows, touches);
}

int weir__collect_keys_at(weir__call *call, const weir__rows *rows, const size_t *places, weir__touches *touches)
{
	int rc = add_any(call, touches);

	if (rc >= 0)
		rc = weir__touches_add_bulk(touches, call->entity->space);
	for (size_t i = 0; rc >= 0 && i < rows->count; i++)
		rc = add_record_at(call, rows, i, places, touches);
	return rc;
}

static size_t width_of(const weir__layout *layout, weir__mask columns)
{
	size_t width = 0;

	for (size_t i = 0; i < layout->column_count; i++)
		width += columns >> i & 1;
	return width;
}

int weir__collect_pointers_at(weir__call *call, const weir__rows *rows, size_t place, size_t column,
                              weir__touches *touches)
{
	held h = { .call = call, .rows = rows, .first = place, .columns = (weir__mask)1 << column, .touches = touches };
	int  rc = WEIR_OK;

	for (; rc >= 0 && h.row < rows->count; h.row++)
		rc = add_values(&h, h.columns, add_pointer);
	return rc;
}

/* v and a text. */
static int add_old_text(weir__call *call, size_t column, const weir_value *text, weir__touches *touches)
{
	weir_bytes bytes = weir__key_value(text, NULL);

	if (bytes.length == 0)
		return WEIR_OK;
	weir__buffer_clear(&call->key);
	weir__key_of_unique_text(call->entity, column, (weir_bytes){ bytes.data + 1, bytes.length - 1 }, &call->key);
	return add_late(call, touches);
}

int weir__collect_old_texts(weir__call *call, const weir__rows *rows, size_t first, weir__mask columns,
                            weir__touches *touches)
{
	weir_value text;
	int        rc = WEIR_OK;

	for (size_t row = 0; rc >= 0 && row < rows->count; row++) {
		size_t at = first;

		for (size_t i = 0; rc >= 0 && i < call->entity->layout->column_count; i++) {
			if (!(columns >> i & 1))
				continue;
			if (!weir__rows_is_null(rows, row, at)) {
				rc = weir__rows_value(rows, row, at, WEIR_TYPE_TEXT, &text, NULL, call->err);
				if (rc >= 0)
					rc = add_old_text(call, i, &text, touches);
			}
			at++;
		}
	}
	return rc;
}

/* Rows that hold these columns. */
static int collect_many(weir__call *call, const weir__rows *rows, weir__mask columns, weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;
	held                h = { .call = call, .rows = rows, .columns = columns, .touches = touches };
	size_t              places[WEIR__KEY_COLUMNS_MAX];
	int                 rc;

	find_key(layout, columns, places);
	rc = weir__collect_keys_at(call, rows, places, touches);
	for (; rc >= 0 && layout->unique_mask && h.row < rows->count; h.row++) {
		rc = add_values(&h, layout->unique_mask, add_pointer);
		if (rc >= 0 && call->old)
			rc = add_values(&(held){ call, rows, h.row, width_of(layout, columns), call->old, touches }, call->old,
			                add_pointer);
	}
	return rc;
}

int weir__collect_many(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	return collect_many(call, rows, ALL_COLUMNS, touches);
}

int weir__collect_where(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;

	return collect_many(call, rows, layout->key_mask | layout->unique_mask, touches);
}
