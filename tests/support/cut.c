/* A connection that is cut in the midst of something. */
#include "support/cut.h"

#include "support/suite.h"
#include "support/through.h"

#include <stdio.h>

void cut_open(struct cut *cut)
{
	through_start(&cut->proxy, cut->url, sizeof cut->url);
	database_init(&cut->database, cut->url);
	cut->database.url = test_database_url();
	database_open(&cut->database);
	database_run(&cut->database, "CREATE TABLE t (id int)");
}

int64_t cut_rows(const struct cut *cut)
{
	char sql[96];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s.t", cut->database.schema);
	return sql_number(cut->database.url, sql);
}

void cut_release(struct cut *cut)
{
	database_give_back(&cut->database, &cut->conn);
	database_close(&cut->database);
	proxy_stop(&cut->proxy);
}
