/* The files of a run: made in memory, compared with what is there, and put into their places all together. */
#ifndef GENERATE_FILES_H
#define GENERATE_FILES_H

#include "arena.h"
#include "report.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct gen_file {
	const char *name;
	char       *text; /* of open_memstream */
	size_t      length;
	const char *path;
	const char *temporary; /* what was written and is not in its place yet */
	bool        is_there;
	bool        is_same;
} gen_file;

typedef struct gen_files {
	gen_arena  *arena;
	const char *directory;
	const char *mark;      /* in each file near its beginning: what has none is somebody else's */
	const char *list_mark; /* in the files of this list, but for its header */
	gen_file   *items;
	size_t      count;
	size_t      room;
} gen_files;

/* Begins a file: what is written to the stream is its text. The stream is closed by the caller. */
FILE *files_add(gen_files *files, const char *name);

/* Compares all of them with the directory. What cannot be read, or is somebody else's, is reported. */
void files_compare(gen_files *files, gen_report *report);

/* The paths of files that an earlier run has written and that are none of these: of tables that are there no more. The count. */
size_t files_left_over(const gen_files *files, const char *paths[], size_t room);

/* Puts those that differ into their places; the directory is made if it is not there. After a failure, which is reported,
 * everything is as it was, unless it was the renaming itself that failed. */
void files_write(gen_files *files, gen_report *report);

void files_release(gen_files *files);

#endif
