/* Rounds of futures: see futures.h. */
#include "dao/futures.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/keys.h"
#include "dao/near.h"
#include "models/value_type.h"

#include <string.h>

void weir__round_release(weir__round *round)
{
	for (size_t i = 0; i < WEIR__ROUND_PARTS; i++) {
		weir__round_part *part = round->parts[i];

		if (!part)
			continue;
		weir__buffer_release(&part->items);
		weir__buffer_release(&part->texts);
		weir__free(part);
	}
}

/* ---- Who travels ----------------------------------------------------------------------------------------------------- */

static bool belongs(const weir__round_part *part, const weir_future *future)
{
	return part->by_id == (future->column == WEIR__BY_ID) && part->dao.entity == future->dao.entity &&
	       part->dao.timeout_ms == future->dao.timeout_ms && part->dao.fresh_ms == future->dao.fresh_ms;
}

/* Another part, with this read as its first. NULL: there are as many as there may be, or no memory. */
static weir__round_part *add_part(weir__round *round, const weir_future *future)
{
	weir__round_part *part;

	if (round->part_count == WEIR__ROUND_PARTS)
		return NULL;
	part = round->parts[round->part_count];
	if (!part)
		part = weir__calloc(1, sizeof *part);
	if (!part)
		return NULL;
	round->parts[round->part_count++] = part;
	part->dao = future->dao;
	part->by_id = future->column == WEIR__BY_ID;
	part->count = 0;
	return part;
}

static weir__round_part *part_of(weir__round *round, const weir_future *future)
{
	for (size_t i = round->part_count; i-- > 0;)
		if (belongs(round->parts[i], future))
			return round->parts[i];
	return add_part(round, future);
}

/* The oldest reads that wait. False: not one of them, for want of memory. */
static bool gather(weir_futures *futures)
{
	weir__round *round = &futures->round;
	size_t       count = 0;

	round->part_count = round->lookup_count = 0;
	for (weir_future *future = futures->waiting.first; future && count < WEIR__ROUND_MOST; future = future->after) {
		weir__round_part *part = part_of(round, future);

		if (!part)
			break;
		part->futures[part->count++] = future;
		count++;
	}
	return count > 0;
}

/* ---- By primary key ---------------------------------------------------------------------------------------------------- */

static int prepare_keys(weir__round_part *part)
{
	const weir__layout *layout = part->call.entity->layout;
	size_t              size = weir__keys_size(layout);
	char               *items;
	int                 rc;

	weir__buffer_clear(&part->items);
	items = weir__buffer_reserve(&part->items, part->count * size);
	if (!items)
		return weir__error_no_memory(&part->err);
	for (size_t i = 0; i < part->count; i++) {
		if (layout->key_count > 1)
			memcpy(items + i * size, part->futures[i]->copied, size);
		else
			weir__value_store(&part->futures[i]->value, items + i * size);
	}
	part->keys = (weir__keys){ layout, items, part->count };
	rc = weir__many_prepare(&part->many, &part->call, &part->keys, weir__call_is_cached(&part->call), true);
	part->many.alone = true;
	return rc;
}

static int read_keys(weir__round_part *part)
{
	weir__many *many = &part->many;
	weir__rows  rows = WEIR__ROWS_INIT;
	int         rc = weir__many_looked_up(many);

	if (rc >= 0 && many->missing_count > 0)
		rc = weir__call_read(&part->call, weir__sql_get_many(part->call.entity->statements), &rows);
	if (rc >= 0)
		rc = weir__many_take(many, many->missing_count > 0 ? &rows : NULL);
	weir__rows_release(&rows);
	return rc;
}

static void settle_keys(weir__round_part *part)
{
	for (size_t i = 0; i < part->count; i++) {
		const void *record = part->rc >= 0 ? weir__many_record(&part->many, i) : NULL;
		int         rc = part->rc < 0 ? part->rc : record ? WEIR_OK : WEIR_NOT_FOUND;

		weir_record_retain(record);
		weir__future_settle(part->futures[i], rc, record, &part->err);
	}
}

/* ---- By a unique field ------------------------------------------------------------------------------------------------ */

static bool is_looked_up(const weir__round_part *part)
{
	return weir__call_is_cached(&part->call) && !part->call.entity->per_principal;
}

/* Its key's text goes behind those of the others; length says where it ends. */
static int append_text(weir__round_part *part, size_t i, size_t *end)
{
	const weir_future *future = part->futures[i];

	weir__key_of_unique(part->call.entity, future->column, &future->value, &part->texts);
	*end = part->texts.length;
	return part->texts.failed ? weir__error_no_memory(&part->err) : WEIR_OK;
}

static weir_bytes text_of(const weir__round_part *part, const size_t *ends, size_t i)
{
	size_t start = i > 0 ? ends[i - 1] : 0;

	return (weir_bytes){ part->texts.data + start, ends[i] - start };
}

/* Takes what is near; those that are left have a pointer to be looked up, and are the first ones of the part. */
static void prepare_pointers(weir__round *round, weir__round_part *part, const size_t *ends)
{
	size_t left = 0;

	for (size_t i = 0; i < part->count; i++) {
		weir_bytes          text = text_of(part, ends, i);
		weir__near_question question =
			weir__near_question_of(&part->call, part->call.entity->layout, WEIR__ENTRY_UNIQUE, text);
		const void *record = NULL;
		int         rc;

		if (weir__near_record(&question, &record, &rc)) {
			weir__future_settle(part->futures[i], rc, record, NULL);
			continue;
		}
		part->futures[left] = part->futures[i];
		round->lookups[round->lookup_count++] = (weir__lookup_part){
			.space = part->call.entity->space,
			.lookups = part->pointers[left].both,
			.count = weir__pointer_prepare(&part->call, text, &part->pointers[left]),
		};
		left++;
	}
	part->count = left;
}

static int prepare_values(weir__round *round, weir__round_part *part)
{
	size_t *ends;
	int     rc = WEIR_OK;

	if (!is_looked_up(part))
		return WEIR_OK;
	weir__buffer_clear(&part->texts);
	ends = weir__calloc(part->count, sizeof *ends);
	part->pointers = weir__calloc(part->count, sizeof *part->pointers);
	if (!ends || !part->pointers)
		rc = weir__error_no_memory(&part->err);
	for (size_t i = 0; rc >= 0 && i < part->count; i++)
		rc = append_text(part, i, &ends[i]);
	if (rc >= 0)
		prepare_pointers(round, part, ends);
	weir__free(ends);
	return rc;
}

/* What one read has left in the call. */
static void clear_call(weir__call *call)
{
	weir__params_clear(call->params);
	weir__buffer_clear(&call->sql);
	weir__buffer_clear(&call->key);
}

static void read_values(weir__round_part *part)
{
	for (size_t i = 0; i < part->count; i++) {
		weir_future *future = part->futures[i];
		const void  *record = NULL;
		int          rc = part->rc;

		if (rc >= 0)
			clear_call(&part->call);
		if (rc >= 0 && part->pointers) {
			weir__cache_lookup_renew(part->call.entity->space, part->pointers[i].both, 2);
			rc = weir__pointer_follow(&part->call, &part->pointers[i], future->column, &future->value, &record);
		} else if (rc >= 0 && weir__call_is_cached(&part->call)) {
			rc = weir__cached_by(&part->call, future->column, &future->value, &record);
		} else if (rc >= 0) {
			rc = weir__read_by(&part->call, future->column, &future->value, &record);
		}
		weir__future_settle(future, rc, record, &part->err);
	}
}

/* ---- A round ----------------------------------------------------------------------------------------------------------- */

static void prepare(weir__round *round, weir__round_part *part)
{
	part->err = (weir_error)WEIR_ERROR_INIT;
	part->many = (weir__many){ .call = NULL };
	part->pointers = NULL;
	part->rc = weir__call_start(&part->call, &part->dao, part->by_id ? "get_many" : "get_by", &part->err);
	if (part->rc >= 0)
		part->rc = part->by_id ? prepare_keys(part) : prepare_values(round, part);
	if (part->rc >= 0 && part->by_id && part->many.part.count > 0)
		round->lookups[round->lookup_count++] = part->many.part;
}

static void finish(weir__round_part *part)
{
	if (part->by_id) {
		if (part->rc >= 0) {
			weir__cache_lookup_renew(part->call.entity->space, part->many.part.lookups, part->many.part.count);
			part->rc = read_keys(part);
		}
		settle_keys(part);
	} else {
		read_values(part);
	}
	weir__many_release(&part->many);
	weir__free(part->pointers);
	(void)weir__call_done(&part->call, part->rc);
}

void weir__round_run(weir_futures *futures)
{
	weir__round *round = &futures->round;

	if (!gather(futures)) {
		weir__future_settle(futures->waiting.first, WEIR_ERR_NO_MEMORY, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < round->part_count; i++)
		prepare(round, round->parts[i]);
	if (round->lookup_count > 0)
		weir__cache_lookup_parts(round->lookups, round->lookup_count);
	for (size_t i = 0; i < round->part_count; i++)
		finish(round->parts[i]);
}
