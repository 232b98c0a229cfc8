/* Whole texts (text.h). */
#include "text.h"

#include <stdlib.h>
#include <string.h>

char *text_of_stream(FILE *stream)
{
	size_t size = 0, room = 4096;
	char  *text = stream ? malloc(room) : NULL;

	while (text) {
		size_t got = fread(text + size, 1, room - size - 1, stream);
		char  *more;

		size += got;
		text[size] = '\0';
		if (got == 0)
			break;
		if (size + 1 < room)
			continue;
		more = realloc(text, room *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (!text)
		fprintf(stderr, "out of memory\n");
	if (stream)
		fclose(stream);
	return text;
}

char *text_of_file(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return NULL;
	}
	return text_of_stream(file);
}

char *text_expected_by(const char *path)
{
	static const char opening[] = "/* Prints:\n";
	char             *text = text_of_file(path), *to = text;
	const char       *from = text ? strstr(text, opening) : NULL;

	if (!from) {
		fprintf(stderr, "%s: no comment says what it prints\n", path);
		free(text);
		return NULL;
	}
	from += strlen(opening);
	while (strncmp(from, " * ", 3) == 0) {
		size_t length = strcspn(from + 3, "\n") + 1;

		memmove(to, from + 3, length);
		to += length;
		from += 3 + length;
	}
	*to = '\0';
	return text;
}
