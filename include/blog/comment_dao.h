/* comment_dao: the DAO of comment. Each function is the base_dao's of the same name with comment's types; statuses, ownership and
 * thread rule as in <weir/base_dao.h>. The cached ones ask the cache first and never fail because of it. */
#ifndef BLOG_COMMENT_DAO_H
#define BLOG_COMMENT_DAO_H

#include <blog/comment.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct comment_dao {
	weir_base_dao base;
} comment_dao;

/* The DAO on a session or transaction; a plain value, no I/O. */
comment_dao get_comment_dao(weir_session *session);

/* Inserts a comment with the columns of set and returns it as stored. */
int comment_dao_create(const comment_dao *dao, const comment *values, weir_set set, const comment **created,
                       weir_error *err);

/* Inserts count comments, all or none; created (may be NULL) has them in the same order. */
int comment_dao_create_many(const comment_dao *dao, const comment *values, size_t count, weir_set set,
                            comment_list *created, weir_error *err);

/* WEIR_OK or WEIR_NOT_FOUND. */
int comment_dao_get_by_id(const comment_dao *dao, int64_t id, const comment **found, weir_error *err);
int comment_dao_get_by_id_cached(const comment_dao *dao, int64_t id, const comment **found, weir_error *err);

/* The cached one to be waited for: weir_future_take() gives a const comment * (<weir/futures.h>). */
int comment_dao_start_get_by_id_cached(const comment_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                       weir_error *err);

/* The same where it has to be there: WEIR_OK or WEIR_ERR_MISSING. */
int comment_dao_get_or_fail(const comment_dao *dao, int64_t id, const comment **found, weir_error *err);
int comment_dao_get_or_fail_cached(const comment_dao *dao, int64_t id, const comment **found, weir_error *err);

/* The same in a transaction, which locks the row until it ends. */
int comment_dao_get_by_id_locked(const comment_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait,
                                 const comment **found, weir_error *err);

/* found.items[i] belongs to ids[i], NULL where there is none. */
int comment_dao_get_many(const comment_dao *dao, const int64_t *ids, size_t count, comment_list *found,
                         weir_error *err);
int comment_dao_get_many_cached(const comment_dao *dao, const int64_t *ids, size_t count, comment_list *found,
                                weir_error *err);

/* By token: WEIR_OK or WEIR_NOT_FOUND. */
int comment_dao_get_by_token(const comment_dao *dao, weir_uuid token, const comment **found, weir_error *err);
int comment_dao_get_by_token_cached(const comment_dao *dao, weir_uuid token, const comment **found, weir_error *err);

/* The comments on a post, oldest first. */
int comment_dao_get_by_post(const comment_dao *dao, int64_t post_id, int64_t skip, int64_t limit, comment_list *found,
                            weir_error *err);
int comment_dao_get_by_post_cached(const comment_dao *dao, int64_t post_id, int64_t skip, int64_t limit,
                                   comment_list *found, weir_error *err);

/* The rows of a query; NULL: the first 100. */
int comment_dao_get_all(const comment_dao *dao, const weir_query *query, comment_list *found, weir_error *err);
int comment_dao_get_all_cached(const comment_dao *dao, const weir_query *query, comment_list *found, weir_error *err);

/* Every comment of a query, however many: each gets a const comment *. */
int comment_dao_each(const comment_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err);

/* A page of them behind or before a cursor; NULL: the first. */
int comment_dao_get_page(const comment_dao *dao, const weir_query *query, const char *cursor, comment_list *found,
                         weir_cursors *cursors, weir_error *err);
int comment_dao_get_page_cached(const comment_dao *dao, const weir_query *query, const char *cursor,
                                comment_list *found, weir_cursors *cursors, weir_error *err);

/* How many rows match; NULL: all. */
int comment_dao_count(const comment_dao *dao, const weir_query *query, int64_t *count, weir_error *err);
int comment_dao_count_cached(const comment_dao *dao, const weir_query *query, int64_t *count, weir_error *err);

/* Is there a row that matches? */
int comment_dao_exists(const comment_dao *dao, const weir_query *query, bool *exists, weir_error *err);
int comment_dao_exists_cached(const comment_dao *dao, const weir_query *query, bool *exists, weir_error *err);

/* Sets the columns of set; updated (may be NULL) is the row as it then is. WEIR_OK or WEIR_NOT_FOUND. */
int comment_dao_update(const comment_dao *dao, int64_t id, const comment *values, weir_set set, const comment **updated,
                       weir_error *err);

/* deleted (may be NULL) says whether there was one. */
int comment_dao_delete(const comment_dao *dao, int64_t id, bool *deleted, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
