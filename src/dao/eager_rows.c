/* The rows of one level, for each distinct key of its owners: from the cache, the rest by one statement. */
#include "dao/eager.h"

#include "base/error.h"
#include "base/memory.h"
#include "cache/near_space.h"
#include "dao/keys.h"
#include "dao/near.h"
#include "models/codec.h"

#include <string.h>

static int no_memory(const weir__level *level)
{
	return weir__error_no_memory(level->call.err);
}

static bool reads_between(const weir__level *level)
{
	return level->relation->link->through && level->cached && !level->query;
}

static const weir__layout *layout_of(const weir__level *level)
{
	return reads_between(level) ? level->relation->link->through : level->relation->link->target;
}

/* To one of several: the first. */
static void cut_to_one(const weir__level *level)
{
	if (level->relation->link->relation->kind != WEIR_RELATION_HAS_ONE)
		return;
	for (size_t i = 0; i < level->distinct.count; i++)
		if (level->slices[i].count > 1)
			level->slices[i].count = 1;
}

/* ---- By statement ---------------------------------------------------------------------------------------------------------- */

/* The distinct key of the owner with this key; SIZE_MAX for none of ours. */
static int find_owner(const weir__level *level, const weir_value *values, weir__buffer *scratch, size_t *key)
{
	if (level->distinct.numbers) {
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): a key has a column */
		*key = weir__distinct_find_number(&level->distinct, values[0].as.integer);
		return WEIR_OK;
	}
	weir__buffer_clear(scratch);
	weir__key_of_values(level->key_entity, values, scratch);
	*key = weir__distinct_find_text(&level->distinct, scratch);
	return scratch->failed ? no_memory(level) : WEIR_OK;
}

/* Whose a row is, by the columns behind its own. */
static int owner_of_row(const weir__level *level, const weir__rows *rows, size_t row, weir__buffer *scratch,
                        size_t *key)
{
	const weir__layout *layout = level->key_entity->layout;
	size_t              first = layout_of(level)->column_count;
	weir_value          values[WEIR__KEY_COLUMNS_MAX];

	for (size_t i = 0; i < layout->key_count; i++) {
		int rc = weir__rows_value(rows, row, first + i, layout->columns[layout->key[i]].type, &values[i], scratch,
		                          level->call.err);
		if (rc < 0)
			return rc;
	}
	return find_owner(level, values, scratch, key);
}

/* The same by its own columns. */
static int owner_of_record(const weir__level *level, const void *record, weir__buffer *scratch, size_t *key)
{
	const weir__link *link = level->relation->link;
	weir_value        values[WEIR__KEY_COLUMNS_MAX];

	*key = SIZE_MAX;
	for (size_t i = 0; i < link->key_count; i++) {
		values[i] = weir__layout_get(layout_of(level), link->other_columns[i], record);
		if (values[i].is_null)
			return WEIR_OK;
	}
	return find_owner(level, values, scratch, key);
}

/* The same of a key of one integer, which most are. */
static void note_numbered(const weir__level *level, const weir_list *list, size_t *owners)
{
	const weir__column *key = &layout_of(level)->columns[level->relation->link->other_columns[0]];
	int64_t             number;

	for (size_t row = 0; row < list->count; row++)
		owners[row] = weir__layout_number(key, list->items[row], &number)
		                  ? weir__distinct_find_number(&level->distinct, number)
		                  : SIZE_MAX;
}

static int note_owners(const weir__level *level, const weir__rows *rows, const weir_list *list, size_t *owners)
{
	bool         behind = weir__rows_columns(rows) > layout_of(level)->column_count;
	weir__buffer scratch = WEIR__BUFFER_INIT;
	int          rc = WEIR_OK;

	if (!behind && level->distinct.numbers) {
		note_numbered(level, list, owners);
		return WEIR_OK;
	}
	for (size_t row = 0; rc >= 0 && row < rows->count; row++)
		rc = behind ? owner_of_row(level, rows, row, &scratch, &owners[row])
		            : owner_of_record(level, list->items[row], &scratch, &owners[row]);
	weir__buffer_release(&scratch);
	return rc;
}

/* Puts the rows of each key together, in the order they came in. owners[row] is the distinct key. */
static int slice_rows(weir__level *level, const weir_list *list, size_t *owners)
{
	const void **items = weir__malloc(list->count * sizeof *items);
	size_t       next = 0;

	if (!items || !weir__tree_keep_array(level->tree, items))
		return no_memory(level);
	for (size_t row = 0; row < list->count; row++) {
		if (owners[row] != SIZE_MAX && level->slices[owners[row]].items)
			owners[row] = SIZE_MAX; /* that one was not asked for */
		if (owners[row] != SIZE_MAX)
			level->slices[owners[row]].count++;
	}
	for (size_t i = 0; i < level->distinct.count; i++) {
		if (level->slices[i].items)
			continue; /* from the cache */
		level->slices[i].items = items + next;
		next += level->slices[i].count;
		level->slices[i].count = 0;
	}
	for (size_t row = 0; row < list->count; row++)
		if (owners[row] != SIZE_MAX) {
			weir_list *slice = &level->slices[owners[row]];
			items[(size_t)(slice->items - (const void *const *)items) + slice->count++] = list->items[row];
		}
	return WEIR_OK;
}

static int take_rows(weir__level *level, const weir__rows *rows)
{
	weir_list list = WEIR_LIST_INIT, kept;
	size_t   *owners = weir__malloc(rows->count * sizeof *owners);
	int       rc = owners ? WEIR_OK : no_memory(level);

	if (rc >= 0)
		rc = weir__rows_list(rows, layout_of(level), &list, level->call.err);
	if (rc >= 0)
		rc = note_owners(level, rows, &list, owners);
	kept = list;
	if (rc >= 0 && !weir__tree_keep_list(level->tree, &list))
		rc = no_memory(level);
	if (rc >= 0)
		rc = slice_rows(level, &kept, owners);
	weir_list_release(&list);
	weir__free(owners);
	return rc;
}

static weir_value missing_key(const void *context, size_t owner, size_t i)
{
	const weir__level  *level = context;
	const weir__layout *layout = level->key_entity->layout;
	const void         *key = weir__keys_struct(&level->keys, level->distinct.first[level->missing[owner]]);

	return weir__layout_get(layout, layout->key[i], key);
}

static int ask_missing(weir__level *level)
{
	weir_order    order[WEIR__KEY_COLUMNS_MAX];
	weir_query    between = weir__relation_query(level->relation, order);
	weir__related statement = weir__relation_statement(level->relation, reads_between(level));
	int           rc;

	if (level->missing_count == 0)
		return WEIR_OK;
	statement.query = reads_between(level) ? &between : level->query;
	statement.owner_count = level->missing_count;
	statement.key = missing_key;
	statement.context = level;
	rc = weir__sql_related(&statement, WEIR__RELATED_OWNED, &level->call.sql, level->call.params, level->call.err);
	if (rc >= 0)
		rc = weir__call_sql(&level->call, &level->sql);
	level->asks = rc >= 0;
	return rc;
}

/* ---- From the cache ---------------------------------------------------------------------------------------------------------- */

static weir_bytes text_at(const weir__lookups *all, size_t i)
{
	size_t start = i == 0 ? 0 : all->ends[i - 1];

	return (weir_bytes){ all->text.data + start, all->ends[i] - start };
}

/* The list's key and the owner's stamp of each, behind what they have in common. */
static void append_named(weir__level *level)
{
	weir__lookups *all = &level->lookups;

	for (size_t i = 0; i < level->distinct.count; i++) {
		const void *owner = level->owners[level->distinct.first[i]];

		weir__relation_list_key(level->relation, owner, &all->text);
		all->ends[2 * i + 1] = all->text.length;
		weir__relation_owner_stamp(level->relation, owner, &all->text);
		all->ends[2 * i + 2] = all->text.length;
	}
}

/* The same where keys are one integer, which is all that the names of two owners differ in. */
static void append_numbered(weir__level *level)
{
	weir__lookups *all = &level->lookups;
	weir__buffer   names = WEIR__BUFFER_INIT;
	size_t         key_length;

	weir__relation_list_key_begin(level->relation, &names);
	key_length = names.length;
	weir__relation_owner_stamp_begin(level->relation, &names);
	for (size_t i = 0; i < level->distinct.count && !names.failed; i++) {
		weir__buffer_append(&all->text, names.data, key_length);
		weir__buffer_append_i64(&all->text, level->distinct.numbers[i]);
		all->ends[2 * i + 1] = all->text.length;
		weir__buffer_append(&all->text, names.data + key_length, names.length - key_length);
		weir__buffer_append_i64(&all->text, level->distinct.numbers[i]);
		all->ends[2 * i + 2] = all->text.length;
	}
	all->text.failed = all->text.failed || names.failed;
	weir__buffer_release(&names);
}

static int lookups_init(weir__level *level)
{
	weir__lookups *all = &level->lookups;
	size_t         count = level->distinct.count;

	all->count = count;
	all->items = weir__malloc(count * sizeof *all->items);
	for (size_t i = 0; all->items && i < count; i++)
		weir__lookup_init(&all->items[i], WEIR__ENTRY_LIST, (weir_bytes){ .data = NULL });
	all->ends = weir__calloc(2 * count + 1, sizeof *all->ends);
	if (!all->items || !all->ends)
		return no_memory(level);
	weir__relation_stamp(level->relation, &all->text);
	all->ends[0] = all->text.length;
	if (level->distinct.numbers && level->relation->link->key_count == 1)
		append_numbered(level);
	else
		append_named(level);
	if (all->text.failed)
		return no_memory(level);
	for (size_t i = 0; i < count; i++) {
		all->items[i].key = text_at(all, 2 * i + 1);
		all->items[i].stamps[0] = text_at(all, 2 * i + 2);
		all->items[i].stamps[1] = text_at(all, 0);
		all->items[i].stamp_count = 2;
		all->items[i].until_us = level->call.deadline;
	}
	return WEIR_OK;
}

/* Leases for all misses in one go. */
static int lease_misses(weir__level *level)
{
	weir__lookups *all = &level->lookups;
	size_t         count = level->distinct.count, misses = 0;
	weir__lookup  *together = weir__malloc(count * sizeof *together);

	if (!together)
		return no_memory(level);
	for (size_t i = 0; i < count; i++)
		if (all->items[i].state == WEIR__MISS)
			together[misses++] = all->items[i];
	if (misses > 0)
		weir__cache_lease(level->relation->space, together, misses);
	misses = 0;
	for (size_t i = 0; i < count; i++)
		if (all->items[i].state == WEIR__MISS)
			all->items[i] = together[misses++];
	weir__free(together);
	return WEIR_OK;
}

static void set_slice(weir__level *level, size_t i, const void *const *items, size_t count)
{
	static const void *const nothing[1];

	level->slices[i].items = count ? items : nothing;
	level->slices[i].count = count;
}

/* A slice is such a list; the level keeps its memory. */
static int take_list(weir__level *level, size_t i, weir_list *list)
{
	set_slice(level, i, list->items, list->count);
	return weir__tree_keep_list(level->tree, list) ? WEIR_OK : no_memory(level);
}

static weir__near_question question_of(const weir__level *level, size_t i)
{
	weir__near_question question =
		weir__near_question_of(&level->call, layout_of(level), WEIR__ENTRY_LIST, level->lookups.items[i].key);

	question.space = level->relation->space;
	return question;
}

/* Takes what the near cache has, and looks the others up. */
static int look_up_near(weir__level *level)
{
	weir__lookups *all = &level->lookups;
	weir__lookup  *together = weir__malloc(all->count * sizeof *together);
	size_t         count = 0;

	if (!together)
		return no_memory(level);
	for (size_t i = 0; i < all->count; i++) {
		weir__near_question question = question_of(level, i);
		weir_list           list = WEIR_LIST_INIT;

		if (!weir__near_list(&question, &list)) {
			together[count++] = all->items[i];
		} else if (take_list(level, i, &list) < 0) {
			weir__free(together);
			return WEIR_ERR_NO_MEMORY;
		}
	}
	weir__cache_lookup(level->relation->space, together, count);
	count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (!level->slices[i].items)
			all->items[i] = together[count++];
	weir__free(together);
	return WEIR_OK;
}

static bool is_near(const weir__level *level)
{
	return weir__near_is_on(level->relation->space);
}

static int look_up(weir__level *level)
{
	weir__lookups *all = &level->lookups;

	if (is_near(level))
		return look_up_near(level);
	weir__cache_lookup(level->relation->space, all->items, all->count);
	return WEIR_OK;
}

/* Decodes all hits into the memory of one list. Those that are no lists are rejected: no hits any more. */
static int decode_hits(weir__level *level)
{
	size_t            count = level->distinct.count, hits = 0;
	weir__codec_list *lists = weir__calloc(count, sizeof *lists);
	weir_list         all = WEIR_LIST_INIT, kept;
	int               rc = WEIR_OK;

	for (size_t i = 0; lists && i < count; i++) {
		const weir__lookup *lookup = &level->lookups.items[i];

		if (lookup->state == WEIR__HIT)
			lists[hits++] = (weir__codec_list){ .bytes = lookup->payload.data,
				                                .length = lookup->payload.length,
				                                .count = (size_t)lookup->items };
	}
	if (!lists || weir__codec_decode_lists(layout_of(level), lists, hits, &all) < 0)
		rc = no_memory(level);
	kept = all;
	if (rc >= 0 && !weir__tree_keep_list(level->tree, &all))
		rc = no_memory(level);
	hits = 0;
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		if (level->lookups.items[i].state != WEIR__HIT)
			continue;
		if (lists[hits].good)
			set_slice(level, i, lists[hits].count ? kept.items + lists[hits].first : NULL, lists[hits].count);
		else
			weir__cache_reject(level->relation->space, &level->lookups.items[i]);
		hits++;
	}
	weir__free(lists);
	return rc;
}

/* What is no hit is to be asked for. */
static int take_together(weir__level *level)
{
	int rc = decode_hits(level);

	for (size_t i = 0; rc >= 0 && i < level->distinct.count; i++)
		if (!level->slices[i].items)
			level->missing[level->missing_count++] = i;
	return rc;
}

/* Decodes hits into slices and notes the rest: each alone, since the near cache keeps it so. */
static int take_hits(weir__level *level)
{
	for (size_t i = 0; i < level->distinct.count; i++) {
		weir__lookup       *lookup = &level->lookups.items[i];
		weir_list           list = WEIR_LIST_INIT;
		weir__near_question question;

		if (level->slices[i].items)
			continue;
		if (lookup->state == WEIR__HIT) {
			int rc = weir__codec_decode_list(layout_of(level), lookup->payload.data, lookup->payload.length,
			                                 (size_t)lookup->items, &list);
			if (rc == WEIR_ERR_NO_MEMORY)
				return no_memory(level);
			if (rc < 0)
				weir__cache_reject(level->relation->space, lookup);
		}
		if (lookup->state != WEIR__HIT) {
			level->missing[level->missing_count++] = i;
			continue;
		}
		question = question_of(level, i);
		weir__near_keep_list(&question, layout_of(level), lookup, &list);
		if (take_list(level, i, &list) < 0)
			return WEIR_ERR_NO_MEMORY;
	}
	return WEIR_OK;
}

/* Fills what was read under a lease, in one round trip. */
static void fill_missing(weir__level *level)
{
	weir__lookups *all = &level->lookups;
	weir__buffer   payloads = WEIR__BUFFER_INIT;
	weir__filling *fillings = weir__calloc(level->missing_count, sizeof *fillings);
	size_t        *ends = weir__calloc(level->missing_count, sizeof *ends);
	int64_t        max_items = weir__cache_space_max_items(level->relation->space);
	size_t         count = 0, start = 0;

	for (size_t i = 0; fillings && ends && i < level->missing_count; i++) {
		const weir_list *slice = &level->slices[level->missing[i]];

		if (all->items[level->missing[i]].state != WEIR__MISS ||
		    (max_items != WEIR_UNLIMITED && slice->count > (size_t)max_items))
			continue;
		weir__codec_encode_list(layout_of(level), slice->items, slice->count, &payloads);
		fillings[count] = (weir__filling){ .lookup = &all->items[level->missing[i]], .items = slice->count };
		ends[count++] = payloads.length;
	}
	for (size_t i = 0; i < count; start = ends[i++])
		fillings[i].payload = (weir_bytes){ payloads.data + start, ends[i] - start };
	if (!payloads.failed && count > 0)
		weir__cache_fill(level->relation->space, fillings, count);
	weir__free(ends);
	weir__free(fillings);
	weir__buffer_release(&payloads);
}

static int ask_cache(weir__level *level)
{
	int rc = lookups_init(level);

	if (rc < 0)
		return rc;
	rc = look_up(level);
	if (rc >= 0)
		rc = lease_misses(level);
	if (rc < 0)
		return rc;
	return is_near(level) ? take_hits(level) : take_together(level);
}

/* ---- Rows in between to their targets -------------------------------------------------------------------------------------------- */

/* Takes a slice's part of the targets, without those that are gone and those that come again. */
static void take_targets(weir_list *slice, const void *const *targets, const void **kept)
{
	size_t count = 0;

	for (size_t i = 0; i < slice->count; i++)
		if (targets[i] && (count == 0 || kept[count - 1] != targets[i]))
			kept[count++] = targets[i];
	slice->items = kept;
	slice->count = count;
}

/* All rows in between of all keys are one list to follow. rows first holds them and then the targets of the slices. */
static int follow_rows(weir__level *level, const void **rows, size_t count)
{
	weir_list targets = WEIR_LIST_INIT, kept;
	size_t    at = 0;
	int       rc = weir__relation_targets(level->relation, &level->call, &(weir_list){ .items = rows, .count = count },
	                                      level->cached, &targets);

	if (rc < 0)
		return rc;
	kept = targets;
	if (!weir__tree_keep_list(level->tree, &targets))
		return no_memory(level);
	for (size_t i = 0; i < level->distinct.count; i++) {
		size_t taken = level->slices[i].count;

		take_targets(&level->slices[i], kept.items + at, rows + at);
		at += taken;
	}
	return WEIR_OK;
}

static int follow_slices(weir__level *level)
{
	const void **rows;
	size_t       count = 0, at = 0;

	for (size_t i = 0; i < level->distinct.count; i++)
		count += level->slices[i].count;
	if (count == 0)
		return WEIR_OK;
	rows = weir__malloc(count * sizeof *rows);
	if (!rows || !weir__tree_keep_array(level->tree, rows))
		return no_memory(level);
	for (size_t i = 0; i < level->distinct.count; i++)
		for (size_t row = 0; row < level->slices[i].count; row++)
			rows[at++] = level->slices[i].items[row];
	return follow_rows(level, rows, count);
}

/* ---- Both steps -------------------------------------------------------------------------------------------------------------------- */

int weir__level_ask(weir__level *level)
{
	int rc = WEIR_OK;

	level->missing = weir__malloc(level->distinct.count * sizeof *level->missing);
	if (!level->missing)
		return no_memory(level);
	if (level->cached && !level->query)
		rc = ask_cache(level);
	else
		for (; level->missing_count < level->distinct.count; level->missing_count++)
			level->missing[level->missing_count] = level->missing_count;
	return rc < 0 ? rc : ask_missing(level);
}

int weir__level_take(weir__level *level, const weir__rows *rows)
{
	int rc = rows ? take_rows(level, rows) : WEIR_OK;

	cut_to_one(level);
	if (rc < 0 || !level->lookups.items)
		return rc;
	fill_missing(level);
	return level->relation->link->through ? follow_slices(level) : WEIR_OK;
}

void weir__level_rows_release(weir__level *level)
{
	for (size_t i = 0; level->lookups.items && i < level->lookups.count; i++)
		weir__lookup_release(&level->lookups.items[i]);
	weir__free(level->lookups.items);
	weir__free(level->lookups.ends);
	weir__buffer_release(&level->lookups.text);
	weir__free(level->missing);
}
