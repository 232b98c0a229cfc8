/* oracle.c: questions asked again of every state of the table that may have been seen. */
#include "oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t seen; /* commits that some read was given */

void oracle_begin(void)
{
	seen = 0;
}

static answer answer_of(const table *t, question q)
{
	answer a = { .versions = { 0 } };

	for (int k = 0; k < ROWS; k++) {
		const row_state *row = &t->rows[k];

		if (!row->exists)
			continue;
		if ((q.what == GET && q.about == k) || (q.what == GET_NAME && q.about == row->name) ||
		    (q.what == LIST && q.about == row->group) || q.what == LIST_ALL)
			a.versions[k] = row->version;
		a.versions[0] += (q.what == COUNT && q.about == row->group) || (q.what == EXISTS && q.about == row->name);
	}
	return a;
}

static bool is_same(const answer *a, const answer *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Does a commit change the answer? */
static bool is_relevant(int number, question q)
{
	answer before = answer_of(&commits[number - 1].after, q), after = answer_of(&commits[number].after, q);

	return !is_same(&before, &after);
}

/* The newest of these commits that matters. */
static int newest(uint64_t of, question q)
{
	for (int i = commit_last; i > 0; i--)
		if (of >> i & 1 && is_relevant(i, q))
			return i;
	return 0;
}

/* The first state from `from` on that gives this answer; -1: none. */
static int first_state(int from, question q, const answer *given)
{
	for (int i = from; i <= commit_last; i++) {
		answer a = answer_of(&commits[i].after, q);

		if (is_same(&a, given))
			return i;
	}
	return -1;
}

void oracle_note_begin(actor *a)
{
	a->due = 0;
	a->seen = seen;
	a->since = commit_last;
	for (int i = 1; i <= commit_last; i++) {
		const commit *c = &commits[i];

		if (c->takes_over) {
			if (w.follows[a->process])
				a->due |= (uint64_t)1 << i;
			continue;
		}
		if (c->acknowledged && (c->process == a->process || c->released || c->confirmed || (!c->unguarded && !c->lost)))
			a->due |= (uint64_t)1 << i;
	}
}

static void report(const actor *a, const char *promise, question q, const answer *given, int bound)
{
	world_violation("%s: %s of %d by %s was given %" PRId64 " %" PRId64 " %" PRId64
	                ", which is older than commit %d of process %d",
	                promise, script_name(q.what), q.about, a->name, given->versions[0], given->versions[1],
	                given->versions[2], bound, commits[bound].process);
}

void oracle_check(actor *a, question q, const answer *given)
{
	int due = newest(a->due, q);
	int bound = newest(a->seen, q);
	int state;

	bound = w.guards_were_lost || bound < due ? due : bound;
	state = first_state(bound, q, given);
	if (first_state(0, q, given) < 0)
		world_violation("VALUE: %s of %d by %s was given what never was there", script_name(q.what), q.about, a->name);
	else if (first_state(due, q, given) < 0)
		report(a, "S1", q, given, due);
	else if (state < 0)
		report(a, "S2", q, given, bound);
	for (int i = 1; i <= state; i++)
		if (is_relevant(i, q))
			seen |= (uint64_t)1 << i;
}

void oracle_acknowledge(const actor *a, bool confirmed)
{
	commits[a->commit].acknowledged = true;
	commits[a->commit].confirmed = confirmed && a->process == STRICT;
}

void oracle_undone(const actor *a)
{
	if (a->commit)
		world_violation("VALUE: a write by %s was reported as undone and is there", a->name);
}

void oracle_released(uint64_t id)
{
	for (int i = 1; i <= commit_last; i++)
		if (commits[i].nonce == id)
			commits[i].released = true;
}
