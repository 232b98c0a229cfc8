/* comment_dao: comment's types around the base_dao. */
#include <blog/comment_dao.h>

comment_dao get_comment_dao(weir_session *session)
{
	return (comment_dao){ weir_get_dao(session, &comment_model) };
}

int comment_dao_create(const comment_dao *dao, const comment *values, weir_set set, const comment **created,
                       weir_error *err)
{
	return weir_base_dao_create(&dao->base, values, set, created, err);
}

int comment_dao_create_many(const comment_dao *dao, const comment *values, size_t count, weir_set set,
                            comment_list *created, weir_error *err)
{
	return weir_base_dao_create_many(&dao->base, values, count, set, created, err);
}

int comment_dao_get_by_id(const comment_dao *dao, int64_t id, const comment **found, weir_error *err)
{
	return weir_base_dao_get_by_id(&dao->base, &(comment){ .id = id }, found, err);
}

int comment_dao_get_by_id_cached(const comment_dao *dao, int64_t id, const comment **found, weir_error *err)
{
	return weir_base_dao_get_by_id_cached(&dao->base, &(comment){ .id = id }, found, err);
}

int comment_dao_start_get_by_id_cached(const comment_dao *dao, int64_t id, weir_futures *futures, weir_future **future,
                                       weir_error *err)
{
	return weir_base_dao_start_get_by_id_cached(&dao->base, &(comment){ .id = id }, futures, future, err);
}

int comment_dao_get_or_fail(const comment_dao *dao, int64_t id, const comment **found, weir_error *err)
{
	return weir_base_dao_get_or_fail(&dao->base, &(comment){ .id = id }, found, err);
}

int comment_dao_get_or_fail_cached(const comment_dao *dao, int64_t id, const comment **found, weir_error *err)
{
	return weir_base_dao_get_or_fail_cached(&dao->base, &(comment){ .id = id }, found, err);
}

int comment_dao_get_by_id_locked(const comment_dao *dao, int64_t id, weir_lock lock, weir_lock_wait wait,
                                 const comment **found, weir_error *err)
{
	return weir_base_dao_get_by_id_locked(&dao->base, &(comment){ .id = id }, lock, wait, found, err);
}

int comment_dao_get_many(const comment_dao *dao, const int64_t *ids, size_t count, comment_list *found, weir_error *err)
{
	return weir_base_dao_get_many(&dao->base, ids, count, found, err);
}

int comment_dao_get_many_cached(const comment_dao *dao, const int64_t *ids, size_t count, comment_list *found,
                                weir_error *err)
{
	return weir_base_dao_get_many_cached(&dao->base, ids, count, found, err);
}

int comment_dao_get_by_token(const comment_dao *dao, weir_uuid token, const comment **found, weir_error *err)
{
	return weir_base_dao_get_by(&dao->base, comment_c.token.column, &(comment){ .token = token }, found, err);
}

int comment_dao_get_by_token_cached(const comment_dao *dao, weir_uuid token, const comment **found, weir_error *err)
{
	return weir_base_dao_get_by_cached(&dao->base, comment_c.token.column, &(comment){ .token = token }, found, err);
}

int comment_dao_get_by_post(const comment_dao *dao, int64_t post_id, int64_t skip, int64_t limit, comment_list *found,
                            weir_error *err)
{
	weir_query query = {
		.where = weir_eq(comment_c.post_id, post_id),
		.order = WEIR_ORDER(weir_asc(comment_c.created_at)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all(&dao->base, &query, found, err);
}

int comment_dao_get_by_post_cached(const comment_dao *dao, int64_t post_id, int64_t skip, int64_t limit,
                                   comment_list *found, weir_error *err)
{
	weir_query query = {
		.where = weir_eq(comment_c.post_id, post_id),
		.order = WEIR_ORDER(weir_asc(comment_c.created_at)),
		.skip = skip,
		.limit = weir_limit(limit),
	};

	return weir_base_dao_get_all_cached(&dao->base, &query, found, err);
}

int comment_dao_get_all(const comment_dao *dao, const weir_query *query, comment_list *found, weir_error *err)
{
	return weir_base_dao_get_all(&dao->base, query, found, err);
}

int comment_dao_get_all_cached(const comment_dao *dao, const weir_query *query, comment_list *found, weir_error *err)
{
	return weir_base_dao_get_all_cached(&dao->base, query, found, err);
}

int comment_dao_each(const comment_dao *dao, const weir_query *query, weir_each each, void *argument, weir_error *err)
{
	return weir_base_dao_each(&dao->base, query, each, argument, err);
}

int comment_dao_get_page(const comment_dao *dao, const weir_query *query, const char *cursor, comment_list *found,
                         weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page(&dao->base, query, cursor, found, cursors, err);
}

int comment_dao_get_page_cached(const comment_dao *dao, const weir_query *query, const char *cursor,
                                comment_list *found, weir_cursors *cursors, weir_error *err)
{
	return weir_base_dao_get_page_cached(&dao->base, query, cursor, found, cursors, err);
}

int comment_dao_count(const comment_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count(&dao->base, query, count, err);
}

int comment_dao_count_cached(const comment_dao *dao, const weir_query *query, int64_t *count, weir_error *err)
{
	return weir_base_dao_count_cached(&dao->base, query, count, err);
}

int comment_dao_exists(const comment_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists(&dao->base, query, exists, err);
}

int comment_dao_exists_cached(const comment_dao *dao, const weir_query *query, bool *exists, weir_error *err)
{
	return weir_base_dao_exists_cached(&dao->base, query, exists, err);
}

int comment_dao_update(const comment_dao *dao, int64_t id, const comment *values, weir_set set, const comment **updated,
                       weir_error *err)
{
	return weir_base_dao_update(&dao->base, &(comment){ .id = id }, values, set, updated, err);
}

int comment_dao_delete(const comment_dao *dao, int64_t id, bool *deleted, weir_error *err)
{
	return weir_base_dao_delete(&dao->base, &(comment){ .id = id }, deleted, err);
}
