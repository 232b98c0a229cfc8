/* Users with their posts, and with the comments of those, by one query a level: = ANY of an array that is sent in binary. Rows
 * come in the order of their owners, so that what belongs to whom is a walk along both. */
#include "baseline/baseline.h"

#include <stdlib.h>
#include <string.h>

#define INT8_OID          20
#define POSTGRES_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 */

enum { POST_ID, POST_USER, TITLE, BODY, PUBLISHED, VIEWS, RATING, META, POST_CREATED, POST_UPDATED };
enum { COMMENT_ID, COMMENT_POST, COMMENT_USER, COMMENT_BODY, STARS, TOKEN, COMMENT_CREATED };

/* ---- Asking ---------------------------------------------------------------------------------------------------- */

/* int8[] as PostgreSQL sends and takes it: dimensions, has nulls, type; length, lower bound; then each with its length. */
static char *array_of(const int64_t *ids, size_t count, int *length)
{
	char *wire = malloc(20 + 12 * count), *at;

	if (!wire)
		return NULL;
	baseline_write_i32(wire, 1);
	baseline_write_i32(wire + 4, 0);
	baseline_write_i32(wire + 8, INT8_OID);
	baseline_write_i32(wire + 12, (int32_t)count);
	baseline_write_i32(wire + 16, 1);
	at = wire + 20;
	for (size_t i = 0; i < count; i++, at += 12) {
		baseline_write_i32(at, 8);
		baseline_write_i64(at + 4, ids[i]);
	}
	*length = (int)(at - wire);
	return wire;
}

static PGresult *ask_for(baseline *base, const char *statement, const int64_t *ids, size_t count)
{
	int         length, formats[1] = { 1 };
	char       *wire = array_of(ids, count, &length);
	const char *values[1] = { wire };
	PGresult   *result = wire ? baseline_execute(base, statement, 1, values, &length, formats) : NULL;

	free(wire);
	return result;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static const char *take_text(const PGresult *result, int row, int column, char **texts)
{
	size_t length = (size_t)PQgetlength(result, row, column) + 1;
	char  *text = *texts;

	if (PQgetisnull(result, row, column))
		return NULL;
	memcpy(text, PQgetvalue(result, row, column), length);
	*texts += length;
	return text;
}

static int64_t take_i64(const PGresult *result, int row, int column)
{
	return baseline_read_i64(PQgetvalue(result, row, column));
}

static int64_t take_time(const PGresult *result, int row, int column)
{
	return take_i64(result, row, column) + POSTGRES_EPOCH_US;
}

static double take_double(const PGresult *result, int row, int column)
{
	int64_t bits = take_i64(result, row, column);
	double  value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

/* jsonb begins with its version. */
static const char *take_json(const PGresult *result, int row, int column, char **texts)
{
	const char *text = take_text(result, row, column, texts);

	return text ? text + 1 : NULL;
}

static void take_post(const PGresult *result, int row, baseline_post *post, char **texts)
{
	post->id = take_i64(result, row, POST_ID);
	post->user_id = take_i64(result, row, POST_USER);
	post->title = take_text(result, row, TITLE, texts);
	post->body = take_text(result, row, BODY, texts);
	post->published = *PQgetvalue(result, row, PUBLISHED) != 0;
	post->views = take_i64(result, row, VIEWS);
	post->has_rating = !PQgetisnull(result, row, RATING);
	post->rating = post->has_rating ? take_double(result, row, RATING) : 0;
	post->meta = take_json(result, row, META, texts);
	post->created_us = take_time(result, row, POST_CREATED);
	post->updated_us = take_time(result, row, POST_UPDATED);
	post->comments = NULL;
	post->comment_count = 0;
}

static void take_comment(const PGresult *result, int row, baseline_comment *comment, char **texts)
{
	const unsigned char *stars = (const unsigned char *)PQgetvalue(result, row, STARS);

	comment->id = take_i64(result, row, COMMENT_ID);
	comment->post_id = take_i64(result, row, COMMENT_POST);
	comment->user_id = take_i64(result, row, COMMENT_USER);
	comment->body = take_text(result, row, COMMENT_BODY, texts);
	comment->has_stars = !PQgetisnull(result, row, STARS);
	comment->stars = comment->has_stars ? (int16_t)(stars[0] << 8 | stars[1]) : 0;
	memcpy(comment->token, PQgetvalue(result, row, TOKEN), sizeof comment->token);
	comment->created_us = take_time(result, row, COMMENT_CREATED);
}

/* Memory for the structs and behind them the texts of these columns. */
static void *allocate(const PGresult *result, size_t size, const int *columns, size_t count)
{
	int    rows = PQntuples(result);
	size_t bytes = 1 + (size_t)rows * size;

	for (int row = 0; row < rows; row++)
		for (size_t i = 0; i < count; i++)
			bytes += (size_t)PQgetlength(result, row, columns[i]) + 1;
	return malloc(bytes);
}

static bool take_posts(const PGresult *result, baseline_tree *tree)
{
	static const int texts_of[] = { TITLE, BODY, META };
	char            *texts;

	tree->posts = allocate(result, sizeof *tree->posts, texts_of, 3);
	if (!tree->posts)
		return false;
	tree->post_count = (size_t)PQntuples(result);
	texts = (char *)(tree->posts + tree->post_count);
	for (size_t i = 0; i < tree->post_count; i++)
		take_post(result, (int)i, &tree->posts[i], &texts);
	return true;
}

static bool take_comments(const PGresult *result, baseline_tree *tree)
{
	static const int texts_of[] = { COMMENT_BODY };
	char            *texts;

	tree->comments = allocate(result, sizeof *tree->comments, texts_of, 1);
	if (!tree->comments)
		return false;
	tree->comment_count = (size_t)PQntuples(result);
	texts = (char *)(tree->comments + tree->comment_count);
	for (size_t i = 0; i < tree->comment_count; i++)
		take_comment(result, (int)i, &tree->comments[i], &texts);
	return true;
}

/* ---- Levels ---------------------------------------------------------------------------------------------------- */

/* Both are in the order of the user's id. */
static void give_posts(baseline_tree *tree)
{
	size_t at = 0;

	for (size_t i = 0; i < tree->users.count; i++) {
		tree->posts_of[i].first = at;
		while (at < tree->post_count && tree->posts[at].user_id == tree->users.items[i].id)
			at++;
		tree->posts_of[i].count = at - tree->posts_of[i].first;
	}
}

static bool load_posts(baseline *base, baseline_tree *tree)
{
	int64_t   ids[BASELINE_LIST_LIMIT];
	PGresult *result;
	bool      done;

	for (size_t i = 0; i < tree->users.count; i++)
		ids[i] = tree->users.items[i].id;
	result = ask_for(base, BASELINE_POSTS, ids, tree->users.count);
	done = result && take_posts(result, tree);
	PQclear(result);
	if (done)
		give_posts(tree);
	return done;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Comments come by post, and a post finds its own by a search. */
static void give_comments(baseline_tree *tree)
{
	for (size_t i = 0; i < tree->post_count; i++) {
		baseline_post *post = &tree->posts[i];
		size_t         low = 0, high = tree->comment_count;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (tree->comments[middle].post_id < post->id)
				low = middle + 1;
			else
				high = middle;
		}
		post->comments = tree->comments + low;
		while (low < tree->comment_count && tree->comments[low].post_id == post->id)
			low++;
		post->comment_count = (size_t)(tree->comments + low - post->comments);
	}
}

static bool load_comments(baseline *base, baseline_tree *tree)
{
	int64_t  *ids = malloc((tree->post_count + 1) * sizeof *ids);
	PGresult *result = NULL;
	bool      done;

	for (size_t i = 0; ids && i < tree->post_count; i++)
		ids[i] = tree->posts[i].id;
	if (ids) {
		qsort(ids, tree->post_count, sizeof *ids, by_id);
		result = ask_for(base, BASELINE_COMMENTS, ids, tree->post_count);
	}
	done = result && take_comments(result, tree);
	PQclear(result);
	free(ids);
	if (done)
		give_comments(tree);
	return done;
}

bool baseline_users_with_posts(baseline *base, int64_t first_id, bool comments, baseline_tree *tree)
{
	*tree = (baseline_tree){ .posts = NULL };
	if (!baseline_list_from(base, first_id, &tree->users))
		return false;
	if (load_posts(base, tree) && (!comments || load_comments(base, tree)))
		return true;
	baseline_tree_free(tree);
	return false;
}

/* What a program does that asks for each user's posts when it comes to the user. */
bool baseline_users_and_each_posts(baseline *base, int64_t first_id, size_t *posts)
{
	baseline_list users;
	bool          done = baseline_list_from(base, first_id, &users);

	*posts = 0;
	for (size_t i = 0; done && i < users.count; i++) {
		baseline_tree tree = { .users = { &users.items[i], 1 } };

		done = load_posts(base, &tree);
		*posts += tree.post_count;
		free(tree.posts);
	}
	if (users.items)
		free(users.items);
	return done;
}

void baseline_tree_free(baseline_tree *tree)
{
	free(tree->users.items);
	free(tree->posts);
	free(tree->comments);
}
