/* Links. The thread of a backend's watch counts what changes; readers only look at the time up to which that is proved. */
#include "cache/near_link.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "cache/envelope.h"
#include "cache/near_memory.h"

#include <stdio.h>
#include <string.h>

#define NEVER       (INT64_MIN / 4)
#define ALWAYS      (INT64_MAX / 4)
#define ORIGIN_MARK 1  /* as the first byte */
#define PROOFS      3  /* within the bound */
#define TICKS_MOST  10 /* so many steps may the coarse clock be behind, where a CPU was taken away from the system */

bool weir__near_link_stripe(const weir__near_link *link, weir_bytes key, uint32_t *stripe)
{
	const char *brace = memchr(key.data, '{', key.length);

	if (brace)
		*stripe =
			weir__near_stripe(link->near_cache, weir__near_hash(link, brace, key.length - (size_t)(brace - key.data)));
	return brace != NULL;
}

void weir__near_link_touch(const weir__near_link *link, weir_bytes key)
{
	uint32_t stripe;

	if (weir__near_link_stripe(link, key, &stripe))
		weir__near_touch(link->near_cache, stripe);
}

/* ---- Own writes ---------------------------------------------------------------------------------------------------- */

static void count(const weir__near_write *write)
{
	for (size_t i = 0; i < write->count; i++)
		weir__near_touch(write->link->near_cache, write->stripes[i]);
}

void weir__near_write_begin(weir__near_link *link, weir__near_write *write)
{
	write->link = link;
	pthread_mutex_lock(&link->writes_mutex);
	write->number = ++link->begun;
	write->next = link->writes;
	write->at = &link->writes;
	if (write->next)
		write->next->at = &write->next;
	link->writes = write;
	pthread_mutex_unlock(&link->writes_mutex);
}

void weir__near_write_guarded(const weir__near_write *write)
{
	if (write->at && atomic_load(&write->link->proved_us) == ALWAYS)
		count(write);
}

void weir__near_write_end(weir__near_write *write)
{
	if (!write->at)
		return;
	pthread_mutex_lock(&write->link->writes_mutex);
	for (size_t i = 0; i < write->count; i++)
		weir__near_touch_own(write->link->near_cache, write->stripes[i]);
	*write->at = write->next;
	if (write->next)
		write->next->at = write->at;
	pthread_mutex_unlock(&write->link->writes_mutex);
	write->at = NULL;
}

/* Those that are under way, whose keys other processes have heard of by now. */
static void count_writes(weir__near_link *link)
{
	pthread_mutex_lock(&link->writes_mutex);
	for (const weir__near_write *write = link->writes; write; write = write->next)
		count(write);
	pthread_mutex_unlock(&link->writes_mutex);
}

/* How much its end counts, or counted, in the sum of the ticket. */
static uint64_t part_of(const weir__near_write *write, const weir__near_ticket *ticket)
{
	uint64_t part = 0;

	for (size_t i = 0; i < write->count; i++)
		for (size_t j = 0; j < ticket->count; j++)
			part += write->stripes[i] == ticket->stripes[j];
	return part;
}

/* With the mutex: of the first `number` writes those that are under way. */
static uint64_t part_under_way(const weir__near_link *link, uint64_t number, const weir__near_ticket *ticket)
{
	uint64_t part = 0;

	for (const weir__near_write *write = link->writes; write; write = write->next)
		part += write->number <= number ? part_of(write, ticket) : 0;
	return part;
}

void weir__near_renewal_begin(weir__near_link *link, weir__near_ticket *ticket, int64_t now_us,
                              weir__near_renewal *renewal)
{
	pthread_mutex_lock(&link->writes_mutex);
	weir__near_take(link->near_cache, ticket, now_us);
	renewal->number = link->begun;
	renewal->before = part_under_way(link, renewal->number, ticket);
	pthread_mutex_unlock(&link->writes_mutex);
}

bool weir__near_renewal_end(weir__near_link *link, const weir__near_write *ended, const weir__near_renewal *renewal,
                            weir__near_ticket *ticket)
{
	weir__near_ticket now = *ticket;
	uint64_t          expected;

	pthread_mutex_lock(&link->writes_mutex);
	weir__near_take(link->near_cache, &now, ticket->taken_us);
	expected = renewal->before - part_under_way(link, renewal->number, ticket) + part_of(ended, ticket);
	pthread_mutex_unlock(&link->writes_mutex);
	if (now.generation != ticket->generation || now.sum - ticket->sum != expected << WEIR__NEAR_OWN_BITS)
		return false;
	*ticket = now;
	return true;
}

/* ---- What the watch tells ------------------------------------------------------------------------------------------ */

static void begun(void *context)
{
	weir__near_link *link = context;

	weir__near_reset(link->near_cache);
}

static void changed(void *context, weir_bytes keys)
{
	weir__near_link *link = context;
	const char      *at = keys.data;
	const char      *end = keys.data + keys.length;

	if (keys.length >= WEIR__NEAR_ORIGIN && memcmp(at, link->origin, WEIR__NEAR_ORIGIN) == 0)
		return;
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));

		if (!line)
			line = end;
		weir__near_link_touch(link, (weir_bytes){ at, (size_t)(line - at) });
		at = line + 1;
	}
}

static void proved(void *context, int64_t before_us)
{
	weir__near_link *link = context;

	count_writes(link);
	atomic_store_explicit(&link->proved_us, before_us < ALWAYS ? before_us : ALWAYS, memory_order_release);
}

static void lost(void *context)
{
	weir__near_link *link = context;

	atomic_store(&link->proved_us, NEVER);
	weir__near_reset(link->near_cache);
}

/* ---- Opening and closing ------------------------------------------------------------------------------------------- */

static char *make_place(const weir_cache_backend *backend, weir_bytes channel)
{
	size_t length = strlen(backend->place) + channel.length + 2;
	char  *place = weir__malloc(length);

	if (place)
		snprintf(place, length, "%s %.*s", backend->place, (int)channel.length, channel.data);
	return place;
}

/* Under the near cache's mutex: a link to the same place, which has a user more now. */
static weir__near_link *find(weir__near *near_cache, const char *place)
{
	weir__near_link *link = near_cache->links;

	while (link && (!place || !link->place || strcmp(link->place, place) != 0))
		link = link->next;
	if (link)
		link->users++;
	return link;
}

static weir__near_link *make(weir__near *near_cache, char *place)
{
	void            *memory;
	weir__near_link *made = weir__near_lines(sizeof *made, &memory);
	weir__hash128    secret = weir__near_secret(near_cache);

	if (!made)
		return NULL;
	if (pthread_mutex_init(&made->writes_mutex, NULL) != 0) {
		weir__free(memory);
		return NULL;
	}
	made->memory = memory;
	made->near_cache = near_cache;
	made->key = (weir__hash128){ secret.low ^ weir__random_u64(), secret.high ^ weir__random_u64() };
	made->pair_key = (weir__hash128){ secret.low ^ weir__random_u64(), secret.high ^ weir__random_u64() };
	made->query_key = (weir__hash128){ secret.low ^ weir__random_u64(), secret.high ^ weir__random_u64() };
	made->bound_us = (int64_t)weir__near_bound_ms(near_cache) * 1000;
	made->lag_us = weir__coarse_lag_us() * TICKS_MOST;
	made->place = place;
	made->origin[0] = ORIGIN_MARK;
	weir__hex_write(weir__random_u64(), WEIR__NEAR_ORIGIN - 2, made->origin + 1);
	made->origin[WEIR__NEAR_ORIGIN - 1] = '\n';
	made->users = 1;
	atomic_init(&made->proved_us, NEVER);
	return made;
}

static void free_link(weir__near_link *link)
{
	pthread_mutex_destroy(&link->writes_mutex);
	weir__free(link->place);
	weir__free(link->memory);
}

static int watch(weir__near_link *link, weir_cache_backend *backend, weir_bytes channel)
{
	weir_cache_watch told = {
		.channel = channel,
		.period_ms = weir__near_bound_ms(link->near_cache) / PROOFS,
		.context = link,
		.begun = begun,
		.changed = changed,
		.proved = proved,
		.lost = lost,
	};

	link->unwatch = backend->unwatch;
	return backend->watch(backend, &told, &link->handle);
}

/* Under the near cache's mutex, so that two sessions do not both begin to watch. */
static int open_new(weir__near *near_cache, weir_cache_backend *backend, weir_bytes channel, char *place,
                    weir__near_link **link, weir_error *err)
{
	weir__near_link *made = make(near_cache, place);
	int              rc;

	if (!made) {
		weir__free(place);
		return weir__error_no_memory(err);
	}
	rc = watch(made, backend, channel);
	if (rc < 0) {
		free_link(made);
		return weir__error_set(err, rc, "the near cache could not be connected");
	}
	made->next = near_cache->links;
	near_cache->links = made;
	*link = made;
	return WEIR_OK;
}

int weir__near_link_open(weir__near *near_cache, weir_cache_backend *backend, weir_bytes channel,
                         weir__near_link **link, weir_error *err)
{
	char *place = NULL;
	int   rc = WEIR_OK;

	if (!backend->watch || !backend->unwatch)
		return weir__error_set(err, WEIR_ERR_USAGE, "the cache backend cannot tell of changes: no near cache over it");
	if (backend->place && !(place = make_place(backend, channel)))
		return weir__error_no_memory(err);
	pthread_mutex_lock(&near_cache->mutex);
	*link = find(near_cache, place);
	if (*link)
		weir__free(place);
	else
		rc = open_new(near_cache, backend, channel, place, link, err);
	pthread_mutex_unlock(&near_cache->mutex);
	return rc;
}

void weir__near_link_close(weir__near_link *link)
{
	weir__near_link **at;
	weir__near       *near_cache;
	bool              last;

	if (!link)
		return;
	near_cache = link->near_cache;
	pthread_mutex_lock(&near_cache->mutex);
	last = --link->users == 0;
	for (at = &near_cache->links; last && *at; at = &(*at)->next) {
		if (*at == link) {
			*at = link->next;
			break;
		}
	}
	pthread_mutex_unlock(&near_cache->mutex);
	if (!last)
		return;
	link->unwatch(link->handle);
	free_link(link);
}
