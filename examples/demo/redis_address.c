/* URLs of Redis (redis_address.h). */
#include "redis_address.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool copy(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

static bool parse_unix(const char *path, redis_address *address)
{
	size_t      length = strcspn(path, "?");
	const char *database = strstr(path, "db=");

	return (!database || copy(address->database, sizeof address->database, database + 3, strcspn(database + 3, "&"))) &&
	       copy(address->path, sizeof address->path, path, length);
}

/* host, host:port, [address]:port */
static bool parse_host(const char *text, size_t length, redis_address *address)
{
	const char *end = text[0] == '[' ? memchr(text, ']', length) : NULL;
	const char *colon;

	if (text[0] == '[' && !end)
		return false;
	if (end)
		text++, length--;
	colon = memchr(end ? end : text, ':', end ? (size_t)(text + length - end) : length);
	if (colon && !copy(address->port, sizeof address->port, colon + 1, (size_t)(text + length - colon - 1)))
		return false;
	if (!end)
		end = colon ? colon : text + length;
	return copy(address->host, sizeof address->host, text, (size_t)(end - text));
}

static bool parse_tcp(const char *text, redis_address *address)
{
	size_t      length = strcspn(text, "/?");
	const char *at = NULL;

	for (const char *c = text; c < text + length; c++)
		if (*c == '@')
			at = c;
	if (at && !copy(address->user, sizeof address->user, text, (size_t)(at + 1 - text)))
		return false;
	if (text[length] == '/' && text[length + 1] &&
	    !copy(address->database, sizeof address->database, text + length + 1, strcspn(text + length + 1, "?")))
		return false;
	if (at)
		length -= (size_t)(at + 1 - text), text = at + 1;
	return length > 0 && parse_host(text, length, address);
}

bool redis_address_parse(const char *url, redis_address *address)
{
	*address = (redis_address){ .port = "6379", .database = "0" };
	if (strncmp(url, "unix://", 7) == 0)
		return parse_unix(url + 7, address);
	return strncmp(url, "redis://", 8) == 0 && parse_tcp(url + 8, address);
}

static int connect_to(const struct sockaddr *address, socklen_t length)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, address, length) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!copy(address.sun_path, sizeof address.sun_path, path, strlen(path)))
		return -1;
	return connect_to((const struct sockaddr *)&address, sizeof address);
}

int redis_address_connect(const redis_address *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	int             fd = -1;

	if (address->path[0])
		return connect_unix(address->path);
	if (getaddrinfo(address->host, address->port, &hints, &found) != 0)
		return -1;
	for (struct addrinfo *one = found; one && fd < 0; one = one->ai_next)
		fd = connect_to(one->ai_addr, one->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}
