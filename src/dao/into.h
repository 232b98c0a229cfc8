/* Rows of a model as structs of another layout, for the files that read them. */
#ifndef WEIR_DAO_INTO_H
#define WEIR_DAO_INTO_H

#include "dao/call.h"

/* The query has been checked, but for what concerns the result. */
int weir__into_list(weir__call *call, const weir_query *query, const weir__layout *layout, bool cached,
                    weir_list *list);

#endif
