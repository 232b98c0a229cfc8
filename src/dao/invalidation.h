/* A model's own word on what its writes invalidate (weir/invalidation.h). */
#ifndef WEIR_DAO_INVALIDATION_H
#define WEIR_DAO_INVALIDATION_H

#include <weir/invalidation.h>

#include "dao/call.h"

bool weir__invalidation_has_hook(const weir_model *model);

/* Asks the hook of call's model, if there is one, about these rows; or once, without a row, where they do not hold all columns. */
int weir__invalidation_of_rows(weir__call *call, const weir__rows *rows, weir__touches *touches);

/* Asks the hook of this model once, without a row. */
int weir__invalidation_of_unknown(weir__call *call, const weir_model *model, weir__touches *touches);

#endif
