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

void actor_read(actor *a)
{
	int dice = random_between(&a->random, 0, 99);

	if (dice < 38)
		read_by_id(a, true);
	else if (dice < 43)
		read_by_id(a, false);
	else if (dice < 58)
		read_by_name(a);
	else if (dice < 68)
		read_many(a);
	else if (dice < 80)
		list_group(a);
	else if (dice < 88)
		list_range(a);
	else if (dice < 94)
		count_group(a);
	else
		exists_name(a);
}
