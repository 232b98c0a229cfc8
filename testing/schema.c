/* A schema of a test run's own, and transactions that are never committed. */
#include <weir/cache_manager.h>
#include <weir/sql.h>
#include <weir/testing.h>

#include <stdio.h>
#include <string.h>

static int make(weir_test_schema *schema, const char *script, weir_error *err)
{
	char         sql[96];
	weir_opt_i64 one;
	int          rc;

	snprintf(sql, sizeof sql, "CREATE SCHEMA %s", schema->name);
	rc = weir_run_script(schema->session, sql, err);
	if (rc >= 0 && script)
		rc = weir_run_script(schema->session, script, err);
	if (rc >= 0) /* the first use of a lazy session compares models and schema */
		rc = weir_query_i64(schema->session, WEIR_SQL("SELECT 1::int8"), WEIR_NO_PARAMS, &one, err);
	return rc;
}

int weir_test_schema_open(const weir_options *options, const char *script, weir_test_schema *schema, weir_error *err)
{
	weir_options own = options ? *options : (weir_options){ .postgres = NULL };
	weir_unique  unique = weir_unique_next();
	int          rc;

	memset(schema, 0, sizeof *schema);
	snprintf(schema->name, sizeof schema->name, "weir_test_%s", unique.tag);
	for (char *at = schema->name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	own.schema = schema->name;
	own.lazy = true;
	if (!own.cache_prefix)
		own.cache_prefix = schema->name;
	rc = weir_open(&own, &schema->session, err);
	if (rc >= 0)
		rc = make(schema, script, err);
	if (rc < 0)
		weir_test_schema_close(schema);
	return rc;
}

void weir_test_schema_close(weir_test_schema *schema)
{
	char sql[96];
	int  rc;

	if (!schema || !schema->session)
		return;
	snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE", schema->name);
	(void)weir_cache_manager_flush(weir_session_cache(schema->session), NULL, NULL);
	rc = weir_run_script(schema->session, sql, NULL);
	(void)rc; /* a schema that cannot be dropped stays, as after a crash */
	weir_close(&schema->session);
}

int weir_test_begin(weir_session *session, weir_session **tx, weir_error *err)
{
	return weir_begin(session, NULL, tx, err);
}

void weir_test_end(weir_session **tx)
{
	weir_rollback(tx);
}

int weir_test_check_constraints(weir_session *tx, weir_error *err)
{
	return weir_run_script(tx, "SET CONSTRAINTS ALL IMMEDIATE", err);
}
