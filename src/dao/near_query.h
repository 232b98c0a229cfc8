/* Names for queries in the near cache, made of the query as it stands and not of its canonical text, which takes ten times as long:
 * queries of one meaning that are written in different ways have an entry each. Only simple queries have such a name; the others
 * go by their keys. */
#ifndef WEIR_DAO_NEAR_QUERY_H
#define WEIR_DAO_NEAR_QUERY_H

#include "dao/near.h"

/* What is asked about the rows of a query. */
typedef enum weir__near_what { WEIR__NEAR_LIST = 1 } weir__near_what;

/* Names the question by its query, if that is simple, and belongs to no principal. */
void weir__near_question_query(const weir__call *call, const weir_query *query, weir__near_what what,
                               weir__near_question *question);

/* get_all from the near cache alone, before anything is made ready for the call. False: nothing has happened. */
bool weir__near_all(const weir_base_dao *dao, const weir_query *query, void *list);

#endif
