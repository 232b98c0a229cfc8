/*
 * blog.h: the bundled models on the run's servers, in a schema and under a key prefix of the test's own, both removed by
 * blog_close. Each test opens one, so that no test sees another's rows or keys.
 */
#ifndef WEIR_TESTS_SUPPORT_BLOG_H
#define WEIR_TESTS_SUPPORT_BLOG_H

#include <blog/blog.h>

#include "support/suite.h"

struct blog {
	weir_session *session;
	user_dao      users;
	post_dao      posts;
	comment_dao   comments;
	weir_error    err;
	char          schema[48];
	char          prefix[48];
};

/* Opens with these options; what they leave at zero among postgres, redis, models, schema and prefix is the run's. NULL: all. */
void blog_open(struct blog *blog, const weir_options *options);
void blog_close(struct blog *blog);

/* A second session on the same schema and prefix: another process, as far as the library can tell. */
weir_session *blog_open_other(const struct blog *blog, const weir_options *options);

/* A user or post with these values; the test fails if it cannot be made. The id. */
int64_t blog_user(struct blog *blog, const char *username);
int64_t blog_post(struct blog *blog, int64_t user_id, const char *title);

/* Runs SQL past the library, on a connection of its own: for what others do to the tables. The first value as text, or "". */
const char *blog_sql(const struct blog *blog, const char *sql);

/* Statements sent since the session was opened. */
uint64_t blog_queries(const struct blog *blog);

weir_cache_stats blog_cache_stats(const struct blog *blog, const weir_model *model);

/* The status of a call with its error's text when it is not what was expected. */
#define assert_status(expected, call)                                                                                  \
	do {                                                                                                               \
		int assert_rc_ = (call);                                                                                       \
		ck_assert_msg(assert_rc_ == (expected), "%s: %s instead of %s (%s)", #call, weir_status_name(assert_rc_),      \
		              weir_status_name(expected), blog_error_text(assert_rc_));                                        \
	} while (0)
#define assert_ok(call) assert_status(WEIR_OK, call)

/* The message of the blog that was opened last, for assert_status. */
const char *blog_error_text(int status);

/* A test whose body, which follows, runs once with each cache, between `open` with that `kind` and `close`. */
#define TEST_WITH_EACH_CACHE(name, open, close)                                                                        \
	static void body_##name(void);                                                                                     \
	START_TEST(name)                                                                                                   \
	{                                                                                                                  \
		const weir_cache_kind kinds[] = { WEIR_CACHE_REDIS, WEIR_CACHE_MEMORY };                                       \
		for (size_t i = 0; i < 2; i++) {                                                                               \
			weir_cache_kind kind = kinds[i];                                                                           \
			open;                                                                                                      \
			body_##name();                                                                                             \
			close;                                                                                                     \
		}                                                                                                              \
	}                                                                                                                  \
	END_TEST                                                                                                           \
	static void body_##name(void)

#endif
