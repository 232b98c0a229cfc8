/* A model's own word on what its writes invalidate: its hook is called with each row, or once without, and adds to the touches. */
#include "dao/invalidation.h"

#include "base/error.h"
#include "dao/keys.h"

struct weir_invalidation {
	weir_session  *session;
	weir__touches *touches;
};

static weir_invalidates *hook_of(const weir_model *model)
{
	while (model && !model->invalidates)
		model = model->parent;
	return model ? model->invalidates : NULL;
}

bool weir__invalidation_has_hook(const weir_model *model)
{
	return hook_of(model) != NULL;
}

int weir__invalidation_of_unknown(weir__call *call, const weir_model *model, weir__touches *touches)
{
	weir_invalidates *hook = hook_of(model);
	weir_invalidation write = { call->session, touches };

	return hook ? hook(&write, NULL, call->err) : WEIR_OK;
}

int weir__invalidation_of_rows(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	weir_invalidates *hook = call->entity ? hook_of(call->entity->model) : NULL;
	weir_invalidation write = { call->session, touches };
	int               rc = WEIR_OK;

	if (!hook)
		return WEIR_OK;
	if (weir__rows_columns(rows) < call->entity->layout->column_count)
		return hook(&write, NULL, call->err);
	for (size_t i = 0; rc >= 0 && i < rows->count; i++) {
		const void *record = NULL;

		rc = weir__rows_record(rows, i, call->entity->layout, &record, call->err);
		if (rc >= 0)
			rc = hook(&write, record, call->err);
		weir_record_release(record);
	}
	return rc;
}

/* ---- What it adds ------------------------------------------------------------------------------------------------------ */

static int find(const weir_invalidation *write, const weir_model *model, const weir__entity **entity, weir_error *err)
{
	if (!write || !model)
		return weir__error_set(err, WEIR_ERR_USAGE, "an invalidation needs a model");
	*entity = weir__registry_find(&write->session->engine->registry, model);
	if (!*entity)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "the session was opened without this model");
	return WEIR_OK;
}

int weir_invalidation_add_record(weir_invalidation *write, const weir_model *model, const void *key, weir_error *err)
{
	const weir__entity *entity;
	weir__buffer        text = WEIR__BUFFER_INIT;
	int                 rc = find(write, model, &entity, err);

	if (rc < 0)
		return rc;
	if (!key)
		return weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "no key was given");
	weir__key_of_record(entity, key, &text);
	rc = text.failed ? WEIR_ERR_NO_MEMORY
	                 : weir__touches_add_key(write->touches, entity->space, (weir_bytes){ text.data, text.length });
	weir__buffer_release(&text);
	return rc < 0 ? weir__error_no_memory(err) : WEIR_OK;
}

int weir_invalidation_add_lists(weir_invalidation *write, const weir_model *model, weir_error *err)
{
	const weir__entity *entity;
	int                 rc = find(write, model, &entity, err);

	if (rc < 0)
		return rc;
	rc = weir__touches_add_any(write->touches, entity->space);
	if (rc >= 0)
		rc = weir__touches_add_bulk(write->touches, entity->space);
	return rc < 0 ? weir__error_no_memory(err) : WEIR_OK;
}

int weir_invalidation_add_all(weir_invalidation *write, const weir_model *model, weir_error *err)
{
	const weir__entity *entity;
	int                 rc = find(write, model, &entity, err);

	if (rc < 0)
		return rc;
	rc = weir__touches_add_all(write->touches, entity->space);
	return rc < 0 ? weir__error_no_memory(err) : WEIR_OK;
}
