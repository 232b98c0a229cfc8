/* What a write touches, read from the rows that its statement returned:
 *
 *   create       `any` (all lists, counts, negative answers), the stamps of its stamped values
 *   update       the record, `any`, the stamps of old and new values
 *   delete       the record, `any`, the stamps of its values
 *   many rows    `any` and `bulk` (every list of the table), and each record that is named
 *
 * Pointers from unique fields are checked when they are followed and so need no touch. */
#include "dao/write.h"

#include "base/error.h"
#include "dao/keys.h"

static int add_stamp(weir__call *call, size_t column, const weir_value *value, weir__touches *touches)
{
	weir__buffer_clear(&call->key);
	weir__key_of_stamp(call->entity, column, value, &call->key);
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	return weir__touches_add_stamp(touches, call->entity->space, (weir_bytes){ call->key.data, call->key.length });
}

/* The stamps of a row's stamped columns; `first` is the result column of the layout's column 0 (or, old, of the first stamped). */
static int add_stamps(weir__call *call, const weir__rows *rows, size_t first, bool only_stamped, weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;
	weir__buffer        scratch = WEIR__BUFFER_INIT;
	size_t              at = first;
	int                 rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < layout->column_count; i++) {
		weir_value value = { 0 };
		bool       stamped = call->entity->stamped_mask >> i & 1;

		if (stamped && !weir__rows_is_null(rows, 0, at)) {
			weir__buffer_clear(&scratch);
			rc = weir__rows_value(rows, 0, at, layout->columns[i].type, &value, &scratch, call->err);
			if (rc >= 0)
				rc = add_stamp(call, i, &value, touches);
		}
		at += stamped || !only_stamped;
	}
	weir__buffer_release(&scratch);
	return rc;
}

/* The key of the record at a row that holds the key columns at these places. */
static int add_record_at(weir__call *call, const weir__rows *rows, size_t row, const size_t *places,
                         weir__touches *touches)
{
	const weir__layout *layout = call->entity->layout;
	weir__buffer        scratch = WEIR__BUFFER_INIT;
	weir_value          values[WEIR__KEY_COLUMNS_MAX];
	int                 rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < layout->key_count; i++)
		rc = weir__rows_value(rows, row, places[i], layout->columns[layout->key[i]].type, &values[i], &scratch,
		                      call->err);
	if (rc >= 0) {
		weir__buffer_clear(&call->key);
		weir__key_of_values(call->entity, values, &call->key);
		rc = call->key.failed ? weir__error_no_memory(call->err)
		                      : weir__touches_add_key(touches, call->entity->space,
		                                              (weir_bytes){ call->key.data, call->key.length });
	}
	weir__buffer_release(&scratch);
	return rc;
}

/* Where the key is in rows that hold the key columns alone, or all columns. */
static void find_key(const weir__layout *layout, bool only_key, size_t places[WEIR__KEY_COLUMNS_MAX])
{
	for (size_t i = 0; i < layout->key_count; i++)
		places[i] = only_key ? i : layout->key[i];
}

static int add_any(weir__call *call, weir__touches *touches)
{
	return weir__touches_add_any(touches, call->entity->space);
}

int weir__collect_create(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = add_any(call, touches);

	return rc < 0 ? rc : add_stamps(call, rows, 0, false, touches);
}

int weir__collect_create_many(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = add_any(call, touches);

	(void)rows;
	if (rc >= 0 && call->entity->stamped_mask)
		rc = weir__touches_add_bulk(touches, call->entity->space);
	return rc;
}

int weir__collect_update(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	int rc = weir__collect_delete(call, rows, touches);

	return rc < 0 ? rc : add_stamps(call, rows, call->entity->layout->column_count, true, touches);
}

int weir__collect_delete(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	size_t places[WEIR__KEY_COLUMNS_MAX];
	int    rc;

	find_key(call->entity->layout, false, places);
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

int weir__collect_many(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	size_t places[WEIR__KEY_COLUMNS_MAX];

	find_key(call->entity->layout, false, places);
	return weir__collect_keys_at(call, rows, places, touches);
}

int weir__collect_where(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	size_t places[WEIR__KEY_COLUMNS_MAX];

	find_key(call->entity->layout, true, places);
	return weir__collect_keys_at(call, rows, places, touches);
}
