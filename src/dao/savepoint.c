/* Setting, going back to and releasing savepoints by name. The books are changed only after the server has done its part. */
#include "dao/session.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static int check(weir_session *tx, const char *name, weir_error *err)
{
	int rc = weir__session_check(tx, err);

	if (rc < 0)
		return rc;
	if (!tx->transaction)
		return weir__error_set(err, WEIR_ERR_USAGE, "a savepoint needs a transaction");
	if (!name || !name[0] || strlen(name) >= sizeof((weir__savepoint *)0)->name)
		return weir__error_set(err, WEIR_ERR_USAGE, "the name of a savepoint has 1 to 63 bytes");
	return WEIR_OK;
}

static int make_room(weir__savepoints *named, weir_error *err)
{
	size_t           capacity = named->capacity ? 2 * named->capacity : 4;
	weir__savepoint *items;

	if (named->count < named->capacity)
		return WEIR_OK;
	items = weir__realloc(named->items, capacity * sizeof *items);
	if (!items)
		return weir__error_no_memory(err);
	named->items = items;
	named->capacity = capacity;
	return WEIR_OK;
}

/* The newest one of that name, as its place + 1. */
static int find(weir_session *tx, const char *name, size_t *end, weir_error *err)
{
	const weir__savepoints *named;
	int                     rc = check(tx, name, err);

	if (rc < 0)
		return rc;
	named = &tx->transaction->named;
	for (*end = named->count; *end > 0; (*end)--)
		if (strcmp(named->items[*end - 1].name, name) == 0)
			return WEIR_OK;
	return weir__error_set(err, WEIR_ERR_USAGE, "there is no savepoint of this name in the transaction");
}

int weir_savepoint(weir_session *tx, const char *name, weir_error *err)
{
	weir__transaction *own;
	weir__savepoint    made = { .number = 0 };
	int                rc = check(tx, name, err);

	if (rc < 0)
		return rc;
	own = tx->transaction;
	rc = make_room(&own->named, err);
	if (rc < 0)
		return rc;
	memcpy(made.name, name, strlen(name));
	made.mark = weir__transaction_mark(own);
	made.number = ++own->outermost->last_number;
	rc = weir__conn_savepoint(own->conn, made.number, weir__session_deadline(tx, 0), err);
	if (rc >= 0)
		own->named.items[own->named.count++] = made;
	return rc;
}

int weir_rollback_to(weir_session *tx, const char *name, weir_error *err)
{
	weir__transaction *own;
	weir__savepoint   *to;
	size_t             end;
	int                rc = find(tx, name, &end, err);

	if (rc < 0)
		return rc;
	own = tx->transaction;
	to = &own->named.items[end - 1];
	rc = weir__conn_return_to(own->conn, to->number, weir__session_deadline(tx, 0), err);
	if (rc < 0)
		return rc;
	weir__transaction_undo(own, &to->mark);
	own->named.count = end;
	return WEIR_OK;
}

int weir_release(weir_session *tx, const char *name, weir_error *err)
{
	weir__transaction *own;
	size_t             end;
	int                rc = find(tx, name, &end, err);

	if (rc < 0)
		return rc;
	own = tx->transaction;
	rc = weir__conn_release_savepoint(own->conn, own->named.items[end - 1].number, weir__session_deadline(tx, 0), err);
	if (rc >= 0)
		own->named.count = end - 1;
	return rc;
}
