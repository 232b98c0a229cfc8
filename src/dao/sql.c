/* SQL by hand: checks, reads into lists, writes. */
#include "dao/sql.h"

#include "base/error.h"
#include "dao/invalidation.h"
#include "dao/result.h"
#include "dao/sql_text.h"
#include "dao/sql_unique.h"
#include "dao/write.h"

#include <string.h>

static const char *const reading[] = { "select", "with", "values", "table", NULL };
static const char *const writing[] = { "insert", "update", "delete", "merge",   "truncate",
	                                   "with",   "select", "call",   "refresh", NULL };

/* ---- Checks ------------------------------------------------------------------------------------------------------------ */

static int check_text(const weir_sql *sql, enum weir__by_hand_kind kind, weir_error *err)
{
	weir__sql_text text;

	if (!sql->text || strlen(sql->text) != sql->length)
		return weir__error_set(err, WEIR_ERR_USAGE, sql->text ? "the statement holds a NUL" : "no statement");
	weir__sql_text_read(sql->text, sql->length, &text);
	if (!text.word)
		return weir__error_set(err, WEIR_ERR_USAGE, "the statement is empty");
	if (!weir__sql_text_begins(&text, kind == WEIR__SQL_READS ? reading : writing))
		return weir__error_set(err, WEIR_ERR_USAGE, "a statement that begins with %.*s is not for %s",
		                       (int)(text.word_length < 32 ? text.word_length : 32), text.word,
		                       kind == WEIR__SQL_READS ? "a query: weir_execute writes, weir_run_script does the rest"
		                                               : "weir_execute: weir_begin and weir_run_script do the rest");
	if (kind == WEIR__SQL_READS && text.writes)
		return weir__error_set(err, WEIR_ERR_USAGE, "a statement that writes is not for a query: weir_execute writes");
	return WEIR_OK;
}

int weir__by_hand_begin(weir__by_hand *by_hand, weir_session *session, enum weir__by_hand_kind kind, weir_sql sql,
                        weir_error *err)
{
	int rc;

	memset(by_hand, 0, sizeof *by_hand);
	rc = weir__session_check(session, err);
	if (rc >= 0)
		rc = check_text(&sql, kind, err);
	if (rc < 0)
		return rc;
	by_hand->sql = weir__sql_of(sql.text, sql.length);
	rc = weir__call_begin_on(&by_hand->call, session, NULL, weir__session_deadline(session, 0), err);
	weir__call_trace(&by_hand->call, kind == WEIR__SQL_READS ? "query" : "execute");
	return rc;
}

int weir__by_hand_params(weir__by_hand *by_hand, const weir_sql *sql, const weir_params *params)
{
	weir__sql_text text;

	weir__sql_text_read(sql->text, sql->length, &text);
	if (text.params != params->count || (params->count > 0 && !params->items))
		return weir__error_set(by_hand->call.err, WEIR_ERR_USAGE, "the statement has %zu parameters, %zu were given",
		                       text.params, params->count);
	for (size_t i = 0; i < params->count; i++) {
		if (params->items[i].is_array && params->items[i].count > 0 && !params->items[i].items)
			return weir__error_set(by_hand->call.err, WEIR_ERR_USAGE,
			                       "parameter $%zu: an array of %zu items, and no items", i + 1,
			                       params->items[i].count);
		weir__params_add_by_hand(by_hand->call.params, &params->items[i]);
	}
	return weir__params_check(by_hand->call.params, by_hand->call.err);
}

int weir__by_hand_expect(weir__by_hand *by_hand, const weir_model *model, const void *list)
{
	weir_error *err = by_hand->call.err;

	if (!list)
		return weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the rows");
	if (!weir__list_out_is_empty(list))
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "the list must be empty before the call: what it holds would be lost");
	return weir__result_layout(by_hand->call.session->engine, model, &by_hand->layout, err);
}

int weir__by_hand_models(weir__by_hand *by_hand, const weir_models *models)
{
	weir_error *err = by_hand->call.err;

	for (size_t i = 0; i < models->count; i++) {
		const weir_model *model = models->items ? models->items[i] : NULL;

		if (!model)
			return weir__error_set(err, WEIR_ERR_USAGE, "one of the models that the statement names is NULL");
		if (!weir__registry_find(&by_hand->call.session->engine->registry, model))
			return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL,
			                          "the session was opened without this model");
		if (weir__layout_base(model)->per_principal && !by_hand->call.session->principal)
			return weir__error_set_at(
				err, WEIR_ERR_USAGE, model->name, NULL,
				"its rows depend on who asks: the session needs a principal (weir_with_principal)");
	}
	return WEIR_OK;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------------- */

int weir__by_hand_read(weir__by_hand *by_hand, weir_list *list)
{
	weir__call *call = &by_hand->call;
	int64_t     max = call->session->engine->max_limit;
	weir__rows  rows = WEIR__ROWS_INIT;
	int         rc = weir__call_read(call, &by_hand->sql, &rows);

	if (rc < 0)
		return rc;
	if (rows.count > (size_t)max)
		rc = weir__error_set(call->err, WEIR_ERR_LIMIT, "%zu rows, max_limit is %lld: the statement needs a LIMIT",
		                     rows.count, (long long)max);
	else
		rc = weir__rows_list_by_name(&rows, by_hand->layout, list, call->err);
	weir__rows_release(&rows);
	return rc;
}

int weir_query_into(weir_session *session, weir_sql sql, weir_params params, const weir_model *model, weir_models reads,
                    void *list, weir_error *err)
{
	weir_list     found = WEIR_LIST_INIT;
	weir__by_hand by_hand;
	int           rc = weir__by_hand_begin(&by_hand, session, WEIR__SQL_READS, sql, err);

	if (rc >= 0)
		rc = weir__by_hand_params(&by_hand, &sql, &params);
	if (rc >= 0)
		rc = weir__by_hand_models(&by_hand, &reads);
	if (rc >= 0)
		rc = weir__by_hand_expect(&by_hand, model, list);
	if (rc >= 0)
		rc = weir__by_hand_read(&by_hand, &found);
	if (rc >= 0)
		weir__list_out_set(list, &found);
	return weir__call_done(&by_hand.call, rc);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------------- */

/* A derived model's rows are those of the model it is derived from, under whose names they are kept. */
static int touch_table(weir__by_hand *by_hand, const weir_model *model, weir__touches *touches)
{
	const weir__registry *registry = &by_hand->call.session->engine->registry;
	const weir_model     *base = weir__layout_base(model);
	int                   rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < registry->count; i++)
		if (registry->items[i].layout->base == base)
			rc = weir__touches_add_all(touches, registry->items[i].space);
	return rc < 0 ? weir__error_no_memory(by_hand->call.err) : rc;
}

static int collect_unknown(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	weir__by_hand *by_hand = (weir__by_hand *)(void *)call;
	int            rc = WEIR_OK;

	(void)rows;
	for (size_t i = 0; rc >= 0 && i < by_hand->models->count; i++)
		rc = touch_table(by_hand, by_hand->models->items[i], touches);
	return rc;
}

/* The pointers from the unique values that the rows have, where they hold them. Takes those out of `named`. */
static int collect_pointers(weir__call *call, const weir__entity *entity, const weir__rows *rows,
                            weir__touches *touches, weir__mask *named)
{
	const weir__layout *layout = entity->layout;
	int                 rc = WEIR_OK;
	size_t              place;

	for (size_t i = 0; rc >= 0 && i < layout->column_count; i++) {
		if (!(layout->unique_mask >> i & 1) || weir__rows_find(rows, layout, i, &place, NULL) < 0)
			continue;
		*named &= ~((weir__mask)1 << i);
		rc = weir__collect_pointers_at(call, rows, place, i, touches);
	}
	return rc;
}

/* The rows name themselves, but not the unique values that they had: where the statement may have set one, or given one that it does not
 * return, the whole table is touched. */
static int collect_returned(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	weir__by_hand      *by_hand = (weir__by_hand *)(void *)call;
	const weir__entity *entity = weir__registry_find(&call->session->engine->registry, by_hand->models->items[0]);
	size_t              places[WEIR__KEY_COLUMNS_MAX];
	weir__mask          set, inserted;
	int                 rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < entity->layout->key_count; i++)
		rc = weir__rows_find(rows, entity->layout, entity->layout->key[i], &places[i], call->err);
	if (rc < 0)
		return rc;
	weir__sql_unique_named(&by_hand->sql, entity->layout, &set, &inserted);
	call->entity = entity;
	rc = weir__collect_keys_at(call, rows, places, touches);
	if (rc >= 0)
		rc = collect_pointers(call, entity, rows, touches, &inserted);
	call->entity = NULL;
	return rc >= 0 && (set | inserted) ? touch_table(by_hand, entity->model, touches) : rc;
}

/* A call has no layout to make its rows by; this takes what they hold in passing. */
typedef struct returned {
	weir__by_hand by_hand; /* first */
	weir_list     list;
	int64_t       affected;
} returned;

static int collect(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	returned *to = (returned *)(void *)call;
	int       rc =
        to->by_hand.models->returned ? collect_returned(call, rows, touches) : collect_unknown(call, rows, touches);

	for (size_t i = 0; rc >= 0 && i < to->by_hand.models->count; i++)
		rc = weir__invalidation_of_unknown(call, to->by_hand.models->items[i], touches);
	to->affected = rows->affected;
	if (rc >= 0 && to->by_hand.layout)
		rc = weir__rows_list_by_name(rows, to->by_hand.layout, &to->list, call->err);
	return rc;
}

static int check_writes(weir__by_hand *by_hand, const weir_models *writes)
{
	by_hand->models = writes;
	if (writes->returned && writes->count != 1)
		return weir__error_set(by_hand->call.err, WEIR_ERR_USAGE, "the rows returned can be those of one model only");
	return weir__by_hand_models(by_hand, writes);
}

static int run(returned *to)
{
	weir__write write = { .sql = to->by_hand.sql, .collect = collect, .always = true };
	size_t      rows;
	int         rc = weir__write_run(&to->by_hand.call, &write, &rows);

	if (!weir__is_done(rc))
		weir_list_release(&to->list);
	return rc;
}

int weir_execute(weir_session *session, weir_sql sql, weir_params params, weir_models writes, int64_t *affected,
                 weir_error *err)
{
	returned to = { .affected = 0 };
	int      rc = weir__by_hand_begin(&to.by_hand, session, WEIR__SQL_WRITES, sql, err);

	if (rc >= 0)
		rc = weir__by_hand_params(&to.by_hand, &sql, &params);
	if (rc >= 0)
		rc = check_writes(&to.by_hand, &writes);
	if (rc >= 0)
		rc = run(&to);
	if (weir__is_done(rc) && affected)
		*affected = to.affected;
	return weir__call_done(&to.by_hand.call, rc);
}

int weir_execute_into(weir_session *session, weir_sql sql, weir_params params, const weir_model *model,
                      weir_models writes, void *list, weir_error *err)
{
	returned to = { .affected = 0 };
	int      rc = weir__by_hand_begin(&to.by_hand, session, WEIR__SQL_WRITES, sql, err);

	if (rc >= 0)
		rc = weir__by_hand_params(&to.by_hand, &sql, &params);
	if (rc >= 0)
		rc = check_writes(&to.by_hand, &writes);
	if (rc >= 0)
		rc = weir__by_hand_expect(&to.by_hand, model, list);
	if (rc >= 0)
		rc = run(&to);
	if (weir__is_done(rc))
		weir__list_out_set(list, &to.list);
	return weir__call_done(&to.by_hand.call, rc);
}
