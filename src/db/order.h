/* The order of a list. It is always definite: behind what the query says comes the rest of the primary key. */
#ifndef WEIR_DB_ORDER_H
#define WEIR_DB_ORDER_H

#include "models/layout.h"

typedef struct weir__order {
	uint8_t column;
	bool    descending;
	bool    nulls_first; /* of a column without NULLs: as the direction has it */
} weir__order;

/* Writes the columns that a list is ordered by and returns how many they are. A column said twice counts once, and
 * nothing stands behind the last part of the primary key, since no two rows are equal there. The columns are the
 * layout's (weir__query_check has seen them). */
size_t weir__order_complete(const weir__layout *layout, const weir_orders *orders,
                            weir__order order[WEIR__COLUMNS_MAX]);

/* The same rows from the other end. */
void weir__order_reverse(weir__order *order, size_t count);

/* Do NULLs stand where PostgreSQL puts them without being told? */
static inline bool weir__order_is_plain(const weir__order *order)
{
	return order->nulls_first == order->descending;
}

#endif
