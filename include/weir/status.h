/* Statuses and errors.
 *
 * Every function that can fail returns an int: 0 (WEIR_OK), a positive value for an outcome that a
 * caller expects (no such row), or a negative value for an error. The text and the facts about an
 * error go to a weir_error that the caller owns; passing NULL for it is always allowed.
 *
 *     weir_error err = WEIR_ERROR_INIT;
 *     if (user_dao_get_by_id(&users, 42, &user, &err) < 0)
 *             fprintf(stderr, "%s\n", err.message);
 */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

#if defined(WEIR_STATIC)
#define WEIR_API
#elif defined(__GNUC__)
#define WEIR_API __attribute__((visibility("default")))
#else
#define WEIR_API
#endif

#if defined(__GNUC__)
#define WEIR_MUST_CHECK            __attribute__((warn_unused_result))
#define WEIR_PRINTF(string, first) __attribute__((format(printf, string, first)))
#define WEIR__UNUSED               __attribute__((unused))
#else
#define WEIR_MUST_CHECK
#define WEIR_PRINTF(string, first)
#define WEIR__UNUSED
#endif

/* One line a status: number, name, sentence. Statuses above zero are outcomes, below zero errors. */
#define WEIR_STATUS_MAP(X)                                                                                             \
	X(0, WEIR_OK, "done")                                                                                              \
	X(1, WEIR_NOT_FOUND, "no such row")                                                                                \
	X(-1, WEIR_ERR_USAGE, "the call itself is wrong")                                                                  \
	X(-2, WEIR_ERR_NO_MEMORY, "out of memory")                                                                         \
	X(-3, WEIR_ERR_VALUE, "a value does not fit its column")                                                           \
	X(-4, WEIR_ERR_MODEL, "a model is declared wrongly")                                                               \
	X(-5, WEIR_ERR_SCHEMA, "the model and the database's schema differ")                                               \
	X(-6, WEIR_ERR_LIMIT, "a configured limit was reached")                                                            \
	X(-7, WEIR_ERR_CLOSED, "the session or transaction has ended")                                                     \
	X(-8, WEIR_ERR_FORKED, "the session belongs to the parent process")                                                \
	X(-9, WEIR_ERR_FORMAT, "bytes that should be a record are not")                                                    \
	X(-10, WEIR_ERR_MISSING, "a row that had to be there is not")                                                      \
	X(-20, WEIR_ERR_UNIQUE, "a unique constraint was violated")                                                        \
	X(-21, WEIR_ERR_FOREIGN_KEY, "a foreign key constraint was violated")                                              \
	X(-22, WEIR_ERR_NOT_NULL, "a column that must not be NULL was")                                                    \
	X(-23, WEIR_ERR_CHECK, "a check constraint was violated")                                                          \
	X(-24, WEIR_ERR_EXCLUSION, "an exclusion constraint was violated")                                                 \
	X(-40, WEIR_ERR_SERIALIZATION, "a concurrent transaction was in the way; try again")                               \
	X(-41, WEIR_ERR_DEADLOCK, "chosen to end a deadlock; try again")                                                   \
	X(-42, WEIR_ERR_LOCKED, "a lock was not to be had")                                                                \
	X(-43, WEIR_ERR_CANCELLED, "the call was cancelled")                                                               \
	X(-44, WEIR_ERR_READ_ONLY, "the server or transaction is read only")                                               \
	X(-45, WEIR_ERR_STALE, "the row has changed since it was read")                                                    \
	X(-60, WEIR_ERR_CONNECT, "no connection to the database")                                                          \
	X(-61, WEIR_ERR_CONNECTION_LOST, "the connection to the database broke")                                           \
	X(-62, WEIR_ERR_TIMEOUT, "the deadline passed")                                                                    \
	X(-63, WEIR_ERR_AUTH, "the database refused the credentials")                                                      \
	X(-64, WEIR_ERR_PERMISSION, "the role may not do this")                                                            \
	X(-65, WEIR_ERR_RESOURCES, "the server lacks resources")                                                           \
	X(-66, WEIR_ERR_UNKNOWN_COMMIT, "whether the transaction was committed is not known")                              \
	X(-67, WEIR_ERR_UNCONFIRMED, "committed, but not yet confirmed towards the cache")                                 \
	X(-68, WEIR_ERR_DATABASE, "the database reported an error")                                                        \
	X(-80, WEIR_ERR_CACHE, "the cache did not answer as it should")

enum weir_status {
#define WEIR__STATUS_ENUM(number, name, sentence) name = number,
	WEIR_STATUS_MAP(WEIR__STATUS_ENUM)
#undef WEIR__STATUS_ENUM
};

/* Whether the work of a failed call has taken effect. */
typedef enum weir_effect {
	WEIR_EFFECT_NONE,   /* surely not: nothing has changed */
	WEIR_EFFECT_DONE,   /* surely: it is committed */
	WEIR_EFFECT_UNKNOWN /* nobody could find out */
} weir_effect;

/* What went wrong, in the caller's own memory; filling one never allocates. Text that does not fit
 * is cut at the end. `message` may name a value that you gave; the rows and data that the server speaks of are left out
 * of it. The library never logs it. */
typedef struct weir_error {
	int         status;         /* one of enum weir_status */
	weir_effect effect;         /* was it committed? */
	bool        sent;           /* did anything reach the server? */
	char        sqlstate[6];    /* PostgreSQL's SQLSTATE, or "" */
	char        model[64];      /* the model concerned, or "" */
	char        column[64];     /* the column concerned, or "" */
	char        table[64];      /* as reported by the server, or "" */
	char        constraint[64]; /* the violated constraint, or "" */
	char        message[512];   /* one sentence, always there when status is negative */
	size_t      row;            /* which of the rows given to a call it was, from 1; 0: of no row, or not known */
} weir_error;

#ifdef __cplusplus
#define WEIR_ERROR_INIT                                                                                                \
	{                                                                                                                  \
	}
#else
#define WEIR_ERROR_INIT                                                                                                \
	{                                                                                                                  \
		.status = WEIR_OK                                                                                              \
	}
#endif

/* The status as written above, "WEIR_NOT_FOUND"; "WEIR_?" for a number that is no status. Static text. */
WEIR_API const char *weir_status_name(int status);

/* The status in a sentence; static text. */
WEIR_API const char *weir_status_text(int status);

/* Could the same call succeed when repeated as it is? True for serialization failures, deadlocks, lost connections,
 * timeouts and a cache that did not answer, whose effect is surely none. False for NULL. */
WEIR_API bool weir_error_is_retryable(const weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
