/* Owed releases: a list of batches, tried in order; one thread at a time, without the mutex while it waits for the cache. */
#include "cache/pending.h"

#include "base/error.h"
#include "cache/touches.h"

#define PAUSE_LEAST_US 10000
#define PAUSE_MOST_US  250000

int weir__pending_init(weir__pending *pending, weir_error *err)
{
	atomic_init(&pending->blocked, 0);
	pending->pause_us = PAUSE_LEAST_US;
	return pthread_mutex_init(&pending->mutex, NULL) == 0 ? WEIR_OK : weir__error_no_memory(err);
}

void weir__pending_release(weir__pending *pending)
{
	weir__touch_batch *next;

	for (weir__touch_batch *batch = pending->first; batch; batch = next) {
		next = batch->next;
		weir__touch_batch_free(batch);
	}
	pending->first = pending->last = NULL;
	pthread_mutex_destroy(&pending->mutex);
}

bool weir__pending_block(weir__pending *pending)
{
	return atomic_fetch_add(&pending->blocked, 1) == 0;
}

void weir__pending_unblock(weir__pending *pending)
{
	atomic_fetch_sub(&pending->blocked, 1);
}

/* Under the mutex. */
static void mark_space(weir__pending *pending, weir__cache_space *space, int64_t not_before_us)
{
	weir__cache_space *marked = space->base ? space->base : space;

	if (atomic_load(&marked->flush_after_us) < not_before_us)
		atomic_store(&marked->flush_after_us, not_before_us);
	atomic_store(&marked->flush_wanted, true);
	if (!pending->marks)
		(void)weir__pending_block(pending);
	pending->marks = true;
}

/* Under the mutex. The batch's keys become marks of their spaces. */
static void mark_spaces(weir__pending *pending, weir__touch_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		mark_space(pending, batch->items[i].space, batch->not_before_us);
	weir__pending_unblock(pending);
	weir__touch_batch_free(batch);
}

void weir__pending_flush(weir_cache_manager *cache, weir__cache_space *space, int64_t not_before_us)
{
	pthread_mutex_lock(&cache->pending.mutex);
	mark_space(&cache->pending, space, not_before_us);
	pthread_mutex_unlock(&cache->pending.mutex);
}

/* Under the mutex. */
static void put_last(weir__pending *pending, weir__touch_batch *batch)
{
	batch->next = NULL;
	if (pending->last)
		pending->last->next = batch;
	else
		pending->first = batch;
	pending->last = batch;
	pending->keys += batch->count;
}

void weir__pending_add(weir_cache_manager *cache, weir__touch_batch *batch)
{
	weir__pending *pending = &cache->pending;
	bool           too_many;

	pthread_mutex_lock(&pending->mutex);
	too_many = pending->keys + batch->count > WEIR__PENDING_KEYS_MAX;
	if (too_many)
		mark_spaces(pending, batch);
	else
		put_last(pending, batch);
	pthread_mutex_unlock(&pending->mutex);
	if (too_many)
		weir__log(cache->logger, WEIR_LOG_WARNING, "cache: too much is to be released; whole models will be flushed");
}

/* Under the mutex: the first batch whose time has come, taken out of the list. */
static weir__touch_batch *take_ripe(weir__pending *pending, int64_t now_us)
{
	weir__touch_batch *before = NULL;
	weir__touch_batch *batch = pending->first;

	while (batch && batch->not_before_us > now_us) {
		before = batch;
		batch = batch->next;
	}
	if (!batch)
		return NULL;
	if (before)
		before->next = batch->next;
	else
		pending->first = batch->next;
	if (pending->last == batch)
		pending->last = before;
	pending->keys -= batch->count;
	return batch;
}

/* Releases what is ripe, batch after batch. False: the cache does not answer. */
static bool pay_batches(weir_cache_manager *cache)
{
	weir__pending     *pending = &cache->pending;
	weir__touch_batch *batch;
	bool               paid;

	for (;;) {
		pthread_mutex_lock(&pending->mutex);
		batch = take_ripe(pending, weir__now_us());
		pthread_mutex_unlock(&pending->mutex);
		if (!batch)
			return true;
		paid = weir__touch_batch_settle(cache, batch) == WEIR_OK;
		if (!paid) {
			weir__pending_add(cache, batch);
			return false;
		}
		weir__touch_batch_free(batch);
		weir__pending_unblock(pending);
	}
}

static weir__cache_space *space_after(weir_cache_manager *cache, const weir__cache_space *space)
{
	weir__cache_space *next;

	pthread_mutex_lock(&cache->mutex);
	next = space ? space->next : cache->spaces;
	pthread_mutex_unlock(&cache->mutex);
	return next;
}

/* Nothing may have been marked since it was looked at. */
static bool unmark(weir_cache_manager *cache)
{
	weir__pending *pending = &cache->pending;
	bool           marked = false;

	pthread_mutex_lock(&pending->mutex);
	for (weir__cache_space *space = space_after(cache, NULL); space; space = space_after(cache, space))
		marked = marked || atomic_load(&space->flush_wanted);
	if (!marked && pending->marks)
		weir__pending_unblock(pending);
	pending->marks = marked;
	pthread_mutex_unlock(&pending->mutex);
	return !marked;
}

/* One step of flushing each marked space. False: there is more to do. */
static bool pay_marks(weir_cache_manager *cache)
{
	bool idle = true;

	for (weir__cache_space *space = space_after(cache, NULL); space; space = space_after(cache, space)) {
		if (weir__now_us() < atomic_load(&space->flush_after_us))
			continue; /* its mark stays */
		if (atomic_exchange(&space->flush_wanted, false))
			space->flush = (weir__flush){ .stage = WEIR__FLUSH_STAMP };
		if (space->flush.stage == WEIR__FLUSH_IDLE)
			continue;
		if (weir__space_flush_step(space, cache->timeout_ms, &space->flush) < 0)
			return false;
		idle = idle && space->flush.stage == WEIR__FLUSH_IDLE;
	}
	return idle && unmark(cache);
}

void weir__pending_pay(weir_cache_manager *cache)
{
	weir__pending *pending = &cache->pending;
	bool           paid;

	if (atomic_load(&pending->blocked) == 0)
		return;
	pthread_mutex_lock(&pending->mutex);
	if (pending->draining) {
		pthread_mutex_unlock(&pending->mutex);
		return;
	}
	pending->draining = true;
	pthread_mutex_unlock(&pending->mutex);
	paid = pay_batches(cache) && pay_marks(cache);
	pthread_mutex_lock(&pending->mutex);
	pending->draining = false;
	if (paid)
		pending->pause_us = PAUSE_LEAST_US;
	else if (pending->pause_us < PAUSE_MOST_US)
		pending->pause_us *= 2;
	pending->next_try_us = weir__now_us() + pending->pause_us;
	pthread_mutex_unlock(&pending->mutex);
	if (paid && atomic_load(&pending->blocked) == 0)
		weir__log(cache->logger, WEIR_LOG_INFO, "cache: everything touched has been released; the cache is read again");
}

bool weir__cache_usable(weir_cache_manager *cache)
{
	weir__pending *pending = &cache->pending;
	bool           due;

	if (atomic_load_explicit(&pending->blocked, memory_order_acquire) == 0)
		return true;
	pthread_mutex_lock(&pending->mutex);
	due = !pending->draining && weir__now_us() >= pending->next_try_us;
	pthread_mutex_unlock(&pending->mutex);
	if (due)
		weir__pending_pay(cache);
	return atomic_load(&pending->blocked) == 0;
}
