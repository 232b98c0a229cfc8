/* Futures: cached reads of single rows that are started one by one, travel together and are taken one by one.
 *
 *     weir_futures *round = NULL;
 *     weir_future  *ada = NULL, *first = NULL;
 *
 *     weir_futures_create(session, &round, &err);
 *     user_dao_start_get_by_id_cached(&users, 42, round, &ada, &err);
 *     post_dao_start_get_by_id_cached(&posts, 7, round, &first, &err);
 *     rc = weir_future_take(&ada, &found, &err);     (WEIR_OK, WEIR_NOT_FOUND or this read's error; both were asked for)
 *     ...
 *     weir_futures_free(&round);
 *
 * What has been started travels when the first of it is waited for: what the near caches have is taken, the keys of all
 * the rest, of whatever models, are one MGET, and what is missing of a model by primary key is one statement under leases, as in
 * get_many. A read by a unique field that the cache does not answer is a statement of its own. At most 512 reads travel at a time;
 * of more the next 512 follow.
 *
 * A read begins when it is waited for, not when it is started: what anybody had committed by then, this thread between start and
 * wait included, is seen. From then on everything is as for the same read without a future: the same coherence, the
 * timeout of its DAO (as it was when the read was started) counted from the wait on, the cache never a reason to fail. In a
 * transaction the database is asked, once for each model.
 *
 * A weir_futures and its futures are one thread's at a time; each thread that wants one makes its own, they share the connections of
 * the session. It keeps its memory from one round to the next, so make it once.
 */
#ifndef WEIR_FUTURES_H
#define WEIR_FUTURES_H

#include <weir/base_dao.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_futures weir_futures; /* reads of one session, or transaction, that travel together */
typedef struct weir_future  weir_future;  /* one of them */

/* Makes a group without reads for DAOs on this very session; it must be freed before that ends. WEIR_ERR_USAGE, WEIR_ERR_CLOSED,
 * WEIR_ERR_FORKED, WEIR_ERR_NO_MEMORY. */
WEIR_API WEIR_MUST_CHECK int weir_futures_create(weir_session *session, weir_futures **futures, weir_error *err);

/* Frees it with all its futures that have not been taken or freed: their pointers must not be used any more. Sets *futures to
 * NULL; NULL does nothing. */
WEIR_API void weir_futures_free(weir_futures **futures);

/* get_by_id_cached and get_by_cached, to be waited for. Nothing is sent; key and values are copied, the DAO too. *future must be
 * NULL. What is wrong with the call itself is said here and then there is no future: WEIR_ERR_USAGE (a DAO of another session, a
 * column that is not unique), WEIR_ERR_VALUE, WEIR_ERR_NO_MEMORY. */
WEIR_API WEIR_MUST_CHECK int weir_base_dao_start_get_by_id_cached(const weir_base_dao *dao, const void *key,
                                                                  weir_futures *futures, weir_future **future,
                                                                  weir_error *err);
/* The same by the unique column that `column` names, of which `values` has the value. */
WEIR_API WEIR_MUST_CHECK int weir_base_dao_start_get_by_cached(const weir_base_dao *dao, weir_column column,
                                                               const void *values, weir_futures *futures,
                                                               weir_future **future, weir_error *err);

/* Waits until each read that was started has an outcome, which its future keeps. NULL does nothing. */
WEIR_API void weir_futures_wait(weir_futures *futures);

/* The outcome of one, which is waited for with all others that were started before it, if that has not been done: as that of
 * the read without a future. *record (the address of a `const <model> *` that is NULL; may be NULL) receives a reference. The future is
 * freed and *future set to NULL, whatever the outcome; only after WEIR_ERR_USAGE for a wrong argument it is as it was. */
WEIR_API int weir_future_take(weir_future **future, void *record, weir_error *err);

/* Has it an outcome, so that taking it waits for nothing? */
WEIR_API bool weir_future_is_done(const weir_future *future);

/* Frees a future that is not wanted any more; one that was not waited for is never sent. Sets *future to NULL; NULL does nothing. */
WEIR_API void weir_future_free(weir_future **future);

#ifdef __cplusplus
}
#endif

#endif
