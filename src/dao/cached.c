/* Cached reads. One shape for all of them:
 *
 *     look up -> hit or absent: answer
 *             -> miss: take a lease, read the database, fill
 *             -> bypass (cache down, off, or a write under way): read the database, fill nothing
 *
 * A record's key is looked up directly. A unique field's entry is a pointer: the key of the record, which is then looked up and
 * checked (it must still have the value), so that writes need not know which pointers exist. The record that it led to the last time
 * is looked up along with it. Lists, counts and exists carry
 * the stamp they depend on; writes change it. */
#include "dao/call.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/unset.h"
#include "dao/check.h"
#include "dao/keys.h"
#include "dao/near.h"
#include "dao/near_query.h"
#include "models/codec.h"

#include <string.h>

/* Looks one entry up and, where it is missing, takes a lease. */
static void look_up(weir__call *call, weir__lookup *lookup)
{
	weir__call_lends(call, lookup);
	weir__cache_lookup(call->entity->space, lookup, 1);
	if (lookup->state == WEIR__MISS)
		weir__cache_lease(call->entity->space, lookup, 1);
	weir__call_note_lookup(call, lookup);
}

static void fill(weir__call *call, weir__lookup *lookup, const weir__buffer *payload, uint64_t items)
{
	weir__filling filling = { .lookup = lookup, .items = items };

	if (payload && payload->failed)
		return;
	if (payload)
		filling.payload = (weir_bytes){ payload->data, payload->length };
	weir__cache_fill(call->entity->space, &filling, 1);
}

/* key: a struct with the primary key, of a record. */
static weir__near_question question_of(const weir__call *call, const weir__lookup *lookup, const void *key)
{
	weir__near_question question = weir__near_question_of(call, call->entity->layout, lookup->kind, lookup->key);

	if (lookup->kind == WEIR__ENTRY_RECORD)
		(void)weir__near_question_number(call->entity, key, &question);
	return question;
}

/* Keeps a record (NULL: there is none) near, which this lookup led to. */
static void keep_record(const weir__call *call, const weir__lookup *lookup, const void *key, const void *record)
{
	weir__near_question question;

	if (!weir__near_is_on(call->entity->space))
		return;
	question = question_of(call, lookup, key);
	weir__near_keep_record(&question, call->entity->layout, lookup, record);
}

/* A row that belongs to a principal: a list of one, which carries stamps that all principals share. */
static int cached_alone(weir__call *call, weir_condition where, const void **record)
{
	weir_query query = { .where = where, .limit = 1 };
	weir_list  list = WEIR_LIST_INIT;
	int        rc = weir__cached_list(call, &query, &list);

	if (rc >= 0 && list.count > 0) {
		weir_record_retain(list.items[0]);
		*record = list.items[0];
	} else if (rc >= 0) {
		rc = WEIR_NOT_FOUND;
	}
	weir_list_release(&list);
	return rc;
}

static int cached_alone_by_id(weir__call *call, const void *key, const void **record)
{
	weir_condition conditions[WEIR__KEY_COLUMNS_MAX];

	return cached_alone(call, weir__check_has_key(call->entity->layout, key, conditions), record);
}

/* ---- Records --------------------------------------------------------------------------------------------------- */

/* Fills that there is no such row. It is kept near first, like what is there: who waits for the fill looks there. */
static void fill_absent(weir__call *call, weir__lookup *lookup, const void *key)
{
	keep_record(call, lookup, key, NULL);
	fill(call, lookup, NULL, 0);
}

/* Fills what was read for a key, if it was read under a lease. False: the row's own key is another one, it is not kept (a
 * collation that takes two texts for one; a pointer whose value has moved to another row). */
static bool fill_record(weir__call *call, weir__lookup *lookup, const void *record)
{
	weir__buffer payload = WEIR__BUFFER_INIT;
	bool         same;

	weir__key_of_record(call->entity, record, &payload);
	same = !payload.failed && payload.length == lookup->key.length &&
	       memcmp(payload.data, lookup->key.data, payload.length) == 0;
	if (same && lookup->state == WEIR__MISS) {
		weir__buffer_clear(&payload);
		weir__codec_encode(call->entity->layout, record, &payload);
		keep_record(call, lookup, record, record);
		fill(call, lookup, &payload, 1);
	}
	weir__buffer_release(&payload);
	return same;
}

static int read_and_fill_record(weir__call *call, weir__lookup *lookup, const void *key, const void **record)
{
	int rc = weir__read_by_id(call, key, record);

	if (lookup->state != WEIR__MISS)
		return rc;
	if (rc == WEIR_OK)
		fill_record(call, lookup, *record);
	else if (rc == WEIR_NOT_FOUND)
		fill_absent(call, lookup, key);
	return rc;
}

/* A record that another thread may have kept near meanwhile. */
typedef struct near_record {
	weir__near_question question;
	const void        **record;
	int                 rc;
} near_record;

static bool look_near(void *elsewhere)
{
	near_record *near = elsewhere;

	return weir__near_record(&near->question, near->record, &near->rc);
}

int weir__cached_by_id(weir__call *call, const void *key, const void **record)
{
	weir__lookup lookup WEIR__UNSET;
	near_record  near = { .record = record };
	int          rc;

	if (call->entity->per_principal)
		return cached_alone_by_id(call, key, record);
	weir__buffer_clear(&call->key);
	weir__key_of_record(call->entity, key, &call->key);
	if (call->key.failed)
		return weir__error_no_memory(call->err);
	weir__lookup_init(&lookup, WEIR__ENTRY_RECORD, (weir_bytes){ call->key.data, call->key.length });
	near.question = question_of(call, &lookup, key);
	if (look_near(&near))
		return near.rc;
	lookup.look_elsewhere = look_near;
	lookup.elsewhere = &near;
	look_up(call, &lookup);
	if (lookup.state == WEIR__ELSEWHERE) {
		rc = near.rc;
		goto cleanup;
	}
	if (lookup.state == WEIR__HIT) {
		rc = weir__codec_decode(call->entity->layout, lookup.payload.data, lookup.payload.length, record);
		if (rc == WEIR_OK)
			keep_record(call, &lookup, key, *record);
		if (rc != WEIR_ERR_FORMAT)
			goto cleanup;
		weir__cache_reject(call->entity->space, &lookup);
	}
	if (lookup.state == WEIR__ABSENT)
		keep_record(call, &lookup, key, NULL);
	rc = lookup.state == WEIR__ABSENT ? WEIR_NOT_FOUND : read_and_fill_record(call, &lookup, key, record);
cleanup:
	weir__lookup_release(&lookup);
	return rc;
}

/* ---- Unique fields --------------------------------------------------------------------------------------------- */

static bool has_value(const weir__call *call, const void *record, size_t column, const weir_value *value)
{
	char       one[WEIR__KEY_VALUE_MAX] WEIR__UNSET, other[WEIR__KEY_VALUE_MAX] WEIR__UNSET;
	weir_value own = weir__layout_get(call->entity->layout, column, record);
	weir_value given = *value;
	weir_bytes a = weir__key_value(&own, one), b;

	given.type = own.type;
	b = weir__key_value(&given, other);
	return a.data && b.data && a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* Takes the record that a pointer leads to from the cache, looked up already. WEIR_OK with the record; WEIR_NOT_FOUND when the pointer
 * leads nowhere (any more), the caller then asks the database; *lookup says whether the record may be filled afterwards. */
static int take_target(weir__call *call, weir__lookup *lookup, size_t column, const weir_value *value,
                       const void **record)
{
	const void *found = NULL;
	int         rc;

	if (lookup->state != WEIR__HIT)
		return WEIR_NOT_FOUND;
	rc = weir__codec_decode(call->entity->layout, lookup->payload.data, lookup->payload.length, &found);
	if (rc == WEIR_ERR_FORMAT) {
		weir__cache_reject(call->entity->space, lookup);
		return WEIR_NOT_FOUND;
	}
	if (rc < 0)
		return rc;
	keep_record(call, lookup, found, found);
	if (!has_value(call, found, column, value)) {
		weir_record_release(found);
		return WEIR_NOT_FOUND;
	}
	*record = found;
	return WEIR_OK;
}

static void note(weir__call *call, const weir__lookup *pointer, weir_bytes record_key)
{
	weir__hints_note(&call->session->engine->hints, pointer->key, record_key.data, record_key.length);
}

size_t weir__pointer_prepare(weir__call *call, weir_bytes key, weir__pointer *pointer)
{
	size_t length = weir__hints_find(&call->session->engine->hints, key, pointer->guess);

	weir__lookup_init(&pointer->both[0], WEIR__ENTRY_UNIQUE, key);
	weir__lookup_init(&pointer->both[1], WEIR__ENTRY_RECORD, (weir_bytes){ pointer->guess, length });
	weir__call_lends(call, &pointer->both[0]);
	weir__call_lends(call, &pointer->both[1]);
	return length > 0 ? 2 : 1;
}

/* Looks up the record that the pointer leads to, unless it was guessed right. */
static void look_up_target(weir__call *call, const weir__lookup *pointer, weir__lookup *target)
{
	bool guessed = target->key.length == pointer->payload.length &&
	               memcmp(target->key.data, pointer->payload.data, target->key.length) == 0;

	if (guessed && target->state == WEIR__MISS)
		weir__cache_lease(call->entity->space, target, 1);
	if (guessed) {
		weir__call_note_lookup(call, target);
		return;
	}
	weir__lookup_release(target);
	*target = (weir__lookup){ .kind = WEIR__ENTRY_RECORD, .key = pointer->payload };
	look_up(call, target);
	note(call, pointer, pointer->payload);
}

/* Reads the row and keeps what may be kept: the record under its lease, the pointer if it was missing or wrong. */
static int read_by_and_fill(weir__call *call, weir__lookup *pointer, weir__lookup *target, size_t column,
                            const weir_value *value, const void **record)
{
	int  rc = weir__read_by(call, column, value, record);
	bool leads_there;

	if (rc < 0)
		return rc;
	leads_there = rc == WEIR_OK && fill_record(call, target, *record);
	if (pointer->state == WEIR__HIT && !leads_there) {
		weir__lookup_release(target); /* its key lies in the pointer */
		weir__cache_drop(call->entity->space, pointer);
	}
	return rc;
}

/* No pointer yet: reads the row, leaves a pointer to it, and then the record itself as any read by primary key would. */
static int read_and_point(weir__call *call, weir__lookup *pointer, size_t column, const weir_value *value,
                          const void **record)
{
	weir__lookup target = { .kind = WEIR__ENTRY_RECORD };
	const void  *first = NULL;
	int          rc = weir__read_by(call, column, value, &first);

	if (rc != WEIR_OK) {
		if (rc == WEIR_NOT_FOUND && pointer->state == WEIR__MISS)
			fill_absent(call, pointer, NULL);
		return rc;
	}
	weir__buffer_clear(&call->key);
	weir__key_of_record(call->entity, first, &call->key);
	fill(call, pointer, &call->key, 1);
	if (!call->key.failed) {
		target.key = (weir_bytes){ call->key.data, call->key.length };
		note(call, pointer, target.key);
		look_up(call, &target);
	}
	if (target.state == WEIR__MISS)
		rc = read_by_and_fill(call, pointer, &target, column, value, record);
	else
		*record = first, first = NULL;
	weir__lookup_release(&target);
	weir_record_release(first);
	return rc;
}

int weir__pointer_follow(weir__call *call, weir__pointer *both, size_t column, const weir_value *value,
                         const void **record)
{
	weir__lookup *pointer = &both->both[0], *target = &both->both[1];
	int           rc;

	if (pointer->state == WEIR__MISS)
		weir__cache_lease(call->entity->space, pointer, 1);
	weir__call_note_lookup(call, pointer);
	switch (pointer->state) {
	case WEIR__ABSENT:
		keep_record(call, pointer, NULL, NULL);
		rc = WEIR_NOT_FOUND;
		break;
	case WEIR__HIT:
		look_up_target(call, pointer, target);
		rc = take_target(call, target, column, value, record);
		if (rc == WEIR_OK) {
			weir__near_join(pointer, target);
			keep_record(call, pointer, NULL, *record);
		}
		if (rc == WEIR_NOT_FOUND)
			rc = read_by_and_fill(call, pointer, target, column, value, record);
		break;
	case WEIR__MISS:
		rc = read_and_point(call, pointer, column, value, record);
		break;
	case WEIR__BYPASS:
	default:
		rc = weir__read_by(call, column, value, record);
	}
	weir__pointer_release(both);
	return rc;
}

void weir__pointer_release(weir__pointer *pointer)
{
	weir__lookup_release(&pointer->both[1]);
	weir__lookup_release(&pointer->both[0]);
}

/* By its pointer, from behind the near cache. */
static int find_by(weir__call *call, weir_bytes key, size_t column, const weir_value *value, const void **record)
{
	weir__pointer     pointer;
	weir__lookup_part part = { call->entity->space, pointer.both, weir__pointer_prepare(call, key, &pointer) };

	weir__cache_lookup_parts(&part, 1);
	return weir__pointer_follow(call, &pointer, column, value, record);
}

int weir__cached_by(weir__call *call, size_t column, const weir_value *value, const void **record)
{
	weir_column  handle = { call->entity->layout->model, call->entity->layout->columns[column].offset };
	weir__buffer key = WEIR__BUFFER_INIT;
	int          rc;

	if (call->entity->per_principal)
		return cached_alone(call, weir_compare(handle, WEIR_OP_EQ, *value), record);
	weir__key_of_unique(call->entity, column, value, &key);
	if (key.failed) {
		rc = weir__error_no_memory(call->err);
	} else {
		weir_bytes          text = { key.data, key.length };
		weir__near_question question = weir__near_question_of(call, call->entity->layout, WEIR__ENTRY_UNIQUE, text);

		if (!weir__near_record(&question, record, &rc))
			rc = find_by(call, text, column, value, record);
	}
	weir__buffer_release(&key);
	return rc;
}

/* ---- Lists, counts, exists ------------------------------------------------------------------------------------- */

/* Makes the lookup of what is read; key and stamp keep the texts that it borrows. */
static int make_listing(weir__call *call, const weir__listing *listing, weir__buffer *stamp, weir__lookup *lookup)
{
	int rc = weir__key_of_listing(call->entity, listing->what, listing->query, listing->more, &call->key, call->err);

	if (rc < 0)
		return rc;
	if (call->entity->per_principal)
		weir__key_append_principal(call->session->principal, &call->key);
	weir__key_of_query_stamp(call->entity, listing->query, stamp);
	if (call->key.failed || stamp->failed)
		return weir__error_no_memory(call->err);
	lookup->key = (weir_bytes){ call->key.data, call->key.length };
	lookup->stamps[0] = (weir_bytes){ stamp->data, stamp->length };
	lookup->stamp_count = 1;
	return WEIR_OK;
}

static int make_query(weir__call *call, const char *what, const weir_query *query, weir__buffer *stamp,
                      weir__lookup *lookup)
{
	return make_listing(call, &(weir__listing){ .what = what, .query = query }, stamp, lookup);
}

static void fill_list(weir__call *call, const weir__layout *layout, weir__lookup *lookup, const weir_list *list)
{
	weir__buffer payload = WEIR__BUFFER_INIT;
	int64_t      max_items = weir__cache_space_max_items(call->entity->space);

	if (max_items != WEIR_UNLIMITED && list->count > (size_t)max_items) {
		weir__cache_too_large(lookup);
		return;
	}
	weir__codec_encode_list(layout, list->items, list->count, &payload);
	fill(call, lookup, &payload, list->count);
	weir__buffer_release(&payload);
}

/* What the backend has, or else the database. */
static int read_listing(weir__call *call, const weir__listing *listing, weir__lookup *lookup, weir_list *list)
{
	int rc;

	look_up(call, lookup);
	if (lookup->state == WEIR__HIT) {
		rc = weir__codec_decode_list(listing->layout, lookup->payload.data, lookup->payload.length,
		                             (size_t)lookup->items, list);
		if (rc != WEIR_ERR_FORMAT)
			return rc;
		weir__cache_reject(call->entity->space, lookup);
	}
	rc = listing->read(call, listing, list);
	if (rc == WEIR_OK && lookup->state == WEIR__MISS)
		fill_list(call, listing->layout, lookup, list);
	return rc;
}

int weir__cached_listing(weir__call *call, const weir__listing *listing, weir_list *list)
{
	weir__lookup        lookup WEIR__UNSET;
	weir__buffer        stamp = WEIR__BUFFER_INIT;
	weir__near_question question;
	int                 rc;

	weir__lookup_init(&lookup, WEIR__ENTRY_LIST, (weir_bytes){ .data = NULL });
	rc = make_listing(call, listing, &stamp, &lookup);

	if (rc < 0)
		goto cleanup;
	question = weir__near_question_of(call, listing->layout, lookup.kind, lookup.key);
	if (listing->all)
		weir__near_question_query(call, listing->query, WEIR__NEAR_LIST, &question);
	if (weir__near_list(&question, list))
		goto cleanup;
	rc = read_listing(call, listing, &lookup, list);
	if (rc == WEIR_OK && lookup.state != WEIR__BYPASS)
		weir__near_keep_list(&question, listing->layout, &lookup, list);
cleanup:
	weir__lookup_release(&lookup);
	weir__buffer_release(&stamp);
	return rc;
}

static int read_list(weir__call *call, const weir__listing *listing, weir_list *list)
{
	return weir__read_list(call, listing->query, list);
}

int weir__cached_list(weir__call *call, const weir_query *query, weir_list *list)
{
	const weir__listing listing = {
		.what = "list",
		.query = query,
		.all = true,
		.layout = call->entity->layout,
		.read = read_list,
	};

	return weir__cached_listing(call, &listing, list);
}

/* A number as the payload of an entry, in items; the payload itself is the number as JSON, for whoever looks. */
static void fill_number(weir__call *call, weir__lookup *lookup, int64_t number)
{
	weir__buffer payload = WEIR__BUFFER_INIT;

	weir__buffer_append_i64(&payload, number);
	fill(call, lookup, &payload, (uint64_t)number);
	weir__buffer_release(&payload);
}

typedef int read_number(weir__call *call, const weir_query *query, int64_t *number);

/* What the backend has, or else the database. */
static int find_number(weir__call *call, const weir_query *query, read_number *read, weir__lookup *lookup,
                       int64_t *number)
{
	int rc;

	look_up(call, lookup);
	if (lookup->state == WEIR__HIT) {
		*number = (int64_t)lookup->items;
		return WEIR_OK;
	}
	rc = read(call, query, number);
	if (rc == WEIR_OK && lookup->state == WEIR__MISS)
		fill_number(call, lookup, *number);
	return rc;
}

static int cached_number(weir__call *call, const char *what, const weir_query *query, read_number *read,
                         int64_t *number)
{
	weir__lookup        lookup WEIR__UNSET;
	weir__buffer        stamp = WEIR__BUFFER_INIT;
	weir__near_question question;
	int                 rc;

	weir__lookup_init(&lookup, WEIR__ENTRY_COUNT, (weir_bytes){ .data = NULL });
	rc = make_query(call, what, query, &stamp, &lookup);

	if (rc < 0)
		goto cleanup;
	question = question_of(call, &lookup, NULL);
	if (weir__near_number(&question, number))
		goto cleanup;
	rc = find_number(call, query, read, &lookup, number);
	if (rc == WEIR_OK && lookup.state != WEIR__BYPASS)
		weir__near_keep_number(&question, &lookup, *number);
cleanup:
	weir__lookup_release(&lookup);
	weir__buffer_release(&stamp);
	return rc;
}

int weir__cached_count(weir__call *call, const weir_query *query, int64_t *count)
{
	return cached_number(call, "count", query, weir__read_count, count);
}

static int read_exists(weir__call *call, const weir_query *query, int64_t *number)
{
	bool exists = false;
	int  rc = weir__read_exists(call, query, &exists);

	*number = exists;
	return rc;
}

int weir__cached_exists(weir__call *call, const weir_query *query, bool *exists)
{
	int64_t number = 0;
	int     rc = cached_number(call, "exists", query, read_exists, &number);

	if (rc >= 0)
		*exists = number != 0;
	return rc;
}
