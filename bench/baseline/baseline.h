/* The other side of the comparison: users read, cached and written by hand with libpq, hiredis and cJSON.
 *
 * It is what a careful C programmer writes for this one table: one connection to each server, statements prepared once,
 * binary results, one allocation a record or list, a plain key for each thing that is cached, cache-aside reads, and a DEL
 * after each write. It knows nothing of weir. It also has none of weir's promises: a fill that meets a write leaves an
 * old record in the cache until it expires, lists but the first page too, and no call has a deadline of its own.
 *
 * Functions that give a bool or a pointer answer false or NULL after a failure, with the reason in `error`.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASELINE_LIST_LIMIT   100
#define BASELINE_TIME_TEXT    32 /* bytes that hold a time as text */
#define BASELINE_NUMERIC_TEXT 64 /* bytes that hold a numeric(12, 2) as text, with room */

/* One malloc: the struct and behind it the texts. free() it. */
typedef struct baseline_user {
	int64_t     id;
	const char *username;
	const char *email;
	const char *bio; /* or NULL */
	const char *balance;
	int64_t     created_us; /* since 1970 */
	int64_t     updated_us;
	int32_t     age;
	bool        has_age;
	bool        is_active;
} baseline_user;

/* One malloc: the structs and behind them the texts. free(list.items). */
typedef struct baseline_list {
	baseline_user *items;
	size_t         count;
} baseline_list;

typedef struct baseline_comment {
	int64_t       id, post_id, user_id;
	const char   *body;
	int64_t       created_us;
	int16_t       stars;
	bool          has_stars;
	unsigned char token[16];
} baseline_comment;

typedef struct baseline_post {
	int64_t                 id, user_id;
	const char             *title;
	const char             *body;
	const char             *meta; /* or NULL */
	int64_t                 views, created_us, updated_us;
	double                  rating;
	bool                    has_rating, published;
	const baseline_comment *comments; /* where they were asked for */
	size_t                  comment_count;
} baseline_post;

/* Users, their posts and the comments of those. baseline_tree_free() it. */
typedef struct baseline_tree {
	baseline_list  users;
	baseline_post *posts; /* by user, then by id */
	size_t         post_count;
	struct {
		size_t first, count;
	} posts_of[BASELINE_LIST_LIMIT]; /* per user, in posts */
	baseline_comment *comments;      /* by post, then by id */
	size_t            comment_count;
} baseline_tree;

typedef struct baseline {
	PGconn       *postgres;
	redisContext *redis;
	uint64_t      misses; /* cached reads that asked the database */
	char          error[256];
} baseline;

/* Connects to both servers and prepares the statements. redis_url is unix:///path or redis://host:port/.... On failure
 * baseline_close is to be called all the same. */
bool baseline_open(baseline *base, const char *postgres_url, const char *redis_url, const char *schema);
void baseline_close(baseline *base);
/* Deletes every key that it ever made. */
bool baseline_forget(baseline *base);

/* ---- From the database ---- */

baseline_user *baseline_get_by_id(baseline *base, int64_t id);
/* The first BASELINE_LIST_LIMIT users with at least this id, in their order. */
bool baseline_list_from(baseline *base, int64_t first_id, baseline_list *list);

/* The same with their posts, and on demand the comments of the posts: one query a level. */
bool baseline_users_with_posts(baseline *base, int64_t first_id, bool comments, baseline_tree *tree);
void baseline_tree_free(baseline_tree *tree);
/* The same with one query a user. */
bool baseline_users_and_each_posts(baseline *base, int64_t first_id, size_t *posts);

/* ---- From Redis, and what is not there from the database ---- */

baseline_user *baseline_get_by_id_cached(baseline *base, int64_t id);
baseline_user *baseline_get_by_email_cached(baseline *base, const char *email);
bool           baseline_list_from_cached(baseline *base, int64_t first_id, baseline_list *list);
bool           baseline_count_cached(baseline *base, int64_t *count);
bool           baseline_exists_cached(baseline *base, const char *username, bool *exists);
/* Fills users with count records, each to be freed: one GET after the other, GETs in one pipeline, or all by one MGET. */
bool baseline_get_many_by_get(baseline *base, const int64_t *ids, size_t count, baseline_user **users);
bool baseline_get_many_by_pipeline(baseline *base, const int64_t *ids, size_t count, baseline_user **users);
bool baseline_get_many_by_mget(baseline *base, const int64_t *ids, size_t count, baseline_user **users);

/* ---- Writes, and the keys that they make wrong ---- */

/* Uses username, email, bio, age and balance; gives the row as stored. */
baseline_user *baseline_create(baseline *base, const baseline_user *values);
/* Sets age and balance; gives the row as it then is. */
baseline_user *baseline_update(baseline *base, int64_t id, const baseline_user *values);

/* Many at once: by COPY, or by one INSERT that gives the rows back (free(list->items)). */
bool baseline_copy(baseline *base, const baseline_user *users, size_t count);
bool baseline_create_many(baseline *base, const baseline_user *users, size_t count, baseline_list *list);

/* ---- Inside ---- */

/* Runs a prepared statement; NULL unless it succeeded. */
PGresult *baseline_execute(baseline *base, const char *statement, int count, const char *const *values,
                           const int *lengths, const int *formats);
/* Sends a command; NULL unless it was answered with something else than an error. */
redisReply *baseline_command(baseline *base, int count, const char **words, const size_t *lengths);
bool        baseline_fail(baseline *base, const char *what, const char *why);

/* The statements' names, and the columns in the order that the decoders expect. */
#define BASELINE_BY_ID    "by_id"
#define BASELINE_BY_EMAIL "by_email"
#define BASELINE_LIST     "list"
#define BASELINE_COUNT    "count"
#define BASELINE_EXISTS   "exists"
#define BASELINE_CREATE   "create"
#define BASELINE_UPDATE   "update"
#define BASELINE_POSTS    "posts"
#define BASELINE_COMMENTS "comments"
#define BASELINE_COLUMNS  "id, username, email, bio, age, balance, is_active, created_at, updated_at"

/* Binary rows to records. NULL and false: out of memory. */
baseline_user *baseline_user_of_row(const PGresult *result, int row);
bool           baseline_list_of_rows(const PGresult *result, baseline_list *list);
int64_t        baseline_read_i64(const char *bytes);
void           baseline_write_i64(char bytes[8], int64_t value);
void           baseline_write_i32(char bytes[4], int32_t value);

/* Records to JSON and back. Texts are to be given to cJSON_free; NULL and false: out of memory, or not such JSON. */
char          *baseline_user_encode(const baseline_user *user);
baseline_user *baseline_user_decode(const char *text, size_t length);
char          *baseline_list_encode(const baseline_list *list);
bool           baseline_list_decode(const char *text, size_t length, baseline_list *list);

/* "2026-11-21T10:26:15.000123Z" of the years 0 to 9999. */
void baseline_time_write(char text[BASELINE_TIME_TEXT], int64_t unix_us);
bool baseline_time_read(const char *text, int64_t *unix_us);

#endif
