/* 20_soft_delete: a delete that hides a row and can be taken back. The address of a page is unique among those that are there. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct page {
	int64_t       id;
	const char   *address;
	const char   *text;
	weir_opt_time deleted_at;
} page;
WEIR_RECORD(page)

static const weir_field page_fields[] = {
	WEIR_FIELD(page, id, .primary_key = true, .generated = true),
	WEIR_FIELD(page, address, .unique = true),
	WEIR_FIELD(page, text),
	WEIR_FIELD(page, deleted_at, .deleted_at = true, .generated = true),
};
static const weir_model page_model = WEIR_MODEL(page, "pages", page_fields);

static const char create_table[] = "CREATE TABLE pages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
								   "address text NOT NULL, text text NOT NULL, deleted_at timestamptz); "
								   "CREATE UNIQUE INDEX ON pages (address) WHERE deleted_at IS NULL";

static int show(const weir_base_dao *pages, const char *when, weir_error *err)
{
	page_list there = WEIR_LIST_INIT, deleted = WEIR_LIST_INIT;
	int       rc = weir_base_dao_get_all_cached(pages, NULL, &there, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_get_all_cached(pages, WEIR_QUERY(.deleted = WEIR_ONLY_DELETED), &deleted, err);
	printf("%s:", when);
	for (size_t i = 0; i < there.count; i++)
		printf(" %s", there.items[i]->text);
	for (size_t i = 0; i < deleted.count; i++)
		printf(" (%s)", deleted.items[i]->text);
	printf("\n");
	page_list_release(&there);
	page_list_release(&deleted);
	return rc;
}

static int make(const weir_base_dao *pages, const char *text, const page **made, weir_error *err)
{
	return weir_base_dao_create(pages, &(page){ .address = "/home", .text = text }, WEIR_SET(page, address, text), made,
	                            err);
}

static int run(weir_session *session, weir_error *err)
{
	weir_base_dao pages = weir_get_dao(session, &page_model);
	const page   *first = NULL, *second = NULL;
	int           rc = make(&pages, "first", &first, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_delete(&pages, first, NULL, err);
	if (rc == WEIR_OK)
		rc = show(&pages, "deleted", err);
	if (rc == WEIR_OK)
		rc = make(&pages, "second", &second, err); /* the address is free */
	if (rc == WEIR_OK && weir_base_dao_restore(&pages, first, NULL, err) == WEIR_ERR_UNIQUE)
		rc = show(&pages, "its address is taken", err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_really_delete(&pages, second, NULL, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_restore(&pages, first, NULL, err);
	if (rc == WEIR_OK)
		rc = show(&pages, "restored", err);
	page_release(&first);
	page_release(&second);
	return rc;
}

int main(void)
{
	static const weir_model *const models[] = { &page_model, NULL };
	weir_options                   options = {
						  .postgres = getenv("DATABASE_URL"),
						  .redis = getenv("REDIS_URL"),
						  .models = models,
						  .schema = getenv("BLOG_SCHEMA"),
						  .cache_prefix = getenv("BLOG_PREFIX"),
						  .lazy = true, /* the table is made below */
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = weir_run_script(session, create_table, &err);
	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc == WEIR_OK)
		rc = weir_run_script(session, "DROP TABLE pages", &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * deleted: (first)
 * its address is taken: second (first)
 * restored: first
 */
