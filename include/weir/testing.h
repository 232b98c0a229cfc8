/* For the tests of programs that use weir: a schema of a test run's own, transactions that leave nothing, rows with values of
 * their own. Beside weir_query_guard (session.h), which fails a test that sends too many queries.
 *
 * These functions are not in libweir: link weir::testing (libweir_testing.a) beside it. docs/testing.md, examples/testing.
 */
#ifndef WEIR_TESTING_H
#define WEIR_TESTING_H

#include <weir/base_dao.h>
#include <weir/session.h>
#include <weir/transaction.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A schema of its own ----------------------------------------------------------------------------------------- */

/* A session on tables that nobody else sees. */
typedef struct weir_test_schema {
	weir_session *session;
	char          name[64]; /* of the schema, and of the keys' prefix: weir_test_... */
} weir_test_schema;

/* Makes a schema of a new name, runs the script in it (may be NULL) and opens a session on it, with the options otherwise as
 * they are; then compares models and schema. options.schema is not looked at; the cache's prefix is the schema's name
 * unless the options have one. On failure nothing is left. */
WEIR_MUST_CHECK int weir_test_schema_open(const weir_options *options, const char *script, weir_test_schema *schema,
                                          weir_error *err);

/* Drops the schema and what the cache holds of it, and closes the session. One that was not opened: nothing. */
void weir_test_schema_close(weir_test_schema *schema);

/* ---- A transaction that leaves nothing ---------------------------------------------------------------------------- */

/* Begins a transaction for the length of a test. Everything takes it as its session: what the code under test begins on it are
 * savepoints, its reads go to the database and fill no cache, its writes invalidate nothing. It belongs to the thread.
 * Hooks of weir_after_commit are not called: to test those, commit in a schema of its own. */
WEIR_MUST_CHECK int weir_test_begin(weir_session *session, weir_session **tx, weir_error *err);

/* Rolls it back. */
void weir_test_end(weir_session **tx);

/* Would COMMIT be refused now by a constraint that is DEFERRED? Its error, before weir_test_end. */
int weir_test_check_constraints(weir_session *tx, weir_error *err);

/* ---- Rows with values of their own ---------------------------------------------------------------------------------- */

/* What makes a row unlike all others: of this process, of others at the same time, of earlier runs. The texts that are made with it
 * live as long as it does. */
typedef struct weir_unique {
	uint64_t number;  /* 1, 2, 3 ... in this process */
	char     tag[32]; /* "t3kf9a-17": short, of letters, digits and - */
	size_t   used;
	char     room[1024];
} weir_unique;

weir_unique weir_unique_next(void);

/* The pattern with each * replaced by the tag: "user-*@example.org". "" when the room is used up. */
const char *weir_unique_text(weir_unique *unique, const char *pattern);

/* How rows of a model are made where a test does not care. */
typedef struct weir_factory {
	const weir_model *model;
	weir_set          set;                           /* the columns that fill gives a value */
	void (*fill)(void *values, weir_unique *unique); /* values: a struct of the model, all zero */
} weir_factory;

/* Fills a struct without storing it: change what matters, then create it with the model's DAO and weir_factory.set. */
void weir_factory_build(const weir_factory *factory, void *values, weir_unique *unique);

/* No columns. */
static inline weir_set weir_set_none(void)
{
	weir_set set;
	set.model = NULL;
	set.offsets = NULL;
	set.count = 0;
	return set;
}
#define WEIR_AS_FILLED weir_set_none()

/* Builds and stores a row; the columns of `but` have the values that they have in *given (WEIR_AS_FILLED: there are none, given may
 * be NULL). record as in weir_base_dao_create, may be NULL. WEIR_ERR_USAGE: columns of another model than the factory's, or without
 * values. */
int weir_factory_create(const weir_factory *factory, weir_session *session, const void *given, weir_set but,
                        void *record, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
