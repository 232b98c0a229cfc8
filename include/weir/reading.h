/* Reads beyond those of base_dao.h.
 *
 * Conventions of pointers, statuses and ownership are those of base_dao.h.
 */
#ifndef WEIR_READING_H
#define WEIR_READING_H

#include <weir/base_dao.h>

#ifdef __cplusplus
extern "C" {
#endif

/* get_by_id and get_by where the row has to be there: WEIR_OK, or WEIR_ERR_MISSING with a message that names the model and
 * the key that was asked for. */
WEIR_API int weir_base_dao_get_or_fail(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_get_or_fail_cached(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_or_fail(const weir_base_dao *dao, weir_column column, const void *values,
                                          void *record, weir_error *err);
WEIR_API int weir_base_dao_get_by_or_fail_cached(const weir_base_dao *dao, weir_column column, const void *values,
                                                 void *record, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
