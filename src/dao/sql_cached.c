/* SQL by hand through the cache, as cached.c does it for lists. The entry lies with the first model read; it depends on `any`
 * of each, which all writes of a table change. */
#include "base/error.h"
#include "dao/keys.h"
#include "dao/near.h"
#include "dao/sql.h"
#include "models/codec.h"
#include "models/value_type.h"

#include <inttypes.h>
#include <string.h>

/* A statement with what it reads. */
typedef struct cached {
	weir__by_hand       by_hand;
	const weir__entity *first;
	weir__cache_space  *spaces[WEIR__STAMPS_MAX];
	bool                enabled;       /* for all of them */
	bool                per_principal; /* for one of them */
	weir__lookup        lookup;
} cached;

static int find_models(cached *c, const weir_models *reads)
{
	const weir__registry *registry = &c->by_hand.call.session->engine->registry;
	int                   rc = weir__by_hand_models(&c->by_hand, reads);

	if (rc < 0)
		return rc;
	if (reads->count == 0)
		return weir__error_set(c->by_hand.call.err, WEIR_ERR_USAGE,
		                       "a cached query must name the models that it reads: WEIR_READS(...)");
	if (reads->count > WEIR__STAMPS_MAX)
		return weir__error_set(c->by_hand.call.err, WEIR_ERR_LIMIT, "a cached query reads %d models at most, not %zu",
		                       WEIR__STAMPS_MAX, reads->count);
	c->enabled = !c->by_hand.call.session->transaction && c->by_hand.call.fresh_ms != WEIR_BYPASS;
	c->first = weir__registry_find(registry, reads->items[0]);
	for (size_t i = 0; i < reads->count; i++) {
		c->spaces[i] = weir__registry_find(registry, reads->items[i])->space;
		c->lookup.stamps[i] = weir__cache_space_any(c->spaces[i]);
		c->enabled = c->enabled && weir__cache_space_enabled(c->spaces[i]);
		c->per_principal = c->per_principal || weir__registry_find(registry, reads->items[i])->per_principal;
	}
	c->lookup.stamp_count = reads->count;
	return WEIR_OK;
}

/* Each value with its type and its length, so that no two lists of parameters have the same text. */
static void append_scalar(weir__buffer *key, const weir_value *value)
{
	char       scratch[WEIR__KEY_VALUE_MAX];
	weir_bytes bytes = weir__key_value(value, scratch);

	weir__buffer_appendf(key, "%d:", (int)value->type);
	if (!bytes.data) {
		weir__buffer_append_char(key, '-');
		return;
	}
	weir__buffer_appendf(key, "%zu:", bytes.length);
	weir__buffer_append(key, bytes.data, bytes.length);
}

static void append_value(weir__buffer *key, const weir_value *value)
{
	if (!weir__type_is_array(value->type) || weir__value_is_null(value)) {
		append_scalar(key, value);
		return;
	}
	weir__buffer_appendf(key, "%d[%zu", (int)value->type, value->as.array.count);
	for (size_t i = 0; i < value->as.array.count; i++) {
		weir_value item = weir__value_of_item(weir__type_item(value->type), value->as.array.items, i);

		append_scalar(key, &item);
	}
}

static void append_param(weir__buffer *key, const weir_param *param)
{
	if (!param->is_array) {
		append_value(key, &param->value);
		return;
	}
	weir__buffer_appendf(key, "[%zu", param->count);
	for (size_t i = 0; i < param->count; i++) {
		weir_value item = weir__param_item(param, i);

		append_value(key, &item);
	}
}

/* users:q:sql:<fingerprint of the rows><length of the text><text><versions><parameters>: the version of the first model is
 * that of the entry. */
static int make_key(cached *c, const weir_sql *sql, const weir_params *params)
{
	weir__buffer  whole = WEIR__BUFFER_INIT;
	weir__buffer *key = &c->by_hand.call.key;
	const char   *table = c->first->layout->base->table;

	weir__buffer_appendf(&whole, "%016" PRIx64 "%zu:", c->by_hand.layout->fingerprint, sql->length);
	weir__buffer_append(&whole, sql->text, sql->length);
	for (size_t i = 1; i < c->lookup.stamp_count; i++)
		weir__buffer_appendf(&whole, "%d:", weir__cache_space_version(c->spaces[i]));
	for (size_t i = 0; i < params->count; i++)
		append_param(&whole, &params->items[i]);
	weir__key_part(key, table, strlen(table));
	weir__buffer_append_text(key, ":q:sql:");
	if (!whole.failed)
		weir__key_part(key, whole.data, whole.length);
	if (c->per_principal)
		weir__key_append_principal(c->by_hand.call.session->principal, key);
	key->failed = key->failed || whole.failed;
	weir__buffer_release(&whole);
	if (key->failed)
		return weir__error_no_memory(c->by_hand.call.err);
	c->lookup.kind = WEIR__ENTRY_LIST;
	weir__call_lends(&c->by_hand.call, &c->lookup);
	c->lookup.key = (weir_bytes){ key->data, key->length };
	return WEIR_OK;
}

static void fill(cached *c, const weir_list *list)
{
	weir__cache_space *space = c->first->space;
	weir__filling      filling = { .lookup = &c->lookup, .items = list->count };
	weir__buffer       payload = WEIR__BUFFER_INIT;
	int64_t            max_items = weir__cache_space_max_items(space);

	if (max_items != WEIR_UNLIMITED && list->count > (size_t)max_items) {
		weir__cache_too_large(&c->lookup);
		return;
	}
	weir__codec_encode_list(c->by_hand.layout, list->items, list->count, &payload);
	filling.payload = (weir_bytes){ payload.data, payload.length };
	if (!payload.failed)
		weir__cache_fill(space, &filling, 1);
	weir__buffer_release(&payload);
}

/* What the backend has, or else the database. */
static int read_behind(cached *c, weir_list *list)
{
	weir__cache_space *space = c->first->space;
	weir__lookup      *lookup = &c->lookup;
	int                rc;

	weir__cache_lookup(space, lookup, 1);
	if (lookup->state == WEIR__MISS)
		weir__cache_lease(space, lookup, 1);
	weir__call_note_lookup(&c->by_hand.call, lookup);
	if (lookup->state == WEIR__HIT) {
		rc = weir__codec_decode_list(c->by_hand.layout, lookup->payload.data, lookup->payload.length,
		                             (size_t)lookup->items, list);
		if (rc == WEIR_ERR_NO_MEMORY)
			return weir__error_no_memory(c->by_hand.call.err);
		if (rc != WEIR_ERR_FORMAT)
			return rc;
		weir__cache_reject(space, lookup);
	}
	rc = weir__by_hand_read(&c->by_hand, list);
	if (rc >= 0 && lookup->state == WEIR__MISS)
		fill(c, list);
	return rc;
}

static int read_through(cached *c, weir_list *list)
{
	const weir__near_question question = {
		.space = c->first->space,
		.tag = c->by_hand.layout->model,
		.kind = c->lookup.kind,
		.key = c->lookup.key,
		.fresh_ms = c->by_hand.call.fresh_ms,
		.span = c->by_hand.call.span ? &c->by_hand.call.span->span : NULL,
	};
	int rc;

	if (weir__near_list(&question, list))
		return WEIR_OK;
	rc = read_behind(c, list);
	if (rc >= 0 && c->lookup.state != WEIR__BYPASS)
		weir__near_keep_list(&question, c->by_hand.layout, &c->lookup, list);
	return rc;
}

int weir_query_into_cached(weir_session *session, weir_sql sql, weir_params params, const weir_model *model,
                           weir_models reads, void *list, weir_error *err)
{
	weir_list found = WEIR_LIST_INIT;
	cached    c = { .first = NULL };
	int       rc = weir__by_hand_begin(&c.by_hand, session, WEIR__SQL_READS, sql, err);

	if (rc >= 0)
		rc = weir__by_hand_params(&c.by_hand, &sql, &params);
	if (rc >= 0)
		rc = find_models(&c, &reads);
	if (rc >= 0)
		rc = weir__by_hand_expect(&c.by_hand, model, list);
	if (rc >= 0 && c.enabled)
		rc = make_key(&c, &sql, &params);
	if (rc >= 0)
		rc = c.enabled ? read_through(&c, &found) : weir__by_hand_read(&c.by_hand, &found);
	if (rc >= 0)
		weir__list_out_set(list, &found);
	weir__lookup_release(&c.lookup);
	return weir__call_done(&c.by_hand.call, rc);
}
