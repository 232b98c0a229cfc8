/* weir-generate: what it writes compiles, fits its tables and works; what it cannot write it names, and then writes nothing.
 * The programs and schemas of tests/generated are compiled, linked and run here. */
#include "support/blog.h"
#include "support/database.h"
#include "support/every_type.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef WEIR_GENERATE

#define GENERATED WEIR_SOURCE_DIR "/tests/generated/"

static struct shop {
	char schema[48];
	char directory[64];
	char output[32768]; /* of the last command */
} shop;

/* ---- Commands ------------------------------------------------------------------------------------------------------------- */

/* Runs a command of the shell; its status, and in shop.output what it said. */
__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
	char    command[4096];
	va_list arguments;
	FILE   *pipe;
	int     status;

	va_start(arguments, format);
	ck_assert_int_lt(vsnprintf(command, sizeof command - 8, format, arguments), (int)sizeof command - 8);
	va_end(arguments);
	strcat(command, " 2>&1");
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	shop.output[fread(shop.output, 1, sizeof shop.output - 1, pipe)] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define must_run(...)                                                                                                  \
	do {                                                                                                               \
		int must_status_ = run(__VA_ARGS__);                                                                           \
		ck_assert_msg(must_status_ == 0, "%d: %.2000s", must_status_, shop.output);                                    \
	} while (0)

static int generate(const char *options)
{
	return run("%s --schema %s --list shop --out %s %s", WEIR_GENERATE, shop.schema, shop.directory, options);
}

static void must_generate(const char *options)
{
	int status = generate(options);

	ck_assert_msg(status == 0, "%d: %.2000s", status, shop.output);
}

static void must_say(const char *text)
{
	ck_assert_msg(strstr(shop.output, text) != NULL, "\"%s\" is not in: %.2000s", text, shop.output);
}

/* In the shop's schema, past the library. */
static void sql(const char *statements)
{
	size_t size = strlen(statements) + 128;
	char  *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	snprintf(text, size, "SET search_path TO %s; %s", shop.schema, statements);
	sql_run(test_direct_url(), text);
	free(text);
}

static char *read_text(const char *path)
{
	FILE  *file = fopen(path, "r");
	size_t size = 4 << 20;
	char  *text = calloc(1, size);

	ck_assert_msg(file && text, "%s cannot be read", path);
	ck_assert_uint_gt(fread(text, 1, size - 1, file), 0);
	fclose(file);
	return text;
}

static void sql_of_file(const char *path)
{
	char *text = read_text(path);

	sql(text);
	free(text);
}

static void setup(void)
{
	static int number;
	char       create[96];

	snprintf(shop.schema, sizeof shop.schema, "test_generate_%d_%d", (int)getpid(), number++);
	snprintf(shop.directory, sizeof shop.directory, "/tmp/weir-generate.%d", (int)getpid());
	snprintf(create, sizeof create, "CREATE SCHEMA %s", shop.schema);
	sql_run(test_direct_url(), create);
}

static void teardown(void)
{
	char drop[128];

	snprintf(drop, sizeof drop, "SET client_min_messages TO warning; DROP SCHEMA %s CASCADE", shop.schema);
	sql_run(test_direct_url(), drop);
	must_run("rm -rf %s", shop.directory);
}

static void setup_blog(void)
{
	setup();
	sql_of_file(WEIR_SOURCE_DIR "/src/models/blog/schema.sql");
}

#define BLOG_OPTIONS "--auto-now updated_at --relation posts.user_id=author --relation comments.user_id=author"

/* ---- What is written ------------------------------------------------------------------------------------------------------ */

/* Each file by itself, warnings being errors, as C11; all headers in one as C++. */
static void compile_each(void)
{
	must_run(
		"cd %s && for file in *.c; do %s -std=c11 -Wall -Wextra -Wshadow -Werror -I %s/include -fsyntax-only $file || exit 1; "
		"done",
		shop.directory, WEIR_CC, WEIR_SOURCE_DIR);
}

static void compile_headers_as_cxx(void)
{
	must_run("cd %s && for file in *.h; do echo \"#include \\\"$file\\\"\"; done | "
	         "%s -std=c++17 -Wall -Wextra -Werror -I %s/include -I. -fsyntax-only -x c++ -",
	         shop.directory, WEIR_CXX, WEIR_SOURCE_DIR);
}

/* A program of tests/generated with all that was written. */
static void build(const char *program)
{
	must_run("cd %s && { echo '/* all */'; for file in *.c; do echo \"#include \\\"$file\\\"\"; done; } >all.inc && "
	         "%s %s -std=c11 -Wall -Wextra -Werror -I %s/include -I %s -I . " GENERATED "%s.c -x c all.inc -x none %s "
	         "-Wl,-rpath,%s -o program",
	         shop.directory, WEIR_CC, WEIR_SANITIZER, WEIR_SOURCE_DIR, GENERATED, program, WEIR_LIBRARY,
	         WEIR_LIBRARY_DIR);
}

static void build_and_run(const char *program)
{
	build(program);
	must_run("DATABASE_URL='%s' REDIS_URL='%s' %s/program %s", test_database_url(), test_redis_url(), shop.directory,
	         shop.schema);
}

/* Generated from a connection that finds the tables without a name, the models name none; from another one they do. */
START_TEST(test_generate__models_name_their_schema_where_the_search_path_does_not_find_it)
{
	char url[512];

	setup_blog();
	must_generate(BLOG_OPTIONS);
	must_run("grep -l '.schema = \"%s\"' %s/user.c", shop.schema, shop.directory);
	build("blog");
	must_run("DATABASE_URL='%s' REDIS_URL='%s' %s/program public", test_database_url(), test_redis_url(),
	         shop.directory);
	snprintf(url, sizeof url, "%s%coptions=-csearch_path%%3D%s", test_direct_url(),
	         strchr(test_direct_url(), '?') ? '&' : '?', shop.schema);
	must_run("DATABASE_URL='%s' %s --list shop --out %s " BLOG_OPTIONS, url, WEIR_GENERATE, shop.directory);
	ck_assert_int_ne(run("grep -l '.schema' %s/user.c", shop.directory), 0);
	teardown();
}
END_TEST

START_TEST(test_generate__daos_of_the_bundled_tables_compile_and_work)
{
	setup_blog();
	must_generate(BLOG_OPTIONS);
	compile_each();
	compile_headers_as_cxx();
	build_and_run("blog");
	teardown();
}
END_TEST

START_TEST(test_generate__a_table_with_every_type_has_a_model_that_fits)
{
	setup();
	sql(every_type_schema);
	sql("INSERT INTO every_type (id, flag, small, middle, ratio, exact, amount, title, code, mood, data, day, clock, seen_at,"
	    " local_at, span, token, host, network, settings, document, positive, email, titles)"
	    " VALUES (7, true, 1, 2, 0.5, 0.25, 1.50, 't', 'ab', 'It''s \"odd\"', '\\x00', '1970-01-02', '10:00', now(), now(),"
	    " '1 month', '00000000-0000-0000-0000-000000000001', '10.0.0.1', '10.0.0.0/8', '{}', '{ }', 5, 'a@b', '{a,b}')");
	must_generate("");
	compile_headers_as_cxx();
	build_and_run("every_type");
	teardown();
}
END_TEST

START_TEST(test_generate__keys_relations_marks_and_odd_names_work)
{
	setup();
	sql_of_file(GENERATED "shapes.sql");
	must_generate("--auto-now touched --version revision --deleted-at removed_at --stamped kind "
	              "--more tags='.gathers = true, .cache = { .list_ttl_s = 30 }' "
	              "--name 'odd */ \"table\\=odd' --name 'odd */ \"table\\.the \"key\\=id'");
	must_say("foreign key \"letters_shop_name_fkey\" of \"letters\" does not refer to the primary key");
	must_say("foreign key \"staff_boss_id_fkey\" of \"staff\" changes rows by itself");
	compile_headers_as_cxx();
	build_and_run("shapes");
	teardown();
}
END_TEST

START_TEST(test_generate__tables_called_as_parameters_are_can_be_compiled)
{
	setup();
	sql_of_file(GENERATED "called.sql");
	must_generate("--relation pairs.pair_son=son");
	must_say("twice -> twice: columns 2, relations 1, finders 1");
	compile_each();
	compile_headers_as_cxx();
	ck_assert_int_eq(generate(""), 1);
	must_say("model pair would have two relations user, by pairs.pair_son=NAME and by pairs.pair_user=NAME");
	teardown();
}
END_TEST

START_TEST(test_generate__finders_and_relations_by_every_type_find)
{
	setup();
	sql_of_file(GENERATED "keys.sql");
	must_generate("");
	build_and_run("keys");
	teardown();
}
END_TEST

START_TEST(test_generate__models_have_the_singular_of_the_tables_names)
{
	static const char *const names[][2] = {
		{ "tickets", "ticket" },
		{ "categories", "category" },
		{ "addresses", "address" },
		{ "order_items", "order_item" },
		{ "people", "person" },
		{ "statuses", "status" },
		{ "boxes", "box" },
		{ "branches", "branch" },
		{ "houses", "house" },
		{ "news", "news" },
		{ "staff", "staff" },
		{ "sales_people", "sales_person" },
		{ "databases", "database" },
		{ "status_log", "status_log" },
		{ "movies", "movie" },
		{ "analysis", "analysis" },
		{ "media_types", "media_type" },
		{ "keys", "key" },
	};

	setup();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char create[96];

		snprintf(create, sizeof create, "CREATE TABLE %s (id int PRIMARY KEY)", names[i][0]);
		sql(create);
	}
	must_generate("");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[96];

		snprintf(line, sizeof line, "%s -> %s: ", names[i][0], names[i][1]);
		must_say(line);
	}
	teardown();
}
END_TEST

START_TEST(test_generate__daos_of_the_chinook_database_work)
{
	const char *path = getenv("CHINOOK_SQL");

	if (!path) {
		puts("CHINOOK_SQL is not set: the Chinook database is left out");
		return;
	}
	setup();
	char *script = read_text(path), *connect = strstr(script, "\n\\c ");
	sql(connect ? strchr(connect + 1, '\n') : script);
	free(script);
	must_generate("");
	build_and_run("chinook");
	teardown();
}
END_TEST

START_TEST(test_generate__a_prefix_and_a_choice_of_tables_are_kept_to)
{
	setup_blog();
	must_generate("--prefix my_ --table users --table posts --without posts.meta");
	must_run("ls %s", shop.directory);
	ck_assert_str_eq(shop.output,
	                 "my_post.c\nmy_post.h\nmy_post_dao.c\nmy_post_dao.h\nmy_user.c\nmy_user.h\nmy_user_dao.c\n"
	                 "my_user_dao.h\nshop_models.c\nshop_models.h\nshop_relations.h\n");
	must_run("cd %s && cat my_user.c my_post.c my_post.h shop_models.h", shop.directory);
	must_say("WEIR_HAS_MANY(my_user, posts, my_post, user_id, .inverse_of = \"user\")");
	ck_assert_ptr_null(strstr(shop.output, "post, meta"));
	must_say("--prefix my_");
	must_say("--without posts.meta");
	ck_assert_ptr_null(strstr(shop.output, shop.directory));
	compile_each();
	teardown();
}
END_TEST

START_TEST(test_generate__needs_no_right_but_to_read_the_catalog)
{
	char url[512], setting[96], statement[160];

	setup_blog();
	snprintf(statement, sizeof statement, "CREATE ROLE %s", shop.schema);
	sql_run(test_direct_url(), statement);
	snprintf(setting, sizeof setting, "options=-crole%%3D%s", shop.schema);
	url_with(url, sizeof url, test_direct_url(), setting);
	must_run("env -u DATABASE_URL %s --postgres '%s' --schema %s --list shop --out %s", WEIR_GENERATE, url, shop.schema,
	         shop.directory);
	snprintf(statement, sizeof statement, "DROP ROLE %s", shop.schema);
	sql_run(test_direct_url(), statement);
	teardown();
}
END_TEST

/* Each line of what was said, `shop` in the place of the directory, is in docs/generate.md. */
static void must_be_documented(void)
{
	char *page = read_text(WEIR_SOURCE_DIR "/docs/generate.md"), *rest = NULL;

	for (char *line = strtok_r(shop.output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char  wanted[512], *place = strstr(line, shop.directory);
		char *behind = place ? place + strlen(shop.directory) : line;

		snprintf(wanted, sizeof wanted, "\n    %.*s%s%s\n", place ? (int)(place - line) : 0, line, place ? "shop" : "",
		         behind);
		ck_assert_msg(strstr(page, wanted) != NULL, "not in docs/generate.md: %s", wanted);
	}
	free(page);
}

START_TEST(test_docs__the_session_is_what_the_program_says)
{
	setup();
	sql("CREATE TABLE projects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);"
	    "CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(12) NOT NULL UNIQUE,"
	    " project_id bigint NOT NULL REFERENCES projects, title text NOT NULL, assignee text,"
	    " priority smallint NOT NULL DEFAULT 3, fee numeric(10, 2), opened_at timestamptz NOT NULL DEFAULT now(),"
	    " updated_at timestamptz NOT NULL DEFAULT now())");
	must_generate("--auto-now updated_at");
	must_be_documented();
	sql("ALTER TABLE tickets ALTER title TYPE varchar(80)");
	ck_assert_int_eq(generate("--auto-now updated_at --check"), 1);
	must_be_documented();
	sql("CREATE TABLE classes (id int, size point)");
	ck_assert_int_eq(generate("--auto-now updated_at"), 1);
	must_be_documented();
	teardown();
}
END_TEST

/* ---- Again ----------------------------------------------------------------------------------------------------------------- */

static struct stat state_of(const char *name)
{
	char        path[128];
	struct stat state;

	snprintf(path, sizeof path, "%s/%s", shop.directory, name);
	ck_assert_msg(stat(path, &state) == 0, "%s", path);
	return state;
}

START_TEST(test_generate__a_second_run_changes_nothing)
{
	setup_blog();
	must_generate(BLOG_OPTIONS);
	struct stat before = state_of("user.c");
	must_generate(BLOG_OPTIONS);
	must_say("0 files written");
	struct stat after = state_of("user.c");
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ck_assert_int_eq(generate(BLOG_OPTIONS " --check"), 0);
	ck_assert_str_eq(shop.output, "");
	teardown();
}
END_TEST

START_TEST(test_check__names_what_a_changed_table_would_change)
{
	setup_blog();
	ck_assert_int_eq(generate(BLOG_OPTIONS " --check"), 1);
	must_say("user.h is not there");
	must_generate(BLOG_OPTIONS);
	sql("ALTER TABLE posts ALTER title DROP NOT NULL; ALTER TABLE posts ADD mood text");
	struct stat before = state_of("post.c");
	ck_assert_int_eq(generate(BLOG_OPTIONS " --check"), 1);
	must_say("/post.h differs");
	must_say("/post.c differs");
	must_say("differences: 2");
	ck_assert_ptr_null(strstr(shop.output, "user"));
	ck_assert_uint_eq(before.st_ino, state_of("post.c").st_ino);
	must_generate(BLOG_OPTIONS);
	must_say("2 files written");
	teardown();
}
END_TEST

START_TEST(test_check__names_the_files_of_a_table_that_is_gone)
{
	setup_blog();
	must_generate(BLOG_OPTIONS);
	must_run("echo '/* mine */' >%s/user_more.c", shop.directory);
	sql("DROP TABLE comments");
	ck_assert_int_eq(generate("--auto-now updated_at --relation posts.user_id=author --check"), 1);
	must_say("/comment.h is of nothing that is written any more");
	must_generate("--auto-now updated_at --relation posts.user_id=author");
	must_say("/comment_dao.c is of nothing that is written any more: remove it");
	ck_assert_ptr_null(strstr(shop.output, "user_more"));
	must_run("rm %s/comment*", shop.directory);
	ck_assert_int_eq(generate("--auto-now updated_at --relation posts.user_id=author --check"), 0);
	teardown();
}
END_TEST

/* ---- What goes wrong --------------------------------------------------------------------------------------------------------- */

START_TEST(test_generate__names_everything_that_cannot_be_modelled)
{
	static const char *const wanted[] = {
		"\"keyless\" has no primary key: give it one, or leave it out: --without 'keyless'",
		"\"at\" of \"places\" is of type point, which a model cannot have; leave it out: --without 'places.at'",
		"\"home\" of \"places\" is of type point, which a model cannot have; give it a default",
		"\"Mixed Name\" is no name of a struct; say --name 'Mixed Name=...'",
		"\"class\" is a word of C or C++; say --name classes=...",
		"\"log\" is a name of the C library; say --name logs=...",
		"\"first name\" is no name of a member; say --name 'odd.first name=...'",
		"\"9lives\" is no name of a member",
		"\"größe\" is no name of a member",
		"\"id\" of \"floats\" is of type double precision, which cannot be part of a primary key",
		"\"cells\" of \"grids\" is an array of several dimensions",
		"\"class\" and \"class_\" of \"clashes\" would both be the member class_",
		"two relations notes, by notes.member_id=/BACK and by likes.note_id=//ACROSS; say --relation likes.note_id=//ACROSS",
		"a relation member beside its member of that name; say --relation pets.member_id=NAME",
		"\"goat\" and \"goats\" would both be the model goat",
		"\"id\" of \"ends\" is of a domain on an enum, which cannot be part of a primary key",
		"\"wide\" has 65 columns and a model at most 64",
		"\"deep\" has more than 8 columns",
		"column \"mood\" of \"moods\" is of the enum",
		"which has no labels yet; leave it out: --without 'moods.mood'",
		"table \"std\": \"std\" is a word of C or C++",
		"s, which is longer than 63 bytes; say --relation aaaaaaaaaabb",
		"nothing was written",
	};

	setup();
	sql_of_file(GENERATED "nasty.sql");
	ck_assert_int_eq(generate(""), 1);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		must_say(wanted[i]);
	ck_assert_int_ne(access(shop.directory, F_OK), 0);
	teardown();
}
END_TEST

START_TEST(test_generate__names_of_the_program_that_clash_are_said)
{
	setup();
	sql("CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE user_lists (id int PRIMARY KEY);"
	    "CREATE TABLE fields (id int PRIMARY KEY, user_id int REFERENCES users)");
	ck_assert_int_eq(generate(""), 1);
	must_say("user_list would be declared for model user");
	must_say("user_fields would be declared for");
	must_say("relation fields of user (--relation fields.user_id=/BACK)");
	must_generate("--name user_lists=group --relation fields.user_id=owner/own_fields");
	compile_each();
	teardown();
}
END_TEST

START_TEST(test_generate__a_choice_about_nothing_is_a_mistake)
{
	setup_blog();
	ck_assert_int_eq(generate("--table usrs --without tags --name posts.nothing=x --relation comments.body=x "
	                          "--auto-now changed --more postings=.x"),
	                 1);
	must_say("--table usrs: ");
	must_say("--without tags: ");
	must_say("--name posts.nothing: ");
	must_say("--relation comments.body: ");
	must_say("--auto-now changed: ");
	must_say("--more postings: ");
	ck_assert_int_eq(generate("--auto-now title"), 1);
	must_say(
		"--auto-now title: column \"title\" of \"posts\" is character varying(200) NOT NULL, and must be a timestamptz");
	ck_assert_int_eq(generate("--without users.id"), 1);
	must_say("--without users.id: it is part of the primary key");
	ck_assert_int_eq(generate("--nonsense"), 2);
	must_say("--nonsense: there is no such option");
	ck_assert_int_eq(generate("--name users"), 2);
	ck_assert_int_eq(generate("--help"), 0);
	must_say("usage: ");
	ck_assert_int_eq(run("%s --schema nowhere --out %s", WEIR_GENERATE, shop.directory), 1);
	must_say("there is no schema \"nowhere\"");
	ck_assert_int_eq(run("%s --out x --postgres 'host=127.0.0.1 port=1 user=x password=secret'", WEIR_GENERATE), 1);
	must_say("WEIR_ERR_CONNECT");
	ck_assert_ptr_null(strstr(shop.output, "secret"));
	teardown();
}
END_TEST

/* The directory as `ls` and a sum of all bytes tell it. */
static void remember(char to[4096])
{
	must_run("ls -Ai %s; cat %s/*.? | cksum", shop.directory, shop.directory);
	ck_assert_uint_lt(strlen(shop.output), 4096);
	strcpy(to, shop.output);
}

START_TEST(test_generate__a_run_that_fails_leaves_the_directory_as_it_was)
{
	char before[4096], after[4096];

	setup_blog();
	must_generate(BLOG_OPTIONS);
	remember(before);
	sql("ALTER TABLE users ADD mood text; CREATE TABLE keyless (a int)");
	ck_assert_int_eq(generate(BLOG_OPTIONS), 1);
	remember(after);
	ck_assert_str_eq(before, after);
	sql("DROP TABLE keyless; CREATE TABLE tags (id int PRIMARY KEY)");
	must_run("echo 'int mine;' >%s/tag_dao.c", shop.directory);
	remember(before);
	ck_assert_int_eq(generate(BLOG_OPTIONS), 1);
	must_say("tag_dao.c is there and was not written by this program");
	remember(after);
	ck_assert_str_eq(before, after);
	must_run("cd %s && rm tag_dao.c && mkdir tag_dao.c", shop.directory);
	ck_assert_int_eq(generate(BLOG_OPTIONS), 1);
	must_say("tag_dao.c: ");
	ck_assert_int_eq(run("grep mood %s/user.h", shop.directory), 1);
	teardown();
}
END_TEST

WEIR_SUITE("generate", test_generate__daos_of_the_bundled_tables_compile_and_work,
           test_generate__models_name_their_schema_where_the_search_path_does_not_find_it,
           test_generate__a_table_with_every_type_has_a_model_that_fits,
           test_generate__keys_relations_marks_and_odd_names_work,
           test_generate__tables_called_as_parameters_are_can_be_compiled,
           test_generate__finders_and_relations_by_every_type_find,
           test_generate__models_have_the_singular_of_the_tables_names,
           test_generate__daos_of_the_chinook_database_work, test_generate__a_prefix_and_a_choice_of_tables_are_kept_to,
           test_generate__needs_no_right_but_to_read_the_catalog, test_docs__the_session_is_what_the_program_says,
           test_generate__a_second_run_changes_nothing, test_check__names_what_a_changed_table_would_change,
           test_check__names_the_files_of_a_table_that_is_gone, test_generate__names_everything_that_cannot_be_modelled,
           test_generate__names_of_the_program_that_clash_are_said, test_generate__a_choice_about_nothing_is_a_mistake,
           test_generate__a_run_that_fails_leaves_the_directory_as_it_was);

#else

int main(void)
{
	puts("skipped: the program is not built");
	return 0;
}

#endif
