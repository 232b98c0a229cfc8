/* Futures: starting and taking; rounds are in round.c. */
#include "dao/futures.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/check.h"
#include "models/value_type.h"

#include <string.h>

/* ---- Groups -------------------------------------------------------------------------------------------------------- */

int weir_futures_create(weir_session *session, weir_futures **futures, weir_error *err)
{
	int rc;

	if (!futures || *futures)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_futures_create: *futures must be NULL");
	rc = weir__session_check(session, err);
	if (rc < 0)
		return rc;
	*futures = weir__calloc(1, sizeof **futures);
	if (!*futures)
		return weir__error_no_memory(err);
	(*futures)->session = session;
	return WEIR_OK;
}

static void push(weir__future_list *list, weir_future *future)
{
	future->before = list->last;
	future->after = NULL;
	if (list->last)
		list->last->after = future;
	else
		list->first = future;
	list->last = future;
}

static void take_out(weir__future_list *list, weir_future *future)
{
	if (future->before)
		future->before->after = future->after;
	else
		list->first = future->after;
	if (future->after)
		future->after->before = future->before;
	else
		list->last = future->before;
}

/* Its memory is used again by the next one. */
static void put_away(weir_future *future)
{
	weir_futures *group = future->group;

	take_out(future->done ? &group->done : &group->waiting, future);
	weir_record_release(future->record);
	weir__free(future->copied);
	weir__free(future->error);
	future->after = group->spare;
	group->spare = future;
}

void weir_futures_free(weir_futures **futures)
{
	weir_futures *freed = futures ? *futures : NULL;

	if (!freed)
		return;
	*futures = NULL;
	while (freed->waiting.first)
		put_away(freed->waiting.first);
	while (freed->done.first)
		put_away(freed->done.first);
	for (weir_future *next; freed->spare; freed->spare = next) {
		next = freed->spare->after;
		weir__free(freed->spare);
	}
	weir__round_release(&freed->round);
	weir__free(freed);
}

/* ---- Starting ------------------------------------------------------------------------------------------------------ */

static int check_start(const weir_base_dao *dao, const weir_futures *futures, weir_future *const *future,
                       weir_error *err)
{
	if (!dao || !dao->model)
		return weir__error_set(err, WEIR_ERR_USAGE, "the DAO is %s", dao ? "without a model" : "NULL");
	if (!futures || !future || *future)
		return weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL,
		                          "futures must be there, and *future NULL");
	if (dao->session != futures->session)
		return weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL,
		                          "the futures are those of another session");
	if (!dao->entity)
		return weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL,
		                          "the session was opened without this model");
	return WEIR_OK;
}

static int check_key(const weir_base_dao *dao, const void *key, weir_error *err)
{
	const weir__layout *layout = ((const weir__entity *)dao->entity)->layout;
	int                 rc = WEIR_OK;

	if (!key)
		return weir__error_set_at(err, WEIR_ERR_USAGE, dao->model->name, NULL, "no key was given");
	for (size_t i = 0; rc >= 0 && i < layout->key_count; i++) {
		weir_value value = weir__layout_get(layout, layout->key[i], key);

		rc = weir__value_check(layout, layout->key[i], &value, err);
	}
	return rc;
}

/* What a value points to: its length with the end of a text; 0: nothing. */
static size_t pointed(const weir_value *value)
{
	if (value->is_null || !weir__type_is_pointer(value->type))
		return 0;
	return value->type == WEIR_TYPE_BYTEA ? value->as.bytes.length + 1 : strlen(value->as.text) + 1;
}

/* Lets the value point to its own copy at room; answers how long that is. */
static size_t copy_pointed(weir_value *value, char *room)
{
	size_t length = pointed(value);

	if (length == 0)
		return 0;
	if (value->type == WEIR_TYPE_BYTEA) {
		if (length > 1)
			memcpy(room, value->as.bytes.data, length - 1);
		value->as.bytes.data = (void *)room;
	} else {
		memcpy(room, value->as.text, length);
		value->as.text = room;
	}
	return length;
}

static bool keep_value(weir_future *future, weir_value value)
{
	size_t length = pointed(&value);

	future->value = value;
	if (length == 0)
		return true;
	future->copied = weir__malloc(length);
	if (future->copied)
		(void)copy_pointed(&future->value, future->copied);
	return future->copied != NULL;
}

/* A key of several columns is kept as a struct, the texts behind it. */
static bool keep_struct(weir_future *future, const weir__layout *layout, const void *key)
{
	size_t size = layout->model->size;
	char  *made, *room;

	for (size_t i = 0; i < layout->key_count; i++) {
		weir_value value = weir__layout_get(layout, layout->key[i], key);

		size += pointed(&value);
	}
	made = weir__calloc(1, size);
	if (!made)
		return false;
	room = made + layout->model->size;
	for (size_t i = 0; i < layout->key_count; i++) {
		weir_value value = weir__layout_get(layout, layout->key[i], key);

		room += copy_pointed(&value, room);
		weir__value_store(&value, made + layout->columns[layout->key[i]].offset);
	}
	future->copied = made;
	return true;
}

/* A future without a key, which waits. */
static weir_future *add(weir_futures *group, const weir_base_dao *dao, size_t column)
{
	weir_future *made = group->spare;

	if (made)
		group->spare = made->after;
	else
		made = weir__malloc(sizeof *made);
	if (!made)
		return NULL;
	*made = (weir_future){ .group = group, .dao = *dao, .column = column };
	push(&group->waiting, made);
	return made;
}

static int started(weir_future *made, bool kept, weir_future **future, weir_error *err)
{
	if (!kept) {
		if (made)
			put_away(made);
		return weir__error_no_memory(err);
	}
	*future = made;
	return WEIR_OK;
}

int weir_base_dao_start_get_by_id_cached(const weir_base_dao *dao, const void *key, weir_futures *futures,
                                         weir_future **future, weir_error *err)
{
	const weir__layout *layout;
	weir_future        *made;
	bool                kept;
	int                 rc = check_start(dao, futures, future, err);

	if (rc >= 0)
		rc = check_key(dao, key, err);
	if (rc < 0)
		return rc;
	layout = ((const weir__entity *)dao->entity)->layout;
	made = add(futures, dao, WEIR__BY_ID);
	kept = made && (layout->key_count > 1 ? keep_struct(made, layout, key)
	                                      : keep_value(made, weir__layout_get(layout, layout->key[0], key)));
	return started(made, kept, future, err);
}

int weir_base_dao_start_get_by_cached(const weir_base_dao *dao, weir_column column, const void *values,
                                      weir_futures *futures, weir_future **future, weir_error *err)
{
	weir_future *made;
	weir_value   value;
	weir__call   call;
	size_t       index = 0;
	int          rc = check_start(dao, futures, future, err);

	if (rc < 0)
		return rc;
	call = (weir__call){ .session = dao->session, .entity = dao->entity, .err = err };
	rc = weir__check_unique(&call, column, values, &index, &value);
	if (rc < 0)
		return rc;
	made = add(futures, dao, weir__is_key(dao->entity, index) ? WEIR__BY_ID : index);
	rc = started(made, made && keep_value(made, value), future, err);
	if (rc >= 0 && value.is_null)
		weir__future_settle(made, WEIR_NOT_FOUND, NULL, NULL);
	return rc;
}

/* ---- Taking -------------------------------------------------------------------------------------------------------- */

void weir__future_settle(weir_future *future, int rc, const void *record, const weir_error *err)
{
	take_out(&future->group->waiting, future);
	push(&future->group->done, future);
	future->done = true;
	future->rc = rc;
	future->record = record;
	if (rc >= 0 || !err)
		return;
	future->error = weir__malloc(sizeof *err);
	if (future->error)
		*future->error = *err;
}

void weir_futures_wait(weir_futures *futures)
{
	while (futures && futures->waiting.first)
		weir__round_run(futures);
}

bool weir_future_is_done(const weir_future *future)
{
	return future && future->done;
}

static int tell(const weir_future *future, weir_error *err)
{
	if (future->rc < 0 && future->error && err)
		*err = *future->error;
	else if (future->rc < 0)
		weir__error_set(err, future->rc, "%s", weir_status_text(future->rc));
	return future->rc;
}

int weir_future_take(weir_future **future, void *record, weir_error *err)
{
	weir_future *taken = future ? *future : NULL;
	int          rc;

	if (!taken)
		return weir__error_set(err, WEIR_ERR_USAGE, "no future was given");
	if (record && !weir__record_out_is_empty(record))
		return weir__error_set(err, WEIR_ERR_USAGE, "the record's pointer must be NULL before the call");
	while (!taken->done)
		weir__round_run(taken->group);
	rc = tell(taken, err);
	if (rc == WEIR_OK && record) {
		weir__record_out_set(record, taken->record);
		taken->record = NULL;
	}
	*future = NULL;
	put_away(taken);
	return rc;
}

void weir_future_free(weir_future **future)
{
	weir_future *freed = future ? *future : NULL;

	if (!freed)
		return;
	*future = NULL;
	put_away(freed);
}
