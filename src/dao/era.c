/* Eras, as far as connections are concerned. Whoever reads everything from the cache asks the database nothing, and would not hear that
 * another one has taken its place: so about once a second one of the readers looks whether its idle connections were ended, and connects
 * anew if so. While that fails, since nobody has taken over yet, the cache is read as before. */
#include "dao/era.h"

#define LOOK_MS 100 /* of a reader's time, where connections were ended */

static void look_after(void *context, bool superseded)
{
	weir__engine *engine = context;
	weir__conn   *conn = NULL;

	if (superseded)
		weir__db_renew(engine->db);
	weir__doubts_tend(engine, LOOK_MS);
	if (!weir__db_has_ended(engine->db))
		return;
	if (weir__db_acquire(engine->db, weir__deadline_in_ms(LOOK_MS), &conn, NULL) < 0)
		return;
	(void)weir__era_read_on(engine, conn, weir__deadline_in_ms(LOOK_MS), NULL);
	weir__db_give_back(engine->db, &conn);
}

void weir__era_watch(weir__engine *engine)
{
	weir__cache_watch_source(engine->cache, look_after, engine);
}

/* Hashed once, and kept with the connection. */
static weir__source source_of(weir__conn *conn, const weir__server *server)
{
	weir__source source = { server->system, server->timeline, server->tag };

	if (source.tag)
		return source;
	source = weir__source_of(server->system, server->timeline);
	weir__conn_tag_server(conn, source.tag);
	return source;
}

int weir__era_read_on(weir__engine *engine, weir__conn *conn, weir__deadline deadline, weir_error *err)
{
	weir__server server;
	weir__source source;
	int          rc = weir__conn_server(conn, deadline, &server, err);

	if (rc < 0)
		return rc;
	if (server.timeline) {
		source = source_of(conn, &server);
		weir__cache_read_from(engine->cache, &source, server.since_us);
	} else if (server.standby) {
		weir__cache_unsettle(engine->cache);
	}
	return WEIR_OK;
}
