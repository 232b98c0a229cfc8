/* What it costs to guard and release 1, 4, 10 and 100 keys: the touches of weir, through its cache manager, beside the two scripts
 * sent by bare hiredis with keys that lie ready. One stamp, the rest records, as a write has them. Internal functions are
 * measured, so the program is linked with the static library.
 *
 *     bench_guards [--rounds N] [--seconds S] [--json FILE]      FILE: what ./dev bench wrote, to which this is added
 */
#define _GNU_SOURCE
#include "bench.h"

#include "cache/cache.h"
#include "cache/redis_script.h"

#include <hiredis/hiredis.h>

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEYS_MOST   100
#define KEY_SIZE    64
#define ROUNDS_MOST 101

typedef struct guards {
	int                 rounds;
	double              seconds;
	const char         *json_file;
	weir_cache_manager *cache;
	weir__cache_space  *space;
	redisContext       *redis;
	char                logical[KEYS_MOST][KEY_SIZE];
	char                physical[KEYS_MOST][KEY_SIZE];
	uint64_t            number;
} guards;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- weir ---------------------------------------------------------------------------------------------------------- */

static bool by_weir(guards *g, size_t count)
{
	weir__touches *touches = NULL;
	int            rc = weir__touches_create(g->cache, &touches, NULL);

	for (size_t i = 0; rc >= 0 && i + 1 < count; i++)
		rc = weir__touches_add_key(touches, g->space, (weir_bytes){ g->logical[i], strlen(g->logical[i]) });
	if (rc >= 0)
		rc = weir__touches_add_any(touches, g->space);
	if (rc >= 0)
		rc = weir__cache_guard(g->cache, touches, NULL);
	if (rc >= 0)
		rc = weir__cache_release(g->cache, touches);
	weir__touches_free(touches);
	return rc >= 0;
}

/* ---- By hand ------------------------------------------------------------------------------------------------------- */

typedef struct words {
	const char *at[2 * KEYS_MOST + 16];
	size_t      lengths[2 * KEYS_MOST + 16];
	int         count;
} words;

static void add(words *w, const char *word)
{
	w->at[w->count] = word;
	w->lengths[w->count++] = strlen(word);
}

static void begin(words *w, const guards *g, const weir__redis_script *script, size_t count, const char *number)
{
	w->count = 0;
	add(w, "EVALSHA");
	add(w, script->sha);
	add(w, number);
	for (size_t i = 0; i + 1 < count; i++)
		add(w, g->physical[i]);
	add(w, g->physical[KEYS_MOST - 1]);
}

static bool send_words(guards *g, const words *w, size_t count)
{
	redisReply *reply = redisCommandArgv(g->redis, w->count, (const char **)(uintptr_t)w->at, w->lengths);
	bool        done = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == (long long)count;

	freeReplyObject(reply);
	return done;
}

static bool by_hand(guards *g, size_t count)
{
	char  nonce[24], stamp[24], number[8];
	words w;

	g->number++;
	snprintf(number, sizeof number, "%zu", count);
	snprintf(nonce, sizeof nonce, "%016" PRIx64, g->number);
	snprintf(stamp, sizeof stamp, "S%016" PRIx64, g->number);
	begin(&w, g, &weir__redis_script_guard, count, number);
	add(&w, nonce);
	add(&w, "15000");
	add(&w, "weir_guards:near");
	add(&w, "");
	if (!send_words(g, &w, count))
		return false;
	begin(&w, g, &weir__redis_script_release, count, number);
	add(&w, nonce);
	add(&w, "86400000");
	add(&w, "weir_guards:near");
	add(&w, "");
	for (size_t i = 0; i + 1 < count; i++)
		add(&w, "");
	add(&w, stamp);
	return send_words(g, &w, count);
}

/* ---- Rounds -------------------------------------------------------------------------------------------------------- */

typedef bool (*side)(guards *g, size_t count);

static double per_second(guards *g, side run, size_t count)
{
	double began = now_s(), took;
	long   done = 0;

	do {
		for (int i = 0; i < 16; i++, done++)
			if (!run(g, count))
				return 0;
		took = now_s() - began;
	} while (took < g->seconds);
	return (double)done / took;
}

static bool measure(guards *g, size_t count, cJSON *results)
{
	static const side sides[] = { by_weir, by_hand };
	double            rates[2][ROUNDS_MOST], ratios[ROUNDS_MOST], low, high;
	cJSON            *object = cJSON_CreateObject();
	char              name[32];

	for (int round = 0; round < g->rounds; round++) {
		for (int turn = 0; turn < 2; turn++) {
			int which = (turn + round) % 2;

			rates[which][round] = per_second(g, sides[which], count);
			if (rates[which][round] == 0)
				return false;
		}
		ratios[round] = rates[0][round] / rates[1][round];
	}
	bench_interval(ratios, (size_t)g->rounds, &low, &high);
	snprintf(name, sizeof name, "guard_release_%zu", count);
	printf("%-22s %10.0f %10.0f %8.2f   %.2f to %.2f\n", name, bench_median(rates[0], (size_t)g->rounds),
	       bench_median(rates[1], (size_t)g->rounds), bench_median(ratios, (size_t)g->rounds), low, high);
	cJSON_AddStringToObject(object, "op", name);
	cJSON_AddNumberToObject(object, "threads", 1);
	cJSON_AddStringToObject(object, "net", strncmp(getenv("REDIS_URL"), "unix:", 5) == 0 ? "unix" : "tcp");
	cJSON_AddNumberToObject(object, "weir_ops_per_s", bench_median(rates[0], (size_t)g->rounds));
	cJSON_AddNumberToObject(object, "baseline_ops_per_s", bench_median(rates[1], (size_t)g->rounds));
	cJSON_AddNumberToObject(object, "ratio", bench_median(ratios, (size_t)g->rounds));
	cJSON_AddNumberToObject(object, "ratio_low", low);
	cJSON_AddItemToArray(results, object);
	return true;
}

/* ---- The results in a file ----------------------------------------------------------------------------------------- */

/* What is in the file already; an empty array where nothing is. */
static cJSON *read_results(const char *path)
{
	FILE  *file = path ? fopen(path, "r") : NULL;
	char  *text = calloc(1, 1 << 20);
	cJSON *array = NULL;

	if (file && text && fread(text, 1, (1 << 20) - 1, file) > 0)
		array = cJSON_Parse(text);
	if (file)
		fclose(file);
	free(text);
	return cJSON_IsArray(array) ? array : cJSON_CreateArray();
}

static bool write_results(const char *path, const cJSON *results)
{
	FILE *file = path ? fopen(path, "w") : NULL;
	char *text = cJSON_Print(results);
	bool  written = !path || (file && text && fprintf(file, "%s\n", text) > 0);

	if (file)
		written = fclose(file) == 0 && written;
	cJSON_free(text);
	return written;
}

/* ---- The run ------------------------------------------------------------------------------------------------------- */

static int failed(const char *what)
{
	fprintf(stderr, "bench_guards: %s\n", what);
	return EXIT_FAILURE;
}

/* This process and a local Redis on one CPU, as for one caller in bench. */
static void pin(void)
{
	const char *pid = getenv("WEIR_BENCH_REDIS_PID");
	cpu_set_t   set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (pid && sched_setaffinity((pid_t)strtol(pid, NULL, 10), sizeof set, &set) == 0)
		(void)sched_setaffinity(0, sizeof set, &set);
}

static bool open_redis(guards *g, const char *url)
{
	char host[64] = "127.0.0.1";
	int  port = 6379;

	if (strncmp(url, "unix://", 7) == 0)
		g->redis = redisConnectUnix(url + 7);
	else if (sscanf(url, "redis://%63[^:]:%d", host, &port) >= 1)
		g->redis = redisConnect(host, port);
	if (!g->redis || g->redis->err)
		return false;
	freeReplyObject(redisCommand(g->redis, "SCRIPT LOAD %s", weir__redis_script_guard.text));
	freeReplyObject(redisCommand(g->redis, "SCRIPT LOAD %s", weir__redis_script_release.text));
	return true;
}

static bool open_cache(guards *g, const char *url)
{
	static const weir_model     model = { .name = "user", .table = "users" };
	weir__cache_manager_options options = { .prefix = "weir_guards", .timeout_ms = 1000 };

	return weir__cache_backend_redis(url, NULL, &options.backend, NULL) == WEIR_OK &&
	       weir__cache_manager_create(&options, &g->cache, NULL) == WEIR_OK &&
	       weir__cache_space_create(g->cache, &model, "users", 7, &g->space, NULL) == WEIR_OK;
}

static void name_keys(guards *g)
{
	for (int i = 0; i < KEYS_MOST; i++) {
		snprintf(g->logical[i], KEY_SIZE, "user:id:%d", 1000 + i);
		snprintf(g->physical[i], KEY_SIZE, "weir_hand:0123456789abcdef:{user:id:%d}", 1000 + i);
	}
	snprintf(g->physical[KEYS_MOST - 1], KEY_SIZE, "weir_hand:0123456789abcdef:{users}:s:any");
}

static bool read_options(guards *g, int argc, char **argv)
{
	g->rounds = 9;
	g->seconds = 0.2;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--rounds") == 0)
			g->rounds = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			g->seconds = strtod(argv[i + 1], NULL);
		else if (strcmp(argv[i], "--json") == 0)
			g->json_file = argv[i + 1];
		else
			return false;
	}
	return argc % 2 == 1 && g->rounds >= 1 && g->rounds <= ROUNDS_MOST;
}

int main(int argc, char **argv)
{
	static const size_t counts[] = { 1, 4, 10, KEYS_MOST };
	static guards       g;
	const char         *url = getenv("REDIS_URL");
	cJSON              *results;
	bool                done = true;

	if (!read_options(&g, argc, argv))
		return failed("[--rounds N] [--seconds S] [--json FILE]");
	name_keys(&g);
	if (!url || !open_redis(&g, url) || !open_cache(&g, url))
		return failed("REDIS_URL says which server to use; ./dev bench starts a private one");
	pin();
	results = read_results(g.json_file);
	printf("\n%-22s %10s %10s %8s   %s\n", "guard and release", "weir ops/s", "by hand", "ratio", "95 % of the ratio");
	for (size_t i = 0; done && i < sizeof counts / sizeof counts[0]; i++)
		done = measure(&g, counts[i], results);
	done = done && write_results(g.json_file, results);
	cJSON_Delete(results);
	weir__cache_manager_free(g.cache);
	redisFree(g.redis);
	return done ? EXIT_SUCCESS : failed("the server did not answer as it should");
}
