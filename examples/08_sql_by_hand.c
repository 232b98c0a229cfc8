/* 08_sql_by_hand: a statement of one's own, its rows in a struct of one's own, kept in the cache and right again after each
 * write to what it reads. */
#include <blog/blog.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct author {
	const char *username;
	int64_t     posts;
} author;
WEIR_RECORD(author)

static const weir_field author_fields[] = { WEIR_FIELD(author, username), WEIR_FIELD(author, posts) };
static const weir_model author_model = WEIR_RESULT(author, author_fields);

static int show_authors(weir_session *session, weir_error *err)
{
	author_list rows = WEIR_LIST_INIT;
	int         rc = weir_query_into_cached(
				session,
				WEIR_SQL("SELECT u.username, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id "
	                             "GROUP BY u.id ORDER BY 2 DESC, 1 LIMIT $1"),
				WEIR_PARAMS(10), &author_model, WEIR_READS(user, post), &rows, err);

	for (size_t i = 0; i < rows.count; i++)
		printf("%s%s %d", i ? ", " : "", rows.items[i]->username, (int)rows.items[i]->posts);
	printf("\n");
	author_list_release(&rows);
	return rc;
}

static int fill(weir_session *session, weir_error *err)
{
	static const user people[] = { { .username = "ada", .email = "ada" }, { .username = "alan", .email = "alan" } };
	user_dao          users = get_user_dao(session);

	return user_dao_create_many(&users, people, 2, WEIR_SET(user, username, email), NULL, err);
}

static int run(weir_session *session, weir_error *err)
{
	const char  *greeted[] = { "ada", "alan" };
	weir_opt_i64 longest = weir_null_i64();
	int64_t      greetings = 0;
	int          rc = fill(session, err);

	if (rc == WEIR_OK)
		rc = show_authors(session, err);
	if (rc == WEIR_OK) /* the rows it returns are those it makes: only these are touched */
		rc = weir_execute(session,
		                  WEIR_SQL("INSERT INTO posts (user_id, title) SELECT id, 'Hello ' || username FROM users "
		                           "WHERE username = ANY($1) RETURNING id"),
		                  WEIR_PARAMS(weir_array(greeted, 2)), WEIR_WRITES_RETURNED(post), &greetings, err);
	if (rc == WEIR_OK)
		rc = show_authors(session, err);
	if (rc == WEIR_OK)
		rc = weir_query_i64(session, WEIR_SQL("SELECT max(length(title)) FROM posts"), WEIR_NO_PARAMS, &longest, err);
	printf("%d greetings, the longest of %d letters\n", (int)greetings, (int)longest.value);
	return rc;
}

int main(void)
{
	weir_options options = {
		.postgres = getenv("DATABASE_URL"),
		.redis = getenv("REDIS_URL"),
		.models = blog_models,
		.schema = getenv("BLOG_SCHEMA"),
		.cache_prefix = getenv("BLOG_PREFIX"),
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * ada 0, alan 0
 * ada 1, alan 1
 * 2 greetings, the longest of 10 letters
 */
