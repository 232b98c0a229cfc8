/* world.c: the scheduler. */
#include "world.h"

#include "base.h"
#include "database.h"
#include "oracle.h"
#include "redis.h"

#include "base/condition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_US = 100, STEPS_MOST = 3000, LONG_SLEEP_US = 60000, FAULT_PERCENT = 12 };

world w;

/* ---- Saying what happens ------------------------------------------------------------------------------------------- */

void world_trace(const char *format, ...)
{
	va_list arguments;

	printf("%4d  ", w.steps);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

void world_violation(const char *format, ...)
{
	va_list arguments;

	if (w.violation[0])
		return;
	va_start(arguments, format);
	vsnprintf(w.violation, sizeof w.violation, format, arguments);
	va_end(arguments);
	trace("%s", w.violation);
}

static void log_line(void *context, weir_log_level level, const char *text)
{
	(void)context, (void)level;
	trace("      [%s]", text);
}

/* ---- The beginning ------------------------------------------------------------------------------------------------- */

static bool open_session(int process)
{
	static const weir_model *const models[] = { &row_model, NULL };
	static const char *const       numbers[] = { "0", "1", "2" };
	weir_options                   options = {
						  .postgres = numbers[process],
						  .models = models,
						  .schema_check = WEIR_SCHEMA_SKIP,
						  .timeout_ms = 1000000,
						  .cache_kind = WEIR_CACHE_CUSTOM,
						  .cache_backend = redis_backend(process),
						  .cache = { .policy = process == STRICT ? WEIR_POLICY_FAIL : WEIR_POLICY_DEGRADE },
						  .log = { log_line, NULL, WEIR_LOG_ERROR },
	};
	weir_error err = WEIR_ERROR_INIT;

	if (weir_open(&options, &w.sessions[process], &err) == WEIR_OK)
		return true;
	fprintf(stderr, "sim: %s\n", err.message);
	return false;
}

bool world_open(void)
{
	base_seed(1);
	base_now_us = 1000000;
	for (int i = 0; i < ACTORS; i++) {
		if (!fiber_make(&w.actors[i].run))
			return false;
		w.actors[i].number = i;
	}
	for (int i = 0; i < PROCESSES; i++)
		if (!open_session(i))
			return false;
	base_memory_keep();
	return true;
}

void world_begin(void)
{
	base_memory_restore();
	base_now_us = 1000000;
	base_seed(2);
	redis_begin();
	database_begin();
	oracle_begin();
	memset(w.dead, 0, sizeof w.dead);
	memset(w.cut, 0, sizeof w.cut);
	memset(w.follows, 0, sizeof w.follows);
	w.actor_count = w.steps = w.budget = 0;
	w.faults = 0;
	w.now = w.last = NULL;
	w.switches = -1;
	w.split = w.guards_were_lost = false;
	w.violation[0] = '\0';
}

actor *world_add(int process, const line *script)
{
	actor *a = &w.actors[w.actor_count++];

	a->process = process;
	a->at = 0;
	a->fresh = a->chosen = false;
	a->waits_for = NULL;
	a->committing = false;
	a->awaited = NULL;
	for (int i = 0; i <= SCRIPT_MOST; i++) {
		a->script[i] = i < SCRIPT_MOST ? script[i] : (line){ END, 0, 0 };
		if (a->script[i].what == END)
			break;
	}
	memcpy(a->name, process < 0 ? "world" : "A/0", process < 0 ? sizeof "world" : sizeof "A/0");
	if (process >= 0) {
		a->name[0] = (char)('A' + a->number);
		a->name[2] = (char)('0' + process);
	}
	fiber_start(&a->run, script_run, a);
	return a;
}

/* ---- Steps --------------------------------------------------------------------------------------------------------- */

void world_step(void)
{
	actor *a = w.now;

	if (!a) /* something that arrives */
		return;
	if (a->fresh) {
		a->fresh = false;
		return;
	}
	fiber_yield();
}

void base_sleep(int64_t us)
{
	world_step();
	base_now_us += choice.random && choose_percent(40) ? us : LONG_SLEEP_US;
}

/* A thread that waits for another of its process lets others go first; if it waits for the same again, its time has come. */
void weir__cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, weir__deadline until)
{
	actor *a = w.now;

	pthread_mutex_unlock(lock);
	w.last = NULL;
	a->fresh = false;
	world_step();
	pthread_mutex_lock(lock);
	if (a->awaited == cond && until != WEIR__NO_DEADLINE && base_now_us < until)
		base_now_us = until;
	a->awaited = cond;
}

fault world_fault(unsigned of)
{
	unsigned possible = w.faults & of;
	int      options = 0, chosen;
	fault    each[8];

	if (!possible || w.budget == 0 || (choice.random && !choose_percent(FAULT_PERCENT)))
		return 0;
	for (unsigned bit = 1; bit <= LOSE_COMMITS; bit <<= 1)
		if (possible & bit)
			each[options++] = (fault)bit;
	chosen = choice.random ? 1 + choose(options) : choose(options + 1);
	if (chosen == 0)
		return 0;
	w.budget--;
	trace("  goes wrong: %s", each[chosen - 1] == LOSE_REQUESTS    ? "the request is lost"
	                          : each[chosen - 1] == LOSE_REPLIES   ? "the reply is lost"
	                          : each[chosen - 1] == DELAY_REQUESTS ? "the request is late"
	                          : each[chosen - 1] == ROLL_BACK      ? "COMMIT fails"
	                                                               : "COMMIT is not answered");
	return each[chosen - 1];
}

/* A COMMIT that is under way arrives or not, and if it does its fate may take a while. */
void world_kill(int process)
{
	if (w.dead[process])
		return;
	for (int i = 0; i < w.actor_count; i++) {
		actor *a = &w.actors[i];

		if (a->process != process || a->run.ended)
			continue;
		if (a->committing)
			database_orphan(a, choose(3));
		a->run.ended = true;
		trace("  %s dies", a->name);
	}
	database_hang_up(process);
	w.dead[process] = true;
}

static bool is_runnable(const actor *a)
{
	return !a->run.ended && (!a->waits_for || a->chosen || !database_is_open(a->waits_for));
}

static bool work_is_left(void)
{
	for (int i = 0; i < w.actor_count; i++)
		if (w.actors[i].process >= 0 && !w.actors[i].run.ended)
			return true;
	return false;
}

/* Everybody waits for somebody else. */
static void end_deadlock(void)
{
	for (int i = 0; i < w.actor_count; i++)
		if (w.actors[i].process >= 0 && !w.actors[i].run.ended) {
			w.actors[i].chosen = true;
			return;
		}
}

/* Who can go on, who ran last first. */
static int find_runnable(actor *runnable[ACTORS])
{
	int count = 0;

	if (w.last && is_runnable(w.last))
		runnable[count++] = w.last;
	for (int i = 0; i < w.actor_count; i++)
		if (is_runnable(&w.actors[i]) && &w.actors[i] != w.last)
			runnable[count++] = &w.actors[i];
	return count;
}

/* One of so many events is next. The first is that the same actor goes on, if it can. */
static int next_event(int events, const actor *first)
{
	int next;

	if (w.switches == 0 && first && first == w.last)
		return 0;
	next = choose(events);
	if (next > 0 && first && first == w.last)
		w.switches--;
	return next;
}

/* Actors that can go on, then messages that may arrive, then the fates of COMMITs: each may be next. */
static void turn(void)
{
	actor *runnable[ACTORS] = { NULL };
	int    actors = find_runnable(runnable), messages = redis_under_way(), doubts = database_in_doubt(), next;

	if (doubts == 0 && (actors == 0 || (actors == 1 && runnable[0]->process < 0))) {
		end_deadlock();
		return;
	}
	next = next_event(actors + messages + 2 * doubts, runnable[0]);
	if (next < actors) {
		w.now = w.last = runnable[next];
		fiber_resume(&w.now->run);
		w.now = NULL;
	} else if (next < actors + messages) {
		redis_deliver(next - actors);
	} else {
		next -= actors + messages;
		database_settle(next / 2, next % 2);
	}
}

void world_run(void)
{
	while (work_is_left() && !w.violation[0]) {
		if (w.steps++ > STEPS_MOST) {
			world_violation("it does not end");
			return;
		}
		base_now_us += STEP_US;
		turn();
	}
}
