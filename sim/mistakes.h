/* mistakes.h: what the simulated servers can be made to do wrongly, so that a promise must break. A simulator that does
 * not notice them shows nothing. */
#ifndef SIM_MISTAKES_H
#define SIM_MISTAKES_H

/* Name, what it is, and a script that shows it in some order (plan.h). */
#define MISTAKES(X)                                                                                                    \
	X(NO_LEASE, "leases are granted and not kept; a fill stores where nothing is", "0: GET 0, GET 0 / 1: TOUCH 0", 0,  \
	  0, 2)                                                                                                            \
	X(FILL_ANYWAY, "a fill stores although its lease is gone", "0: GET 0, GET 0 / 1: TOUCH 0", 0, 0, 2)                \
	X(TOKEN_REUSED, "all leases of a process have one token", "0: GET 0 / 0: TOUCH 0, GET 0 / 1: GET 0", 0, 0, 3)      \
	X(LEASE_OVER_GUARD, "a lease is granted where a guard stands", "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", 0, 0,   \
	  0)                                                                                                               \
	X(READ_BEFORE_LEASE, "the database answers as it was before the lease", "0: GET 0, GET 0 / 1: TOUCH 0", 0, 0, 2)   \
	X(NO_GUARD, "nothing is guarded before COMMIT", "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", 0, 0, 0)               \
	X(GUARD_SPARES_LEASE, "a guard leaves a lease alone", "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", 0, 0, 0)         \
	X(GUARD_WITHOUT_MEMBERS, "a guard takes the place of another's",                                                   \
	  "0: TOUCH 0 / 0: TOUCH 1 / 1: LIST_ALL, READ_ROW 0, LIST_ALL", 0, 0, 4)                                          \
	X(RELEASE_ENDS_ALL, "a release ends the guards of others",                                                         \
	  "0: TOUCH 0 / 0: TOUCH 1 / 1: LIST_ALL, READ_ROW 0, LIST_ALL", 0, 0, 4)                                          \
	X(NONCE_REUSED, "all guards of a process have one nonce",                                                          \
	  "0: TOUCH 0 / 0: TOUCH 1 / 1: LIST_ALL, READ_ROW 0, LIST_ALL", 0, 0, 4)                                          \
	X(RELEASE_OWN_ONLY, "a release leaves alone what is no guard of its own",                                          \
	  "0: GET 0, GET 0 / 1: TOUCH 0 / -: FLUSH", 0, 0, 3)                                                              \
	X(RELEASE_BEFORE_COMMIT, "guards are released before COMMIT", "0: GET 0, GET 0 / 1: TOUCH 0", 0, 0, 2)             \
	X(RELEASE_UNSETTLED, "guards are released while the fate of COMMIT is open",                                       \
	  "0: TOUCH 0 / 1: GET 0, READ_ROW 0, GET 0", LOSE_COMMITS, 1, 3)                                                  \
	X(EARLY_ANSWER, "a write is acknowledged before its release", "0: GET 0, GET 0 / 1: TOUCH 0 / -: FLUSH", 0, 0, 3)  \
	X(BLIND, "guards and releases that failed are taken for done", "0: GET 0 / 1: TOUCH 0, GET 0", LOSE_REQUESTS, 2,   \
	  3)                                                                                                               \
	X(COUNTER_STAMPS, "stamps count", "0: LIST_ALL, LIST_ALL / 1: TOUCH 0", 0, 0, 2)                                   \
	X(SAME_STAMPS_TWICE, "a release comes twice, with the same stamps", "0: LIST_ALL, LIST_ALL / 1: TOUCH 0, TOUCH 0", \
	  0, 0, 4)                                                                                                         \
	X(ABSENT_STAMP_IS_VALID, "a list whose stamps are gone counts", "0: LIST_ALL, LIST_ALL / 1: TOUCH 0 / -: EVICT",   \
	  0, 0, 2)                                                                                                         \
	X(NO_EPOCH, "a snapshot comes back under the names of now", "0: GET 0, GET 0 / 1: TOUCH 0 / -: SAVE, RESTART", 0,  \
	  0, 3)                                                                                                            \
	X(NO_ANY, "the stamp of the table is left alone", "0: LIST_ALL, LIST_ALL / 1: TOUCH 0", 0, 0, 2)                   \
	X(NO_GROUP, "the stamps of groups are left alone", "0: LIST 0, LIST 0 / 1: MOVE 1 0", 0, 0, 2)                     \
	X(NO_FLUSH, "the records of writes by hand are not removed", "0: GET 0, GET 0 / 1: BY_HAND 0", 0, 0, 3)            \
	X(NO_TAG, "a database that has taken over is taken for the last one",                                              \
	  "0: TOUCH 0, GET 0, READ_ROW 0, GET 0 / -: FAIL_OVER", 0, 0, 3)                                                  \
	X(NO_BULK, "the stamp of writes whose rows are not known is left alone",                                           \
	  "0: COUNT 1, COUNT 1 / 1: MOVE_GROUP 1 0", 0, 0, 2)

typedef enum mistake {
	RIGHT,
#define MISTAKE_ENUM(name, what, script, faults, budget, switches) name,
	MISTAKES(MISTAKE_ENUM)
#undef MISTAKE_ENUM
		MISTAKE_COUNT
} mistake;

extern mistake mistaken;

#endif
