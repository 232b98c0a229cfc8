/* The prepared statements of one connection: text and parameter types to the name they have on the server.
 *
 * At most `limit` are kept; the one used longest ago makes room. Its name cannot be dropped at once (the connection may be
 * in a failed transaction), so it is remembered and dropped in front of the next statement that is prepared. A name
 * is weir_<token>_<number>, with a random token of the connection's: it is never used twice, and where connections of a
 * server are shared behind our back nobody runs another one's statement. */
#ifndef WEIR_DB_STATEMENT_H
#define WEIR_DB_STATEMENT_H

#include "db/params.h"

#include <libpq-fe.h>

#define WEIR__STATEMENT_NAME_SIZE 36
#define WEIR__DROPPED_MAX         16

typedef struct weir__statement weir__statement;

struct weir__statement {
	char             name[WEIR__STATEMENT_NAME_SIZE];
	weir__statement *chained;       /* of the same bucket */
	weir__statement *newer, *older; /* by last use */
	uint64_t         number;
	uint64_t         hash;
	size_t           length;
	bool             lasts; /* see weir__sql_lasts */
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
	uint32_t          token;
	uint64_t          last_number;
	uint64_t          dropped[WEIR__DROPPED_MAX]; /* numbers that the server still has to be told of */
	size_t            dropped_count;
	bool              drop_all;   /* the server has to be told to drop all that it has */
	bool              overflowed; /* more were dropped than could be remembered: the connection should not be kept */
} weir__statement_set;

/* Nothing is prepared yet. WEIR_ERR_NO_MEMORY. */
int  weir__statement_set_init(weir__statement_set *set, size_t limit, weir_error *err);
void weir__statement_set_release(weir__statement_set *set);

/* May it leave something on the connection that outlasts its transaction: a setting, a lock? */
bool weir__sql_lasts(const weir__sql *sql);

/* The statement prepared for sql with parameters of these types (NULL: none), which then counts as just used; or NULL. */
weir__statement *weir__statement_find(weir__statement_set *set, const weir__sql *sql, const weir__params *params);

/* Adds one under a new name; the caller prepares it on the server, or forgets it. NULL when out of memory. */
weir__statement *weir__statement_add(weir__statement_set *set, const weir__sql *sql, const weir__params *params);

/* Takes it out of the set and frees it. on_server: the server has it, and will be told to drop it. */
void weir__statement_forget(weir__statement_set *set, weir__statement *statement, bool on_server);

/* Takes all out. on_server: the server has them, and will be told to drop all that it has. */
void weir__statement_forget_all(weir__statement_set *set, bool on_server);

/* The command that drops what the server is to be told to drop, one or all; false if there is nothing. */
bool weir__statement_next_drop(weir__statement_set *set, char *command, size_t size);

#endif
