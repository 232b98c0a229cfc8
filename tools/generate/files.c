/* Writing files so that a run that fails leaves things as they were: first all of them under temporary names, then renaming. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 2000 /* where the mark is looked for */

FILE *files_add(gen_files *to, const char *name)
{
	gen_file *next = &to->items[to->count++];

	*next = (gen_file){ .name = name, .path = arena_text(to->arena, "%s/%s", to->directory, name) };
	return open_memstream(&next->text, &next->length);
}

/* What is there, as a text; NULL where there is nothing, or after saying why it cannot be read. */
static char *read_there(const gen_files *of, const gen_file *f, size_t *length, gen_report *report)
{
	FILE       *stream = fopen(f->path, "r");
	struct stat state;
	char       *text = NULL;

	if (!stream && errno == ENOENT)
		return NULL;
	if (stream && fstat(fileno(stream), &state) == 0 && S_ISREG(state.st_mode)) {
		text = arena_take(of->arena, (size_t)state.st_size + 1);
		*length = fread(text, 1, (size_t)state.st_size, stream);
		if (ferror(stream))
			text = NULL;
	} else if (stream) {
		errno = EISDIR;
	}
	if (!text)
		report_problem(report, "%s: %s", f->path, strerror(errno));
	if (stream)
		fclose(stream);
	return text;
}

static bool has_mark(const gen_files *of, const char *text)
{
	const char *found = strstr(text, of->mark);

	return found && found - text < HEAD_SIZE;
}

void files_compare(gen_files *all, gen_report *report)
{
	for (size_t i = 0; i < all->count; i++) {
		gen_file *f = &all->items[i];
		size_t    length = 0;
		char     *text = read_there(all, f, &length, report);

		f->is_there = text != NULL;
		f->is_same = text && length == f->length && memcmp(text, f->text, length) == 0;
		if (text && !has_mark(all, text))
			report_problem(
				report, "%s is there and was not written by this program: move it away, or say another --out", f->path);
	}
}

static bool is_among(const gen_files *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return true;
	return false;
}

static bool is_left_over(const gen_files *all, const char *name, const char *path)
{
	size_t      length = strlen(name);
	gen_report  silent = { 0 };
	size_t      size = 0;
	char       *text = NULL;
	struct stat state;

	if (length < 3 || (strcmp(name + length - 2, ".c") != 0 && strcmp(name + length - 2, ".h") != 0) ||
	    is_among(all, name))
		return false;
	if (stat(path, &state) == 0 && S_ISREG(state.st_mode))
		text = read_there(all, &(gen_file){ .path = path }, &size, &silent);
	return text && has_mark(all, text) && strstr(text, all->list_mark);
}

static int compare_paths(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

size_t files_left_over(const gen_files *all, const char *paths[], size_t room)
{
	DIR           *directory = opendir(all->directory);
	struct dirent *entry;
	size_t         count = 0;

	while (directory && count < room && (entry = readdir(directory))) {
		const char *path = arena_text(all->arena, "%s/%s", all->directory, entry->d_name);

		if (is_left_over(all, entry->d_name, path))
			paths[count++] = path;
	}
	if (directory)
		closedir(directory);
	qsort(paths, count, sizeof *paths, compare_paths);
	return count;
}

static bool write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return false;
		text += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

static bool write_temporary(gen_files *all, gen_file *f)
{
	const char *path = arena_text(all->arena, "%s/.%s.%ld", all->directory, f->name, (long)getpid());
	int         fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool        written;

	if (fd < 0)
		return false;
	f->temporary = path;
	written = write_all(fd, f->text, f->length);
	return close(fd) == 0 && written;
}

static void remove_temporaries(gen_files *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].temporary)
			(void)unlink(all->items[i].temporary);
}

void files_write(gen_files *all, gen_report *report)
{
	bool is_new = mkdir(all->directory, 0777) == 0;

	if (!is_new && errno != EEXIST)
		report_problem(report, "--out %s: %s", all->directory, strerror(errno));
	for (size_t i = 0; i < all->count && report->problems == 0; i++)
		if (!all->items[i].is_same && !write_temporary(all, &all->items[i]))
			report_problem(report, "%s: %s", all->items[i].path, strerror(errno));
	for (size_t i = 0; i < all->count && report->problems == 0; i++) {
		if (!all->items[i].temporary)
			continue;
		if (rename(all->items[i].temporary, all->items[i].path) != 0)
			report_problem(report, "%s: %s", all->items[i].path, strerror(errno));
		else
			all->items[i].temporary = NULL;
	}
	remove_temporaries(all);
	if (is_new && report->problems > 0)
		(void)rmdir(all->directory);
}

void files_release(gen_files *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->items[i].text);
}
