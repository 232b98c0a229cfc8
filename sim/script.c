/* script.c: what actors do, by the public functions of weir, and what befalls the world. The library's code from there
 * down to statements and commands is the real one. */
#include "oracle.h"
#include "redis.h"

#include "base.h"

#include <stdio.h>
#include <string.h>

typedef struct row {
	int64_t     id;
	int64_t     ver; /* the database's */
	int32_t     grp;
	const char *name;
	int64_t     tag;
} row;

static const weir_field row_fields[] = {
	WEIR_FIELD(row, id, .primary_key = true),
	WEIR_FIELD(row, ver, .generated = true),
	WEIR_FIELD(row, grp, .stamped = true),
	WEIR_FIELD(row, name, .unique = true),
	WEIR_FIELD(row, tag),
};

const weir_model row_model = WEIR_MODEL(row, "rows", row_fields);

static const weir_i64_column  column_id = WEIR_I64_COLUMN(row, id);
static const weir_i32_column  column_grp = WEIR_I32_COLUMN(row, grp);
static const weir_text_column column_name = WEIR_TEXT_COLUMN(row, name);

static const char *const names[OPERATIONS] = {
	"nothing",      "GET",        "GET_BOTH",   "GET_NAME", "LIST",          "LIST_ALL",     "COUNT",
	"EXISTS",       "READ_ROW",   "TOUCH",      "MOVE",     "RENAME",        "CREATE",       "DELETE",
	"MOVE_GROUP",   "TOUCH_BOTH", "UNDO_TOUCH", "UPSERT",   "RENAME_UPSERT", "RENAME_WHERE", "BY_HAND",
	"BY_HAND_NAME", "FLUSH",      "EVICT",      "EXPIRE",   "SLEEP_LEASE",   "SLEEP_GUARD",  "SAVE",
	"RESTART",      "CUT",        "JOIN",       "KILL",     "FAIL_OVER",
};

const char *script_name(operation what)
{
	return names[what];
}

static const char *name_text(int name)
{
	static const char *const texts[] = { "n0", "n1", "n2", "n3" };

	return texts[name % NAMES];
}

typedef struct doing {
	actor        *a;
	const line   *line;
	weir_session *session;
	weir_base_dao dao;
	weir_error    err;
} doing;

/* ---- Reads ------------------------------------------------------------------------------------------------------- */

static void take_row(answer *given, const row *r)
{
	if (r && r->id >= 0 && r->id < ROWS)
		given->versions[r->id] = r->ver;
}

static void check_one(doing *d, int rc, operation what, int about, const row *r)
{
	answer given = { .versions = { 0 } };

	if (rc < 0)
		return;
	take_row(&given, r);
	oracle_check(d->a, (question){ what, about }, &given);
}

static void get(doing *d, bool cached)
{
	row        key = { .id = d->line->a };
	const row *found = NULL;
	int        rc = cached ? weir_base_dao_get_by_id_cached(&d->dao, &key, &found, &d->err)
	                       : weir_base_dao_get_by_id(&d->dao, &key, &found, &d->err);

	check_one(d, rc, GET, d->line->a, found);
}

static void get_both(doing *d)
{
	int64_t   keys[] = { d->line->a, d->line->b };
	weir_list found = WEIR_LIST_INIT;
	int       rc = weir_base_dao_get_many_cached(&d->dao, keys, 2, &found, &d->err);

	for (size_t i = 0; rc >= 0 && i < 2; i++)
		check_one(d, rc, GET, (int)keys[i], found.items[i]);
}

static void get_name(doing *d)
{
	row        values = { .name = name_text(d->line->a) };
	const row *found = NULL;
	int        rc = weir_base_dao_get_by_cached(&d->dao, column_name.column, &values, &found, &d->err);

	check_one(d, rc, GET_NAME, d->line->a, found);
}

static void list(doing *d, bool all)
{
	weir_list         found = WEIR_LIST_INIT;
	answer            given = { .versions = { 0 } };
	const weir_query *query = all ? NULL : WEIR_QUERY(.where = weir_eq(column_grp, d->line->a));

	if (weir_base_dao_get_all_cached(&d->dao, query, &found, &d->err) < 0)
		return;
	for (size_t i = 0; i < found.count; i++)
		take_row(&given, found.items[i]);
	oracle_check(d->a, (question){ all ? LIST_ALL : LIST, d->line->a }, &given);
}

static void count(doing *d)
{
	answer given = { .versions = { 0 } };

	if (weir_base_dao_count_cached(&d->dao, WEIR_QUERY(.where = weir_eq(column_grp, d->line->a)), &given.versions[0],
	                               &d->err) >= 0)
		oracle_check(d->a, (question){ COUNT, d->line->a }, &given);
}

static void exists(doing *d)
{
	answer given = { .versions = { 0 } };
	bool   found = false;
	int    rc = weir_base_dao_exists_cached(&d->dao, WEIR_QUERY(.where = weir_eq(column_name, name_text(d->line->a))),
	                                        &found, &d->err);

	given.versions[0] = found;
	if (rc >= 0)
		oracle_check(d->a, (question){ EXISTS, d->line->a }, &given);
}

/* ---- Writes ------------------------------------------------------------------------------------------------------ */

static void end_write(doing *d, int rc)
{
	trace("%s: %s", d->a->name, rc < 0 ? "was told an error" : "is done");
	if (rc == WEIR_OK || rc == WEIR_ERR_UNCONFIRMED)
		oracle_acknowledge(d->a, rc == WEIR_OK);
	else if (rc < 0 && d->err.effect == WEIR_EFFECT_NONE)
		oracle_undone(d->a);
}

static int touch(const weir_base_dao *dao, int64_t key, weir_error *err)
{
	row values = { .id = key, .tag = 1 };

	return weir_base_dao_update(dao, &values, &values, WEIR_SET(row, tag), NULL, err);
}

static int move(doing *d)
{
	row values = { .id = d->line->a, .grp = d->line->b };

	return weir_base_dao_update(&d->dao, &values, &values, WEIR_SET(row, grp), NULL, &d->err);
}

static int rename_row(doing *d)
{
	row values = { .id = d->line->a, .name = name_text(d->line->b) };

	return weir_base_dao_update(&d->dao, &values, &values, WEIR_SET(row, name), NULL, &d->err);
}

static int create(doing *d)
{
	row values = { .id = d->line->a, .grp = d->line->b, .name = name_text(d->line->a + 1) };

	return weir_base_dao_create(&d->dao, &values, WEIR_SET(row, id, grp, name), NULL, &d->err);
}

static int delete_row(doing *d)
{
	bool deleted = false;

	return weir_base_dao_delete(&d->dao, &(row){ .id = d->line->a }, &deleted, &d->err);
}

static int move_group(doing *d)
{
	row     values = { .grp = d->line->b };
	int64_t updated = 0;

	return weir_base_dao_update_where(&d->dao, weir_eq(column_grp, d->line->a), &values, WEIR_SET(row, grp), &updated,
	                                  &d->err);
}

static int upsert(doing *d)
{
	bool renames = d->line->what == RENAME_UPSERT;
	row  values = {
		 .id = d->line->a,
		 .grp = renames ? 0 : d->line->b,
		 .name = name_text(renames ? d->line->b : d->line->a + 1),
	};

	return weir_base_dao_upsert(&d->dao, &values,
	                            &(weir_upsert){ .set = WEIR_SET(row, id, grp, name),
	                                            .update = renames ? WEIR_SET(row, name) : WEIR_SET(row, grp) },
	                            NULL, NULL, &d->err);
}

static int rename_where(doing *d)
{
	row     values = { .name = name_text(d->line->b) };
	int64_t updated = 0;

	return weir_base_dao_update_where(&d->dao, weir_eq(column_id, d->line->a), &values, WEIR_SET(row, name), &updated,
	                                  &d->err);
}

static int by_hand(doing *d)
{
	int64_t affected = 0;

	return weir_execute(d->session, WEIR_SQL("UPDATE \"rows\" AS n SET \"tag\" = $1 WHERE \"id\" = $2"),
	                    WEIR_PARAMS((int64_t)1, (int64_t)d->line->a), WEIR_WRITES(row), &affected, &d->err);
}

static int by_hand_name(doing *d)
{
	int64_t affected = 0;

	return weir_execute(
		d->session, WEIR_SQL("UPDATE \"rows\" AS n SET \"name\" = $1 WHERE \"id\" = $2 RETURNING \"id\", \"name\""),
		WEIR_PARAMS(name_text(d->line->b), (int64_t)d->line->a), WEIR_WRITES_RETURNED(row), &affected, &d->err);
}

static int undo_touch(weir_session *tx, int64_t key, weir_error *err)
{
	weir_session *savepoint = NULL;
	weir_base_dao dao;
	int           rc = weir_begin(tx, NULL, &savepoint, err);

	if (rc < 0)
		return rc;
	dao = weir_get_dao(savepoint, &row_model);
	rc = touch(&dao, key, err);
	weir_rollback(&savepoint);
	return rc;
}

static int touch_two(doing *d)
{
	weir_session *tx = NULL;
	weir_base_dao dao;
	int           rc = weir_begin(d->session, NULL, &tx, &d->err);

	if (rc < 0)
		return rc;
	dao = weir_get_dao(tx, &row_model);
	rc = d->line->what == UNDO_TOUCH ? undo_touch(tx, d->line->a, &d->err) : touch(&dao, d->line->a, &d->err);
	if (rc >= 0)
		rc = touch(&dao, d->line->b, &d->err);
	if (rc >= 0)
		return weir_commit(&tx, &d->err);
	weir_rollback(&tx);
	return rc;
}

static void write_it(doing *d)
{
	static int (*const writes[OPERATIONS])(doing *) = {
		[MOVE] = move,
		[RENAME] = rename_row,
		[CREATE] = create,
		[DELETE] = delete_row,
		[MOVE_GROUP] = move_group,
		[TOUCH_BOTH] = touch_two,
		[UNDO_TOUCH] = touch_two,
		[UPSERT] = upsert,
		[RENAME_UPSERT] = upsert,
		[RENAME_WHERE] = rename_where,
		[BY_HAND] = by_hand,
		[BY_HAND_NAME] = by_hand_name,
	};

	end_write(d, d->line->what == TOUCH ? touch(&d->dao, d->line->a, &d->err) : writes[d->line->what](d));
}

/* ---- What befalls the world ---------------------------------------------------------------------------------------- */

/* COMMITs whose fate is open end before guards do: that is what the time to live of a guard is for. */
static void sleep_so_long(int64_t us)
{
	while (database_in_doubt() > 0)
		database_settle(0, choose(2) == 1);
	base_now_us += us;
	redis_expire_due();
}

static void befall(const line *l)
{
	switch (l->what) {
	case FLUSH:
		redis_flush();
		break;
	case EVICT:
		redis_evict();
		break;
	case EXPIRE:
		redis_expire_leases();
		break;
	case SLEEP_LEASE:
		base_now_us += 4000000;
		redis_expire_due();
		break;
	case SLEEP_GUARD:
		sleep_so_long(20000000);
		break;
	case SAVE:
		redis_save();
		break;
	case RESTART:
		redis_restart();
		break;
	case CUT:
	case JOIN:
		w.cut[l->a] = l->what == CUT;
		break;
	case KILL:
		world_kill(l->a);
		break;
	case FAIL_OVER:
		database_fail_over();
		break;
	default:
		break;
	}
}

/* ---- Scripts ------------------------------------------------------------------------------------------------------- */

static void read_or_write(doing *d)
{
	switch (d->line->what) {
	case GET:
		get(d, true);
		break;
	case READ_ROW:
		get(d, false);
		break;
	case GET_BOTH:
		get_both(d);
		break;
	case GET_NAME:
		get_name(d);
		break;
	case LIST:
	case LIST_ALL:
		list(d, d->line->what == LIST_ALL);
		break;
	case COUNT:
		count(d);
		break;
	case EXISTS:
		exists(d);
		break;
	default:
		write_it(d);
	}
}

static void begin_line(actor *a)
{
	world_step();
	a->fresh = true;
	a->commit = 0;
	a->awaited = NULL;
	oracle_note_begin(a);
	trace("%s: %s %d %d", a->name, names[a->script[a->at].what], a->script[a->at].a, a->script[a->at].b);
}

void script_run(void *the_actor)
{
	actor *a = the_actor;

	for (; a->script[a->at].what != END; a->at++) {
		doing d = { .a = a, .line = &a->script[a->at], .err = WEIR_ERROR_INIT };

		begin_line(a);
		if (a->process < 0) {
			befall(d.line);
			a->fresh = false;
			continue;
		}
		d.session = w.sessions[a->process];
		d.dao = weir_get_dao(d.session, &row_model);
		read_or_write(&d);
		a->fresh = false;
	}
}
