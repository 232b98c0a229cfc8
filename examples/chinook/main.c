/* chinook: weir on a database that it was not made for. Loads the Chinook database from the file that CHINOOK_SQL names into a
 * schema of its own, asks questions through cached DAOs, each twice, changes some rows, asks again, and compares every
 * answer with SQL's. Ends with 1 if any differs, or if an answer that should have come from Redis did not. */
#include "oracle.h"
#include "questions.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct shop {
	char          name[64]; /* of the schema, and the prefix of the keys */
	weir_session *session;
	oracle       *oracle;
	int           wrong;
} shop;

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	long  size = -1;
	char *text = NULL;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size > 0)
		text = calloc(1, (size_t)size + 1);
	if (!text || fseek(file, 0, SEEK_SET) != 0 || fread(text, 1, (size_t)size, file) != (size_t)size)
		perror(path);
	if (file)
		fclose(file);
	return text;
}

/* What follows the line that begins with \c: before it a database is made, and psql told to go there. */
static const char *tables_of(const char *script)
{
	const char *connect = strstr(script, "\n\\c ");

	return connect ? connect + 1 + strcspn(connect + 1, "\n") : script;
}

static int load(shop *s, const char *path, weir_error *err)
{
	char  create[96];
	char *script = read_file(path);
	int   rc;

	if (!script)
		return WEIR_ERR_USAGE;
	snprintf(create, sizeof create, "CREATE SCHEMA %s", s->name);
	rc = weir_run_script(s->session, create, err);
	if (rc == WEIR_OK)
		rc = weir_run_script(s->session, tables_of(script), err);
	free(script);
	return rc;
}

static uint64_t queries_of(weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	return stats.queries;
}

/* Asks once through the cache; the answer is to be freed. *queries is how many statements that took. */
static char *ask(shop *s, const question *q, int *queries)
{
	char      *answer = NULL;
	size_t     size;
	weir_error err = WEIR_ERROR_INIT;
	uint64_t   before = queries_of(s->session);
	FILE      *out = open_memstream(&answer, &size);
	int        rc = out ? q->ask(s->session, out, &err) : WEIR_ERR_NO_MEMORY;

	*queries = (int)(queries_of(s->session) - before);
	if (out)
		fclose(out);
	if (rc != WEIR_OK) {
		fprintf(stderr, "%s: %s: %s\n", q->text, weir_status_name(rc), err.message);
		s->wrong++;
	}
	return answer;
}

static bool is_right(shop *s, const char *answer, const char *truth)
{
	if (answer && truth && truth[0] && strcmp(answer, truth) == 0)
		return true;
	s->wrong++;
	printf("   NOT SO: weir says\n%s   and SQL\n%s", answer ? answer : "nothing\n", truth ? truth : "nothing\n");
	return false;
}

static void ask_twice(shop *s, const question *q)
{
	int   first_queries, second_queries, lines = 0;
	char *truth = oracle_ask(s->oracle, q->sql);
	char *first = ask(s, q, &first_queries);
	char *second = ask(s, q, &second_queries);

	for (const char *c = truth; c && *c; c++)
		lines += *c == '\n';
	printf("   %4d %8d %6d   %s\n", lines, first_queries, second_queries, q->text);
	if (is_right(s, first, truth))
		is_right(s, second, truth);
	if (second_queries != 0) {
		printf("   NOT SO: the second answer came from Redis\n");
		s->wrong++;
	}
	free(second);
	free(first);
	free(truth);
}

static void ask_all(shop *s, const char *title)
{
	printf("%s\n   rows  queries  again\n", title);
	for (size_t i = 0; i < QUESTIONS; i++)
		ask_twice(s, &questions[i]);
}

/* Each of these changes the answer to a question. */
static int change(shop *s, weir_error *err)
{
	weir_base_dao albums = weir_get_dao(s->session, &album_model), tracks = weir_get_dao(s->session, &track_model);
	weir_base_dao lines = weir_get_dao(s->session, &invoice_line_model);
	weir_base_dao entries = weir_get_dao(s->session, &playlist_track_model);
	weir_base_dao staff = weir_get_dao(s->session, &employee_model);
	int64_t       changed = 0;
	int           rc = weir_base_dao_update(&albums, &(album){ .album_id = 1 }, &(album){ .title = "Renamed" },
	                                        WEIR_SET(album, title), NULL, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_update_where(&tracks, weir_contains(chinook_c.track_name, "Love"),
		                                &(track){ .composer = "Anon." }, WEIR_SET(track, composer), &changed, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_create(&entries, &(playlist_track){ 16, 1 }, weir_set_all(&playlist_track_model), NULL, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_delete(&entries, &(playlist_track){ 16, 2194 }, NULL, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_update(&lines, &(invoice_line){ .invoice_line_id = 1 },
		                          &(invoice_line){ .unit_price = { "999.99" } }, WEIR_SET(invoice_line, unit_price),
		                          NULL, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_update(&staff, &(employee){ .employee_id = 8 }, &(employee){ .reports_to = weir_null_i32() },
		                          WEIR_SET(employee, reports_to), NULL, err);
	if (rc == WEIR_OK)
		printf("Six writes: %d tracks changed by one of them.\n", (int)changed);
	return rc;
}

static int run(shop *s, const char *postgres, const char *path, weir_error *err)
{
	int rc = load(s, path, err);

	if (rc != WEIR_OK)
		return rc;
	s->oracle = oracle_open(postgres, s->name);
	if (!s->oracle)
		return WEIR_ERR_CONNECT;
	ask_all(s, "Fourteen questions, each asked twice, compared with SQL:");
	rc = change(s, err);
	if (rc == WEIR_OK)
		ask_all(s, "The same questions afterwards:");
	return rc;
}

static int clean_up(shop *s, weir_error *err)
{
	char drop[96];
	int  rc = weir_cache_manager_flush(weir_session_cache(s->session), NULL, err);

	oracle_close(s->oracle);
	snprintf(drop, sizeof drop, "DROP SCHEMA IF EXISTS %s CASCADE", s->name);
	return weir_run_script(s->session, drop, err) < 0 ? WEIR_ERR_DATABASE : rc;
}

int main(void)
{
	const char  *path = getenv("CHINOOK_SQL");
	weir_error   err = WEIR_ERROR_INIT;
	shop         s = { .wrong = 0 };
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = chinook_models,
		.schema = s.name,
		.cache_prefix = s.name,
		.timeout_ms = 60000,      /* loading is one call */
		.cache_timeout_ms = 2000, /* a busy machine must not look like a Redis that is down */
		.lazy = true,             /* the tables come with the script */
	};
	int rc;

	if (!path || !path[0])
		return puts("skipped: CHINOOK_SQL is not set"), 0;
	snprintf(s.name, sizeof s.name, "chinook_%ld_%lld", (long)getpid(), (long long)(weir_time_now().unix_us % 1000000));
	rc = weir_open(&options, &s.session, &err);
	if (rc == WEIR_OK) {
		int cleaned;

		rc = run(&s, options.postgres, path, &err);
		cleaned = clean_up(&s, rc < 0 ? NULL : &err);
		rc = rc != WEIR_OK ? rc : cleaned;
	}
	weir_close(&s.session);
	if (rc != WEIR_OK)
		fprintf(stderr, "chinook: %s: %s\n", weir_status_name(rc), err.message);
	else
		printf(s.wrong ? "%d answers are wrong.\n" : "All answers are right.\n", s.wrong);
	return rc != WEIR_OK || s.wrong > 0;
}
