/*
 * library.h: models that are related in every way that there is: to one and to many, twice to the same table, to themselves,
 * through a third one, by keys of two columns and of text, derived ones, ones with a loader. On the run's servers, in a schema
 * and under a prefix of the test's own.
 */
#ifndef WEIR_TESTS_SUPPORT_LIBRARY_H
#define WEIR_TESTS_SUPPORT_LIBRARY_H

#include "support/blog.h"

typedef struct author {
	int64_t     id;
	const char *name;
	const char *country; /* NULL: not known */
} author;
WEIR_RECORD(author)
extern const weir_model author_model;

/* The same table: its relation `books` are the books it edits, and it has one more. */
typedef author editor;
WEIR_RECORD(editor)
extern const weir_model editor_model;

typedef struct profile {
	int64_t      id;
	weir_opt_i64 author_id;
	const char  *text;
} profile;
WEIR_RECORD(profile)
extern const weir_model profile_model;

typedef struct book {
	int64_t      id;
	weir_opt_i64 author_id;
	weir_opt_i64 editor_id;
	const char  *title;
	int32_t      year;
} book;
WEIR_RECORD(book)
extern const weir_model book_model;
extern const struct book_columns {
	weir_i64_column  id;
	weir_i64_column  author_id;
	weir_text_column title;
	weir_i32_column  year;
} book_c;

typedef struct tag {
	int32_t     id;
	const char *name;
} tag;
WEIR_RECORD(tag)
extern const weir_model tag_model;
extern const struct tag_columns {
	weir_text_column name;
} tag_c;

typedef struct book_tag {
	int64_t book_id;
	int32_t tag_id;
} book_tag;
WEIR_RECORD(book_tag)
extern const weir_model book_tag_model;

typedef struct country {
	const char *code;
	const char *name;
} country;
WEIR_RECORD(country)
extern const weir_model country_model;

typedef struct worker {
	int64_t      id;
	weir_opt_i64 boss_id;
	const char  *name;
} worker;
WEIR_RECORD(worker)
extern const weir_model worker_model;

typedef struct invoice {
	int32_t     shop_id;
	int64_t     number;
	const char *customer;
} invoice;
WEIR_RECORD(invoice)
extern const weir_model invoice_model;

typedef struct line {
	int64_t      id;
	weir_opt_i32 shop_id;
	weir_opt_i64 invoice_number;
	const char  *item;
} line;
WEIR_RECORD(line)
extern const weir_model line_model;

/* clang-format off */
WEIR_RELATION_MANY(author, books, book)
WEIR_RELATION_MANY(author, edited, book)
WEIR_RELATION_ONE(author, profile, profile)
WEIR_RELATION_ONE(author, home, country)
WEIR_RELATION_MANY(author, classics, book)
WEIR_RELATION_MANY(author, drafts, book)
WEIR_RELATION_MANY(editor, books, book)
WEIR_RELATION_MANY(editor, edited, book)
WEIR_RELATION_ONE(profile, author, author)
WEIR_RELATION_ONE(book, author, author)
WEIR_RELATION_ONE(book, editor, author)
WEIR_RELATION_MANY(book, tags, tag)
WEIR_RELATION_MANY(tag, books, book)
WEIR_RELATION_MANY(country, authors, author)
WEIR_RELATION_ONE(worker, boss, worker)
WEIR_RELATION_MANY(worker, reports, worker)
WEIR_RELATION_MANY(invoice, lines, line)
WEIR_RELATION_ONE(line, invoice, invoice)
/* clang-format on */

extern const weir_model *const library_models[];

/* author.classics has a loader: the books of before 1900. It counts its calls, and fails with this status unless it is 0. */
extern int library_loader_calls, library_loader_status, library_loader_cleared;

/* author.drafts has a cache of its own: one value, packed by turning its bytes around. Its calls are counted. */
extern struct library_drawer {
	char  *key, *value;
	size_t length;
	int    gets, sets, removes, clears, ttl_s;
} library_drawer;

/* Opens a session on these models with this cache; blog_close closes it. */
void library_open(struct blog *blog, weir_cache_kind kind);

/* Rows; the test fails if they cannot be made. The id. */
int64_t library_author(struct blog *blog, const char *name);
int64_t library_book(struct blog *blog, int64_t author_id, const char *title, int32_t year);
int64_t library_worker(struct blog *blog, int64_t boss_id, const char *name);

/* Statements sent by the calls in between: assert_queries(1, author_books(...)). */
#define assert_queries_of(blog, expected, statement)                                                                   \
	do {                                                                                                               \
		uint64_t before_ = blog_queries(blog);                                                                         \
		statement;                                                                                                     \
		ck_assert_uint_eq(blog_queries(blog) - before_, expected);                                                     \
	} while (0)

#endif
