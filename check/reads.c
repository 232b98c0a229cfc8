/* reads.c: the reads of a worker's thread. What was found is entered after the answer came, so that a killed worker
 * leaves only whole reads behind. A read that failed says nothing and is only counted. */
#include "actor.h"

#include <string.h>

typedef struct timed {
	uint64_t begin_ns, end_ns;
} timed;

static check_record *entry(actor *a, check_kind kind, unsigned ahead, timed when, bool from_cache)
{
	check_record *record = actor_record(a, kind, ahead);

	record->begin_ns = when.begin_ns;
	record->end_ns = when.end_ns;
	record->from_cache = from_cache;
	record->near = from_cache && worker_has_near_cache(a->worker);
	record->key = record->group = record->name = -1;
	return record;
}

static void describe(check_record *record, const reg *row)
{
	char owner[REG_TEXT];

	record->key = (int32_t)row->k;
	record->version = row->ver;
	record->tag = row->tag;
	record->group = row->grp;
	record->name = reg_name_number(row->name);
	record->foreign = strcmp(row->owner, reg_owner(row->k, owner)) != 0;
}

static void enter_row(actor *a, timed when, bool from_cache, int key, const reg *row)
{
	check_record *record = entry(a, READ_BY_ID, 0, when, from_cache);

	if (row)
		describe(record, row);
	record->foreign = record->foreign || (row && row->k != key);
	record->key = key;
	actor_publish(a, 1);
}

static void read_by_id(actor *a, bool from_cache)
{
	reg        key = { .k = actor_pick_key(a) };
	const reg *row = NULL;
	timed      when = { .begin_ns = clock_ns() };
	int        rc = from_cache ? weir_base_dao_get_by_id_cached(&a->dao, &key, &row, &a->err)
	                           : weir_base_dao_get_by_id(&a->dao, &key, &row, &a->err);

	when.end_ns = clock_ns();
	if (rc < 0)
		actor_note_error(a, "get_by_id", rc);
	else
		enter_row(a, when, from_cache, (int)key.k, row);
	reg_release(&row);
}

static void read_by_name(actor *a)
{
	int           name = reg_first_name(actor_pick_key(a)) + random_between(&a->random, 0, 2);
	char          text[REG_TEXT];
	reg           values = { .name = reg_name(name, text) };
	const reg    *row = NULL;
	timed         when = { .begin_ns = clock_ns() };
	int           rc = weir_base_dao_get_by_cached(&a->dao, reg_c.name.column, &values, &row, &a->err);
	check_record *record;

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "get_by_name", rc);
		return;
	}
	record = entry(a, READ_BY_NAME, 0, when, true);
	if (row)
		describe(record, row);
	record->foreign = record->foreign || (row && record->name != name);
	record->name = name;
	actor_publish(a, 1);
	reg_release(&row);
}

static void read_many(actor *a)
{
	int64_t  keys[6];
	reg_list rows = WEIR_LIST_INIT;
	timed    when;
	int      rc;

	for (size_t i = 0; i < 6; i++)
		keys[i] = actor_pick_key(a);
	when.begin_ns = clock_ns();
	rc = weir_base_dao_get_many_cached(&a->dao, keys, 6, &rows, &a->err);
	when.end_ns = clock_ns();
	if (rc < 0)
		actor_note_error(a, "get_many", rc);
	for (size_t i = 0; rc >= 0 && i < 6; i++)
		enter_row(a, when, true, (int)keys[i], rows.items[i]);
	reg_list_release(&rows);
}

static void enter_list(actor *a, check_record *head, timed when, const reg_list *rows)
{
	head->version = (int64_t)rows->count;
	for (size_t i = 0; i < rows->count; i++)
		describe(entry(a, LIST_ROW, 1 + (unsigned)i, when, true), rows->items[i]);
	actor_publish(a, 1 + (unsigned)rows->count);
}

static void list_group(actor *a)
{
	int32_t  group = random_between(&a->random, 0, GROUPS - 1);
	reg_list rows = WEIR_LIST_INIT;
	timed    when = { .begin_ns = clock_ns() };
	int      rc = weir_base_dao_get_all_cached(&a->dao, WEIR_QUERY(.where = weir_eq(reg_c.grp, group)), &rows, &a->err);

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "list", rc);
	} else {
		check_record *head = entry(a, LIST_GROUP, 0, when, true);

		head->group = group;
		enter_list(a, head, when, &rows);
	}
	reg_list_release(&rows);
}

/* ---- Relations --------------------------------------------------------------------------------------------------- */

static void enter_members(actor *a, int32_t group, timed when, const reg_list *rows)
{
	check_record *head = entry(a, LIST_GROUP, 0, when, true);

	head->group = group;
	enter_list(a, head, when, rows);
}

/* What has been loaded for a group before, or is now. */
static void load_members(actor *a)
{
	crew         owner = { .grp = random_between(&a->random, 0, GROUPS - 1) };
	weir_related of = weir_related_to(a->session, &crew_model, "members", &owner);
	reg_list     rows = WEIR_LIST_INIT;
	timed        when = { .begin_ns = clock_ns() };
	int          rc = weir_related_load(&of, &rows, &a->err);

	when.end_ns = clock_ns();
	if (rc < 0)
		actor_note_error(a, "relation", rc);
	else
		enter_members(a, owner.grp, when, &rows);
	reg_list_release(&rows);
}

/* Two groups with their rows at once. */
static void load_eagerly(actor *a)
{
	int32_t           first = random_between(&a->random, 0, GROUPS - 2);
	const weir_query *query =
		WEIR_QUERY(.where = weir_between(crew_c.grp, first, first + 1), .with = WEIR_WITH("members"));
	crew_list crews = WEIR_LIST_INIT;
	reg_list  rows = WEIR_LIST_INIT;
	timed     when = { .begin_ns = clock_ns() };
	int       rc = weir_base_dao_get_all_cached(&a->crews, query, &crews, &a->err);

	when.end_ns = clock_ns();
	if (rc < 0)
		actor_note_error(a, "eager", rc);
	for (size_t i = 0; rc >= 0 && i < crews.count; i++)
		if (weir_related_loaded(&crews, "members", crews.items[i], &rows))
			enter_members(a, crews.items[i]->grp, when, &rows);
	crew_list_release(&crews);
}

static void count_members(actor *a)
{
	crew          owner = { .grp = random_between(&a->random, 0, GROUPS - 1) };
	weir_related  of = weir_related_to(a->session, &crew_model, "members", &owner);
	int64_t       count = 0;
	timed         when = { .begin_ns = clock_ns() };
	int           rc = weir_related_count(&of, NULL, &count, &a->err);
	check_record *record;

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "relation count", rc);
		return;
	}
	record = entry(a, COUNT_GROUP, 0, when, false);
	record->group = owner.grp;
	record->version = count;
	actor_publish(a, 1);
}

/* A row, and the group that it belongs to. */
static void load_crew(actor *a)
{
	reg           key = { .k = actor_pick_key(a) };
	const reg    *row = NULL;
	const crew   *owner = NULL;
	timed         when = { .begin_ns = clock_ns() };
	int           rc = weir_base_dao_get_by_id_cached(&a->dao, &key, &row, &a->err);
	check_record *record;

	when.end_ns = clock_ns();
	if (rc == WEIR_OK) {
		weir_related of = weir_related_to(a->session, &reg_model, "crew", row);

		rc = weir_related_load(&of, &owner, &a->err);
	}
	if (rc < 0) {
		actor_note_error(a, "belongs to", rc);
	} else if (row) {
		record = entry(a, READ_BY_ID, 0, when, true);
		describe(record, row);
		record->foreign = record->foreign || row->k != key.k || !owner || owner->grp != row->grp;
		actor_publish(a, 1);
	}
	crew_release(&owner);
	reg_release(&row);
}

static void list_range(actor *a)
{
	int64_t  first = actor_pick_key(a) / RANGE * RANGE;
	reg_list rows = WEIR_LIST_INIT;
	timed    when = { .begin_ns = clock_ns() };
	int rc = weir_base_dao_get_all_cached(&a->dao, WEIR_QUERY(.where = weir_between(reg_c.k, first, first + RANGE - 1)),
	                                      &rows, &a->err);

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "list", rc);
	} else {
		check_record *head = entry(a, LIST_RANGE, 0, when, true);

		head->key = (int32_t)first;
		enter_list(a, head, when, &rows);
	}
	reg_list_release(&rows);
}

static void count_group(actor *a)
{
	int32_t group = random_between(&a->random, 0, GROUPS - 1);
	int64_t count = 0;
	timed   when = { .begin_ns = clock_ns() };
	int     rc = weir_base_dao_count_cached(&a->dao, WEIR_QUERY(.where = weir_eq(reg_c.grp, group)), &count, &a->err);
	check_record *record;

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "count", rc);
		return;
	}
	record = entry(a, COUNT_GROUP, 0, when, true);
	record->group = group;
	record->version = count;
	actor_publish(a, 1);
}

static void exists_name(actor *a)
{
	int         name = reg_first_name(actor_pick_key(a)) + random_between(&a->random, 0, 2);
	char        text[REG_TEXT];
	bool        exists = false;
	const char *asked = reg_name(name, text);
	timed       when = { .begin_ns = clock_ns() };
	int rc = weir_base_dao_exists_cached(&a->dao, WEIR_QUERY(.where = weir_eq(reg_c.name, asked)), &exists, &a->err);
	check_record *record;

	when.end_ns = clock_ns();
	if (rc < 0) {
		actor_note_error(a, "exists", rc);
		return;
	}
	record = entry(a, EXISTS_NAME, 0, when, true);
	record->name = name;
	record->version = exists;
	actor_publish(a, 1);
}

static void read_cached(actor *a)
{
	read_by_id(a, true);
}

static void read_database(actor *a)
{
	read_by_id(a, false);
}

static const struct {
	int percent;
	void (*read)(actor *a);
} shares[] = {
	{ 33, read_cached }, { 5, read_database }, { 13, read_by_name }, { 9, read_many },
	{ 8, list_group },   { 7, list_range },    { 5, count_group },   { 5, exists_name },
	{ 6, load_members }, { 4, load_eagerly },  { 2, count_members }, { 3, load_crew },
};

void actor_read(actor *a)
{
	int dice = random_between(&a->random, 0, 99);

	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		dice -= shares[i].percent;
		if (dice < 0) {
			shares[i].read(a);
			return;
		}
	}
}
