/* Lookups in flight: leading, following, landing (flight.h). */
#include "cache/lookup.h"

#include "base/hash.h"

/* Spaces that share keys (a derived model's, a relation's) cannot read each other's entries. */
static uint64_t entry_of(const weir__cache_space *space, const weir__lookup *lookup)
{
	return weir__hash64(lookup->key.data, lookup->key.length,
	                    space->cache->id_seed ^ weir__space_fingerprint(space, lookup->tag));
}

static bool is_missing(const weir__lookup *lookup)
{
	return lookup->missed && lookup->state == WEIR__MISS;
}

/* How many of the missing ones are led now, and how many are followed. */
static void join(weir__cache_space *space, weir__lookup *lookups, size_t count, size_t *led, size_t *followed)
{
	*led = *followed = 0;
	for (size_t i = 0; i < count; i++) {
		weir__flight_role role;

		if (!is_missing(&lookups[i]) || lookups[i].leads)
			continue;
		role = weir__flight_join(&space->cache->flights, entry_of(space, &lookups[i]), &lookups[i].flight);
		lookups[i].leads = role == WEIR__LEADS;
		*led += role == WEIR__LEADS;
		*followed += role == WEIR__FOLLOWS;
	}
}

/* Ends all following: waits where it is worth it. Who must ask the database anyway does not wait. */
static void end_following(weir__lookup *lookups, size_t count, bool waits)
{
	for (size_t i = 0; i < count; i++) {
		weir__lookup *lookup = &lookups[i];
		int64_t       now_us, until_us;

		if (!lookup->flight || lookup->leads)
			continue;
		now_us = weir__now_us();
		until_us = lookup->until_us ? now_us + (lookup->until_us - now_us) / 2 : lookup->deadline_us;
		if (waits)
			weir__flight_wait(lookup->flight, until_us, lookup->cancel);
		else
			weir__flight_leave(lookup->flight);
		lookup->flight = NULL;
	}
}

/* What is missing and found where its caller looks first, which counts as found there. */
static bool is_elsewhere(weir__cache_space *space, weir__lookup *lookup)
{
	if (!lookup->look_elsewhere || !lookup->look_elsewhere(lookup->elsewhere))
		return false;
	lookup->state = WEIR__ELSEWHERE;
	lookup->missed = false;
	weir__space_count(space, WEIR__COUNT_MISSES, -1);
	return true;
}

/* Looks the missing ones up again, with time of their own. */
static void look_again(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	int64_t hits = 0, absent = 0;
	bool    any = false;

	for (size_t i = 0; i < count; i++) {
		lookups[i].waiting = is_missing(&lookups[i]) && !is_elsewhere(space, &lookups[i]);
		any = any || lookups[i].waiting;
		if (lookups[i].waiting)
			lookups[i].deadline_us = weir__lookup_deadline(space, &lookups[i], weir__now_us());
	}
	if (any)
		(void)weir__lookup_look(space, lookups, count);
	for (size_t i = 0; i < count; i++) {
		lookups[i].waiting = false;
		if (!lookups[i].missed || lookups[i].state == WEIR__MISS)
			continue;
		lookups[i].missed = false;
		hits += lookups[i].state == WEIR__HIT;
		absent += lookups[i].state == WEIR__ABSENT;
	}
	weir__space_count(space, WEIR__COUNT_MISSES, -(hits + absent));
	weir__space_count(space, WEIR__COUNT_HITS, hits);
	weir__space_count(space, WEIR__COUNT_ABSENT_HITS, absent);
}

bool weir__lookup_follow(weir__cache_space *space, weir__lookup *lookups, size_t count)
{
	size_t led, followed;
	bool   bypasses = false, waits;

	join(space, lookups, count, &led, &followed);
	for (size_t i = 0; i < count; i++)
		bypasses = bypasses || lookups[i].state == WEIR__BYPASS;
	waits = led == 0 && followed > 0 && !bypasses && lookups[0].follows;
	end_following(lookups, count, waits);
	if (waits)
		look_again(space, lookups, count);
	return waits;
}

void weir__cache_too_large(weir__lookup *lookup)
{
	weir__lookup_land(lookup, true);
}

void weir__lookup_land(weir__lookup *lookup, bool in_vain)
{
	if (lookup->flight && lookup->leads)
		weir__flight_land(lookup->flight, in_vain);
	lookup->flight = NULL;
	lookup->leads = false;
}
