/* Models against the live schema: every difference is found, at once and in words; what fits is silent. */
#include "integration/workbench.h"
#include "support/every_type.h"
#include "unit/db/shop.h"
#include "unit/models/everything.h"

#include <blog/blog.h>

static weir__buffer report;
static size_t       differences;

/* Compares these models; NULL ends them. */
static void compare(const weir_model *const *models)
{
	weir__layout *layouts[4];
	size_t        count = 0;

	for (; models[count]; count++)
		workbench_ok(weir__layout_create(models[count], &layouts[count], &workbench.err));
	weir__buffer_release(&report);
	workbench_ok(weir__schema_compare(workbench.conn, layouts, count, workbench_deadline(), &report, &differences,
	                                  &workbench.err));
	for (size_t i = 0; i < count; i++)
		weir__layout_free(layouts[i]);
}

static void compare_item(void)
{
	static const weir_model *const models[] = { &item_model, NULL };

	compare(models);
}

static void assert_report(size_t expected_differences, const char *text)
{
	ck_assert_str_eq(weir__buffer_text(&report), text);
	ck_assert_uint_eq(differences, expected_differences);
	weir__buffer_release(&report);
}

static const char good_items[] =
	"CREATE TABLE items (id bigint PRIMARY KEY, \"the \"\"name\"\"\" varchar(10) NOT NULL UNIQUE,"
	" age int, price numeric NOT NULL, changed_at timestamptz NOT NULL)";

START_TEST(test_schema__models_that_fit_have_no_difference)
{
	static const weir_model *const models[] = { &item_model, &everything_model, NULL };

	workbench_open();
	workbench_script(good_items);
	workbench_script(
		"CREATE TABLE everything (id bigint PRIMARY KEY, flag bool NOT NULL, small smallint NOT NULL,"
		" middle int NOT NULL, ratio float8 NOT NULL, amount numeric(12, 2) NOT NULL,"
		" \"the \"\"title\"\"\" varchar(5) NOT NULL UNIQUE, seen_at timestamptz(3) NOT NULL,"
		" local_at timestamp NOT NULL, token uuid NOT NULL, data jsonb NOT NULL, opt_flag bool,"
		" opt_small smallint, opt_middle int, opt_big bigint, opt_ratio float8, opt_seen_at timestamptz,"
		" opt_local_at timestamp, opt_token uuid, null_amount numeric, null_title text, null_data jsonb,"
		" more text, more_with_default int NOT NULL DEFAULT 1, numbered int GENERATED ALWAYS AS IDENTITY)");
	compare(models);
	assert_report(0, "");
	workbench_close();
}
END_TEST

START_TEST(test_schema__the_bundled_models_fit_their_schema)
{
	FILE *file = fopen(WEIR_SOURCE_DIR "/src/models/blog/schema.sql", "r");
	char  text[8192] = "";

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
	fclose(file);
	workbench_open();
	workbench_script(text);
	compare(blog_models);
	assert_report(0, "");
	workbench_close();
}
END_TEST

START_TEST(test_schema__missing_tables_and_what_is_no_table_are_named)
{
	static const weir_model *const models[] = { &item_model, &part_model, &everything_model, NULL };

	workbench_open();
	workbench_script("CREATE SEQUENCE everything");
	compare(models);
	assert_report(3, "item: there is no table \"items\"\n"
	                 "part: there is no table \"a \"b\"\".\"parts\"\n"
	                 "everything: \"everything\" is no table");
	workbench_close();
}
END_TEST

START_TEST(test_schema__every_difference_of_a_table_is_reported_at_once)
{
	workbench_open();
	workbench_script(
		"CREATE TABLE items (id int, \"the \"\"name\"\"\" varchar(200), price text NOT NULL, other int NOT NULL,"
		" changed_at timestamptz NOT NULL, PRIMARY KEY (id, other), UNIQUE (\"the \"\"name\"\"\", id))");
	compare_item();
	assert_report(7, "item.id: the database has int4 NOT NULL, the model says int8 NOT NULL\n"
	                 "item.name: the database has varchar(200), the model says varchar(10) NOT NULL\n"
	                 "item.name: the model says unique, the database has no unique constraint on it alone\n"
	                 "item.price: the database has text NOT NULL, the model says numeric NOT NULL\n"
	                 "item: the model lacks column \"other\", which is NOT NULL and has no default\n"
	                 "item.age: the table \"items\" has no column \"age\"\n"
	                 "item: the database's primary key is (id, other), the model's is (id)");
	workbench_close();
}
END_TEST

START_TEST(test_schema__null_where_the_other_side_says_not_null_is_a_difference)
{
	workbench_open();
	workbench_script(good_items);
	workbench_script("ALTER TABLE items ALTER age SET NOT NULL; ALTER TABLE items ALTER price DROP NOT NULL");
	compare_item();
	assert_report(2, "item.age: the database has int4 NOT NULL, the model says int4\n"
	                 "item.price: the database has numeric, the model says numeric NOT NULL");
	workbench_close();
}
END_TEST

START_TEST(test_schema__lengths_are_compared_where_the_database_has_one)
{
	workbench_open();
	workbench_script(good_items);
	workbench_script("ALTER TABLE items ALTER \"the \"\"name\"\"\" TYPE text");
	compare_item();
	assert_report(0, "");
	workbench_script("ALTER TABLE items ALTER \"the \"\"name\"\"\" TYPE char(9)");
	compare_item();
	assert_report(1, "item.name: the database has bpchar(9) NOT NULL, the model says varchar(10) NOT NULL");
	workbench_close();
}
END_TEST

START_TEST(test_schema__a_primary_key_must_be_there_and_be_the_same)
{
	workbench_open();
	workbench_script(good_items);
	workbench_script("ALTER TABLE items DROP CONSTRAINT items_pkey; ALTER TABLE items ALTER id SET NOT NULL");
	compare_item();
	assert_report(1, "item: the database's primary key is (), the model's is (id)");
	workbench_script("ALTER TABLE items ADD PRIMARY KEY (\"the \"\"name\"\"\")");
	compare_item();
	assert_report(1, "item: the database's primary key is (the \"name\"), the model's is (id)");
	workbench_close();
}
END_TEST

START_TEST(test_schema__only_a_whole_unique_constraint_counts)
{
	static const char missing[] = "item.name: the model says unique, the database has no unique constraint on it alone";

	workbench_open();
	workbench_script(good_items);
	workbench_script("ALTER TABLE items DROP CONSTRAINT \"items_the \"\"name\"\"_key\"");
	compare_item();
	assert_report(1, missing);
	workbench_script("CREATE UNIQUE INDEX part ON items (\"the \"\"name\"\"\") WHERE age > 3");
	workbench_script("CREATE UNIQUE INDEX lowered ON items (lower(\"the \"\"name\"\"\"))");
	compare_item();
	assert_report(1, missing);
	workbench_script("CREATE UNIQUE INDEX whole ON items (\"the \"\"name\"\"\") INCLUDE (age)");
	compare_item();
	assert_report(0, "");
	workbench_close();
}
END_TEST

START_TEST(test_schema__a_domain_counts_as_what_it_is_made_of)
{
	workbench_open();
	workbench_script("CREATE DOMAIN short AS varchar(10); CREATE DOMAIN label AS short NOT NULL DEFAULT 'x';"
	                 "CREATE DOMAIN needed AS text NOT NULL;"
	                 "CREATE TABLE items (id bigint PRIMARY KEY, \"the \"\"name\"\"\" label UNIQUE, age int,"
	                 " price numeric NOT NULL, changed_at timestamptz NOT NULL, filled label, needed needed)");
	compare_item();
	assert_report(1, "item: the model lacks column \"needed\", which is NOT NULL and has no default");
	workbench_close();
}
END_TEST

START_TEST(test_schema__dropped_columns_are_gone)
{
	workbench_open();
	workbench_script(good_items);
	workbench_script("ALTER TABLE items DROP COLUMN age; ALTER TABLE items ADD COLUMN extra text");
	compare_item();
	assert_report(1, "item.age: the table \"items\" has no column \"age\"");
	workbench_close();
}
END_TEST

START_TEST(test_schema__a_partitioned_table_is_a_table)
{
	workbench_open();
	workbench_script("CREATE TABLE items (id bigint PRIMARY KEY, \"the \"\"name\"\"\" varchar(10) NOT NULL, age int,"
	                 " price numeric NOT NULL, changed_at timestamptz NOT NULL) PARTITION BY HASH (id)");
	compare_item();
	assert_report(1, "item.name: the model says unique, the database has no unique constraint on it alone");
	workbench_close();
}
END_TEST

START_TEST(test_schema__of_a_view_what_cannot_be_declared_there_is_not_compared)
{
	workbench_open();
	workbench_script(
		"CREATE TABLE base (id bigint PRIMARY KEY, name varchar(10), age int, price numeric, at timestamptz)");
	workbench_script(
		"CREATE VIEW items AS SELECT id, name AS \"the \"\"name\"\"\", age, price, at AS changed_at FROM base");
	compare_item();
	assert_report(0, "");
	workbench_script("DROP VIEW items; CREATE MATERIALIZED VIEW items AS "
	                 "SELECT id, name AS \"the \"\"name\"\"\", age, at AS changed_at FROM base");
	compare_item();
	assert_report(1, "item.price: the table \"items\" has no column \"price\"");
	workbench_script("DROP MATERIALIZED VIEW items; CREATE VIEW items AS "
	                 "SELECT id, name AS \"the \"\"name\"\"\", age::bigint, price, at AS changed_at FROM base");
	compare_item();
	assert_report(1, "item.age: the database has int8, the model says int4");
	workbench_close();
}
END_TEST

START_TEST(test_schema__one_query_does_it)
{
	weir_session_stats before;
	weir_session_stats after;

	workbench_open();
	workbench_script(good_items);
	weir__db_stats(workbench.database.db, &before);
	compare_item();
	weir__db_stats(workbench.database.db, &after);
	ck_assert_uint_eq(after.queries - before.queries, 1);
	weir__buffer_release(&report);
	workbench_close();
}
END_TEST

START_TEST(test_schema__every_type_fits_and_what_does_not_is_said)
{
	static const weir_model *const models[] = { &every_type_model, NULL };

	workbench_open();
	workbench_script(every_type_schema);
	compare(models);
	assert_report(0, "");
	workbench_script("ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'");
	compare(models);
	assert_report(2, "every_type.mood: the model has the label \"calm\", the database's enum has not\n"
	                 "every_type.moods: the model has the label \"calm\", the database's enum has not");
	workbench_script(
		"ALTER TYPE mood RENAME VALUE 'quiet' TO 'calm';"
		"ALTER TABLE every_type ALTER title TYPE char(3), ALTER code TYPE varchar(4), ALTER mood TYPE text,"
		" ALTER middles TYPE bigint[] USING NULL, ALTER flags TYPE bool USING NULL, ALTER middle TYPE int[] USING NULL,"
		" ALTER titles TYPE varchar(21)[], ALTER document TYPE jsonb USING NULL, ALTER host TYPE cidr,"
		" ALTER day TYPE timestamp, ALTER ratio TYPE float8, ALTER hosts TYPE cidr[]");
	compare(models);
	assert_report(10,
	              "every_type.middle: the database has int4[] NOT NULL, the model says int4 NOT NULL\n"
	              "every_type.ratio: the database has float8 NOT NULL, the model says float4 NOT NULL\n"
	              "every_type.title: the database has bpchar(3) NOT NULL, the model says text NOT NULL\n"
	              "every_type.code: the database has varchar(4) NOT NULL, the model says bpchar(4) NOT NULL\n"
	              "every_type.mood: the database has text NOT NULL, the model says enum NOT NULL\n"
	              "every_type.day: the database has timestamp NOT NULL, the model says date NOT NULL\n"
	              "every_type.document: the database has jsonb NOT NULL, the model says json NOT NULL\n"
	              "every_type.flags: the database has bool, the model says bool[]\n"
	              "every_type.middles: the database has int8[], the model says int4[]\n"
	              "every_type.titles: the database has varchar(21)[] NOT NULL, the model says varchar(20)[] NOT NULL");
	workbench_close();
}
END_TEST

WEIR_SUITE("schema", test_schema__every_type_fits_and_what_does_not_is_said,
           test_schema__models_that_fit_have_no_difference, test_schema__the_bundled_models_fit_their_schema,
           test_schema__missing_tables_and_what_is_no_table_are_named,
           test_schema__every_difference_of_a_table_is_reported_at_once,
           test_schema__null_where_the_other_side_says_not_null_is_a_difference,
           test_schema__lengths_are_compared_where_the_database_has_one,
           test_schema__a_primary_key_must_be_there_and_be_the_same, test_schema__only_a_whole_unique_constraint_counts,
           test_schema__a_domain_counts_as_what_it_is_made_of, test_schema__dropped_columns_are_gone,
           test_schema__a_partitioned_table_is_a_table,
           test_schema__of_a_view_what_cannot_be_declared_there_is_not_compared, test_schema__one_query_does_it);
