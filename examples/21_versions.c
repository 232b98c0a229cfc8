/* 21_versions: two people edit what both have read. The slower one is told, reads again and decides again. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct article {
	int64_t     id;
	const char *text;
	int32_t     version;
} article;
WEIR_RECORD(article)

static const weir_field article_fields[] = {
	WEIR_FIELD(article, id, .primary_key = true, .generated = true),
	WEIR_FIELD(article, text),
	WEIR_FIELD(article, version, .version = true, .generated = true),
};
static const weir_model article_model = WEIR_MODEL(article, "articles", article_fields);

static const char create_table[] = "CREATE TABLE articles (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
								   "text text NOT NULL, version int NOT NULL DEFAULT 1)";

/* Saves a text if nobody else has saved one since `seen` was read. */
static int save(const weir_base_dao *articles, const article *seen, const char *text, weir_error *err)
{
	const article *now = NULL;
	int rc = weir_base_dao_update_if_unchanged(articles, seen, &(article){ .text = text }, WEIR_SET(article, text),
	                                           &now, err);

	if (rc == WEIR_OK)
		printf("saved: %s, version %d\n", now->text, (int)now->version);
	else if (rc == WEIR_ERR_STALE)
		printf("\"%s\" would undo what somebody else has saved\n", text);
	article_release(&now);
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	weir_base_dao  articles = weir_get_dao(session, &article_model);
	const article *seen = NULL, *again = NULL;
	int rc = weir_base_dao_create(&articles, &(article){ .text = "draft" }, WEIR_SET(article, text), &seen, err);

	if (rc == WEIR_OK)
		rc = save(&articles, seen, "Ada's", err);
	if (rc == WEIR_OK && save(&articles, seen, "Bob's", err) == WEIR_ERR_STALE)
		rc = weir_base_dao_get_by_id(&articles, seen, &again, err);
	if (rc == WEIR_OK)
		rc = save(&articles, again, "Ada's and Bob's", err);
	article_release(&seen);
	article_release(&again);
	return rc;
}

int main(void)
{
	static const weir_model *const models[] = { &article_model, NULL };
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
		rc = weir_run_script(session, "DROP TABLE articles", &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * saved: Ada's, version 2
 * "Bob's" would undo what somebody else has saved
 * saved: Ada's and Bob's, version 3
 */
