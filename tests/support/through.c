/* A proxy in front of the run's server. */
#include "support/through.h"

#include "support/database.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

void through_start(struct proxy *proxy, char *url, size_t size)
{
	PGconn *direct = PQconnectdb(test_database_url());
	char    setting[96];

	ck_assert_msg(PQstatus(direct) == CONNECTION_OK, "%s", PQerrorMessage(direct));
	proxy_start(proxy, PQhost(direct), PQport(direct));
	PQfinish(direct);
	snprintf(setting, sizeof setting, "host=127.0.0.1 port=%d sslmode=disable gssencmode=disable", proxy->port);
	if (strstr(test_database_url(), "://"))
		for (char *at = setting; *at; at++)
			*at = *at == ' ' ? '&' : *at;
	url_with(url, size, test_database_url(), setting);
}
