/* The bench's own surface: what is measured, with what data, and how.
 *
 * main.c goes through it in this order: options, data (dataset.c), what SQL says about it (oracle.c), both sides opened
 * (weir_side.c, baseline/), pinning, verification of every operation on both sides, and only then the rounds (measure.c)
 * and the report. operations.c is the table that all of that goes by.
 */
#ifndef BENCH_H
#define BENCH_H

#include "baseline/baseline.h"

#include <blog/blog.h>

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_SCHEMA      "weir_bench"
#define BENCH_PREFIX      "weir_bench"
#define BENCH_LIST_LENGTH 100

enum bench_side { BENCH_WEIR, BENCH_BASELINE, BENCH_SIDES };

typedef struct bench_sizes {
	int64_t users;
	int64_t posts;
	int64_t comments;
	int64_t hot; /* users 1 to hot are read through the cache */
} bench_sizes;

typedef struct bench_options {
	const char *json_file; /* or NULL */
	const char *plot_file; /* or NULL */
	const char *ops;       /* names with commas between, or NULL for all */
	int         rounds;
	double      seconds;
	long count;   /* operations of a round instead, and nothing is verified: for counting what one costs; 0: not so */
	int  threads; /* callers at a time */
	int  rows;    /* of the lists of rows_db, rows_hit and rows_near */
	bool small;
	int  only; /* one side, BENCH_SIDES for both */
} bench_options;

/* What SQL says about every user, in memory; users[id - 1]. */
typedef struct bench_oracle {
	PGresult      *result;
	baseline_user *users;
	int64_t       *random_ids; /* of hot users: for operations on many */
	size_t         random_id_count;
	uint32_t      *zipf_picks; /* of hot users, some much more often than others */
	size_t         zipf_count;
} bench_oracle;

/* Of each caller one, with connections of its own for the baseline; the first is the main program's. */
typedef struct bench bench;
struct bench {
	bench_options      options;
	bench_sizes        sizes;
	PGconn            *sql; /* for data and oracle; neither side's */
	bench_oracle       oracle;
	weir_session      *session;
	user_dao           users;
	weir_error         err;
	baseline           baseline;
	weir_session      *async_session; /* the same with synchronous_commit off */
	user_dao           async_users;
	const char        *postgres_url, *redis_url;
	weir_session      *near_session; /* the same with a near cache; only while an operation on it runs */
	user_dao           near_users;
	weir_futures      *futures; /* of this caller; made when an operation needs them */
	baseline           async_baseline;
	uint64_t           created; /* makes the names of created users unique */
	struct bench_many *many;    /* what is created at once (many.c) */
	const char        *net;
	int                cpu;        /* everything runs on it; -1: not pinned */
	char               error[700]; /* what went wrong */
	bench             *others;     /* the callers besides this one: options.threads - 1 */
};

/* Keeps a message in bench->error; always false. */
bool bench_fail(bench *b, const char *format, ...) WEIR_PRINTF(2, 3);

/* ---- Data and oracle ---- */

/* Runs SQL that gives no rows. */
bool bench_sql(bench *b, const char *sql);
/* The tables with their contents, made where they are not there yet. */
bool bench_dataset_load(bench *b);
/* Removes what operations created, and brings the tables to rest. */
bool bench_dataset_tidy(bench *b);

bool bench_oracle_load(bench *b);
void bench_oracle_release(bench *b);

/* ---- Checking ---- */

/* What an operation gave, compared with SQL as it is given. An operation gets NULL for it while it is timed. */
typedef struct bench_check {
	bool     fresh; /* rows have changed: compare with the database and not with the memory */
	size_t   users; /* seen */
	uint64_t posts; /* a digest of all posts and comments that were seen, in their order */
} bench_check;

/* Compares field by field; false with the reason in b->error. */
bool bench_check_user(bench *b, bench_check *check, const baseline_user *record);
/* Takes a post or comment into check->posts; at the end that is compared with what SQL says of 100 users from first on. */
void bench_check_post(bench_check *check, const baseline_post *seen);
void bench_check_comment(bench_check *check, const baseline_comment *seen);
bool bench_check_posts(bench *b, const bench_check *check, int64_t first, bool comments);
/* Compares a number with what a statement says. */
bool bench_check_number(bench *b, int64_t number, const char *sql);

/* ---- Operations ---- */

/* What an operation's pick chooses among. */
enum bench_domain {
	BENCH_ANY_USER,
	BENCH_HOT_USER,
	BENCH_ANY_LIST,
	BENCH_HOT_LIST,
	BENCH_HOT_IDS,
	BENCH_ZIPF,
	BENCH_ONE
};

/* One operation; false with the reason in b->error. Checks identity and number of what it gets in any case. */
typedef bool (*bench_run)(bench *b, size_t pick, bench_check *check);

typedef struct bench_operation {
	const char       *name;
	bench_run         run[BENCH_SIDES];
	enum bench_domain domain;
	size_t            items;              /* users that one operation gives */
	bool              each;               /* each of them is counted as an operation */
	bench_run         reads[BENCH_SIDES]; /* what it does to cached users among other things; NULL: nothing */
	bool              hit;                /* must come from the cache; a miss while it is timed is a failure */
	bool              write;
	bool              growth; /* only where it is named, and of weir alone */
} bench_operation;

extern const bench_operation bench_operations[];
extern const size_t          bench_operation_count;

size_t  bench_picks(const bench *b, enum bench_domain domain);
int64_t bench_first_id(size_t pick, enum bench_domain domain);
/* Of 100 picks so many are writes, the same ones each time. */
bool bench_is_write(size_t pick, unsigned percent);
/* Values for a user to be created or updated; texts go into room. */
void bench_new_values(bench *b, baseline_user *values, char room[256]);

#define BENCH_MANY 10000

/* BENCH_MANY users with new names, the same ones for both sides. NULL: out of memory. */
typedef struct bench_many {
	uint64_t      first; /* the number in the first name */
	user          given[BENCH_MANY];
	baseline_user values[BENCH_MANY];
	char          rooms[BENCH_MANY][96];
} bench_many;
bench_many *bench_many_new(bench *b);
/* Are these, and they alone, in the table as they were given? */
bool bench_check_many(bench *b, bench_check *check);

/* postgres_url with synchronous_commit off, to be freed. NULL: out of memory. */
char *bench_async_url(const char *postgres_url);

bool bench_weir_open(bench *b, const char *postgres_url, const char *redis_url);
void bench_weir_close(bench *b);

/* The session with a near cache, for an operation that needs one: its subscriber would hear of the writes of all others. */
bool bench_near_open(bench *b, const bench_operation *operation);
void bench_near_close(bench *b);

/* The connections of one caller's baseline. */
bool bench_baseline_open(bench *b, const char *postgres_url, const char *redis_url);
void bench_baseline_close(bench *b);

/* The callers of --threads besides the main program (callers.c). */
bool bench_callers_open(bench *b, const char *postgres_url, const char *redis_url);
void bench_callers_close(bench *b);

/* Runs an operation on all callers at a time for options.seconds; picks follow from the seed. */
bool bench_callers_run(bench *b, const bench_operation *operation, int side, uint64_t seed, double *ops_per_s,
                       double *cpu_us);

bool weir_get_by_id_db(bench *b, size_t pick, bench_check *check);
bool weir_get_by_id_hit(bench *b, size_t pick, bench_check *check);
bool weir_get_by_email_hit(bench *b, size_t pick, bench_check *check);
bool weir_get_many100_hit(bench *b, size_t pick, bench_check *check);
bool weir_futures16_hit(bench *b, size_t pick, bench_check *check);
bool weir_futures64_hit(bench *b, size_t pick, bench_check *check);
bool weir_list100_db(bench *b, size_t pick, bench_check *check);
bool weir_list100_hit(bench *b, size_t pick, bench_check *check);
bool weir_users100_posts(bench *b, size_t pick, bench_check *check);
bool weir_users100_posts_comments(bench *b, size_t pick, bench_check *check);
bool weir_users100_posts_hit(bench *b, size_t pick, bench_check *check);
bool weir_users100_posts_comments_hit(bench *b, size_t pick, bench_check *check);
bool weir_count_hit(bench *b, size_t pick, bench_check *check);
bool weir_exists_hit(bench *b, size_t pick, bench_check *check);
bool weir_create(bench *b, size_t pick, bench_check *check);
bool weir_create_many10k(bench *b, size_t pick, bench_check *check);
bool weir_create_many10k_returning(bench *b, size_t pick, bench_check *check);
bool weir_update_inval(bench *b, size_t pick, bench_check *check);
bool weir_update_inval_async(bench *b, size_t pick, bench_check *check);
bool weir_mixed_90_10(bench *b, size_t pick, bench_check *check);
bool weir_get_by_id_near(bench *b, size_t pick, bench_check *check);
bool weir_list100_near(bench *b, size_t pick, bench_check *check);
bool weir_mixed_90_10_near(bench *b, size_t pick, bench_check *check);
bool weir_mixed_99_1_near(bench *b, size_t pick, bench_check *check);

bool weir_rows_db(bench *b, size_t pick, bench_check *check);
bool weir_rows_hit(bench *b, size_t pick, bench_check *check);
bool weir_rows_near(bench *b, size_t pick, bench_check *check);

bool hand_get_by_id_db(bench *b, size_t pick, bench_check *check);
bool hand_get_by_id_hit(bench *b, size_t pick, bench_check *check);
bool hand_get_by_email_hit(bench *b, size_t pick, bench_check *check);
bool hand_get_many100_hit(bench *b, size_t pick, bench_check *check);
bool hand_get_many100_mget(bench *b, size_t pick, bench_check *check);
bool hand_pipeline16(bench *b, size_t pick, bench_check *check);
bool hand_pipeline64(bench *b, size_t pick, bench_check *check);
bool hand_list100_db(bench *b, size_t pick, bench_check *check);
bool hand_list100_hit(bench *b, size_t pick, bench_check *check);
bool hand_users100_posts(bench *b, size_t pick, bench_check *check);
bool hand_users100_posts_comments(bench *b, size_t pick, bench_check *check);
bool hand_users100_each_posts(bench *b, size_t pick, bench_check *check);
bool hand_count_hit(bench *b, size_t pick, bench_check *check);
bool hand_exists_hit(bench *b, size_t pick, bench_check *check);
bool hand_create(bench *b, size_t pick, bench_check *check);
bool hand_create_many10k(bench *b, size_t pick, bench_check *check);
bool hand_create_many10k_returning(bench *b, size_t pick, bench_check *check);
bool hand_update_inval(bench *b, size_t pick, bench_check *check);
bool hand_update_inval_async(bench *b, size_t pick, bench_check *check);
bool hand_mixed_90_10(bench *b, size_t pick, bench_check *check);
bool hand_mixed_99_1(bench *b, size_t pick, bench_check *check);

/* ---- Measuring and reporting ---- */

typedef struct bench_result {
	const bench_operation *operation;
	double                 ops_per_s[BENCH_SIDES]; /* medians */
	double                 cpu_us[BENCH_SIDES];    /* of this process without the servers, for one operation; medians */
	double                 ratio, ratio_low, ratio_high;
} bench_result;

/* Runs an operation on both sides and compares everything with SQL. */
bool bench_verify(bench *b, const bench_operation *operation);
/* Interleaved rounds. */
bool bench_measure(bench *b, const bench_operation *operation, bench_result *result);

/* Brings this process and local servers to one CPU; b->cpu stays -1 where that is not possible, with a message. */
void bench_pin(bench *b);

double bench_median(const double *values, size_t count);
/* A 95 % interval of the median by order statistics; below 6 values all there are. */
void bench_interval(const double *values, size_t count, double *low, double *high);

void bench_report_conditions(bench *b);
void bench_report_head(const bench *b);
void bench_report_line(const bench *b, const bench_result *result);
bool bench_report_json(bench *b, const bench_result *results, size_t count);
bool bench_plot(bench *b, const bench_result *results, size_t count);

/* False after a message on stderr. --help ends the program. */
bool bench_options_read(bench_options *options, int argc, char **argv);

#endif
