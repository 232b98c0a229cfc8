/*
 * relay.h: a session on models with triggers, and others who write past it; the tests relay by themselves.
 */
#ifndef WEIR_TESTS_INTEGRATION_RELAY_H
#define WEIR_TESTS_INTEGRATION_RELAY_H

#include <weir/relay.h>

#include "support/blog.h"
#include "support/eventually.h"
#include "support/servers.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE "redis://127.0.0.1:1/0"

static struct blog blog;

static inline void reopen(const weir_options *options)
{
	weir_close(&blog.session);
	blog.session = blog_open_other(&blog, options);
	blog.users = get_user_dao(blog.session);
	blog.posts = get_post_dao(blog.session);
	blog.comments = get_comment_dao(blog.session);
}

static inline void forget_rows(void)
{
	assert_ok(weir_relay_run_once(blog.session, NULL, &blog.err));
}

/* A session whose writes pass the triggers, and no thread: the tests relay. */
static inline void setup(void)
{
	blog_open(&blog, NULL);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	reopen(&(weir_options){ .outbox = WEIR_ON, .relay = WEIR_OFF });
	forget_rows();
}

static inline int64_t rows_in_outbox(void)
{
	return strtoll(blog_sql(&blog, "SELECT count(*) FROM weir_outbox"), NULL, 10);
}

static inline size_t run_once(void)
{
	size_t applied = 0;

	assert_ok(weir_relay_run_once(blog.session, &applied, &blog.err));
	ck_assert_int_eq(rows_in_outbox(), 0);
	return applied;
}

/* What a cached read says: the bio, "-" for a user without one, "" for no such user. */
static inline const char *cached_bio(int64_t id)
{
	static char bio[64];
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err);

	ck_assert_int_ge(rc, 0);
	snprintf(bio, sizeof bio, "%s", !found ? "" : found->bio ? found->bio : "-");
	user_release(&found);
	return bio;
}

static inline void update_by_psql(int64_t id, const char *bio)
{
	char sql[128];

	snprintf(sql, sizeof sql, "UPDATE users SET bio = '%s' WHERE id = %lld", bio, (long long)id);
	blog_sql(&blog, sql);
}

#endif
