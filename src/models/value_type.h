/* What each type of column is in memory, by one table: sizes, where the value of a weir_opt_ lies, what it may be used
 * for. */
#ifndef WEIR_MODELS_VALUE_TYPE_H
#define WEIR_MODELS_VALUE_TYPE_H

#include <weir/model.h>

typedef struct weir__value_type {
	uint8_t size;     /* of the member */
	uint8_t align;    /* of both forms of the member */
	uint8_t opt_size; /* of its weir_opt_; 0: there is none, NULL is a NULL pointer in the member */
	uint8_t opt_at;   /* where the value lies in the weir_opt_ */
	bool    key;      /* may be part of a primary key */
	bool    unique;   /* may be .unique */
} weir__value_type;

/* NULL for a number that is no type. */
const weir__value_type *weir__value_type_of(weir_type type);

#endif
