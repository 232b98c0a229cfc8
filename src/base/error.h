/* Filling a weir_error. All of these accept NULL and return the status, so that a failing function ends with
 * `return weir__error_set(err, WEIR_ERR_USAGE, "...");`. */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include <weir/status.h>

#include <stdarg.h>

/* Clears err, then sets status and message; what does not fit is cut, never inside a UTF-8 character. */
int weir__error_set(weir_error *err, int status, const char *format, ...) WEIR_PRINTF(3, 4);

/* The same, naming the model and column concerned (either may be NULL); the message begins with "model.column: ". */
int weir__error_set_at(weir_error *err, int status, const char *model, const char *column, const char *format, ...)
	WEIR_PRINTF(5, 6);

/* "out of memory". */
int weir__error_no_memory(weir_error *err);

/* Says which of the rows given is meant, from 0, in err->row and behind the message. */
void weir__error_add_row(weir_error *err, size_t row);

/* Copies text into a member of weir_error, cut as above. */
void weir__error_copy(char *member, size_t size, const char *text);

/* Clang's analyzer does not look into other files, so it is told what these return: without it an error might be a success. */
#if defined(__clang_analyzer__) && !defined(WEIR__ERROR_C)
#define weir__error_set(err, status, ...)    ((void)(weir__error_set)(err, status, __VA_ARGS__), (status))
#define weir__error_set_at(err, status, ...) ((void)(weir__error_set_at)(err, status, __VA_ARGS__), (status))
#define weir__error_no_memory(err)           ((void)(weir__error_no_memory)(err), WEIR_ERR_NO_MEMORY)
#endif

#endif
