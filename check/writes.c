/* writes.c: the writes of a worker's thread. Each is entered before it is begun and completed when its outcome is
 * known; one whose worker is killed stays pending, and either outcome is right then. */
#include "actor.h"

#include <stddef.h>
#include <string.h>

enum { IN_TRANSACTION_MOST = 3, LONG_MOST_MS = 1200 };

#define RARELY_NS UINT64_C(20000000000) /* after which a row that is written rarely may be written again */

/* A change in the making: the new values, and which of them. */
typedef struct change {
	reg      values;
	weir_set set;
	char     name[REG_TEXT];
	char     owner[REG_TEXT];
} change;

/* What an update sets: the first few of these. */
static const size_t set_tag_group[] = { offsetof(reg, tag), offsetof(reg, grp) };
static const size_t set_tag_name_group[] = { offsetof(reg, tag), offsetof(reg, name), offsetof(reg, grp) };

static void make_change(actor *a, int64_t key, change *c)
{
	int dice = random_between(&a->random, 0, 99);

	c->values = (reg){
		.k = key,
		.owner = reg_owner(key, c->owner),
		.grp = random_between(&a->random, 0, GROUPS - 1),
		.name = reg_name(reg_first_name(key) + random_between(&a->random, 0, 2), c->name),
		.tag = atomic_fetch_add(&a->worker->shared->next_tag, 1),
	};
	c->set = (weir_set){ .model = &reg_model, .offsets = dice < 75 ? set_tag_group : set_tag_name_group };
	c->set.count = dice < 40 ? 1 : dice < 90 ? 2 : 3;
}

/* Of rows that are written rarely one writer in so many seconds is told yes, if its last write went on without guards. */
bool actor_may_write(actor *a, int64_t key)
{
	_Atomic uint64_t *last = &a->worker->shared->rarely_ns[key];
	uint64_t          before = atomic_load(last), now = clock_ns();

	if (!a->worker->rarely || !reg_is_rare(key))
		return true;
	return a->goes_without && now - before > RARELY_NS && atomic_compare_exchange_strong(last, &before, now);
}

static check_record *begin_write(actor *a, check_kind kind, int64_t key, int64_t tag)
{
	check_record *record = actor_record(a, kind, 0);

	record->key = (int32_t)key;
	record->tag = tag;
	record->begin_ns = clock_ns();
	record->group = record->name = -1;
	actor_publish(a, 1);
	a->unguarded = actor_unguarded(a->worker);
	memset(&a->err, 0, sizeof a->err);
	return record;
}

static check_outcome outcome_of(const actor *a, int rc)
{
	if (rc == WEIR_OK)
		return DONE;
	return rc < 0 && a->err.effect != WEIR_EFFECT_NONE ? UNKNOWN : UNDONE;
}

static bool is_expected(int rc)
{
	return rc >= 0 || rc == WEIR_ERR_UNIQUE || rc == WEIR_ERR_DEADLOCK || rc == WEIR_ERR_CACHE;
}

static void end_write(actor *a, check_record *record, int rc)
{
	record->end_ns = clock_ns();
	record->unguarded = a->goes_without = actor_unguarded(a->worker) != a->unguarded;
	record->outcome = outcome_of(a, rc);
	if (!is_expected(rc))
		actor_note_error(a, "write", rc);
}

static void update(actor *a, int64_t key)
{
	change        c;
	const reg    *row = NULL;
	check_record *record;
	int           rc;

	make_change(a, key, &c);
	record = begin_write(a, WRITE, key, c.values.tag);
	rc = weir_base_dao_update(&a->dao, &c.values, &c.values, c.set, &row, &a->err);
	record->version = row ? row->ver : 0;
	end_write(a, record, rc);
	reg_release(&row);
}

/* ---- Rows that come and go --------------------------------------------------------------------------------------- */

static void create(actor *a, int64_t key)
{
	change        c;
	const reg    *row = NULL;
	check_record *record;
	int           rc;

	make_change(a, key, &c);
	record = begin_write(a, CREATE, key, c.values.tag);
	if (random_percent(&a->random, 50)) {
		crew         owner = { .grp = c.values.grp };
		weir_related of = weir_related_to(a->session, &crew_model, "members", &owner);

		rc = weir_related_create(&of, &c.values, WEIR_SET(reg, k, owner, name, tag), &row, &a->err);
	} else {
		rc = weir_base_dao_create(&a->dao, &c.values, WEIR_SET(reg, k, owner, grp, name, tag), &row, &a->err);
	}
	record->version = row ? row->ver : 0;
	end_write(a, record, rc);
	reg_release(&row);
}

/* Only this thread deletes the key, so the deletion is the first in the ledger after `version`. */
static void delete (actor *a, int64_t key, int64_t version)
{
	check_record *record = begin_write(a, DELETE, key, 0);
	bool          deleted = false;
	int           rc;

	record->version = version;
	rc = weir_base_dao_delete(&a->dao, &(reg){ .k = key }, &deleted, &a->err);
	end_write(a, record, rc == WEIR_OK && !deleted ? WEIR_NOT_FOUND : rc);
}

static void come_or_go(actor *a)
{
	int        threads = a->worker->shared->workers * a->worker->shared->threads;
	int        mine = a->worker->slot * a->worker->shared->threads + a->thread;
	int64_t    key = (random_between(&a->random, 0, KEYS / 4 - 1) / threads * threads + mine) * 4 + 3;
	const reg *row = NULL;
	int        rc;

	if (key >= KEYS)
		return;
	rc = weir_base_dao_get_by_id(&a->dao, &(reg){ .k = key }, &row, &a->err);
	if (rc == WEIR_OK)
		delete (a, key, row->ver);
	else if (rc == WEIR_NOT_FOUND)
		create(a, key);
	reg_release(&row);
}

/* ---- Transactions ------------------------------------------------------------------------------------------------ */

typedef struct work {
	actor        *a;
	weir_session *tx;
	check_record *records[IN_TRANSACTION_MOST + 1];
	int           count;
} work;

/* A read in a transaction sees what the transaction wrote. */
static void look_back(actor *a, const weir_base_dao *dao, const check_record *written)
{
	const reg    *row = NULL;
	uint64_t      begin_ns = clock_ns();
	int           rc = weir_base_dao_get_by_id_cached(dao, &(reg){ .k = written->key }, &row, &a->err);
	check_record *record;

	if (rc >= 0) {
		record = actor_record(a, READ_IN_TX, 0);
		record->begin_ns = begin_ns;
		record->end_ns = clock_ns();
		record->key = written->key;
		record->version = row ? row->ver : 0;
		record->name = row && row->ver == written->version;
		actor_publish(a, 1);
	}
	reg_release(&row);
}

static int update_in(work *w, weir_session *tx, int64_t key)
{
	actor        *a = w->a;
	weir_base_dao dao = weir_get_dao(tx, &reg_model);
	change        c;
	const reg    *row = NULL;
	check_record *record;
	int           rc;

	make_change(a, key, &c);
	record = begin_write(a, WRITE, key, c.values.tag);
	w->records[w->count++] = record;
	rc = weir_base_dao_update(&dao, &c.values, &c.values, c.set, &row, &a->err);
	record->version = row ? row->ver : 0;
	if (row && random_percent(&a->random, 30))
		look_back(a, &dao, record);
	else if (!row)
		record->outcome = UNDONE;
	reg_release(&row);
	return rc;
}

/* The row is added to another group's, after its tag was changed, so that the ledger tells whose the change is. */
static int add_in(work *w, int64_t key)
{
	actor        *a = w->a;
	crew          owner = { .grp = random_between(&a->random, 0, GROUPS - 1) };
	weir_related  of = weir_related_to(w->tx, &crew_model, "members", &owner);
	weir_base_dao dao = weir_get_dao(w->tx, &reg_model);
	const reg    *row = NULL;
	check_record *record;
	int           rc = update_in(w, w->tx, key);

	record = w->records[w->count - 1];
	if (rc != WEIR_OK)
		return rc;
	rc = weir_related_add(&of, &(reg){ .k = key }, &a->err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_get_by_id(&dao, &(reg){ .k = key }, &row, &a->err);
	if (row)
		record->version = row->ver;
	reg_release(&row);
	return rc;
}

/* A savepoint that is rolled back to, so that its write is undone and what it touched is forgotten. */
static int update_in_vain(work *w, int64_t key)
{
	actor        *a = w->a;
	weir_session *savepoint = NULL;
	int           rc = weir_begin(w->tx, NULL, &savepoint, &a->err);

	if (rc < 0)
		return rc;
	rc = update_in(w, savepoint, key);
	w->records[w->count - 1]->outcome = UNDONE;
	weir_rollback(&savepoint);
	return rc < 0 && rc != WEIR_ERR_UNIQUE ? rc : WEIR_OK;
}

/* Keys in ascending order, so that transactions rarely deadlock. */
static int update_some(work *w)
{
	actor *a = w->a;
	int    key = actor_pick_key(a), last = random_between(&a->random, 1, IN_TRANSACTION_MOST);
	int    rc = WEIR_OK;

	if (random_percent(&a->random, 20) && !(a->worker->rarely && reg_is_rare(key)))
		rc = update_in_vain(w, key);
	for (int i = 0; rc >= 0 && i < last && key < KEYS; i++, key += random_between(&a->random, 1, 5)) {
		if (!actor_may_write(a, key))
			continue;
		rc = random_percent(&a->random, 25) ? add_in(w, key) : update_in(w, w->tx, key);
	}
	if (rc >= 0 && atomic_load(&a->worker->shared->long_transactions) && random_percent(&a->random, 30))
		pause_ms(random_between(&a->random, 100, LONG_MOST_MS));
	return rc;
}

static void transact(actor *a)
{
	work          w = { .a = a };
	check_outcome outcome = UNDONE;
	int           rc = weir_begin(a->session, NULL, &w.tx, &a->err);

	if (rc < 0) {
		actor_note_error(a, "begin", rc);
		return;
	}
	rc = update_some(&w);
	if (rc < 0 || random_percent(&a->random, 15)) {
		weir_rollback(&w.tx);
	} else {
		memset(&a->err, 0, sizeof a->err);
		a->unguarded = actor_unguarded(a->worker);
		rc = weir_commit(&w.tx, &a->err);
		outcome = outcome_of(a, rc);
	}
	for (int i = 0; i < w.count; i++) {
		w.records[i]->end_ns = clock_ns();
		w.records[i]->unguarded = actor_unguarded(a->worker) != a->unguarded;
		if (w.records[i]->outcome == PENDING)
			w.records[i]->outcome = outcome;
	}
	if (!is_expected(rc))
		actor_note_error(a, "transaction", rc);
}

static int rare_key(actor *a)
{
	return random_between(&a->random, 3, KEYS / 4 - 1) * 4 + 1;
}

void actor_write(actor *a)
{
	int dice = random_between(&a->random, 0, 99);

	if (dice < 70) {
		int key = a->goes_without && a->worker->rarely ? rare_key(a) : actor_pick_key(a);

		if (actor_may_write(a, key))
			update(a, key);
	} else if (dice < 88)
		transact(a);
	else
		come_or_go(a);
}
