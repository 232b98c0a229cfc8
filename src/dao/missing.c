/* Rows that have to be there: the ordinary reads, whose "not found" becomes an error that says what was looked for. */
#include <weir/reading.h>

#include "base/error.h"
#include "dao/call.h"
#include "dao/keys.h"

/* "no row with id 42, code x": the columns of the mask as `values` has them. */
static int missing(const weir_base_dao *dao, weir__mask mask, const void *values, weir_error *err)
{
	const weir__entity *entity = dao->entity;
	weir__buffer        text = WEIR__BUFFER_INIT;
	const char         *what;
	int                 rc;

	for (size_t i = 0; i < entity->layout->column_count; i++) {
		char       scratch[WEIR__KEY_VALUE_MAX];
		weir_value value;
		weir_bytes key;

		if (!(mask >> i & 1))
			continue;
		value = weir__layout_get(entity->layout, i, values);
		key = weir__key_value(&value, scratch);
		weir__buffer_append_text(&text, text.length > 0 ? ", " : "");
		weir__buffer_append_text(&text, entity->layout->columns[i].member);
		weir__buffer_append_char(&text, ' ');
		if (value.type == WEIR_TYPE_BYTEA)
			weir__buffer_appendf(&text, "of %zu bytes", key.length);
		else if (key.data)
			weir__buffer_append(&text, key.data, key.length);
		else
			weir__buffer_append_text(&text, "NULL");
	}
	what = weir__buffer_text(&text);
	rc = weir__error_set_at(err, WEIR_ERR_MISSING, entity->model->name, NULL, "no row with %s",
	                        what ? what : "this key");
	weir__buffer_release(&text);
	return rc;
}

static int key_missing(const weir_base_dao *dao, const void *key, weir_error *err)
{
	const weir__entity *entity = dao->entity;

	return missing(dao, entity->layout->key_mask, key, err);
}

static int value_missing(const weir_base_dao *dao, weir_column column, const void *values, weir_error *err)
{
	const weir__entity *entity = dao->entity;

	return missing(dao, (weir__mask)1 << weir__layout_find(entity->layout, column.offset), values, err);
}

int weir_base_dao_get_or_fail(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	int rc = weir_base_dao_get_by_id(dao, key, record, err);

	return rc == WEIR_NOT_FOUND ? key_missing(dao, key, err) : rc;
}

int weir_base_dao_get_or_fail_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err)
{
	int rc = weir_base_dao_get_by_id_cached(dao, key, record, err);

	return rc == WEIR_NOT_FOUND ? key_missing(dao, key, err) : rc;
}

int weir_base_dao_get_by_or_fail(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                                 weir_error *err)
{
	int rc = weir_base_dao_get_by(dao, column, values, record, err);

	return rc == WEIR_NOT_FOUND ? value_missing(dao, column, values, err) : rc;
}

int weir_base_dao_get_by_or_fail_cached(const weir_base_dao *dao, weir_column column, const void *values, void *record,
                                        weir_error *err)
{
	int rc = weir_base_dao_get_by_cached(dao, column, values, record, err);

	return rc == WEIR_NOT_FOUND ? value_missing(dao, column, values, err) : rc;
}
