/* Which database the cache is filled from (cache/era.h): what connections say of their server is handed on, and connections are looked
 * after where a failover may have gone unnoticed. */
#ifndef WEIR_DAO_ERA_H
#define WEIR_DAO_ERA_H

#include "dao/session.h"

/* The cache may look after the connections of this engine from now on. */
void weir__era_watch(weir__engine *engine);

/* Before rows are read on a connection that may be kept in the cache. Fails as weir__conn_run does. */
int weir__era_read_on(weir__engine *engine, weir__conn *conn, weir__deadline deadline, weir_error *err);

#endif
