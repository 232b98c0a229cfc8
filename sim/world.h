/* world.h: one schedule: what is done in it, by whom, and every decision that was taken.
 *
 * Actors are fibers; each runs its script through weir's public functions, in one of a few processes (a session each). An
 * actor yields in front of every statement and every command to the cache; the scheduler then decides who goes on, whether
 * a message that is under way arrives, whether something goes wrong. Decisions come from a path (enumeration) or from a
 * seed, and nothing else does: the same path or seed is the same schedule. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "fiber.h"

#include <weir/weir.h>

enum {
	PROCESSES = 3,
	STRICT = 2, /* the process whose policy is `fail`; that of the others is `degrade` */
	ACTORS = 6,
	SCRIPT_MOST = 8,
	PATH_MOST = 4096,
	ROWS = 3,   /* primary keys 0 to 2; 2 is not there at first */
	GROUPS = 2, /* of rows: 0 and 1 */
	NAMES = 4,  /* unique */
};

/* What an actor does, one operation of the library each; a and b are rows, groups or names. */
typedef enum operation {
	END,
	/* reads, through the cache */
	GET,      /* row a */
	GET_BOTH, /* rows a and b, in one get_many */
	GET_NAME, /* the row of name a */
	LIST,     /* the rows of group a */
	LIST_ALL,
	COUNT,    /* of group a */
	EXISTS,   /* name a */
	READ_ROW, /* row a, from the database */
	/* writes */
	TOUCH,         /* a new version of row a */
	MOVE,          /* row a to group b */
	RENAME,        /* row a gets name b */
	CREATE,        /* row a, in group b, with name a + 1 */
	DELETE,        /* row a */
	MOVE_GROUP,    /* all rows of group a to group b, by condition */
	TOUCH_BOTH,    /* rows a and b, in one transaction */
	UNDO_TOUCH,    /* row a, in a savepoint that is rolled back; then b */
	UPSERT,        /* row a, in group b; a new one gets name a + 1 */
	RENAME_UPSERT, /* row a gets name b, by an upsert */
	RENAME_WHERE,  /* row a gets name b, by condition */
	BY_HAND,       /* row a, by SQL that does not say which */
	BY_HAND_NAME,  /* row a gets name b, by SQL that says which row */
	/* what befalls the world: scripts of an actor without a process */
	FLUSH,       /* the cache forgets everything */
	EVICT,       /* one entry */
	EXPIRE,      /* all leases and values */
	SLEEP_LEASE, /* so long that leases end */
	SLEEP_GUARD, /* so long that guards end */
	SAVE,        /* the cache writes a snapshot */
	RESTART,     /* the cache comes back with the snapshot */
	CUT,         /* process a does not reach the cache any more */
	JOIN,        /* it does again */
	KILL,        /* process a */
	FAIL_OVER,   /* a database takes over that lacks the last commit */
	OPERATIONS
} operation;

typedef struct line {
	operation what;
	int       a, b;
} line;

/* Faults that may befall each command or COMMIT, by chance or enumerated. */
typedef enum fault {
	LOSE_REQUESTS = 1,  /* of the cache */
	LOSE_REPLIES = 2,   /* of the cache */
	DELAY_REQUESTS = 4, /* they arrive after they were given up */
	ROLL_BACK = 8,      /* COMMIT fails */
	LOSE_COMMITS = 16,  /* the answer to COMMIT is lost, and its fate cannot be found out */
} fault;

typedef struct actor {
	fiber       run;
	int         number;
	int         process; /* -1: the world */
	char        name[8];
	line        script[SCRIPT_MOST + 1];
	int         at;        /* in the script */
	bool        fresh;     /* at the beginning of an operation: its first step needs no other decision */
	const void *waits_for; /* a connection whose transaction must end first */
	bool        chosen;    /* to end a deadlock */
	/* of the operation */
	uint64_t    due, seen;  /* commits that it must show: by acknowledged writes, by what others were given */
	int         since;      /* the newest commit when it began */
	const void *awaited;    /* the condition that it waited for last */
	bool        committing; /* COMMIT is what it does next */
	int         commit;     /* that it made; 0: none */
} actor;

typedef struct world {
	actor         actors[ACTORS];
	int           actor_count;
	actor        *now;      /* NULL: the scheduler */
	actor        *last;     /* who ran last */
	int           switches; /* so many more times somebody else goes on although who ran last could; below 0: any */
	unsigned      faults;   /* enum fault */
	int           budget;   /* so many faults may befall commands and commits */
	bool          split;    /* commands of several keys are not atomic */
	bool          dead[PROCESSES];
	bool          cut[PROCESSES];
	bool          follows[PROCESSES]; /* has had to do with the newest database */
	bool          guards_were_lost;   /* of a transaction that was open; or some were never placed */
	int           steps;
	bool          tracing;
	char          violation[256]; /* "": none */
	weir_session *sessions[PROCESSES];
} world;

extern world w;

/* ---- Decisions (choice.c) -------------------------------------------------------------------------------------------- */

typedef struct choices {
	bool          random;
	uint64_t      state;
	int           length, at;
	unsigned char taken[PATH_MOST];
	unsigned char options[PATH_MOST];
} choices;

extern choices choice;

/* 0 to options - 1. */
int choose(int options);
/* In a random schedule true so often; in an enumerated one both are tried. */
bool choose_percent(int percent);
/* Random numbers for making scripts, outside of a path. */
int choice_random(int options);
/* The next path of an enumeration. False: that was the last. */
bool choice_next(void);

/* ---- Steps (world.c) ------------------------------------------------------------------------------------------------- */

/* Opens the sessions; what they are then is what every schedule begins with. */
bool world_open(void);

/* An empty schedule. */
void   world_begin(void);
actor *world_add(int process, const line *script);

/* Runs it to its end. */
void world_run(void);

/* The actor that runs lets others go first. */
void world_step(void);

/* Some fault of these befalls this command; 0: none. */
fault world_fault(unsigned of);

void world_kill(int process);

/* Notes the first violation. */
void world_violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define trace(...)                                                                                                     \
	do {                                                                                                               \
		if (w.tracing)                                                                                                 \
			world_trace(__VA_ARGS__);                                                                                  \
	} while (0)

/* What a schedule is made of (script.c). */
void                    script_run(void *the_actor);
const char             *script_name(operation what);
extern const weir_model row_model;

#endif
