/* Pages by a column of every type, parts of a row and COPY with every type: what carries values in ways of its own must
 * carry all of them. */
#include "support/blog.h"
#include "support/every_type.h"

#include "models/value_type.h"

#include <stdlib.h>
#include <string.h>

static const weir_model *const models[] = { &every_type_model, NULL };

static struct blog   blog;
static weir_session *session;
static weir_base_dao dao;

static void open_with(weir_cache_kind kind)
{
	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog, every_type_schema);
	session = blog_open_other(&blog, &(weir_options){ .cache_kind = kind, .models = models });
	dao = weir_get_dao(session, &every_type_model);
}

static void close_all(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	weir_close(&session);
	blog_close(&blog);
}

static void create_rows(void)
{
	for (size_t i = 0; i < every_type_count(); i++)
		assert_ok(weir_base_dao_create(&dao, every_type_row(i), weir_set_all(&every_type_model), NULL, &blog.err));
}

/* json has no order; domains on enums and arrays of domains PostgreSQL compares with nothing whose type it has to infer. */
static bool has_order(const weir_field *field)
{
	weir_type type = weir__type_is_array(field->type) ? weir__type_item(field->type) : field->type;

	return type != WEIR_TYPE_JSON && strcmp(field->name, "opt_mood") != 0 && strcmp(field->name, "middles") != 0;
}

static void walk_by(const weir_field *field, bool descending, weir_nulls nulls)
{
	weir_order      order = { { &every_type_model, field->offset }, descending, nulls };
	weir_query      query = { .order = { &order, 1 } };
	every_type_list whole = WEIR_LIST_INIT, list = WEIR_LIST_INIT;
	weir_cursors    page = WEIR_CURSORS_INIT;
	size_t          at = 0;

	assert_ok(weir_base_dao_get_all(&dao, &query, &whole, &blog.err));
	query.limit = 1;
	do {
		ck_assert_msg(weir_base_dao_get_page(&dao, &query, page.next, &list, &page, &blog.err) == WEIR_OK, "%s: %s",
		              field->name, blog.err.message);
		ck_assert_uint_eq(list.count, 1);
		ck_assert_msg(list.items[0]->id == whole.items[at++]->id, "by %s", field->name);
		every_type_list_release(&list);
	} while (page.next);
	ck_assert_uint_eq(at--, whole.count);
	while (page.previous) {
		assert_ok(weir_base_dao_get_page_cached(&dao, &query, page.previous, &list, &page, &blog.err));
		ck_assert_uint_eq(list.count, 1);
		ck_assert_msg(list.items[0]->id == whole.items[--at]->id, "back by %s", field->name);
		every_type_list_release(&list);
	}
	ck_assert_uint_eq(at, 0);
	weir_cursors_release(&page);
	every_type_list_release(&whole);
}

START_TEST(test_page__by_a_column_of_every_type)
{
	open_with(WEIR_CACHE_MEMORY);
	create_rows();
	for (size_t i = 0; i < every_type_model.field_count; i++) {
		if (!has_order(&every_type_model.fields[i]))
			continue;
		walk_by(&every_type_model.fields[i], false, WEIR_NULLS_DEFAULT);
		walk_by(&every_type_model.fields[i], true, WEIR_NULLS_DEFAULT);
		walk_by(&every_type_model.fields[i], false, WEIR_NULLS_FIRST);
		walk_by(&every_type_model.fields[i], true, WEIR_NULLS_LAST);
	}
	close_all();
}
END_TEST

START_TEST(test_part__of_a_row_with_every_type)
{
	open_with(WEIR_CACHE_REDIS);
	weir_model part = every_type_model;
	part.name = "part";
	part.table = NULL;
	create_rows();
	for (size_t i = 0; i < every_type_count(); i++) {
		for (int cached = 0; cached < 3; cached++) {
			const every_type *found = NULL;
			assert_ok((cached ? weir_base_dao_get_by_id_into_cached
			                  : weir_base_dao_get_by_id_into)(&dao, every_type_row(i), &part, &found, &blog.err));
			every_type_assert_same(found, every_type_row(i));
			every_type_release(&found);
		}
	}
	close_all();
}
END_TEST

/* For which COPY is not used: what is given as such a column is the database's default. */
static bool is_inserted(const weir_field *field)
{
	return weir__type_is_array(field->type) || field->type == WEIR_TYPE_INET;
}

/* All columns but the key and these. */
static weir_set copied(size_t *offsets)
{
	weir_set set = { &every_type_model, offsets, 0 };

	for (size_t i = 1; i < every_type_model.field_count; i++)
		if (!is_inserted(&every_type_model.fields[i]))
			offsets[set.count++] = every_type_model.fields[i].offset;
	return set;
}

/* They are as the database has made them. */
static void take_inserted(every_type *row, const every_type *from)
{
	for (size_t i = 0; i < every_type_model.field_count; i++) {
		const weir_field       *field = &every_type_model.fields[i];
		const weir__value_type *type = weir__value_type_of(field->type);

		if (is_inserted(field))
			memcpy((char *)row + field->offset, (const char *)from + field->offset,
			       field->optional ? type->opt_size : type->size);
	}
}

START_TEST(test_create_many__by_copy_carries_every_type)
{
	enum { MANY = 300 };
	size_t          offsets[64];
	every_type     *rows = malloc(MANY * sizeof *rows);
	every_type_list list = WEIR_LIST_INIT;

	open_with(WEIR_CACHE_NONE);
	blog_sql(&blog, "ALTER TABLE every_type ALTER titles SET DEFAULT '{}', ALTER host SET DEFAULT '::1', "
	                "ALTER network SET DEFAULT '10.0.0.0/8'");
	blog_sql(&blog, "CREATE SEQUENCE ids; ALTER TABLE every_type ALTER id SET DEFAULT nextval('ids')");
	blog_sql(&blog, "CREATE TABLE log (statement text)");
	blog_sql(&blog, "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
	                "$$ BEGIN INSERT INTO log SELECT current_query(); RETURN NULL; END $$");
	blog_sql(&blog, "CREATE TRIGGER note AFTER INSERT ON every_type FOR EACH STATEMENT EXECUTE FUNCTION note()");
	for (size_t i = 0; i < MANY; i++)
		rows[i] = *every_type_row(i % every_type_count());
	assert_ok(weir_base_dao_create_many(&dao, rows, MANY, copied(offsets), NULL, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM log WHERE statement LIKE '%COPY%'"), "1");
	assert_ok(weir_base_dao_get_all(&dao, WEIR_QUERY(.limit = MANY), &list, &blog.err));
	ck_assert_uint_eq(list.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		every_type expected = rows[i];
		take_inserted(&expected, list.items[i]);
		expected.id = list.items[i]->id;
		every_type_assert_same(list.items[i], &expected);
	}
	every_type_list_release(&list);
	free(rows);
	close_all();
}
END_TEST

WEIR_SUITE("every_reading", test_page__by_a_column_of_every_type, test_part__of_a_row_with_every_type,
           test_create_many__by_copy_carries_every_type);
