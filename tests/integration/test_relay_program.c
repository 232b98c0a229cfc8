/* The relay as a program of its own: it serves processes that have none, waits for a database that is not there, ends on a signal. */
#include <weir/relay.h>

#include "support/blog.h"
#include "support/eventually.h"
#include "support/servers.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WEIR_RELAY

#define NOWHERE "redis://127.0.0.1:1/0"

static struct blog blog;

static pid_t start_at(const char *database, char *const *arguments)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	setenv("DATABASE_URL", database, 1);
	setenv("REDIS_URL", test_redis_url(), 1);
	execv(WEIR_RELAY, arguments);
	_exit(127);
}

static pid_t start(const char *option, const char *value)
{
	char *const arguments[] = { (char *)"relay", (char *)"--prefix", blog.prefix,   (char *)"--schema",
		                        blog.schema,     (char *)option,     (char *)value, NULL };

	return start_at(test_database_url(), arguments);
}

static int ended(pid_t child)
{
	int status = 0;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int stop(pid_t child)
{
	ck_assert_int_eq(kill(child, SIGTERM), 0);
	return ended(child);
}

static int64_t rows_in_outbox(void)
{
	return strtoll(blog_sql(&blog, "SELECT count(*) FROM weir_outbox"), NULL, 10);
}

static bool hits(int64_t id)
{
	const user *found = NULL;
	uint64_t    before = blog_queries(&blog);

	assert_ok(user_dao_get_by_id_cached(&blog.users, id, &found, &blog.err));
	user_release(&found);
	return blog_queries(&blog) == before;
}

START_TEST(test_program__reports_what_it_did)
{
	char  line[256] = "";
	int   out[2];
	FILE *lines;
	pid_t relay;

	blog_open(&blog, NULL);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	blog_user(&blog, "ada");
	ck_assert_int_eq(pipe(out), 0);
	fflush(stdout);
	int before = dup(1);
	ck_assert_int_ge(dup2(out[1], 1), 0);
	relay = start("--report-s", "1");
	ck_assert_int_ge(dup2(before, 1), 0);
	close(before);
	close(out[1]);
	lines = fdopen(out[0], "r");
	ck_assert_ptr_nonnull(lines);
	EVENTUALLY(rows_in_outbox() == 0);
	do
		ck_assert_ptr_nonnull(fgets(line, sizeof line, lines));
	while (strstr(line, "relay: 0 rows"));
	ck_assert_msg(strstr(line, " rows applied, ") && strstr(line, " 0 failed, lag "), "%s", line);
	ck_assert_int_eq(stop(relay), 0);
	fclose(lines);
	blog_close(&blog);
}
END_TEST

START_TEST(test_program__serves_processes_without_a_relay)
{
	blog_open(&blog, NULL);
	assert_ok(weir_outbox_install(blog.session, &blog.err));
	assert_ok(weir_relay_install(blog.session, NULL, &blog.err));
	int64_t id = blog_user(&blog, "ada");
	weir_close(&blog.session);
	blog.session = blog_open_other(&blog, &(weir_options){ .outside_ms = 1000, .relay = WEIR_OFF });
	blog.users = get_user_dao(blog.session);
	ck_assert(!hits(id));
	pid_t relay = start("--outside-ms", "1000");
	EVENTUALLY(hits(id));
	blog_sql(&blog, "UPDATE users SET bio = 'x'");
	EVENTUALLY(rows_in_outbox() == 0);
	ck_assert_int_eq(stop(relay), 0);
	EVENTUALLY(!hits(id) && !hits(id)); /* one may be because of the write */
	blog_close(&blog);
}
END_TEST

START_TEST(test_program__makes_the_table_if_it_is_told_to_and_works_once)
{
	blog_open(&blog, NULL);
	ck_assert_int_eq(ended(start("--once", NULL)), 1);
	ck_assert_int_eq(ended(start("--nonsense", NULL)), 2);
	char *const install[] = { (char *)"relay", (char *)"--schema",  blog.schema,      (char *)"--prefix",
		                      blog.prefix,     (char *)"--install", (char *)"--once", NULL };
	ck_assert_int_eq(ended(start_at(test_database_url(), install)), 0);
	weir_session *writer =
		blog_open_other(&blog, &(weir_options){ .redis = NOWHERE, .outbox = WEIR_ON, .relay = WEIR_OFF });
	user_dao users = get_user_dao(writer);
	assert_ok(user_dao_create(&users, &(user){ .username = "a", .email = "a" }, WEIR_SET(user, username, email), NULL,
	                          &blog.err));
	weir_close(&writer);
	ck_assert_int_eq(rows_in_outbox(), 1);
	ck_assert_int_eq(ended(start("--once", NULL)), 0);
	ck_assert_int_eq(rows_in_outbox(), 0);
	blog_close(&blog);
}
END_TEST

START_TEST(test_program__waits_for_a_database_that_is_not_there_and_ends_on_a_signal)
{
	char *const arguments[] = { (char *)"relay", NULL };
	int         status = 0;
	pid_t       relay = start_at("host=127.0.0.1 port=1 dbname=none", arguments);

	for (int i = 0; i < 60; i++) {
		ck_assert_int_eq(waitpid(relay, &status, WNOHANG), 0);
		(void)poll(NULL, 0, 25);
	}
	ck_assert_int_eq(stop(relay), 0);
}
END_TEST

WEIR_SUITE("relay program", test_program__serves_processes_without_a_relay, test_program__reports_what_it_did,
           test_program__makes_the_table_if_it_is_told_to_and_works_once,
           test_program__waits_for_a_database_that_is_not_there_and_ends_on_a_signal);

#else

int main(void)
{
	puts("skipped: the program is not built");
	return 0;
}

#endif
