/* Conditions: checked against a layout, then written as SQL. A table says of each operator what kind it is and how it
 * is written. The trees come from callers, so their depth is bounded before anything else walks them. */
#ifndef WEIR_DB_CONDITION_H
#define WEIR_DB_CONDITION_H

#include "db/db.h"

#define WEIR__NESTING_MAX 32

typedef enum weir__operator_kind {
	WEIR__KIND_NONE,     /* no operator */
	WEIR__KIND_CONSTANT, /* no condition, or every row */
	WEIR__KIND_COMPARISON,
	WEIR__KIND_BETWEEN,
	WEIR__KIND_IN,
	WEIR__KIND_MATCH, /* LIKE and its like */
	WEIR__KIND_HAS,   /* an item of an array */
	WEIR__KIND_HAS_ITEMS,
	WEIR__KIND_JSON, /* a jsonb beside another */
	WEIR__KIND_JSON_KEY,
	WEIR__KIND_JSON_AT,
	WEIR__KIND_NULL_CHECK,
	WEIR__KIND_GROUP
} weir__operator_kind;

typedef struct weir__operator {
	weir__operator_kind kind;
	char                code; /* in canonical texts */
	const char         *sql;  /* between column and value, or between the members of a group */
	const char
		*prefix; /* MATCH of a literal text: what stands around it in the pattern; NULL: the text is the pattern */
	const char *suffix;
} weir__operator;

/* Kind WEIR__KIND_NONE for a number that is no operator. */
const weir__operator *weir__operator_of(weir_operator op);

/* The number of the column, or an error that says which model it belongs to. */
int weir__column_find(const weir__layout *layout, weir_column column, size_t *index, weir_error *err);

/* Columns of this model, operators and values that fit them, NULL only where it means something, texts in UTF-8, not
 * nested too deep. WEIR_ERR_USAGE or WEIR_ERR_VALUE, naming model and column. The other functions here, and those that
 * take a query, want a condition that has passed. */
int weir__condition_check(const weir__layout *layout, const weir_condition *condition, weir_error *err);

/* Columns of this model, each in a place for NULLs that there is. */
int weir__orders_check(const weir__layout *layout, const weir_orders *orders, weir_error *err);

/* Does it hold for every row without saying so on purpose: no condition at all, or groups of nothing? */
bool weir__condition_is_always_true(const weir_condition *condition);

/* No operator: every row, and no WHERE is needed? */
bool weir__condition_is_absent(const weir_condition *condition);

/* The operator that is meant: = and <> with NULL are IS NULL and IS NOT NULL. */
weir_operator weir__condition_operator(const weir_condition *condition);

/* Item i of an IN list. */
weir_value weir__condition_item(const weir_condition *condition, size_t i);

/* Appends it as SQL with its values as parameters. names[i] is the column's name as it is written in SQL. */
void weir__condition_append(const weir__layout *layout, const weir_condition *condition, const weir__sql *names,
                            weir__buffer *sql, weir__params *params);

#endif
