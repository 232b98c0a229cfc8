/* Transactions: a rollback, a savepoint, and work that is given a second chance. */
#include "demo.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define GIVER 101
#define TAKER 102

static int set_balance(weir_session *session, int64_t id, const char *balance, weir_error *err)
{
	user_dao users = get_user_dao(session);
	int      rc = user_dao_update(&users, id, &(user){ .balance = { balance } }, WEIR_SET(user, balance), NULL, err);

	return rc == WEIR_NOT_FOUND ? WEIR_ERR_USAGE : rc;
}

static int show_balances(demo *d, const char *when, const char *giver, const char *taker, weir_error *err)
{
	static const int64_t ids[] = { GIVER, TAKER };
	user_dao             users = get_user_dao(d->session);
	user_list            found = WEIR_LIST_INIT;
	watch                w = watch_start(d->session);
	int                  rc = user_dao_get_many_cached(&users, ids, 2, &found, err);

	watch_stop(&w);
	if (rc < 0)
		return rc;
	print_step(&w, watch_source(&w), when, "%s and %s", found.items[0]->balance.text, found.items[1]->balance.text);
	demo_claim(d, strcmp(found.items[0]->balance.text, giver) == 0, "the giver has what was committed");
	demo_claim(d, strcmp(found.items[1]->balance.text, taker) == 0, "the taker has what was committed");
	user_list_release(&found);
	return WEIR_OK;
}

/* What a transaction did and took back was never there: Redis still has the truth. */
static int roll_back(demo *d, weir_error *err)
{
	weir_session *tx = NULL;
	int           rc = weir_begin(d->session, NULL, &tx, err);

	if (rc < 0)
		return rc;
	rc = set_balance(tx, GIVER, "0.00", err);
	weir_rollback(&tx);
	if (rc == WEIR_OK)
		print_line("begin, 12.50 away from one, ROLLBACK");
	return rc < 0 ? rc : show_balances(d, "  after the rollback", "12.50", "12.50", err);
}

/* A savepoint is a transaction begun in another one; it can be undone alone. */
static int undo_savepoint(demo *d, weir_error *err)
{
	weir_session *tx = NULL, *savepoint = NULL;
	int           rc = weir_begin(d->session, NULL, &tx, err);

	if (rc < 0)
		return rc;
	rc = set_balance(tx, GIVER, "2.50", err);
	if (rc == WEIR_OK)
		rc = weir_begin(tx, NULL, &savepoint, err);
	if (rc == WEIR_OK)
		rc = set_balance(savepoint, TAKER, "1000000.00", err);
	weir_rollback(&savepoint);
	if (rc == WEIR_OK)
		rc = set_balance(tx, TAKER, "22.50", err);
	if (rc < 0) {
		weir_rollback(&tx);
		return rc;
	}
	rc = weir_commit(&tx, err);
	if (rc < 0)
		return rc;
	print_line("begin, 10.00 away from one, a wrong sum to the other in a savepoint,");
	print_line("ROLLBACK TO SAVEPOINT, the right sum, COMMIT");
	return show_balances(d, "  after the commit", "2.50", "22.50", err);
}

struct tries {
	int count;
};

/* Fails the first time as if another transaction had been in the way. */
static int give_back(weir_session *tx, void *argument, weir_error *err)
{
	struct tries *tries = argument;
	int           rc = set_balance(tx, GIVER, "12.50", err);

	if (rc == WEIR_OK)
		rc = set_balance(tx, TAKER, "12.50", err);
	return rc == WEIR_OK && ++tries->count == 1 ? WEIR_ERR_SERIALIZATION : rc;
}

static int try_again(demo *d, weir_error *err)
{
	struct tries             tries = { 0 };
	weir_transaction_options options = { .isolation = WEIR_SERIALIZABLE, .attempts = 3 };
	int                      rc = weir_transact(d->session, &options, give_back, &tries, err);

	if (rc < 0)
		return rc;
	print_line("weir_transact, SERIALIZABLE: the first attempt met a conflict, number %d was committed", tries.count);
	return show_balances(d, "  after the commit", "12.50", "12.50", err);
}

int chapter_transactions(demo *d, weir_error *err)
{
	int rc;

	print_title("Transactions: all of it or nothing, for the cache too");
	rc = show_balances(d, "two balances", "12.50", "12.50", err);
	if (rc == WEIR_OK)
		rc = roll_back(d, err);
	if (rc == WEIR_OK)
		rc = undo_savepoint(d, err);
	if (rc == WEIR_OK)
		rc = try_again(d, err);
	return rc;
}
