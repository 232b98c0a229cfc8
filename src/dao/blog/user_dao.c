/* user_dao: user's types around the base_dao. */
#include <blog/user_dao.h>

user_dao get_user_dao(weir_session *session)
{
	return (user_dao){ weir_get_dao(session, &user_model) };
}

int user_dao_create(const user_dao *dao, const user *values, weir_set set, const user **created, weir_error *err)
{
	return weir_base_dao_create(&dao->base, values, set, created, err);
}

int user_dao_create_many(const user_dao *dao, const user *values, size_t count, weir_set set, user_list *created,
                         weir_error *err)
{
	return weir_base_dao_create_many(&dao->base, values, count, set, created, err);
}

int user_dao_get_by_id(const user_dao *dao, int64_t id, const user **found, weir_error *err)
{
	return weir_base_dao_get_by_id(&dao->base, &(user){ .id = id }, found, err);
}

int user_dao_get_by_id_cached(const user_dao *dao, int64_t id, const user **found, weir_error *err)
{
	return weir_base_dao_get_by_id_cached(&dao->base, &(user){ .id = id }, found, err);
}

int user_dao_start_get_by_id_cached(const user_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                    weir_error *err)
{
	return weir_base_dao_start_get_by_id_cached(&dao->base, &(user){ .id = id }, futures, future, err);
}

int user_dao_get_or_fail(const user_dao *dao, int64_t id, const user **found, weir_error *err)
{
	return weir_base_dao_get_or_fail(&dao->base, &(user){ .id = id }, found, err);
}

int user_dao_get_or_fail_cached(const user_dao *dao, int64_t id, const user **found, weir_error *err)
{
	return weir_base_dao_get_or_fail_cached(&dao->base, &(user){ .id = id }, found, err);
}

int user_dao_get_by_id_locked(const user_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait, const user **found,
                              weir_error *err)
{
	return weir_base_dao_get_by_id_locked(&dao->base, &(user){ .id = id }, lock, wait, found, err);
}

int user_dao_get_many(const user_dao *dao, const int64_t *ids, size_t count, user_list *found, weir_error *err)
{
	return weir_base_dao_get_many(&dao->base, ids, count, found, err);
}

int user_dao_get_many_cached(const user_dao *dao, const int64_t *ids, size_t count, user_list *found, weir_error *err)
{
	return weir_base_dao_get_many_cached(&dao->base, ids, count, found, err);
}

int user_dao_get_by_username(const user_dao *dao, const char *username, const user **found, weir_error *err)
{
	return weir_base_dao_get_by(&dao->base, user_c.username.column, &(user){ .username = username }, found, err);
}

int user_dao_get_by_username_cached(const user_dao *dao, const char *username, const user **found, weir_error *err)
{
	return weir_base_dao_get_by_cached(&dao->base, user_c.username.column, &(user){ .username = username }, found, err);
}

int user_dao_get_by_email(const user_dao *dao, const char *email, const user **found, weir_error *err)
{
	return weir_base_dao_get_by(&dao->base, user_c.email.column, &(user){ .email = email }, found, err);
}

int user_dao_get_by_email_cached(const user_dao *dao, const char *email, const user **found, weir_error *err)
{
	return weir_base_dao_get_by_cached(&dao->base, user_c.email.column, &(user){ .email = email }, found, err);
}

int user_dao_search_users(const user_dao *dao, const char *text, int64_t skip, int64_t limit, user_list *found,
                          weir_error *err)
{
	weir_query query = {
		.where = weir_any(weir_icontains(user_c.username, text), weir_icontains(user_c.email, text),
		                  weir_icontains(user_c.bio, text)),
		.order = WEIR_ORDER(weir_asc(user_c.username)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all(&dao->base, &query, found, err);
}

int user_dao_search_users_cached(const user_dao *dao, const char *text, int64_t skip, int64_t limit, user_list *found,
                                 weir_error *err)
{
	weir_query query = {
		.where = weir_any(weir_icontains(user_c.username, text), weir_icontains(user_c.email, text),
		                  weir_icontains(user_c.bio, text)),
		.order = WEIR_ORDER(weir_asc(user_c.username)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all_cached(&dao->base, &query, found, err);
}

int user_dao_get_all(const user_dao *dao, const weir_query *query, user_list *found, weir_error *err)
{
	return weir_base_dao_get_all(&dao->base, query, found, err);
}

int user_dao_get_all_cached(const user_dao *dao, const weir_query *query, user_list *found, weir_error *err)
{
	return weir_base_dao_get_all_cached(&dao->base, query, found, err);
}

int user_dao_get_cards(const user_dao *dao, const weir_query *query, user_card_list *found, weir_error *err)
{
	return weir_base_dao_get_all_into(&dao->base, query, &user_card_model, found, err);
}

int user_dao_get_cards_cached(const user_dao *dao, const weir_query *query, user_card_list *found, weir_error *err)
{
	return weir_base_dao_get_all_into_cached(&dao->base, query, &user_card_model, found, err);
}

int user_dao_each(const user_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err)
{
	return weir_base_dao_each(&dao->base, query, each, argument, err);
}

int user_dao_get_page(const user_dao *dao, const weir_query *query, const char *cursor, user_list *found,
                      weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page(&dao->base, query, cursor, found, cursors, err);
}

int user_dao_get_page_cached(const user_dao *dao, const weir_query *query, const char *cursor, user_list *found,
                             weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page_cached(&dao->base, query, cursor, found, cursors, err);
}

int user_dao_count(const user_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count(&dao->base, query, count, err);
}

int user_dao_count_cached(const user_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count_cached(&dao->base, query, count, err);
}

int user_dao_exists(const user_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists(&dao->base, query, exists, err);
}

int user_dao_exists_cached(const user_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists_cached(&dao->base, query, exists, err);
}

int user_dao_update(const user_dao *dao, int64_t id, const user *values, weir_set set, const user **updated,
                    weir_error *err)
{
	return weir_base_dao_update(&dao->base, &(user){ .id = id }, values, set, updated, err);
}

int user_dao_delete(const user_dao *dao, int64_t id, bool *deleted, weir_error *err)
{
	return weir_base_dao_delete(&dao->base, &(user){ .id = id }, deleted, err);
}
