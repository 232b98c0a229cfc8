/* A record in the making from JSON of others: the values of its columns as they come, in any order, from text or from a
 * tree. What is wrong is reported with the model and the member. */
#ifndef WEIR_MODELS_JSON_IMPORT_H
#define WEIR_MODELS_JSON_IMPORT_H

#include "base/buffer.h"
#include "models/layout.h"

typedef struct weir__json_import {
	weir__layout *layout;
	weir__mask    wanted; /* the columns that must be there, and no others may */
	weir__mask    found;  /* those that were */
	weir_value
		values[WEIR__COLUMNS_MAX]; /* of the found; of a text or bytes, the pointer is where they begin in texts, of
	                                            an array the number of its first item */
	weir__buffer texts;            /* each ended by a NUL. Its failure is reported at the end */
	weir__buffer items;            /* weir_value: the items of arrays, one array behind the other */
	bool         in_array;         /* values are items of the array of the column */
	weir_error  *err;
} weir__json_import;

/* Checks what a caller gave and starts; fields NULL: all columns. It is to be ended after a failure too. */
int  weir__json_import_begin(weir__json_import *import, const weir_model *model, const weir_set *fields, void *record,
                             weir_error *err);
void weir__json_import_end(weir__json_import *import);

/* Return WEIR_ERR_FORMAT about the whole, or about the member of a column. */
int weir__json_import_refuse(const weir__json_import *import, const char *what);
int weir__json_import_refuse_member(const weir__json_import *import, size_t column, const char *what);

/* Finds the column of a member and notes that it was there: WEIR_ERR_FORMAT for one that is unknown, not wanted or
 * there for the second time. */
int weir__json_import_member(weir__json_import *import, const char *name, size_t *column);

/* The column's value: JSON text that weir__json_scan has found to be a value; or a string, of which the content was
 * appended to texts from `start` on, without a NUL. WEIR_ERR_FORMAT when the column's type is not written so. */
int weir__json_import_text(weir__json_import *import, size_t column, const char *text, size_t length);
int weir__json_import_string(weir__json_import *import, size_t column, size_t start);

/* What follows are the items of the column's array, until it is closed. */
void weir__json_import_open(weir__json_import *import, size_t column);
void weir__json_import_close(weir__json_import *import, size_t column);

/* The type of what is to come: that of the column, or of its items. */
weir_type weir__json_import_type(const weir__json_import *import, size_t column);

/* Makes the record, when nothing is missing and every value passes weir__value_check. */
int weir__json_import_finish(weir__json_import *import, void *record);

#endif
