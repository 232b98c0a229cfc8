/* The prepared statements of one connection: text and parameter types to the name they have on the server.
 *
 * At most `limit` are kept; the one used longest ago makes room. Its name cannot be dropped at once (the connection may be
 * in a failed transaction), so it is remembered and dropped in front of the next statement that is prepared. A name
 * is weir_<number> and never used twice on a connection. */
#ifndef WEIR_DB_STATEMENT_H
#define WEIR_DB_STATEMENT_H

#include "db/params.h"

#include <libpq-fe.h>

#define WEIR__STATEMENT_NAME_SIZE 28
#define WEIR__DROPPED_MAX         16

typedef struct weir__statement weir__statement;

struct weir__statement {
	char             name[WEIR__STATEMENT_NAME_SIZE];
	weir__statement *chained;       /* of the same bucket */
	weir__statement *newer, *older; /* by last use */
	uint64_t         number;
	uint64_t         hash;
	size_t           length;
	int              type_count;
	Oid             *types; /* behind this struct; the text behind them */
	char            *text;
};

typedef struct weir__statement_set {
	weir__statement **buckets;
	size_t            mask; /* buckets - 1 */
	size_t            count;
	size_t            limit;
	weir__statement  *newest, *oldest;
	uint64_t          last_number;
	uint64_t          dropped[WEIR__DROPPED_MAX]; /* numbers that the server still has to be told of */
	size_t            dropped_count;
	bool              overflowed; /* more were dropped than could be remembered: the connection should not be kept */
} weir__statement_set;

/* Nothing is prepared yet. WEIR_ERR_NO_MEMORY. */
int  weir__statement_set_init(weir__statement_set *set, size_t limit, weir_error *err);
void weir__statement_set_release(weir__statement_set *set);

/* The statement prepared for sql with parameters of these types (NULL: none), which then counts as just used; or NULL. */
weir__statement *weir__statement_find(weir__statement_set *set, const weir__sql *sql, const weir__params *params);

/* Adds one under a new name; the caller prepares it on the server, or forgets it. NULL when out of memory. */
weir__statement *weir__statement_add(weir__statement_set *set, const weir__sql *sql, const weir__params *params);

/* Takes it out of the set and frees it. on_server: the server has it, and will be told to drop it. */
void weir__statement_forget(weir__statement_set *set, weir__statement *statement, bool on_server);

/* The server has none of them any more. */
void weir__statement_forget_all(weir__statement_set *set);

/* The number of one that the server is to be told to drop, 0 if there is none. */
uint64_t weir__statement_next_dropped(weir__statement_set *set);

#endif
