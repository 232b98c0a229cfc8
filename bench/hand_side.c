/* The hand-written side of the operations, around the functions of baseline/. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed(bench *b)
{
	return bench_fail(b, "by hand: %s%s", b->baseline.error, b->async_baseline.error);
}

char *bench_async_url(const char *postgres_url)
{
	static const char option[] = "options=-csynchronous_commit%3Doff";
	size_t            size = strlen(postgres_url) + sizeof option + 1;
	char             *url = malloc(size);

	if (url)
		snprintf(url, size, "%s%c%s", postgres_url, strchr(postgres_url, '?') ? '&' : '?', option);
	return url;
}

bool bench_baseline_open(bench *b, const char *postgres_url, const char *redis_url)
{
	char *async_url = bench_async_url(postgres_url);
	bool  done = async_url && baseline_open(&b->baseline, postgres_url, redis_url, BENCH_SCHEMA) &&
	            baseline_open(&b->async_baseline, async_url, redis_url, BENCH_SCHEMA);

	free(async_url);
	return done || failed(b);
}

void bench_baseline_close(bench *b)
{
	baseline_close(&b->async_baseline);
	baseline_close(&b->baseline);
	free(b->many);
	b->many = NULL;
}

/* Checks a record against its id and frees it. */
static bool take(bench *b, bench_check *check, baseline_user *record, int64_t id)
{
	bool right;

	if (!record)
		return failed(b);
	right = record->id == id || bench_fail(b, "by hand: user %" PRId64 " for %" PRId64, record->id, id);
	if (right && check)
		right = bench_check_user(b, check, record);
	free(record);
	return right;
}

static bool take_list(bench *b, bench_check *check, baseline_list *list, int64_t first)
{
	bool right = list->count == BENCH_LIST_LENGTH || bench_fail(b, "by hand: a list of %zu users", list->count);

	for (size_t i = 0; right && i < list->count; i++) {
		right = list->items[i].id == first + (int64_t)i || bench_fail(b, "by hand: another user at %zu of a list", i);
		if (right && check)
			right = bench_check_user(b, check, &list->items[i]);
	}
	free(list->items);
	return right;
}

/* ---- Reads ----------------------------------------------------------------------------------------------------- */

bool hand_get_by_id_db(bench *b, size_t pick, bench_check *check)
{
	int64_t id = bench_first_id(pick, BENCH_ANY_USER);

	return take(b, check, baseline_get_by_id(&b->baseline, id), id);
}

bool hand_get_by_id_hit(bench *b, size_t pick, bench_check *check)
{
	int64_t id = bench_first_id(pick, BENCH_HOT_USER);

	return take(b, check, baseline_get_by_id_cached(&b->baseline, id), id);
}

bool hand_get_by_email_hit(bench *b, size_t pick, bench_check *check)
{
	baseline_user *found = baseline_get_by_email_cached(&b->baseline, b->oracle.users[pick].email);

	return take(b, check, found, bench_first_id(pick, BENCH_HOT_USER));
}

typedef bool (*many_reader)(baseline *base, const int64_t *ids, size_t count, baseline_user **users);

static bool get_many(bench *b, size_t pick, bench_check *check, many_reader read)
{
	const int64_t *ids = b->oracle.random_ids + pick * BENCH_LIST_LENGTH;
	baseline_user *found[BENCH_LIST_LENGTH];
	bool           right = true;

	if (!read(&b->baseline, ids, BENCH_LIST_LENGTH, found))
		return failed(b);
	for (size_t i = 0; i < BENCH_LIST_LENGTH; i++)
		right = take(b, check, found[i], ids[i]) && right;
	return right;
}

bool hand_get_many100_hit(bench *b, size_t pick, bench_check *check)
{
	return get_many(b, pick, check, baseline_get_many_by_get);
}

bool hand_get_many100_mget(bench *b, size_t pick, bench_check *check)
{
	return get_many(b, pick, check, baseline_get_many_by_mget);
}

static bool pipeline(bench *b, size_t pick, bench_check *check, size_t count)
{
	const int64_t *ids = b->oracle.random_ids + pick * BENCH_LIST_LENGTH;
	baseline_user *found[BENCH_LIST_LENGTH];
	bool           right = true;

	if (!baseline_get_many_by_pipeline(&b->baseline, ids, count, found))
		return failed(b);
	for (size_t i = 0; i < count; i++)
		right = take(b, check, found[i], ids[i]) && right;
	return right;
}

bool hand_pipeline16(bench *b, size_t pick, bench_check *check)
{
	return pipeline(b, pick, check, 16);
}

bool hand_pipeline64(bench *b, size_t pick, bench_check *check)
{
	return pipeline(b, pick, check, 64);
}

bool hand_list100_db(bench *b, size_t pick, bench_check *check)
{
	int64_t       first = bench_first_id(pick, BENCH_ANY_LIST);
	baseline_list list;

	return baseline_list_from(&b->baseline, first, &list) ? take_list(b, check, &list, first) : failed(b);
}

bool hand_list100_hit(bench *b, size_t pick, bench_check *check)
{
	int64_t       first = bench_first_id(pick, BENCH_HOT_LIST);
	baseline_list list;

	return baseline_list_from_cached(&b->baseline, first, &list) ? take_list(b, check, &list, first) : failed(b);
}

static bool users100(bench *b, size_t pick, bench_check *check, bool comments)
{
	int64_t       first = bench_first_id(pick, BENCH_HOT_LIST);
	baseline_tree tree;
	baseline_list users;

	if (!baseline_users_with_posts(&b->baseline, first, comments, &tree))
		return failed(b);
	for (size_t i = 0; check && i < tree.users.count; i++) {
		for (size_t k = 0; k < tree.posts_of[i].count; k++) {
			const baseline_post *from = &tree.posts[tree.posts_of[i].first + k];

			bench_check_post(check, from);
			for (size_t c = 0; c < from->comment_count; c++)
				bench_check_comment(check, &from->comments[c]);
		}
	}
	users = tree.users;
	tree.users.items = NULL;
	baseline_tree_free(&tree);
	return take_list(b, check, &users, first) && (!check || bench_check_posts(b, check, first, comments));
}

bool hand_users100_posts(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, false);
}

bool hand_users100_posts_comments(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, true);
}

/* Compared with the other way to do the same. */
bool hand_users100_each_posts(bench *b, size_t pick, bench_check *check)
{
	int64_t       first = bench_first_id(pick, BENCH_HOT_LIST);
	baseline_tree tree;
	size_t        posts, expected;

	if (!baseline_users_and_each_posts(&b->baseline, first, &posts))
		return failed(b);
	if (!check)
		return true;
	if (!baseline_users_with_posts(&b->baseline, first, false, &tree))
		return failed(b);
	expected = tree.post_count;
	check->users += tree.users.count;
	baseline_tree_free(&tree);
	return posts == expected || bench_fail(b, "by hand: %zu posts, not %zu", posts, expected);
}

bool hand_count_hit(bench *b, size_t pick, bench_check *check)
{
	int64_t count = 0;

	(void)pick;
	if (!baseline_count_cached(&b->baseline, &count))
		return failed(b);
	return !check || bench_check_number(b, count, "SELECT count(*) FROM users");
}

bool hand_exists_hit(bench *b, size_t pick, bench_check *check)
{
	const char *username = b->oracle.users[pick].username;
	bool        exists = false;

	(void)check;
	if (!baseline_exists_cached(&b->baseline, username, &exists))
		return failed(b);
	return exists || bench_fail(b, "by hand: %s does not exist", username);
}

/* ---- Writes ---------------------------------------------------------------------------------------------------- */

bool hand_create(bench *b, size_t pick, bench_check *check)
{
	char           room[256];
	baseline_user  values;
	baseline_user *created;

	(void)pick;
	bench_new_values(b, &values, room);
	created = baseline_create(&b->baseline, &values);
	return take(b, check, created, created ? created->id : 0);
}

bool hand_create_many10k(bench *b, size_t pick, bench_check *check)
{
	bench_many *many = bench_many_new(b);

	(void)pick;
	if (!many)
		return bench_fail(b, "out of memory");
	if (!baseline_copy(&b->baseline, many->values, BENCH_MANY))
		return failed(b);
	return !check || bench_check_many(b, check);
}

bool hand_create_many10k_returning(bench *b, size_t pick, bench_check *check)
{
	bench_many   *many = bench_many_new(b);
	baseline_list created;
	bool          right;

	(void)pick;
	if (!many)
		return bench_fail(b, "out of memory");
	if (!baseline_create_many(&b->baseline, many->values, BENCH_MANY, &created))
		return failed(b);
	right = created.count == BENCH_MANY || bench_fail(b, "by hand: %zu users were created", created.count);
	for (size_t i = 0; right && i < BENCH_MANY; i += check ? 1 : BENCH_MANY - 1)
		right = strcmp(created.items[i].username, many->values[i].username) == 0 ||
		        bench_fail(b, "by hand: another user at %zu of those created", i);
	free(created.items);
	return right && (!check || bench_check_many(b, check));
}

static bool update(bench *b, baseline *base, int64_t id, bench_check *check)
{
	char          room[256];
	baseline_user values;

	bench_new_values(b, &values, room);
	if (!take(b, check, baseline_update(base, id, &values), id))
		return false;
	if (!check)
		return true;
	for (int i = 0; i < 2; i++) {
		if (!take(b, check, baseline_get_by_id_cached(base, id), id))
			return false;
	}
	check->users -= 2;
	return true;
}

bool hand_update_inval(bench *b, size_t pick, bench_check *check)
{
	return update(b, &b->baseline, bench_first_id(pick, BENCH_ANY_USER), check);
}

bool hand_update_inval_async(bench *b, size_t pick, bench_check *check)
{
	return update(b, &b->async_baseline, bench_first_id(pick, BENCH_ANY_USER), check);
}

/* A read is not compared with SQL: the other side writes the same users. */
static bool mixed(bench *b, size_t pick, unsigned writes, bench_check *check)
{
	size_t user_pick = b->oracle.zipf_picks[pick];

	if (bench_is_write(pick, writes))
		return hand_update_inval(b, user_pick, check);
	if (check)
		check->users++;
	return hand_get_by_id_hit(b, user_pick, NULL);
}

bool hand_mixed_90_10(bench *b, size_t pick, bench_check *check)
{
	return mixed(b, pick, 10, check);
}

bool hand_mixed_99_1(bench *b, size_t pick, bench_check *check)
{
	return mixed(b, pick, 1, check);
}
