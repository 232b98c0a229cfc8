/* What is to be exported: a record or a list of records of one model, and which of their columns. */
#ifndef WEIR_MODELS_JSON_EXPORT_H
#define WEIR_MODELS_JSON_EXPORT_H

#include "models/layout.h"

typedef struct weir__json_export {
	weir__layout      *layout; /* NULL for a list without any record */
	weir__mask         columns;
	const void *const *items; /* of a list; some may be NULL */
	size_t             count;
} weir__json_export;

/* Check what a caller gave; fields NULL: all columns. WEIR_OK, to be ended, or WEIR_ERR_USAGE (no record, records of
 * more than one model, a set of another model), WEIR_ERR_NO_MEMORY, then there is nothing to end. */
int  weir__json_export_begin(weir__json_export *export, const void *record, const weir_set *fields, weir_error *err);
int  weir__json_export_begin_list(weir__json_export *export, const void *list, const weir_set *fields, weir_error *err);
void weir__json_export_end(weir__json_export *export);

#endif
