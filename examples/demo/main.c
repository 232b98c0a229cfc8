/* demo: a tour of weir on a real PostgreSQL and a real Redis, those of DATABASE_URL and REDIS_URL. Everything happens in a
 * schema and under a key prefix of its own, which are removed at the end, whatever happens in between. */
#include "demo.h"
#include "print.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

bool demo_stopped(void)
{
	return stopped != 0;
}

bool demo_claim(demo *d, bool is_true, const char *claim)
{
	if (!is_true) {
		print_line("  NOT SO: %s", claim);
		d->untrue++;
	}
	return is_true;
}

/* The bundled schema.sql, or the file of BLOG_SQL. The caller frees it. */
static char *read_schema(void)
{
	const char *path = getenv("BLOG_SQL") ? getenv("BLOG_SQL") : WEIR_SOURCE_DIR "/src/models/blog/schema.sql";
	FILE       *file = fopen(path, "r");
	size_t      room = 65536, size = 0;
	char       *text = file ? malloc(room) : NULL;

	if (text)
		size = fread(text, 1, room - 1, file);
	if (text)
		text[size] = '\0';
	if (file)
		fclose(file);
	if (size == 0)
		fprintf(stderr, "demo: cannot read %s\n", path);
	return text;
}

static int make_tables(demo *d, weir_error *err)
{
	char  create[96];
	char *tables = read_schema();
	int   rc;

	if (!tables)
		return WEIR_ERR_USAGE;
	snprintf(create, sizeof create, "CREATE SCHEMA %s", d->name);
	rc = weir_run_script(d->session, create, err);
	d->has_schema = rc == WEIR_OK;
	if (rc == WEIR_OK)
		rc = weir_run_script(d->session, tables, err);
	free(tables);
	return rc;
}

/* The keys first: flushing asks no table. */
static int clean_up(demo *d)
{
	char       drop[96];
	weir_error err = WEIR_ERROR_INIT;
	int        keys, tables;

	if (!d->has_schema)
		return WEIR_OK;
	keys = weir_cache_manager_flush(weir_session_cache(d->session), NULL, &err);
	if (keys < 0)
		fprintf(stderr, "demo: the keys %s* stay in Redis until they expire: %s\n", d->name, err.message);
	snprintf(drop, sizeof drop, "DROP SCHEMA IF EXISTS %s CASCADE", d->name);
	tables = weir_run_script(d->session, drop, &err);
	if (tables < 0)
		fprintf(stderr, "demo: the schema %s is still there: %s\n", d->name, err.message);
	return keys < 0 ? keys : tables;
}

static int run_chapters(demo *d, weir_error *err)
{
	static int (*const chapters[])(demo *, weir_error *) = { chapter_fill,   chapter_read,         chapter_relations,
		                                                     chapter_write,  chapter_transactions, chapter_mistakes,
		                                                     chapter_outage, chapter_statistics };
	int rc = make_tables(d, err);

	for (size_t i = 0; rc >= 0 && !stopped && i < sizeof chapters / sizeof chapters[0]; i++)
		rc = chapters[i](d, err);
	return rc;
}

static int open_session(demo *d, weir_error *err)
{
	weir_options options = {
		.postgres = d->postgres,
		.redis = d->redis,
		.models = blog_models,
		.schema = d->name,
		.cache_prefix = d->name,
		.cache_timeout_ms = DEMO_CACHE_TIMEOUT_MS,
		.application_name = "weir demo",
		.lazy = true, /* the tables are made by the demo itself */
	};

	snprintf(d->name, sizeof d->name, "weir_demo_%ld_%lld", (long)getpid(),
	         (long long)(weir_time_now().unix_us % 1000000));
	return weir_open(&options, &d->session, err);
}

/* weir itself works without Redis; a tour of its cache does not. */
static bool is_redis_up(const demo *d)
{
	bool up = weir_cache_manager_is_up(weir_session_cache(d->session));

	for (int i = 0; !up && i < 20; i++) { /* a busy machine may need more than the first try */
		(void)poll(NULL, 0, 50);
		up = weir_cache_manager_is_up(weir_session_cache(d->session));
	}
	if (!up)
		fprintf(stderr, "demo: the Redis of REDIS_URL does not answer\n");
	return up;
}

static int report(const demo *d, int rc, const weir_error *err, int64_t us)
{
	char text[16];

	if (rc < 0)
		fprintf(stderr, "\ndemo: %s: %s\n", weir_status_name(rc),
		        err->message[0] ? err->message : weir_status_text(rc));
	else if (stopped)
		printf("\nStopped; schema and keys are removed.\n");
	else
		printf("\nSchema and keys are removed. All of it took %s.\n", time_text(us, text));
	if (d->untrue > 0)
		printf("%d of the claims above are not so.\n", d->untrue);
	return rc < 0 || d->untrue > 0 || stopped;
}

int main(void)
{
	demo             d = { .postgres = getenv("DATABASE_URL"), .redis = getenv("REDIS_URL") };
	weir_error       err = WEIR_ERROR_INIT;
	int64_t          started_us = clock_us();
	struct sigaction action = { .sa_handler = stop };
	int              rc;

	if (!d.postgres || !d.redis) {
		fprintf(stderr, "demo: DATABASE_URL and REDIS_URL say which servers to use; ./dev demo sets them\n");
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	rc = open_session(&d, &err);
	if (rc >= 0 && !is_redis_up(&d)) {
		weir_close(&d.session);
		return 2;
	}
	if (rc >= 0) {
		printf("weir %d.%d.%d, a tour. Schema and prefix of keys: %s\n", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR,
		       WEIR_VERSION_PATCH, d.name);
		rc = run_chapters(&d, &err);
		if (clean_up(&d) < 0 && rc >= 0)
			rc = WEIR_ERR_CACHE;
	}
	weir_close(&d.session);
	return report(&d, rc, &err, clock_us() - started_us);
}
