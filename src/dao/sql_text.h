/* The little that is read of SQL by hand: what kind of statement it is, and how many parameters it has. Pure. */
#ifndef WEIR_DAO_SQL_TEXT_H
#define WEIR_DAO_SQL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct weir__sql_text {
	const char *word; /* the first one, in the text; parentheses before it are passed over */
	size_t      word_length;
	size_t      params; /* the highest n of all $n */
	bool        writes; /* it holds INSERT INTO, UPDATE ... SET, DELETE FROM or MERGE INTO, as WITH may */
} weir__sql_text;

/* Reads a text; what stands in quotes, dollar quotes and comments is no parameter. Any bytes are accepted. */
void weir__sql_text_read(const char *text, size_t length, weir__sql_text *read);

/* Is the first word one of these, whatever its case? NULL ends them. */
bool weir__sql_text_begins(const weir__sql_text *read, const char *const *words);

#endif
