/* The table of hints: see hints.h. */
#include "dao/hints.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define SLOTS      32768
#define TEXT_WORDS (WEIR__HINT_SIZE / sizeof(uint64_t))

struct weir__hint_slot {
	_Atomic uint64_t version; /* odd: being written */
	_Atomic uint64_t hash;    /* of the unique key; 0: empty */
	_Atomic uint64_t text[TEXT_WORDS];
};

void weir__hints_init(weir__hints *hints)
{
	atomic_init(&hints->slots, NULL);
	hints->seed = weir__random_u64();
}

void weir__hints_release(weir__hints *hints)
{
	weir__free(atomic_load_explicit(&hints->slots, memory_order_relaxed));
}

static uint64_t hash_of(const weir__hints *hints, weir_bytes unique)
{
	return weir__hash128_of(unique.data, unique.length, (weir__hash128){ hints->seed, 0 }).low | 1;
}

/* Makes the table; of several threads that do so at a time one wins. */
static weir__hint_slot *make_slots(weir__hints *hints)
{
	weir__hint_slot *made = weir__calloc(SLOTS, sizeof *made), *there = NULL;

	if (!made || atomic_compare_exchange_strong(&hints->slots, &there, made))
		return made;
	weir__free(made);
	return there;
}

size_t weir__hints_find(const weir__hints *hints, weir_bytes unique, char record[WEIR__HINT_SIZE])
{
	const weir__hint_slot *slot = atomic_load_explicit(&hints->slots, memory_order_acquire);
	uint64_t               hash, found, version, words[TEXT_WORDS];

	if (!slot)
		return 0;
	hash = hash_of(hints, unique);
	slot += hash >> 1 & (SLOTS - 1);
	version = atomic_load_explicit(&slot->version, memory_order_acquire);
	found = atomic_load_explicit(&slot->hash, memory_order_acquire);
	for (size_t i = 0; i < TEXT_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->text[i], memory_order_acquire);
	if (version & 1 || found != hash || atomic_load_explicit(&slot->version, memory_order_relaxed) != version)
		return 0;
	memcpy(record, words, sizeof words);
	return strnlen(record, WEIR__HINT_SIZE);
}

void weir__hints_note(weir__hints *hints, weir_bytes unique, const char *record, size_t length)
{
	weir__hint_slot *slot = atomic_load_explicit(&hints->slots, memory_order_acquire);
	uint64_t         hash, version, words[TEXT_WORDS] = { 0 };

	if (length == 0 || length > WEIR__HINT_SIZE)
		return;
	slot = slot ? slot : make_slots(hints);
	if (!slot)
		return;
	hash = hash_of(hints, unique);
	slot += hash >> 1 & (SLOTS - 1);
	memcpy(words, record, length);
	version = atomic_load_explicit(&slot->version, memory_order_relaxed);
	if (version & 1 || !atomic_compare_exchange_strong_explicit(&slot->version, &version, version + 1,
	                                                            memory_order_acquire, memory_order_relaxed))
		return;
	atomic_store_explicit(&slot->hash, hash, memory_order_release);
	for (size_t i = 0; i < TEXT_WORDS; i++)
		atomic_store_explicit(&slot->text[i], words[i], memory_order_release);
	atomic_store_explicit(&slot->version, version + 2, memory_order_release);
}
