/* One value of many rows: a result of one struct with one member, whose layout is made for the call. */
#include <weir/reading.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/into.h"

#include <string.h>

/* What is asked for. */
typedef struct asked {
	weir_aggregate    what;
	weir_column       column;
	const weir_query *query;
	bool              cached;
} asked;

/* A struct of one member. */
typedef struct one {
	weir_type type;
	bool      optional;
	size_t    size;
} one;

static const one one_i64 = { WEIR_TYPE_INT8, true, sizeof(weir_opt_i64) };
static const one one_f64 = { WEIR_TYPE_FLOAT8, true, sizeof(weir_opt_f64) };
static const one one_time = { WEIR_TYPE_TIMESTAMPTZ, true, sizeof(weir_opt_time) };

static int check(weir__call *call, const asked *a, const void *value, const char **column)
{
	const weir_query *query = a->query;
	size_t            index;
	int               rc = weir__check_query(call, query);

	if (rc >= 0 && !value)
		return weir__wrong_call(call, "nowhere to put the value");
	if (rc >= 0 && query && (query->skip != 0 || query->limit != 0 || query->order.count > 0 || query->with.count > 0))
		return weir__wrong_call(call, "one value is made of all rows that match: no skip, limit, order or relations");
	if (rc >= 0 && (a->what <= WEIR_NO_AGGREGATE || a->what > WEIR_MAX))
		return weir__wrong_call(call, "no aggregate was named");
	if (rc < 0 || (a->what == WEIR_COUNT && !a->column.model))
		return rc;
	rc = weir__check_column(call, a->column, &index);
	if (rc >= 0)
		*column = call->entity->layout->columns[index].name;
	return rc;
}

static int read(weir__call *call, const asked *a, const weir_model *model, weir_list *list)
{
	weir__layout *layout = NULL;
	int           rc = weir__layout_create_result(model, &layout, call->err);

	if (rc >= 0)
		rc = weir__into_list(call, a->query, layout, a->cached, list);
	weir__layout_free(layout);
	return rc;
}

/* value: of the type that `one` says. */
static int aggregate(const weir_base_dao *dao, const asked *a, const one *kind, void *value, weir_error *err)
{
	weir_field field = { .name = "value", .type = kind->type, .optional = kind->optional, .aggregate = a->what };
	weir_model model = { .name = "aggregate", .size = kind->size, .fields = &field, .field_count = 1 };
	weir_list  list = WEIR_LIST_INIT;
	weir__call call;
	int        rc = weir__call_start(&call, dao, "aggregate", err);

	model.field_size = sizeof field;
	if (rc >= 0)
		rc = check(&call, a, value, &field.column);
	if (rc >= 0)
		rc = read(&call, a, &model, &list);
	if (rc >= 0 && list.count == 1)
		memcpy(value, list.items[0], kind->size);
	weir_list_release(&list);
	return weir__call_done(&call, rc);
}

int weir_base_dao_aggregate_i64(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                const weir_query *query, weir_opt_i64 *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, false }, &one_i64, value, err);
}

int weir_base_dao_aggregate_i64_cached(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                       const weir_query *query, weir_opt_i64 *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, true }, &one_i64, value, err);
}

int weir_base_dao_aggregate_f64(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                const weir_query *query, weir_opt_f64 *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, false }, &one_f64, value, err);
}

int weir_base_dao_aggregate_f64_cached(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                       const weir_query *query, weir_opt_f64 *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, true }, &one_f64, value, err);
}

int weir_base_dao_aggregate_time(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                 const weir_query *query, weir_opt_time *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, false }, &one_time, value, err);
}

int weir_base_dao_aggregate_time_cached(const weir_base_dao *dao, weir_aggregate what, weir_column column,
                                        const weir_query *query, weir_opt_time *value, weir_error *err)
{
	return aggregate(dao, &(asked){ what, column, query, true }, &one_time, value, err);
}

static int count_distinct(const weir_base_dao *dao, weir_column column, const weir_query *query, int64_t *count,
                          bool cached, weir_error *err)
{
	weir_opt_i64 value = { .has = false };
	int          rc =
		aggregate(dao, &(asked){ WEIR_COUNT_DISTINCT, column, query, cached }, &one_i64, count ? &value : NULL, err);

	if (rc >= 0 && count)
		*count = value.value;
	return rc;
}

int weir_base_dao_count_distinct(const weir_base_dao *dao, weir_column column, const weir_query *query, int64_t *count,
                                 weir_error *err)
{
	return count_distinct(dao, column, query, count, false, err);
}

int weir_base_dao_count_distinct_cached(const weir_base_dao *dao, weir_column column, const weir_query *query,
                                        int64_t *count, weir_error *err)
{
	return count_distinct(dao, column, query, count, true, err);
}
