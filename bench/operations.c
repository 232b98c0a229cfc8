/* The table of operations, in the order in which they run: reads first, then writes. */
#include "bench.h"
#include "contents.h"

#include <stdio.h>

/* get_many100_hit is measured against 100 single GETs, what a program without a batch would do; the line after it
 * against an MGET. Users with posts from the cache are measured against two (three) statements by hand, and n1 against 101. */
const bench_operation bench_operations[] = {
	{ .name = "get_by_id_db", .run = { weir_get_by_id_db, hand_get_by_id_db }, .domain = BENCH_ANY_USER, .items = 1 },
	{ .name = "get_by_id_hit",
	  .run = { weir_get_by_id_hit, hand_get_by_id_hit },
	  .domain = BENCH_HOT_USER,
	  .items = 1,
	  .hit = true },
	{ .name = "get_by_email_hit",
	  .run = { weir_get_by_email_hit, hand_get_by_email_hit },
	  .domain = BENCH_HOT_USER,
	  .items = 1,
	  .hit = true },
	{ .name = "get_many100_hit",
	  .run = { weir_get_many100_hit, hand_get_many100_hit },
	  .domain = BENCH_HOT_IDS,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "get_many100_hit_mget",
	  .run = { weir_get_many100_hit, hand_get_many100_mget },
	  .domain = BENCH_HOT_IDS,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "futures16_hit",
	  .run = { weir_futures16_hit, hand_pipeline16 },
	  .domain = BENCH_HOT_IDS,
	  .items = 16,
	  .each = true,
	  .hit = true },
	{ .name = "futures64_hit",
	  .run = { weir_futures64_hit, hand_pipeline64 },
	  .domain = BENCH_HOT_IDS,
	  .items = 64,
	  .each = true,
	  .hit = true },
	{ .name = "list100_db",
	  .run = { weir_list100_db, hand_list100_db },
	  .domain = BENCH_ANY_LIST,
	  .items = BENCH_LIST_LENGTH },
	{ .name = "list100_hit",
	  .run = { weir_list100_hit, hand_list100_hit },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "users100_posts",
	  .run = { weir_users100_posts, hand_users100_posts },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH },
	{ .name = "users100_posts_hit",
	  .run = { weir_users100_posts_hit, hand_users100_posts },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "users100_posts_n1",
	  .run = { weir_users100_posts, hand_users100_each_posts },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH },
	{ .name = "users100_posts_comments",
	  .run = { weir_users100_posts_comments, hand_users100_posts_comments },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH },
	{ .name = "users100_posts_comments_hit",
	  .run = { weir_users100_posts_comments_hit, hand_users100_posts_comments },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "get_by_id_near",
	  .run = { weir_get_by_id_near, hand_get_by_id_hit },
	  .domain = BENCH_HOT_USER,
	  .items = 1,
	  .hit = true },
	{ .name = "list100_near",
	  .run = { weir_list100_near, hand_list100_hit },
	  .domain = BENCH_HOT_LIST,
	  .items = BENCH_LIST_LENGTH,
	  .hit = true },
	{ .name = "count_hit", .run = { weir_count_hit, hand_count_hit }, .domain = BENCH_ONE, .hit = true },
	{ .name = "exists_hit", .run = { weir_exists_hit, hand_exists_hit }, .domain = BENCH_HOT_USER, .hit = true },
	{ .name = "create", .run = { weir_create, hand_create }, .domain = BENCH_ONE, .items = 1, .write = true },
	{ .name = "create_many10k",
	  .run = { weir_create_many10k, hand_create_many10k },
	  .domain = BENCH_ONE,
	  .items = BENCH_MANY,
	  .write = true },
	{ .name = "create_many10k_returning",
	  .run = { weir_create_many10k_returning, hand_create_many10k_returning },
	  .domain = BENCH_ONE,
	  .items = BENCH_MANY,
	  .write = true },
	{ .name = "update_inval",
	  .run = { weir_update_inval, hand_update_inval },
	  .domain = BENCH_ANY_USER,
	  .items = 1,
	  .write = true },
	{ .name = "update_inval_async",
	  .run = { weir_update_inval_async, hand_update_inval_async },
	  .domain = BENCH_ANY_USER,
	  .items = 1,
	  .write = true },
	{ .name = "mixed_90_10",
	  .run = { weir_mixed_90_10, hand_mixed_90_10 },
	  .reads = { weir_get_by_id_hit, hand_get_by_id_hit },
	  .domain = BENCH_ZIPF,
	  .items = 1,
	  .write = true },
	{ .name = "mixed_90_10_near",
	  .run = { weir_mixed_90_10_near, hand_mixed_90_10 },
	  .reads = { weir_get_by_id_near, hand_get_by_id_hit },
	  .domain = BENCH_ZIPF,
	  .items = 1,
	  .write = true },
	{ .name = "mixed_99_1_near",
	  .run = { weir_mixed_99_1_near, hand_mixed_99_1 },
	  .reads = { weir_get_by_id_near, hand_get_by_id_hit },
	  .domain = BENCH_ZIPF,
	  .items = 1,
	  .write = true },
	{ .name = "rows_db", .run = { weir_rows_db, NULL }, .domain = BENCH_ONE, .growth = true },
	{ .name = "rows_hit", .run = { weir_rows_hit, NULL }, .domain = BENCH_ONE, .hit = true, .growth = true },
	{ .name = "rows_near", .run = { weir_rows_near, NULL }, .domain = BENCH_ONE, .hit = true, .growth = true },
};
const size_t bench_operation_count = sizeof bench_operations / sizeof bench_operations[0];

size_t bench_picks(const bench *b, enum bench_domain domain)
{
	switch (domain) {
	case BENCH_ANY_USER:
		return (size_t)b->sizes.users;
	case BENCH_HOT_USER:
		return (size_t)b->sizes.hot;
	case BENCH_ANY_LIST:
		return (size_t)(b->sizes.users / BENCH_LIST_LENGTH);
	case BENCH_HOT_LIST:
		return (size_t)(b->sizes.hot / BENCH_LIST_LENGTH);
	case BENCH_HOT_IDS:
		return b->oracle.random_id_count / BENCH_LIST_LENGTH;
	case BENCH_ZIPF:
		return b->oracle.zipf_count;
	case BENCH_ONE:
		break;
	}
	return 1;
}

int64_t bench_first_id(size_t pick, enum bench_domain domain)
{
	bool list = domain == BENCH_ANY_LIST || domain == BENCH_HOT_LIST;

	return (int64_t)(list ? pick * BENCH_LIST_LENGTH : pick) + 1;
}

bool bench_is_write(size_t pick, unsigned percent)
{
	return bench_number(11, pick) % 100 < percent;
}

/* The name is unique, the balance another one with each call. */
void bench_new_values(bench *b, baseline_user *values, char room[256])
{
	unsigned long long number = ++b->created;

	snprintf(room, 64, "created_%llu", number);
	snprintf(room + 64, 96, "created.%llu@bench.example.org", number);
	snprintf(room + 160, 32, "%llu.%02llu", number % 1000000, number % 100);
	*values = (baseline_user){
		.username = room,
		.email = room + 64,
		.bio =
			"Wrote \"Weirs & Sluices\", 2nd ed.\nLives in Łódź; reads C:\\notes\\*.txt, drinks tea, answers letters.",
		.balance = room + 160,
		.age = (int32_t)(number % 100),
		.has_age = true,
	};
}
