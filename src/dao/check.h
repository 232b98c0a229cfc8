/* Checks of what a caller gives, before anything is sent. Each returns WEIR_OK or an error that names model and column. */
#ifndef WEIR_DAO_CHECK_H
#define WEIR_DAO_CHECK_H

#include "dao/call.h"

/* WEIR_ERR_USAGE of the call's model. */
int weir__wrong_call(weir__call *call, const char *what);
#if defined(__clang_analyzer__) && !defined(WEIR__CHECK_C)
#define weir__wrong_call(call, what) ((void)(weir__wrong_call)(call, what), WEIR_ERR_USAGE)
#endif

/* Out parameters: there, and empty (in debug builds). */
int weir__check_record_out(weir__call *call, const void *record);
int weir__check_list_out(weir__call *call, const void *list);

/* How fresh the query's answer must be, if it says so, becomes the call's; all that check queries do that. */
void weir__check_freshness(weir__call *call, const weir_query *query);

int weir__check_query(weir__call *call, const weir_query *query);

/* The query of a list, which may lock in a transaction. */
int weir__check_list_query(weir__call *call, const weir_query *query, bool cached);

/* A condition of an update or delete: there must be one. */
int weir__check_where(weir__call *call, const weir_condition *where);

/* The columns that a write gives values for, each of which must fit, in count structs. */
int weir__check_values(weir__call *call, const void *values, size_t count, const weir_set *set, weir__mask *mask);

/* The same of an update: one struct, no column of the primary key. */
int weir__check_change(weir__call *call, const void *values, const weir_set *set, weir__mask *mask);

/* A column of the model. */
int weir__check_column(weir__call *call, weir_column column, size_t *index);

/* The column to look up by, which must be unique, and its value in the struct. WEIR_NOT_FOUND for NULL. */
int weir__check_unique(weir__call *call, weir_column column, const void *values, size_t *index, weir_value *value);

int weir__check_key(const weir__call *call, const void *key);

/* The condition that the primary key is this one, which has been checked. It lives as long as conditions and key. */
weir_condition weir__check_has_key(const weir__layout *layout, const void *key,
                                   weir_condition conditions[WEIR__KEY_COLUMNS_MAX]);

#endif
