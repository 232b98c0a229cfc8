/* Writing C as the house writes it: tabs, 120 columns, what does not fit goes on below the opening parenthesis. */
#ifndef GENERATE_WRITE_H
#define GENERATE_WRITE_H

#include "arena.h"

#include <stdio.h>

/* head items tail, where items are separated by ", ": what does not fit into the line goes on in the next one, below the first
 * item. The tabs that head begins with are the indentation. */
void write_wrapped(FILE *out, const char *head, const char *items, const char *tail);

/* A blank at which a comment's line does not end. */
#define WRITE_BLANK "\1"

/* A comment of one line or more, its text broken between words. */
void write_comment(FILE *out, const char *text);

/* A text as a string literal. */
const char *write_literal(gen_arena *arena, const char *text);

/* A name for use in a comment. */
const char *write_name(gen_arena *arena, const char *name);

#endif
