/* For SQL that no model has made: parameters of types that nobody checks, results whose columns are found by name. */
#ifndef WEIR_DB_BY_HAND_H
#define WEIR_DB_BY_HAND_H

#include <weir/sql.h>

#include "db/db.h"

/* Adds a parameter with the type that its value has: unlike one for a column, a text is sent as a text, so that the server
 * never takes its bytes for those of another type. */
void weir__params_add_by_hand(weir__params *params, const weir_param *param);

/* What was wrong with a parameter, if anything. */
int weir__params_check(const weir__params *params, weir_error *err);

/* Item i of an array. */
weir_value weir__param_item(const weir_param *param, size_t i);

/* The number of the result's column of this name. WEIR_ERR_SCHEMA if there is none, or more than one. */
int weir__rows_find(const weir__rows *rows, const weir__layout *layout, size_t column, size_t *found, weir_error *err);

/* All rows as a list of the layout's structs, each column found by its name. */
int weir__rows_list_by_name(const weir__rows *rows, const weir__layout *layout, weir_list *list, weir_error *err);

size_t weir__rows_width(const weir__rows *rows);

/* Is this column of the result of the type? */
bool weir__rows_has_type(const weir__rows *rows, size_t column, weir_type type);

#endif
