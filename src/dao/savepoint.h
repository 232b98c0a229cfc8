/* Savepoints by name. The server knows them by numbers, so that a name can be any text and be used again. */
#ifndef WEIR_DAO_SAVEPOINT_H
#define WEIR_DAO_SAVEPOINT_H

#include <stddef.h>

/* Where a transaction stood: what it had touched, the hooks it had. */
typedef struct weir__tx_mark {
	size_t touches;
	size_t hooks;
} weir__tx_mark;

typedef struct weir__savepoint {
	char          name[64];
	int           number;
	weir__tx_mark mark;
} weir__savepoint;

/* A stack: the last one set is the last item. */
typedef struct weir__savepoints {
	weir__savepoint *items;
	size_t           count;
	size_t           capacity;
} weir__savepoints;

#endif
