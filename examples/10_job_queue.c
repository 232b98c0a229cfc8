/* 10_job_queue: a table as a queue. Each worker takes the first job that nobody else works on, and holds it until its
 * transaction ends; a worker that fails leaves its job to the next. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct job {
	int64_t     id;
	const char *task;
	bool        done;
} job;
WEIR_RECORD(job)

static const weir_field job_fields[] = {
	WEIR_FIELD(job, id, .primary_key = true, .generated = true),
	WEIR_FIELD(job, task),
	WEIR_FIELD(job, done, .generated = true),
};
static const weir_model job_model = WEIR_MODEL(job, "jobs", job_fields);

static const struct {
	weir_bool_column done;
} job_c = { WEIR_BOOL_COLUMN(job, done) };

static const char create_table[] = "CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
								   "task text NOT NULL, done boolean NOT NULL DEFAULT false)";

/* Takes a job in the worker's transaction and marks it. */
static int work(const char *worker, weir_session *tx, weir_error *err)
{
	weir_base_dao jobs = weir_get_dao(tx, &job_model);
	job_list      list = WEIR_LIST_INIT;
	weir_query    next = {
		   .where = weir_eq(job_c.done, false),
		   .limit = 1,
		   .lock = WEIR_FOR_UPDATE,
		   .lock_wait = WEIR_SKIP_LOCKED,
	};
	int rc = weir_base_dao_get_all(&jobs, &next, &list, err);

	if (rc == WEIR_OK)
		printf("%s: %s\n", worker, list.count > 0 ? list.items[0]->task : "nothing to do");
	if (rc == WEIR_OK && list.count > 0)
		rc = weir_base_dao_update(&jobs, list.items[0], &(job){ .done = true }, WEIR_SET(job, done), NULL, err);
	job_list_release(&list);
	return rc;
}

/* Three workers at the same time; the first one fails. */
static int run(weir_session *session, weir_error *err)
{
	weir_session *one = NULL, *two = NULL, *three = NULL;
	weir_base_dao jobs = weir_get_dao(session, &job_model);
	const job     tasks[] = { { .task = "wash" }, { .task = "dry" } };
	int           rc = weir_base_dao_create_many(&jobs, tasks, 2, WEIR_SET(job, task), NULL, err);

	if (rc == WEIR_OK && (rc = weir_begin(session, NULL, &one, err)) == WEIR_OK)
		rc = work("one", one, err);
	if (rc == WEIR_OK && (rc = weir_begin(session, NULL, &two, err)) == WEIR_OK)
		rc = work("two", two, err);
	if (rc == WEIR_OK && (rc = weir_begin(session, NULL, &three, err)) == WEIR_OK)
		rc = work("three", three, err);
	weir_rollback(&one);
	if (rc == WEIR_OK)
		rc = work("three, when one has failed", three, err);
	if (rc == WEIR_OK)
		rc = weir_commit(&two, err);
	if (rc == WEIR_OK)
		rc = weir_commit(&three, err);
	weir_rollback(&two);
	weir_rollback(&three);
	return rc;
}

int main(void)
{
	static const weir_model *const models[] = { &job_model, NULL };
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
		rc = weir_run_script(session, "DROP TABLE jobs", &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * one: wash
 * two: dry
 * three: nothing to do
 * three, when one has failed: wash
 */
