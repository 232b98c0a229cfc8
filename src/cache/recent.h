/* What this process has just written, as a hint that spares a reader a question whose answer is known: while the process holds a guard on a
 * record the backend would only say so, and what it has released is not there. Wrong or missing hints cost time, never truth: a guard
 * that is thought to stand makes a reader ask the database, and who takes a lease at once finds what is there if there is something.
 *
 * A small table by the hash of the logical key; a later key takes the place of an earlier one. */
#ifndef WEIR_CACHE_RECENT_H
#define WEIR_CACHE_RECENT_H

#include <weir/sys/cache_backend.h>

#include <stdatomic.h>
#include <stdint.h>

#define WEIR__RECENT_SLOTS 512
#define WEIR__RECENT_US    1000000 /* so long a hint may be of use */

/* A slot is the upper bits of the hash, and below them the millisecond until which it is held, or RELEASED; 0: nothing. */
typedef struct weir__recent {
	_Atomic int64_t  looked_at_until_us;
	_Atomic uint64_t slots[WEIR__RECENT_SLOTS];
} weir__recent;

typedef enum weir__recency { WEIR__RECENT_NOT, WEIR__RECENT_HELD, WEIR__RECENT_RELEASED } weir__recency;

/* This process guards the key now, has released it, or does not know. */
void weir__recent_hold(weir__recent *recent, uint64_t hash, int64_t now_us);
void weir__recent_release(weir__recent *recent, uint64_t hash, int64_t now_us);
void weir__recent_forget(weir__recent *recent, uint64_t hash);

/* What is released is so until somebody has filled it, or has found something there, and says weir__recent_forget. */
weir__recency weir__recent_ask(weir__recent *recent, uint64_t hash, int64_t now_us);

/* Is there anything to ask for? */
static inline bool weir__recent_is_worth_asking(const weir__recent *recent, int64_t now_us)
{
	return now_us < atomic_load_explicit(&recent->looked_at_until_us, memory_order_relaxed);
}

#endif
