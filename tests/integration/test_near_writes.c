/* The near cache and the writes of its own process: what is near is served until a write of it ends, and is there again after it, as the
 * write left it. */
#include "integration/near.h"

#include <weir/sql.h>

#include <pthread.h>
#include <stdlib.h>

/* ---- While a write is under way ------------------------------------------------------------------------------------- */

/* A writer whose COMMIT waits for a lock that the test has. */
static struct slow {
	pthread_t     thread;
	weir_session *locking;
	int64_t       id;
	int           rc;
	weir_error    err;
} slow;

static void *write_slowly(void *unused)
{
	slow.rc = user_dao_update(&blog.users, slow.id, &(user){ .bio = "new" }, WEIR_SET(user, bio), NULL, &slow.err);
	return unused;
}

static bool is_committing(void)
{
	return atoi(blog_sql(&blog,
	                     "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
	                     "(SELECT oid FROM pg_database WHERE datname = current_database())")) > 0;
}

static void begin_slow_write(int bound_ms)
{
	weir_opt_i64 locked;

	memset(&slow, 0, sizeof slow);
	open_near(&(weir_options){ .cache_kind = WEIR_CACHE_REDIS, .near.bound_ms = bound_ms });
	slow.id = blog_user(&blog, "ada");
	(void)blog_sql(&blog, "CREATE FUNCTION wait_for_it() RETURNS trigger LANGUAGE plpgsql AS "
	                      "$$BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END$$;"
	                      "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED "
	                      "FOR EACH ROW EXECUTE FUNCTION wait_for_it()");
	assert_ok(weir_begin(blog.session, NULL, &slow.locking, &blog.err));
	assert_ok(weir_query_i64(slow.locking, WEIR_SQL("SELECT count(*) FROM pg_advisory_xact_lock(4711)"), WEIR_NO_PARAMS,
	                         &locked, &blog.err));
	ck_assert(bio_is(&blog.users, slow.id, NULL));
	assert_near(1, ck_assert(bio_is(&blog.users, slow.id, NULL)));
	ck_assert_int_eq(pthread_create(&slow.thread, NULL, write_slowly, NULL), 0);
	EVENTUALLY(is_committing());
}

static void end_slow_write(void)
{
	weir_rollback(&slow.locking);
	pthread_join(slow.thread, NULL);
	assert_ok(slow.rc);
	ck_assert(bio_is(&blog.users, slow.id, "new"));
	blog_close(&blog);
}

START_TEST(test_near__what_is_near_is_served_until_a_write_of_it_ends)
{
	begin_slow_write(60000);
	assert_near(1, ck_assert(bio_is(&blog.users, slow.id, NULL)));
	end_slow_write();
}
END_TEST

static bool is_near(int64_t id)
{
	uint64_t    before = near_hits(blog.session);
	const user *found = read_user(&blog.users, id);

	user_release(&found);
	return near_hits(blog.session) > before;
}

START_TEST(test_near__while_a_write_takes_longer_than_the_bound_the_database_is_read)
{
	begin_slow_write(300);
	EVENTUALLY(!is_near(slow.id));
	ck_assert(bio_is(&blog.users, slow.id, NULL));
	ck_assert(!is_near(slow.id));
	end_slow_write();
}
END_TEST

/* ---- After it ------------------------------------------------------------------------------------------------------- */

START_TEST(test_near__what_a_write_returns_takes_the_place_of_what_was_near)
{
	int64_t id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	for (int i = 0; i < 20; i++) {
		char     bio[16];
		uint64_t queries;

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, bio);
		queries = blog_queries(&blog);
		assert_near(1, ck_assert(bio_is(&blog.users, id, bio)));
		ck_assert_uint_eq(blog_queries(&blog), queries);
	}
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__what_was_not_near_is_not_kept_by_a_write)
{
	int64_t id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	set_bio(&blog.users, id, "new");
	assert_near(0, ck_assert(bio_is(&blog.users, id, "new")));
	blog_close(&blog);
}
END_TEST

START_TEST(test_near__the_caller_and_the_cache_share_the_row_that_was_written)
{
	const user *written = NULL, *found;
	int64_t     id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_ok(user_dao_update(&blog.users, id, &(user){ .bio = "new" }, WEIR_SET(user, bio), &written, &blog.err));
	assert_near(1, found = read_user(&blog.users, id));
	ck_assert_ptr_eq(found, written);
	user_release(&found);
	user_release(&written);
	blog_close(&blog);
}
END_TEST

/* What another process has written last is read, however often a write here came before it. */
START_TEST(test_near__what_another_process_writes_afterwards_arrives)
{
	weir_session *other;
	user_dao      users;
	int64_t       id;

	open_near(NULL);
	other = open_other();
	users = get_user_dao(other);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	for (int i = 0; i < 50; i++) {
		char bio[16];

		snprintf(bio, sizeof bio, "v%d", i);
		set_bio(&blog.users, id, "mine");
		set_bio(&users, id, bio);
		EVENTUALLY(bio_is(&blog.users, id, bio));
	}
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

/* The session looks at the schema with its first connection. */
static weir_session *open_with_sql(const char *sql)
{
	open_near(NULL);
	(void)blog_sql(&blog, sql);
	return open_other();
}

/* A row that is near is written by a session, and is then this: as the statement returned it and near, or read again. */
static void assert_written(const char *sql, const char *after, bool is_near)
{
	weir_session *session = open_with_sql(sql);
	user_dao      users = get_user_dao(session);
	int64_t       id = blog_user(&blog, "ada");
	uint64_t      before;

	(void)bio_is(&users, id, NULL);
	(void)bio_is(&users, id, NULL);
	ck_assert_uint_gt(near_hits(session), 0);
	set_bio(&users, id, "new");
	before = near_hits(session);
	ck_assert(bio_is(&users, id, after));
	ck_assert_uint_eq(near_hits(session) - before, is_near);
	weir_close(&session);
	blog_close(&blog);
}

START_TEST(test_near__of_a_table_with_triggers_the_row_is_read_again)
{
	assert_written("CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
	               "UPDATE users SET bio = bio || '!' WHERE id = NEW.id; RETURN NULL; END$$;"
	               "CREATE TRIGGER shouts AFTER UPDATE ON users FOR EACH ROW WHEN (pg_trigger_depth() = 0) "
	               "EXECUTE FUNCTION shout()",
	               "new!", false);
}
END_TEST

START_TEST(test_near__of_a_table_with_rules_the_row_is_read_again)
{
	assert_written("CREATE TABLE heard (bio text);"
	               "CREATE RULE hears AS ON UPDATE TO users DO ALSO INSERT INTO heard VALUES (NEW.bio)",
	               "new", false);
}
END_TEST

START_TEST(test_near__what_a_trigger_has_changed_before_is_in_the_row)
{
	assert_written(
		"CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.bio = NEW.bio || '!'; RETURN NEW; END$$;"
		"CREATE TRIGGER shouts BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION shout()",
		"new!", true);
}
END_TEST

START_TEST(test_near__the_librarys_own_triggers_do_not_matter)
{
	assert_written("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;"
	               "CREATE TRIGGER weir_relay_0_u AFTER UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION nothing()",
	               "new", true);
}
END_TEST

START_TEST(test_near__what_a_transaction_writes_is_read_again)
{
	weir_session *tx = NULL;
	user_dao      users;
	int64_t       id;

	open_near(NULL);
	id = blog_user(&blog, "ada");
	ck_assert(bio_is(&blog.users, id, NULL));
	assert_ok(weir_begin(blog.session, NULL, &tx, &blog.err));
	users = get_user_dao(tx);
	set_bio(&users, id, "first");
	set_bio(&users, id, "last");
	assert_ok(weir_commit(&tx, &blog.err));
	assert_near(0, ck_assert(bio_is(&blog.users, id, "last")));
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("integration/near_writes", test_near__what_is_near_is_served_until_a_write_of_it_ends,
           test_near__while_a_write_takes_longer_than_the_bound_the_database_is_read,
           test_near__what_a_write_returns_takes_the_place_of_what_was_near,
           test_near__what_was_not_near_is_not_kept_by_a_write,
           test_near__the_caller_and_the_cache_share_the_row_that_was_written,
           test_near__what_another_process_writes_afterwards_arrives,
           test_near__of_a_table_with_triggers_the_row_is_read_again,
           test_near__of_a_table_with_rules_the_row_is_read_again,
           test_near__what_a_trigger_has_changed_before_is_in_the_row,
           test_near__the_librarys_own_triggers_do_not_matter, test_near__what_a_transaction_writes_is_read_again);
