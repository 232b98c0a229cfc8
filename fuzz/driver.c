/* Runs a fuzz target once on each file of the directories named, where there is no libFuzzer: the corpus, and what was
 * found by fuzzing, as a test. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return EXIT_FAILURE;
}

/* The input ends where its memory ends, so that a sanitizer sees a read beyond it. */
static int run_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return fail("input");
	memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return EXIT_SUCCESS;
}

static int run_file(const char *path, uint8_t *buffer)
{
	FILE  *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return fail(path);
	size = fread(buffer, 1, INPUT_MAX, file);
	(void)fclose(file);
	return run_bytes(buffer, size);
}

static int run_directory(const char *path, uint8_t *buffer, size_t *count)
{
	DIR           *directory = opendir(path);
	struct dirent *entry;
	char           file[PATH_MAX];
	int            status = EXIT_SUCCESS;

	if (!directory)
		return fail(path);
	while (status == EXIT_SUCCESS && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		status = run_file(file, buffer);
		++*count;
	}
	(void)closedir(directory);
	return status;
}

int main(int argc, char **argv)
{
	uint8_t *buffer = malloc(INPUT_MAX);
	size_t   count = 0;
	int      status = buffer ? EXIT_SUCCESS : fail("input");

	for (int i = 1; i < argc && status == EXIT_SUCCESS; i++)
		status = run_directory(argv[i], buffer, &count);
	free(buffer);
	printf("%zu inputs\n", count);
	return count > 0 ? status : EXIT_FAILURE;
}
