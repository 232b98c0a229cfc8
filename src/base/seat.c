/* Seats: one word says which are taken. They are the process's, as threads are. */
#include "base/seat.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

_Thread_local uint32_t weir__seat_own WEIR__SEAT_MODEL;

static _Atomic uint64_t taken;
static pthread_once_t   once = PTHREAD_ONCE_INIT;
static pthread_key_t    key; /* whose value is the seat, so that we hear when the thread ends */
static bool             has_key;

static uint64_t bit_of(uint32_t own)
{
	return own ? UINT64_C(1) << (own - 1) : 0;
}

static void leave(void *own)
{
	weir__seat_own = 0;
	atomic_fetch_and(&taken, ~bit_of((uint32_t)(uintptr_t)own));
}

/* The other threads are not there in the child. */
static void in_child(void)
{
	atomic_store(&taken, bit_of(weir__seat_own));
}

static void install(void)
{
	has_key = pthread_key_create(&key, leave) == 0;
	pthread_atfork(NULL, NULL, in_child);
}

/* When the library is unloaded nobody may call it any more. */
__attribute__((destructor)) static void remove_key(void)
{
	if (has_key)
		(void)pthread_key_delete(key);
	has_key = false;
}

size_t weir__seat_take(void)
{
	uint64_t seen = atomic_load(&taken);
	uint32_t own;

	pthread_once(&once, install);
	do {
		if (seen == UINT64_MAX || !has_key)
			return WEIR__SEATS;
		for (own = 1; seen & bit_of(own);)
			own++;
	} while (!atomic_compare_exchange_weak(&taken, &seen, seen | bit_of(own)));
	if (pthread_setspecific(key, (void *)(uintptr_t)own) != 0) {
		atomic_fetch_and(&taken, ~bit_of(own));
		return WEIR__SEATS;
	}
	weir__seat_own = own;
	return own - 1;
}
