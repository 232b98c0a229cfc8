/* Records, lists and numbers in the near cache: shared as they are. Asked before the backend, kept after it. */
#ifndef WEIR_DAO_NEAR_H
#define WEIR_DAO_NEAR_H

#include "base/process.h"
#include "cache/near_space.h"
#include "dao/call.h"

/* The question of a call: for records of this layout (or lists of them, or a number) under a logical key. */
weir__near_question weir__near_question_of(const weir__call *call, const weir__layout *layout, weir__entry_kind kind,
                                           weir_bytes key);

/* Puts it for the record with the primary key of this struct; the key's text is then not needed to ask. False: it is. */
bool weir__near_question_number(const weir__entity *entity, const void *key, weir__near_question *question);

/* Is this nothing but a session in its usual state? Whatever needs more than the answer is left to the whole call. */
static inline bool weir__near_is_plain(const weir_session *session)
{
	return session && !session->transaction && !session->until && !session->cancel && !session->wrong &&
	       session->engine->process == weir__process_generation_again() && !weir__trace_is_on(&session->engine->trace);
}

/* get_by_id from the near cache alone, before anything is made ready for the call. False: nothing has happened. */
bool weir__near_by_id(const weir_base_dao *dao, const void *key, void *record, int *rc);

/* True: the near cache has it, and the record, list or number is the caller's. A record's *rc may be WEIR_NOT_FOUND. */
bool weir__near_record(const weir__near_question *question, const void **record, int *rc);
bool weir__near_list(const weir__near_question *question, weir_list *list);
bool weir__near_number(const weir__near_question *question, int64_t *number);

/* Keeps what the lookup of the question led to: a record (NULL: there is none), a list, a number. */
void weir__near_keep_record(const weir__near_question *question, const weir__layout *layout, const weir__lookup *lookup,
                            const void *record);
void weir__near_keep_list(const weir__near_question *question, const weir__layout *layout, const weir__lookup *lookup,
                          const weir_list *list);
void weir__near_keep_number(const weir__near_question *question, const weir__lookup *lookup, int64_t number);

#endif
