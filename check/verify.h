/* verify.h: holds what the workers saw against what the database committed, round after round.
 *
 *   S1   a read that began after a write was acknowledged returns that write or a later one. Within the process that
 *        wrote: always. In others: at once where the write's guards could be placed and Redis was there, else after
 *        `window_ns` at the latest.
 *   S2   no read returns something older than what any reader had been given before it began, unless guards were lost
 *        or could not be placed in the last `window_ns`.
 *
 * Besides: a value is that of its key, and was committed; an acknowledged write is there and one that was reported as
 * undone is not. */
#ifndef CHECK_VERIFY_H
#define CHECK_VERIFY_H

#include "history.h"
#include "ledger.h"
#include "timeline.h"

/* A time at which Redis, or what it held, was lost. */
typedef struct check_disturbance {
	uint64_t begin_ns, end_ns;
	int      worker; /* whose link it was, -1: everybody's */
	bool     outage; /* guards could not be placed; else they could be lost */
} check_disturbance;

/* A time in which a write of a key may go unnoticed by processes other than its own. */
typedef struct blind_span {
	uint64_t begin_ns, end_ns;
	int      incarnation;
} blind_span;

typedef struct blind_spans {
	blind_span *spans;
	size_t      count, capacity;
} blind_spans;

typedef struct verifier {
	ledger             ledger;
	timeline           records[KEYS]; /* what reads by key must see, whoever asks */
	timeline           lists[KEYS];   /* the same for lists and counts: another key's stamp may have been left alone */
	timeline           seen[KEYS];    /* what reads have seen */
	timeline          *own;           /* by process and key */
	timeline          *own_lists;
	size_t             own_capacity;
	size_t             incarnations;
	blind_spans        blind[KEYS];
	check_disturbance *disturbances;
	size_t             disturbance_count, disturbance_capacity;
	uint64_t           window_ns;
	uint64_t blind_ns; /* how long a write whose guards could not be placed may go unnoticed: the window, or less */
	uint64_t round_begin_ns;
	uint64_t operations, violations, unguarded_writes, pending_writes;
	struct write *writes; /* of the round */
	size_t        write_count, write_capacity;
	bool          strict;            /* no windows for S1: the policy is `fail` */
	int           shown, shown_most; /* violations */
} verifier;

void verifier_init(verifier *v, uint64_t window_ns);
void verifier_release(verifier *v);

void verifier_disturb(verifier *v, check_disturbance disturbance);

/* A violation found elsewhere. */
void verifier_report(verifier *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Checks a round: all that is in the logs, with the workers parked. False: the database failed. */
bool verifier_check(verifier *v, const check_shared *shared, PGconn *database);

#endif
