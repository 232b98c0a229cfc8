/* Names for queries: a keyed hash of 128 bits (base/hash.h) of a prefix code in words.
 *
 *   query      what is asked, order's count, deleted, then skip, limit, orders, condition
 *   order      column, direction, where NULLs stand
 *   condition  operator, type and column, then its values; of a group the operator and the count, then its members
 *   value      a word; a uuid two; a text its length and its bytes, the last word filled up with zeros
 *
 * What weir__query_check refuses is never kept. What it looks at is in the name, or looked at here, so that a query with the name of
 * one that was right is right. */
#include "dao/near_query.h"

#include "base/hash_state.h"
#include "models/record.h"

#include <string.h>

#define MEMBERS_MOST 16
#define TEXT_MOST    256

/* A query being named. */
typedef struct naming {
	weir__hash_state    state;
	const weir__entity *entity;
} naming;

static bool add_column(naming *n, weir_column column, uint64_t what)
{
	weir__hash_add(&n->state, what << 32 | (uint32_t)column.offset);
	return column.model == n->entity->model && column.offset <= UINT32_MAX;
}

static bool add_text(naming *n, const char *text)
{
	size_t length = strnlen(text, TEXT_MOST + 1);

	if (length > TEXT_MOST)
		return false;
	weir__hash_add(&n->state, length);
	for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
		uint64_t word = 0;

		memcpy(&word, text + at, length - at < sizeof word ? length - at : sizeof word);
		weir__hash_add(&n->state, word);
	}
	return true;
}

static bool add_uuid(naming *n, const weir_uuid *uuid)
{
	uint64_t words[2];

	memcpy(words, uuid->bytes, sizeof words);
	weir__hash_add(&n->state, words[0]);
	weir__hash_add(&n->state, words[1]);
	return true;
}

/* A value whose type is in the name already. */
static bool add_value(naming *n, const weir_value *value)
{
	if (value->is_null)
		return false;
	switch (value->type) {
	case WEIR_TYPE_INT2:
	case WEIR_TYPE_INT4:
	case WEIR_TYPE_INT8:
	case WEIR_TYPE_TIMESTAMPTZ:
	case WEIR_TYPE_TIMESTAMP:
	case WEIR_TYPE_DATE:
	case WEIR_TYPE_TIME:
		weir__hash_add(&n->state, (uint64_t)value->as.integer);
		return true;
	case WEIR_TYPE_BOOL:
		weir__hash_add(&n->state, value->as.boolean);
		return true;
	case WEIR_TYPE_UUID:
		return add_uuid(n, &value->as.uuid);
	case WEIR_TYPE_TEXT:
		return value->as.text && add_text(n, value->as.text);
	default:
		return false;
	}
}

static bool add_leaf(naming *n, const weir_condition *condition)
{
	if (!add_column(n, condition->column, (uint64_t)condition->op << 8 | (uint64_t)condition->value.type))
		return false;
	if ((condition->op >= WEIR_OP_EQ && condition->op <= WEIR_OP_DIFFERS) ||
	    (condition->op >= WEIR_OP_LIKE && condition->op <= WEIR_OP_IENDS_WITH))
		return add_value(n, &condition->value);
	if (condition->op == WEIR_OP_BETWEEN)
		return condition->high.type == condition->value.type && add_value(n, &condition->value) &&
		       add_value(n, &condition->high);
	return condition->op == WEIR_OP_IS_NULL || condition->op == WEIR_OP_IS_NOT_NULL;
}

static bool add_condition(naming *n, const weir_condition *condition)
{
	const weir_condition *members = condition->items;

	if (condition->op == WEIR_OP_NONE || condition->op == WEIR_OP_EVERYTHING) {
		weir__hash_add(&n->state, WEIR_OP_NONE);
		return true;
	}
	if (condition->op != WEIR_OP_ALL && condition->op != WEIR_OP_ANY)
		return add_leaf(n, condition);
	if (!members || condition->count == 0 || condition->count > MEMBERS_MOST)
		return false;
	weir__hash_add(&n->state, (uint64_t)condition->op << 40 | condition->count);
	for (size_t i = 0; i < condition->count; i++)
		if (!add_leaf(n, &members[i]))
			return false;
	return true;
}

static bool add_orders(naming *n, const weir_orders *orders)
{
	for (size_t i = 0; i < orders->count; i++) {
		const weir_order *order = &orders->items[i];

		if (!add_column(n, order->column, (uint64_t)order->nulls << 1 | order->descending))
			return false;
	}
	return true;
}

/* What makes a query one that has to be checked, or more than a list of rows. */
static bool is_simple(const weir_query *query, int64_t max_limit)
{
	return query->skip >= 0 && query->limit >= 0 && query->limit <= max_limit && query->with.count == 0 &&
	       !query->lock && !query->lock_wait && (unsigned)query->deleted <= WEIR_ONLY_DELETED && !query->distinct &&
	       query->having.op == WEIR_OP_NONE && query->order.count <= MEMBERS_MOST &&
	       (query->order.count == 0 || query->order.items);
}

static bool name_query(const weir__entity *entity, const weir_query *query, int64_t max_limit, weir__near_what what,
                       weir__hash128 *name)
{
	static const weir_query first_rows = { .skip = 0 };
	naming                  n = { .entity = entity };

	if (!query)
		query = &first_rows;
	if (!is_simple(query, max_limit))
		return false;
	n.state = weir__hash_begin(weir__near_key(entity->space));
	weir__hash_add(&n.state, (uint64_t)what << 32 | (uint64_t)query->deleted << 16 | query->order.count);
	weir__hash_add(&n.state, (uint64_t)query->skip);
	weir__hash_add(&n.state, (uint64_t)query->limit);
	if (!add_orders(&n, &query->order) || !add_condition(&n, &query->where))
		return false;
	*name = weir__hash_end(&n.state);
	return true;
}

void weir__near_question_query(const weir__call *call, const weir_query *query, weir__near_what what,
                               weir__near_question *question)
{
	const weir__entity *entity = call->entity;

	question->has_query = !entity->per_principal && weir__near_is_on(entity->space) &&
	                      name_query(entity, query, call->session->engine->max_limit, what, &question->query);
}

/* How fresh the query, the DAO or the session wants it. */
static int freshness(const weir_base_dao *dao, const weir_query *query)
{
	if (query && query->fresh_ms)
		return query->fresh_ms;
	return dao->fresh_ms ? dao->fresh_ms : dao->session->fresh_ms;
}

bool weir__near_all(const weir_base_dao *dao, const weir_query *query, void *list)
{
	const weir__entity *entity = dao ? dao->entity : NULL;
	weir__near_question question;
	weir_list           found;

	if (!entity || entity->per_principal || !list || !weir__near_is_plain(dao->session) ||
	    !weir__list_out_is_empty(list) || !weir__near_is_on(entity->space))
		return false;
	question.space = entity->space;
	question.tag = entity->layout->model;
	question.kind = WEIR__ENTRY_LIST;
	question.has_query = true;
	question.has_number = false;
	question.fresh_ms = freshness(dao, query);
	question.span = NULL;
	if (!name_query(entity, query, dao->session->engine->max_limit, WEIR__NEAR_LIST, &question.query) ||
	    !weir__near_list(&question, &found))
		return false;
	weir__list_out_set(list, &found);
	return true;
}
