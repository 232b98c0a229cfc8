/* get_many: with the cache one round trip for all keys, one for the leases of what is missing, one query for the rows of
 * it, one round trip to fill. */
#include "base/error.h"
#include "base/memory.h"
#include "dao/call.h"
#include "dao/keys.h"
#include "dao/near.h"
#include "models/codec.h"

#include <string.h>

static int many_init(weir__many *m, weir__call *call, const weir__keys *keys, bool follows)
{
	int rc;

	memset(m, 0, sizeof *m);
	m->call = call;
	m->keys = keys;
	rc = weir__distinct_create(call->entity, keys, &m->distinct, call->err);
	if (rc < 0)
		return rc;
	m->lookups = weir__malloc(m->distinct.count * sizeof *m->lookups);
	if (!m->lookups)
		return weir__error_no_memory(call->err);
	for (size_t i = 0; i < m->distinct.count; i++) {
		weir__lookup_init(&m->lookups[i], WEIR__ENTRY_RECORD, weir__distinct_key(&m->distinct, i));
		weir__call_lends(call, &m->lookups[i]);
		m->lookups[i].follows = follows;
	}
	m->records = weir__calloc(m->distinct.count, sizeof *m->records);
	m->missing = weir__calloc(m->distinct.count, sizeof *m->missing);
	return m->records && m->missing ? WEIR_OK : weir__error_no_memory(call->err);
}

void weir__many_release(weir__many *m)
{
	for (size_t i = 0; i < m->distinct.count; i++) {
		if (m->lookups)
			weir__lookup_release(&m->lookups[i]);
		if (m->records)
			weir_record_release(m->records[i]);
	}
	weir__free(m->together);
	weir__free(m->lookups);
	weir__free(m->records);
	weir__free(m->missing);
	weir__distinct_release(&m->distinct);
}

static weir__near_question question_of(const weir__many *m, size_t i)
{
	weir__near_question question =
		weir__near_question_of(m->call, m->call->entity->layout, WEIR__ENTRY_RECORD, m->lookups[i].key);

	(void)weir__near_question_number(m->call->entity, weir__keys_struct(m->keys, m->distinct.first[i]), &question);
	return question;
}

static void keep_near(const weir__many *m, size_t i)
{
	weir__near_question question;

	if (!weir__near_is_on(m->call->entity->space))
		return;
	question = question_of(m, i);
	weir__near_keep_record(&question, m->call->entity->layout, &m->lookups[i], m->records[i]);
}

/* Takes what the near cache has; the indices of the others go to m->missing. */
static size_t take_near(weir__many *m)
{
	bool   on = weir__near_is_on(m->call->entity->space);
	size_t count = 0;

	for (size_t i = 0; i < m->distinct.count; i++) {
		weir__near_question question;
		int                 rc;

		if (on)
			question = question_of(m, i);
		if (on && weir__near_record(&question, &m->records[i], &rc))
			m->lookups[i].state = rc == WEIR_OK ? WEIR__HIT : WEIR__ABSENT;
		else
			m->missing[count++] = i;
	}
	return count;
}

/* Lookups of the missing ones into an array of their own, or back. */
static void move_missing(weir__many *m, weir__lookup *together, size_t count, bool back)
{
	for (size_t i = 0; i < count; i++) {
		weir__lookup *own = &m->lookups[m->missing[i]];

		if (back)
			*own = together[i];
		else
			together[i] = *own;
	}
}

/* What the near cache has not is to be looked up. */
static int plan_lookup(weir__many *m)
{
	size_t count = take_near(m);

	m->part = (weir__lookup_part){ m->call->entity->space, m->lookups, count };
	if (count == m->distinct.count || count == 0)
		return WEIR_OK;
	m->together = weir__malloc(count * sizeof *m->together);
	if (!m->together)
		return weir__error_no_memory(m->call->err);
	move_missing(m, m->together, count, false);
	m->part.lookups = m->together;
	return WEIR_OK;
}

/* Moves the lookups in state MISS together, takes their leases in one go, and puts the answers back. */
static int lease_missing(weir__many *m)
{
	weir__lookup *together;
	size_t        count = 0;

	for (size_t i = 0; i < m->distinct.count; i++)
		if (m->lookups[i].state == WEIR__MISS)
			m->missing[count++] = i;
	if (count == 0)
		return WEIR_OK;
	together = weir__malloc(count * sizeof *together);
	if (!together)
		return weir__error_no_memory(m->call->err);
	move_missing(m, together, count, false);
	weir__cache_lease(m->call->entity->space, together, count);
	move_missing(m, together, count, true);
	weir__free(together);
	return WEIR_OK;
}

/* Decodes hits and notes which rows are still needed. */
static int take_hits(weir__many *m)
{
	m->missing_count = 0;
	for (size_t i = 0; i < m->distinct.count; i++) {
		weir__lookup *lookup = &m->lookups[i];

		if (lookup->state == WEIR__HIT && !m->records[i]) {
			int rc = weir__codec_decode(m->call->entity->layout, lookup->payload.data, lookup->payload.length,
			                            &m->records[i]);
			if (rc == WEIR_ERR_NO_MEMORY)
				return weir__error_no_memory(m->call->err);
			if (rc < 0)
				weir__cache_reject(m->call->entity->space, lookup);
			else
				keep_near(m, i);
		}
		if (lookup->state == WEIR__ABSENT)
			keep_near(m, i);
		if (lookup->state == WEIR__MISS || lookup->state == WEIR__BYPASS)
			m->missing[m->missing_count++] = i;
	}
	return WEIR_OK;
}

/* Gives a row that was read to its key. */
static void take_row(weir__many *m, const void *row, weir__buffer *scratch)
{
	size_t at = weir__distinct_find(&m->distinct, m->call->entity, row, scratch);

	if (at == SIZE_MAX || m->records[at])
		return;
	weir_record_retain(row);
	m->records[at] = row;
}

static int take_list(weir__many *m, const weir__rows *rows, weir__buffer *scratch)
{
	weir_list list = WEIR_LIST_INIT;
	int       rc = weir__rows_list(rows, m->call->entity->layout, &list, m->call->err);

	for (size_t i = 0; rc >= 0 && i < list.count; i++)
		take_row(m, list.items[i], scratch);
	weir_list_release(&list);
	return rc;
}

static int take_alone(weir__many *m, const weir__rows *rows, weir__buffer *scratch)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < rows->count; i++) {
		const void *row = NULL;

		rc = weir__rows_record(rows, i, m->call->entity->layout, &row, m->call->err);
		if (rc >= 0)
			take_row(m, row, scratch);
		weir_record_release(row);
	}
	return rc;
}

static int take_rows(weir__many *m, const weir__rows *rows)
{
	weir__buffer scratch = WEIR__BUFFER_INIT;
	int          rc = m->alone ? take_alone(m, rows, &scratch) : take_list(m, rows, &scratch);

	if (scratch.failed)
		rc = weir__error_no_memory(m->call->err);
	weir__buffer_release(&scratch);
	return rc;
}

/* Fills what was read under a lease: rows, and "no such row" where there was none. */
static void fill_missing(weir__many *m)
{
	weir__buffer   payloads = WEIR__BUFFER_INIT;
	weir__filling *fillings = weir__calloc(m->missing_count, sizeof *fillings);
	size_t        *ends = weir__calloc(m->missing_count, sizeof *ends);
	size_t         count = 0, start = 0;

	if (!fillings || !ends)
		goto cleanup;
	for (size_t i = 0; i < m->missing_count; i++) {
		size_t at = m->missing[i];

		if (m->lookups[at].state != WEIR__MISS)
			continue;
		if (m->records[at])
			weir__codec_encode(m->call->entity->layout, m->records[at], &payloads);
		fillings[count].lookup = &m->lookups[at];
		fillings[count].items = 1;
		ends[count++] = payloads.length;
	}
	if (payloads.failed || count == 0)
		goto cleanup;
	for (size_t i = 0; i < count; start = ends[i++])
		if (ends[i] > start)
			fillings[i].payload = (weir_bytes){ payloads.data + start, ends[i] - start };
	weir__cache_fill(m->call->entity->space, fillings, count);
	for (size_t i = 0; i < m->missing_count; i++)
		if (m->lookups[m->missing[i]].state == WEIR__MISS)
			keep_near(m, m->missing[i]);
cleanup:
	weir__free(ends);
	weir__free(fillings);
	weir__buffer_release(&payloads);
}

static int ask_missing(weir__many *m)
{
	size_t *indices;

	if (m->missing_count == 0)
		return WEIR_OK;
	indices = weir__malloc(m->missing_count * sizeof *indices);
	if (!indices)
		return weir__error_no_memory(m->call->err);
	for (size_t i = 0; i < m->missing_count; i++)
		indices[i] = m->distinct.first[m->missing[i]];
	weir__call_add_keys(m->call, m->keys, indices, m->missing_count);
	weir__free(indices);
	return WEIR_OK;
}

static bool has_text_key(const weir__layout *layout)
{
	for (size_t i = 0; i < layout->key_count; i++)
		if (layout->columns[layout->key[i]].type == WEIR_TYPE_TEXT)
			return true;
	return false;
}

/* The keys that have no row so far; how many rows the database has for them. */
static int count_unmatched(weir__many *m, size_t *found)
{
	weir__rows rows = WEIR__ROWS_INIT;
	size_t    *indices = weir__malloc(m->missing_count * sizeof *indices);
	size_t     count = 0;
	int        rc = WEIR_OK;

	if (!indices)
		return weir__error_no_memory(m->call->err);
	for (size_t i = 0; i < m->missing_count; i++)
		if (!m->records[m->missing[i]])
			indices[count++] = m->distinct.first[m->missing[i]];
	if (count > 0) {
		weir__call_add_keys(m->call, m->keys, indices, count);
		rc = weir__call_read(m->call, weir__sql_get_many(m->call->entity->statements), &rows);
	}
	*found = rows.count;
	weir__rows_release(&rows);
	weir__free(indices);
	return rc;
}

/* A row that was asked for by another spelling of its key is answered, and not kept. */
static int read_respelled(weir__many *m, size_t at)
{
	int rc = weir__read_by_id(m->call, weir__keys_struct(m->keys, m->distinct.first[at]), &m->records[at]);

	if (rc == WEIR_OK) {
		weir__lookup_release(&m->lookups[at]);
		m->lookups[at].state = WEIR__BYPASS;
	}
	return rc < 0 ? rc : WEIR_OK;
}

/* The database may take two texts for one (char(n), a collation that is not deterministic): keys whose rows are not among those that
 * were read are asked for by themselves, and one by one if there is any. */
static int read_unmatched(weir__many *m)
{
	size_t found;
	int    rc = count_unmatched(m, &found);

	for (size_t i = 0; rc >= 0 && found > 0 && i < m->missing_count; i++)
		if (!m->records[m->missing[i]])
			rc = read_respelled(m, m->missing[i]);
	return rc;
}

static int take_missing(weir__many *m, const weir__rows *rows)
{
	int rc = take_rows(m, rows);

	if (rc >= 0 && rows->count > 0 && has_text_key(m->call->entity->layout))
		rc = read_unmatched(m);
	if (rc >= 0)
		fill_missing(m);
	return rc;
}

static int give(weir__many *m, weir_list *list)
{
	int rc = weir__list_create_of(m->call->entity->model, m->keys->count, list);

	if (rc < 0)
		return weir__error_no_memory(m->call->err);
	for (size_t i = 0; i < m->keys->count; i++) {
		const void *record = m->records[m->distinct.positions[i]];

		weir_record_retain(record);
		if (record)
			weir__list_set(list, i, record);
	}
	return WEIR_OK;
}

int weir__many_prepare(weir__many *m, weir__call *call, const weir__keys *keys, bool cached, bool follows)
{
	int rc = many_init(m, call, keys, follows);

	m->cached = cached && !call->entity->per_principal;
	return rc >= 0 && m->cached ? plan_lookup(m) : rc;
}

int weir__many_looked_up(weir__many *m)
{
	int rc = WEIR_OK;

	if (m->together) {
		move_missing(m, m->together, m->part.count, true);
		weir__free(m->together);
		m->together = NULL;
	}
	if (m->cached)
		rc = lease_missing(m);
	if (rc >= 0)
		rc = take_hits(m);
	if (m->cached && m->distinct.count > 0)
		weir__call_note_lookup(m->call, &m->lookups[m->missing_count > 0 ? m->missing[0] : 0]);
	return rc < 0 ? rc : ask_missing(m);
}

int weir__many_begin(weir__many *m, weir__call *call, const weir__keys *keys, bool cached, bool follows)
{
	int rc = weir__many_prepare(m, call, keys, cached, follows);

	if (rc >= 0 && m->part.count > 0)
		weir__cache_lookup_parts(&m->part, 1);
	return rc >= 0 ? weir__many_looked_up(m) : rc;
}

int weir__many_take(weir__many *m, const weir__rows *rows)
{
	int rc = rows ? take_missing(m, rows) : WEIR_OK;

	weir__call_note_rows(m->call, m->keys->count);
	return rc;
}

const void *weir__many_record(const weir__many *m, size_t i)
{
	return m->records[m->distinct.positions[i]];
}

int weir__many_end(weir__many *m, const weir__rows *rows, weir_list *list)
{
	int rc = weir__many_take(m, rows);

	return rc < 0 ? rc : give(m, list);
}

int weir__get_many(weir__call *call, const weir__keys *keys, bool cached, weir_list *list)
{
	weir__many many = { .call = NULL };
	weir__rows rows = WEIR__ROWS_INIT;
	int        rc = weir__many_begin(&many, call, keys, cached, true);

	if (rc >= 0 && many.missing_count > 0)
		rc = weir__call_read(call, weir__sql_get_many(call->entity->statements), &rows);
	if (rc >= 0)
		rc = weir__many_end(&many, many.missing_count > 0 ? &rows : NULL, list);
	weir__rows_release(&rows);
	weir__many_release(&many);
	return rc;
}
