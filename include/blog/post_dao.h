/* post_dao: the DAO of post. Each function is the base_dao's of the same name with post's types; statuses, ownership and
 * thread rule as in <weir/base_dao.h>. The cached ones ask the cache first and never fail because of it. */
#ifndef BLOG_POST_DAO_H
#define BLOG_POST_DAO_H

#include <blog/post.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct post_dao {
	weir_base_dao base;
} post_dao;

/* The DAO on a session or transaction; a plain value, no I/O. */
post_dao get_post_dao(weir_session *session);

/* Inserts a post with the columns of set and returns it as stored. */
int post_dao_create(const post_dao *dao, const post *values, weir_set set, const post **created, weir_error *err);

/* Inserts count posts, all or none; created (may be NULL) has them in the same order. */
int post_dao_create_many(const post_dao *dao, const post *values, size_t count, weir_set set, post_list *created,
                         weir_error *err);

/* WEIR_OK or WEIR_NOT_FOUND. */
int post_dao_get_by_id(const post_dao *dao, int64_t id, const post **found, weir_error *err);
int post_dao_get_by_id_cached(const post_dao *dao, int64_t id, const post **found, weir_error *err);

/* The cached one to be waited for: weir_future_take() gives a const post * (<weir/futures.h>). */
int post_dao_start_get_by_id_cached(const post_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                    weir_error *err);

/* The same where it has to be there: WEIR_OK or WEIR_ERR_MISSING. */
int post_dao_get_or_fail(const post_dao *dao, int64_t id, const post **found, weir_error *err);
int post_dao_get_or_fail_cached(const post_dao *dao, int64_t id, const post **found, weir_error *err);

/* The same in a transaction, which locks the row until it ends. */
int post_dao_get_by_id_locked(const post_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait, const post **found,
                              weir_error *err);

/* found.items[i] belongs to ids[i], NULL where there is none. */
int post_dao_get_many(const post_dao *dao, const int64_t *ids, size_t count, post_list *found, weir_error *err);
int post_dao_get_many_cached(const post_dao *dao, const int64_t *ids, size_t count, post_list *found, weir_error *err);

/* The posts of a user, newest first. */
int post_dao_get_by_user(const post_dao *dao, int64_t user_id, int64_t skip, int64_t limit, post_list *found,
                         weir_error *err);
int post_dao_get_by_user_cached(const post_dao *dao, int64_t user_id, int64_t skip, int64_t limit, post_list *found,
                                weir_error *err);

/* The rows of a query; NULL: the first 100. */
int post_dao_get_all(const post_dao *dao, const weir_query *query, post_list *found, weir_error *err);
int post_dao_get_all_cached(const post_dao *dao, const weir_query *query, post_list *found, weir_error *err);

/* What each user has written of the posts that match; order and having are of post_tally_c. */
int post_dao_get_tallies(const post_dao *dao, const weir_query *query, post_tally_list *found, weir_error *err);
int post_dao_get_tallies_cached(const post_dao *dao, const weir_query *query, post_tally_list *found, weir_error *err);

/* Every post of a query, however many: each gets a const post *. */
int post_dao_each(const post_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err);

/* A page of them behind or before a cursor; NULL: the first. */
int post_dao_get_page(const post_dao *dao, const weir_query *query, const char *cursor, post_list *found,
                      weir_cursors *cursors, weir_error *err);
int post_dao_get_page_cached(const post_dao *dao, const weir_query *query, const char *cursor, post_list *found,
                             weir_cursors *cursors, weir_error *err);

/* How many rows match; NULL: all. */
int post_dao_count(const post_dao *dao, const weir_query *query, int64_t *count, weir_error *err);
int post_dao_count_cached(const post_dao *dao, const weir_query *query, int64_t *count, weir_error *err);

/* Is there a row that matches? */
int post_dao_exists(const post_dao *dao, const weir_query *query, bool *exists, weir_error *err);
int post_dao_exists_cached(const post_dao *dao, const weir_query *query, bool *exists, weir_error *err);

/* Sets the columns of set; updated (may be NULL) is the row as it then is. WEIR_OK or WEIR_NOT_FOUND. */
int post_dao_update(const post_dao *dao, int64_t id, const post *values, weir_set set, const post **updated,
                    weir_error *err);

/* deleted (may be NULL) says whether there was one. */
int post_dao_delete(const post_dao *dao, int64_t id, bool *deleted, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
