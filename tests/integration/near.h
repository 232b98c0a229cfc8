/* What the tests of the near cache share: the bundled models with it, reading and writing a user, counting its answers. */
#ifndef WEIR_TESTS_INTEGRATION_NEAR_H
#define WEIR_TESTS_INTEGRATION_NEAR_H

#include "support/blog.h"
#include "support/eventually.h"

#include <weir/near_cache.h>
#include <weir/scope.h>

#include <stdio.h>
#include <string.h>

static struct blog blog;

static inline void open_near(const weir_options *more)
{
	weir_options options = more ? *more : (weir_options){ .cache_kind = WEIR_CACHE_REDIS };

	options.cache.near = WEIR_ON;
	blog_open(&blog, &options);
	EVENTUALLY(weir_near_cache_is_fresh(blog.session));
}

static inline weir_session *open_other(void)
{
	weir_session *other =
		blog_open_other(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .cache.near = WEIR_ON });

	EVENTUALLY(weir_near_cache_is_fresh(other));
	return other;
}

static inline uint64_t near_hits(weir_session *session)
{
	weir_cache_stats stats;

	weir_cache_manager_stats(weir_session_cache(session), NULL, &stats);
	return stats.near_hits;
}

static inline weir_near_stats near_stats(weir_session *session)
{
	weir_near_stats stats;

	weir_near_cache_stats(weir_session_near_cache(session), &stats);
	return stats;
}

/* Runs a statement and asserts how many answers the near cache gave. */
#define assert_near(expected, statement)                                                                               \
	do {                                                                                                               \
		uint64_t before_ = near_hits(blog.session);                                                                    \
		statement;                                                                                                     \
		ck_assert_uint_eq(near_hits(blog.session) - before_, expected);                                                \
	} while (0)

static inline const user *read_user(const user_dao *users, int64_t id)
{
	const user *found = NULL;

	assert_ok(user_dao_get_by_id_cached(users, id, &found, &blog.err));
	return found;
}

static inline bool bio_is(const user_dao *users, int64_t id, const char *bio)
{
	const user *found = read_user(users, id);
	bool        is = bio && found->bio ? strcmp(found->bio, bio) == 0 : found->bio == bio;

	user_release(&found);
	return is;
}

static inline void set_bio(const user_dao *users, int64_t id, const char *bio)
{
	assert_ok(user_dao_update(users, id, &(user){ .bio = bio }, WEIR_SET(user, bio), NULL, &blog.err));
}

#endif
