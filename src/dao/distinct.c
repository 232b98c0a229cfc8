/* The distinct keys of a get_many: their texts one behind the other, and a hash table over them, or over the numbers where a key is
 * one integer. */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "dao/call.h"
#include "dao/keys.h"

#include <string.h>

weir_bytes weir__distinct_key(const weir__distinct *distinct, size_t index)
{
	size_t start = distinct->offsets[index];

	return (weir_bytes){ distinct->text.data + start, distinct->offsets[index + 1] - start };
}

/* The slot of a key: where it is, or the free one where it belongs. */
static size_t slot_of(const weir__distinct *distinct, const char *text, size_t length)
{
	size_t at = weir__hash64(text, length, 0) & (distinct->slot_count - 1);

	while (distinct->slots[at]) {
		weir_bytes key = weir__distinct_key(distinct, distinct->slots[at] - 1);

		if (key.length == length && memcmp(key.data, text, length) == 0)
			break;
		at = (at + 1) & (distinct->slot_count - 1);
	}
	return at;
}

/* Notes the key whose text was appended from start on; takes the text back if it is known already. */
static void note_key(weir__distinct *distinct, size_t index, size_t start)
{
	size_t slot = slot_of(distinct, distinct->text.data + start, distinct->text.length - start);

	if (distinct->slots[slot]) {
		distinct->text.length = start;
	} else {
		distinct->first[distinct->count] = index;
		distinct->slots[slot] = ++distinct->count;
		distinct->offsets[distinct->count] = distinct->text.length;
	}
	distinct->positions[index] = distinct->slots[slot] - 1;
}

/* The finaliser of splitmix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014): neighbours go far apart. */
static size_t slot_of_number(const weir__distinct *distinct, int64_t number)
{
	uint64_t mixed = (uint64_t)number;
	size_t   at;

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
	at = (size_t)(mixed ^ mixed >> 31) & (distinct->slot_count - 1);
	while (distinct->slots[at] && distinct->numbers[distinct->slots[at] - 1] != number)
		at = (at + 1) & (distinct->slot_count - 1);
	return at;
}

static int64_t number_of(const weir__entity *entity, const void *record)
{
	int64_t number = 0;

	(void)weir__layout_number(&entity->layout->columns[entity->layout->key[0]], record,
	                          &number); /* a key is not NULL */
	return number;
}

/* name: what stands before the number in a key. */
static void note_number(weir__distinct *distinct, size_t index, int64_t number, const weir__buffer *name)
{
	size_t slot = slot_of_number(distinct, number);

	if (!distinct->slots[slot]) {
		weir__buffer_append(&distinct->text, name->data, name->length);
		weir__buffer_append_i64(&distinct->text, number);
		distinct->numbers[distinct->count] = number;
		distinct->first[distinct->count] = index;
		distinct->slots[slot] = ++distinct->count;
		distinct->offsets[distinct->count] = distinct->text.length;
	}
	distinct->positions[index] = distinct->slots[slot] - 1;
}

static void note_numbers(const weir__entity *entity, weir__distinct *distinct, const weir__keys *keys)
{
	weir__buffer name = WEIR__BUFFER_INIT;
	const size_t size = weir__keys_size(keys->layout);
	const char  *key = keys->count > 0 ? weir__keys_struct(keys, 0) : NULL;

	weir__key_of_number_begin(entity, &name);
	for (size_t i = 0; i < keys->count && !name.failed; i++, key += size)
		note_number(distinct, i, number_of(entity, key), &name);
	distinct->text.failed = distinct->text.failed || name.failed;
	weir__buffer_release(&name);
}

int weir__distinct_create(const weir__entity *entity, const weir__keys *keys, weir__distinct *distinct, weir_error *err)
{
	memset(distinct, 0, sizeof *distinct);
	distinct->slot_count = 8;
	while (distinct->slot_count < 2 * keys->count)
		distinct->slot_count *= 2;
	distinct->offsets = weir__calloc(keys->count + 1, sizeof(size_t));
	distinct->first = weir__calloc(keys->count, sizeof(size_t));
	distinct->positions = weir__calloc(keys->count, sizeof(size_t));
	distinct->slots = weir__calloc(distinct->slot_count, sizeof(size_t));
	distinct->numbers = entity->number_size > 0 ? weir__calloc(keys->count, sizeof(int64_t)) : NULL;
	if ((entity->number_size > 0 && !distinct->numbers) || !distinct->offsets || !distinct->first ||
	    !distinct->positions || !distinct->slots)
		return weir__error_no_memory(err);
	if (distinct->numbers)
		note_numbers(entity, distinct, keys);
	for (size_t i = 0; !distinct->numbers && i < keys->count; i++) {
		size_t start = distinct->text.length;

		weir__key_of_record(entity, weir__keys_struct(keys, i), &distinct->text);
		if (!distinct->text.failed)
			note_key(distinct, i, start);
	}
	return distinct->text.failed ? weir__error_no_memory(err) : WEIR_OK;
}

void weir__distinct_release(weir__distinct *distinct)
{
	weir__buffer_release(&distinct->text);
	weir__free(distinct->offsets);
	weir__free(distinct->first);
	weir__free(distinct->positions);
	weir__free(distinct->slots);
	weir__free(distinct->numbers);
	memset(distinct, 0, sizeof *distinct);
}

size_t weir__distinct_find_text(const weir__distinct *distinct, const weir__buffer *key)
{
	size_t slot;

	if (key->failed)
		return SIZE_MAX;
	slot = slot_of(distinct, key->data, key->length);
	return distinct->slots[slot] ? distinct->slots[slot] - 1 : SIZE_MAX;
}

size_t weir__distinct_find_number(const weir__distinct *distinct, int64_t number)
{
	size_t slot = slot_of_number(distinct, number);

	return distinct->slots[slot] ? distinct->slots[slot] - 1 : SIZE_MAX;
}

size_t weir__distinct_find(const weir__distinct *distinct, const weir__entity *entity, const void *record,
                           weir__buffer *scratch)
{
	if (distinct->numbers)
		return weir__distinct_find_number(distinct, number_of(entity, record));
	weir__buffer_clear(scratch);
	weir__key_of_record(entity, record, scratch);
	return weir__distinct_find_text(distinct, scratch);
}
