/* Loading the relation of one owner, and asking about it.
 *
 *   belongs to     the target's record by its primary key, as get_by_id_cached
 *   has one, many  a list under the owner's key: look up -> hit, or lease, read, fill
 *   many to many   the rows in between in the same way, then their targets as get_many_cached
 *
 * Without a cache, and for every query, it is one statement. */
#include "dao/relation.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/near.h"
#include "models/codec.h"

#include <string.h>

/* ---- One call ------------------------------------------------------------------------------------------------------------ */

typedef struct load {
	const weir_related   *of;
	const weir__relation *relation;
	weir__call            call; /* on the target */
	/* the relation's, or the one that was given for this call; NULL: by its keys */
	const weir_relation_loader *loader;
	bool                        anew; /* whatever is kept makes way */
} load;

static int wrong_call(const weir_related *of, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_USAGE, of->model->name, of->relation, "%s", what);
}

static int load_begin(load *l, const weir_related *of, const char *operation, weir_error *err)
{
	int rc;

	memset(l, 0, sizeof *l);
	l->of = of;
	rc = weir__related_find(of, &l->relation, err);
	if (rc < 0)
		return rc;
	if (!of->owner)
		return wrong_call(of, err, "no owner was given");
	l->loader = l->relation->link->relation->loader;
	rc = weir__call_begin_on(&l->call, of->session, &l->relation->target,
	                         weir__session_deadline(of->session, of->timeout_ms), err);
	weir__call_trace(&l->call, operation);
	return rc;
}

static int check_key(const load *l)
{
	const weir__link *link = l->relation->link;
	int               rc = WEIR_OK;

	for (size_t i = 0; i < link->key_count && rc >= 0; i++) {
		weir_value value = weir__link_value(link, i, l->of->owner);

		if (!value.is_null)
			rc = weir__value_check(link->owner, link->owner_columns[i], &value, l->call.err);
	}
	return rc;
}

/* ---- Statements ------------------------------------------------------------------------------------------------------------ */

weir_value weir__owners_key(const void *context, size_t owner, size_t i)
{
	const weir__owners *owners = context;

	return weir__link_value(owners->link, i, owners->items[owner]);
}

weir__related weir__relation_statement(const weir__relation *relation, bool through_rows)
{
	const weir__link *link = relation->link;
	bool              through = link->through && !through_rows;

	return (weir__related){
		.target = link->through && through_rows ? relation->through.statements : relation->target.statements,
		.through = through ? relation->through.statements : NULL,
		.key_count = link->key_count,
		.columns = link->other_columns,
		.to_target = link->through_columns,
		.key = weir__owners_key,
	};
}

weir_query weir__relation_query(const weir__relation *relation, weir_order order[WEIR__KEY_COLUMNS_MAX])
{
	const weir__link *link = relation->link;
	weir_query        query = { .limit = link->relation->kind == WEIR_RELATION_HAS_ONE ? 1 : 0 };

	for (size_t i = 0; i < link->target_count; i++)
		order[i] = (weir_order){
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): target columns are those of a link table */
			.column = { link->through->model, link->through->columns[link->through_columns[i]].offset },
		};
	query.order = (weir_orders){ order, link->target_count };
	return query;
}

/* Runs a statement about this owner's rows. */
static int ask(load *l, weir__related *statement, weir__related_what what, weir__rows *rows)
{
	const void  *owner = l->of->owner;
	weir__owners owners = { l->relation->link, &owner, 1 };
	weir__sql    sql;
	int          rc;

	statement->owner_count = 1;
	statement->context = &owners;
	weir__params_clear(l->call.params);
	weir__buffer_clear(&l->call.sql);
	rc = weir__sql_related(statement, what, &l->call.sql, l->call.params, l->call.err);
	if (rc >= 0)
		rc = weir__call_sql(&l->call, &sql);
	return rc < 0 ? rc : weir__call_read(&l->call, &sql, rows);
}

static int run_loader(load *l, weir_list *list)
{
	const weir_model *target = l->relation->link->target->model;
	int               rc = l->loader->load(l->loader->context, l->of, list, l->call.err);

	for (size_t i = 0; rc >= 0 && i < list->count; i++)
		if (weir_record_model(list->items[i]) != target)
			rc = weir__error_set_at(l->call.err, WEIR_ERR_USAGE, l->of->model->name, l->of->relation,
			                        "its loader gave something that is no %s", target->name);
	if (rc != WEIR_OK)
		weir_list_release(list);
	return rc == WEIR_NOT_FOUND ? WEIR_OK : rc;
}

/* Reads the rows that this owner's list is kept from: of the model in between, or of the target. */
static int read_kept_rows(load *l, weir_list *list)
{
	weir_order    order[WEIR__KEY_COLUMNS_MAX];
	weir_query    query = weir__relation_query(l->relation, order);
	weir__related statement = weir__relation_statement(l->relation, true);
	weir__rows    rows = WEIR__ROWS_INIT;
	int           rc;

	if (l->loader)
		return run_loader(l, list);
	statement.query = &query;
	rc = ask(l, &statement, WEIR__RELATED_ROWS, &rows);
	if (rc >= 0)
		rc = weir__rows_list(&rows, weir__relation_holder(l->relation)->layout, list, l->call.err);
	weir__rows_release(&rows);
	return rc;
}

/* ---- With the cache ---------------------------------------------------------------------------------------------------------- */

static void fill_list(const weir__relation *relation, weir__lookup *lookup, const weir_list *list)
{
	weir__buffer  payload = WEIR__BUFFER_INIT;
	weir__filling filling = { .lookup = lookup, .items = list->count };
	int64_t       max_items = weir__cache_space_max_items(relation->space);

	if (max_items != WEIR_UNLIMITED && list->count > (size_t)max_items) {
		weir__cache_too_large(lookup);
		return;
	}
	weir__codec_encode_list(weir__relation_holder(relation)->layout, list->items, list->count, &payload);
	filling.payload = (weir_bytes){ payload.data, payload.length };
	if (!payload.failed)
		weir__cache_fill(relation->space, &filling, 1);
	weir__buffer_release(&payload);
}

/* What cannot be removed is found again, and then it is still valid. */
static void forget(const weir__relation *relation, const weir__lookup *lookup)
{
	(void)weir__cache_forget(relation->space, lookup->key);
}

/* What the backend has, or the relation's own cache, or else the database. */
static int rows_behind(load *l, weir__lookup *lookup, weir_list *list)
{
	const weir__relation *relation = l->relation;
	bool                  own = relation->link->relation->kept_in != NULL;
	int                   rc;

	weir__call_lends(&l->call, lookup);
	weir__cache_lookup(relation->space, lookup, 1);
	if (lookup->state == WEIR__MISS && own && !l->anew && weir__own_cache_get(relation, lookup, list))
		return WEIR_OK;
	if (lookup->state == WEIR__MISS)
		weir__cache_lease(relation->space, lookup, 1);
	weir__call_note_lookup(&l->call, lookup);
	if (lookup->state == WEIR__HIT) {
		rc = weir__codec_decode_list(weir__relation_holder(relation)->layout, lookup->payload.data,
		                             lookup->payload.length, (size_t)lookup->items, list);
		if (rc == WEIR_ERR_NO_MEMORY)
			return weir__error_no_memory(l->call.err);
		if (rc != WEIR_ERR_FORMAT)
			return rc;
		weir__cache_reject(relation->space, lookup);
	}
	rc = read_kept_rows(l, list);
	if (rc >= 0 && lookup->state == WEIR__MISS && own)
		weir__own_cache_set(relation, lookup, list);
	else if (rc >= 0 && lookup->state == WEIR__MISS)
		fill_list(relation, lookup, list);
	return rc;
}

static int cached_rows(load *l, weir_list *list)
{
	const weir__relation *relation = l->relation;
	const weir__layout   *layout = weir__relation_holder(relation)->layout;
	bool                  is_near = !relation->link->relation->kept_in;
	weir__relation_entry  entry;
	weir__near_question   question;
	int                   rc = weir__relation_entry_init(relation, l->of->owner, &entry, l->call.err);

	if (rc < 0)
		goto cleanup;
	if (l->anew)
		forget(relation, &entry.lookup);
	question = weir__near_question_of(&l->call, layout, WEIR__ENTRY_LIST, entry.lookup.key);
	question.space = relation->space;
	if (is_near && !l->anew && weir__near_list(&question, list))
		goto cleanup;
	rc = rows_behind(l, &entry.lookup, list);
	if (rc >= 0 && is_near && entry.lookup.state != WEIR__BYPASS)
		weir__near_keep_list(&question, layout, &entry.lookup, list);
cleanup:
	weir__relation_entry_release(&entry);
	return rc;
}

/* ---- Many to many ---------------------------------------------------------------------------------------------------------------- */

/* Primary keys of the targets, as get_many takes them. */
static void *target_keys(const weir__link *link, const weir_list *rows)
{
	const weir__layout *target = link->target;
	weir__keys          keys = { target, NULL, rows->count };
	size_t              size = weir__keys_size(target);
	char               *items = weir__calloc(rows->count, size);

	keys.items = items;
	for (size_t row = 0; items && row < rows->count; row++)
		for (size_t i = 0; i < link->target_count; i++)
			weir__layout_copy(link->through, link->through_columns[i], rows->items[row], target, target->key[i],
			                  (void *)weir__keys_struct(&keys, row));
	return items;
}

/* The records without gaps and without those that come again. */
static int compact(const weir__relation *relation, const weir_list *found, weir_list *targets, weir_error *err)
{
	const void *last = NULL;
	size_t      count = 0;

	for (size_t i = 0; i < found->count; i++)
		count += found->items[i] && found->items[i] != (i > 0 ? found->items[i - 1] : NULL);
	if (weir__list_create_of(relation->link->target->model, count, targets) < 0)
		return weir__error_no_memory(err);
	count = 0;
	for (size_t i = 0; i < found->count; last = found->items[i++]) {
		if (!found->items[i] || found->items[i] == last)
			continue;
		weir_record_retain(found->items[i]);
		weir__list_set(targets, count++, found->items[i]);
	}
	return WEIR_OK;
}

/* Does a row in between refer to a target? Where it does not, its key in target_keys is zero, which is some row's perhaps. */
static bool refers(const weir__link *link, const void *row)
{
	for (size_t i = 0; i < link->target_count; i++)
		if (weir__layout_get(link->through, link->through_columns[i], row).is_null)
			return false;
	return true;
}

int weir__relation_targets(const weir__relation *relation, weir__call *call, const weir_list *rows, bool cached,
                           weir_list *targets)
{
	void      *items = target_keys(relation->link, rows);
	weir__keys keys = { relation->link->target, items, rows->count };
	int        rc;

	if (!items)
		return weir__error_no_memory(call->err);
	rc = weir__get_many(call, &keys, cached && weir__cache_space_enabled(relation->target.space), targets);
	weir__free(items);
	for (size_t row = 0; rc >= 0 && row < rows->count; row++)
		if (!refers(relation->link, rows->items[row])) {
			(void)weir_record_release(targets->items[row]);
			weir__list_set(targets, row, NULL);
		}
	return rc;
}

static int load_linked(load *l, weir_list *list)
{
	weir_list between = WEIR_LIST_INIT, found = WEIR_LIST_INIT;
	int       rc = cached_rows(l, &between);

	if (rc >= 0 && between.count > 0)
		rc = weir__relation_targets(l->relation, &l->call, &between, true, &found);
	if (rc >= 0)
		rc = compact(l->relation, &found, list, l->call.err);
	weir_list_release(&found);
	weir_list_release(&between);
	return rc;
}

/* ---- To many ------------------------------------------------------------------------------------------------------------- */

static int load_list(load *l, weir_list *list)
{
	const weir__relation *relation = l->relation;
	bool                  cached = weir__relation_is_cached(relation, l->of->session);

	if (!weir__link_has_key(relation->link, l->of->owner))
		return WEIR_OK;
	if (relation->link->through && !l->loader)
		return cached ? load_linked(l, list) : weir_related_query(l->of, NULL, list, l->call.err);
	return cached ? cached_rows(l, list) : read_kept_rows(l, list);
}

/* ---- To one -------------------------------------------------------------------------------------------------------------------- */

static int load_owner_of(load *l, const void **record)
{
	const weir__link *link = l->relation->link;
	void             *key;
	int               rc;

	if (!weir__link_has_key(link, l->of->owner))
		return WEIR_NOT_FOUND;
	key = weir__calloc(1, link->target->model->size);
	if (!key)
		return weir__error_no_memory(l->call.err);
	for (size_t i = 0; i < link->key_count; i++)
		weir__layout_copy(link->owner, link->owner_columns[i], l->of->owner, link->target, link->other_columns[i], key);
	rc = weir__relation_is_cached(l->relation, l->of->session) ? weir__cached_by_id(&l->call, key, record)
	                                                           : weir__read_by_id(&l->call, key, record);
	weir__free(key);
	return rc;
}

static int load_one(load *l, void *out)
{
	weir_list   list = WEIR_LIST_INIT;
	const void *record = NULL;
	int         rc;

	if (l->relation->link->relation->kind == WEIR_RELATION_BELONGS_TO) {
		rc = load_owner_of(l, &record);
	} else {
		rc = load_list(l, &list);
		if (rc >= 0)
			rc = list.count > 0 ? WEIR_OK : WEIR_NOT_FOUND;
		if (rc == WEIR_OK) {
			record = list.items[0];
			weir_record_retain(record);
		}
		weir_list_release(&list);
	}
	if (rc == WEIR_OK)
		weir__record_out_set(out, record);
	return rc;
}

static int load_into(load *l, void *out)
{
	bool      many = weir__relation_is_many(l->relation->link->relation);
	weir_list list = WEIR_LIST_INIT;
	int       rc = check_key(l);

	if (rc < 0)
		return rc;
	if (!out)
		return wrong_call(l->of, l->call.err, "nowhere to put what is loaded");
	if (many ? !weir__list_out_is_empty(out) : !weir__record_out_is_empty(out))
		return wrong_call(l->of, l->call.err,
		                  "the out parameter must be empty before the call: what it holds would be lost");
	rc = many ? load_list(l, &list) : load_one(l, out);
	if (rc >= 0 && many)
		weir__list_out_set(out, &list);
	return rc;
}

int weir_related_load(const weir_related *of, void *out, weir_error *err)
{
	load l;
	int  rc = load_begin(&l, of, "load", err);

	if (rc >= 0)
		rc = load_into(&l, out);
	return weir__call_done(&l.call, rc);
}

int weir_related_refresh(const weir_related *of, const weir_relation_loader *loader, void *out, weir_error *err)
{
	load l;
	int  rc = load_begin(&l, of, "refresh", err);

	if (rc >= 0 && l.relation->link->relation->kind == WEIR_RELATION_BELONGS_TO)
		rc = wrong_call(of, err, "what it belongs to has an entry of its own, which writes keep right");
	if (rc >= 0 && loader && l.relation->link->through && !l.loader)
		rc = wrong_call(of, err, "keeps the rows in between, which a loader does not give");
	if (rc >= 0) {
		l.anew = true;
		l.loader = loader ? loader : l.loader;
		rc = load_into(&l, out);
	}
	return weir__call_done(&l.call, rc);
}

/* ---- Questions --------------------------------------------------------------------------------------------------------------------- */

static int check_question(load *l, const weir_query *query)
{
	const weir__link *link = l->relation->link;

	if (link->key_count == 0)
		return wrong_call(l->of, l->call.err, "has a loader and no foreign key: it can only be loaded");
	if (query && query->with.count > 0)
		return wrong_call(l->of, l->call.err, "relations are loaded with lists of a DAO, not with a relation");
	return query ? weir__query_check(link->target, query, l->of->session->engine->max_limit, l->call.err) : WEIR_OK;
}

/* No key, or no rows wanted: the answer is empty and nothing is asked. */
static bool is_surely_empty(const load *l, const weir_query *query)
{
	return !weir__link_has_key(l->relation->link, l->of->owner) || (query && query->limit == WEIR_NO_ROWS);
}

/* Asks; rows stays empty where nothing has to be asked. */
static int question(load *l, const weir_query *query, weir__related_what what, weir__rows *rows)
{
	weir__related statement = weir__relation_statement(l->relation, false);
	int           rc = check_key(l);

	if (rc >= 0)
		rc = check_question(l, query);
	if (rc < 0 || is_surely_empty(l, query))
		return rc;
	statement.query = query;
	return ask(l, &statement, what, rows);
}

int weir_related_query(const weir_related *of, const weir_query *query, void *out, weir_error *err)
{
	weir__rows rows = WEIR__ROWS_INIT;
	weir_list  list = WEIR_LIST_INIT;
	load       l;
	int        rc = load_begin(&l, of, "query", err);

	if (rc >= 0 && (!out || !weir__list_out_is_empty(out)))
		rc = wrong_call(of, err, "a query needs an empty list to put the rows in");
	if (rc >= 0)
		rc = question(&l, query, WEIR__RELATED_ROWS, &rows);
	if (rc >= 0 && rows.count > 0)
		rc = weir__rows_list(&rows, l.relation->link->target, &list, err);
	if (rc >= 0)
		weir__list_out_set(out, &list);
	weir__rows_release(&rows);
	return weir__call_done(&l.call, rc);
}

/* value NULL: the caller has no place for it. */
static int ask_value(const weir_related *of, const weir_query *query, weir__related_what what, weir_value *value,
                     weir_error *err)
{
	weir__rows rows = WEIR__ROWS_INIT;
	load       l;
	int        rc = load_begin(&l, of, what == WEIR__RELATED_COUNT ? "count" : "exists", err);

	if (rc >= 0 && !value)
		rc = wrong_call(of, err, "nowhere to put the answer");
	if (rc >= 0)
		rc = question(&l, query, what, &rows);
	if (rc >= 0 && rows.count == 1)
		rc = weir__rows_value(&rows, 0, 0, value->type, value, NULL, err);
	weir__rows_release(&rows);
	return weir__call_done(&l.call, rc);
}

int weir_related_count(const weir_related *of, const weir_query *query, int64_t *count, weir_error *err)
{
	weir_value value = { .type = WEIR_TYPE_INT8 };
	int        rc = ask_value(of, query, WEIR__RELATED_COUNT, count ? &value : NULL, err);

	if (rc >= 0)
		*count = value.as.integer; /* NOLINT(clang-analyzer-core.NullDereference): without a place it is an error */
	return rc;
}

int weir_related_exists(const weir_related *of, const weir_query *query, bool *exists, weir_error *err)
{
	weir_value value = { .type = WEIR_TYPE_BOOL };
	int        rc = ask_value(of, query, WEIR__RELATED_EXISTS, exists ? &value : NULL, err);

	if (rc >= 0)
		*exists = value.as.boolean; /* NOLINT(clang-analyzer-core.NullDereference): without a place it is an error */
	return rc;
}
