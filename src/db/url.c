/* Parameters of connection URLs that are ours: found between ? and #, taken out, the others left as they are. */
#include "db/url.h"

#include <stdio.h>
#include <string.h>

static bool is_url(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0;
}

bool weir__url_take(char *url, const char *name, char *value, size_t size)
{
	char  *at = is_url(url) ? strchr(url, '?') : NULL;
	size_t name_length = strlen(name);
	bool   found = false;

	while (at && (*at == '?' || *at == '&')) {
		char  *parameter = at + 1;
		size_t length = strcspn(parameter, "&");

		if (length <= name_length || strncmp(parameter, name, name_length) != 0 || parameter[name_length] != '=') {
			at = parameter + length;
			continue;
		}
		found = true;
		snprintf(value, size, "%.*s", (int)(length - name_length - 1), parameter + name_length + 1);
		if (parameter[length] == '&') /* the next one takes its place, behind the same ? or & */
			memmove(parameter, parameter + length + 1, strlen(parameter + length + 1) + 1);
		else
			*at = '\0';
	}
	return found;
}

bool weir__url_is_clear(const char *url)
{
	const char *at = is_url(url) ? strstr(url, "://") + 3 : "";
	int         ends = 0;

	for (bool in_path = false; *at && *at != '?'; at++) {
		in_path = in_path || *at == '/';
		ends += *at == '@' ? 1 + in_path : 0;
	}
	return ends <= 1;
}
