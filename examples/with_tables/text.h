/* Whole texts: of a file, of a stream, and what an example says that it prints. Each is the caller's to free, or NULL
 * after saying on standard error what is wrong. */
#ifndef EXAMPLES_TEXT_H
#define EXAMPLES_TEXT_H

#include <stdio.h>

char *text_of_file(const char *path);

/* Reads to the end and closes the stream; NULL is allowed. */
char *text_of_stream(FILE *stream);

/* The lines of the comment that begins with "Prints:". */
char *text_expected_by(const char *path);

#endif
