/* What a write makes old beside what follows from its model: for values that come from elsewhere, a number kept in another table by a
 * trigger, a view, a list that another model's query joins.
 *
 *     static int author_of_book(weir_invalidation *write, const void *record, weir_error *err)
 *     {
 *         const book *changed = record;
 *
 *         if (!changed)
 *             return weir_invalidation_add_all(write, &author_model, err);
 *         return weir_invalidation_add_record(write, &author_model, &(author){ .id = changed->author_id }, err);
 *     }
 *
 *     const weir_model book_model = WEIR_MODEL(book, "books", fields, .invalidates = author_of_book);
 *
 * What is added is treated as what the write itself touches: guarded before COMMIT, released after it, forgotten with a rollback. */
#ifndef WEIR_INVALIDATION_H
#define WEIR_INVALIDATION_H

#include <weir/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called between a statement and COMMIT, once for each row that it made, changed or deleted. record is the row as it is then, or as it was
 * when it is deleted; NULL, and only one call, where the rows are not known as a whole (changed or deleted by condition, many created
 * at a time, SQL by hand). It may be called in several threads at once, and must not write. Below 0: the write is rolled back and
 * fails with that.
 *
 * A derived model without one of its own has that of its parent. */

/* The record with this primary key (a struct of that model). WEIR_ERR_USAGE, here and below, for a model that the session does not
 * have. */
WEIR_API int weir_invalidation_add_record(weir_invalidation *write, const weir_model *model, const void *key,
                                          weir_error *err);
/* All lists, counts and "no such row" of a model. */
WEIR_API int weir_invalidation_add_lists(weir_invalidation *write, const weir_model *model, weir_error *err);
/* Everything of a model, which takes longer (see weir_execute with WEIR_WRITES). */
WEIR_API int weir_invalidation_add_all(weir_invalidation *write, const weir_model *model, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
