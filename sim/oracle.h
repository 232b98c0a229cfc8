/* oracle.h: holds what reads were given against what was committed.
 *
 *   S1   a read that begins after a write was acknowledged shows that write or a later one: always within the process that
 *        wrote; in others, where its guards were placed and not lost before its COMMIT, or once it has been released, or
 *        by the policy `fail`.
 *   S2   no read shows something older than what any read that had ended before it began was given, as long as no guard
 *        was lost before its COMMIT was settled, and every guard could be placed.
 *
 * A read shows the table as it was after some commit, as far as it looks at it: what it was given must be what it would
 * have been given then, and every commit that it must show and that changes its answer must be among those before. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "database.h"

typedef struct question {
	operation what; /* GET, GET_NAME, LIST, LIST_ALL, COUNT, EXISTS */
	int       about;
} question;

typedef struct answer {
	int64_t versions[ROWS]; /* of the rows that were given, 0: not given; of COUNT and EXISTS the first is the number */
} answer;

void oracle_begin(void);

/* The operation of the actor begins: what it must show. */
void oracle_note_begin(actor *a);
/* It was given an answer. */
void oracle_check(actor *a, question q, const answer *given);

/* A write was acknowledged; reported as undone. */
void oracle_acknowledge(const actor *a, bool confirmed);
void oracle_undone(const actor *a);

/* The touches of a guard have been released. */
void oracle_released(uint64_t id);

#endif
