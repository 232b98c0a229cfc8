/* user_dao: the DAO of user. Each function is the base_dao's of the same name with user's types; statuses, ownership and
 * thread rule as in <weir/base_dao.h>. The cached ones ask the cache first and never fail because of it. */
#ifndef BLOG_USER_DAO_H
#define BLOG_USER_DAO_H

#include <blog/user.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct user_dao {
	weir_base_dao base;
} user_dao;

/* The DAO on a session or transaction; a plain value, no I/O. */
user_dao get_user_dao(weir_session *session);

/* Inserts a user with the columns of set and returns it as stored. */
int user_dao_create(const user_dao *dao, const user *values, weir_set set, const user **created, weir_error *err);

/* Inserts count users, all or none; created (may be NULL) has them in the same order. */
int user_dao_create_many(const user_dao *dao, const user *values, size_t count, weir_set set, user_list *created,
                         weir_error *err);

/* WEIR_OK or WEIR_NOT_FOUND. */
int user_dao_get_by_id(const user_dao *dao, int64_t id, const user **found, weir_error *err);
int user_dao_get_by_id_cached(const user_dao *dao, int64_t id, const user **found, weir_error *err);

/* The cached one to be waited for: weir_future_take() gives a const user * (<weir/futures.h>). */
int user_dao_start_get_by_id_cached(const user_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                    weir_error *err);

/* The same where it has to be there: WEIR_OK or WEIR_ERR_MISSING. */
int user_dao_get_or_fail(const user_dao *dao, int64_t id, const user **found, weir_error *err);
int user_dao_get_or_fail_cached(const user_dao *dao, int64_t id, const user **found, weir_error *err);

/* The same in a transaction, which locks the row until it ends. */
int user_dao_get_by_id_locked(const user_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait, const user **found,
                              weir_error *err);

/* found.items[i] belongs to ids[i], NULL where there is none. */
int user_dao_get_many(const user_dao *dao, const int64_t *ids, size_t count, user_list *found, weir_error *err);
int user_dao_get_many_cached(const user_dao *dao, const int64_t *ids, size_t count, user_list *found, weir_error *err);

/* By username: WEIR_OK or WEIR_NOT_FOUND. */
int user_dao_get_by_username(const user_dao *dao, const char *username, const user **found, weir_error *err);
int user_dao_get_by_username_cached(const user_dao *dao, const char *username, const user **found, weir_error *err);

/* By email: WEIR_OK or WEIR_NOT_FOUND. */
int user_dao_get_by_email(const user_dao *dao, const char *email, const user **found, weir_error *err);
int user_dao_get_by_email_cached(const user_dao *dao, const char *email, const user **found, weir_error *err);

/* Users whose username, email or bio contains text, whatever its case; % and _ mean themselves. */
int user_dao_search_users(const user_dao *dao, const char *text, int64_t skip, int64_t limit, user_list *found,
                          weir_error *err);
int user_dao_search_users_cached(const user_dao *dao, const char *text, int64_t skip, int64_t limit, user_list *found,
                                 weir_error *err);

/* The rows of a query; NULL: the first 100. */
int user_dao_get_all(const user_dao *dao, const weir_query *query, user_list *found, weir_error *err);
int user_dao_get_all_cached(const user_dao *dao, const weir_query *query, user_list *found, weir_error *err);

/* The same, but only id and username are read. */
int user_dao_get_cards(const user_dao *dao, const weir_query *query, user_card_list *found, weir_error *err);
int user_dao_get_cards_cached(const user_dao *dao, const weir_query *query, user_card_list *found, weir_error *err);

/* Every user of a query, however many: each gets a const user *. */
int user_dao_each(const user_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err);

/* A page of them behind or before a cursor; NULL: the first. */
int user_dao_get_page(const user_dao *dao, const weir_query *query, const char *cursor, user_list *found,
                      weir_cursors *cursors, weir_error *err);
int user_dao_get_page_cached(const user_dao *dao, const weir_query *query, const char *cursor, user_list *found,
                             weir_cursors *cursors, weir_error *err);

/* How many rows match; NULL: all. */
int user_dao_count(const user_dao *dao, const weir_query *query, int64_t *count, weir_error *err);
int user_dao_count_cached(const user_dao *dao, const weir_query *query, int64_t *count, weir_error *err);

/* Is there a row that matches? */
int user_dao_exists(const user_dao *dao, const weir_query *query, bool *exists, weir_error *err);
int user_dao_exists_cached(const user_dao *dao, const weir_query *query, bool *exists, weir_error *err);

/* Sets the columns of set; updated (may be NULL) is the row as it then is. WEIR_OK or WEIR_NOT_FOUND. */
int user_dao_update(const user_dao *dao, int64_t id, const user *values, weir_set set, const user **updated,
                    weir_error *err);

/* deleted (may be NULL) says whether there was one. */
int user_dao_delete(const user_dao *dao, int64_t id, bool *deleted, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
