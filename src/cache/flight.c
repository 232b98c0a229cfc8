/* Flights: lists by hash, each with a lock; a flight is in its list until it lands and in memory until its last follower has left. */
#include "cache/flight.h"

#include "base/error.h"
#include "base/memory.h"

/* Nobody can wake one follower alone: who can be cancelled looks again this often. */
#define LOOK_US 20000

struct weir__flight {
	weir__flights *flights;
	uint64_t       entry;
	weir__flight  *next;
	size_t         followers;
	bool           landed;
	pthread_cond_t landing;
};

int weir__flights_init(weir__flights *flights, weir_error *err)
{
	for (size_t i = 0; i < WEIR__FLIGHT_STRIPES; i++) {
		if (pthread_mutex_init(&flights->stripes[i].mutex, NULL) == 0)
			continue;
		while (i-- > 0)
			pthread_mutex_destroy(&flights->stripes[i].mutex);
		return weir__error_no_memory(err);
	}
	return WEIR_OK;
}

void weir__flights_release(weir__flights *flights)
{
	for (size_t i = 0; i < WEIR__FLIGHT_STRIPES; i++)
		pthread_mutex_destroy(&flights->stripes[i].mutex);
}

static pthread_mutex_t *mutex_of(const weir__flight *flight)
{
	return &flight->flights->stripes[flight->entry % WEIR__FLIGHT_STRIPES].mutex;
}

static weir__flight **list_of(const weir__flight *flight)
{
	return &flight->flights->stripes[flight->entry % WEIR__FLIGHT_STRIPES].first;
}

static bool is_in_vain(weir__flights *flights, uint64_t entry)
{
	size_t at = entry / WEIR__FLIGHT_STRIPES % WEIR__FLIGHTS_IN_VAIN;

	return atomic_load_explicit(&flights->in_vain[at].entry, memory_order_relaxed) == entry &&
	       weir__now_us() < atomic_load_explicit(&flights->in_vain[at].until_us, memory_order_relaxed);
}

static void note_in_vain(weir__flights *flights, uint64_t entry)
{
	size_t at = entry / WEIR__FLIGHT_STRIPES % WEIR__FLIGHTS_IN_VAIN;

	atomic_store_explicit(&flights->in_vain[at].until_us, weir__now_us() + WEIR__IN_VAIN_US, memory_order_relaxed);
	atomic_store_explicit(&flights->in_vain[at].entry, entry, memory_order_relaxed);
}

/* Under the mutex. NULL: out of memory. */
static weir__flight *start(weir__flights *flights, uint64_t entry)
{
	weir__flight *made = weir__calloc(1, sizeof *made);

	if (!made)
		return NULL;
	made->flights = flights;
	made->entry = entry;
	weir__cond_init(&made->landing);
	made->next = *list_of(made);
	*list_of(made) = made;
	return made;
}

static void free_flight(weir__flight *flight)
{
	pthread_cond_destroy(&flight->landing);
	weir__free(flight);
}

weir__flight_role weir__flight_join(weir__flights *flights, uint64_t entry, weir__flight **flight)
{
	size_t            stripe = entry % WEIR__FLIGHT_STRIPES;
	weir__flight_role role = WEIR__FOLLOWS;
	weir__flight     *found;

	*flight = NULL;
	if (is_in_vain(flights, entry))
		return WEIR__FLIES_ALONE;
	pthread_mutex_lock(&flights->stripes[stripe].mutex);
	found = flights->stripes[stripe].first;
	while (found && found->entry != entry)
		found = found->next;
	if (found) {
		found->followers++;
	} else {
		found = start(flights, entry);
		role = found ? WEIR__LEADS : WEIR__FLIES_ALONE;
	}
	pthread_mutex_unlock(&flights->stripes[stripe].mutex);
	*flight = found;
	return role;
}

void weir__flight_land(weir__flight *flight, bool in_vain)
{
	pthread_mutex_t *mutex = mutex_of(flight);
	weir__flight   **link = list_of(flight);
	bool             followed;

	pthread_mutex_lock(mutex);
	while (*link != flight)
		link = &(*link)->next;
	*link = flight->next;
	flight->landed = true;
	followed = flight->followers > 0;
	if (followed && in_vain)
		note_in_vain(flight->flights, flight->entry);
	if (followed)
		pthread_cond_broadcast(&flight->landing);
	pthread_mutex_unlock(mutex);
	if (!followed)
		free_flight(flight);
}

/* Under the mutex. True: to be freed. */
static bool leave(weir__flight *flight)
{
	return --flight->followers == 0 && flight->landed;
}

void weir__flight_leave(weir__flight *flight)
{
	pthread_mutex_t *mutex = mutex_of(flight);
	bool             last;

	pthread_mutex_lock(mutex);
	last = leave(flight);
	pthread_mutex_unlock(mutex);
	if (last)
		free_flight(flight);
}

void weir__flight_wait(weir__flight *flight, int64_t until_us, const weir__cancel *cancel)
{
	pthread_mutex_t *mutex = mutex_of(flight);
	int64_t          now_us;
	bool             last;

	pthread_mutex_lock(mutex);
	while (!flight->landed && (now_us = weir__now_us()) < until_us && !weir__cancel_is_requested(cancel))
		weir__cond_wait(&flight->landing, mutex,
		                cancel ? weir__deadline_earlier(until_us, now_us + LOOK_US) : until_us);
	last = leave(flight);
	pthread_mutex_unlock(mutex);
	if (last)
		free_flight(flight);
}
