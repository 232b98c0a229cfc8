/* verify.c: one pass over the writes of a round, which says what reads had to see, and two over its reads: what had
 * been seen, and whether each saw enough. Everything is sorted by time once, so a round of n operations takes n log
 * n. */
#include "verify.h"

#include "verify_reads.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MOST = 20 };

/* Guards that were lost matter until their write, which takes this long at most, has been released. */
#define LONGEST_WRITE_NS UINT64_C(6000000000)
/* After an outage a worker tries again within about this time. */
#define RECOVERY_NS      UINT64_C(2500000000)

typedef struct write {
	check_record *record;
	int           slot;
	bool          matched; /* it is in the ledger */
	bool          blind;
	uint64_t      late_ns; /* if it is blind: how long it may go unnoticed */
} write;

void verifier_init(verifier *v, uint64_t window_ns)
{
	*v = (verifier){
		.window_ns = window_ns, .blind_ns = window_ns, .round_begin_ns = clock_ns(), .shown_most = SHOWN_MOST
	};
	ledger_init(&v->ledger);
}

void verifier_release(verifier *v)
{
	ledger_release(&v->ledger);
	for (int key = 0; key < KEYS; key++) {
		timeline_free(&v->records[key]);
		timeline_free(&v->lists[key]);
		timeline_free(&v->seen[key]);
		free(v->blind[key].spans);
	}
	for (size_t i = 0; i < v->incarnations * KEYS; i++) {
		timeline_free(&v->own[i]);
		timeline_free(&v->own_lists[i]);
	}
	free(v->own);
	free(v->own_lists);
	free(v->disturbances);
	free(v->writes);
}

void verifier_disturb(verifier *v, check_disturbance disturbance)
{
	v->disturbances = grow(v->disturbances, &v->disturbance_capacity, v->disturbance_count, sizeof *v->disturbances);
	v->disturbances[v->disturbance_count++] = disturbance;
}

void verifier_report(verifier *v, const char *format, ...)
{
	va_list arguments;

	v->violations++;
	if (v->shown++ >= v->shown_most)
		return;
	printf("VIOLATION: ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
}

/* ---- Which writes may go unnoticed ------------------------------------------------------------------------------- */

static bool in_outage(const verifier *v, uint64_t begin_ns, uint64_t end_ns, int slot)
{
	for (size_t i = 0; i < v->disturbance_count; i++) {
		const check_disturbance *d = &v->disturbances[i];

		if (d->outage && (d->worker < 0 || d->worker == slot) && begin_ns < d->end_ns + RECOVERY_NS &&
		    d->begin_ns < end_ns)
			return true;
	}
	return false;
}

static void note_blind(verifier *v, write *w, uint64_t now_ns)
{
	check_record *record = w->record;
	uint64_t      end_ns = record->end_ns ? record->end_ns : now_ns;
	blind_spans  *of = &v->blind[record->key];

	w->late_ns = record->outside ? OUTSIDE_MS * UINT64_C(1000000) : v->blind_ns;
	w->blind = (record->outside || !v->strict) && record->outcome != UNDONE &&
	           (record->outside || record->unguarded || in_outage(v, record->begin_ns, end_ns, w->slot));
	v->unguarded_writes += record->unguarded;
	if (!w->blind)
		return;
	of->spans = grow(of->spans, &of->capacity, of->count, sizeof *of->spans);
	of->spans[of->count++] = (blind_span){ record->begin_ns, end_ns + w->late_ns, record->incarnation };
}

/* When the last of the spans ends that a time lies in; the time itself if in none. Those of the process `but` do not
 * count. */
static uint64_t seeing_from(const verifier *v, int key, uint64_t at_ns, int but)
{
	uint64_t from_ns = at_ns;

	for (size_t i = 0; i < v->blind[key].count; i++) {
		const blind_span *span = &v->blind[key].spans[i];

		if (span->incarnation != but && span->begin_ns <= at_ns && at_ns < span->end_ns && span->end_ns > from_ns)
			from_ns = span->end_ns;
	}
	return from_ns;
}

bool verifier_is_blind(const verifier *v, int key, uint64_t begin_ns, uint64_t end_ns)
{
	for (size_t i = 0; i < v->disturbance_count; i++) {
		const check_disturbance *d = &v->disturbances[i];

		if (d->begin_ns < end_ns && begin_ns < d->end_ns + v->window_ns + LONGEST_WRITE_NS)
			return true;
	}
	for (size_t i = 0; i < v->blind[key].count; i++)
		if (v->blind[key].spans[i].begin_ns < end_ns && begin_ns < v->blind[key].spans[i].end_ns)
			return true;
	return false;
}

static void forget_old(verifier *v)
{
	size_t kept = 0;

	for (int key = 0; key < KEYS; key++) {
		blind_spans *of = &v->blind[key];

		kept = 0;
		for (size_t i = 0; i < of->count; i++)
			if (of->spans[i].end_ns >= v->round_begin_ns)
				of->spans[kept++] = of->spans[i];
		of->count = kept;
	}
	kept = 0;
	for (size_t i = 0; i < v->disturbance_count; i++)
		if (v->disturbances[i].end_ns + v->window_ns + LONGEST_WRITE_NS >= v->round_begin_ns)
			v->disturbances[kept++] = v->disturbances[i];
	v->disturbance_count = kept;
}

/* ---- Writes ------------------------------------------------------------------------------------------------------ */

static int by_tag(const void *a, const void *b)
{
	const write *x = a, *y = b;

	return x->record->tag < y->record->tag ? -1 : x->record->tag > y->record->tag;
}

static void collect_from(verifier *v, const check_log *log, int slot)
{
	for (unsigned i = 0; i < atomic_load(&log->count); i++) {
		if (log->records[i].kind < WRITE)
			continue;
		v->writes = grow(v->writes, &v->write_capacity, v->write_count, sizeof *v->writes);
		v->writes[v->write_count++] = (write){ .record = (check_record *)(uintptr_t)&log->records[i], .slot = slot };
	}
}

static void collect_writes(verifier *v, const check_shared *shared)
{
	v->write_count = 0;
	collect_from(v, &shared->outside, -1);
	for (int slot = 0; slot < shared->workers; slot++)
		for (int thread = 0; thread < shared->threads; thread++)
			collect_from(v, &shared->worker[slot].logs[thread], slot);
	qsort(v->writes, v->write_count, sizeof *v->writes, by_tag);
}

static write *write_of(const verifier *v, int64_t tag)
{
	check_record wanted = { .tag = tag };
	write        key = { .record = &wanted };

	return v->write_count == 0 ? NULL : bsearch(&key, v->writes, v->write_count, sizeof key, by_tag);
}

/* The versions that came with this round find their writes. */
static void match(verifier *v, const size_t known[KEYS])
{
	for (int key = 0; key < KEYS; key++)
		for (size_t i = known[key]; i < v->ledger.keys[key].count; i++) {
			ledger_version *version = &v->ledger.keys[key].versions[i];
			write          *w = version->tag > 0 ? write_of(v, version->tag) : NULL;

			if (version->tag <= 0)
				continue;
			if (!w || w->record->key != key) {
				verifier_report(v, "version %" PRId64 " of key %d was written by nobody", version->version, key);
				continue;
			}
			w->matched = true;
			version->begin_ns = w->record->begin_ns;
			version->inner = i + 1 < v->ledger.keys[key].count && version[1].tag == version->tag;
			if (version->inner)
				continue;
			if (w->record->outcome == DONE && w->record->version != version->version)
				verifier_report(v, "a write of key %d was told version %" PRId64 ", the database has %" PRId64, key,
				                w->record->version, version->version);
		}
}

static void match_deletion(verifier *v, write *w)
{
	ledger_version *version = ledger_deletion(&v->ledger, w->record->key, w->record->version);

	w->matched = w->record->outcome == DONE && version;
	if (!w->matched)
		return;
	version->begin_ns = w->record->begin_ns;
	w->record->version = version->version;
}

static void check_outcome_of(verifier *v, write *w)
{
	const check_record *record = w->record;

	if (record->kind == DELETE)
		match_deletion(v, w);
	v->pending_writes += record->outcome == PENDING || record->outcome == UNKNOWN;
	if (record->outcome == DONE && !w->matched)
		verifier_report(v, "an acknowledged %s of key %d (version %" PRId64 ", tag %" PRId64 ") is lost",
		                record->kind == DELETE ? "deletion" : "write", record->key, record->version, record->tag);
	if (record->outcome == UNDONE && w->matched)
		verifier_report(v, "a write of key %d (tag %" PRId64 ") was reported as undone and is there", record->key,
		                record->tag);
}

static void make_room_for(verifier *v, int incarnation)
{
	size_t before = v->own_capacity, needed = ((size_t)incarnation + 1) * KEYS;

	if (v->incarnations > (size_t)incarnation)
		return;
	while (v->own_capacity < needed) {
		size_t capacity = v->own_capacity;

		v->own = grow(v->own, &capacity, capacity, sizeof *v->own);
		v->own_lists = grow(v->own_lists, &v->own_capacity, v->own_capacity, sizeof *v->own_lists);
	}
	if (v->own_capacity > before) {
		memset(v->own + before, 0, (v->own_capacity - before) * sizeof *v->own);
		memset(v->own_lists + before, 0, (v->own_capacity - before) * sizeof *v->own_lists);
	}
	v->incarnations = (size_t)incarnation + 1;
}

/* From when on the others, and the process itself, must see an acknowledged write. Lists and counts may also be of
 * before an earlier write that may go unnoticed. */
static void require(verifier *v, const write *w)
{
	const check_record *record = w->record;
	uint64_t            end_ns = record->end_ns;
	uint64_t            lists_ns = seeing_from(v, record->key, w->blind ? end_ns + w->late_ns : end_ns, -1);
	uint64_t            own_lists_ns = seeing_from(v, record->key, end_ns, record->incarnation);
	size_t              own = (size_t)record->incarnation * KEYS + (size_t)record->key;

	make_room_for(v, record->incarnation);
	timeline_add(&v->records[record->key], w->blind ? lists_ns : end_ns, record->version);
	timeline_add(&v->lists[record->key], lists_ns, record->version);
	timeline_add(&v->own[own], end_ns, record->version);
	timeline_add(&v->own_lists[own], own_lists_ns, record->version);
}

const char *verifier_writer(const verifier *v, int64_t version, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; version > 0 && i < v->write_count; i++) {
		const check_record *record = v->writes[i].record;

		if (record->version == version && record->outcome == DONE)
			snprintf(text, size, "; %s by process %d%s, from %.6f for %.6f s",
			         record->kind == DELETE ? "deleted" : "written", record->incarnation,
			         v->writes[i].blind ? " unguarded" : "", (double)(record->begin_ns % UINT64_C(1000000000000)) / 1e9,
			         (double)(record->end_ns - record->begin_ns) / 1e9);
	}
	return text;
}

static bool take_writes(verifier *v, const check_shared *shared, PGconn *database)
{
	uint64_t now_ns = clock_ns();
	size_t   known[KEYS];

	for (int key = 0; key < KEYS; key++)
		known[key] = v->ledger.keys[key].count;
	if (!ledger_read(&v->ledger, database))
		return false;
	collect_writes(v, shared);
	match(v, known);
	for (size_t i = 0; i < v->write_count; i++) {
		check_outcome_of(v, &v->writes[i]);
		note_blind(v, &v->writes[i], now_ns);
	}
	for (size_t i = 0; i < v->write_count; i++)
		if (v->writes[i].record->outcome == DONE && v->writes[i].matched)
			require(v, &v->writes[i]);
	ledger_settle(&v->ledger);
	return true;
}

/* ---- The round --------------------------------------------------------------------------------------------------- */

static void settle(verifier *v)
{
	for (int key = 0; key < KEYS; key++) {
		timeline_settle(&v->records[key], v->round_begin_ns);
		timeline_settle(&v->lists[key], v->round_begin_ns);
	}
	for (size_t i = 0; i < v->incarnations * KEYS; i++) {
		timeline_settle(&v->own[i], v->round_begin_ns);
		timeline_settle(&v->own_lists[i], v->round_begin_ns);
	}
}

bool verifier_check(verifier *v, const check_shared *shared, PGconn *database)
{
	if (!take_writes(v, shared, database))
		return false;
	settle(v);
	verify_reads(v, shared);
	v->round_begin_ns = clock_ns();
	forget_old(v);
	return true;
}
