/* The near cache as the hall and the rest of this room use it: for a space, by logical keys. */
#ifndef WEIR_CACHE_NEAR_SPACE_H
#define WEIR_CACHE_NEAR_SPACE_H

#include <weir/trace.h>

#include "cache/touches.h"

/* Has this space a near cache that may be asked and filled? Not while this process owes the cache something. */
bool weir__near_is_on(const weir__cache_space *space);

/* Who asks. A key has one kind of objects for each tag (a model). fresh_ms as in weir_base_dao. */
typedef struct weir__near_question {
	weir__cache_space *space;
	const void        *tag;
	weir__entry_kind   kind;
	weir_bytes         key; /* logical; not needed to ask for a record with a number */
	weir__hash128
			query; /* of a list or number that is named by its query (weir__near_key); it needs no key to ask either */
	bool    has_query;
	bool    has_number;
	int64_t number; /* of a record whose primary key is one integer: it goes by that */
	int     fresh_ms;
	weir_span *span; /* of the call, or NULL */
} weir__near_question;

/* True: value is the answer, with a reference of the caller's. Counted as a hit. */
bool weir__near_ask(const weir__near_question *question, weir__near_value *value);

/* The key of the hashes that stand for queries; only while weir__near_is_on. */
weir__hash128 weir__near_key(const weir__cache_space *space);

/* The same for a record with a number, in the fewest steps: tag, number and fresh_ms as in a question. */
bool weir__near_ask_number(weir__cache_space *space, const void *tag, int64_t number, int fresh_ms,
                           weir__near_value *value);

/* Keeps the answer that a lookup of this question led to, from the backend or from the database under a lease. bytes is what the
 * object takes, items the rows in it. */
void weir__near_keep(const weir__near_question *question, const weir__lookup *lookup, const weir__near_value *value,
                     size_t bytes, uint64_t items);

/* What is near before a write of this process is to be there after it, too (near_link.h). Is something there, and right? */
bool weir__near_has(const weir__near_question *question);
/* Between the write's statement and its guards; the lookup has kind and key. */
void weir__near_renew_begin(const weir__cache_space *space, weir__lookup *lookup, weir__near_renewal *renewal);
/* After what the write touches has been released. True: what the statement returned may be kept for the lookup. */
bool weir__near_renew_end(const weir__cache_space *space, const weir__touches *touches,
                          const weir__near_renewal *renewal, weir__lookup *lookup);

/* The answer to a lookup depends on what another one depends on, too. */
void weir__near_join(weir__lookup *lookup, const weir__lookup *other);

/* ---- For the room ---------------------------------------------------------------------------------------------- */

/* `users:s:near`: a key that is never there, on which every record and every unique value that is kept near depends. */
weir_bytes weir__near_space_key(const weir__cache_space *space, char key[WEIR__KEY_MAX]);

/* What a lookup depends on, before it is sent. */
void weir__near_prepare(const weir__cache_space *space, weir__lookup *lookup, int64_t now_us);

/* This process changes, or has changed, what a key stands for. */
void weir__near_changed(const weir__cache_space *space, weir_bytes logical, weir__key_slot slot);

/* What a batch touches is about to be guarded: a write begins (near_link.h). Its keys stay as they are until it ends. */
void weir__near_batch_begin(weir_cache_manager *cache, weir__touch_batch *batch);
/* It is over, or nobody knows how it will: what is near of what it touches is out of date. May come again. */
void weir__near_batch_end(weir_cache_manager *cache, weir__touch_batch *batch);

/* Everything of a space, here and elsewhere. WEIR_OK or WEIR_ERR_CACHE. */
int weir__near_flush(weir__cache_space *space, weir_cache_call call);

#endif
