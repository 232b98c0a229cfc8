/* Names in the cache. Every value goes through weir__key_part, which escapes, so that two values never share a key. */
#include "dao/keys.h"

#include "base/unset.h"
#include "dao/principal.h"
#include "models/value_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static weir_bytes text_bytes(const char *text)
{
	return (weir_bytes){ .data = text, .length = strlen(text) };
}

static weir_bytes text_of(const weir_value *value)
{
	weir_bytes bytes = text_bytes(value->as.text);

	if (value->type == WEIR_TYPE_CHAR)
		bytes.length = weir__unpadded_length(value->as.text, bytes.length);
	return bytes;
}

weir_bytes weir__key_value(const weir_value *value, char text[WEIR__KEY_VALUE_MAX])
{
	if (weir__value_is_null(value))
		return (weir_bytes){ .data = NULL };
	if (weir__type_is_text(value->type))
		return text_of(value);
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		return text_bytes(value->as.boolean ? "t" : "f");
	case WEIR_TYPE_BYTEA:
		return (weir_bytes){ .data = value->as.bytes.data, .length = value->as.bytes.length };
	case WEIR_TYPE_UUID:
		return text_bytes(weir_uuid_text(value->as.uuid, text));
	case WEIR_TYPE_INTERVAL:
		return text_bytes(weir_interval_text(value->as.interval, text));
	case WEIR_TYPE_INET:
		return text_bytes(weir_inet_text(value->as.inet, text));
	case WEIR_TYPE_FLOAT4:
	case WEIR_TYPE_FLOAT8:
		snprintf(text, WEIR__KEY_VALUE_MAX, "%a", value->as.number);
		return text_bytes(text);
	default:
		snprintf(text, WEIR__KEY_VALUE_MAX, "%" PRId64, value->as.integer);
		return text_bytes(text);
	}
}

static void append_value(const weir_value *value, weir__buffer *key)
{
	char       scratch[WEIR__KEY_VALUE_MAX] WEIR__UNSET;
	weir_bytes bytes;

	if (value->type == WEIR_TYPE_INT8 && !value->is_null) {
		weir__buffer_append_i64(key, value->as.integer); /* what most keys are: its digits need no escape */
		return;
	}
	bytes = weir__key_value(value, scratch);
	if (bytes.data)
		weir__key_part(key, bytes.data, bytes.length);
	else
		weir__key_null(key);
}

/* The value as one of the column, which a caller may have given as a text. */
static weir_value value_of_column(const weir__entity *entity, size_t column, const weir_value *value)
{
	weir_value own = *value;

	if (own.type == WEIR_TYPE_TEXT)
		own.type = entity->layout->columns[column].type;
	return own;
}

void weir__key_append_column_name(const weir__entity *entity, size_t column, weir__buffer *key)
{
	weir__buffer_append_char(key, ':');
	weir__key_part(key, entity->layout->columns[column].name, entity->layout->columns[column].name_length);
	weir__buffer_append_char(key, ':');
}

void weir__key_append_value(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	const weir_value own = value_of_column(entity, column, value);

	append_value(&own, key);
}

void weir__key_append_column(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	weir__key_append_column_name(entity, column, key);
	weir__key_append_value(entity, column, value, key);
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

void weir__key_of_number_begin(const weir__entity *entity, weir__buffer *key)
{
	append_name(entity->layout->base->name, key);
	weir__key_append_column_name(entity, entity->layout->key[0], key);
}

void weir__key_of_record(const weir__entity *entity, const void *record, weir__buffer *key)
{
	weir_value values[WEIR__KEY_COLUMNS_MAX] WEIR__UNSET;

	for (size_t i = 0; i < entity->layout->key_count; i++)
		values[i] = weir__layout_get(entity->layout, entity->layout->key[i], record);
	weir__key_of_values(entity, values, key);
}

void weir__key_of_unique_begin(const weir__entity *entity, size_t column, weir__buffer *key)
{
	append_name(entity->layout->base->name, key);
	weir__key_append_column_name(entity, column, key);
}

void weir__key_of_unique(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	weir__key_of_unique_begin(entity, column, key);
	weir__key_append_value(entity, column, value, key);
}

void weir__key_of_unique_text(const weir__entity *entity, size_t column, weir_bytes text, weir__buffer *key)
{
	weir__key_of_unique_begin(entity, column, key);
	weir__key_part(key, text.data, text.length);
}

void weir__key_of_stamps(const weir__entity *entity, size_t column, weir__buffer *key)
{
	append_name(entity->layout->base->table, key);
	weir__buffer_append(key, ":s", 2);
	weir__key_append_column_name(entity, column, key);
}

void weir__key_of_stamp(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key)
{
	const weir_value own = value_of_column(entity, column, value);

	weir__key_of_stamps(entity, column, key);
	append_value(&own, key);
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

void weir__key_append_principal(const weir_principal *principal, weir__buffer *key)
{
	weir__buffer_append_text(key, ":as:");
	weir__buffer_append(key, principal->key.data, principal->key.length);
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
