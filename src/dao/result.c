/* A list that only grows, so that it is read without a lock. Two threads that meet a model at once may both make a layout; one
 * of them is found from then on, and both live as long as the session. */
#include "dao/result.h"

#include "base/error.h"
#include "base/memory.h"

struct weir__result {
	weir__result     *next;
	const weir_model *model;
	weir__layout     *layout;
};

static const weir__layout *find(weir__engine *engine, const weir_model *model)
{
	const weir__entity *entity = weir__registry_find(&engine->registry, model);
	const weir__result *at = atomic_load_explicit(&engine->results, memory_order_acquire);

	if (entity)
		return entity->layout;
	while (at && at->model != model)
		at = at->next;
	return at ? at->layout : NULL;
}

static int make(weir__engine *engine, const weir_model *model, const weir__layout **layout, weir_error *err)
{
	weir__result *made = weir__calloc(1, sizeof *made);
	int           rc;

	if (!made)
		return weir__error_no_memory(err);
	made->model = model;
	rc = weir__layout_create_result(model, &made->layout, err);
	if (rc < 0) {
		weir__free(made);
		return rc;
	}
	made->next = atomic_load_explicit(&engine->results, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&engine->results, &made->next, made, memory_order_release,
	                                              memory_order_relaxed))
		;
	*layout = made->layout;
	return WEIR_OK;
}

int weir__result_layout(weir__engine *engine, const weir_model *model, const weir__layout **layout, weir_error *err)
{
	if (!model)
		return weir__error_set(err, WEIR_ERR_USAGE, "no model for the rows");
	*layout = find(engine, model);
	return *layout ? WEIR_OK : make(engine, model, layout, err);
}

void weir__results_free(weir__engine *engine)
{
	weir__result *next;

	for (weir__result *at = atomic_load(&engine->results); at; at = next) {
		next = at->next;
		weir__layout_free(at->layout);
		weir__free(at);
	}
	atomic_store(&engine->results, NULL);
}
