/* weir's side of the operations: the public headers of weir and blog, and nothing else. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed(bench *b, const char *what, int status)
{
	return bench_fail(b, "weir: %s: %s %s", what, weir_status_name(status), b->err.message);
}

static bool open_session(bench *b, const char *postgres_url, const char *redis_url, weir_switch near,
                         weir_session **session)
{
	weir_options options = {
		.postgres = postgres_url,
		.redis = redis_url,
		.models = blog_models,
		.schema = BENCH_SCHEMA,
		.cache_prefix = BENCH_PREFIX,
		/* nothing expires meanwhile, and a busy machine is no reason to leave the cache out */
		.cache_timeout_ms = 1000,
		.cache = { .ttl_s = 3600,
		           .unique_ttl_s = 3600,
		           .list_ttl_s = 3600,
		           .count_ttl_s = 3600,
		           .near = near,
		           .max_items = WEIR_UNLIMITED,
		           .max_bytes = WEIR_UNLIMITED,
		           .near_max_items = WEIR_UNLIMITED,
		           .near_max_bytes = WEIR_UNLIMITED },
		.near.max_bytes = INT64_C(256) << 20,
		/* by hand each caller has a connection of its own */
		.pool.max_connections = b->options.threads > 8 ? b->options.threads : 8,
	};
	int rc = weir_open(&options, session, &b->err);

	return rc >= 0 || failed(b, "open", rc);
}

bool bench_weir_open(bench *b, const char *postgres_url, const char *redis_url)
{
	char *async_url = bench_async_url(postgres_url);
	bool  done = async_url && open_session(b, postgres_url, redis_url, WEIR_OFF, &b->session) &&
	            open_session(b, async_url, redis_url, WEIR_OFF, &b->async_session);
	int rc;

	free(async_url);
	if (!done)
		return false;
	b->users = get_user_dao(b->session);
	b->async_users = get_user_dao(b->async_session);
	b->postgres_url = postgres_url;
	b->redis_url = redis_url;
	/* what an earlier run left in this Redis may be older than the tables */
	rc = weir_cache_manager_flush(weir_session_cache(b->session), NULL, &b->err);
	return rc == WEIR_OK || failed(b, "flush", rc);
}

bool bench_near_open(bench *b, const bench_operation *operation)
{
	size_t length = strlen(operation->name);

	if (length < 5 || strcmp(operation->name + length - 5, "_near") != 0)
		return true;
	if (!open_session(b, b->postgres_url, b->redis_url, WEIR_ON, &b->near_session))
		return false;
	b->near_users = get_user_dao(b->near_session);
	for (int i = 0; b->others && i < b->options.threads - 1; i++)
		b->others[i].near_users = b->near_users;
	return true;
}

void bench_near_close(bench *b)
{
	weir_close(&b->near_session);
}

void bench_weir_close(bench *b)
{
	weir_futures_free(&b->futures);
	weir_close(&b->near_session);
	weir_close(&b->async_session);
	weir_close(&b->session);
}

/* ---- Results --------------------------------------------------------------------------------------------------- */

static baseline_user plain(const user *record)
{
	return (baseline_user){
		.id = record->id,
		.username = record->username,
		.email = record->email,
		.bio = record->bio,
		.balance = record->balance.text,
		.created_us = record->created_at.unix_us,
		.updated_us = record->updated_at.unix_us,
		.age = record->age.value,
		.has_age = record->age.has,
		.is_active = record->is_active,
	};
}

/* Checks a record against its id and releases it. */
static bool take(bench *b, bench_check *check, const char *what, int rc, const user **record, int64_t id)
{
	bool right;

	if (rc != WEIR_OK)
		return failed(b, what, rc);
	right = (*record)->id == id || bench_fail(b, "weir: %s: user %" PRId64 " for %" PRId64, what, (*record)->id, id);
	if (right && check) {
		baseline_user seen = plain(*record);

		right = bench_check_user(b, check, &seen);
	}
	user_release(record);
	return right;
}

/* The first place where the list has not its ids (NULL: they follow each other from `first`). */
static size_t first_wrong(const user_list *list, const int64_t *ids, int64_t first)
{
	size_t i = 0;

	if (ids)
		while (i < list->count && list->items[i] && list->items[i]->id == ids[i])
			i++;
	else
		while (i < list->count && list->items[i] && list->items[i]->id == first + (int64_t)i)
			i++;
	return i;
}

/* Checks a list against its ids and releases it. */
static bool take_list(bench *b, bench_check *check, user_list *list, const int64_t *ids, int64_t first)
{
	bool   right = list->count == BENCH_LIST_LENGTH || bench_fail(b, "weir: a list of %zu users", list->count);
	size_t wrong = right ? first_wrong(list, ids, first) : 0;

	if (right && wrong < list->count)
		right = bench_fail(b, "weir: another user at %zu of a list", wrong);
	for (size_t i = 0; right && check && i < list->count; i++) {
		baseline_user seen = plain(list->items[i]);

		right = bench_check_user(b, check, &seen);
	}
	user_list_release(list);
	return right;
}

/* ---- Reads ----------------------------------------------------------------------------------------------------- */

bool weir_get_by_id_db(bench *b, size_t pick, bench_check *check)
{
	int64_t     id = bench_first_id(pick, BENCH_ANY_USER);
	const user *found = NULL;
	int         rc = user_dao_get_by_id(&b->users, id, &found, &b->err);

	return take(b, check, "get_by_id", rc, &found, id);
}

static bool get_by_id(bench *b, const user_dao *users, size_t pick, bench_check *check)
{
	int64_t     id = bench_first_id(pick, BENCH_HOT_USER);
	const user *found = NULL;
	int         rc = user_dao_get_by_id_cached(users, id, &found, &b->err);

	return take(b, check, "get_by_id_cached", rc, &found, id);
}

bool weir_get_by_id_hit(bench *b, size_t pick, bench_check *check)
{
	return get_by_id(b, &b->users, pick, check);
}

bool weir_get_by_id_near(bench *b, size_t pick, bench_check *check)
{
	return get_by_id(b, &b->near_users, pick, check);
}

bool weir_get_by_email_hit(bench *b, size_t pick, bench_check *check)
{
	int64_t     id = bench_first_id(pick, BENCH_HOT_USER);
	const user *found = NULL;
	int         rc = user_dao_get_by_email_cached(&b->users, b->oracle.users[pick].email, &found, &b->err);

	return take(b, check, "get_by_email_cached", rc, &found, id);
}

bool weir_get_many100_hit(bench *b, size_t pick, bench_check *check)
{
	const int64_t *ids = b->oracle.random_ids + pick * BENCH_LIST_LENGTH;
	user_list      found = WEIR_LIST_INIT;
	int            rc = user_dao_get_many_cached(&b->users, ids, BENCH_LIST_LENGTH, &found, &b->err);

	return rc == WEIR_OK ? take_list(b, check, &found, ids, 0) : failed(b, "get_many_cached", rc);
}

/* Starts so many reads, and takes them in their order. */
static bool read_futures(bench *b, size_t pick, bench_check *check, size_t count)
{
	const int64_t *ids = b->oracle.random_ids + pick * BENCH_LIST_LENGTH;
	weir_future   *futures[BENCH_LIST_LENGTH] = { NULL };
	bool           right = true;
	int            rc = b->futures ? WEIR_OK : weir_futures_create(b->session, &b->futures, &b->err);

	for (size_t i = 0; rc == WEIR_OK && i < count; i++)
		rc = user_dao_start_get_by_id_cached(&b->users, ids[i], b->futures, &futures[i], &b->err);
	if (rc != WEIR_OK)
		return failed(b, "start_get_by_id_cached", rc);
	for (size_t i = 0; i < count; i++) {
		const user *found = NULL;

		rc = weir_future_take(&futures[i], &found, &b->err);
		right = take(b, check, "weir_future_take", rc, &found, ids[i]) && right;
	}
	return right;
}

bool weir_futures16_hit(bench *b, size_t pick, bench_check *check)
{
	return read_futures(b, pick, check, 16);
}

bool weir_futures64_hit(bench *b, size_t pick, bench_check *check)
{
	return read_futures(b, pick, check, 64);
}

bool weir_list100_db(bench *b, size_t pick, bench_check *check)
{
	int64_t   first = bench_first_id(pick, BENCH_ANY_LIST);
	user_list found = WEIR_LIST_INIT;
	int       rc = user_dao_get_all(&b->users, WEIR_QUERY(.where = weir_ge(user_c.id, first)), &found, &b->err);

	return rc == WEIR_OK ? take_list(b, check, &found, NULL, first) : failed(b, "get_all", rc);
}

static bool list100(bench *b, const user_dao *users, size_t pick, user_list *found)
{
	int64_t first = bench_first_id(pick, BENCH_HOT_LIST);
	int     rc = user_dao_get_all_cached(users, WEIR_QUERY(.where = weir_ge(user_c.id, first)), found, &b->err);

	return rc == WEIR_OK || failed(b, "get_all_cached", rc);
}

bool weir_list100_hit(bench *b, size_t pick, bench_check *check)
{
	user_list found = WEIR_LIST_INIT;

	return list100(b, &b->users, pick, &found) &&
	       take_list(b, check, &found, NULL, bench_first_id(pick, BENCH_HOT_LIST));
}

bool weir_list100_near(bench *b, size_t pick, bench_check *check)
{
	user_list found = WEIR_LIST_INIT;

	return list100(b, &b->near_users, pick, &found) &&
	       take_list(b, check, &found, NULL, bench_first_id(pick, BENCH_HOT_LIST));
}

/* The first --rows users. */
static bool read_rows(bench *b, const user_dao *users,
                      int (*get)(const user_dao *dao, const weir_query *query, user_list *list, weir_error *err))
{
	user_list found = WEIR_LIST_INIT;
	int       rc = get(users, WEIR_QUERY(.limit = b->options.rows), &found, &b->err);
	bool      right;

	if (rc != WEIR_OK)
		return failed(b, "get_all", rc);
	right = found.count == (size_t)b->options.rows || bench_fail(b, "weir: a list of %zu users", found.count);
	for (size_t i = 0; right && i < found.count; i++)
		right = found.items[i]->id == (int64_t)i + 1 || bench_fail(b, "weir: another user at %zu of a list", i);
	user_list_release(&found);
	return right;
}

bool weir_rows_db(bench *b, size_t pick, bench_check *check)
{
	(void)pick, (void)check;
	return read_rows(b, &b->users, user_dao_get_all);
}

bool weir_rows_hit(bench *b, size_t pick, bench_check *check)
{
	(void)pick, (void)check;
	return read_rows(b, &b->users, user_dao_get_all_cached);
}

bool weir_rows_near(bench *b, size_t pick, bench_check *check)
{
	(void)pick, (void)check;
	return read_rows(b, &b->near_users, user_dao_get_all_cached);
}

static void check_comments(bench_check *check, const user_list *list, const post *owner)
{
	comment_list comments = WEIR_LIST_INIT;

	if (!post_comments_loaded(list, owner, &comments))
		return;
	for (size_t i = 0; i < comments.count; i++) {
		const comment   *from = comments.items[i];
		baseline_comment seen = {
			.id = from->id,
			.post_id = from->post_id,
			.user_id = from->user_id,
			.body = from->body,
			.stars = from->stars.value,
			.has_stars = from->stars.has,
			.created_us = from->created_at.unix_us,
		};

		memcpy(seen.token, from->token.bytes, sizeof seen.token);
		bench_check_comment(check, &seen);
	}
}

static void check_posts(bench_check *check, const user_list *list, const user *owner)
{
	post_list posts = WEIR_LIST_INIT;

	if (!user_posts_loaded(list, owner, &posts))
		return;
	for (size_t i = 0; i < posts.count; i++) {
		const post *from = posts.items[i];

		bench_check_post(check, &(baseline_post){
									.id = from->id,
									.user_id = from->user_id,
									.title = from->title,
									.body = from->body,
									.meta = from->meta.text,
									.views = from->views,
									.rating = from->rating.value,
									.has_rating = from->rating.has,
									.published = from->published,
									.created_us = from->created_at.unix_us,
									.updated_us = from->updated_at.unix_us,
								});
		check_comments(check, list, from);
	}
}

typedef int (*list_getter)(const user_dao *dao, const weir_query *query, user_list *list, weir_error *err);

static bool users100(bench *b, size_t pick, bench_check *check, list_getter get, bool comments)
{
	int64_t   first = bench_first_id(pick, BENCH_HOT_LIST);
	user_list found = WEIR_LIST_INIT;
	int       rc = get(&b->users,
                 comments ? WEIR_QUERY(.where = weir_ge(user_c.id, first), .with = WEIR_WITH("posts.comments"))
	                            : WEIR_QUERY(.where = weir_ge(user_c.id, first), .with = WEIR_WITH("posts")),
	                   &found, &b->err);

	if (rc != WEIR_OK)
		return failed(b, "get_all with relations", rc);
	for (size_t i = 0; check && i < found.count; i++)
		check_posts(check, &found, found.items[i]);
	return take_list(b, check, &found, NULL, first) && (!check || bench_check_posts(b, check, first, comments));
}

bool weir_users100_posts(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, user_dao_get_all, false);
}

bool weir_users100_posts_hit(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, user_dao_get_all_cached, false);
}

bool weir_users100_posts_comments(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, user_dao_get_all, true);
}

bool weir_users100_posts_comments_hit(bench *b, size_t pick, bench_check *check)
{
	return users100(b, pick, check, user_dao_get_all_cached, true);
}

bool weir_count_hit(bench *b, size_t pick, bench_check *check)
{
	int64_t count = 0;
	int     rc = user_dao_count_cached(&b->users, NULL, &count, &b->err);

	(void)pick;
	if (rc != WEIR_OK)
		return failed(b, "count_cached", rc);
	return !check || bench_check_number(b, count, "SELECT count(*) FROM users");
}

bool weir_exists_hit(bench *b, size_t pick, bench_check *check)
{
	const char *username = b->oracle.users[pick].username;
	bool        exists = false;
	int         rc =
		user_dao_exists_cached(&b->users, WEIR_QUERY(.where = weir_eq(user_c.username, username)), &exists, &b->err);

	(void)check;
	if (rc != WEIR_OK)
		return failed(b, "exists_cached", rc);
	return exists || bench_fail(b, "weir: %s does not exist", username);
}

/* ---- Writes ---------------------------------------------------------------------------------------------------- */

static user values_of(const baseline_user *values)
{
	return (user){
		.username = values->username,
		.email = values->email,
		.bio = values->bio,
		.age = { values->has_age, values->age },
		.balance = weir_numeric_of(values->balance),
	};
}

bool weir_create(bench *b, size_t pick, bench_check *check)
{
	char          room[256];
	baseline_user values;
	const user   *created = NULL;
	user          given;
	int           rc;

	(void)pick;
	bench_new_values(b, &values, room);
	given = values_of(&values);
	rc = user_dao_create(&b->users, &given, WEIR_SET(user, username, email, bio, age, balance), &created, &b->err);
	return take(b, check, "create", rc, &created, rc == WEIR_OK ? created->id : 0);
}

static bool create_many(bench *b, user_list *created, bench_check *check)
{
	bench_many *many = bench_many_new(b);
	int         rc;

	if (!many)
		return bench_fail(b, "out of memory");
	rc = user_dao_create_many(&b->users, many->given, BENCH_MANY, WEIR_SET(user, username, email, bio, age, balance),
	                          created, &b->err);
	if (rc < 0)
		return failed(b, "create_many", rc);
	return !check || bench_check_many(b, check);
}

bool weir_create_many10k(bench *b, size_t pick, bench_check *check)
{
	(void)pick;
	return create_many(b, NULL, check);
}

bool weir_create_many10k_returning(bench *b, size_t pick, bench_check *check)
{
	user_list created = WEIR_LIST_INIT;
	bool      right;

	(void)pick;
	right = create_many(b, &created, check);
	right = right && (created.count == BENCH_MANY || bench_fail(b, "weir: %zu users were created", created.count));
	for (size_t i = 0; right && i < BENCH_MANY; i += check ? 1 : BENCH_MANY - 1)
		right = strcmp(created.items[i]->username, b->many->values[i].username) == 0 ||
		        bench_fail(b, "weir: another user at %zu of those created", i);
	user_list_release(&created);
	return right;
}

static bool update(bench *b, const user_dao *users, int64_t id, bench_check *check)
{
	char          room[256];
	baseline_user values;
	const user   *updated = NULL;
	user          given;
	int           rc;

	bench_new_values(b, &values, room);
	given = values_of(&values);
	rc = user_dao_update(users, id, &given, WEIR_SET(user, age, balance), &updated, &b->err);
	if (!take(b, check, "update", rc, &updated, id))
		return false;
	if (!check)
		return true;
	/* and at once through the cache, twice: as it is read again, and as it is then kept */
	for (int i = 0; i < 2; i++) {
		const user *seen = NULL;

		rc = user_dao_get_by_id_cached(users, id, &seen, &b->err);
		if (!take(b, check, "get_by_id_cached", rc, &seen, id))
			return false;
	}
	check->users -= 2;
	return true;
}

bool weir_update_inval(bench *b, size_t pick, bench_check *check)
{
	return update(b, &b->users, bench_first_id(pick, BENCH_ANY_USER), check);
}

bool weir_update_inval_async(bench *b, size_t pick, bench_check *check)
{
	return update(b, &b->async_users, bench_first_id(pick, BENCH_ANY_USER), check);
}

/* A read is not compared with SQL: the other side writes the same users. */
static void take_as_seen(bench_check *check)
{
	if (check)
		check->users++;
}

bool weir_mixed_90_10(bench *b, size_t pick, bench_check *check)
{
	size_t user_pick = b->oracle.zipf_picks[pick];

	if (bench_is_write(pick, 10))
		return weir_update_inval(b, user_pick, check);
	take_as_seen(check);
	return weir_get_by_id_hit(b, user_pick, NULL);
}

static bool mixed_near(bench *b, size_t pick, unsigned writes, bench_check *check)
{
	size_t user_pick = b->oracle.zipf_picks[pick];

	if (bench_is_write(pick, writes))
		return update(b, &b->near_users, bench_first_id(user_pick, BENCH_ANY_USER), check);
	take_as_seen(check);
	return weir_get_by_id_near(b, user_pick, NULL);
}

bool weir_mixed_90_10_near(bench *b, size_t pick, bench_check *check)
{
	return mixed_near(b, pick, 10, check);
}

bool weir_mixed_99_1_near(bench *b, size_t pick, bench_check *check)
{
	return mixed_near(b, pick, 1, check);
}
