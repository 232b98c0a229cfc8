/* Rows as structs of another model. A list is read and cached like any list of the model, under a key that says what it is
 * made into. A part of one row has no entry of its own: through the cache it is a part of the row that is there. */
#include <weir/reading.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/into.h"
#include "dao/result.h"
#include "models/codec.h"

#include <string.h>

/* ---- Lists ----------------------------------------------------------------------------------------------------------------- */

static int read_rows(weir__call *call, const weir__projection *projection, weir_list *list)
{
	weir__rows rows = WEIR__ROWS_INIT;
	weir__sql  sql;
	int        rc = weir__sql_select_into(projection, &call->sql, call->params, call->err);

	if (rc >= 0)
		rc = weir__call_sql(call, &sql);
	if (rc >= 0)
		rc = weir__call_read(call, &sql, &rows);
	if (rc < 0)
		return rc;
	rc = weir__rows_list(&rows, projection->rows, list, call->err);
	weir__rows_release(&rows);
	return rc;
}

static int read_listing(weir__call *call, const weir__listing *listing, weir_list *list)
{
	return read_rows(call, listing->context, list);
}

/* The order is part of what the projection says: in the key's own query it would be looked up in the wrong model. */
static int read_cached(weir__call *call, const weir__projection *projection, weir_list *list)
{
	weir_query    query = *projection->query;
	weir__buffer  more = WEIR__BUFFER_INIT;
	weir__listing listing = { .what = "into", .query = &query, .layout = projection->rows, .read = read_listing };
	int           rc = weir__projection_canonical(projection, &more, call->err);

	query.order = (weir_orders){ .count = 0 };
	listing.context = projection;
	listing.more = (weir_bytes){ more.data, more.length };
	if (rc >= 0)
		rc = weir__cached_listing(call, &listing, list);
	weir__buffer_release(&more);
	return rc;
}

int weir__into_list(weir__call *call, const weir_query *query, const weir__layout *layout, bool cached, weir_list *list)
{
	weir__projection projection;
	int              rc = weir__projection_create(call->entity->statements, layout, query, &projection, call->err);

	if (rc >= 0)
		rc = cached && weir__call_is_cached(call) ? read_cached(call, &projection, list)
		                                          : read_rows(call, &projection, list);
	weir__projection_release(&projection);
	return rc;
}

static int check_query(weir__call *call, const weir_query *query)
{
	weir__check_freshness(call, query);
	if (query && query->with.count > 0)
		return weir__wrong_call(call, "relations are loaded with whole rows only");
	return query ? weir__query_check_for(call->entity->layout, query, WEIR__TAKES_RESULT,
	                                     call->session->engine->max_limit, call->err)
	             : WEIR_OK;
}

static int get_all_into(const weir_base_dao *dao, const weir_query *query, const weir_model *model, void *list,
                        bool cached, weir_error *err)
{
	const weir__layout *layout = NULL;
	weir_list           found = WEIR_LIST_INIT;
	weir__call          call;
	int                 rc = weir__call_start(&call, dao, "get_all_into", err);

	if (rc >= 0)
		rc = weir__check_list_out(&call, list);
	if (rc >= 0)
		rc = check_query(&call, query);
	if (rc >= 0)
		rc = weir__result_layout(call.session->engine, model, &layout, err);
	if (rc >= 0)
		rc = weir__into_list(&call, query, layout, cached, &found);
	if (rc >= 0)
		weir__list_out_set(list, &found);
	return weir__call_done(&call, rc);
}

int weir_base_dao_get_all_into(const weir_base_dao *dao, const weir_query *query, const weir_model *model, void *list,
                               weir_error *err)
{
	return get_all_into(dao, query, model, list, false, err);
}

int weir_base_dao_get_all_into_cached(const weir_base_dao *dao, const weir_query *query, const weir_model *model,
                                      void *list, weir_error *err)
{
	return get_all_into(dao, query, model, list, true, err);
}

/* ---- One row --------------------------------------------------------------------------------------------------------------- */

/* The whole record written as the cache would have its part, and that read: the codec knows every type. */
static int part_of(weir__call *call, const weir__projection *projection, const void *whole, const void **part)
{
	const weir__layout *layout = call->entity->layout;
	weir__column        columns[WEIR__COLUMNS_MAX];
	weir__layout        from = *projection->rows;
	weir__buffer        text = WEIR__BUFFER_INIT;
	int                 rc;

	for (size_t i = 0; i < from.column_count; i++) {
		const weir__column *source = &layout->columns[projection->source[i]];

		columns[i] = projection->rows->columns[i];
		columns[i].offset = source->offset;
		columns[i].optional = source->optional;
	}
	from.columns = columns;
	weir__codec_encode(&from, whole, &text);
	rc = text.failed ? WEIR_ERR_NO_MEMORY : weir__codec_decode(projection->rows, text.data, text.length, part);
	weir__buffer_release(&text);
	return rc == WEIR_ERR_NO_MEMORY ? weir__error_no_memory(call->err) : rc;
}

static int read_part_cached(weir__call *call, const weir__projection *projection, const void *key, const void **part)
{
	const void *whole = NULL;
	int         rc = weir__cached_by_id(call, key, &whole);

	if (rc == WEIR_OK)
		rc = part_of(call, projection, whole, part);
	weir_record_release(whole);
	return rc;
}

static int read_part(weir__call *call, const weir__projection *projection, const void **part)
{
	weir_list list = WEIR_LIST_INIT;
	int       rc = read_rows(call, projection, &list);

	if (rc < 0)
		return rc;
	if (list.count > 0) {
		*part = list.items[0];
		weir_record_retain(*part);
	}
	weir_list_release(&list);
	return *part ? WEIR_OK : WEIR_NOT_FOUND;
}

static int get_part(weir__call *call, const void *key, const weir__layout *layout, bool cached, const void **part)
{
	weir_condition   conditions[WEIR__KEY_COLUMNS_MAX];
	weir_query       query = { .where = weir__check_has_key(call->entity->layout, key, conditions), .limit = 1 };
	weir__projection projection;
	int              rc = weir__projection_create(call->entity->statements, layout, &query, &projection, call->err);

	if (rc >= 0 && projection.grouped)
		rc = weir__wrong_call(call, "a part of one row has no aggregates");
	if (rc >= 0)
		rc = cached && weir__call_keeps_records(call) ? read_part_cached(call, &projection, key, part)
		                                              : read_part(call, &projection, part);
	weir__projection_release(&projection);
	return rc;
}

static int get_by_id_into(const weir_base_dao *dao, const void *key, const weir_model *model, void *record, bool cached,
                          weir_error *err)
{
	const weir__layout *layout = NULL;
	const void         *found = NULL;
	weir__call          call;
	int                 rc = weir__call_start(&call, dao, "get_by_id_into", err);

	if (rc >= 0)
		rc = weir__check_record_out(&call, record);
	if (rc >= 0)
		rc = weir__check_key(&call, key);
	if (rc >= 0)
		rc = weir__result_layout(call.session->engine, model, &layout, err);
	if (rc >= 0)
		rc = get_part(&call, key, layout, cached, &found);
	if (rc == WEIR_OK)
		weir__record_out_set(record, found);
	return weir__call_done(&call, rc);
}

int weir_base_dao_get_by_id_into(const weir_base_dao *dao, const void *key, const weir_model *model, void *record,
                                 weir_error *err)
{
	return get_by_id_into(dao, key, model, record, false, err);
}

int weir_base_dao_get_by_id_into_cached(const weir_base_dao *dao, const void *key, const weir_model *model,
                                        void *record, weir_error *err)
{
	return get_by_id_into(dao, key, model, record, true, err);
}
