/* Layouts of models that are only read into: made when one is first met, kept as long as the session. Any thread. */
#ifndef WEIR_DAO_RESULT_H
#define WEIR_DAO_RESULT_H

#include "dao/session.h"

/* The layout of any model: that of the session, if it knows it. WEIR_ERR_MODEL, WEIR_ERR_NO_MEMORY. */
int weir__result_layout(weir__engine *engine, const weir_model *model, const weir__layout **layout, weir_error *err);

void weir__results_free(weir__engine *engine);

#endif
