/* Writers in threads of their own, made to wait for one that has the only place and waits for a row which the test has locked. */
#ifndef WEIR_TESTS_INTEGRATION_GROUP_H
#define WEIR_TESTS_INTEGRATION_GROUP_H

#include "dao/group.h"
#include "support/blog.h"
#include "support/eventually.h"

#include <weir/relay.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITERS 12

static struct blog   blog;
static weir_session *locking; /* a transaction that has locked the row of `first` */
static int64_t       ids[WRITERS];

typedef struct writer {
	pthread_t   thread;
	user_dao    users;
	int64_t     id;
	const char *name; /* of a user to be made */
	char        bio[32];
	bool        deletes, deleted;
	int         rc;
	weir_error  err;
	const user *written;
} writer;

static struct writer first, writers[WRITERS];

static weir__group *group(void)
{
	return blog.session->engine->group;
}

static int write_it(writer *w)
{
	user values = { .username = w->name, .email = w->name, .bio = w->bio };

	if (w->deletes)
		return user_dao_delete(&w->users, w->id, &w->deleted, &w->err);
	if (w->name)
		return user_dao_create(&w->users, &values, WEIR_SET(user, username, email, bio), &w->written, &w->err);
	return user_dao_update(&w->users, w->id, &values, WEIR_SET(user, bio), &w->written, &w->err);
}

static void *write_once(void *context)
{
	writer *w = context;

	w->rc = write_it(w);
	return NULL;
}

static void start(writer *w)
{
	ck_assert_int_eq(pthread_create(&w->thread, NULL, write_once, w), 0);
}

static void finish(writer *w)
{
	pthread_join(w->thread, NULL);
}

static void prepare(writer *w, int64_t id, const char *bio)
{
	memset(w, 0, sizeof *w);
	w->users = blog.users;
	w->id = id;
	snprintf(w->bio, sizeof w->bio, "%s", bio);
}

/* Somebody, and writers that are to give each of ids a bio. */
static inline void open_group(const weir_options *options)
{
	char text[32];

	blog_open(&blog, options);
	if (!test_is_pooled())
		weir__group_set_patience(group(), 30000);
	prepare(&first, blog_user(&blog, "first"), "first");
	for (int i = 0; i < WRITERS; i++) {
		snprintf(text, sizeof text, "user%d", i);
		ids[i] = blog_user(&blog, text);
		snprintf(text, sizeof text, "bio %d", i);
		prepare(&writers[i], ids[i], text);
	}
}

static inline void close_group(void)
{
	for (int i = 0; i < WRITERS; i++)
		user_release(&writers[i].written);
	user_release(&first.written);
	blog_close(&blog);
}

static inline bool is_blocked(int64_t count)
{
	return strtoll(blog_sql(&blog, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
	                               "query LIKE 'UPDATE%' AND datname = current_database()"),
	               NULL, 10) >= count;
}

static inline void lock_row(weir_session **tx, int64_t id)
{
	user_dao inside;

	assert_ok(weir_begin(blog.session, NULL, tx, &blog.err));
	inside = get_user_dao(*tx);
	assert_ok(user_dao_update(&inside, id, &(user){ .bio = "locked" }, WEIR_SET(user, bio), NULL, &blog.err));
}

/* Takes the only place. */
static inline void block(void)
{
	lock_row(&locking, first.id);
	start(&first);
	EVENTUALLY(is_blocked(1));
}

/* All of them wait. */
static inline void start_all(void)
{
	for (int i = 0; i < WRITERS; i++)
		start(&writers[i]);
	EVENTUALLY(weir__group_waiting(group()) == WRITERS);
}

static inline void unblock(void)
{
	weir_rollback(&locking);
	finish(&first);
	assert_ok(first.rc);
}

static inline void finish_all(void)
{
	for (int i = 0; i < WRITERS; i++)
		finish(&writers[i]);
}

/* Among the rows that have a bio from a writer. */
static inline int64_t transactions(void)
{
	return strtoll(blog_sql(&blog, "SELECT count(DISTINCT xmin::text) FROM users WHERE bio LIKE 'bio %'"), NULL, 10);
}

static inline bool bio_is(user_dao *users, int64_t id, const char *bio)
{
	const user *found = NULL;
	bool        same;

	assert_ok(user_dao_get_by_id_cached(users, id, &found, &blog.err));
	same = found->bio ? strcmp(found->bio, bio) == 0 : !bio[0];
	user_release(&found);
	return same;
}

#endif
