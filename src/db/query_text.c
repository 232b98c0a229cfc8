/* Queries checked, and as canonical text.
 *
 * The text is a prefix code, so that no two queries of different meaning can have the same:
 *
 *   query   condition, "o" and the completed order, "s" skip "l" limit, "d" with deleted rows, "dd" those alone
 *   leaf    code of the operator, column, values
 *   group   code of the operator, count ":", members in the order of their bytes, none twice
 *   order   + or - (descending), ( or ) where NULLs stand at the other end than PostgreSQL puts them, column
 *   column  length ":" name                       (names, since numbers change from one version to the next)
 *   value   letter of the type; numbers end with ";", texts begin with length ":", the rest has one length
 *
 *   array   "[" letter of the items, count ":" items; NULL is "N"
 *
 * IN has its values like a group its members. What holds for each row or for none is written in one way only, a group of
 * one is its member, and IN of one is =. */
#include "db/condition.h"
#include "db/order.h"
#include "db/wire.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_INLINE 16
#define HEAD_MAX       128 /* an operator, a column, a count */
#define EVERY_ROW      '*'
#define NO_ROW         "|0:" /* any of nothing */

/* ---- checking -------------------------------------------------------------------------------------------------------- */

int weir__orders_check(const weir__layout *layout, const weir_orders *orders, weir_error *err)
{
	int    status = WEIR_OK;
	size_t column;

	if (orders->count > 0 && !orders->items)
		return weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL,
		                          "the order has a count but no columns");
	for (size_t i = 0; i < orders->count && status == WEIR_OK; i++) {
		status = weir__column_find(layout, orders->items[i].column, &column, err);
		if (status == WEIR_OK && (unsigned)orders->items[i].nulls > WEIR_NULLS_LAST)
			status = weir__error_set_at(err, WEIR_ERR_USAGE, layout->model->name, NULL,
			                            "the order puts NULLs in no place that there is");
	}
	return status;
}

static int check_taken(const weir__layout *layout, const weir_query *query, unsigned takes, weir_error *err)
{
	const char *model = layout->model->name;

	if ((unsigned)query->lock > WEIR_FOR_UPDATE || (unsigned)query->lock_wait > WEIR_SKIP_LOCKED)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "the query's lock is none that there is");
	if (query->lock && !(takes & WEIR__TAKES_LOCK))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL,
		                          "this read cannot lock rows: get_all can, not cached");
	if ((query->distinct || query->having.op != WEIR_OP_NONE) && !(takes & WEIR__TAKES_RESULT))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "distinct and having are for get_all_into");
	if ((unsigned)query->deleted > WEIR_ONLY_DELETED || (query->deleted && !layout->deleted_mask))
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL,
		                          "the query asks for deleted rows, and the model has no .deleted_at");
	if (query->lock_wait && !query->lock)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL,
		                          "the query says how to wait for a lock, and no lock");
	return WEIR_OK;
}

int weir__query_check(const weir__layout *layout, const weir_query *query, int64_t max_limit, weir_error *err)
{
	return weir__query_check_for(layout, query, 0, max_limit, err);
}

int weir__query_check_for(const weir__layout *layout, const weir_query *query, unsigned takes, int64_t max_limit,
                          weir_error *err)
{
	const char *model = layout->model->name;

	if (!query)
		return WEIR_OK;
	int status = weir__condition_check(layout, &query->where, err);
	if (status == WEIR_OK && !(takes & WEIR__TAKES_RESULT))
		status = weir__orders_check(layout, &query->order, err);
	if (status == WEIR_OK)
		status = check_taken(layout, query, takes, err);
	if (status != WEIR_OK)
		return status;
	if (query->skip < 0)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "skip is negative: %" PRId64, query->skip);
	if (query->limit < 0 && query->limit != WEIR_NO_ROWS)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL, "limit is negative: %" PRId64, query->limit);
	if (query->limit > max_limit)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model, NULL,
		                          "limit is %" PRId64 ", at most %" PRId64 " is allowed", query->limit, max_limit);
	return WEIR_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------------ */

static void append_count(weir__buffer *text, size_t count)
{
	weir__buffer_append_i64(text, (int64_t)count);
	weir__buffer_append_char(text, ':');
}

static void append_length_and(weir__buffer *text, const char *bytes, size_t length)
{
	append_count(text, length);
	weir__buffer_append(text, bytes, length);
}

static void append_number(weir__buffer *text, int64_t number)
{
	weir__buffer_append_i64(text, number);
	weir__buffer_append_char(text, ';');
}

static void append_hex(weir__buffer *text, const void *bytes, size_t length)
{
	static const char    digits[] = "0123456789abcdef";
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++) {
		weir__buffer_append_char(text, digits[at[i] >> 4]);
		weir__buffer_append_char(text, digits[at[i] & 15]);
	}
}

/* Zeros are equal, and so are NaNs, whatever their bits. */
static void append_float(weir__buffer *text, double number)
{
	double   canonical = isnan(number) ? (double)NAN : number == 0 ? 0 : number;
	char     bytes[8];
	uint64_t bits;

	memcpy(&bits, &canonical, sizeof bits);
	weir__store_be(bytes, sizeof bytes, bits);
	append_hex(text, bytes, sizeof bytes);
}

/* By its digits on the wire, without the scale: 1.5 and 1.50 are equal. */
static void append_numeric(weir__buffer *text, const char *number)
{
	weir__buffer wire = WEIR__BUFFER_INIT;
	const char  *reason;

	if (weir__numeric_encode(number, &wire, &reason) == WEIR_OK && !wire.failed) {
		append_count(text, wire.length);
		append_hex(text, wire.data, 6);
		append_hex(text, wire.data + 8, wire.length - 8);
	} else {
		text->failed = true;
	}
	weir__buffer_release(&wire);
}

static void append_items(weir__buffer *text, const weir_value *array)
{
	append_count(text, array->as.array.count);
	for (size_t i = 0; i < array->as.array.count; i++) {
		weir_value item = weir__value_of_item(weir__type_item(array->type), array->as.array.items, i);
		weir__value_canonical(&item, text);
	}
}

static void append_text(weir__buffer *text, const weir_value *value)
{
	size_t length = strlen(value->as.text);

	if (value->type == WEIR_TYPE_CHAR)
		length = weir__unpadded_length(value->as.text, length);
	append_length_and(text, value->as.text, length);
}

static void append_interval(weir__buffer *text, const weir_interval *interval)
{
	append_number(text, interval->months);
	append_number(text, interval->days);
	append_number(text, interval->us);
}

void weir__value_canonical(const weir_value *value, weir__buffer *text)
{
	static const char letters[WEIR_TYPE_COUNT] = {
		[WEIR_TYPE_BOOL] = 'b',     [WEIR_TYPE_INT2] = 'i',        [WEIR_TYPE_INT4] = 'i',
		[WEIR_TYPE_INT8] = 'i',     [WEIR_TYPE_FLOAT8] = 'd',      [WEIR_TYPE_NUMERIC] = 'n',
		[WEIR_TYPE_TEXT] = 't',     [WEIR_TYPE_TIMESTAMPTZ] = 'z', [WEIR_TYPE_TIMESTAMP] = 'y',
		[WEIR_TYPE_UUID] = 'u',     [WEIR_TYPE_JSONB] = 'j',       [WEIR_TYPE_FLOAT4] = 'f',
		[WEIR_TYPE_CHAR] = 'c',     [WEIR_TYPE_ENUM] = 'e',        [WEIR_TYPE_BYTEA] = 'x',
		[WEIR_TYPE_DATE] = 'a',     [WEIR_TYPE_TIME] = 'k',        [WEIR_TYPE_INET] = 'w',
		[WEIR_TYPE_INTERVAL] = 'v', [WEIR_TYPE_JSON] = 'o',
	};

	if (weir__value_is_null(value)) {
		weir__buffer_append_char(text, 'N');
		return;
	}
	if (weir__type_is_array(value->type))
		weir__buffer_append_char(text, '[');
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): no query has no condition */
	weir__buffer_append_char(text, letters[weir__type_item(value->type)]);
	if (weir__type_is_array(value->type)) {
		append_items(text, value);
		return;
	}
	if (weir__type_is_text(value->type) && value->type != WEIR_TYPE_NUMERIC) {
		append_text(text, value);
		return;
	}
	switch (value->type) {
	case WEIR_TYPE_BOOL:
		weir__buffer_append_char(text, value->as.boolean ? '1' : '0');
		break;
	case WEIR_TYPE_FLOAT4:
	case WEIR_TYPE_FLOAT8:
		append_float(text, value->as.number);
		break;
	case WEIR_TYPE_NUMERIC:
		append_numeric(text, value->as.text);
		break;
	case WEIR_TYPE_BYTEA:
		append_length_and(text, value->as.bytes.data, value->as.bytes.length);
		break;
	case WEIR_TYPE_INTERVAL:
		append_interval(text, &value->as.interval);
		break;
	case WEIR_TYPE_INET:
		append_hex(text, &value->as.inet, sizeof value->as.inet);
		break;
	case WEIR_TYPE_UUID:
		append_hex(text, value->as.uuid.bytes, sizeof value->as.uuid.bytes);
		break;
	default:
		append_number(text, value->as.integer);
	}
}

/* ---- members: several texts to be sorted ----------------------------------------------------------------------------------- */

typedef struct span {
	const char *bytes;
	size_t      at; /* the same as an offset, while the buffer may move */
	size_t      length;
} span;

typedef struct members {
	weir__buffer *text;
	size_t        start; /* where the first one begins; they lie one after another */
	size_t        count;
	span         *spans;
	span          inline_spans[MEMBERS_INLINE];
} members;

static void members_init(members *list, weir__buffer *text, size_t capacity)
{
	list->text = text;
	list->start = text->length;
	list->count = 0;
	list->spans = list->inline_spans;
	if (capacity <= MEMBERS_INLINE)
		return;
	list->spans = capacity <= SIZE_MAX / sizeof(span) ? weir__malloc(capacity * sizeof(span)) : NULL;
	if (!list->spans)
		text->failed = true;
}

static void members_release(members *list)
{
	if (list->spans != list->inline_spans)
		weir__free(list->spans);
}

/* What was appended to the text since `at` is one more member. */
static void members_add(members *list, size_t at)
{
	if (!list->text->failed)
		list->spans[list->count++] = (span){ .at = at, .length = list->text->length - at };
}

static int compare_spans(const void *a, const void *b)
{
	const span *left = a;
	const span *right = b;
	size_t      shorter = left->length < right->length ? left->length : right->length;
	int         order = memcmp(left->bytes, right->bytes, shorter);

	return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

/* Sorts them and drops doubles. Afterwards the text has room for a head and all of them again, without moving. */
static bool members_sort(members *list)
{
	weir__buffer *text = list->text;
	size_t        kept = 0;

	if (!weir__buffer_reserve(text, text->length - list->start + HEAD_MAX))
		return false;
	for (size_t i = 0; i < list->count; i++)
		list->spans[i].bytes = text->data + list->spans[i].at;
	qsort(list->spans, list->count, sizeof(span), compare_spans);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || compare_spans(&list->spans[kept - 1], &list->spans[i]) != 0)
			list->spans[kept++] = list->spans[i];
	list->count = kept;
	return true;
}

/* Puts them behind the head that was appended at `head`, and all of that where the first member began. */
static void members_replace(members *list, size_t head)
{
	weir__buffer *text = list->text;

	for (size_t i = 0; i < list->count; i++)
		weir__buffer_append(text, list->spans[i].bytes, list->spans[i].length);
	memmove(text->data + list->start, text->data + head, text->length - head);
	text->length -= head - list->start;
}

/* ---- conditions ---------------------------------------------------------------------------------------------------------- */

static void append_column(weir__buffer *text, const weir__layout *layout, size_t column)
{
	append_length_and(text, layout->columns[column].name, layout->columns[column].name_length);
}

static void append_in(weir__buffer *text, const weir__layout *layout, const weir_condition *condition, size_t column)
{
	members list;

	if (condition->count == 0) {
		weir__buffer_append_text(text, NO_ROW);
		return;
	}
	members_init(&list, text, condition->count);
	for (size_t i = 0; i < condition->count && !text->failed; i++) {
		size_t     at = text->length;
		weir_value item = weir__condition_item(condition, i);
		weir__value_canonical(&item, text);
		members_add(&list, at);
	}
	if (!text->failed && members_sort(&list)) {
		size_t        head = text->length;
		weir_operator op = list.count == 1 ? WEIR_OP_EQ : WEIR_OP_IN;
		weir__buffer_append_char(text, weir__operator_of(op)->code);
		append_column(text, layout, column);
		if (op == WEIR_OP_IN)
			append_count(text, list.count);
		members_replace(&list, head);
	}
	members_release(&list);
}

/* The path and the items of arrays, in their order, which of the latter says nothing. */
static void append_all(weir__buffer *text, const weir_condition *condition)
{
	const weir_condition items = { .items = condition->items,
		                           .value.type =
		                               condition->op == WEIR_OP_JSON_AT ? WEIR_TYPE_TEXT : condition->value.type };

	append_count(text, condition->count);
	for (size_t i = 0; i < condition->count; i++) {
		weir_value item = weir__condition_item(&items, i);
		weir__value_canonical(&item, text);
	}
}

static void append_leaf(weir__buffer *text, const weir__layout *layout, const weir_condition *condition)
{
	const weir__operator *form = weir__operator_of(weir__condition_operator(condition));
	size_t                column = (size_t)weir__layout_find(layout, condition->column.offset);

	if (form->kind == WEIR__KIND_IN) {
		append_in(text, layout, condition, column);
		return;
	}
	weir__buffer_append_char(text, form->code);
	append_column(text, layout, column);
	if (form->kind == WEIR__KIND_HAS_ITEMS || form->kind == WEIR__KIND_JSON_AT)
		append_all(text, condition);
	if (form->kind != WEIR__KIND_NULL_CHECK && form->kind != WEIR__KIND_HAS_ITEMS)
		weir__value_canonical(&condition->value, text);
	if (form->kind == WEIR__KIND_BETWEEN)
		weir__value_canonical(&condition->high, text);
}

static void append_condition(weir__buffer *text, const weir__layout *layout, const weir_condition *condition);

/* Members that hold for each row say nothing in ALL. */
static void append_members(members *list, const weir__layout *layout, const weir_condition *group)
{
	const weir_condition *items = group->items;
	weir__buffer         *text = list->text;

	for (size_t i = 0; i < group->count && !text->failed; i++) {
		size_t at = text->length;
		append_condition(text, layout, &items[i]);
		if (group->op == WEIR_OP_ALL && !text->failed && text->length - at == 1 && text->data[at] == EVERY_ROW)
			text->length = at;
		else
			members_add(list, at);
	}
}

static void append_group(weir__buffer *text, const weir__layout *layout, const weir_condition *group)
{
	members list;

	members_init(&list, text, group->count);
	append_members(&list, layout, group);
	if (!text->failed && members_sort(&list)) {
		size_t head = text->length;
		if (list.count == 0 && group->op == WEIR_OP_ALL) {
			weir__buffer_append_char(text, EVERY_ROW);
		} else if (list.count != 1) {
			weir__buffer_append_char(text, weir__operator_of(group->op)->code);
			append_count(text, list.count);
		}
		members_replace(&list, head);
	}
	members_release(&list);
}

/* As deep as weir__query_check allows. */
static void append_condition(weir__buffer *text, const weir__layout *layout, const weir_condition *condition)
{
	const weir__operator *form = weir__operator_of(condition->op);

	if (form->kind == WEIR__KIND_CONSTANT) {
		weir__buffer_append_char(text, EVERY_ROW);
	} else if (condition->op == WEIR_OP_NOT) {
		weir__buffer_append_char(text, form->code);
		append_condition(text, layout, condition->items);
	} else if (form->kind == WEIR__KIND_GROUP) {
		append_group(text, layout, condition);
	} else {
		append_leaf(text, layout, condition);
	}
}

/* ---- queries --------------------------------------------------------------------------------------------------------------- */

int weir__query_canonical(const weir__layout *layout, const weir_query *query, weir__buffer *text, weir_error *err)
{
	static const weir_query first_rows = { .skip = 0 };
	weir__order             order[WEIR__COLUMNS_MAX];
	size_t                  start = text->length;

	if (!query)
		query = &first_rows;
	append_condition(text, layout, &query->where);
	size_t count = weir__order_complete(layout, &query->order, order);
	weir__buffer_append_char(text, 'o');
	for (size_t i = 0; i < count; i++) {
		weir__buffer_append_char(text, (weir__order_is_plain(&order[i]) ? "+-" : "()")[order[i].descending]);
		append_column(text, layout, order[i].column);
	}
	weir__buffer_append_char(text, 's');
	weir__buffer_append_i64(text, query->skip);
	weir__buffer_append_char(text, 'l');
	weir__buffer_append_i64(text, query->limit);
	if (query->deleted)
		weir__buffer_append_text(text, query->deleted == WEIR_ONLY_DELETED ? "dd" : "d");
	if (!text->failed)
		return WEIR_OK;
	text->length = start;
	return weir__error_no_memory(err);
}
