/* The rows of the bench's tables as lines of PostgreSQL's COPY text format, the same in every run: names from several
 * languages, texts with quotes, backslashes, line ends and characters beyond the BMP, NULLs. A user's JSON is some
 * 420 bytes. */
#ifndef BENCH_CONTENTS_H
#define BENCH_CONTENTS_H

#include "bench.h"

#define BENCH_LINE_MAX 4096

/* Writes the line of row id (from 1), its line end included, and returns its length. */
typedef size_t (*bench_line)(char line[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes);

size_t bench_user_line(char line[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes);
size_t bench_post_line(char line[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes);
size_t bench_comment_line(char line[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes);

/* A well mixed number for each pair, the same everywhere. */
uint64_t bench_number(uint64_t seed, uint64_t index);

#endif
