/* The distinct keys of a get_many: their texts one behind the other, and a hash table over them. */
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
	if (!distinct->offsets || !distinct->first || !distinct->positions || !distinct->slots)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < keys->count; i++) {
		size_t start = distinct->text.length;

		weir__key_of_record(entity, weir__keys_struct(keys, i), &distinct->text);
		if (distinct->text.failed)
			return weir__error_no_memory(err);
		note_key(distinct, i, start);
	}
	return WEIR_OK;
}

void weir__distinct_release(weir__distinct *distinct)
{
	weir__buffer_release(&distinct->text);
	weir__free(distinct->offsets);
	weir__free(distinct->first);
	weir__free(distinct->positions);
	weir__free(distinct->slots);
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

size_t weir__distinct_find(const weir__distinct *distinct, const weir__entity *entity, const void *record,
                           weir__buffer *scratch)
{
	weir__buffer_clear(scratch);
	weir__key_of_record(entity, record, scratch);
	return weir__distinct_find_text(distinct, scratch);
}
