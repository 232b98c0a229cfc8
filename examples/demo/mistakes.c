/* Bad input gets an error that says what is wrong, and changes nothing. */
#include "demo.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

static int duplicate(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);
	user     values = { .username = "grace7", .email = "another@example.org" };

	return user_dao_create(&users, &values, WEIR_SET(user, username, email), NULL, err);
}

static int unknown_author(weir_session *session, weir_error *err)
{
	post_dao posts = get_post_dao(session);
	post     values = { .user_id = 999999, .title = "Hello", .body = "" };

	return post_dao_create(&posts, &values, WEIR_SET(post, user_id, title, body), NULL, err);
}

static int too_old(weir_session *session, weir_error *err)
{
	user_dao users = get_user_dao(session);

	return user_dao_update(&users, 1, &(user){ .age = weir_some_i32(999) }, WEIR_SET(user, age), NULL, err);
}

static int too_long(weir_session *session, weir_error *err)
{
	char     name[100];
	user_dao users = get_user_dao(session);

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	return user_dao_update(&users, 1, &(user){ .username = name }, WEIR_SET(user, username), NULL, err);
}

static int no_title(weir_session *session, weir_error *err)
{
	post_dao posts = get_post_dao(session);

	return post_dao_update(&posts, 1, &(post){ .title = NULL }, WEIR_SET(post, title), NULL, err);
}

static int before_the_start(weir_session *session, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list found = WEIR_LIST_INIT;

	return user_dao_get_all(&users, WEIR_QUERY(.skip = -1), &found, err);
}

static int foreign_column(weir_session *session, weir_error *err)
{
	user_dao  users = get_user_dao(session);
	user_list found = WEIR_LIST_INIT;

	return user_dao_get_all_cached(&users, WEIR_QUERY(.where = weir_eq(post_c.title, "Hello")), &found, err);
}

static const struct mistake {
	const char *what;
	int (*make)(weir_session *session, weir_error *err);
	int status;
} mistakes[] = {
	{ "a username that is taken", duplicate, WEIR_ERR_UNIQUE },
	{ "a post by nobody", unknown_author, WEIR_ERR_FOREIGN_KEY },
	{ "a user of 999 years", too_old, WEIR_ERR_CHECK },
	{ "a name of 99 characters", too_long, WEIR_ERR_VALUE },
	{ "NULL where none is allowed", no_title, WEIR_ERR_NOT_NULL },
	{ "a page before the first", before_the_start, WEIR_ERR_USAGE },
	{ "users filtered by posts.title", foreign_column, WEIR_ERR_USAGE },
};

/* The facts that come beside the sentence, for a program to act on. */
static void show_facts(const weir_error *err)
{
	if (err->sqlstate[0])
		print_line("    sqlstate %s, table %s, constraint %s", err->sqlstate, err->table, err->constraint);
}

int chapter_mistakes(demo *d, weir_error *unused)
{
	(void)unused;
	print_title("Mistakes: what is wrong is said, nothing is changed");
	for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
		weir_error err = WEIR_ERROR_INIT;
		int        rc = mistakes[i].make(d->session, &err);

		print_line("%-30s %s", mistakes[i].what, weir_status_name(rc));
		print_line("    %s", err.message);
		show_facts(&err);
		demo_claim(d, rc == mistakes[i].status, "the status says what kind of mistake it is");
	}
	return WEIR_OK;
}
