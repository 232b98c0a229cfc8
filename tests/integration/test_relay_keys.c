/* The triggers themselves: made and removed, the keys that they write, the rights that they need and do not need. */
#include "integration/relay.h"

#include "support/library.h"

/* ---- Installing ------------------------------------------------------------------------------------------------------------ */

static const char *triggers(void)
{
	return blog_sql(&blog, "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
	                       "WHERE c.relnamespace = current_schema()::regnamespace AND tgname LIKE 'weir%'");
}

START_TEST(test_install__needs_the_outbox_and_models_of_the_session)
{
	static const weir_model *const others[] = { &author_model, NULL };

	blog_open(&blog, NULL);
	ck_assert_int_eq(weir_relay_install(blog.session, NULL, &blog.err), WEIR_ERR_SCHEMA);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	ck_assert_int_eq(weir_relay_install(blog.session, others, &blog.err), WEIR_ERR_USAGE);
	ck_assert_str_eq(triggers(), "0");
	blog_close(&blog);
}
END_TEST

START_TEST(test_install__may_be_repeated_and_undone)
{
	static const weir_model *const one[] = { &user_model, NULL };

	setup();
	ck_assert_str_eq(triggers(), "15");
	assert_ok(weir_relay_install(blog.session, one, &blog.err));
	ck_assert_str_eq(triggers(), "15");
	assert_ok(weir_relay_uninstall(blog.session, one, &blog.err));
	ck_assert_str_eq(triggers(), "10");
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	ck_assert_str_eq(triggers(), "0");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
	                                 "AND proname LIKE 'weir_relay%'"),
	                 "0");
	blog_close(&blog);
}
END_TEST

typedef struct seen {
	int64_t     id;
	const char *username;
} seen;

/* A model on a view does not keep the others from being watched. */
START_TEST(test_install__leaves_out_views_unless_they_are_named)
{
	static const weir_field               fields[] = { WEIR_FIELD(seen, id, .primary_key = true),
		                                               WEIR_FIELD(seen, username, .max_length = 50) };
	static const weir_model               view = WEIR_MODEL(seen, "seen_users", fields);
	static const weir_model *const        models[] = { &user_model, &post_model, &comment_model, &view, NULL },
								   *const named[] = { &view, NULL };

	blog_open(&blog, NULL);
	blog_sql(&blog, "CREATE VIEW seen_users AS SELECT DISTINCT id, username FROM users");
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	reopen(&(weir_options){ .models = models });
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	ck_assert_str_eq(triggers(), "15");
	ck_assert_int_eq(weir_relay_install(blog.session, named, &blog.err), WEIR_ERR_USAGE);
	ck_assert_str_eq(blog.err.model, "seen");
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	ck_assert_str_eq(triggers(), "0");
	blog_close(&blog);
}
END_TEST

/* What the cache held before is not known to be right. */
START_TEST(test_install__starts_with_a_cold_cache)
{
	blog_open(&blog, NULL);
	int64_t id = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(id), "-");
	update_by_psql(id, "new");
	ck_assert_str_eq(cached_bio(id), "-");
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	ck_assert_uint_eq(run_once(), 3);
	ck_assert_str_eq(cached_bio(id), "new");
	blog_close(&blog);
}
END_TEST

/* ---- Keys ------------------------------------------------------------------------------------------------------------------- */

typedef struct odd {
	int16_t            number;
	const char        *name;
	weir_opt_uuid      token;
	weir_opt_bool      flag;
	weir_opt_time      at;
	weir_opt_timestamp since;
	const char        *text;
	weir_opt_i64       n;
} odd;
WEIR_RECORD(odd)

static const weir_field odd_fields[] = {
	WEIR_FIELD(odd, number, .primary_key = true),
	WEIR_FIELD(odd, name, .primary_key = true, .column = "na\"me's: {}%"),
	WEIR_FIELD(odd, token, .unique = true),
	WEIR_FIELD(odd, flag, .stamped = true),
	WEIR_FIELD(odd, at, .stamped = true),
	WEIR_FIELD(odd, since, .unique = true, .stamped = true),
	WEIR_FIELD(odd, text, .stamped = true, .nullable = true),
	WEIR_FIELD(odd, n, .stamped = true),
};
static const weir_model        odd_model = WEIR_MODEL(odd, "odd \"table's\" $weir$", odd_fields);
static const weir_model *const odd_models[] = { &odd_model, NULL };

static const char odd_table[] =
	"CREATE TABLE \"odd \"\"table's\"\" $weir$\" (number smallint, \"na\"\"me's: {}%\" text COLLATE \"C\", token uuid UNIQUE, "
	"flag boolean, at timestamptz, since timestamp UNIQUE, text text COLLATE \"C\", n bigint, "
	"PRIMARY KEY (number, \"na\"\"me's: {}%\")); SELECT 1";

static const char *const odd_rows[] = {
	"1, 'plain', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true, '2026-11-21 10:26:15.000123+02', '1969-12-31 23:59:59.999999', "
	"'a', 1",
	"-2, E'a:b%c{d}e f\\n\\t\\x01~|;[]\\\\', NULL, false, 'infinity', '-infinity', '', -9223372036854775808",
	"3, '', '00000000-0000-0000-0000-000000000000', NULL, '-infinity', 'infinity', NULL, NULL",
	"4, 'äöü€𝄞', NULL, NULL, '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999', '''\"$weir$', 0",
	"5, repeat('long ', 100), NULL, NULL, NULL, NULL, repeat('ä', 300), 9223372036854775807",
};

static char *lines_of_outbox(void)
{
	return strdup(blog_sql(&blog, "SELECT string_agg(DISTINCT l, E'\\n' ORDER BY l) FROM weir_outbox, "
	                              "regexp_split_to_table(touches, '\\n') l WHERE l NOT LIKE '%:\\%h%'"));
}

/* The library's own lines for an update of every row, and those of the triggers for the same update by psql. */
START_TEST(test_keys__are_those_of_the_library)
{
	char          sql[2048];
	char         *theirs, *ours;
	odd_list      list = WEIR_LIST_INIT;
	weir_options  options = { .models = odd_models };
	weir_session *writer;

	setup();
	blog_sql(&blog, odd_table);
	for (size_t i = 0; i < 5; i++) {
		snprintf(sql, sizeof sql, "INSERT INTO \"odd \"\"table's\"\" $weir$\" VALUES (%s); SELECT 1", odd_rows[i]);
		blog_sql(&blog, sql);
	}
	reopen(&options);
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	blog_sql(&blog, "UPDATE \"odd \"\"table's\"\" $weir$\" SET number = number WHERE number < 5");
	theirs = lines_of_outbox();
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	options.redis = NOWHERE;
	options.outbox = WEIR_ON;
	options.relay = WEIR_OFF;
	writer = blog_open_other(&blog, &options);
	weir_base_dao dao = weir_get_dao(writer, &odd_model);
	assert_ok(weir_base_dao_get_all(&dao, NULL, &list, &blog.err));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i]->number < 5)
			assert_ok(weir_base_dao_update(&dao, list.items[i], list.items[i], WEIR_SET(odd, token), NULL, &blog.err));
	odd_list_release(&list);
	ours = lines_of_outbox();
	ck_assert_str_eq(theirs, ours);
	ck_assert_ptr_nonnull(strstr(theirs, "a%3ab%25c%7bd%7de%20f%0a%09%01~|;[]\\"));
	free(theirs);
	free(ours);
	weir_close(&writer);
	blog_close(&blog);
}
END_TEST

/* ---- Keys of the other types ------------------------------------------------------------------------------------------------- */

typedef struct rare {
	weir_date      day;
	weir_bytea     bytes;
	weir_inet      address;
	const char    *mood;
	const char    *code;
	weir_clock     clock;
	weir_opt_date  since;
	weir_opt_clock at;
	weir_opt_inet  net;
	weir_bytea     more;
	const char    *state;
	const char    *sign;
	weir_opt_i32   n;
} rare;
WEIR_RECORD(rare)

static const weir_field rare_fields[] = {
	WEIR_FIELD(rare, day, .primary_key = true),
	WEIR_FIELD(rare, bytes, .primary_key = true),
	WEIR_FIELD(rare, address, .primary_key = true),
	WEIR_FIELD(rare, mood, .primary_key = true, .labels = WEIR_LABELS("fine", "so: so")),
	WEIR_FIELD(rare, code, .primary_key = true, .padded = true, .max_length = 4),
	WEIR_FIELD(rare, clock, .primary_key = true),
	WEIR_FIELD(rare, since, .unique = true, .stamped = true),
	WEIR_FIELD(rare, at, .unique = true, .stamped = true),
	WEIR_FIELD(rare, net, .stamped = true),
	WEIR_FIELD(rare, more, .stamped = true, .nullable = true),
	WEIR_FIELD(rare, state, .stamped = true, .nullable = true, .labels = WEIR_LABELS_UNSAID),
	WEIR_FIELD(rare, sign, .unique = true, .stamped = true, .nullable = true, .padded = true, .max_length = 3),
	WEIR_FIELD(rare, n),
};
static const weir_model        rare_model = WEIR_MODEL(rare, "rares", rare_fields);
static const weir_model *const rare_models[] = { &rare_model, NULL };

static const char rare_table[] =
	"CREATE TYPE mood AS ENUM ('fine', 'so: so'); CREATE DOMAIN few AS mood;"
	"CREATE TABLE rares (day date, bytes bytea, address inet, mood mood, code char(4), clock time, since date UNIQUE, "
	"at time UNIQUE, net cidr, more bytea, state few, sign char(3) UNIQUE, n int, "
	"PRIMARY KEY (day, bytes, address, mood, code, clock));"
	"INSERT INTO rares VALUES"
	"('2026-11-21', 'ab:c', '192.168.1.5', 'fine', 'a', '10:26:15.000123', 'infinity', '24:00', '10.0.0.0/8', '', 'fine', 'x'),"
	"('-infinity', '', '192.168.1.5/24', 'so: so', 'a b', '00:00', '0001-01-01 BC', '23:59:59.999999', '::1/128', "
	"'\\x00ff7f80250a', 'so: so', ''),"
	"('infinity', '\\x00', '2001:db8::1', 'fine', '', '24:00', NULL, NULL, NULL, NULL, NULL, NULL),"
	"('5874897-12-31', '\\x257b7d', '::ffff:1.2.3.4/96', 'fine', 'äöü', '12:00', '4713-01-01 BC', '12:00', '1.2.3.4', "
	"'%', 'fine', '%:'); SELECT 1";

START_TEST(test_keys__of_the_other_types_are_those_of_the_library_too)
{
	char         *theirs, *ours;
	rare_list     list = WEIR_LIST_INIT;
	weir_options  options = { .models = rare_models };
	weir_session *writer;

	setup();
	blog_sql(&blog, rare_table);
	reopen(&options);
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	blog_sql(&blog, "UPDATE rares SET n = 1");
	theirs = lines_of_outbox();
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	options.redis = NOWHERE;
	options.outbox = WEIR_ON;
	options.relay = WEIR_OFF;
	writer = blog_open_other(&blog, &options);
	weir_base_dao dao = weir_get_dao(writer, &rare_model);
	assert_ok(weir_base_dao_get_all(&dao, NULL, &list, &blog.err));
	ck_assert_uint_eq(list.count, 4);
	for (size_t i = 0; i < list.count; i++)
		assert_ok(
			weir_base_dao_update(&dao, list.items[i], list.items[i], WEIR_SET(rare, since, at, sign), NULL, &blog.err));
	rare_list_release(&list);
	ours = lines_of_outbox();
	ck_assert_str_eq(theirs, ours);
	ck_assert_ptr_nonnull(strstr(theirs, "more:%00%ff%7f%80%25%0a"));
	free(theirs);
	free(ours);
	weir_close(&writer);
	blog_close(&blog);
}
END_TEST

/* ---- Tables of one name ------------------------------------------------------------------------------------------------------ */

typedef struct thing {
	int64_t     id;
	const char *name;
} thing;
static const weir_field thing_fields[] = {
	WEIR_FIELD(thing, id, .primary_key = true),
	WEIR_FIELD(thing, name),
};
static char       left_schema[64], right_schema[64];
static weir_model left_thing = WEIR_MODEL(thing, "things", thing_fields, .schema = left_schema);
static weir_model right_thing = WEIR_MODEL(thing, "things", thing_fields, .schema = right_schema);

START_TEST(test_keys__of_tables_of_one_name_in_two_schemas)
{
	const weir_model *const models[] = { &left_thing, &right_thing, NULL };
	char                    sql[1024];

	setup();
	left_thing.name = "left";
	right_thing.name = "right";
	snprintf(left_schema, sizeof left_schema, "%s", blog.schema);
	snprintf(right_schema, sizeof right_schema, "%s_other", blog.schema);
	snprintf(sql, sizeof sql,
	         "CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL); INSERT INTO things VALUES (1, 'a');"
	         "CREATE SCHEMA %s CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL); SELECT 1",
	         right_schema);
	blog_sql(&blog, sql);
	reopen(&(weir_options){ .models = models });
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	blog_sql(&blog, "UPDATE things SET name = 'b'");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(*) FROM weir_outbox WHERE touches LIKE '%k left:id:1%'"), "1");
	assert_ok(weir_relay_uninstall(blog.session, NULL, &blog.err));
	snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE; SELECT 1", right_schema);
	blog_sql(&blog, sql);
	blog_close(&blog);
}
END_TEST

/* The library shortens such keys before they are written down, whoever replays those of the triggers does so then. */
START_TEST(test_keys__long_ones_are_seen_too)
{
	char          sql[2048];
	const odd    *found = NULL;
	weir_base_dao dao;

	setup();
	blog_sql(&blog, odd_table);
	snprintf(sql, sizeof sql, "INSERT INTO \"odd \"\"table's\"\" $weir$\" VALUES (%s); SELECT 1", odd_rows[4]);
	blog_sql(&blog, sql);
	reopen(&(weir_options){ .models = odd_models });
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	run_once();
	char name[501] = "";
	for (int i = 0; i < 100; i++)
		strcat(name, "long ");
	dao = weir_get_dao(blog.session, &odd_model);
	assert_ok(weir_base_dao_get_by_id_cached(&dao, &(odd){ .number = 5, .name = name }, &found, &blog.err));
	odd_release(&found);
	blog_sql(&blog, "UPDATE \"odd \"\"table's\"\" $weir$\" SET n = 1");
	run_once();
	assert_ok(weir_base_dao_get_by_id_cached(&dao, &(odd){ .number = 5, .name = name }, &found, &blog.err));
	ck_assert_int_eq(found->n.value, 1);
	odd_release(&found);
	blog_close(&blog);
}
END_TEST

/* Those who write to a table need no rights on the outbox, and cannot read or fill it through the triggers. */
START_TEST(test_rights__a_role_that_may_only_update_is_not_stopped)
{
	char sql[1024];

	setup();
	int64_t id = blog_user(&blog, "ada");
	ck_assert_str_eq(cached_bio(id), "-");
	snprintf(sql, sizeof sql,
	         "CREATE ROLE %s_r; GRANT USAGE ON SCHEMA %s TO %s_r; GRANT SELECT, UPDATE ON users TO %s_r; "
	         "CREATE SCHEMA AUTHORIZATION %s_r; SELECT 1",
	         blog.schema, blog.schema, blog.schema, blog.schema, blog.schema);
	blog_sql(&blog, sql);
	snprintf(
		sql, sizeof sql,
		"SET ROLE %s_r; CREATE TABLE %s_r.weir_outbox (prefix text, touches text); SET search_path TO %s_r, %s; "
		"UPDATE users SET bio = 'by a guest'; RESET ROLE; DROP SCHEMA %s_r CASCADE; DROP OWNED BY %s_r; DROP ROLE %s_r",
		blog.schema, blog.schema, blog.schema, blog.schema, blog.schema, blog.schema, blog.schema);
	blog_sql(&blog, sql);
	ck_assert_uint_eq(run_once(), 1);
	ck_assert_str_eq(cached_bio(id), "by a guest");
	blog_close(&blog);
}
END_TEST

START_TEST(test_prefixes__each_has_its_own_triggers_and_rows)
{
	setup();
	int64_t       id = blog_user(&blog, "ada");
	weir_session *other =
		blog_open_other(&blog, &(weir_options){ .cache_prefix = "another", .outbox = WEIR_ON, .relay = WEIR_OFF });
	assert_ok(weir_relay_install(other, NULL, &blog.err));
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	update_by_psql(id, "new");
	ck_assert_str_eq(blog_sql(&blog, "SELECT count(DISTINCT prefix) FROM weir_outbox"), "2");
	blog_sql(&blog, "DELETE FROM weir_outbox; SELECT 1");
	user_dao users = get_user_dao(other);
	assert_ok(user_dao_update(&users, id, &(user){ .bio = "x" }, WEIR_SET(user, bio), NULL, &blog.err));
	ck_assert_str_eq(blog_sql(&blog, "SELECT string_agg(prefix, ',') FROM weir_outbox"), blog.prefix);
	weir_close(&other);
	blog_close(&blog);
}
END_TEST

WEIR_SUITE("relay keys", test_install__needs_the_outbox_and_models_of_the_session,
           test_install__may_be_repeated_and_undone, test_install__leaves_out_views_unless_they_are_named,
           test_install__starts_with_a_cold_cache, test_keys__are_those_of_the_library,
           test_keys__of_the_other_types_are_those_of_the_library_too, test_keys__of_tables_of_one_name_in_two_schemas,
           test_keys__long_ones_are_seen_too, test_rights__a_role_that_may_only_update_is_not_stopped,
           test_prefixes__each_has_its_own_triggers_and_rows);
