/* Who waits, who leads and who goes alone: see group.h; what a leader does is in group_batch.c.
 *
 * Who holds a place for long, perhaps because it waits for a row that is locked, does not keep the others: one that has waited
 * as long makes one more place, until that one is back. */
#include "dao/group.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/group_batch.h"
#include "dao/invalidation.h"

#define PLACES      1
#define PATIENCE_US 20000
#define LEFT_US     100000  /* whose deadline is nearer goes alone */
#define FAIR_PART   4       /* and who has less than this part of the time that another has, */
#define FAIR_US     1000000 /* unless it is as long as this */

/* A place that somebody has. */
typedef struct weir__place weir__place;
struct weir__place {
	weir__place *next;
	int64_t      since_us;
	bool         replaced; /* there is one more because of it */
};

struct weir__group {
	weir__combiner  combiner;
	pthread_mutex_t lock; /* the places that are taken */
	weir__place    *taken;
	int64_t         patience_us; /* with who holds a place */
	atomic_bool     off;         /* its connections take no batches */
};

int weir__group_create(const weir__registry *registry, weir__group **group, weir_error *err)
{
	bool         any = false;
	weir__group *made;

	for (size_t i = 0; i < registry->count; i++)
		any |= registry->items[i].gathers_writes;
	if (!any)
		return WEIR_OK;
	made = weir__calloc(1, sizeof *made);
	if (made && pthread_mutex_init(&made->lock, NULL) != 0) {
		weir__free(made);
		made = NULL;
	}
	if (!made)
		return weir__error_no_memory(err);
	if (!weir__combiner_init(&made->combiner, PLACES, WEIR__BATCH_MAX)) {
		pthread_mutex_destroy(&made->lock);
		weir__free(made);
		return weir__error_no_memory(err);
	}
	made->patience_us = PATIENCE_US;
	atomic_init(&made->off, false);
	*group = made;
	return WEIR_OK;
}

void weir__group_free(weir__group *group)
{
	if (!group)
		return;
	weir__combiner_release(&group->combiner);
	pthread_mutex_destroy(&group->lock);
	weir__free(group);
}

size_t weir__group_waiting(weir__group *group)
{
	return weir__combiner_waiting(&group->combiner);
}

void weir__group_set_patience(weir__group *group, int patience_ms)
{
	group->patience_us = (int64_t)patience_ms * 1000;
}

bool weir__group_takes(const weir__call *call, const weir__write *write)
{
	const weir_session *session = call->session;

	return write->sql.gives_xid && call->entity && call->entity->gathers_writes && !write->copy && !write->list &&
	       !write->always && !write->blame && !session->cancel && !session->principal &&
	       !weir__cache_space_fails(call->entity->space) &&
	       !atomic_load_explicit(&session->engine->group->off, memory_order_relaxed);
}

/* ---- Places ---------------------------------------------------------------------------------------------------------- */

static void settle_in(weir__call *call, weir__place *place)
{
	weir__group *group = call->session->engine->group;

	*place = (weir__place){ .since_us = weir__now_us() };
	call->place = place;
	pthread_mutex_lock(&group->lock);
	place->next = group->taken;
	group->taken = place;
	pthread_mutex_unlock(&group->lock);
}

void weir__group_leave(weir__call *call)
{
	weir__group *group = call->session->engine->group;
	weir__place *place = call->place;

	if (!place)
		return;
	call->place = NULL;
	pthread_mutex_lock(&group->lock);
	for (weir__place **at = &group->taken; *at; at = &(*at)->next)
		if (*at == place) {
			*at = place->next;
			break;
		}
	if (place->replaced)
		atomic_fetch_sub(&group->combiner.places, 1);
	pthread_mutex_unlock(&group->lock);
	weir__combiner_leave(&group->combiner);
}

/* One place more for one that is held for long. */
static void make_place(weir__group *group)
{
	int64_t latest_us = weir__now_us() - group->patience_us;

	pthread_mutex_lock(&group->lock);
	for (weir__place *at = group->taken; at; at = at->next)
		if (!at->replaced && at->since_us <= latest_us) {
			at->replaced = true;
			atomic_fetch_add(&group->combiner.places, 1);
			break;
		}
	pthread_mutex_unlock(&group->lock);
}

/* ---- Batches --------------------------------------------------------------------------------------------------------- */

static void discard(weir__want *want, bool has_result)
{
	(void)has_result; /* its caller never leaves one */
	weir__want_release(want);
	weir__free(want);
}

static weir__group_member *next_of(const weir__group_member *member)
{
	return (weir__group_member *)(void *)member->want.next;
}

/* When the most patient of them gives up. */
static weir__deadline latest_of(const weir__group_member *leader)
{
	weir__deadline latest = 0;

	for (const weir__group_member *member = leader; member; member = next_of(member))
		if (member->call->deadline > latest)
			latest = member->call->deadline;
	return latest;
}

/* Takes all of them that have the time: the deadline of all is that of the most impatient, which must not cut the others short. If the leader
 * is not among them, all go alone: it would be kept past its own deadline. */
static void fill(weir__group_batch *batch, weir__group_member *leader)
{
	int64_t now_us = weir__now_us(), least_us = (latest_of(leader) - now_us) / FAIR_PART;
	int64_t earliest_us;

	if (least_us > FAIR_US)
		least_us = FAIR_US;
	earliest_us = now_us + (least_us > LEFT_US ? least_us : LEFT_US);
	for (weir__group_member *member = leader; member; member = next_of(member))
		if (member->call->deadline >= earliest_us) {
			batch->members[batch->count++] = member;
			if (member->call->deadline < batch->deadline)
				batch->deadline = member->call->deadline;
		}
}

/* Those that the batch does not take are told so before it runs: they have no time to wait for it. */
static void dismiss(const weir__group_batch *batch, weir__group_member *leader)
{
	weir__want *before = &leader->want;
	size_t      at = 1;
	bool        any = false;

	for (weir__group_member *member = next_of(leader), *next; member; member = next) {
		next = next_of(member);
		if (at < batch->count && batch->members[at] == member) {
			before = &member->want;
			at++;
			continue;
		}
		before->next = member->want.next;
		weir__want_settle(&member->want, false);
		any = true;
	}
	if (any)
		weir__batch_wake(&leader->want);
}

/* Who leads nobody else writes as one that found the place free. */
static void run_one(weir__group_member *member)
{
	member->rc = weir__write_alone(member->call, member->write, &member->changed);
	member->done = true;
}

static void run_batch(weir__group *group, weir__group_batch *batch, weir__group_member *leader)
{
	dismiss(batch, leader);
	if (!weir__group_batch_run(batch))
		atomic_store(&group->off, true);
}

static void lead(weir__group *group, weir__group_member *leader)
{
	weir__group_batch batch = { .leader = leader->call, .deadline = WEIR__NO_DEADLINE };
	weir__place       place;

	settle_in(leader->call, &place);
	fill(&batch, leader);
	if (!leader->want.next)
		run_one(leader);
	else if (batch.count > 1 && batch.members[0] == leader)
		run_batch(group, &batch, leader);
	weir__group_leave(leader->call);
	for (weir__group_member *member = leader, *next; member; member = next) {
		next = next_of(member);
		weir__want_settle(&member->want, member->done);
	}
	weir__batch_wake(&leader->want);
}

/* ---- One caller ------------------------------------------------------------------------------------------------------ */

/* Queues, or takes a place that has become free: *queued is NULL then. WEIR_ERR_NO_MEMORY. */
static int queue(weir__call *call, const weir__write *write, weir__group_member **queued)
{
	weir__group_member *made = weir__calloc(1, sizeof *made);

	*queued = NULL;
	if (!made)
		return weir__error_no_memory(call->err);
	weir__want_init(&made->want, 1, discard);
	made->want.stays = true;
	made->call = call;
	made->write = write;
	if (weir__combiner_enter(&call->session->engine->group->combiner, &made->want))
		discard(&made->want, false);
	else
		*queued = made;
	return WEIR_OK;
}

static int run_in_place(weir__call *call, const weir__write *write, size_t *changed)
{
	weir__place place;
	int         rc;

	settle_in(call, &place);
	rc = weir__write_alone(call, write, changed);
	weir__group_leave(call);
	return rc;
}

static weir__want_state wait_for_others(weir__call *call, weir__group_member *queued, int *rc, size_t *changed)
{
	weir__group     *group = call->session->engine->group;
	weir__deadline   soon = weir__now_us() + group->patience_us, last = call->deadline - LEFT_US;
	weir__want_state state = weir__combiner_wait(&group->combiner, &queued->want, soon < last ? soon : last);

	if (state == WEIR__WANT_WAITS)
		return state;
	if (state == WEIR__WANT_LEADS) {
		lead(group, queued);
		state = weir__want_state_of(&queued->want);
	}
	*rc = queued->rc;
	*changed = queued->changed;
	weir__want_end(&queued->want);
	return state;
}

int weir__group_write(weir__call *call, const weir__write *write, size_t *changed)
{
	weir__group        *group = call->session->engine->group;
	weir__group_member *queued;
	int                 rc;

	for (;;) {
		if (weir__combiner_enter(&group->combiner, NULL))
			return run_in_place(call, write, changed);
		if (weir__now_us() >= call->deadline - LEFT_US)
			return weir__write_alone(call, write, changed);
		rc = queue(call, write, &queued);
		if (rc < 0)
			return rc;
		if (!queued)
			return run_in_place(call, write, changed);
		switch (wait_for_others(call, queued, &rc, changed)) {
		case WEIR__WANT_DONE:
			weir__call_note_rows(call, *changed);
			return rc;
		case WEIR__WANT_WAITS:
			make_place(group);
			break;
		default:
			return weir__write_alone(call, write, changed);
		}
	}
}
