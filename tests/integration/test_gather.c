/* Reads by id of many callers at a time: one statement for all that wait, each with its own row, deadline and outcome. */
#include "dao/gather.h"
#include "support/database.h"
#include "support/servers.h"
#include "support/suite.h"

#include <poll.h>
#include <pthread.h>

#define CALLERS 24

typedef struct item {
	int64_t     id;
	const char *name;
} item;

WEIR_RECORD(item)

static const weir_field item_fields[] = { WEIR_FIELD(item, id, .primary_key = true), WEIR_FIELD(item, name) };
static const weir_model item_model = WEIR_MODEL(item, "items", item_fields, .gathers = true);
static struct server    server;
static weir_session    *session;
static weir_base_dao    items;
static weir_error       err;

/* ---- A private server, which may be stopped -------------------------------------------------------------------------------- */

static void begin(void)
{
	static const weir_model *const models[] = { &item_model, NULL };

	server_start(&server, SERVER_POSTGRES);
	ck_assert_int_eq(
		weir_open(&(weir_options){ .postgres = server.url, .models = models, .lazy = true }, &session, &err), WEIR_OK);
	ck_assert_int_eq(weir_run_script(session,
	                                 "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);"
	                                 "INSERT INTO items SELECT i, 'item ' || i FROM generate_series(0, 99) i",
	                                 &err),
	                 WEIR_OK);
	items = weir_get_dao(session, &item_model);
}

static void end(void)
{
	weir_close(&session);
	server_release(&server);
}

static weir__gather *gather(void)
{
	return ((const weir__entity *)items.entity)->gather;
}

static uint64_t queries(void)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

typedef struct reader {
	pthread_t     thread;
	weir_base_dao dao;
	int64_t       id;
	int           timeout_ms;
	int           rc;
	bool          right;
} reader;

static void *ask(void *context)
{
	reader       *c = context;
	const item   *found = NULL;
	weir_base_dao dao = c->dao;
	char          name[32];

	dao.timeout_ms = c->timeout_ms;
	c->rc = weir_base_dao_get_by_id(&dao, &c->id, &found, NULL);
	snprintf(name, sizeof name, "item %d", (int)c->id);
	c->right = c->rc == WEIR_OK ? found->id == c->id && strcmp(found->name, name) == 0 : !found;
	item_release(&found);
	return NULL;
}

static void start(reader *c, int64_t id, int timeout_ms)
{
	*c = (reader){ .dao = items, .id = id, .timeout_ms = timeout_ms };
	ck_assert_int_eq(pthread_create(&c->thread, NULL, ask, c), 0);
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------------- */

START_TEST(test_gather__callers_that_wait_are_one_statement_and_each_has_its_own_row)
{
	reader   callers[CALLERS];
	uint64_t before;

	begin();
	start(&callers[0], 1, 30000);
	pthread_join(callers[0].thread, NULL);
	before = queries();
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&callers[i], i % 3 ? i : 1000 + i % 2, 30000); /* some twice, some that do not exist */
	EVENTUALLY(weir__gather_waiting(gather()) == CALLERS - 2);
	server_resume(&server);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].rc, i % 3 ? WEIR_OK : WEIR_NOT_FOUND);
		ck_assert(callers[i].right);
	}
	ck_assert_uint_eq(queries() - before, 3);
	end();
}
END_TEST

START_TEST(test_gather__a_caller_leaves_when_its_time_is_up_and_the_others_stay)
{
	reader patient[CALLERS / 2], hasty[CALLERS / 2];

	begin();
	server_pause(&server);
	for (int i = 0; i < CALLERS / 2; i++)
		start(&patient[i], i, 30000);
	EVENTUALLY(weir__gather_waiting(gather()) == CALLERS / 2 - 2);
	for (int i = 0; i < CALLERS / 2; i++)
		start(&hasty[i], i, 100);
	for (int i = 0; i < CALLERS / 2; i++) {
		pthread_join(hasty[i].thread, NULL);
		ck_assert_int_eq(hasty[i].rc, WEIR_ERR_TIMEOUT);
	}
	ck_assert_uint_eq(weir__gather_waiting(gather()), CALLERS / 2 - 2);
	server_resume(&server);
	for (int i = 0; i < CALLERS / 2; i++) {
		pthread_join(patient[i].thread, NULL);
		ck_assert_int_eq(patient[i].rc, WEIR_OK);
		ck_assert(patient[i].right);
	}
	end();
}
END_TEST

START_TEST(test_gather__each_caller_is_told_when_the_server_dies)
{
	reader callers[CALLERS];

	begin();
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&callers[i], i, 30000);
	EVENTUALLY(weir__gather_waiting(gather()) == CALLERS - 2);
	server_kill(&server);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_lt(callers[i].rc, 0);
		ck_assert(callers[i].right);
	}
	server_restart(&server);
	do { /* in a long outage callers are told at once, but for the one whose turn it is to try */
		start(&callers[0], 7, 30000);
		pthread_join(callers[0].thread, NULL);
	} while (callers[0].rc == WEIR_ERR_CONNECT && poll(NULL, 0, 5) == 0);
	ck_assert_int_eq(callers[0].rc, WEIR_OK);
	end();
}
END_TEST

/* Others may see other rows. */
START_TEST(test_gather__a_principal_reads_by_itself)
{
	reader          readers[CALLERS], own;
	weir_principal *principal = NULL;
	weir_scope      scope;
	uint64_t        before;

	begin();
	ck_assert_int_eq(
		weir_principal_create(
			&(weir_principal_options){ .settings = &(weir_principal_setting){ "app.tenant", "1" }, .setting_count = 1 },
			&principal, &err),
		WEIR_OK);
	start(&readers[0], 1, 30000);
	pthread_join(readers[0].thread, NULL);
	before = queries();
	server_pause(&server);
	for (int i = 0; i < CALLERS; i++)
		start(&readers[i], i, 30000);
	EVENTUALLY(weir__gather_waiting(gather()) == CALLERS - 2);
	items.session = weir_with_principal(session, principal, &scope);
	start(&own, 50, 30000);
	server_resume(&server);
	pthread_join(own.thread, NULL);
	ck_assert_int_eq(own.rc, WEIR_OK);
	for (int i = 0; i < CALLERS; i++)
		pthread_join(readers[i].thread, NULL);
	ck_assert_uint_eq(queries() - before, 3 + 1);
	weir_principal_free(&principal);
	end();
}
END_TEST

START_TEST(test_gather__a_transaction_reads_by_itself)
{
	weir_session *transaction = NULL;
	const item   *found = NULL;
	weir_base_dao inside;
	int64_t       id = 5;

	begin();
	ck_assert_int_eq(weir_begin(session, NULL, &transaction, &err), WEIR_OK);
	inside = weir_get_dao(transaction, &item_model);
	ck_assert_int_eq(weir_base_dao_update(&inside, &id, &(item){ .name = "mine" }, WEIR_SET(item, name), NULL, &err),
	                 WEIR_OK);
	ck_assert_int_eq(weir_base_dao_get_by_id(&inside, &id, &found, &err), WEIR_OK);
	ck_assert_str_eq(found->name, "mine");
	item_release(&found);
	ck_assert_int_eq(weir_base_dao_get_by_id(&items, &id, &found, &err), WEIR_OK);
	ck_assert_str_eq(found->name, "item 5");
	item_release(&found);
	weir_rollback(&transaction);
	end();
}
END_TEST

START_TEST(test_gather__a_key_that_is_no_integer_is_refused)
{
	static const weir_field        fields[] = { WEIR_FIELD(item, name, .primary_key = true) };
	static const weir_model        named = WEIR_MODEL(item, "items", fields, .gathers = true);
	static const weir_model *const models[] = { &named, NULL };
	weir_session                  *opened = NULL;

	ck_assert_int_eq(
		weir_open(&(weir_options){ .postgres = test_database_url(), .models = models, .lazy = true }, &opened, &err),
		WEIR_ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(err.message, "gathered"));
}
END_TEST

WEIR_SUITE("gather", test_gather__callers_that_wait_are_one_statement_and_each_has_its_own_row,
           test_gather__a_caller_leaves_when_its_time_is_up_and_the_others_stay,
           test_gather__each_caller_is_told_when_the_server_dies, test_gather__a_principal_reads_by_itself,
           test_gather__a_transaction_reads_by_itself, test_gather__a_key_that_is_no_integer_is_refused);
