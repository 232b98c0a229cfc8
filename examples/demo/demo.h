/* The demo's chapters, in the order in which main.c runs them. Each says what it does as it goes, and returns WEIR_OK or the
 * status of the call that failed. What it claims it checks: demo_claim() marks what is not so, and the demo then fails. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <blog/blog.h>

typedef struct demo {
	const char   *postgres;
	const char   *redis;
	char          name[64]; /* of the schema, and the prefix of all keys: its own, removed at the end */
	bool          has_schema;
	weir_session *session;
	int           untrue; /* claims that did not hold */
} demo;

/* Longer than the default of 50 ms: a machine that is busy with other things must not look like a Redis that is down. */
#define DEMO_CACHE_TIMEOUT_MS 2000

#define DEMO_USERS    2000
#define DEMO_POSTS    6000
#define DEMO_COMMENTS 12000

int chapter_fill(demo *d, weir_error *err);
int chapter_read(demo *d, weir_error *err);
int chapter_relations(demo *d, weir_error *err);
int chapter_write(demo *d, weir_error *err);
int chapter_transactions(demo *d, weir_error *err);
int chapter_mistakes(demo *d, weir_error *err);
int chapter_outage(demo *d, weir_error *err);
int chapter_statistics(demo *d, weir_error *err);

/* Marks a claim that is not true, and counts it. Returns it. */
bool demo_claim(demo *d, bool is_true, const char *claim);

/* Was the demo asked to stop (Ctrl-C)? It then ends early and tidily. */
bool demo_stopped(void);

#endif
