/* 15_tenants: two tenants in one table under row-level security, each with a session of its own; both cached. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct memo {
	int64_t     id;
	const char *text;
} memo;
WEIR_RECORD(memo)

extern const weir_model memo_model;

static const weir_field memo_fields[] = {
	WEIR_FIELD(memo, id, .primary_key = true, .generated = true),
	WEIR_FIELD(memo, text),
};
const weir_model memo_model = WEIR_MODEL(memo, "memos", memo_fields, .per_principal = true);

static const weir_model *const models[] = { &memo_model, NULL };

/* A policy holds for roles that do not own the table. */
static const char schema[] =
	"CREATE TABLE memos (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL, "
	"  tenant text NOT NULL DEFAULT current_setting('app.tenant', true));"
	"ALTER TABLE memos ENABLE ROW LEVEL SECURITY;"
	"CREATE POLICY own ON memos USING (tenant = current_setting('app.tenant', true));"
	"GRANT ALL ON memos TO PUBLIC; GRANT USAGE ON SCHEMA example_tenants TO PUBLIC";

static int list_memos(weir_session *session, const char *who, weir_error *err)
{
	weir_base_dao dao = weir_get_dao(session, &memo_model);
	memo_list     list = WEIR_LIST_INIT;
	int           rc = weir_base_dao_get_all_cached(&dao, NULL, &list, err);

	for (size_t i = 0; rc == WEIR_OK && i < list.count; i++)
		printf("%s: %s\n", who, list.items[i]->text);
	memo_list_release(&list);
	return rc;
}

static int work(weir_session *session, const char *tenant, const char *text, weir_error *err)
{
	weir_principal_setting setting = { "app.tenant", tenant };
	weir_principal_options options = { .role = "pg_monitor", .settings = &setting, .setting_count = 1 };
	weir_principal        *principal = NULL;
	weir_scope             scope;
	weir_base_dao          dao;
	int                    rc = weir_principal_create(&options, &principal, err);

	if (rc < 0)
		return rc;
	session = weir_with_principal(session, principal, &scope);
	dao = weir_get_dao(session, &memo_model);
	rc = weir_base_dao_create(&dao, &(memo){ .text = text }, WEIR_SET(memo, text), NULL, err);
	for (int i = 0; rc == WEIR_OK && i < 2; i++) /* from the database, from the cache */
		rc = list_memos(session, tenant, err);
	weir_principal_free(&principal);
	return rc;
}

int main(void)
{
	weir_options  options = { .postgres = getenv("DATABASE_URL"),
		                      .redis = getenv("REDIS_URL"),
		                      .models = models,
		                      .schema = "example_tenants",
		                      .cache_prefix = "example_tenants",
		                      .lazy = true };
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = weir_run_script(session, "DROP SCHEMA IF EXISTS example_tenants CASCADE; CREATE SCHEMA example_tenants",
		                     &err);
	if (rc == WEIR_OK)
		rc = weir_run_script(session, schema, &err);
	if (rc == WEIR_OK)
		rc = work(session, "red", "meet at noon", &err);
	if (rc == WEIR_OK)
		rc = work(session, "blue", "buy paint", &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	else
		rc = weir_run_script(session, "DROP SCHEMA example_tenants CASCADE", &err);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * red: meet at noon
 * red: meet at noon
 * blue: buy paint
 * blue: buy paint
 */
