/* Names in the cache. Every value goes through weir__key_part, which escapes, so that two values never share a key. */
#include "dao/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *weir__key_value(const weir_value *value, char *text)
{
	if (value->is_null)
		return NULL;
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		return value->as.boolean ? "t" : "f";
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_NUMERIC:
	case WEIR_TYPE_JSONB:
		return value->as.text;
	case WEIR_TYPE_UUID:
		return weir_uuid_text(value->as.uuid, text);
	case WEIR_TYPE_FLOAT8:
		snprintf(text, WEIR__KEY_VALUE_MAX, "%a", value->as.number);
		return text;
	default:
		snprintf(text, WEIR__KEY_VALUE_MAX, "%" PRId64, value->as.integer);
		return text;
	}
}

static void append_value(const weir_value *value, weir__buffer *key)
{
	char        scratch[WEIR__KEY_VALUE_MAX];
	const char *text;

	if (value->type == WEIR_TYPE_INT8 && !value->is_null) {
		weir__buffer_append_i64(key, value->as.integer); /* what most keys are: its digits need no escape */
		return;
	}
	text = weir__key_value(value, scratch);
	if (text)
		weir__key_part(key, text, strlen(text));
	else
		weir__key_null(key);
}

void weir__key_append_column(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	weir__buffer_append_char(key, ':');
	weir__key_part(key, entity->layout->columns[column].name, entity->layout->columns[column].name_length);
	weir__buffer_append_char(key, ':');
	append_value(value, key);
}

static void append_name(const char *name, weir__buffer *key)
{
	weir__key_part(key, name, strlen(name));
}

void weir__key_of_values(const weir__entity *entity, const weir_value *values, weir__buffer *key)
{
	append_name(entity->layout->base->name, key);
	for (size_t i = 0; i < entity->layout->key_count; i++)
		weir__key_append_column(entity, entity->layout->key[i], &values[i], key);
}

void weir__key_of_record(const weir__entity *entity, const void *record, weir__buffer *key)
{
	weir_value values[WEIR__KEY_COLUMNS_MAX];

	for (size_t i = 0; i < entity->layout->key_count; i++)
		values[i] = weir__layout_get(entity->layout, entity->layout->key[i], record);
	weir__key_of_values(entity, values, key);
}

void weir__key_of_unique(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	append_name(entity->layout->base->name, key);
	weir__key_append_column(entity, column, value, key);
}

void weir__key_of_stamp(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	append_name(entity->layout->base->table, key);
	weir__buffer_append_text(key, ":s");
	weir__key_append_column(entity, column, value, key);
}

void weir__key_of_any(const weir__entity *entity, weir__buffer *key)
{
	append_name(entity->layout->base->table, key);
	weir__buffer_append_text(key, ":s:any");
}

int weir__key_of_query(const weir__entity *entity, const char *what, const weir_query *query, weir__buffer *key,
                       weir_error *err)
{
	return weir__key_of_listing(entity, what, query, (weir_bytes){ .length = 0 }, key, err);
}

int weir__key_of_listing(const weir__entity *entity, const char *what, const weir_query *query, weir_bytes more,
                         weir__buffer *key, weir_error *err)
{
	weir__buffer canonical = WEIR__BUFFER_INIT;
	int          rc = weir__query_canonical(entity->layout, query, &canonical, err);

	if (more.length > 0) {
		weir__buffer_append_char(&canonical, ' ');
		weir__buffer_append(&canonical, more.data, more.length);
	}
	append_name(entity->layout->base->table, key);
	weir__buffer_append_text(key, ":q:");
	weir__buffer_append_text(key, what);
	weir__buffer_append_char(key, ':');
	if (canonical.length)
		weir__key_part(key, canonical.data, canonical.length);
	key->failed = key->failed || canonical.failed;
	weir__buffer_release(&canonical);
	return rc;
}

/* Is this `stamped column = value`? */
static bool fixes_stamped_column(const weir__entity *entity, const weir_condition *condition, int *column)
{
	if ((condition->op != WEIR_OP_EQ && condition->op != WEIR_OP_SAME) || condition->value.is_null)
		return false;
	*column = weir__layout_find(entity->layout, condition->column.offset);
	return *column >= 0 && entity->stamped_mask >> *column & 1;
}

void weir__key_of_query_stamp(const weir__entity *entity, const weir_query *query, weir__buffer *key)
{
	const weir_condition *conditions = query ? &query->where : NULL;
	size_t                count = query ? 1 : 0;

	if (query && query->where.op == WEIR_OP_ALL) {
		conditions = query->where.items;
		count = query->where.count;
	}
	for (size_t i = 0; i < count; i++) {
		int column;

		if (fixes_stamped_column(entity, &conditions[i], &column)) {
			weir_value value = conditions[i].value;
			value.type = entity->layout->columns[column].type;
			weir__key_of_stamp(entity, (size_t)column, &value, key);
			return;
		}
	}
	weir__key_of_any(entity, key);
}
