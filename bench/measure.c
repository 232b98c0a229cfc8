/* Verification and rounds. A round is some tenths of a second of one side; a pair of rounds makes one ratio, and which side
 * goes first alternates, so that what the machine does meanwhile falls on both alike. */
#include "bench.h"
#include "contents.h"

#include <inttypes.h>
#include <stdlib.h>

#define VERIFIED_DB     2000 /* picks of operations on the database, where there are so many; of hits all */
#define VERIFIED_WRITES 20
#define VERIFIED_MANY   2 /* of those that write more than a list */

static bool takes_part(const bench *b, int side)
{
	return b->options.only == BENCH_SIDES || b->options.only == side;
}

/* ---- Verification ---------------------------------------------------------------------------------------------- */

/* One pick, everything that it gives compared with SQL. */
static bool verify_pick(bench *b, const bench_operation *operation, int side, size_t pick)
{
	bench_check check = { .fresh = operation->write };

	if (!operation->run[side](b, pick, &check))
		return false;
	return check.users == operation->items ||
	       bench_fail(b, "%s: %zu users were compared, not %zu", operation->name, check.users, operation->items);
}

static bool verify_side(bench *b, const bench_operation *operation, int side)
{
	size_t picks = bench_picks(b, operation->domain);
	size_t writes = operation->items > BENCH_LIST_LENGTH ? VERIFIED_MANY : VERIFIED_WRITES;
	bool   all = operation->hit || (!operation->write && picks <= VERIFIED_DB);
	size_t wanted = operation->write ? writes : all ? picks : VERIFIED_DB;

	for (size_t i = 0; i < wanted; i++) {
		size_t pick = all ? i : bench_number(8, i) % picks;

		if (!verify_pick(b, operation, side, pick))
			return false;
	}
	return true;
}

/* The lookups of both sides that the cache did not answer. */
static uint64_t misses(bench *b)
{
	weir_cache_stats stats;
	uint64_t         by_hand = b->baseline.misses;

	weir_cache_manager_stats(weir_session_cache(b->session), NULL, &stats);
	for (int i = 0; i < b->options.threads - 1; i++)
		by_hand += b->others[i].baseline.misses;
	return stats.misses + stats.bypasses + stats.errors + by_hand;
}

/* What is cached is verified as it is filled, and again as it comes from the cache. */
bool bench_verify(bench *b, const bench_operation *operation)
{
	for (int side = 0; side < BENCH_SIDES; side++) {
		uint64_t before;

		if (!takes_part(b, side))
			continue;
		if (!verify_side(b, operation, side))
			return false;
		before = misses(b);
		if (operation->hit && !verify_side(b, operation, side))
			return false;
		if (operation->hit && misses(b) != before)
			return bench_fail(b, "%s: %" PRIu64 " lookups were not answered by the cache", operation->name,
			                  misses(b) - before);
	}
	return true;
}

/* ---- Rounds ---------------------------------------------------------------------------------------------------- */

/* What the rounds of one side gave. */
typedef struct series {
	double *ops_per_s;
	double *cpu_us; /* of this process, for each operation */
} series;

static bool run_each(bench *b, bench_run run, enum bench_domain domain)
{
	for (size_t pick = 0; pick < bench_picks(b, domain); pick++) {
		if (!run(b, pick, NULL))
			return false;
	}
	return true;
}

/* Brings everything that the rounds will ask for into the cache. */
static bool warm(bench *b, const bench_operation *operation, int side)
{
	double ignored;

	if (operation->hit && !run_each(b, operation->run[side], operation->domain))
		return false;
	if (operation->reads[side] && !run_each(b, operation->reads[side], BENCH_HOT_USER))
		return false;
	return b->options.count || bench_callers_run(b, operation, side, 99, &ignored, &ignored);
}

static bool prepare(bench *b, const bench_operation *operation)
{
	if (operation->write && !bench_dataset_tidy(b))
		return false;
	for (int side = 0; side < BENCH_SIDES; side++) {
		if (takes_part(b, side) && !warm(b, operation, side))
			return false;
	}
	return true;
}

static bool run_pairs(bench *b, const bench_operation *operation, series sides[BENCH_SIDES])
{
	for (int round = 0; round < b->options.rounds; round++) {
		for (int turn = 0; turn < BENCH_SIDES; turn++) {
			int side = (turn + round) % BENCH_SIDES;

			if (takes_part(b, side) && !bench_callers_run(b, operation, side, (uint64_t)round + 100,
			                                              &sides[side].ops_per_s[round], &sides[side].cpu_us[round]))
				return false;
		}
	}
	return true;
}

static void summarise(bench *b, series sides[BENCH_SIDES], bench_result *result)
{
	size_t  count = (size_t)b->options.rounds;
	double *ratios = sides[BENCH_WEIR].ops_per_s, *by_hand = sides[BENCH_BASELINE].ops_per_s;

	for (int side = 0; side < BENCH_SIDES; side++) {
		result->ops_per_s[side] = bench_median(sides[side].ops_per_s, count);
		result->cpu_us[side] = bench_median(sides[side].cpu_us, count);
	}
	for (size_t i = 0; i < count; i++)
		ratios[i] = by_hand[i] > 0 ? ratios[i] / by_hand[i] : 0;
	result->ratio = bench_median(ratios, count);
	bench_interval(ratios, count, &result->ratio_low, &result->ratio_high);
}

static bool measure(bench *b, const bench_operation *operation, series sides[BENCH_SIDES], bench_result *result)
{
	uint64_t before;

	if (!prepare(b, operation))
		return false;
	before = misses(b);
	if (!run_pairs(b, operation, sides))
		return false;
	if (operation->hit && misses(b) != before)
		return bench_fail(b, "%s: %" PRIu64 " lookups were not answered by the cache", operation->name,
		                  misses(b) - before);
	summarise(b, sides, result);
	return !operation->write || bench_dataset_tidy(b);
}

bool bench_measure(bench *b, const bench_operation *operation, bench_result *result)
{
	size_t  count = (size_t)b->options.rounds;
	double *values = calloc(count * 2 * BENCH_SIDES, sizeof *values);
	series  sides[BENCH_SIDES] = { { values, values + count }, { values + 2 * count, values + 3 * count } };
	bool    done;

	result->operation = operation;
	done = values ? measure(b, operation, sides, result) : bench_fail(b, "out of memory");
	free(values);
	return done;
}
