/* Questions about the shop. Each is asked in two ways: through cached DAOs by a function that writes lines of fields with | between
 * them, and in one statement of SQL whose rows are written the same way (oracle.h). */
#ifndef CHINOOK_QUESTIONS_H
#define CHINOOK_QUESTIONS_H

#include "chinook.h"

#include <stdio.h>

typedef struct question {
	const char *text;
	int (*ask)(weir_session *session, FILE *out, weir_error *err);
	const char *sql;
} question;

#define QUESTIONS 14
extern const question questions[QUESTIONS];

/* The functions: WEIR_OK, or the status of the read that failed. */
int ask_albums_of_artist(weir_session *session, FILE *out, weir_error *err);
int ask_jazz_without_composer(weir_session *session, FILE *out, weir_error *err);
int ask_search_page(weir_session *session, FILE *out, weir_error *err);
int ask_playlist(weir_session *session, FILE *out, weir_error *err);
int ask_support_chain(weir_session *session, FILE *out, weir_error *err);
int ask_staff(weir_session *session, FILE *out, weir_error *err);
int ask_customers_page(weir_session *session, FILE *out, weir_error *err);
int ask_spending(weir_session *session, FILE *out, weir_error *err);
int ask_largest_invoice(weir_session *session, FILE *out, weir_error *err);
int ask_best_genres(weir_session *session, FILE *out, weir_error *err);
int ask_discographies(weir_session *session, FILE *out, weir_error *err);
int ask_purchases(weir_session *session, FILE *out, weir_error *err);
int ask_hierarchy(weir_session *session, FILE *out, weir_error *err);
int ask_playlists(weir_session *session, FILE *out, weir_error *err);

/* The rows of a query, and the first of them (WEIR_NOT_FOUND without one), through the cache. */
int ask_list(weir_session *session, const weir_model *model, const weir_query *query, void *list, weir_error *err);
int ask_by_id(weir_session *session, const weir_model *model, const void *key, void *record, weir_error *err);

/* "13.86" is 1386, for sums that are exact. The column has two decimals. */
long long cents(weir_numeric amount);

#endif
