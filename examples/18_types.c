/* 18_types: an enum, a date, an interval, an address, bytes, jsonb and an array in one row, and conditions that look into the
 * last two. The row that comes from the cache is the one that was written. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct host {
	const char     *name;
	const char     *state; /* an enum */
	weir_inet       address;
	weir_opt_date   bought;
	weir_interval   uptime;
	weir_bytea      key;
	weir_json       settings;
	weir_text_array tags;
} host;
WEIR_RECORD(host)

static const weir_field host_fields[] = {
	WEIR_FIELD(host, name, .primary_key = true),
	WEIR_FIELD(host, state, .labels = WEIR_LABELS("up", "down")),
	WEIR_FIELD(host, address, .unique = true),
	WEIR_FIELD(host, bought),
	WEIR_FIELD(host, uptime),
	WEIR_FIELD(host, key),
	WEIR_FIELD(host, settings),
	WEIR_FIELD(host, tags),
};
static const weir_model host_model = WEIR_MODEL(host, "hosts", host_fields);

static const struct {
	weir_text_column       state;
	weir_json_column       settings;
	weir_text_array_column tags;
} host_c = { WEIR_TEXT_COLUMN(host, state), WEIR_JSON_COLUMN(host, settings), WEIR_ARRAY_COLUMN(text, host, tags) };

static const char create_table[] =
	"CREATE TYPE host_state AS ENUM ('up', 'down');"
	"CREATE TABLE hosts (name text PRIMARY KEY, state host_state NOT NULL, address inet NOT NULL UNIQUE, bought date, "
	"uptime interval NOT NULL, key bytea NOT NULL, settings jsonb NOT NULL, tags text[] NOT NULL)";

static int fill(weir_base_dao *hosts, weir_error *err)
{
	static const char *const web[] = { "web", "eu" }, *const mail[] = { "mail", NULL };
	host rows[2] = {
		{ .name = "a", .state = "up", .key = { "\x00\xff", 2 }, .settings = { "{\"log\": {\"level\": \"debug\"}}" } },
		{ .name = "b", .state = "down", .key = { "", 0 }, .settings = { "{}" } },
	};
	weir_date bought;

	rows[0].tags = (weir_text_array){ web, 2 };
	rows[1].tags = (weir_text_array){ mail, 2 };
	rows[0].uptime = weir_interval_of(1, 2, 3000000);
	if (weir_inet_parse("10.0.0.1/8", &rows[0].address) || weir_inet_parse("2001:db8::1", &rows[1].address) ||
	    weir_date_parse("2024-02-29", &bought))
		return WEIR_ERR_VALUE;
	rows[0].bought = weir_some_date(bought);
	return weir_base_dao_create_many(hosts, rows, 2, weir_set_all(&host_model), NULL, err);
}

static int show(const host *row, weir_error *err)
{
	char *text = NULL;
	int   rc = weir_record_to_json(row, NULL, &text, err);

	if (rc == WEIR_OK)
		printf("%s\n", text);
	weir_free(text);
	return rc;
}

static int find(weir_base_dao *hosts, const char *what, weir_condition where, weir_error *err)
{
	host_list list = WEIR_LIST_INIT;
	int       rc = weir_base_dao_get_all_cached(hosts, WEIR_QUERY(.where = where), &list, err);

	if (rc == WEIR_OK)
		printf("%s:", what);
	for (size_t i = 0; i < list.count; i++)
		printf(" %s", list.items[i]->name);
	if (rc == WEIR_OK)
		printf("\n");
	host_list_release(&list);
	return rc;
}

static int run(weir_session *session, weir_error *err)
{
	weir_base_dao hosts = weir_get_dao(session, &host_model);
	const char   *tags[] = { "web", "mail" };
	int           rc = fill(&hosts, err);

	for (int time = 0; time < 2 && rc == WEIR_OK; time++) { /* from the database, then from the cache */
		const host *row = NULL;
		rc = weir_base_dao_get_by_id_cached(&hosts, &(host){ .name = "a" }, &row, err);
		if (rc == WEIR_OK)
			rc = show(row, err);
		host_release(&row);
	}
	if (rc == WEIR_OK)
		rc = find(&hosts, "tagged web", weir_has(host_c.tags, "web"), err);
	if (rc == WEIR_OK)
		rc = find(&hosts, "tagged web or mail", weir_has_any(host_c.tags, tags, 2), err);
	if (rc == WEIR_OK)
		rc = find(&hosts, "logging at debug", weir_json_at(host_c.settings, "debug", "log", "level"), err);
	if (rc == WEIR_OK && find(&hosts, "asleep", weir_eq(host_c.state, "asleep"), err) == WEIR_ERR_VALUE)
		printf("%s\n", err->message);
	return rc;
}

int main(void)
{
	static const weir_model *const models[] = { &host_model, NULL };
	weir_options                   options = {
						  .postgres = getenv("DATABASE_URL"),
						  .redis = getenv("REDIS_URL"),
						  .models = models,
						  .schema = getenv("BLOG_SCHEMA"),
						  .cache_prefix = getenv("BLOG_PREFIX"),
						  .lazy = true, /* the table is made below */
	};
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = weir_run_script(session, create_table, &err);
	if (rc == WEIR_OK)
		rc = run(session, &err);
	if (rc == WEIR_OK)
		rc = weir_run_script(session, "DROP TABLE hosts; DROP TYPE host_state", &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * {"name":"a","state":"up","address":"10.0.0.1/8","bought":"2024-02-29","uptime":"P1M2DT3S","key":"AP8=","settings":{"log": {"level": "debug"}},"tags":["web","eu"]}
 * {"name":"a","state":"up","address":"10.0.0.1/8","bought":"2024-02-29","uptime":"P1M2DT3S","key":"AP8=","settings":{"log": {"level": "debug"}},"tags":["web","eu"]}
 * tagged web: a
 * tagged web or mail: a b
 * logging at debug: a
 * host.state: is none of the labels of the enum
 */
