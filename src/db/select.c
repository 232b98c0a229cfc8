/* SELECT, count(*) and EXISTS of a query. Skip is a parameter, so that the pages of a list share one text. A limit that
 * people write stands in the text: with LIMIT $1 PostgreSQL cannot tell what a generic plan would cost and plans again
 * at each execution (plancache.c, choose_custom_plan). Other limits are parameters, so that the texts stay few. */
#include "db/sql.h"

#include "db/condition.h"
#include "db/order.h"
#include "db/params.h"

#include <stddef.h>

static const weir_query first_rows = { .skip = 0 };

static int check(const weir__statements *s, const weir_query *query, weir_error *err)
{
	return weir__query_check(s->layout, query, INT64_MAX, err);
}

static void append_lock(weir__buffer *sql, const weir_query *query)
{
	static const char *const strengths[] = {
		[WEIR_LOCK_NONE] = "",
		[WEIR_FOR_KEY_SHARE] = " FOR KEY SHARE",
		[WEIR_FOR_SHARE] = " FOR SHARE",
		[WEIR_FOR_NO_KEY_UPDATE] = " FOR NO KEY UPDATE",
		[WEIR_FOR_UPDATE] = " FOR UPDATE",
	};
	static const char *const waits[] = {
		[WEIR_WAIT] = "",
		[WEIR_NOWAIT] = " NOWAIT",
		[WEIR_SKIP_LOCKED] = " SKIP LOCKED",
	};

	weir__buffer_append_text(sql, strengths[query->lock]);
	weir__buffer_append_text(sql, waits[query->lock_wait]);
}

static int64_t limit_of(const weir_query *query)
{
	if (query->limit == WEIR_NO_ROWS)
		return 0;
	return query->limit == 0 ? WEIR_LIMIT_DEFAULT : query->limit;
}

static bool is_written(int64_t limit)
{
	return limit >= 0 &&
	       (limit <= 100 || (limit <= 10000 && limit % 50 <= 1)); /* 51: a page, and whether there is more */
}

static void append_skip(weir__buffer *sql, const weir_query *query, weir__params *params)
{
	if (query->skip == 0)
		return;
	weir__buffer_append_text(sql, " OFFSET ");
	weir__params_add_i64(params, query->skip);
	weir__sql_append_last(sql, params);
}

void weir__sql_append_page(weir__buffer *sql, const weir_query *query, weir__params *params)
{
	int64_t limit = limit_of(query);

	weir__buffer_append_text(sql, " LIMIT ");
	if (is_written(limit)) {
		weir__buffer_append_i64(sql, limit);
	} else {
		weir__params_add_i64(params, limit);
		weir__sql_append_last(sql, params);
	}
	append_skip(sql, query, params);
}

const char *weir__sql_append_from(weir__buffer *sql, const weir__statements *s, const weir_query *query,
                                  weir__params *params)
{
	weir__buffer_append_text(sql, " FROM ");
	weir__sql_append(sql, &s->table);
	return weir__sql_append_where(sql, s, &query->where, query->deleted, params);
}

void weir__sql_append_order_of(weir__buffer *sql, const weir__sql *names, const weir__order *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		weir__buffer_append_text(sql, i == 0 ? " ORDER BY " : ", ");
		weir__sql_append(sql, &names[order[i].column]);
		if (order[i].descending)
			weir__buffer_append_text(sql, " DESC");
		if (!weir__order_is_plain(&order[i]))
			weir__buffer_append_text(sql, order[i].nulls_first ? " NULLS FIRST" : " NULLS LAST");
	}
}

void weir__sql_append_order(weir__buffer *sql, const weir__statements *s, const weir_query *query)
{
	weir__order order[WEIR__COLUMNS_MAX];

	weir__sql_append_order_of(sql, s->names, order, weir__order_complete(s->layout, &query->order, order));
}

int weir__sql_select(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                     weir_error *err)
{
	int status = weir__query_check_for(s->layout, query, WEIR__TAKES_LOCK, INT64_MAX, err);

	if (status != WEIR_OK)
		return status;
	if (!query)
		query = &first_rows;
	weir__buffer_append_text(sql, "SELECT ");
	weir__sql_append(sql, &s->columns);
	(void)weir__sql_append_from(sql, s, query, params);
	weir__sql_append_order(sql, s, query);
	weir__sql_append_page(sql, query, params);
	append_lock(sql, query);
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_select_all(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                         weir_error *err)
{
	int status = check(s, query, err);

	if (status != WEIR_OK)
		return status;
	if (!query)
		query = &first_rows;
	weir__buffer_append_text(sql, "SELECT ");
	weir__sql_append(sql, &s->columns);
	(void)weir__sql_append_from(sql, s, query, params);
	weir__sql_append_order(sql, s, query);
	if (query->limit == 0)
		append_skip(sql, query, params);
	else
		weir__sql_append_page(sql, query, params);
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_select_page(const weir__statements *s, const weir_query *query, const weir__seek *seek, weir__buffer *sql,
                          weir__params *params, weir_error *err)
{
	weir__order order[WEIR__COLUMNS_MAX];
	size_t      count;
	int         status = check(s, query, err);

	if (status != WEIR_OK)
		return status;
	count = weir__order_complete(s->layout, &query->order, order);
	if (seek->backward)
		weir__order_reverse(order, count);
	weir__buffer_append_text(sql, "SELECT ");
	weir__sql_append(sql, &s->columns);
	const char *next = weir__sql_append_from(sql, s, query, params);
	if (seek->count > 0) {
		weir__buffer_append_text(sql, next);
		weir__sql_append_seek(sql, s, order, seek, params);
	}
	weir__sql_append_order_of(sql, s->names, order, count);
	weir__sql_append_page(sql, query, params);
	return weir__sql_finish(s, sql, params, err);
}

/* A page of rows of which only the number matters: all that match, unless skip or limit are given. */
static void append_counted(weir__buffer *sql, const weir__statements *s, const weir_query *query, weir__params *params)
{
	weir__buffer_append_text(sql, "SELECT 1");
	(void)weir__sql_append_from(sql, s, query, params);
	if (query->skip != 0 || query->limit != 0)
		weir__sql_append_page(sql, query, params);
}

int weir__sql_count(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                    weir_error *err)
{
	int status = check(s, query, err);

	if (status != WEIR_OK)
		return status;
	if (!query)
		query = &first_rows;
	if (query->skip == 0 && query->limit == 0) {
		weir__buffer_append_text(sql, "SELECT count(*)");
		(void)weir__sql_append_from(sql, s, query, params);
	} else {
		weir__buffer_append_text(sql, "SELECT count(*) FROM (");
		append_counted(sql, s, query, params);
		weir__buffer_append_text(sql, ") AS page");
	}
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_exists(const weir__statements *s, const weir_query *query, weir__buffer *sql, weir__params *params,
                     weir_error *err)
{
	int status = check(s, query, err);

	if (status != WEIR_OK)
		return status;
	weir__buffer_append_text(sql, "SELECT EXISTS (");
	append_counted(sql, s, query ? query : &first_rows, params);
	weir__buffer_append_char(sql, ')');
	return weir__sql_finish(s, sql, params, err);
}
