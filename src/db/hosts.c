/* Hosts, their addresses, and the rounds in which they are tried. */
#include "db/hosts.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HOSTS_MAX 32

typedef struct host {
	char *name; /* "": libpq's default; a path: a unix socket */
	char *address;
	char *port;
} host;

struct weir__hosts {
	weir__names  *names;
	const char   *rounds[2]; /* the target_session_attrs of each; NULL: as the string says */
	size_t        round_count;
	size_t        count;     /* 0: libpq finds its way by itself (a service file, no host at all) */
	atomic_size_t preferred; /* the one that was right the last time */
	host          items[];
};

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val && options->val[0] ? options->val : NULL;
	return NULL;
}

static size_t count_items(const char *list)
{
	size_t count = list != NULL;

	for (const char *at = list; at && *at; at++)
		count += *at == ',';
	return count;
}

/* Item i of a list, the only one if there is but one, "" if there is no list. NULL: out of memory. */
static char *copy_item(const char *list, size_t i)
{
	const char *at = list ? list : "";
	size_t      length;
	char       *copy;

	for (size_t skip = count_items(list) > 1 ? i : 0; skip > 0; skip--)
		at = strchr(at, ',') + 1;
	length = strcspn(at, ",");
	copy = weir__malloc(length + 1);
	if (copy) {
		memcpy(copy, at, length);
		copy[length] = '\0';
	}
	return copy;
}

static bool fill(weir__hosts *hosts, const char *names, const char *addresses, const char *ports)
{
	for (size_t i = 0; i < hosts->count; i++) {
		host *item = &hosts->items[i];

		item->name = copy_item(names, i);
		item->address = copy_item(addresses, i);
		item->port = copy_item(ports, i);
		if (!item->name || !item->address || !item->port)
			return false;
	}
	return true;
}

/* libpq tries each host twice for this one; so do we. */
static void plan_rounds(weir__hosts *hosts, const char *attrs)
{
	hosts->round_count = 1;
	if (attrs && strcmp(attrs, "prefer-standby") == 0) {
		hosts->rounds[0] = "standby";
		hosts->rounds[1] = "any";
		hosts->round_count = 2;
	} else if (!attrs && hosts->count > 1) {
		hosts->rounds[0] = "read-write";
	}
}

static int read_hosts(const PQconninfoOption *given, const PQconninfoOption *defaults, weir__hosts **hosts,
                      weir_error *err)
{
	static const char *const keywords[] = { "host", "hostaddr", "port", "target_session_attrs" };
	const char              *values[4];
	size_t                   count;
	weir__hosts             *made;

	for (size_t i = 0; i < 4; i++) {
		values[i] = value_of(given, keywords[i]);
		if (!values[i])
			values[i] = value_of(defaults, keywords[i]);
	}
	if (!value_of(given, "target_session_attrs") && values[3] && strcmp(values[3], "any") == 0)
		values[3] = NULL; /* libpq's own default */
	count = count_items(values[1] ? values[1] : values[0]);
	if (value_of(given, "service"))
		count = 0;
	if (count > HOSTS_MAX)
		return weir__error_set(err, WEIR_ERR_USAGE, "options.postgres names %zu hosts, %d are allowed", count,
		                       HOSTS_MAX);
	if ((values[0] && values[1] && count_items(values[0]) != count) ||
	    (count > 0 && count_items(values[2]) > 1 && count_items(values[2]) != count))
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "options.postgres names %zu hosts, and not as many ports or addresses", count);
	made = weir__calloc(1, sizeof *made + count * sizeof(host));
	if (!made)
		return weir__error_no_memory(err);
	made->count = count;
	atomic_init(&made->preferred, 0);
	plan_rounds(made, values[3]);
	made->names = weir__names_create();
	if (!made->names || !fill(made, values[0], values[1], values[2])) {
		weir__hosts_free(made);
		return weir__error_no_memory(err);
	}
	*hosts = made;
	return WEIR_OK;
}

int weir__hosts_create(const PQconninfoOption *given, weir__hosts **hosts, weir_error *err)
{
	PQconninfoOption *defaults = PQconndefaults();
	int               rc = defaults ? read_hosts(given, defaults, hosts, err) : weir__error_no_memory(err);

	PQconninfoFree(defaults);
	return rc;
}

void weir__hosts_free(weir__hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++) {
		weir__free(hosts->items[i].name);
		weir__free(hosts->items[i].address);
		weir__free(hosts->items[i].port);
	}
	weir__names_release(hosts->names);
	weir__free(hosts);
}

/* ---- Trying ---------------------------------------------------------------------------------------------------------- */

/* A way through all places, while it lasts. */
typedef struct route {
	weir__hosts   *hosts;
	weir__deadline deadline;
	size_t         left; /* hosts still to be tried, in all rounds */
	weir__attempt *attempt;
	void          *context;
	weir_error     failure; /* of all places so far */
} route;

/* The time of one of `left`, of which none is to use up that of the others. */
static weir__deadline share(weir__deadline deadline, size_t left)
{
	int64_t now_us = weir__now_us();

	if (deadline == WEIR__NO_DEADLINE || left <= 1 || deadline <= now_us)
		return deadline;
	return now_us + (deadline - now_us) / (int64_t)left;
}

static void join(weir_error *both, const weir_error *first, const weir_error *second)
{
	size_t length = strlen(first->message);

	memcpy(both->message, first->message, length + 1);
	if (length + 3 > sizeof both->message)
		return;
	memcpy(both->message + length, "; ", 3);
	weir__error_copy(both->message + length + 2, sizeof both->message - length - 2, second->message);
}

/* The status is that of the last failure, the message tells of all. */
static int note(route *way, const weir_error *failure)
{
	weir_error before = way->failure;

	way->failure = *failure;
	if (before.message[0] && strstr(before.message, failure->message))
		weir__error_copy(way->failure.message, sizeof way->failure.message, before.message);
	else if (before.message[0])
		join(&way->failure, &before, failure);
	return failure->status;
}

static int try_place(route *way, const weir__place *place, weir__deadline deadline)
{
	weir_error failure = WEIR_ERROR_INIT;
	int        rc = way->attempt(way->context, place, deadline, &failure);

	return rc < 0 ? note(way, &failure) : rc;
}

static int try_addresses(route *way, weir__place place, const struct addrinfo *list, weir__deadline deadline)
{
	size_t left = 0;
	int    rc = WEIR_ERR_CONNECT;

	for (const struct addrinfo *each = list; each; each = each->ai_next)
		left++;
	for (const struct addrinfo *each = list; each; each = each->ai_next, left--) {
		char number[96];

		if (getnameinfo(each->ai_addr, each->ai_addrlen, number, sizeof number, NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		place.hostaddr = number;
		rc = try_place(way, &place, share(deadline, left));
		if (rc == WEIR_OK || rc == WEIR_ERR_AUTH || rc == WEIR_ERR_NO_MEMORY)
			break;
	}
	return rc;
}

static int not_found(route *way, const char *name, weir__names_answer answer)
{
	weir_error failure = WEIR_ERROR_INIT;

	if (answer == WEIR__NAMES_NO_MEMORY)
		weir__error_no_memory(&failure);
	else if (answer == WEIR__NAMES_TIMEOUT)
		weir__error_set(&failure, WEIR_ERR_TIMEOUT, "the address of %s was not found by the deadline", name);
	else
		weir__error_set(&failure, WEIR_ERR_CONNECT, "the address of %s was not found", name);
	return note(way, &failure);
}

static bool is_name(const host *item)
{
	return item->name[0] && item->name[0] != '/' && item->name[0] != '@' && !item->address[0];
}

static const char *given(const char *text)
{
	return text[0] ? text : NULL;
}

static int try_host(route *way, const host *item, const char *session_attrs)
{
	weir__place        place = { .host = given(item->name),
		                         .hostaddr = given(item->address),
		                         .port = given(item->port),
		                         .session_attrs = session_attrs };
	weir__deadline     deadline = share(way->deadline, way->left);
	weir__addresses   *found;
	weir__names_answer answer;
	int                rc;

	if (!is_name(item))
		return try_place(way, &place, deadline);
	answer = weir__names_find(way->hosts->names, item->name, item->port[0] ? item->port : "5432", deadline, &found);
	if (answer != WEIR__NAMES_FOUND)
		return not_found(way, item->name, answer);
	rc = try_addresses(way, place, found->list, deadline);
	weir__addresses_release(found);
	return rc;
}

static int try_round(route *way, const char *session_attrs)
{
	weir__hosts *hosts = way->hosts;
	size_t       first = atomic_load_explicit(&hosts->preferred, memory_order_relaxed);
	int          rc = WEIR_ERR_CONNECT;

	for (size_t k = 0; k < hosts->count; k++, way->left--) {
		size_t i = (first + k) % hosts->count;

		rc = try_host(way, &hosts->items[i], session_attrs);
		if (rc == WEIR_OK)
			atomic_store_explicit(&hosts->preferred, i, memory_order_relaxed);
		if (rc == WEIR_OK || rc == WEIR_ERR_AUTH || rc == WEIR_ERR_NO_MEMORY || weir__now_us() >= way->deadline)
			break;
	}
	return rc;
}

int weir__hosts_try(weir__hosts *hosts, weir__deadline deadline, weir__attempt *attempt, void *context, weir_error *err)
{
	route way = { .hosts = hosts,
		          .deadline = deadline,
		          .left = hosts->count * hosts->round_count,
		          .attempt = attempt,
		          .context = context };
	int   rc = WEIR_ERR_CONNECT;

	if (hosts->count == 0)
		return attempt(context, &(weir__place){ .host = NULL }, deadline, err);
	for (size_t round = 0; round < hosts->round_count; round++) {
		rc = try_round(&way, hosts->rounds[round]);
		if (rc == WEIR_OK || rc == WEIR_ERR_AUTH || rc == WEIR_ERR_NO_MEMORY || weir__now_us() >= deadline)
			break;
	}
	if (rc < 0 && err)
		*err = way.failure;
	return rc;
}
