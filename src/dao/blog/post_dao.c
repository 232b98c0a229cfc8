/* post_dao: post's types around the base_dao. */
#include <blog/post_dao.h>

post_dao get_post_dao(weir_session *session)
{
	return (post_dao){ weir_get_dao(session, &post_model) };
}

int post_dao_create(const post_dao *dao, const post *values, weir_set set, const post **created, weir_error *err)
{
	return weir_base_dao_create(&dao->base, values, set, created, err);
}

int post_dao_create_many(const post_dao *dao, const post *values, size_t count, weir_set set, post_list *created,
                         weir_error *err)
{
	return weir_base_dao_create_many(&dao->base, values, count, set, created, err);
}

int post_dao_get_by_id(const post_dao *dao, int64_t id, const post **found, weir_error *err)
{
	return weir_base_dao_get_by_id(&dao->base, &(post){ .id = id }, found, err);
}

int post_dao_get_by_id_cached(const post_dao *dao, int64_t id, const post **found, weir_error *err)
{
	return weir_base_dao_get_by_id_cached(&dao->base, &(post){ .id = id }, found, err);
}

int post_dao_start_get_by_id_cached(const post_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                    weir_error *err)
{
	return weir_base_dao_start_get_by_id_cached(&dao->base, &(post){ .id = id }, futures, future, err);
}

int post_dao_get_or_fail(const post_dao *dao, int64_t id, const post **found, weir_error *err)
{
	return weir_base_dao_get_or_fail(&dao->base, &(post){ .id = id }, found, err);
}

int post_dao_get_or_fail_cached(const post_dao *dao, int64_t id, const post **found, weir_error *err)
{
	return weir_base_dao_get_or_fail_cached(&dao->base, &(post){ .id = id }, found, err);
}

int post_dao_get_by_id_locked(const post_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait, const post **found,
                              weir_error *err)
{
	return weir_base_dao_get_by_id_locked(&dao->base, &(post){ .id = id }, lock, wait, found, err);
}

int post_dao_get_many(const post_dao *dao, const int64_t *ids, size_t count, post_list *found, weir_error *err)
{
	return weir_base_dao_get_many(&dao->base, ids, count, found, err);
}

int post_dao_get_many_cached(const post_dao *dao, const int64_t *ids, size_t count, post_list *found, weir_error *err)
{
	return weir_base_dao_get_many_cached(&dao->base, ids, count, found, err);
}

int post_dao_get_by_user(const post_dao *dao, int64_t user_id, int64_t skip, int64_t limit, post_list *found,
                         weir_error *err)
{
	weir_query query = {
		.where = weir_eq(post_c.user_id, user_id),
		.order = WEIR_ORDER(weir_desc(post_c.created_at), weir_desc(post_c.id)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all(&dao->base, &query, found, err);
}

int post_dao_get_by_user_cached(const post_dao *dao, int64_t user_id, int64_t skip, int64_t limit, post_list *found,
                                weir_error *err)
{
	weir_query query = {
		.where = weir_eq(post_c.user_id, user_id),
		.order = WEIR_ORDER(weir_desc(post_c.created_at), weir_desc(post_c.id)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all_cached(&dao->base, &query, found, err);
}

int post_dao_get_all(const post_dao *dao, const weir_query *query, post_list *found, weir_error *err)
{
	return weir_base_dao_get_all(&dao->base, query, found, err);
}

int post_dao_get_all_cached(const post_dao *dao, const weir_query *query, post_list *found, weir_error *err)
{
	return weir_base_dao_get_all_cached(&dao->base, query, found, err);
}

int post_dao_get_tallies(const post_dao *dao, const weir_query *query, post_tally_list *found, weir_error *err)
{
	return weir_base_dao_get_all_into(&dao->base, query, &post_tally_model, found, err);
}

int post_dao_get_tallies_cached(const post_dao *dao, const weir_query *query, post_tally_list *found, weir_error *err)
{
	return weir_base_dao_get_all_into_cached(&dao->base, query, &post_tally_model, found, err);
}

int post_dao_each(const post_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err)
{
	return weir_base_dao_each(&dao->base, query, each, argument, err);
}

int post_dao_get_page(const post_dao *dao, const weir_query *query, const char *cursor, post_list *found,
                      weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page(&dao->base, query, cursor, found, cursors, err);
}

int post_dao_get_page_cached(const post_dao *dao, const weir_query *query, const char *cursor, post_list *found,
                             weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page_cached(&dao->base, query, cursor, found, cursors, err);
}

int post_dao_count(const post_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count(&dao->base, query, count, err);
}

int post_dao_count_cached(const post_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count_cached(&dao->base, query, count, err);
}

int post_dao_exists(const post_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists(&dao->base, query, exists, err);
}

int post_dao_exists_cached(const post_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists_cached(&dao->base, query, exists, err);
}

int post_dao_update(const post_dao *dao, int64_t id, const post *values, weir_set set, const post **updated,
                    weir_error *err)
{
	return weir_base_dao_update(&dao->base, &(post){ .id = id }, values, set, updated, err);
}

int post_dao_delete(const post_dao *dao, int64_t id, bool *deleted, weir_error *err)
{
	return weir_base_dao_delete(&dao->base, &(post){ .id = id }, deleted, err);
}
