/* Guarding before COMMIT and releasing after it. Where a guard or release cannot be placed this process reads past the cache until
 * what was touched has been released for good (pending.h), whatever becomes of the write. */
#include "base/memory.h"
#include "cache/near_space.h"

#include <inttypes.h>

#define KEYS_A_MS 20 /* what a slow server does at least */

weir_cache_call weir__touch_batch_call(weir_cache_manager *cache, const weir__touch_batch *batch)
{
	weir_cache_call call = weir__cache_call(cache);

	call.deadline_us += (int64_t)(batch->count / KEYS_A_MS) * 1000;
	call.id = batch->nonce;
	call.ttl_ms = WEIR__GUARD_TTL_MS;
	return call;
}

/* The longest of the spaces concerned; below 0 is forever. */
static int64_t stamp_ttl_ms(const weir__touch_batch *batch)
{
	int64_t longest = 0;

	for (size_t i = 0; i < batch->count; i++) {
		int64_t ttl = atomic_load_explicit(&batch->items[i].space->config.stamp_ttl_ms, memory_order_relaxed);

		if (ttl < 0)
			return ttl;
		longest = ttl > longest ? ttl : longest;
	}
	return longest;
}

/* The logical key of a record's physical one, as far as it was not shortened; empty for the rest. */
static weir_bytes record_key(const weir__touch_batch *batch, const weir__touch_item *item, size_t head_length)
{
	const char *physical = batch->bytes.data + item->offset;

	if (item->is_stamp || item->is_bare || item->length < head_length + 2 || physical[item->length - 1] != '}')
		return weir__bytes(NULL, 0);
	return weir__bytes(physical + head_length + 1, item->length - head_length - 2);
}

/* Notes for the readers of this process that the records of a batch are held now, or let go: of a few, it would cost many more than it
 * spares. */
static void note_recent(weir_cache_manager *cache, const weir__touch_batch *batch, weir__recency recency)
{
	int64_t now_us = weir__now_us();

	for (size_t i = 0; batch->count <= WEIR__TOUCHES_FEW && i < batch->count; i++) {
		weir_bytes logical = record_key(batch, &batch->items[i], cache->head_length);
		uint64_t   hash;

		if (logical.length == 0)
			continue;
		hash = weir__cache_recent_hash(cache, logical);
		if (recency == WEIR__RECENT_HELD)
			weir__recent_hold(&cache->recent, hash, now_us);
		else if (recency == WEIR__RECENT_RELEASED)
			weir__recent_release(&cache->recent, hash, now_us);
		else
			weir__recent_forget(&cache->recent, hash);
	}
}

/* Each attempt sets stamps of its own: one that seemed to fail may have had its effect, and setting its stamps once more would
 * make valid again what another write has invalidated since. */
int weir__touch_batch_settle(weir_cache_manager *cache, weir__touch_batch *batch)
{
	weir_cache_call call = weir__touch_batch_call(cache, batch);
	int             rc = WEIR_ERR_CACHE;

	call.stamp_ttl_ms = stamp_ttl_ms(batch);
	for (int attempt = 0; attempt < 2 && rc < 0 && weir__now_us() < call.deadline_us; attempt++) {
		weir__touch_batch_bind(cache, batch);
		rc = cache->backend->release(cache->backend, batch->touches, batch->count, &call);
	}
	weir__near_batch_end(cache, batch);
	note_recent(cache, batch, rc == WEIR_OK ? WEIR__RECENT_RELEASED : WEIR__RECENT_NOT);
	return rc;
}

static void count_invalidations(const weir__touch_batch *batch)
{
	for (size_t i = 0, first = 0; i < batch->count; first = i) {
		while (i < batch->count && batch->items[i].space == batch->items[first].space)
			i++;
		weir__space_count(batch->items[first].space, WEIR__COUNT_INVALIDATIONS, (int64_t)(i - first));
	}
}

static void count_error(const weir__touch_batch *batch)
{
	weir__space_count(batch->items[0].space, WEIR__COUNT_ERRORS, 1);
}

static void log_operation(const weir_cache_manager *cache, const char *what, const weir__touch_batch *batch,
                          int64_t started_us, bool done)
{
	const weir__touch_item *first = batch->items;
	char                    shown[WEIR__KEY_SHOWN];

	if (!weir__log_enabled(cache->logger, WEIR_LOG_DEBUG))
		return;
	weir__cache_show_key(cache, weir__bytes(batch->bytes.data + first->offset, first->length), shown);
	weir__log(cache->logger, WEIR_LOG_DEBUG, "cache: %s of %zu, %s first: %s in %" PRId64 " us", what, batch->count,
	          shown, done ? "done" : "failed", weir__now_us() - started_us);
}

/* Reads bypass the cache from now on. */
static void go_without(weir_cache_manager *cache, weir__touch_batch *batch)
{
	count_error(batch);
	batch->blocks = true;
	if (weir__pending_block(&cache->pending))
		weir__log(
			cache->logger, WEIR_LOG_WARNING,
			"cache: what a write touches could not be guarded or released; reads bypass the cache until it has been");
}

/* Places the guards, or places them anew, which lets them live longer. */
static bool place_guards(weir_cache_manager *cache, weir__touch_batch *batch)
{
	weir_cache_call call = weir__touch_batch_call(cache, batch);
	int64_t         sent_us = weir__now_us();

	if (cache->backend->guard(cache->backend, batch->touches, batch->guarded, &call) < 0)
		return false;
	batch->guarded_us = sent_us;
	return true;
}

/* Removes the records of a space while the guard on `all` keeps new ones from being filled. */
static bool remove_records_of(weir_cache_manager *cache, weir__touch_batch *batch, weir__cache_space *space,
                              int64_t deadline_us)
{
	weir__flush flush = { .stage = WEIR__FLUSH_RECORDS };

	while (flush.stage == WEIR__FLUSH_RECORDS) {
		int64_t now_us = weir__now_us();

		if (now_us >= deadline_us)
			return false;
		if (now_us - batch->guarded_us > WEIR__RENEW_MS * INT64_C(1000) && !place_guards(cache, batch))
			return false;
		if (weir__space_flush_step(space, WEIR__FLUSH_STEP_MS, &flush) < 0)
			return false;
	}
	return weir__near_flush(space, weir__touch_batch_call(cache, batch)) == WEIR_OK;
}

static bool remove_records(weir_cache_manager *cache, weir__touch_batch *batch, int64_t deadline_us)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].flushes && !remove_records_of(cache, batch, batch->items[i].space, deadline_us))
			return false;
	return true;
}

/* How long records may be removed before COMMIT, which needs time too. */
static int64_t removal_deadline(const int64_t *deadline_us)
{
	int64_t now_us = weir__now_us();
	int64_t last_us = now_us + WEIR__FLUSH_MS * INT64_C(1000);

	return deadline_us ? weir__deadline_earlier(last_us, now_us + (*deadline_us - now_us) / 2) : last_us;
}

bool weir__touches_fail(const weir__touches *touches)
{
	const weir__touch_batch *batch = touches->batch;

	for (size_t i = 0; batch && i < batch->count; i++)
		if (atomic_load_explicit(&batch->items[i].space->config.fails, memory_order_relaxed))
			return true;
	return false;
}

int weir__cache_guard(weir_cache_manager *cache, weir__touches *touches, int64_t *deadline_us)
{
	weir__touch_batch *batch = touches->batch;
	int64_t            started_us = weir__now_us();
	bool               guarded;

	if (!batch || batch->count == 0)
		return WEIR_OK;
	(void)weir__cache_usable(cache);
	batch->nonce = weir__cache_id(cache);
	weir__touch_batch_bind_guarded(cache, batch);
	count_invalidations(batch);
	weir__near_batch_begin(cache, batch);
	guarded = place_guards(cache, batch) && remove_records(cache, batch, removal_deadline(deadline_us));
	weir__near_write_guarded(&batch->near_write);
	if (guarded)
		note_recent(cache, batch, WEIR__RECENT_HELD);
	log_operation(cache, "guard", batch, started_us, guarded);
	if (!guarded) {
		go_without(cache, batch);
		return WEIR_ERR_CACHE;
	}
	if (deadline_us)
		*deadline_us = weir__deadline_earlier(*deadline_us, batch->guarded_us + WEIR__COMMIT_MS * INT64_C(1000));
	return WEIR_OK;
}

/* The spaces of which everything is to go, which could not be removed now. */
static void owe_flushes(weir_cache_manager *cache, const weir__touch_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].flushes)
			weir__pending_flush(cache, batch->items[i].space, batch->not_before_us);
}

/* The batch is no longer the touches'. */
static weir__touch_batch *detach(weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;

	touches->batch = NULL;
	weir__free(touches->index);
	touches->index = NULL;
	touches->index_size = touches->sought = 0;
	return batch;
}

int weir__cache_release(weir_cache_manager *cache, weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;
	int64_t            started_us = weir__now_us();
	bool               released;

	if (!batch || batch->count == 0)
		return WEIR_OK;
	released =
		remove_records(cache, batch, removal_deadline(NULL)) && weir__touch_batch_settle(cache, batch) == WEIR_OK;
	log_operation(cache, "release", batch, started_us, released);
	if (released) {
		if (batch->blocks)
			weir__pending_unblock(&cache->pending);
		batch->blocks = false;
		weir__touches_truncate(touches, 0);
		return WEIR_OK;
	}
	if (batch->blocks)
		count_error(batch);
	else
		go_without(cache, batch);
	owe_flushes(cache, batch);
	weir__pending_add(cache, detach(touches));
	return WEIR_ERR_CACHE;
}

/* Guards that stand expire by themselves, and no record of a space of which everything is to go has been filled under them. Where
 * they may not all stand, release and flush wait until any COMMIT is over. */
void weir__cache_abandon(weir_cache_manager *cache, weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;

	if (!batch || batch->count == 0)
		return;
	note_recent(cache, batch, WEIR__RECENT_NOT);
	weir__near_batch_end(cache, batch);
	if (!batch->blocks) {
		weir__touches_truncate(touches, 0);
		return;
	}
	batch->not_before_us = weir__now_us() + WEIR__GUARD_TTL_MS * INT64_C(1000);
	owe_flushes(cache, batch);
	weir__pending_add(cache, detach(touches));
}

int weir__cache_renew(weir_cache_manager *cache, weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;

	if (weir__now_us() - batch->guarded_us < WEIR__RENEW_MS * INT64_C(1000) || place_guards(cache, batch))
		return WEIR_OK;
	if (!batch->blocks)
		go_without(cache, batch);
	return WEIR_ERR_CACHE;
}

weir__touches *weir__cache_keep(weir_cache_manager *cache, weir__touches *touches)
{
	weir__touches *kept;

	if (!touches->batch || touches->batch->count == 0)
		return NULL;
	kept = weir__calloc(1, sizeof *kept);
	if (!kept)
		return NULL;
	kept->cache = cache;
	kept->batch = detach(touches);
	weir__near_batch_end(cache, kept->batch);
	if (!place_guards(cache, kept->batch) && !kept->batch->blocks)
		go_without(cache, kept->batch);
	return kept;
}
