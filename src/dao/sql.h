/* What the files of SQL by hand share: a statement on its way, checked and with its parameters. */
#ifndef WEIR_DAO_SQL_H
#define WEIR_DAO_SQL_H

#include <weir/sql.h>

#include "dao/call.h"
#include "db/by_hand.h"

/* A statement, as a call without a model. */
typedef struct weir__by_hand {
	weir__call          call; /* first: who collects gets its address */
	weir__sql           sql;
	const weir__layout *layout; /* of the rows, if they are wanted */
	const weir_models  *models; /* that are written */
} weir__by_hand;

enum weir__by_hand_kind { WEIR__SQL_READS, WEIR__SQL_WRITES };

/* Starts one: checks session, kind of statement, number of parameters. weir__call_end(&by_hand->call) is right after a failure
 * too. */
int weir__by_hand_begin(weir__by_hand *by_hand, weir_session *session, enum weir__by_hand_kind kind, weir_sql sql,
                        weir_error *err);
int weir__by_hand_params(weir__by_hand *by_hand, const weir_sql *sql, const weir_params *params);

/* Sets the layout and checks the list. */
int weir__by_hand_expect(weir__by_hand *by_hand, const weir_model *model, const void *list);

/* Each of the models must be of the session. */
int weir__by_hand_models(weir__by_hand *by_hand, const weir_models *models);

/* Runs it as a read and makes its rows a list. */
int weir__by_hand_read(weir__by_hand *by_hand, weir_list *list);

#endif
