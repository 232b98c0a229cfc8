/* The conditions, the table, and the file of figures. */
#define _DEFAULT_SOURCE
#include "bench.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_SAMPLE 1000

/* The mean length of a user's JSON, as written by hand. */
static double record_bytes(const bench *b)
{
	size_t bytes = 0, count = (size_t)b->sizes.users < JSON_SAMPLE ? (size_t)b->sizes.users : JSON_SAMPLE;

	for (size_t i = 0; i < count; i++) {
		char *json = baseline_user_encode(&b->oracle.users[i]);

		bytes += json ? strlen(json) : 0;
		cJSON_free(json);
	}
	return (double)bytes / (double)count;
}

static void print_setting(bench *b, const char *name)
{
	char      sql[64];
	PGresult *result;

	snprintf(sql, sizeof sql, "SHOW %s", name);
	result = PQexec(b->sql, sql);
	printf(" %s %s", name, PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "?");
	PQclear(result);
}

void bench_report_conditions(bench *b)
{
	double load = 0;

	printf("%" PRId64 " users, %" PRId64 " posts, %" PRId64 " comments; %" PRId64
	       " users in the cache; a user's JSON has %.0f bytes\n",
	       b->sizes.users, b->sizes.posts, b->sizes.comments, b->sizes.hot, record_bytes(b));
	printf("PostgreSQL:");
	print_setting(b, "server_version");
	print_setting(b, "fsync");
	print_setting(b, "synchronous_commit");
	print_setting(b, "shared_buffers");
	printf("\n%d pairs of rounds of %.2f s, %d caller%s, ", b->options.rounds, b->options.seconds, b->options.threads,
	       b->options.threads > 1 ? "s" : "");
	if (b->cpu >= 0)
		printf("everything on CPU %d, ", b->cpu);
	else
		printf("not pinned, ");
	if (getloadavg(&load, 1) == 1)
		printf("load of the machine before: %.1f, ", load);
	printf("sockets: %s\n", b->net);
}

void bench_report_head(const bench *b)
{
	if (b->options.only != BENCH_SIDES)
		printf("\n%-22s %10s %14s\n", "operation", "ops/s", "client CPU us");
	else
		printf("\n%-22s %10s %10s %8s   %-17s   %s\n", "operation", "weir ops/s", "by hand", "ratio",
		       "95 % of the ratio", "client CPU us: weir, by hand");
	fflush(stdout);
}

void bench_report_line(const bench *b, const bench_result *result)
{
	int only = b->options.only;

	if (only != BENCH_SIDES)
		printf("%-22s %10.0f %14.2f\n", result->operation->name, result->ops_per_s[only], result->cpu_us[only]);
	else
		printf("%-22s %10.0f %10.0f %8.2f   %.2f to %-9.2f   %21.2f %8.2f\n", result->operation->name,
		       result->ops_per_s[BENCH_WEIR], result->ops_per_s[BENCH_BASELINE], result->ratio, result->ratio_low,
		       result->ratio_high, result->cpu_us[BENCH_WEIR], result->cpu_us[BENCH_BASELINE]);
	fflush(stdout);
}

static cJSON *object_of(const bench *b, const bench_result *result)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "op", result->operation->name);
	cJSON_AddNumberToObject(object, "threads", b->options.threads);
	cJSON_AddStringToObject(object, "net", b->net);
	cJSON_AddNumberToObject(object, "weir_ops_per_s", result->ops_per_s[BENCH_WEIR]);
	cJSON_AddNumberToObject(object, "baseline_ops_per_s", result->ops_per_s[BENCH_BASELINE]);
	cJSON_AddNumberToObject(object, "ratio", result->ratio);
	cJSON_AddNumberToObject(object, "ratio_low", result->ratio_low);
	return object;
}

bool bench_report_json(bench *b, const bench_result *results, size_t count)
{
	cJSON *array = cJSON_CreateArray();
	char  *text;
	FILE  *file;
	bool   written;

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(array, object_of(b, &results[i]));
	text = cJSON_Print(array);
	cJSON_Delete(array);
	file = fopen(b->options.json_file, "w");
	written = file && text && fprintf(file, "%s\n", text) > 0;
	if (file)
		written = fclose(file) == 0 && written;
	cJSON_free(text);
	return written || bench_fail(b, "cannot write %s", b->options.json_file);
}
