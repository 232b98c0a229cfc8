/* Reading Redis URLs. Errors name the part that is wrong and never its text: it may be a password. */
#include "cache/redis_url.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define DB_MOST 100000

/* Memory that held a secret, overwritten where the compiler cannot see that nobody reads it. */
static void wipe(char *secret)
{
	volatile char *at = secret;

	while (secret && *at)
		*at++ = '\0';
}

void weir__redis_url_release(weir__redis_url *url)
{
	wipe(url->password);
	weir__free(url->socket_path);
	weir__free(url->host);
	weir__free(url->user);
	weir__free(url->password);
	weir__free(url->ca);
	weir__free(url->cert);
	weir__free(url->key);
	weir__free(url->name);
	*url = (weir__redis_url){ .db = 0 };
}

static int wrong(weir_error *err, const char *what)
{
	return weir__error_set(err, WEIR_ERR_USAGE, "redis: %s", what);
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	if (!at)
		return -1;
	return (int)(at - digits) < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

/* A copy without percent escapes. WEIR_ERR_USAGE for a wrong one, or for an escaped NUL. */
static int unescape(const char *text, size_t length, char **out, weir_error *err)
{
	char *copy = weir__malloc(length + 1);
	char *at = copy;

	if (!copy)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < length; i++) {
		int high = text[i] == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text[i + 2]) : -1;

		if (text[i] != '%') {
			*at++ = text[i];
			continue;
		}
		if (low < 0 || high + low == 0) {
			weir__free(copy);
			return wrong(err, "a percent sign is not followed by two hexadecimal digits, or by 00");
		}
		*at++ = (char)(high * 16 + low);
		i += 2;
	}
	*at = '\0';
	*out = copy;
	return WEIR_OK;
}

static int parse_number(const char *text, size_t length, int most, int *number)
{
	int value = 0;

	if (length == 0 || length > 6)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	*number = value;
	return value <= most ? 0 : -1;
}

static int parse_credentials(const char *text, size_t length, weir__redis_url *url, weir_error *err)
{
	const char *colon = memchr(text, ':', length);
	size_t      user_length = colon ? (size_t)(colon - text) : 0;
	int         rc = WEIR_OK;

	if (!colon)
		return wrong(err, "before the @ there must be user:password or :password");
	if (user_length > 0)
		rc = unescape(text, user_length, &url->user, err);
	if (rc == WEIR_OK)
		rc = unescape(colon + 1, length - user_length - 1, &url->password, err);
	return rc;
}

/* host, host:port, [v6] or [v6]:port */
static int parse_host(const char *text, size_t length, weir__redis_url *url, weir_error *err)
{
	const char *end = length > 0 && text[0] == '[' ? memchr(text, ']', length) : NULL;
	const char *host = end ? text + 1 : text;
	const char *colon = end ? end + 1 : memchr(text, ':', length);
	size_t      rest = colon ? length - (size_t)(colon - text) : 0;
	size_t      host_length = end ? (size_t)(end - host) : length - rest;
	int         port = 6379;

	if (host_length == 0 || (length > 0 && text[0] == '[' && !end))
		return wrong(err, "the host is missing");
	if (rest > 0 && (colon[0] != ':' || parse_number(colon + 1, rest - 1, 65535, &port) < 0 || port == 0))
		return wrong(err, "the port must be a number from 1 to 65535");
	for (int i = 4, left = port; i >= 0; i--, left /= 10)
		url->port[i] = (char)('0' + left % 10);
	return unescape(host, host_length, &url->host, err);
}

/* ?name=value&..., of TLS */
static int parse_parameters(const char *text, weir__redis_url *url, weir_error *err)
{
	const struct {
		const char *name;
		char      **value;
	} known[] = { { "ca=", &url->ca }, { "cert=", &url->cert }, { "key=", &url->key }, { "name=", &url->name } };
	enum { KNOWN = sizeof known / sizeof known[0] };

	for (size_t length; *text; text += length + (text[length] == '&')) {
		size_t i = 0;
		int    rc;

		length = strcspn(text, "&");
		while (i < KNOWN && strncmp(text, known[i].name, strlen(known[i].name)) != 0)
			i++;
		if (!url->tls || i == KNOWN || *known[i].value || length == strlen(known[i].name))
			return wrong(err,
			             "after the ? only ca=, cert=, key= and name= are known, once each, and for rediss:// only");
		rc = unescape(text + strlen(known[i].name), length - strlen(known[i].name), known[i].value, err);
		if (rc < 0)
			return rc;
	}
	if (url->key && !url->cert)
		return wrong(err, "there is a key= without a cert=");
	return WEIR_OK;
}

/* Takes user:password@ from the beginning, if there is an @ in the first length bytes. */
static int take_credentials(const char **text, size_t *length, weir__redis_url *url, weir_error *err)
{
	const char *at = NULL;
	size_t      taken;

	for (size_t i = 0; i < *length; i++)
		at = (*text)[i] == '@' ? *text + i : at;
	if (!at)
		return WEIR_OK;
	taken = (size_t)(at - *text);
	*length -= taken + 1;
	*text = at + 1;
	return parse_credentials(at - taken, taken, url, err);
}

static int parse_tcp(const char *text, weir__redis_url *url, weir_error *err)
{
	size_t      whole = strcspn(text, "/?");
	size_t      length = whole;
	const char *db = text[whole] == '/' ? text + whole + 1 : NULL;
	size_t      db_length = db ? strcspn(db, "?") : 0;
	const char *end = db ? db + db_length : text + whole;
	int         rc = take_credentials(&text, &length, url, err);

	if (rc == WEIR_OK)
		rc = parse_host(text, length, url, err);
	if (rc == WEIR_OK && db_length > 0 && parse_number(db, db_length, DB_MOST, &url->db) < 0)
		rc = wrong(err, "the database must be a number");
	if (rc == WEIR_OK && *end == '?')
		rc = parse_parameters(end + 1, url, err);
	return rc;
}

static int parse_unix(const char *text, weir__redis_url *url, weir_error *err)
{
	const char *question = strchr(text, '?');
	const char *credentials_end = strstr(text, "@/");
	size_t      length = question ? (size_t)(question - text) : strlen(text);
	size_t      credentials = credentials_end ? (size_t)(credentials_end + 1 - text) : 0;
	int         rc = WEIR_OK;

	if (text[0] != '/' && credentials > 0 && credentials < length) {
		length -= credentials;
		rc = take_credentials(&text, &credentials, url, err);
	}
	if (rc < 0)
		return rc;
	if (length < 2 || text[0] != '/')
		return wrong(err, "unix:// must be followed by an absolute path");
	if (question &&
	    (strncmp(question, "?db=", 4) != 0 || parse_number(question + 4, strlen(question + 4), DB_MOST, &url->db) < 0))
		return wrong(err, "after the path only ?db=number is known");
	return unescape(text, length, &url->socket_path, err);
}

int weir__redis_url_parse(const char *text, weir__redis_url *url, weir_error *err)
{
	int rc;

	*url = (weir__redis_url){ .db = 0 };
	url->tls = strncmp(text, "rediss://", 9) == 0;
	if (strncmp(text, "redis://", 8) == 0 || url->tls)
		rc = parse_tcp(strstr(text, "://") + 3, url, err);
	else if (strncmp(text, "unix://", 7) == 0)
		rc = parse_unix(text + 7, url, err);
	else
		rc = wrong(err, "the URL must begin with redis://, rediss:// or unix://");
	if (rc < 0)
		weir__redis_url_release(url);
	return rc;
}

bool weir__redis_url_copy(const weir__redis_url *url, weir__redis_url *copy)
{
	const char *const from[] = { url->socket_path, url->host, url->user, url->password,
		                         url->ca,          url->cert, url->key,  url->name };
	char            **to[] = { &copy->socket_path, &copy->host, &copy->user, &copy->password,
		                       &copy->ca,          &copy->cert, &copy->key,  &copy->name };
	bool              done = true;

	*copy = *url;
	for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
		*to[i] = from[i] ? weir__strdup(from[i]) : NULL;
		done = done && (!from[i] || *to[i]);
	}
	if (!done)
		weir__redis_url_release(copy);
	return done;
}
