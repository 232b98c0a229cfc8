/* database.h: a database of one table, and the connections to it. It takes the place of what src/db does with a server:
 * the statements are those that the library makes, read here word by word, and their rows come back in binary. Row locks,
 * READ COMMITTED, savepoints, unique constraints; each commit is remembered for the oracle. */
#ifndef SIM_DATABASE_H
#define SIM_DATABASE_H

#include "world.h"

enum { COMMITS = 48 };

typedef struct row_state {
	bool    exists;
	int     group, name;
	int64_t tag;
	int64_t version; /* another one with each statement */
} row_state;

typedef struct table {
	row_state rows[ROWS];
} table;

typedef struct commit {
	table    after;
	int      process;
	uint64_t nonce;     /* of its guards; 0: none */
	bool     unguarded; /* they could not be placed */
	bool     lost;      /* some were lost before it */
	bool     released;
	bool     takes_over;   /* no commit: what was lost is undone */
	bool     acknowledged; /* without reserve, or as WEIR_ERR_UNCONFIRMED */
	bool     confirmed;    /* without reserve, by the policy `fail` */
} commit;

/* 0 is the table at the beginning. */
extern commit commits[COMMITS];
extern int    commit_last;

void database_begin(void);

/* A process is gone: its transactions end. */
void database_hang_up(int process);

/* An actor dies while its COMMIT is under way, with one of three fates. */
void database_orphan(const actor *a, int fate);

/* A standby takes over that has not heard of the last commit. All transactions end. */
void database_fail_over(void);

/* Transactions whose COMMIT was not answered, and the end of one. */
int  database_in_doubt(void);
void database_settle(int which, bool committed);

/* The transaction of the actor that runs is about to be guarded; has gone on unguarded. */
void database_guarding(uint64_t nonce, uint64_t id);
void database_unguarded(void);

/* A guard has gone. */
void database_lost_guard(uint64_t nonce);

/* What a connection waits for has ended? */
bool database_is_open(const void *connection);

#endif
