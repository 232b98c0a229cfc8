/* The policy `fail`: every kind of write against a Redis that is killed, frozen, or cut off at the guard or at the release. A write that
 * could not be guarded has changed nothing and can be repeated; one whose release is lost is committed, says so, and gives its results. */
#include "cache/redis_script.h"
#include "support/library.h"
#include "support/proxy.h"
#include "support/servers.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct blog   blog; /* without a cache: fixtures */
static struct server redis;

/* A write on a session of its own. */
typedef struct writing {
	weir_session *session;
	weir_error    err;
	int64_t       author, book, worker;
	int32_t       tag;
	int64_t       results; /* -1: the kind of write has none; else how many were given */
} writing;

static weir_base_dao dao(const writing *w, const weir_model *model)
{
	return weir_get_dao(w->session, model);
}

/* ---- The writes ------------------------------------------------------------------------------------------------------------ */

static int create(writing *w)
{
	const author *made = NULL;
	weir_base_dao authors = dao(w, &author_model);
	int           rc = weir_base_dao_create(&authors, &(author){ .name = "n" }, WEIR_SET(author, name), &made, &w->err);

	w->results = made && made->id > 0;
	author_release(&made);
	return rc;
}

static int create_many(writing *w)
{
	author        rows[] = { { .name = "a" }, { .name = "b" } };
	author_list   list = WEIR_LIST_INIT;
	weir_base_dao authors = dao(w, &author_model);
	int           rc = weir_base_dao_create_many(&authors, rows, 2, WEIR_SET(author, name), &list, &w->err);

	w->results = list.count == 2;
	author_list_release(&list);
	return rc;
}

static int update(writing *w)
{
	const author *now = NULL;
	weir_base_dao authors = dao(w, &author_model);
	int           rc = weir_base_dao_update(&authors, &(author){ .id = w->author }, &(author){ .name = "new" },
	                                        WEIR_SET(author, name), &now, &w->err);

	w->results = now && strcmp(now->name, "new") == 0;
	author_release(&now);
	return rc;
}

static int delete (writing *w)
{
	bool          deleted = false;
	weir_base_dao books = dao(w, &book_model);
	int           rc = weir_base_dao_delete(&books, &(book){ .id = w->book }, &deleted, &w->err);

	w->results = deleted;
	return rc;
}

static int delete_cascading(writing *w)
{
	bool          deleted = false;
	weir_base_dao workers = dao(w, &worker_model);
	int           rc = weir_base_dao_delete(&workers, &(worker){ .id = w->worker }, &deleted, &w->err);

	w->results = deleted;
	return rc;
}

static int update_where(writing *w)
{
	weir_base_dao books = dao(w, &book_model);

	w->results = 0;
	return weir_base_dao_update_where(&books, weir_eq(book_c.id, w->book), &(book){ .title = "new" },
	                                  WEIR_SET(book, title), &w->results, &w->err);
}

static int delete_where(writing *w)
{
	weir_base_dao books = dao(w, &book_model);

	w->results = 0;
	return weir_base_dao_delete_where(&books, weir_eq(book_c.id, w->book), &w->results, &w->err);
}

static int update_where_returning(writing *w)
{
	book_list     list = WEIR_LIST_INIT;
	weir_base_dao books = dao(w, &book_model);
	int rc = weir_base_dao_update_where_returning(&books, weir_eq(book_c.id, w->book), &(book){ .title = "new" },
	                                              WEIR_SET(book, title), &list, &w->err);

	w->results = (int64_t)list.count;
	book_list_release(&list);
	return rc;
}

static int upsert(writing *w)
{
	const tag    *made = NULL;
	bool          created = false;
	weir_base_dao tags = dao(w, &tag_model);
	int           rc = weir_base_dao_get_or_create(&tags, &(tag){ .name = "fresh" },
	                                               WEIR_UPSERT(.set = WEIR_SET(tag, name), .on = tag_c.name.column), &made,
	                                               &created, &w->err);

	w->results = made && created;
	tag_release(&made);
	return rc;
}

static int upsert_many(writing *w)
{
	country       rows[] = { { "de", "Germany" }, { "fr", "France" } };
	country_list  list = WEIR_LIST_INIT;
	weir_base_dao countries = dao(w, &country_model);
	int rc = weir_base_dao_upsert_many(&countries, rows, 2, WEIR_UPSERT(.set = WEIR_SET(country, code, name)), &list,
	                                   &w->err);

	w->results = list.count == 2;
	country_list_release(&list);
	return rc;
}

static int upsert_one(writing *w)
{
	const country *made = NULL;
	bool           created = false;
	weir_base_dao  countries = dao(w, &country_model);
	int            rc = weir_base_dao_upsert(&countries, &(country){ "de", "Germany" },
	                                         WEIR_UPSERT(.set = WEIR_SET(country, code, name)), &made, &created, &w->err);

	w->results = made && created;
	country_release(&made);
	return rc;
}

static int increment(writing *w)
{
	const book   *now = NULL;
	weir_base_dao books = dao(w, &book_model);
	int rc = weir_base_dao_increment(&books, &(book){ .id = w->book }, WEIR_BY(weir_by(book_c.year, 1)), &now, &w->err);

	w->results = now && now->year == 1901;
	book_release(&now);
	return rc;
}

static int execute(writing *w)
{
	w->results = 0;
	return weir_execute(w->session, WEIR_SQL("UPDATE books SET title = 'by hand' WHERE id = $1"), WEIR_PARAMS(w->book),
	                    WEIR_WRITES(book), &w->results, &w->err);
}

static int execute_into(writing *w)
{
	book_list list = WEIR_LIST_INIT;
	int rc = weir_execute_into(w->session, WEIR_SQL("UPDATE books SET title = 'by hand' WHERE id = $1 RETURNING *"),
	                           WEIR_PARAMS(w->book), &book_model, WEIR_WRITES_RETURNED(book), &list, &w->err);

	w->results = (int64_t)list.count;
	book_list_release(&list);
	return rc;
}

static int add_to_many(writing *w)
{
	w->results = -1;
	return author_edited_add(w->session, &(author){ .id = w->author }, &(book){ .id = w->book }, &w->err);
}

static int add_many_to_many(writing *w)
{
	w->results = -1;
	return book_tags_add(w->session, &(book){ .id = w->book }, &(tag){ .id = w->tag + 1 }, &w->err);
}

static int remove_from_many(writing *w)
{
	w->results = -1;
	return author_books_remove(w->session, &(author){ .id = w->author }, &(book){ .id = w->book }, &w->err);
}

static int remove_many_to_many(writing *w)
{
	w->results = -1;
	return book_tags_remove(w->session, &(book){ .id = w->book }, &(tag){ .id = w->tag }, &w->err);
}

static int create_related(writing *w)
{
	const tag   *made = NULL;
	book         owner = { .id = w->book };
	weir_related of = weir_related_to(w->session, &book_model, "tags", &owner);
	int          rc = weir_related_create(&of, &(tag){ .name = "made" }, WEIR_SET(tag, name), &made, &w->err);

	w->results = made != NULL;
	tag_release(&made);
	return rc;
}

static int in_transaction(writing *w)
{
	weir_session *tx = NULL, *savepoint = NULL;
	weir_base_dao authors, books;
	int           rc;

	w->results = -1;
	assert_ok(weir_begin(w->session, NULL, &tx, &w->err));
	assert_ok(weir_begin(tx, NULL, &savepoint, &w->err));
	authors = weir_get_dao(savepoint, &author_model);
	assert_ok(weir_base_dao_update(&authors, &(author){ .id = w->author }, &(author){ .name = "new" },
	                               WEIR_SET(author, name), NULL, &w->err));
	assert_ok(weir_commit(&savepoint, &w->err));
	books = weir_get_dao(tx, &book_model);
	assert_ok(weir_base_dao_delete(&books, &(book){ .id = w->book }, NULL, &w->err));
	rc = weir_commit(&tx, &w->err);
	ck_assert_ptr_null(tx);
	return rc;
}

static int work(weir_session *tx, void *argument, weir_error *err)
{
	writing      *w = argument;
	weir_base_dao authors = weir_get_dao(tx, &author_model);

	return weir_base_dao_update(&authors, &(author){ .id = w->author }, &(author){ .name = "new" },
	                            WEIR_SET(author, name), NULL, err);
}

static int transact(writing *w)
{
	w->results = -1;
	return weir_transact(w->session, NULL, work, w, &w->err);
}

typedef struct operation {
	const char *name;
	int (*run)(writing *w);
} operation;

#define OPERATION(name)                                                                                                \
	{                                                                                                                  \
#name, name                                                                                                    \
	}

static const operation operations[] = {
	OPERATION(create),           OPERATION(create_many),
	OPERATION(update),           OPERATION(delete),
	OPERATION(delete_cascading), OPERATION(update_where),
	OPERATION(delete_where),     OPERATION(update_where_returning),
	OPERATION(upsert),           OPERATION(upsert_one),
	OPERATION(upsert_many),      OPERATION(increment),
	OPERATION(execute),          OPERATION(execute_into),
	OPERATION(add_to_many),      OPERATION(add_many_to_many),
	OPERATION(remove_from_many), OPERATION(remove_many_to_many),
	OPERATION(create_related),   OPERATION(in_transaction),
	OPERATION(transact),
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* ---- The faults ------------------------------------------------------------------------------------------------------------ */

typedef struct fault {
	const char               *name;
	const weir__redis_script *at; /* NULL: of the server, before the write */
	enum proxy_fault          how;
	bool                      frozen;
} fault;

static const fault before_commit[] = {
	{ "killed before the guard", NULL, PROXY_PASS, false },
	{ "frozen before the guard", NULL, PROXY_PASS, true },
	{ "cut instead of the guard", &weir__redis_script_guard, PROXY_CUT_INSTEAD, false },
	{ "the guard swallowed", &weir__redis_script_guard, PROXY_SWALLOW, false },
	{ "the guard's answer lost", &weir__redis_script_guard, PROXY_CUT_BEFORE_REPLY, false },
	{ "silence from the guard on", &weir__redis_script_guard, PROXY_SILENCE, false },
};

static const fault after_commit[] = {
	{ "cut instead of the release", &weir__redis_script_release, PROXY_CUT_INSTEAD, false },
	{ "the release swallowed", &weir__redis_script_release, PROXY_SWALLOW, false },
	{ "the release's answer lost", &weir__redis_script_release, PROXY_CUT_BEFORE_REPLY, false },
	{ "silence from the release on", &weir__redis_script_release, PROXY_SILENCE, false },
};

static void setup(void)
{
	server_start(&redis, SERVER_REDIS);
	library_open(&blog, WEIR_CACHE_NONE);
}

static void teardown(void)
{
	blog_close(&blog);
	server_release(&redis);
}

static void make_rows(writing *w)
{
	blog_sql(&blog, "TRUNCATE authors, profiles, books, tags, book_tags, countries, workers; "
	                "INSERT INTO tags OVERRIDING SYSTEM VALUE VALUES (1, 'red'), (2, 'blue'); SELECT 1");
	w->author = library_author(&blog, "ada");
	w->book = library_book(&blog, w->author, "one", 1900);
	w->worker = library_worker(&blog, 0, "boss");
	library_worker(&blog, w->worker, "worker");
	w->tag = 1;
	assert_ok(book_tags_add(blog.session, &(book){ .id = w->book }, &(tag){ .id = 1 }, &blog.err));
	w->results = 0;
	w->err = (weir_error)WEIR_ERROR_INIT;
}

/* All rows of all tables. */
static char *rows(void)
{
	return strdup(blog_sql(&blog,
	                       "SELECT string_agg(md5(t), ' ' ORDER BY t) FROM (SELECT a::text FROM authors a UNION ALL "
	                       "SELECT b::text FROM books b UNION ALL SELECT t::text FROM tags t UNION ALL "
	                       "SELECT 'link' || l FROM book_tags l UNION ALL SELECT c::text FROM countries c "
	                       "UNION ALL SELECT 'w' || w FROM workers w) AS all_rows (t)"));
}

static void open_through(writing *w, const char *url, weir_policy policy)
{
	w->session = blog_open_other(
		&blog, &(weir_options){
				   .models = library_models, .redis = url, .cache_timeout_ms = 100, .cache = { .policy = policy } });
}

static void begin_fault(const fault *f, struct proxy *proxy, char *url, size_t size)
{
	char *port = strchr(redis.address, ':');

	*proxy = (struct proxy){
		.fault = f->how, .text = f->at ? f->at->sha : NULL, .refuse_afterwards = true, .cuts_others = true
	};
	ck_assert_ptr_nonnull(port);
	proxy_start(proxy, "127.0.0.1", port + 1);
	snprintf(url, size, "redis://127.0.0.1:%d/0", proxy->port);
}

static void end_fault(const fault *f, struct proxy *proxy)
{
	proxy_stop(proxy);
	if (!f->at && f->frozen)
		server_resume(&redis);
	else if (!f->at)
		server_restart(&redis);
}

static void strike(const fault *f)
{
	if (!f->at && f->frozen)
		server_pause(&redis);
	else if (!f->at)
		server_kill(&redis);
}

static void check_refused(const operation *o, const fault *f, const writing *w, int rc)
{
	ck_assert_msg(rc == WEIR_ERR_CACHE && w->err.status == rc, "%s, %s: %s (%s)", o->name, f->name,
	              weir_status_name(rc), w->err.message);
	ck_assert_int_eq(w->err.effect, WEIR_EFFECT_NONE);
	ck_assert(weir_error_is_retryable(&w->err));
	ck_assert_msg(w->results <= 0, "%s, %s: results of what was rolled back", o->name, f->name);
}

static void check_unconfirmed(const operation *o, const fault *f, const writing *w, int rc)
{
	ck_assert_msg(rc == WEIR_ERR_UNCONFIRMED && w->err.status == rc, "%s, %s: %s (%s)", o->name, f->name,
	              weir_status_name(rc), w->err.message);
	ck_assert_int_eq(w->err.effect, WEIR_EFFECT_DONE);
	ck_assert(!weir_error_is_retryable(&w->err));
	ck_assert_msg(w->results != 0, "%s, %s: no results", o->name, f->name);
}

static void one(const operation *o, const fault *f, bool commits)
{
	writing      w = { .results = 0 };
	struct proxy proxy;
	char         url[64], *before, *after;
	int          rc;

	begin_fault(f, &proxy, url, sizeof url);
	make_rows(&w);
	open_through(&w, url, WEIR_POLICY_FAIL);
	before = rows();
	strike(f);
	rc = o->run(&w);
	after = rows();
	if (commits)
		check_unconfirmed(o, f, &w, rc);
	else
		check_refused(o, f, &w, rc);
	ck_assert_msg((strcmp(before, after) != 0) == commits, "%s, %s: %s", o->name, f->name,
	              commits ? "is not there" : "has changed something");
	weir_close(&w.session);
	end_fault(f, &proxy);
	free(before);
	free(after);
}

static void all(const fault *faults, size_t count, bool commits)
{
	setup();
	for (size_t f = 0; f < count; f++)
		for (size_t i = 0; i < OPERATIONS; i++)
			one(&operations[i], &faults[f], commits);
	teardown();
}

START_TEST(test_fail__a_write_that_cannot_be_guarded_is_rolled_back)
{
	all(before_commit, sizeof before_commit / sizeof before_commit[0], false);
}
END_TEST

START_TEST(test_fail__a_write_whose_release_is_lost_is_committed_and_says_so)
{
	all(after_commit, sizeof after_commit / sizeof after_commit[0], true);
}
END_TEST

/* Reads the author, who has this name. True: from the cache. */
static bool hits(writing *w, const char *name)
{
	const author    *found = NULL;
	weir_base_dao    authors = dao(w, &author_model);
	weir_cache_stats stats;

	weir_cache_manager_stats_reset(weir_session_cache(w->session), NULL);
	assert_ok(weir_base_dao_get_by_id_cached(&authors, &(author){ .id = w->author }, &found, &w->err));
	ck_assert_str_eq(found->name, name);
	author_release(&found);
	weir_cache_manager_stats(weir_session_cache(w->session), &author_model, &stats);
	return stats.hits > 0;
}

/* What the process owes the cache for the refused write is paid when the cache is back. */
START_TEST(test_fail__writes_and_cached_reads_go_on_when_redis_is_back)
{
	writing w = { .results = 0 };

	setup();
	make_rows(&w);
	open_through(&w, redis.url, WEIR_POLICY_FAIL);
	server_kill(&redis);
	assert_status(WEIR_ERR_CACHE, update(&w));
	ck_assert(!hits(&w, "ada"));
	server_restart(&redis);
	for (int i = 0; i < 1000 && !hits(&w, "ada"); i++)
		(void)poll(NULL, 0, 5);
	ck_assert(hits(&w, "ada"));
	assert_ok(update(&w));
	ck_assert(!hits(&w, "new"));
	ck_assert(hits(&w, "new"));
	weir_close(&w.session);
	teardown();
}
END_TEST

START_TEST(test_fail__what_changes_nothing_does_not_fail)
{
	writing       w = { .results = 0 };
	weir_session *tx = NULL;

	setup();
	make_rows(&w);
	open_through(&w, redis.url, WEIR_POLICY_FAIL);
	server_kill(&redis);
	w.author = INT64_MAX;
	assert_status(WEIR_NOT_FOUND, update(&w));
	assert_ok(weir_begin(w.session, NULL, &tx, &w.err));
	assert_ok(weir_commit(&tx, &w.err));
	weir_close(&w.session);
	teardown();
}
END_TEST

START_TEST(test_fail__can_be_the_policy_of_one_model_and_then_of_a_transaction_that_changes_it)
{
	writing                 w = { .results = 0 };
	const weir_cache_config fails = { .policy = WEIR_POLICY_FAIL };
	weir_cache_config       in_force;

	setup();
	make_rows(&w);
	open_through(&w, redis.url, WEIR_POLICY_INHERIT);
	assert_ok(weir_cache_manager_configure(weir_session_cache(w.session), &book_model, &fails, &w.err));
	assert_ok(weir_cache_manager_config(weir_session_cache(w.session), &author_model, &in_force, &w.err));
	ck_assert_int_eq(in_force.policy, WEIR_POLICY_DEGRADE);
	server_kill(&redis);
	assert_ok(update(&w));
	assert_status(WEIR_ERR_CACHE, increment(&w));
	assert_status(WEIR_ERR_CACHE, in_transaction(&w));
	weir_close(&w.session);
	teardown();
}
END_TEST

START_TEST(test_degrade__every_write_goes_on)
{
	writing w = { .results = 0 };

	setup();
	open_through(&w, redis.url, WEIR_POLICY_DEGRADE);
	server_kill(&redis);
	for (size_t i = 0; i < OPERATIONS; i++) {
		make_rows(&w);
		ck_assert_msg(operations[i].run(&w) == WEIR_OK, "%s: %s", operations[i].name, w.err.message);
		ck_assert_msg(w.results != 0, "%s", operations[i].name);
	}
	weir_close(&w.session);
	teardown();
}
END_TEST

START_TEST(test_policy__one_that_is_none_is_refused_by_name)
{
	weir_error              err = WEIR_ERROR_INIT;
	const weir_cache_config wrong = { .policy = (weir_policy)7 };

	setup();
	ck_assert_int_eq(weir_cache_manager_configure(weir_session_cache(blog.session), NULL, &wrong, &err),
	                 WEIR_ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "policy"));
	teardown();
}
END_TEST

WEIR_SUITE_TIMED("policy", 110, test_fail__a_write_that_cannot_be_guarded_is_rolled_back,
                 test_fail__a_write_whose_release_is_lost_is_committed_and_says_so,
                 test_fail__writes_and_cached_reads_go_on_when_redis_is_back,
                 test_fail__what_changes_nothing_does_not_fail,
                 test_fail__can_be_the_policy_of_one_model_and_then_of_a_transaction_that_changes_it,
                 test_degrade__every_write_goes_on, test_policy__one_that_is_none_is_refused_by_name);
