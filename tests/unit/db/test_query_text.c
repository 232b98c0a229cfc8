/* The canonical text of queries: the same for the same rows in the same order, and for no others. The last test makes
 * 100 000 random queries and compares each two that have one text by a comparison of its own. */
#include "support/suite.h"
#include "unit/db/shop.h"
#include "unit/models/everything.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* The text of a query on items; the caller frees it. */
static char *text_of(const weir_query *query)
{
	weir__buffer text = WEIR__BUFFER_INIT;

	ck_assert_msg(weir__query_check(shop.items, query, 10000, &shop.err) == WEIR_OK, "%s", shop.err.message);
	ck_assert_int_eq(weir__query_canonical(shop.items, query, &text, &shop.err), WEIR_OK);
	return weir__buffer_detach(&text);
}

static bool same_text(const weir_query *a, const weir_query *b)
{
	char *left = text_of(a);
	char *right = text_of(b);
	bool  same = strcmp(left, right) == 0;

	weir__free(left);
	weir__free(right);
	return same;
}

#define WHERE(...)          WEIR_QUERY(.where = __VA_ARGS__)
#define assert_same(a, b)   ck_assert(same_text(a, b))
#define assert_unlike(a, b) ck_assert(!same_text(a, b))

START_TEST(test_query_text__it_is_made_of_names_and_lengths)
{
	shop_open();
	char *text = text_of(WEIR_QUERY(.where = weir_all(weir_eq(item_c.name, "a:b"), weir_lt(item_c.age, 7)),
	                                .order = WEIR_ORDER(weir_desc(item_c.age)), .skip = 5, .limit = 10));
	ck_assert_str_eq(text, "&2:<3:agei7;=10:the \"name\"t3:a:bo-3:age+2:ids5l10");
	weir__free(text);
	text = text_of(NULL);
	ck_assert_str_eq(text, "*o+2:ids0l0");
	weir__free(text);
	shop_close();
}
END_TEST

START_TEST(test_query_text__operands_have_no_order_and_no_doubles)
{
	weir_condition a = weir_eq(item_c.age, 1);
	weir_condition b = weir_eq(item_c.name, "b");
	weir_condition c = weir_is_null(item_c.age);

	shop_open();
	assert_same(WHERE(weir_all(a, b, c)), WHERE(weir_all(c, a, b)));
	assert_same(WHERE(weir_any(a, b)), WHERE(weir_any(b, a, b)));
	assert_same(WHERE(weir_all(weir_any(a, b), c)), WHERE(weir_all(c, weir_any(b, a))));
	assert_same(WHERE(weir_all(a)), WHERE(a));
	assert_same(WHERE(weir_any(a, a)), WHERE(a));
	assert_unlike(WHERE(weir_all(a, b)), WHERE(weir_any(a, b)));
	assert_unlike(WHERE(weir_not(a)), WHERE(a));
	assert_unlike(WHERE(weir_all(a, weir_any(b, c))), WHERE(weir_any(a, weir_all(b, c))));
	shop_close();
}
END_TEST

START_TEST(test_query_text__many_operands_are_sorted_too)
{
	weir_condition up[100];
	weir_condition down[100];

	for (int i = 0; i < 100; i++) {
		up[i] = weir_eq(item_c.id, i);
		down[99 - i] = up[i];
	}
	shop_open();
	assert_same(WHERE(weir_group(WEIR_OP_ANY, up, 100)), WHERE(weir_group(WEIR_OP_ANY, down, 100)));
	assert_unlike(WHERE(weir_group(WEIR_OP_ANY, up, 100)), WHERE(weir_group(WEIR_OP_ANY, up, 99)));
	shop_close();
}
END_TEST

START_TEST(test_query_text__lists_have_no_order_and_no_doubles)
{
	const int64_t     a[] = { 1, 2, 3 };
	const int64_t     b[] = { 3, 2, 1, 2 };
	const int64_t     c[] = { 1, 23 };
	const char *const names[] = { "x" };

	shop_open();
	assert_same(WHERE(weir_in(item_c.id, a, 3)), WHERE(weir_in(item_c.id, b, 4)));
	assert_unlike(WHERE(weir_in(item_c.id, a, 3)), WHERE(weir_in(item_c.id, a, 2)));
	assert_unlike(WHERE(weir_in(item_c.id, a, 3)), WHERE(weir_in(item_c.id, c, 2)));
	assert_same(WHERE(weir_in(item_c.name, names, 1)), WHERE(weir_eq(item_c.name, "x")));
	assert_same(WHERE(weir_in(item_c.id, a, 0)), WHERE(weir_group(WEIR_OP_ANY, NULL, 0)));
	assert_unlike(WHERE(weir_in(item_c.id, a, 0)), NULL);
	shop_close();
}
END_TEST

START_TEST(test_query_text__every_row_is_said_in_one_way)
{
	weir_condition a = weir_eq(item_c.age, 1);

	shop_open();
	assert_same(NULL, WHERE(weir_everything()));
	assert_same(NULL, WHERE(weir_group(WEIR_OP_ALL, NULL, 0)));
	assert_same(WHERE(weir_all(a, weir_everything())), WHERE(a));
	assert_unlike(WHERE(weir_any(a, weir_everything())), WHERE(a));
	shop_close();
}
END_TEST

START_TEST(test_query_text__null_is_not_empty_and_not_a_word)
{
	shop_open();
	assert_unlike(WHERE(weir_eq(item_c.name, NULL)), WHERE(weir_eq(item_c.name, "")));
	assert_unlike(WHERE(weir_eq(item_c.name, NULL)), WHERE(weir_eq(item_c.name, "NULL")));
	assert_same(WHERE(weir_eq(item_c.name, NULL)), WHERE(weir_is_null(item_c.name)));
	assert_same(WHERE(weir_ne(item_c.age, weir_null_i32())), WHERE(weir_is_not_null(item_c.age)));
	shop_close();
}
END_TEST

START_TEST(test_query_text__equal_numbers_are_equal_however_they_are_written)
{
	shop_open();
	assert_same(WHERE(weir_eq(item_c.price, weir_numeric_of("1.5"))),
	            WHERE(weir_eq(item_c.price, weir_numeric_of("01.500"))));
	assert_same(WHERE(weir_eq(item_c.price, weir_numeric_of("0"))),
	            WHERE(weir_eq(item_c.price, weir_numeric_of("-0.0"))));
	assert_unlike(WHERE(weir_eq(item_c.price, weir_numeric_of("1.5"))),
	              WHERE(weir_eq(item_c.price, weir_numeric_of("15"))));
	assert_unlike(WHERE(weir_eq(item_c.price, weir_numeric_of("1"))),
	              WHERE(weir_eq(item_c.price, weir_numeric_of("-1"))));
	assert_unlike(WHERE(weir_eq(item_c.price, weir_numeric_of("1"))),
	              WHERE(weir_eq(item_c.price, weir_numeric_of("10000"))));
	assert_unlike(WHERE(weir_eq(item_c.price, weir_numeric_of("NaN"))),
	              WHERE(weir_eq(item_c.price, weir_numeric_of("0"))));
	assert_same(WHERE(weir_eq(item_c.age, 7)), WHERE(weir_eq(item_c.age, weir_some_i32(7))));
	shop_close();
}
END_TEST

START_TEST(test_query_text__an_order_that_adds_nothing_changes_nothing)
{
	shop_open();
	assert_same(NULL, WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.id))));
	assert_same(NULL, WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.id), weir_desc(item_c.age))));
	assert_same(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.age))),
	            WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.age), weir_desc(item_c.age), weir_asc(item_c.id))));
	assert_unlike(NULL, WEIR_QUERY(.order = WEIR_ORDER(weir_desc(item_c.id))));
	assert_unlike(WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.age), weir_asc(item_c.name))),
	              WEIR_QUERY(.order = WEIR_ORDER(weir_asc(item_c.name), weir_asc(item_c.age))));
	shop_close();
}
END_TEST

START_TEST(test_query_text__pages_differ)
{
	shop_open();
	assert_unlike(NULL, WEIR_QUERY(.skip = 1));
	assert_unlike(WEIR_QUERY(.skip = 1, .limit = 12), WEIR_QUERY(.skip = 11, .limit = 2));
	assert_unlike(WEIR_QUERY(.limit = weir_limit(0)), NULL);
	/* without a limit a count counts all, so this is not the same query for each of its uses */
	assert_unlike(WEIR_QUERY(.limit = 100), NULL);
	shop_close();
}
END_TEST

/* ---- checking ------------------------------------------------------------------------------------------------------------ */

START_TEST(test_query_text__skip_and_limit_are_checked)
{
	shop_open();
	ck_assert_int_eq(weir__query_check(shop.items, NULL, 10, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__query_check(shop.items, WEIR_QUERY(.limit = 10), 10, &shop.err), WEIR_OK);
	ck_assert_int_eq(weir__query_check(shop.items, WEIR_QUERY(.limit = WEIR_NO_ROWS), 10, &shop.err), WEIR_OK);
	assert_error(WEIR_ERR_USAGE, weir__query_check(shop.items, WEIR_QUERY(.limit = 11), 10, &shop.err),
	             "item: limit is 11, at most 10 is allowed");
	assert_error(WEIR_ERR_USAGE, weir__query_check(shop.items, WEIR_QUERY(.limit = -1), 10, &shop.err),
	             "item: limit is negative: -1");
	assert_error(WEIR_ERR_USAGE, weir__query_check(shop.items, WEIR_QUERY(.skip = -1), 10, &shop.err),
	             "item: skip is negative: -1");
	shop_close();
}
END_TEST

START_TEST(test_query_text__the_order_is_checked)
{
	const weir_orders missing = { .items = NULL, .count = 1 };

	shop_open();
	assert_error(WEIR_ERR_USAGE,
	             weir__query_check(shop.items, WEIR_QUERY(.order = WEIR_ORDER(weir_asc(part_c.code))), 10, &shop.err),
	             "item: column part.code belongs to model part");
	assert_error(WEIR_ERR_USAGE, weir__query_check(shop.items, WEIR_QUERY(.order = missing), 10, &shop.err),
	             "item: the order has a count but no columns");
	shop_close();
}
END_TEST

/* ---- 100 000 random queries ------------------------------------------------------------------------------------------------ */

#define QUERIES     100000
#define CHUNK_SIZE  ((size_t)1 << 20)
#define MEMBERS_MAX 3

/* Everything random lives in chunks that are freed together. */
static struct {
	char  *chunks[4096];
	size_t count;
	size_t used;
} arena;

static void *arena_take(size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (arena.count == 0 || arena.used + size > CHUNK_SIZE) {
		ck_assert_uint_lt(arena.count, 4096);
		arena.chunks[arena.count++] = weir__malloc(CHUNK_SIZE);
		arena.used = 0;
	}
	void *taken = arena.chunks[arena.count - 1] + arena.used;
	arena.used += size;
	return taken;
}

static void arena_release(void)
{
	while (arena.count > 0)
		weir__free(arena.chunks[--arena.count]);
}

static size_t below(size_t bound)
{
	return (size_t)rand() % bound;
}

/* Short, of the characters that stand in canonical texts. */
static const char *random_text(void)
{
	static const char alphabet[] = "1:;=t&|o+";
	size_t            length = below(5);
	char             *text = arena_take(length + 1);

	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[below(sizeof alphabet - 1)];
	text[length] = '\0';
	return text;
}

static const char *pick(const char *const *texts, size_t count)
{
	return texts[below(count)];
}

static weir_value random_value(weir_type type)
{
	static const char *const numbers[] = { "0", "-0.0", "1", "1.0", "10", "10000", "0.1", "-1", "NaN", "Infinity" };
	static const char *const jsons[] = { "1", "{}", "\"1\"", "[1]", "null" };
	weir_value               value = { .type = type };

	switch (type) {
	case WEIR_TYPE_BOOL:
		value.as.boolean = below(2) == 1;
		break;
	case WEIR_TYPE_FLOAT8:
		value.as.number = below(4) ? (double)below(3) / 2 : below(2) ? -0.0 : (double)NAN;
		break;
	case WEIR_TYPE_NUMERIC:
		value.as.text = pick(numbers, sizeof numbers / sizeof numbers[0]);
		break;
	case WEIR_TYPE_JSONB:
		value.as.text = pick(jsons, sizeof jsons / sizeof jsons[0]);
		break;
	case WEIR_TYPE_TEXT:
		value.as.text = random_text();
		break;
	case WEIR_TYPE_UUID:
		value.as.uuid.bytes[below(16)] = (uint8_t)below(3);
		break;
	default:
		value.as.integer = (int64_t)below(13) - 1;
	}
	return value;
}

static weir_condition random_leaf(void)
{
	const weir_field *field = &everything_fields[below(EVERYTHING_COUNT)];
	const weir_column column = { &everything_model, field->offset };
	weir_condition    low;

	switch (below(field->type == WEIR_TYPE_TEXT ? 5 : 4)) {
	case 0:
		return weir_null_check(column, below(2) == 1);
	case 1:
		low = weir_compare(column, WEIR_OP_GE, random_value(field->type));
		return weir_between_of(low, weir_compare(column, WEIR_OP_LE, random_value(field->type)));
	case 2:
	case 3:
		low = weir_compare(column, (weir_operator)(WEIR_OP_EQ + below(6)), random_value(field->type));
		if (low.op <= WEIR_OP_NE && below(8) == 0)
			low.value = (weir_value){ .type = field->type, .is_null = true };
		return low;
	default:
		return weir_match(column, (weir_operator)(WEIR_OP_LIKE + below(8)), random_text());
	}
}

static weir_condition random_list(void)
{
	static const size_t offsets[] = { offsetof(everything, id), offsetof(everything, opt_big) };
	size_t              count = below(4);
	int64_t            *items = arena_take(3 * sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i] = (int64_t)below(13);
	return weir_in_items((weir_column){ &everything_model, offsets[below(2)] }, WEIR_TYPE_INT8, items, count);
}

static weir_condition random_condition(int depth)
{
	size_t kind = below(10);

	if (depth == 0 || kind < 4)
		return random_leaf();
	if (kind == 4)
		return random_list();
	if (kind == 5)
		return weir_everything();
	size_t          count = kind == 6 ? 1 : below(MEMBERS_MAX + 1);
	weir_condition *items = arena_take((MEMBERS_MAX + 1) * sizeof *items);
	for (size_t i = 0; i < count; i++)
		items[i] = random_condition(depth - 1);
	return weir_group(kind == 6 ? WEIR_OP_NOT : kind % 2 ? WEIR_OP_ALL : WEIR_OP_ANY, items, count);
}

static weir_query random_query(void)
{
	weir_query query = { .where = random_condition(3), .skip = (int64_t)below(3), .limit = (int64_t)below(3) };

	if (below(3) == 0) {
		weir_order *order = arena_take(2 * sizeof *order);
		for (size_t i = 0; i < 2; i++)
			order[i] = (weir_order){ .column = { &everything_model, everything_fields[below(4)].offset },
				                     .descending = below(2) };
		query.order = (weir_orders){ order, below(3) };
	}
	return query;
}

/* The same query with the members of its groups and lists in another order, and some twice. */
static weir_condition shuffled(const weir_condition *condition)
{
	weir_condition copy = *condition;
	bool           is_group = condition->op == WEIR_OP_ALL || condition->op == WEIR_OP_ANY;

	if (condition->op == WEIR_OP_NOT) {
		weir_condition *inner = arena_take(sizeof *inner);
		*inner = shuffled(condition->items);
		copy.items = inner;
	} else if (is_group && condition->count > 0) {
		const weir_condition *from = condition->items;
		weir_condition       *to = arena_take((condition->count + 1) * sizeof *to);
		size_t                turn = below(condition->count);
		for (size_t i = 0; i <= condition->count; i++)
			to[i] = shuffled(&from[(i + turn) % condition->count]);
		copy.items = to;
		copy.count += below(2);
	} else if (condition->op == WEIR_OP_IN && condition->count > 0) {
		const int64_t *from = condition->items;
		int64_t       *to = arena_take((condition->count + 1) * sizeof *to);
		size_t         turn = below(condition->count);
		for (size_t i = 0; i <= condition->count; i++)
			to[i] = from[(i + turn) % condition->count];
		copy.items = to;
		copy.count += below(2);
	}
	return copy;
}

/* ---- comparing without the texts --------------------------------------------------------------------------------------------- */

static bool numeric_equal(const char *a, const char *b)
{
	double left = strtod(a, NULL); /* exact enough for the few texts above */
	double right = strtod(b, NULL);

	return (isnan(left) && isnan(right)) || left == right;
}

static bool value_equal(const weir_value *a, const weir_value *b)
{
	if (a->is_null || b->is_null)
		return a->is_null == b->is_null;
	switch (a->type) {
	case WEIR_TYPE_BOOL:
		return a->as.boolean == b->as.boolean;
	case WEIR_TYPE_FLOAT8:
		return (isnan(a->as.number) && isnan(b->as.number)) || a->as.number == b->as.number;
	case WEIR_TYPE_NUMERIC:
		return numeric_equal(a->as.text, b->as.text);
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_JSONB:
		return strcmp(a->as.text, b->as.text) == 0;
	case WEIR_TYPE_UUID:
		return memcmp(&a->as.uuid, &b->as.uuid, sizeof a->as.uuid) == 0;
	default:
		return a->as.integer == b->as.integer;
	}
}

static weir_condition reduced(const weir_condition *condition);

static bool is_everything(const weir_condition *condition)
{
	return condition->op == WEIR_OP_EVERYTHING || condition->op == WEIR_OP_NONE;
}

static bool has_member(const weir_condition *members, size_t count, const weir_condition *wanted);

static bool same_meaning(const weir_condition *first, const weir_condition *second)
{
	weir_condition        a = reduced(first);
	weir_condition        b = reduced(second);
	const weir_condition *left = a.items;
	const weir_condition *right = b.items;

	if (a.op != b.op || a.count != b.count)
		return false;
	if (a.op == WEIR_OP_EVERYTHING)
		return true;
	if (a.op == WEIR_OP_NOT)
		return same_meaning(left, right);
	if (a.op == WEIR_OP_ALL || a.op == WEIR_OP_ANY) {
		for (size_t i = 0; i < a.count; i++)
			if (!has_member(right, b.count, &left[i]))
				return false;
		return true;
	}
	if (a.column.offset != b.column.offset)
		return false;
	if (a.op == WEIR_OP_IN)
		return memcmp(a.items, b.items, a.count * sizeof(int64_t)) == 0;
	if (a.op == WEIR_OP_IS_NULL || a.op == WEIR_OP_IS_NOT_NULL)
		return true;
	return value_equal(&a.value, &b.value) && (a.op != WEIR_OP_BETWEEN || value_equal(&a.high, &b.high));
}

static bool has_member(const weir_condition *members, size_t count, const weir_condition *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (same_meaning(&members[i], wanted))
			return true;
	return false;
}

static int compare_integers(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static weir_condition reduced_list(const weir_condition *condition)
{
	weir_condition copy = *condition;
	int64_t       *items = arena_take((condition->count + 1) * sizeof *items);

	if (condition->count == 0)
		return (weir_condition){ .op = WEIR_OP_ANY };
	memcpy(items, condition->items, condition->count * sizeof *items);
	qsort(items, condition->count, sizeof *items, compare_integers);
	copy.count = 0;
	for (size_t i = 0; i < condition->count; i++)
		if (copy.count == 0 || items[copy.count - 1] != items[i])
			items[copy.count++] = items[i];
	copy.items = items;
	if (copy.count > 1)
		return copy;
	return weir_compare_i64(condition->column, WEIR_OP_EQ, items[0]);
}

/* A group without doubles; one of one member is that member. */
static weir_condition reduced_group(const weir_condition *condition)
{
	weir_condition        copy = *condition;
	const weir_condition *items = condition->items;
	weir_condition       *kept = arena_take((condition->count + 1) * sizeof *kept);

	copy.items = kept;
	copy.count = 0;
	for (size_t i = 0; i < condition->count; i++) {
		weir_condition member = reduced(&items[i]);
		if (condition->op == WEIR_OP_ALL && is_everything(&member))
			continue;
		if (!has_member(kept, copy.count, &member))
			kept[copy.count++] = member;
	}
	if (copy.count == 1)
		return kept[0];
	return copy.count == 0 && copy.op == WEIR_OP_ALL ? weir_everything() : copy;
}

static weir_condition reduced(const weir_condition *condition)
{
	weir_condition copy = *condition;

	if (is_everything(condition))
		return weir_everything();
	if (condition->op == WEIR_OP_ALL || condition->op == WEIR_OP_ANY)
		return reduced_group(condition);
	if (condition->op == WEIR_OP_IN)
		return reduced_list(condition);
	if (condition->op == WEIR_OP_EQ && condition->value.is_null)
		copy.op = WEIR_OP_IS_NULL;
	if (condition->op == WEIR_OP_NE && condition->value.is_null)
		copy.op = WEIR_OP_IS_NOT_NULL;
	copy.count = copy.op == WEIR_OP_NOT ? 1 : 0;
	return copy;
}

/* The order as far as it decides: up to the key, each column once, the key at its end. */
static size_t reduced_order(const weir_orders *orders, weir_order *kept)
{
	size_t count = 0;
	bool   has_key = false;

	for (size_t i = 0; i < orders->count && !has_key; i++) {
		bool again = count > 0 && kept[0].column.offset == orders->items[i].column.offset;
		if (!again)
			kept[count++] = orders->items[i];
		has_key = orders->items[i].column.offset == offsetof(everything, id);
	}
	if (!has_key)
		kept[count++] = (weir_order){ .column = { &everything_model, offsetof(everything, id) } };
	return count;
}

static bool same_order(const weir_orders *a, const weir_orders *b)
{
	weir_order left[3];
	weir_order right[3];
	size_t     count = reduced_order(a, left);

	if (reduced_order(b, right) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (left[i].column.offset != right[i].column.offset || left[i].descending != right[i].descending)
			return false;
	return true;
}

static bool same_query(const weir_query *a, const weir_query *b)
{
	return a->skip == b->skip && a->limit == b->limit && same_order(&a->order, &b->order) &&
	       same_meaning(&a->where, &b->where);
}

struct sample {
	char      *text;
	weir_query query;
};

static int compare_samples(const void *a, const void *b)
{
	return strcmp(((const struct sample *)a)->text, ((const struct sample *)b)->text);
}

static char *canonical(const weir__layout *layout, const weir_query *query, weir__buffer *buffer)
{
	weir_error err;

	weir__buffer_clear(buffer);
	ck_assert_msg(weir__query_check(layout, query, 10000, &err) == WEIR_OK, "%s", err.message);
	ck_assert_int_eq(weir__query_canonical(layout, query, buffer, &err), WEIR_OK);
	char *text = arena_take(buffer->length + 1);
	memcpy(text, buffer->data, buffer->length);
	text[buffer->length] = '\0';
	return text;
}

START_TEST(test_query_text__of_100000_queries_no_two_unlike_ones_share_a_text)
{
	struct sample *samples = weir__malloc(QUERIES * sizeof *samples);
	weir__buffer   buffer = WEIR__BUFFER_INIT;
	weir__layout  *layout;
	size_t         equal = 0;

	srand(4711);
	ck_assert_int_eq(weir__layout_create(&everything_model, &layout, NULL), WEIR_OK);
	for (size_t i = 0; i < QUERIES; i++) {
		samples[i].query = random_query();
		samples[i].text = canonical(layout, &samples[i].query, &buffer);
		weir_query other = samples[i].query;
		other.where = shuffled(&samples[i].query.where);
		ck_assert_str_eq(samples[i].text, canonical(layout, &other, &buffer));
	}
	qsort(samples, QUERIES, sizeof *samples, compare_samples);
	for (size_t i = 1; i < QUERIES; i++) {
		if (strcmp(samples[i - 1].text, samples[i].text) != 0)
			continue;
		equal++;
		ck_assert_msg(same_query(&samples[i - 1].query, &samples[i].query), "%s", samples[i].text);
	}
	ck_assert_uint_gt(equal, 1000); /* else there was nothing to compare */
	ck_assert_uint_lt(equal, QUERIES / 2);
	weir__layout_free(layout);
	weir__buffer_release(&buffer);
	weir__free(samples);
	arena_release();
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_query_text__want_of_memory_leaves_the_buffer_as_it_was)
{
	weir_condition many[40];
	weir__buffer   text = WEIR__BUFFER_INIT;
	long           failures = 1;

	shop_open();
	for (int i = 0; i < 40; i++)
		many[i] = weir_eq(item_c.price, weir_numeric_of("1.5"));
	for (long allowed = 0; failures; allowed++) {
		weir__buffer_append_text(&text, "before");
		weir__memory_fail_after(allowed, WEIR__FAIL_ONCE);
		int status = weir__query_canonical(shop.items, WHERE(weir_group(WEIR_OP_ANY, many, 40)), &text, &shop.err);
		failures = weir__memory_failures();
		weir__memory_fail_after(0, WEIR__FAIL_NEVER);
		ck_assert_int_eq(status, failures ? WEIR_ERR_NO_MEMORY : WEIR_OK);
		if (failures)
			ck_assert_uint_eq(text.length, 6);
		weir__buffer_release(&text);
	}
	shop_close();
}
END_TEST
#define MEMORY_TESTS , test_query_text__want_of_memory_leaves_the_buffer_as_it_was
#else
#define MEMORY_TESTS
#endif

WEIR_SUITE("query_text", test_query_text__it_is_made_of_names_and_lengths,
           test_query_text__operands_have_no_order_and_no_doubles, test_query_text__many_operands_are_sorted_too,
           test_query_text__lists_have_no_order_and_no_doubles, test_query_text__every_row_is_said_in_one_way,
           test_query_text__null_is_not_empty_and_not_a_word,
           test_query_text__equal_numbers_are_equal_however_they_are_written,
           test_query_text__an_order_that_adds_nothing_changes_nothing, test_query_text__pages_differ,
           test_query_text__skip_and_limit_are_checked, test_query_text__the_order_is_checked,
           test_query_text__of_100000_queries_no_two_unlike_ones_share_a_text MEMORY_TESTS);
