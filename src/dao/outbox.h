/* The outbox as the hall sees it: touches into the table (db/outbox.h), in the transaction that made them. */
#ifndef WEIR_DAO_OUTBOX_H
#define WEIR_DAO_OUTBOX_H

#include "dao/session.h"
#include "db/outbox.h"

/* Leaves what touches hold for a relay, in the transaction that is open on conn. Of very many keys whole models become. */
int weir__outbox_keep(const weir__engine *engine, weir__conn *conn, const weir__touches *touches,
                      weir__deadline deadline, weir_error *err);

#endif
