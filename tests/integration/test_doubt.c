/* A COMMIT of unknown fate that lands late: what it touched stays guarded for as long as it may, if its process lives. */
#define _GNU_SOURCE
#include "support/database.h"
#include "support/eventually.h"
#include "support/redis.h"
#include "support/servers.h"
#include "support/suite.h"

#include <weir/weir.h>

#include <stdatomic.h>
#include <string.h>

typedef struct note {
	int64_t     id;
	const char *text;
} note;
WEIR_RECORD(note)

static const weir_field note_fields[] = {
	WEIR_FIELD(note, id, .primary_key = true),
	WEIR_FIELD(note, text),
};
static const weir_model        note_model = WEIR_MODEL(note, "notes", note_fields);
static const weir_model *const models[] = { &note_model, NULL };

static struct server postgres, redis;
static weir_session *session;
static weir_base_dao notes;
static weir_error    err;
static atomic_bool   freezes; /* the server, when the next COMMIT is about to be sent */

static void *on_start(void *context, const weir_span *span)
{
	(void)context;
	if (span->operation && strcmp(span->operation, "COMMIT") == 0 && atomic_exchange(&freezes, false))
		server_pause(&postgres);
	return NULL;
}

static void on_end(void *context, void *started, const weir_span *span)
{
	(void)context, (void)started, (void)span;
}

static void setup(void)
{
	weir_options options = { .models = models, .trace = { .start = on_start, .end = on_end } };

	server_start(&postgres, SERVER_POSTGRES);
	server_start(&redis, SERVER_REDIS);
	sql_run(postgres.url, "CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)");
	sql_run(postgres.url, "INSERT INTO notes VALUES (1, 'before'), (2, 'other')");
	options.postgres = postgres.url;
	options.redis = redis.url;
	ck_assert_msg(weir_open(&options, &session, &err) == WEIR_OK, "%s", err.message);
	notes = weir_get_dao(session, &note_model);
	notes.timeout_ms = 400;
}

static void teardown(void)
{
	weir_close(&session);
	server_release(&redis);
	server_release(&postgres);
}

static bool cache_says(int64_t id, const char *text)
{
	const note *found = NULL;
	int         rc = weir_base_dao_get_by_id_cached(&notes, &id, &found, &err);
	bool        same = rc == WEIR_OK && strcmp(found->text, text) == 0;

	note_release(&found);
	return same;
}

static int write_text(const char *text)
{
	int64_t id = 1;

	return weir_base_dao_update(&notes, &id, &(note){ .text = text }, WEIR_SET(note, text), NULL, &err);
}

/* How long the key will be there yet; below 0: it is not. */
static int64_t left_ms(void)
{
	return redis_run(redis.url, "PTTL %s", redis_name(redis.url, "weir:{note:id:1}"));
}

/* The answer to COMMIT never comes, and nobody can be asked. */
static void commit_in_doubt(void)
{
	ck_assert(cache_says(2, "other") && cache_says(2, "other"));
	atomic_store(&freezes, true);
	ck_assert_int_eq(write_text("after"), WEIR_ERR_UNKNOWN_COMMIT);
}

START_TEST(test_doubt__what_a_commit_of_unknown_fate_touched_is_guarded_until_it_has_landed)
{
	setup();
	commit_in_doubt();
	/* nearly at its end */
	redis_run(redis.url, "PEXPIRE %s 9000", redis_name(redis.url, "weir:{note:id:1}"));
	EVENTUALLY(cache_says(2, "other") && left_ms() > 10000);
	server_resume(&postgres);
	EVENTUALLY(cache_says(1, "after"));
	EVENTUALLY(cache_says(2, "other") && left_ms() == -2); /* released: not before it was known to be settled */
	EVENTUALLY(cache_says(1, "after") && left_ms() > 20000);
	teardown();
}
END_TEST

START_TEST(test_doubt__one_that_a_crash_undid_is_released_too)
{
	setup();
	commit_in_doubt();
	ck_assert_int_gt(left_ms(), 10000);
	server_kill(&postgres);
	server_restart(&postgres);
	notes.timeout_ms = 5000;
	EVENTUALLY(cache_says(2, "other") && (left_ms() == -2 || left_ms() > 20000));
	ck_assert(cache_says(1, "before") || cache_says(1, "after"));
	teardown();
}
END_TEST

/* Redis forgets the guard meanwhile: it is placed anew, or, as long as that fails, this process reads past the cache. */
START_TEST(test_doubt__a_guard_that_was_lost_meanwhile_is_placed_anew)
{
	setup();
	commit_in_doubt();
	redis_run(redis.url, "FLUSHALL");
	notes.timeout_ms = 200;
	EVENTUALLY((cache_says(2, "other"), left_ms() > 10000));
	server_resume(&postgres);
	EVENTUALLY(cache_says(1, "after") && left_ms() > 20000);
	teardown();
}
END_TEST

START_TEST(test_doubt__a_session_that_is_closed_asks_once_more)
{
	setup();
	commit_in_doubt();
	server_resume(&postgres);
	weir_close(&session);
	ck_assert_int_eq(left_ms(), -2);
	teardown();
}
END_TEST

WEIR_SUITE("doubt", test_doubt__what_a_commit_of_unknown_fate_touched_is_guarded_until_it_has_landed,
           test_doubt__one_that_a_crash_undid_is_released_too,
           test_doubt__a_guard_that_was_lost_meanwhile_is_placed_anew,
           test_doubt__a_session_that_is_closed_asks_once_more);
