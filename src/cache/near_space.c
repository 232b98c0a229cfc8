/* The near cache of a space.
 *
 * A key is hashed in the form that it has in the backend, from its first brace on, so that the keys that other processes
 * tell of lead to the same stripes. Beside its own key a record depends on a key that stands for the whole space
 * (`{users}:s:near`, never there), which a flush touches; a list on its stamps and bulk; a row's absence on any and all. */
#include "cache/near_space.h"

#include "base/clock.h"
#include "base/unset.h"
#include "cache/near_memory.h"

#include <string.h>

#define NO_EXPIRY (INT64_MAX / 2)

static inline weir__near_link *link_of(const weir__cache_space *space)
{
	return atomic_load_explicit(&space->cache->near_link, memory_order_acquire);
}

static inline bool is_on(const weir__cache_space *space)
{
	return atomic_load_explicit(&space->config.near, memory_order_relaxed) && !space->cache->keeps_nothing &&
	       atomic_load_explicit(&space->config.enabled, memory_order_relaxed) && link_of(space) &&
	       atomic_load_explicit(&space->cache->pending.blocked, memory_order_acquire) == 0;
}

bool weir__near_is_on(const weir__cache_space *space)
{
	return is_on(space);
}

static weir__hash128 hash_key(const weir__near_link *link, weir_bytes logical, weir__key_slot slot)
{
	char braced[WEIR__KEY_MAX];

	return weir__near_hash(link, braced, weir__key_write(braced, weir__bytes("", 0), logical, slot));
}

static weir__key_slot slot_of(weir__entry_kind kind)
{
	return kind == WEIR__ENTRY_LIST || kind == WEIR__ENTRY_COUNT ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE;
}

weir_bytes weir__near_space_key(const weir__cache_space *space, char key[WEIR__KEY_MAX])
{
	static const char rest[] = ":s:near";
	size_t            length = space->plural_length < WEIR__KEY_LONG ? space->plural_length : WEIR__KEY_LONG;

	memcpy(key, space->any.data, length);
	memcpy(key + length, rest, sizeof rest - 1);
	return weir__bytes(key, length + sizeof rest - 1);
}

/* ---- Asking ---------------------------------------------------------------------------------------------------- */

/* Another kind of objects, another shape or version: another name. */
static inline uint64_t kind_of(const weir__cache_space *space, const void *tag)
{
	return (uint64_t)(uintptr_t)tag ^ weir__space_fingerprint_now(space);
}

static inline weir__hash128 name_of_number(const weir__cache_space *space, const weir__near_link *link, const void *tag,
                                           int64_t number)
{
	return weir__hash128_of_pair(kind_of(space, tag), (uint64_t)number, link->pair_key);
}

static weir__hash128 name_of(const weir__near_question *question, const weir__near_link *link)
{
	weir__hash128 name;

	if (question->has_number)
		return name_of_number(question->space, link, question->tag, question->number);
	name = question->has_query ? question->query : hash_key(link, question->key, slot_of(question->kind));
	name.high ^= kind_of(question->space, question->tag) * UINT64_C(0x9e3779b97f4a7c15);
	return name;
}

weir__hash128 weir__near_key(const weir__cache_space *space)
{
	return link_of(space)->query_key;
}

/* May this space's near cache answer now? */
static inline bool may_answer(weir__cache_space *space, const weir__near_link *link, int fresh_ms, int64_t *now_us)
{
	if (!weir__near_link_serves(link, fresh_ms, now_us) || !weir__watermark_holds(space->cache, *now_us))
		return false;
	weir__era_look(space->cache, &space->cache->era, *now_us);
	return true;
}

static inline bool get(weir__cache_space *space, const weir__near_link *link, weir__hash128 name, int64_t now_us,
                       weir__near_value *value)
{
	size_t seat = weir__seat();

	if (!weir__near_look(link->near_cache, name, now_us, seat, value))
		return false;
	weir__counters_add_near(&space->counters, seat, value->absent);
	return true;
}

bool weir__near_ask_number(weir__cache_space *space, const void *tag, int64_t number, int fresh_ms,
                           weir__near_value *value)
{
	const weir__near_link *link = link_of(space);
	weir__hash128          name;
	int64_t                now_us;

	if (fresh_ms < 0 || !is_on(space))
		return false;
	name = name_of_number(space, link, tag, number);
	weir__near_prefetch(link->near_cache, name);
	return may_answer(space, link, fresh_ms, &now_us) && get(space, link, name, now_us, value);
}

bool weir__near_ask(const weir__near_question *question, weir__near_value *value)
{
	weir__cache_space     *space = question->space;
	const weir__near_link *link = link_of(space);
	int64_t                now_us;

	return question->fresh_ms >= 0 && is_on(space) && may_answer(space, link, question->fresh_ms, &now_us) &&
	       get(space, link, name_of(question, link), now_us, value);
}

/* ---- Keeping --------------------------------------------------------------------------------------------------- */

static int64_t in_force(const _Atomic int64_t *member)
{
	return atomic_load_explicit(member, memory_order_relaxed);
}

static bool is_too_large(const weir__cache_space *space, size_t bytes, uint64_t items)
{
	int64_t max_kept = in_force(&space->config.max_items);
	int64_t max_items = in_force(&space->config.near_max_items);
	int64_t max_bytes = in_force(&space->config.near_max_bytes);

	return (max_kept >= 0 && items > (uint64_t)max_kept) || (max_items >= 0 && items > (uint64_t)max_items) ||
	       (max_bytes >= 0 && bytes > (uint64_t)max_bytes);
}

#define UNKNOWN_PART 10 /* what is not filled yet may be so by up to this part less than configured (fill.c) */

/* As long as the backend has it, counted from before it was asked, by a clock that may be behind. */
static int64_t expires_us(const weir__near_question *question, const weir__lookup *lookup, bool absent,
                          int64_t taken_us)
{
	int64_t left_ms = lookup->left_ms;

	if (left_ms == 0) {
		left_ms =
			in_force(absent ? &question->space->config.absent_ttl_ms : &question->space->config.ttl_ms[question->kind]);
		left_ms -= left_ms > 0 ? left_ms / UNKNOWN_PART : 0;
	}
	if (left_ms < 0 || left_ms > NO_EXPIRY / 1000 - taken_us / 1000)
		return NO_EXPIRY;
	return taken_us + left_ms * 1000 - link_of(question->space)->lag_us;
}

void weir__near_keep(const weir__near_question *question, const weir__lookup *lookup, const weir__near_value *value,
                     size_t bytes, uint64_t items)
{
	const weir__near_ticket *ticket = value->absent ? &lookup->near_absence : &lookup->near_ticket;
	const weir__near_link   *link;
	weir__hash128            name;

	if (ticket->count == 0 || is_too_large(question->space, bytes, items))
		return;
	weir__counters_prepare_near(&question->space->counters);
	link = link_of(question->space);
	name = name_of(question, link);
	if (!weir__era_lasts(&question->space->cache->era, lookup)) /* after the name, which has the tag of now */
		return;
	(void)weir__near_put(link->near_cache,
	                     &(weir__near_item){
							 .name = name,
							 .ticket = ticket,
							 .value = *value,
							 .bytes = bytes,
							 .now_us = weir__coarse_now_us(),
							 .expires_us = expires_us(question, lookup, value->absent, ticket->taken_us),
						 });
}

static int64_t earlier(int64_t left_ms, int64_t other_ms)
{
	if (left_ms <= 0)
		return left_ms == 0 ? 0 : other_ms;
	return other_ms <= 0 || left_ms < other_ms ? left_ms : other_ms;
}

void weir__near_join(weir__lookup *lookup, const weir__lookup *other)
{
	weir__near_ticket       *ticket = &lookup->near_ticket;
	const weir__near_ticket *more = &other->near_ticket;

	if (more->count == 0 || ticket->count + more->count > WEIR__NEAR_STRIPES) {
		ticket->count = 0;
		return;
	}
	for (size_t i = 0; i < more->count; i++)
		weir__near_depend(ticket, more->stripes[i]);
	ticket->sum += more->sum;
	lookup->left_ms = earlier(lookup->left_ms, other->left_ms);
}

/* ---- Renewing -------------------------------------------------------------------------------------------------- */

bool weir__near_has(const weir__near_question *question)
{
	const weir__near_link *link = link_of(question->space);
	weir__near_value       value;

	if (!is_on(question->space) ||
	    !weir__near_get(link->near_cache, name_of(question, link), weir__coarse_now_us(), weir__seat(), &value))
		return false;
	if (value.kind)
		value.kind->release(value.object);
	return true;
}

void weir__near_renew_begin(const weir__cache_space *space, weir__lookup *lookup, weir__near_renewal *renewal)
{
	weir__near_prepare(space, lookup, 0);
	if (lookup->near_ticket.count > 0)
		weir__near_renewal_begin(link_of(space), &lookup->near_ticket, weir__now_us(), renewal);
}

bool weir__near_renew_end(const weir__cache_space *space, const weir__touches *touches,
                          const weir__near_renewal *renewal, weir__lookup *lookup)
{
	return lookup->near_ticket.count > 0 && touches->batch &&
	       weir__near_renewal_end(link_of(space), &touches->batch->near_write, renewal, &lookup->near_ticket);
}

/* ---- For the room ---------------------------------------------------------------------------------------------- */

static void depend(const weir__near_link *link, weir__near_ticket *ticket, weir_bytes logical, weir__key_slot slot)
{
	weir__near_depend(ticket, weir__near_stripe(link->near_cache, hash_key(link, logical, slot)));
}

void weir__near_prepare(const weir__cache_space *space, weir__lookup *lookup, int64_t now_us)
{
	const weir__near_link *link = link_of(space);
	weir__near_ticket     *ticket = &lookup->near_ticket;
	weir__near_ticket     *absence = &lookup->near_absence;
	bool                   is_list = slot_of(lookup->kind) == WEIR__SLOT_FIRST;
	char                   key[WEIR__KEY_MAX] WEIR__UNSET;

	ticket->count = absence->count = 0;
	lookup->left_ms = 0;
	if (!weir__near_is_on(space))
		return;
	depend(link, ticket, lookup->key, slot_of(lookup->kind));
	*absence = *ticket;
	for (size_t i = 0; is_list && i < lookup->stamp_count; i++)
		depend(link, ticket, lookup->stamps[i], WEIR__SLOT_FIRST);
	depend(link, ticket, is_list ? space->bulk : weir__near_space_key(space, key), WEIR__SLOT_FIRST);
	depend(link, absence, space->any, WEIR__SLOT_FIRST);
	depend(link, absence, space->all, WEIR__SLOT_FIRST);
	weir__near_take(link->near_cache, ticket, now_us);
	weir__near_take(link->near_cache, absence, now_us);
}

void weir__near_changed(const weir__cache_space *space, weir_bytes logical, weir__key_slot slot)
{
	const weir__near_link *link = link_of(space);

	if (link)
		weir__near_touch(link->near_cache, weir__near_stripe(link->near_cache, hash_key(link, logical, slot)));
}

static weir_bytes key_of(const weir__touch_batch *batch, size_t i)
{
	return weir__bytes(batch->bytes.data + batch->items[i].offset, batch->items[i].length);
}

void weir__near_batch_begin(weir_cache_manager *cache, weir__touch_batch *batch)
{
	weir__near_link *link = atomic_load_explicit(&cache->near_link, memory_order_acquire);

	if (!link || batch->near_write.at)
		return;
	batch->near_write.stripes = batch->stripes;
	batch->near_write.count = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].is_quiet)
			batch->near_write.count +=
				weir__near_link_stripe(link, key_of(batch, i), &batch->stripes[batch->near_write.count]);
	weir__near_write_begin(link, &batch->near_write);
}

void weir__near_batch_end(weir_cache_manager *cache, weir__touch_batch *batch)
{
	const weir__near_link *link = atomic_load_explicit(&cache->near_link, memory_order_acquire);

	if (batch->near_write.at)
		weir__near_write_end(&batch->near_write);
	else
		for (size_t i = 0; link && i < batch->count; i++)
			if (!batch->items[i].is_quiet)
				weir__near_link_touch(link, key_of(batch, i));
}

int weir__near_flush(weir__cache_space *space, weir_cache_call call)
{
	weir_cache_backend *backend = space->cache->backend;
	char                key[WEIR__KEY_MAX], physical[WEIR__KEY_MAX];
	weir_bytes          logical = weir__near_space_key(space, key);
	size_t              length = weir__key_write(physical, weir__cache_head(space->cache), logical, WEIR__SLOT_FIRST);
	weir_bytes          told = weir__bytes(physical, length);
	int                 rc = backend->remove ? backend->remove(backend, &told, 1, &call) : WEIR_OK;

	weir__near_changed(space, space->any, WEIR__SLOT_FIRST);
	weir__near_changed(space, space->bulk, WEIR__SLOT_FIRST);
	weir__near_changed(space, logical, WEIR__SLOT_FIRST);
	return rc;
}

weir_near_cache *weir__cache_manager_near(const weir_cache_manager *cache)
{
	return atomic_load_explicit(&cache->near_link, memory_order_acquire) ? cache->near_cache : NULL;
}

bool weir__cache_manager_near_is_fresh(const weir_cache_manager *cache)
{
	const weir__near_link *link = atomic_load_explicit(&cache->near_link, memory_order_acquire);
	int64_t                now_us;

	return link && weir__near_link_serves(link, 0, &now_us);
}
