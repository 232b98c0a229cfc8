/* ledger.h: every committed version of every key, as the database wrote them down, with the time at which its write
 * began. Answers what a read may have seen: a version that is not older than one given, and whose write had begun
 * before the read ended. */
#ifndef CHECK_LEDGER_H
#define CHECK_LEDGER_H

#include "registry.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ledger_version {
	int64_t  version; /* 0: before the beginning, there is no row */
	int64_t  tag;
	uint64_t begin_ns;  /* of its write; 0: not known */
	uint64_t newest_ns; /* the latest begin up to this version */
	int      group, name;
	bool     gone;
	bool     inner; /* another one of the same write followed: nobody has seen it */
} ledger_version;

typedef struct ledger_key {
	ledger_version *versions; /* ascending */
	size_t          count, capacity;
} ledger_key;

typedef struct ledger {
	ledger_key keys[KEYS];
	int64_t    last; /* the newest version read */
} ledger;

void ledger_init(ledger *l);
void ledger_release(ledger *l);

/* Reads what was committed since the last time. False: the database failed. */
bool ledger_read(ledger *l, PGconn *database);

/* Is the table as the ledger says it should be? Prints what differs and returns how often; -1: the database failed. */
int ledger_compare(const ledger *l, PGconn *database);

/* The version; NULL if it was never committed. */
ledger_version *ledger_find(const ledger *l, int key, int64_t version);
/* The first deletion after a version; NULL: none. */
ledger_version *ledger_deletion(const ledger *l, int key, int64_t after);
/* After begin_ns of versions were filled in. */
void ledger_settle(ledger *l);

/* What a state may be asked to be. */
typedef struct ledger_wish {
	enum { WISH_GONE, WISH_GROUP, WISH_NAME } what; /* no row; a row in the group; a row of the name */
	int number;
} ledger_wish;

typedef struct ledger_answer {
	bool possible; /* some state that may have been seen is so */
	bool certain;  /* all are */
} ledger_answer;

/* Of the states of a key from version `from` on that a read which ended at end_ns may have seen. */
ledger_answer ledger_ask(const ledger *l, int key, int64_t from, uint64_t end_ns, ledger_wish wish);

#endif
