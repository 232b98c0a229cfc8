/* The table of recent writes: each slot one word. */
#include "cache/recent.h"

#define TIME_BITS 40 /* milliseconds, of 34 years */
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define RELEASED  UINT64_C(1)

static _Atomic uint64_t *slot_of(weir__recent *recent, uint64_t hash)
{
	return &recent->slots[hash % WEIR__RECENT_SLOTS];
}

static void look_until(weir__recent *recent, int64_t until_us)
{
	int64_t known_us = atomic_load_explicit(&recent->looked_at_until_us, memory_order_relaxed);

	while (known_us < until_us &&
	       !atomic_compare_exchange_weak_explicit(&recent->looked_at_until_us, &known_us, until_us,
	                                              memory_order_relaxed, memory_order_relaxed))
		;
}

static void note(weir__recent *recent, uint64_t hash, uint64_t word)
{
	atomic_store(slot_of(recent, hash), (hash & ~TIME_MASK) | (word & TIME_MASK));
}

void weir__recent_hold(weir__recent *recent, uint64_t hash, int64_t now_us)
{
	note(recent, hash, (uint64_t)((now_us + WEIR__RECENT_US) / 1000));
	look_until(recent, now_us + WEIR__RECENT_US);
}

void weir__recent_release(weir__recent *recent, uint64_t hash, int64_t now_us)
{
	note(recent, hash, RELEASED);
	look_until(recent, now_us + WEIR__RECENT_US);
}

void weir__recent_forget(weir__recent *recent, uint64_t hash)
{
	atomic_store(slot_of(recent, hash), 0);
}

weir__recency weir__recent_ask(weir__recent *recent, uint64_t hash, int64_t now_us)
{
	uint64_t word = atomic_load(slot_of(recent, hash));

	if (word == 0 || ((word ^ hash) & ~TIME_MASK) != 0)
		return WEIR__RECENT_NOT;
	if ((word & TIME_MASK) != RELEASED)
		return (int64_t)(word & TIME_MASK) > now_us / 1000 ? WEIR__RECENT_HELD : WEIR__RECENT_NOT;
	return WEIR__RECENT_RELEASED;
}
