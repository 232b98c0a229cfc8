/* What this process saw last behind a unique value: the key of its record. A guess that saves a round trip, never an answer: the
 * pointer in the cache is read together with the record that is guessed, and where they do not agree the guess is forgotten.
 *
 * A table of slots of one cache line, each the last one of its hash, written and read without a lock: a slot that is being written, or
 * was meanwhile, is no hint (a sequence lock on words that are all atomic: Boehm, "Can Seqlocks Get Along With Programming
 * Language Memory Models?", 2012). Memory is asked for with the first hint and used as slots are. */
#ifndef WEIR_DAO_HINTS_H
#define WEIR_DAO_HINTS_H

#include <weir/sys/cache_backend.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR__HINT_SIZE 48 /* a longer key is not kept */

typedef struct weir__hint_slot weir__hint_slot;

typedef struct weir__hints {
	_Atomic(weir__hint_slot *) slots;
	uint64_t                   seed;
} weir__hints;

void weir__hints_init(weir__hints *hints);
void weir__hints_release(weir__hints *hints);

/* The record key that belonged to this unique key, written to record; its length, 0: none is known. */
size_t weir__hints_find(const weir__hints *hints, weir_bytes unique, char record[WEIR__HINT_SIZE]);

/* Remembers it, if memory and the other threads allow. */
void weir__hints_note(weir__hints *hints, weir_bytes unique, const char *record, size_t length);

#endif
