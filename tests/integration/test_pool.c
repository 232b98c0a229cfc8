/*
 * test_pool.c: who gets a connection, when, and which: order, bounds, deadlines, age, and which connection is kept.
 */
#include "support/database.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECOND_US = 1000000 };

static void setup(struct database *database, int max_connections)
{
	database_init(database, test_database_url());
	database->options.pool.max_connections = max_connections;
	database_open(database);
}

/* As if the idle connection on top had been unused for that long. */
static void age(struct database *database, int seconds)
{
	pthread_mutex_lock(&database->db->lock);
	database->db->top->returned_us -= (int64_t)seconds * SECOND_US;
	pthread_mutex_unlock(&database->db->lock);
}

/* ---- Order and bounds --------------------------------------------------------------------------------------------------- */

START_TEST(test_pool__callers_are_served_in_the_order_they_came)
{
	enum { CALLERS = 12 };
	struct database database;
	struct caller   callers[CALLERS] = { { 0 } };
	atomic_int      places = 0;
	weir__conn     *conn;

	setup(&database, 1);
	conn = database_borrow(&database);
	for (int i = 0; i < CALLERS; i++) {
		callers[i].places = &places;
		start_caller(&callers[i], &database, 10000);
		EVENTUALLY(database_stats(&database).waiting == i + 1);
	}
	database_give_back(&database, &conn);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, WEIR_OK);
		ck_assert_int_eq(callers[i].place, i);
	}
	ck_assert_uint_eq(database_stats(&database).acquire_waits, CALLERS);
	ck_assert_uint_eq(database_stats(&database).connections_opened, 1);
	database_close(&database);
}
END_TEST

struct crowd {
	struct database *database;
	atomic_int       inside, most, wrong;
};

static void *use_often(void *argument)
{
	struct crowd *crowd = argument;

	for (int i = 0; i < 50; i++) {
		weir__conn *conn = NULL;
		weir_error  err;
		int         now;

		if (weir__db_acquire(crowd->database->db, weir__deadline_in_ms(20000), &conn, &err) < 0) {
			atomic_fetch_add(&crowd->wrong, 1);
			continue;
		}
		now = atomic_fetch_add(&crowd->inside, 1) + 1;
		for (int most = atomic_load(&crowd->most); now > most;)
			if (atomic_compare_exchange_weak(&crowd->most, &most, now))
				break;
		atomic_fetch_add(&crowd->wrong, conn_run(conn, "SELECT 1", &err) < 0);
		atomic_fetch_sub(&crowd->inside, 1);
		weir__db_give_back(crowd->database->db, &conn);
	}
	return NULL;
}

START_TEST(test_pool__thirty_two_threads_share_at_most_max_connections)
{
	enum { THREADS = 32, MAX = 4 };
	struct database    database;
	struct crowd       crowd = { .database = &database };
	pthread_t          threads[THREADS];
	weir_session_stats stats;

	setup(&database, MAX);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_often, &crowd), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stats = database_stats(&database);
	ck_assert_int_eq(atomic_load(&crowd.wrong), 0);
	ck_assert_int_eq(atomic_load(&crowd.most), MAX);
	ck_assert_uint_eq(stats.connections_opened, MAX);
	ck_assert_int_eq(stats.connections, MAX);
	ck_assert_int_eq(stats.in_use, 0);
	ck_assert_int_eq(stats.waiting, 0);
	ck_assert_uint_eq(stats.acquires, 50 * THREADS);
	ck_assert_uint_eq(stats.queries, 50 * THREADS);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__a_caller_waits_no_longer_than_its_deadline)
{
	struct database database;
	struct caller   caller = { 0 };
	weir__conn     *conn;

	setup(&database, 1);
	conn = database_borrow(&database);
	start_caller(&caller, &database, 120);
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(caller.rc, WEIR_ERR_TIMEOUT);
	ck_assert_int_ge(caller.took_ms, 119);
	ck_assert_int_le(caller.took_ms, 120 + SLACK_MS);
	ck_assert_ptr_nonnull(strstr(caller.err.message, "1 of 1"));
	ck_assert_uint_eq(database_stats(&database).acquire_timeouts, 1);
	ck_assert_int_eq(database_stats(&database).waiting, 0);
	database_give_back(&database, &conn);
	database_run(&database, "SELECT 1");
	database_close(&database);
}
END_TEST

START_TEST(test_pool__the_acquire_timeout_is_within_the_deadline)
{
	struct database database;
	struct caller   caller = { 0 };
	weir__conn     *conn;

	database_init(&database, test_database_url());
	database.options.pool.max_connections = 1;
	database.options.pool.acquire_timeout_ms = 100;
	database_open(&database);
	conn = database_borrow(&database);
	start_caller(&caller, &database, 10000);
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(caller.rc, WEIR_ERR_TIMEOUT);
	ck_assert_int_le(caller.took_ms, 100 + SLACK_MS);
	database_give_back(&database, &conn);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__a_caller_that_gave_up_does_not_hold_up_the_next)
{
	struct database database;
	struct caller   first = { 0 }, second = { 0 };
	weir__conn     *conn;

	setup(&database, 1);
	conn = database_borrow(&database);
	start_caller(&first, &database, 50);
	EVENTUALLY(database_stats(&database).waiting == 1);
	start_caller(&second, &database, 10000);
	pthread_join(first.thread, NULL);
	EVENTUALLY(database_stats(&database).waiting == 1);
	database_give_back(&database, &conn);
	pthread_join(second.thread, NULL);
	ck_assert_int_eq(first.rc, WEIR_ERR_TIMEOUT);
	ck_assert_int_eq(second.rc, WEIR_OK);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__min_connections_are_there_from_the_start)
{
	struct database database;

	database_init(&database, test_database_url());
	database.options.pool.min_connections = 3;
	database_open(&database);
	ck_assert_int_eq(database_stats(&database).connections, 3);
	database_close(&database);
}
END_TEST

/* ---- Which connection --------------------------------------------------------------------------------------------------- */

START_TEST(test_pool__the_connection_used_last_is_used_next)
{
	struct database database;
	weir__conn     *first, *second;

	setup(&database, 2);
	first = database_borrow(&database);
	second = database_borrow(&database);
	int pid = conn_pid(first);
	database_give_back(&database, &second);
	database_give_back(&database, &first);
	first = database_borrow(&database);
	ck_assert_int_eq(conn_pid(first), pid);
	database_give_back(&database, &first);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__connections_unused_for_long_are_closed_down_to_the_minimum)
{
	struct database    database;
	weir__conn        *conns[3];
	weir_session_stats stats;

	database_init(&database, test_database_url());
	database.options.pool.idle_timeout_s = 1;
	database.options.pool.min_connections = 1;
	database_open(&database);
	for (int i = 0; i < 3; i++)
		conns[i] = database_borrow(&database);
	for (int i = 0; i < 3; i++)
		database_give_back(&database, &conns[i]);
	ck_assert_int_eq(database_stats(&database).connections, 3);
	EVENTUALLY((database_run(&database, "SELECT 1"), database_stats(&database).connections == 1));
	stats = database_stats(&database);
	ck_assert_uint_eq(stats.connections_closed, 2);
	ck_assert_uint_eq(stats.connections_destroyed, 0);
	age(&database, 1000);
	database_run(&database, "SELECT 1");
	ck_assert_uint_eq(database_stats(&database).connections_opened, 3);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__a_connection_past_its_lifetime_is_replaced)
{
	struct database    database;
	weir_session_stats stats;

	database_init(&database, test_database_url());
	database.options.pool.max_lifetime_s = 1;
	database_open(&database);
	int64_t opened = now_ms();
	EVENTUALLY((database_run(&database, "SELECT 1"), database_stats(&database).connections_opened == 2));
	ck_assert_int_ge(now_ms() - opened, 850); /* up to a tenth earlier */
	stats = database_stats(&database);
	ck_assert_uint_eq(stats.connections_closed, 1);
	ck_assert_uint_eq(stats.connections_destroyed, 0);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__lifetimes_differ)
{
	struct database database;
	weir__conn     *conns[4];
	bool            differ = false;

	setup(&database, 4);
	for (int i = 0; i < 4; i++) {
		conns[i] = database_borrow(&database);
		int64_t lifetime = conns[i]->retires_us - conns[i]->opened_us;
		ck_assert_int_le(lifetime, (int64_t)1800 * SECOND_US);
		ck_assert_int_ge(lifetime, (int64_t)1620 * SECOND_US);
		differ |= lifetime != conns[0]->retires_us - conns[0]->opened_us;
	}
	ck_assert(differ);
	for (int i = 0; i < 4; i++)
		database_give_back(&database, &conns[i]);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__an_idle_connection_ended_by_the_server_is_not_seen_by_the_caller)
{
	struct database database;
	weir__conn     *conn;

	setup(&database, 2);
	conn = database_borrow(&database);
	int pid = conn_pid(conn);
	database_give_back(&database, &conn);
	sql_terminate(database.url, pid);
	age(&database, 2);
	database_run(&database, "SELECT 1");
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__after_one_lost_connection_the_others_are_looked_at_however_fresh)
{
	struct database database;
	weir__conn     *conns[3];
	weir_error      err = WEIR_ERROR_INIT;
	int             pids[3];

	setup(&database, 3);
	for (int i = 0; i < 3; i++) {
		conns[i] = database_borrow(&database);
		pids[i] = conn_pid(conns[i]);
	}
	for (int i = 0; i < 3; i++)
		sql_terminate(database.url, pids[i]);
	database_give_back(&database, &conns[0]);
	database_give_back(&database, &conns[1]);
	ck_assert_int_eq(conn_run(conns[2], "SELECT 1", &err), WEIR_ERR_CONNECTION_LOST);
	database_give_back(&database, &conns[2]);
	database_run(&database, "SELECT 1");
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 3);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__only_a_connection_without_any_doubt_is_kept)
{
	static const struct {
		const char *sql;
		bool        begun;
		bool        kept;
	} states[] = {
		{ "SELECT 1", false, true }, { "SELECT 1/0", false, true }, { "BEGIN", false, false },
		{ "SELECT 1", true, false }, { "SELECT 1/0", true, false }, { "COPY (SELECT 1) TO STDOUT", false, false },
		{ NULL, true, true }, /* begun, but nothing sent */
	};
	struct database database;

	setup(&database, 1);
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		weir__conn *conn = database_borrow(&database);
		int         pid = conn_pid(conn);

		if (states[i].begun)
			ck_assert_int_eq(weir__conn_begin(conn, NULL, weir__deadline_in_ms(1000), NULL), WEIR_OK);
		if (states[i].sql)
			conn_run(conn, states[i].sql, NULL);
		database_give_back(&database, &conn);
		conn = database_borrow(&database);
		ck_assert_msg((conn_pid(conn) == pid) == states[i].kept, "%zu: %s", i, states[i].sql ? states[i].sql : "");
		ck_assert_int_eq(PQtransactionStatus(conn->pg), PQTRANS_IDLE);
		conn_run_ok(conn, "SELECT 1");
		ck_assert_int_eq(PQtransactionStatus(conn->pg), PQTRANS_IDLE);
		database_give_back(&database, &conn);
	}
	database_close(&database);
}
END_TEST

/* Settings, roles, locks, cursors, temporary tables, names: whoever comes next sees none of it. */
START_TEST(test_pool__nothing_is_left_behind_for_the_next_borrower)
{
	static const char *const scripts[] = { "SET search_path TO pg_catalog",
		                                   "SET ROLE pg_monitor",
		                                   "SET TimeZone TO 'Asia/Tokyo'",
		                                   "SELECT pg_advisory_lock(77)",
		                                   "LISTEN something",
		                                   "PREPARE mine AS SELECT 1",
		                                   "CREATE TEMP TABLE mine (id int)",
		                                   "BEGIN; DECLARE mine CURSOR WITH HOLD FOR SELECT 1; COMMIT" };
	static const char *const statements[] = { "SELECT pg_advisory_lock(77)",
		                                      "SELECT Set_Config('role', 'pg_monitor', false)",
		                                      "SELECT pg_try_advisory_lock_shared(77)" };
	static const char        seen[] =
		"SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) + "
		"(SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine') + "
		"(SELECT count(*) FROM pg_cursors WHERE name = 'mine') + "
		"(SELECT count(*) FROM pg_listening_channels()) + "
		"(SELECT count(*) FROM pg_class WHERE relname = 'mine' AND pg_table_is_visible(oid)) + "
		"(current_user <> session_user)::int + (current_setting('TimeZone') = 'Asia/Tokyo')::int + "
		"(current_setting('search_path') = 'pg_catalog')::int";
	enum { SCRIPTS = sizeof scripts / sizeof scripts[0], STATEMENTS = sizeof statements / sizeof statements[0] };
	struct database database;
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, 1);
	for (int i = 0; i < SCRIPTS + STATEMENTS; i++) {
		weir__conn *conn = database_borrow(&database);

		if (i < SCRIPTS)
			ck_assert_msg(weir__conn_run_script(conn, scripts[i], weir__deadline_in_ms(10000), &err) == WEIR_OK, "%s",
			              err.message);
		else
			conn_run_ok(conn, statements[i - SCRIPTS]);
		ck_assert_int_gt(conn_number(conn, seen), 0);
		database_give_back(&database, &conn);
		ck_assert_int_eq(database_number(&database, seen), 0);
		ck_assert_uint_eq(database_stats(&database).connections_destroyed, (uint64_t)i + 1);
	}
	database_close(&database);
}
END_TEST

START_TEST(test_pool__unread_results_destroy_a_connection)
{
	struct database database;
	weir__conn     *conn;

	setup(&database, 1);
	conn = database_borrow(&database);
	ck_assert_int_eq(PQsendQuery(conn->pg, "SELECT 1"), 1);
	database_give_back(&database, &conn);
	ck_assert_int_eq(database_number(&database, "SELECT 2::int8"), 2);
	ck_assert_uint_eq(database_stats(&database).connections_destroyed, 1);
	database_close(&database);
}
END_TEST

START_TEST(test_pool__a_server_that_became_read_only_renews_all_older_connections)
{
	struct database database;
	weir__conn     *conns[3];
	weir_error      err = WEIR_ERROR_INIT;

	setup(&database, 3);
	database_run(&database, "CREATE TABLE t (id int)");
	for (int i = 0; i < 3; i++)
		conns[i] = database_borrow(&database);
	conn_run_ok(conns[0], "SET default_transaction_read_only = on");
	conns[0]->opened_us -= 5 * SECOND_US;
	ck_assert_int_eq(conn_run(conns[0], "INSERT INTO t VALUES (1)", &err), WEIR_ERR_READ_ONLY);
	for (int i = 0; i < 3; i++)
		database_give_back(&database, &conns[i]);
	ck_assert_int_eq(database_stats(&database).connections, 0);
	database_run(&database, "INSERT INTO t VALUES (1)");
	database_close(&database);
}
END_TEST

/* ---- Closing --------------------------------------------------------------------------------------------------------------- */

static void *close_pool(void *argument)
{
	struct database *database = argument;

	weir__db_close(database->db, weir__deadline_in_ms(10000));
	return NULL;
}

START_TEST(test_pool__closing_waits_for_borrowed_connections_and_turns_callers_away)
{
	struct database database;
	struct caller   caller = { 0 };
	weir__conn     *conn;
	pthread_t       closer;

	setup(&database, 1);
	conn = database_borrow(&database);
	start_caller(&caller, &database, 10000);
	EVENTUALLY(database_stats(&database).waiting == 1);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_pool, &database), 0);
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(caller.rc, WEIR_ERR_CLOSED);
	conn_run_ok(conn, "SELECT 1");
	database_give_back(&database, &conn);
	pthread_join(closer, NULL);
	database.db = NULL;
	database_close(&database);
}
END_TEST

START_TEST(test_pool__closing_ends_at_the_deadline_and_the_last_one_back_frees_all)
{
	struct database database;
	weir__conn     *conn;
	weir__db       *db;
	int64_t         started;

	setup(&database, 2);
	conn = database_borrow(&database);
	started = now_ms();
	weir__db_close(database.db, weir__deadline_in_ms(80));
	ck_assert_int_ge(now_ms() - started, 79);
	ck_assert_int_le(now_ms() - started, 80 + SLACK_MS);
	conn_run_ok(conn, "SELECT 1");
	db = database.db;
	weir__db_give_back(db, &conn); /* the leak checker sees to the rest */
	database.db = NULL;
	database_close(&database);
}
END_TEST

/* ---- All of it at once ------------------------------------------------------------------------------------------------------- */

struct storm {
	struct database *database;
	atomic_int       left;
	atomic_int       unexpected;
};

static void *weather(void *argument)
{
	struct storm *storm = argument;

	while (atomic_fetch_sub(&storm->left, 1) > 0) {
		weir__conn *conn = NULL;
		weir_error  err = WEIR_ERROR_INIT;
		int64_t     dice = weir__now_us() % 16;
		int rc = weir__db_acquire(storm->database->db, weir__deadline_in_ms(dice == 0 ? 1 : 10000), &conn, &err);

		if (rc == WEIR_OK && dice == 1)
			rc = conn_run(conn, "SELECT pg_terminate_backend(pg_backend_pid())", &err);
		else if (rc == WEIR_OK && dice < 8)
			rc = conn_begin_and_run(conn, "SELECT 1", &err);
		else if (rc == WEIR_OK)
			rc = conn_run(conn, "SELECT 2", &err);
		if (rc == WEIR_OK && dice > 3 && dice < 8)
			rc = conn_commit(conn, &err);
		if (rc < 0 && rc != WEIR_ERR_CONNECTION_LOST && rc != WEIR_ERR_TIMEOUT)
			atomic_fetch_add(&storm->unexpected, 1);
		weir__db_give_back(storm->database->db, &conn);
	}
	return NULL;
}

START_TEST(test_pool__threads_may_do_anything_at_once)
{
	enum { THREADS = 16 };
	struct database    database;
	struct storm       storm = { .database = &database, .left = 1500 };
	pthread_t          threads[THREADS];
	weir_session_stats stats;

	setup(&database, 3);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, weather, &storm), 0);
	while (atomic_load(&storm.left) > 0) {
		stats = database_stats(&database);
		ck_assert_int_le(stats.connections, 3);
		(void)poll(NULL, 0, 1);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stats = database_stats(&database);
	ck_assert_int_eq(atomic_load(&storm.unexpected), 0);
	ck_assert_int_eq(stats.in_use, 0);
	ck_assert_int_eq(stats.waiting, 0);
	ck_assert_uint_eq((uint64_t)stats.connections,
	                  stats.connections_opened - stats.connections_closed - stats.connections_destroyed);
	database_close(&database);
}
END_TEST

WEIR_SUITE("pool", test_pool__callers_are_served_in_the_order_they_came,
           test_pool__thirty_two_threads_share_at_most_max_connections,
           test_pool__a_caller_waits_no_longer_than_its_deadline, test_pool__the_acquire_timeout_is_within_the_deadline,
           test_pool__a_caller_that_gave_up_does_not_hold_up_the_next,
           test_pool__min_connections_are_there_from_the_start, test_pool__the_connection_used_last_is_used_next,
           test_pool__connections_unused_for_long_are_closed_down_to_the_minimum,
           test_pool__a_connection_past_its_lifetime_is_replaced, test_pool__lifetimes_differ,
           test_pool__an_idle_connection_ended_by_the_server_is_not_seen_by_the_caller,
           test_pool__after_one_lost_connection_the_others_are_looked_at_however_fresh,
           test_pool__only_a_connection_without_any_doubt_is_kept, test_pool__unread_results_destroy_a_connection,
           test_pool__nothing_is_left_behind_for_the_next_borrower,
           test_pool__a_server_that_became_read_only_renews_all_older_connections,
           test_pool__closing_waits_for_borrowed_connections_and_turns_callers_away,
           test_pool__closing_ends_at_the_deadline_and_the_last_one_back_frees_all,
           test_pool__threads_may_do_anything_at_once);
