/* verify_reads.c: what each read had to see. `due` is what acknowledged writes demand (S1), `seen` what other reads
 * had been given (S2). A read that found no row, a list that lacks one, a count: each is right if some state that may
 * have been seen makes it so. */
#include "verify_reads.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct bounds {
	int64_t due, seen;
} bounds;

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t own_at(const verifier *v, const timeline *own, const check_record *read, int key)
{
	size_t at = (size_t)read->incarnation * KEYS + (size_t)key;

	return read->incarnation < v->incarnations ? timeline_at(&own[at], read->begin_ns) : 0;
}

/* Others' writes since then may not be known to a near cache. */
static uint64_t known_from(const check_record *read)
{
	return read->near ? read->begin_ns - NEAR_MS * UINT64_C(1000000) : read->begin_ns;
}

static int64_t due_record(const verifier *v, const check_record *read, int key)
{
	return larger(timeline_at(&v->records[key], known_from(read)), own_at(v, v->own, read, key));
}

static int64_t due_list(const verifier *v, const check_record *read, int key)
{
	return larger(timeline_at(&v->lists[key], known_from(read)), own_at(v, v->own_lists, read, key));
}

static int64_t seen_before(const verifier *v, const check_record *read, int key)
{
	return verifier_is_blind(v, key, read->begin_ns, read->end_ns) ? 0 : timeline_at(&v->seen[key], known_from(read));
}

static bounds bounds_of_record(const verifier *v, const check_record *read, int key)
{
	int64_t due = due_record(v, read, key);

	return (bounds){ due, larger(due, seen_before(v, read, key)) };
}

static bounds bounds_of_list(const verifier *v, const check_record *read, int key)
{
	int64_t due = due_list(v, read, key);

	return (bounds){ due, larger(due, seen_before(v, read, key)) };
}

static double seconds(uint64_t ns)
{
	return (double)(ns % UINT64_C(1000000000000)) / 1e9;
}

static void report(verifier *v, const char *rule, const char *what, const check_record *read, int64_t bound)
{
	static const char *const kinds[] = { "get_by_id",     "get_by_name", "read in a transaction",
		                                 "list by group", "list by key", "list",
		                                 "count",         "exists" };

	char by[128];

	verifier_report(v,
	                "%s: %s%s: %s: key %d group %d name %d version %" PRId64 ", bound %" PRId64
	                ", process %d, from %.6f for %.6f s%s",
	                rule, kinds[read->kind], read->from_cache ? " cached" : "", what, read->key, read->group,
	                read->name, read->version, bound, read->incarnation, seconds(read->begin_ns),
	                seconds(read->end_ns - read->begin_ns), verifier_writer(v, bound, by, sizeof by));
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void check_row(verifier *v, const check_record *read, bounds b)
{
	const ledger_version *version = ledger_find(&v->ledger, read->key, read->version);

	if (read->foreign)
		report(v, "VALUE", "of another key", read, 0);
	else if (!version || version->gone || version->inner)
		report(v, "VALUE", "never committed", read, 0);
	else if (version->tag != read->tag || version->name != read->name || version->group != read->group)
		report(v, "VALUE", "not as committed", read, version->tag);
	else if (version->begin_ns > read->end_ns)
		report(v, "VALUE", "before it was written", read, 0);
	else if (read->version < b.due)
		report(v, "S1", "older than an acknowledged write", read, b.due);
	else if (read->version < b.seen)
		report(v, "S2", "older than what had been read", read, b.seen);
}

/* A wish that some state of the key must fulfil. */
static void check_possible(verifier *v, const check_record *read, int key, bounds b, bool wanted, ledger_wish wish)
{
	ledger_answer by_due = ledger_ask(&v->ledger, key, b.due, read->end_ns, wish);
	ledger_answer by_seen = ledger_ask(&v->ledger, key, b.seen, read->end_ns, wish);

	if (wanted ? !by_due.possible : by_due.certain)
		report(v, "S1", wanted ? "a row is there" : "a row is missing", read, b.due);
	else if (wanted ? !by_seen.possible : by_seen.certain)
		report(v, "S2", wanted ? "a row is there" : "a row is missing", read, b.seen);
}

static void check_by_id(verifier *v, const check_record *read)
{
	bounds b = bounds_of_record(v, read, read->key);

	if (read->version || read->foreign)
		check_row(v, read, b);
	else
		check_possible(v, read, read->key, b, true, (ledger_wish){ WISH_GONE, 0 });
}

static void check_by_name(verifier *v, const check_record *read)
{
	int pair = read->name / 3 * 2;

	if (read->key >= 0) {
		check_row(v, read, bounds_of_record(v, read, read->key));
		return;
	}
	for (int key = pair; key < pair + 2; key++)
		check_possible(v, read, key, bounds_of_record(v, read, key), false, (ledger_wish){ WISH_NAME, read->name });
}

/* ---- Lists, counts, exists --------------------------------------------------------------------------------------- */

static bool is_listed(const check_record *head, int key)
{
	for (int64_t i = 1; i <= head->version; i++)
		if (head[i].key == key)
			return true;
	return false;
}

static void check_list_row(verifier *v, const check_record *head, const check_record *row)
{
	bool fits =
		head->kind == LIST_GROUP ? row->group == head->group : row->key >= head->key && row->key < head->key + RANGE;

	if (row->key < 0 || row->key >= KEYS)
		report(v, "VALUE", "no key of ours", row, 0);
	else if (!fits)
		report(v, "VALUE", "a row that does not match the query", row, 0);
	else
		check_row(v, row, bounds_of_list(v, row, row->key));
}

static void check_list(verifier *v, const check_record *head)
{
	int first = head->kind == LIST_GROUP ? 0 : head->key;
	int last = head->kind == LIST_GROUP ? KEYS : head->key + RANGE;

	for (int64_t i = 1; i <= head->version; i++)
		check_list_row(v, head, &head[i]);
	for (int key = first; key < last; key++) {
		bounds b;

		if (is_listed(head, key))
			continue;
		b = bounds_of_list(v, head, key);
		if (head->kind == LIST_GROUP)
			check_possible(v, head, key, b, false, (ledger_wish){ WISH_GROUP, head->group });
		else
			check_possible(v, head, key, b, true, (ledger_wish){ WISH_GONE, 0 });
	}
}

static void check_count(verifier *v, const check_record *read)
{
	int64_t low[2] = { 0, 0 }, high[2] = { 0, 0 };

	for (int key = 0; key < KEYS; key++) {
		bounds        b = bounds_of_list(v, read, key);
		ledger_answer answers[2] = {
			ledger_ask(&v->ledger, key, b.due, read->end_ns, (ledger_wish){ WISH_GROUP, read->group }),
			ledger_ask(&v->ledger, key, b.seen, read->end_ns, (ledger_wish){ WISH_GROUP, read->group }),
		};

		for (int i = 0; i < 2; i++) {
			low[i] += answers[i].certain;
			high[i] += answers[i].possible;
		}
	}
	if (read->version < low[0] || read->version > high[0])
		report(v, "S1", "a count that was never right", read, read->version < low[0] ? low[0] : high[0]);
	else if (read->version < low[1] || read->version > high[1])
		report(v, "S2", "a count that is no longer right", read, read->version < low[1] ? low[1] : high[1]);
}

static void check_exists(verifier *v, const check_record *read)
{
	ledger_wish   wish = { WISH_NAME, read->name };
	ledger_answer due = { .possible = false, .certain = false }, seen = due;
	int           pair = read->name / 3 * 2;

	for (int key = pair; key < pair + 2; key++) {
		bounds        b = bounds_of_list(v, read, key);
		ledger_answer by_due = ledger_ask(&v->ledger, key, b.due, read->end_ns, wish);
		ledger_answer by_seen = ledger_ask(&v->ledger, key, b.seen, read->end_ns, wish);

		due = (ledger_answer){ due.possible || by_due.possible, due.certain || by_due.certain };
		seen = (ledger_answer){ seen.possible || by_seen.possible, seen.certain || by_seen.certain };
	}
	if (read->version ? !due.possible : due.certain)
		report(v, "S1", "the wrong answer", read, read->name);
	else if (read->version ? !seen.possible : seen.certain)
		report(v, "S2", "the wrong answer", read, read->name);
}

/* ---- The two passes ---------------------------------------------------------------------------------------------- */

/* What a read was given: a version, or where there was no row the first deletion that it may have been. */
static void note_seen(verifier *v, const check_record *read)
{
	if (read->kind >= WRITE || read->foreign || read->key < 0 || read->key >= KEYS)
		return;
	if ((read->kind == READ_BY_ID || read->kind == READ_BY_NAME || read->kind == LIST_ROW) && read->version > 0) {
		timeline_add(&v->seen[read->key], read->end_ns, read->version);
	} else if (read->kind == READ_BY_ID) {
		int64_t               due = due_record(v, read, read->key);
		const ledger_version *gone = ledger_deletion(&v->ledger, read->key, due - 1);

		if (gone)
			timeline_add(&v->seen[read->key], read->end_ns, gone->version);
	}
}

static void check_read(verifier *v, const check_record *read)
{
	switch ((check_kind)read->kind) {
	case READ_BY_ID:
		check_by_id(v, read);
		break;
	case READ_BY_NAME:
		check_by_name(v, read);
		break;
	case READ_IN_TX:
		if (!read->name)
			report(v, "S1", "not what this transaction wrote", read, 0);
		break;
	case LIST_GROUP:
	case LIST_RANGE:
		check_list(v, read);
		break;
	case COUNT_GROUP:
		check_count(v, read);
		break;
	case EXISTS_NAME:
		check_exists(v, read);
		break;
	case LIST_ROW: /* checked with its list, and no operation of its own */
		v->operations--;
		break;
	case WRITE:
	case CREATE:
	case DELETE:
		break;
	}
	v->operations++;
}

static void for_each(verifier *v, const check_shared *shared, void (*visit)(verifier *, const check_record *))
{
	for (int slot = 0; slot < shared->workers; slot++)
		for (int thread = 0; thread < shared->threads; thread++) {
			const check_log *log = &shared->worker[slot].logs[thread];

			for (unsigned i = 0; i < atomic_load(&log->count); i++)
				visit(v, &log->records[i]);
		}
}

void verify_reads(verifier *v, const check_shared *shared)
{
	for_each(v, shared, note_seen);
	for (int key = 0; key < KEYS; key++)
		timeline_settle(&v->seen[key], v->round_begin_ns);
	for_each(v, shared, check_read);
}
