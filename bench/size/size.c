/* What a session costs: the time that weir_open takes with 1 to 300 models, and of that this process's own; the heap that a
 * session, a connection and a record take. The tables are made in a schema of their own and removed again.
 *
 *     bench_size          servers: DATABASE_URL
 */
#include <weir/weir.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODELS      300
#define ROUNDS      7
#define RECORDS     1000
#define CONNECTIONS 8
#define SCHEMA      "weir_size"
#define SCRIPT_MAX  (MODELS * 512)

typedef struct item {
	int64_t       id;
	const char   *username;
	const char   *email;
	const char   *full_name;
	const char   *bio;
	weir_opt_i32  age;
	weir_numeric  balance;
	bool          is_active;
	weir_time     created_at;
	weir_time     updated_at;
	weir_opt_time last_login_at;
} item;
WEIR_RECORD(item)

static const weir_field fields[] = {
	WEIR_FIELD(item, id, .primary_key = true),
	WEIR_FIELD(item, username, .unique = true),
	WEIR_FIELD(item, email, .unique = true),
	WEIR_FIELD(item, full_name, .nullable = true),
	WEIR_FIELD(item, bio, .nullable = true),
	WEIR_FIELD(item, age),
	WEIR_FIELD(item, balance),
	WEIR_FIELD(item, is_active),
	WEIR_FIELD(item, created_at),
	WEIR_FIELD(item, updated_at),
	WEIR_FIELD(item, last_login_at),
};

static char              names[MODELS][16];
static weir_model        models[MODELS];
static const weir_model *listed[MODELS + 1];
static char              script[SCRIPT_MAX];
static weir_error        err;

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "size: %s: %s %s\n", what, weir_status_name(rc), err.message);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t heap(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* ---- Models and tables ------------------------------------------------------------------------------------------- */

static void make_models(void)
{
	for (int i = 0; i < MODELS; i++) {
		snprintf(names[i], sizeof names[i], "item_%03d", i + 1);
		models[i] = (weir_model)WEIR_MODEL(item, NULL, fields);
		models[i].name = models[i].table = names[i];
	}
}

static const weir_model *const *first_models(size_t count)
{
	memset(listed, 0, sizeof listed);
	for (size_t i = 0; i < count; i++)
		listed[i] = &models[i];
	return listed;
}

static weir_session *open_session(size_t count, weir_options options)
{
	weir_session *session = NULL;

	options.postgres = getenv("DATABASE_URL");
	options.models = first_models(count);
	options.schema = SCHEMA;
	options.timeout_ms = 60000;
	check(weir_open(&options, &session, &err), "open");
	return session;
}

/* Of any session: the tables need not be there. */
static void run_script(const char *text)
{
	weir_session *session =
		open_session(1, (weir_options){ .cache_kind = WEIR_CACHE_NONE, .schema_check = WEIR_SCHEMA_SKIP });

	check(weir_run_script(session, text, &err), "script");
	weir_close(&session);
}

static void make_tables(void)
{
	size_t at =
		(size_t)snprintf(script, sizeof script, "DROP SCHEMA IF EXISTS " SCHEMA " CASCADE; CREATE SCHEMA " SCHEMA ";");

	for (int i = 0; i < MODELS; i++)
		at += (size_t)snprintf(
			script + at, sizeof script - at,
			"CREATE TABLE " SCHEMA ".%s (id bigint PRIMARY KEY, username text NOT NULL UNIQUE, "
			"email text NOT NULL UNIQUE, full_name text, bio text, age int, balance numeric NOT NULL, "
			"is_active bool NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, "
			"last_login_at timestamptz);\n",
			names[i]);
	run_script(script);
}

/* ---- What is measured -------------------------------------------------------------------------------------------- */

static void measure_open(size_t count)
{
	double wall[ROUNDS], own[ROUNDS];
	size_t bytes = 0;

	for (int i = 0; i < ROUNDS; i++) {
		size_t        before = heap();
		double        started = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
		weir_session *session = open_session(count, (weir_options){ .cache_kind = WEIR_CACHE_NONE });

		wall[i] = (seconds(CLOCK_MONOTONIC) - started) * 1e3;
		own[i] = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3;
		bytes = heap() - before;
		weir_close(&session);
	}
	qsort(wall, ROUNDS, sizeof wall[0], compare);
	qsort(own, ROUNDS, sizeof own[0], compare);
	printf("%6zu models  %8.1f ms  %8.1f ms of this process  %8zu kB\n", count, wall[ROUNDS / 2], own[ROUNDS / 2],
	       bytes / 1024);
}

static void measure_connections(void)
{
	weir_session *one =
		open_session(1, (weir_options){ .cache_kind = WEIR_CACHE_NONE, .pool = { .min_connections = 1 } });
	size_t        before = heap();
	weir_session *more =
		open_session(1, (weir_options){ .cache_kind = WEIR_CACHE_NONE,
	                                    .pool = { .min_connections = 1 + CONNECTIONS, .max_connections = 16 } });
	size_t bytes = heap() - before;

	weir_close(&one);
	before = heap();
	one = open_session(
		1, (weir_options){ .cache_kind = WEIR_CACHE_NONE, .pool = { .min_connections = 1, .max_connections = 16 } });
	printf("a connection to PostgreSQL, idle: %zu kB\n", (bytes - (heap() - before)) / CONNECTIONS / 1024);
	weir_close(&more);
	weir_close(&one);
}

/* Records of 415 bytes as JSON. */
static const item *read_item(const weir_base_dao *items, int64_t id)
{
	const item *found = NULL;

	check(weir_base_dao_get_by_id_cached(items, &(item){ .id = id }, &found, &err), "get_by_id_cached");
	return found;
}

static void fill_table(void)
{
	run_script(
		"INSERT INTO " SCHEMA ".item_001 SELECT i, 'margarethe.lindqvist' || i, 'margarethe.' || i || '@example.org', "
		"'Margarethe Lindqvist-S\u00f8rensen', 'Grew up by the sea, reads maps for pleasure and keeps bees. Wrote a short "
		"history of weirs, which four people own.', 43, 1520.75, true, now(), now(), NULL FROM generate_series(1, 1000) i");
}

static void measure_records(void)
{
	static const item *held[RECORDS];
	weir_session      *session = open_session(1, (weir_options){ .cache_kind = WEIR_CACHE_MEMORY });
	weir_base_dao      items = weir_get_dao(session, &models[0]);
	size_t             before;

	before = heap();
	for (int64_t i = 0; i < RECORDS; i++)
		held[i] = read_item(&items, i + 1);
	size_t both = heap() - before;
	before = heap();
	for (size_t i = 0; i < RECORDS; i++)
		weir_record_release(held[i]);
	size_t records = before - heap();
	printf("a record of 11 columns: %zu bytes, and in a cache in memory: %zu bytes\n", records / RECORDS,
	       (both - records) / RECORDS);
	weir_close(&session);
}

static void measure_near(void)
{
	weir_near_cache *near = NULL;
	weir_near_stats  stats;

	check(weir_near_cache_create(&(weir_near_options){ .max_bytes = INT64_C(16) << 20 }, &near, &err), "near cache");
	weir_session *session =
		open_session(1, (weir_options){ .cache_kind = WEIR_CACHE_MEMORY, .near_cache = near, .cache.near = WEIR_ON });
	weir_base_dao items = weir_get_dao(session, &models[0]);
	for (int64_t i = 0; i < RECORDS; i++)
		for (int twice = 0; twice < 2; twice++)
			weir_record_release(read_item(&items, i + 1));
	weir_near_cache_stats(near, &stats);
	if (stats.entries > 0)
		printf("the same in a near cache: %llu bytes\n", (unsigned long long)(stats.bytes / stats.entries));
	weir_close(&session);
	weir_near_cache_release(&near);
}

int main(void)
{
	static const size_t counts[] = { 1, 10, 30, 100, 300 };

	if (!getenv("DATABASE_URL"))
		return fprintf(stderr, "size: DATABASE_URL is not set\n"), 2;
	make_models();
	make_tables();
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		measure_open(counts[i]);
	measure_connections();
	fill_table();
	measure_records();
	measure_near();
	run_script("DROP SCHEMA " SCHEMA " CASCADE");
	return 0;
}
