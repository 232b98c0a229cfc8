/* Functions of the application's that a transaction calls when it has ended. All levels of a transaction share one list, in the
 * order of registering; what a savepoint takes back is marked, not removed, since it has an outcome too: none. */
#ifndef WEIR_DAO_HOOKS_H
#define WEIR_DAO_HOOKS_H

#include <weir/transaction.h>

#include <stddef.h>

typedef enum weir__hook_when { WEIR__AFTER_COMMIT, WEIR__AFTER_ROLLBACK, WEIR__AFTER_END } weir__hook_when;

typedef struct weir__hook {
	weir_hook       call;
	void           *argument;
	weir__hook_when when;
	bool            undone; /* rolled back already, whatever becomes of the rest */
} weir__hook;

typedef struct weir__hooks {
	weir__hook *items;
	size_t      count;
	size_t      capacity;
} weir__hooks;

/* WEIR_ERR_NO_MEMORY leaves the list as it was. */
int weir__hooks_add(weir__hooks *hooks, const weir__hook *hook, weir_error *err);

/* What was registered from `mark` (a count taken earlier) on is rolled back. */
void weir__hooks_undo(weir__hooks *hooks, size_t mark);

/* Calls each that is to know of this outcome, and frees the list. */
void weir__hooks_run(weir__hooks *hooks, weir_session *session, weir_effect effect);

#endif
