/* The list of hooks, and the three ways to get on it. */
#include "dao/hooks.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/session.h"

int weir__hooks_add(weir__hooks *hooks, const weir__hook *hook, weir_error *err)
{
	if (hooks->count == hooks->capacity) {
		size_t      capacity = hooks->capacity ? 2 * hooks->capacity : 4;
		weir__hook *items = weir__realloc(hooks->items, capacity * sizeof *items);

		if (!items)
			return weir__error_no_memory(err);
		hooks->items = items;
		hooks->capacity = capacity;
	}
	hooks->items[hooks->count++] = *hook;
	return WEIR_OK;
}

void weir__hooks_undo(weir__hooks *hooks, size_t mark)
{
	for (size_t i = mark; i < hooks->count; i++)
		hooks->items[i].undone = true;
}

static bool wants(weir__hook_when when, weir_effect effect)
{
	static const weir_effect wanted[] = {
		[WEIR__AFTER_COMMIT] = WEIR_EFFECT_DONE,
		[WEIR__AFTER_ROLLBACK] = WEIR_EFFECT_NONE,
	};

	return when == WEIR__AFTER_END || wanted[when] == effect;
}

void weir__hooks_run(weir__hooks *hooks, weir_session *session, weir_effect effect)
{
	for (size_t i = 0; i < hooks->count; i++) {
		const weir__hook *hook = &hooks->items[i];
		weir_effect       own = hook->undone ? WEIR_EFFECT_NONE : effect;

		if (wants(hook->when, own))
			hook->call(session, own, hook->argument);
	}
	weir__free(hooks->items);
	*hooks = (weir__hooks){ .count = 0 };
}

/* ---- Registering ------------------------------------------------------------------------------------------------- */

static int add(weir_session *session, const weir__hook *hook, weir_error *err)
{
	int rc = weir__session_check(session, err);

	if (rc < 0)
		return rc;
	if (!hook->call)
		return weir__error_set(err, WEIR_ERR_USAGE, "no hook was given");
	if (session->transaction)
		return weir__hooks_add(session->transaction->hooks, hook, err);
	if (wants(hook->when, WEIR_EFFECT_DONE))
		hook->call(session, WEIR_EFFECT_DONE, hook->argument);
	return WEIR_OK;
}

int weir_after_commit(weir_session *tx, weir_hook hook, void *argument, weir_error *err)
{
	return add(tx, &(weir__hook){ hook, argument, WEIR__AFTER_COMMIT, false }, err);
}

int weir_after_rollback(weir_session *tx, weir_hook hook, void *argument, weir_error *err)
{
	return add(tx, &(weir__hook){ hook, argument, WEIR__AFTER_ROLLBACK, false }, err);
}

int weir_after_end(weir_session *tx, weir_hook hook, void *argument, weir_error *err)
{
	return add(tx, &(weir__hook){ hook, argument, WEIR__AFTER_END, false }, err);
}
