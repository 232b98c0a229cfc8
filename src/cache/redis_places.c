/* Averages, and what follows from them: see redis_places.h. */
#include "cache/redis_places.h"

#define NEAR_US     100  /* so fast is a server that is near, at its best */
#define KEY_US      2    /* of the server and of reading, which are no distance */
#define SLOWER      64   /* parts in which a slower answer counts */
#define PARTS       16   /* in which what is new counts for the averages */
#define LARGE_BYTES 8192 /* of one caller's answer */
#define CROWD       4    /* callers that wait are many */

static int64_t load(const _Atomic int64_t *number)
{
	return atomic_load_explicit(number, memory_order_relaxed);
}

static void store(_Atomic int64_t *number, int64_t value)
{
	atomic_store_explicit(number, value, memory_order_relaxed);
}

void weir__redis_places_init(weir__redis_places *places)
{
	atomic_init(&places->best_us, NEAR_US);
	atomic_init(&places->bytes, 0);
	atomic_init(&places->crowd, 0);
}

static int64_t add_to(_Atomic int64_t *average, int64_t number)
{
	int64_t was = load(average), now = was + number - was / PARTS;

	if (now != was)
		store(average, now);
	return now;
}

/* A busy machine makes exchanges slow, hardly any one fast. */
static void note_time(weir__redis_places *places, const weir__redis_answer *answer)
{
	int64_t best_us = load(&places->best_us);
	int64_t took_us = answer->ended_us - answer->began_us - (int64_t)answer->keys * KEY_US;

	if (took_us < best_us)
		store(&places->best_us, took_us);
	else if (took_us > best_us && answer->ended_us - answer->awaited_us >= took_us / 2)
		store(&places->best_us, best_us + (took_us - best_us + SLOWER - 1) / SLOWER);
}

void weir__redis_places_note(weir__redis_places *places, const weir__redis_answer *answer)
{
	note_time(places, answer);
	(void)add_to(&places->bytes, (int64_t)(answer->bytes / answer->callers));
}

int weir__redis_places_after(weir__redis_places *places, int now, size_t waited)
{
	int64_t crowd = add_to(&places->crowd, (int64_t)waited * now);

	if (crowd <= (int64_t)CROWD * PARTS || load(&places->bytes) > (int64_t)LARGE_BYTES * PARTS)
		return WEIR__PLACES_MOST;
	return load(&places->best_us) < NEAR_US ? WEIR__PLACES_NEAR : WEIR__PLACES_FAR;
}
