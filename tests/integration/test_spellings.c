/* Columns of which the database takes two texts for one value: char(n), and a collation that is not deterministic. Rows are found by
 * every spelling, the cache keeps them by their own one, and lists cannot depend on such a column. */
#include "support/blog.h"

#include <string.h>

typedef struct tag {
	const char *name;
	const char *color;
} tag;
WEIR_RECORD(tag)

static const weir_field tag_fields[] = {
	WEIR_FIELD(tag, name, .primary_key = true),
	WEIR_FIELD(tag, color),
};
static const weir_model tag_model = WEIR_MODEL(tag, "tags", tag_fields);

static const weir_field stamped_fields[] = {
	WEIR_FIELD(tag, name, .primary_key = true),
	WEIR_FIELD(tag, color, .stamped = true),
};
static const weir_model stamped_model = WEIR_MODEL(tag, "tags", stamped_fields);

static struct blog   blog;
static weir_session *session;
static weir_base_dao tags;

static void setup(weir_cache_kind kind)
{
	static const weir_model *const models[] = { &tag_model, NULL };

	blog_open(&blog, &(weir_options){ .cache_kind = WEIR_CACHE_NONE });
	blog_sql(&blog, "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
	                "CREATE TABLE tags (name text COLLATE any_case PRIMARY KEY, color text COLLATE any_case NOT NULL);"
	                "INSERT INTO tags VALUES ('Red', 'warm'), ('Blue', 'cold'), ('Green', 'cold')");
	session = blog_open_other(&blog, &(weir_options){ .cache_kind = kind, .models = models });
	tags = weir_get_dao(session, &tag_model);
}

static void teardown(void)
{
	(void)weir_cache_manager_flush(weir_session_cache(session), NULL, NULL);
	weir_close(&session);
	blog_close(&blog);
}

/* The body runs once with each backend. */
#define SPELLING_TEST(name) TEST_WITH_EACH_CACHE(name, setup(kind), teardown())

/* The colors of these tags, NULL for one that is not there. */
static void assert_colors(const char *const *names, const char *const *colors, size_t count)
{
	tag_list found = WEIR_LIST_INIT;

	assert_ok(weir_base_dao_get_many_cached(&tags, names, count, &found, &blog.err));
	for (size_t i = 0; i < count; i++)
		ck_assert_pstr_eq(found.items[i] ? found.items[i]->color : NULL, colors[i]);
	tag_list_release(&found);
}

SPELLING_TEST(test_get_many_cached__finds_a_row_by_every_spelling_of_its_key)
{
	static const char *const names[] = { "RED", "Red", "blue", "none", "red" };
	static const char *const colors[] = { "warm", "warm", "cold", NULL, "warm" };
	static const char *const changed[] = { "hot", "hot", "cold", NULL, "hot" };

	for (int i = 0; i < 3; i++)
		assert_colors(names, colors, 5);
	assert_colors(&names[4], &colors[4], 1);
	assert_ok(weir_base_dao_update(&tags, &(tag){ .name = "rED" }, &(tag){ .color = "hot" }, WEIR_SET(tag, color), NULL,
	                               &blog.err));
	for (int i = 0; i < 3; i++)
		assert_colors(names, changed, 5);
}

SPELLING_TEST(test_get_by_id_cached__finds_a_row_by_every_spelling_of_its_key)
{
	static const char *const names[] = { "RED", "Red", "red" };
	const tag               *found = NULL;

	for (size_t i = 0; i < 6; i++) {
		assert_ok(weir_base_dao_get_by_id_cached(&tags, &(tag){ .name = names[i % 3] }, &found, &blog.err));
		ck_assert_str_eq(found->color, i < 3 ? "warm" : "hot");
		tag_release(&found);
		if (i == 2)
			assert_ok(weir_base_dao_update(&tags, &(tag){ .name = "rED" }, &(tag){ .color = "hot" },
			                               WEIR_SET(tag, color), NULL, &blog.err));
	}
}

START_TEST(test_open__refuses_a_stamped_column_with_several_spellings)
{
	static const weir_model *const models[] = { &stamped_model, NULL };
	weir_session                  *refused = NULL;
	weir_options                   options = { .postgres = test_database_url(), .models = models };

	setup(WEIR_CACHE_MEMORY);
	options.schema = blog.schema;
	for (int i = 0; i < 2; i++) {
		assert_status(WEIR_ERR_SCHEMA, weir_open(&options, &refused, &blog.err));
		ck_assert_ptr_nonnull(strstr(blog.err.message, "tag.color"));
		blog_sql(&blog, "ALTER TABLE tags ALTER color TYPE char(8)");
	}
	blog_sql(&blog, "ALTER TABLE tags ALTER color TYPE text COLLATE \"C\"");
	assert_ok(weir_open(&options, &refused, &blog.err));
	weir_close(&refused);
	teardown();
}
END_TEST

WEIR_SUITE("spellings", test_get_many_cached__finds_a_row_by_every_spelling_of_its_key,
           test_get_by_id_cached__finds_a_row_by_every_spelling_of_its_key,
           test_open__refuses_a_stamped_column_with_several_spellings);
