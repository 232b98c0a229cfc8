/* The physical keys of one operation. */
#include "cache/manager.h"

#include "base/memory.h"

#define FEW (sizeof((weir__key_batch *)0)->few_keys / sizeof(weir_bytes))

bool weir__key_batch_init(weir__key_batch *batch, const weir__cache_space *space, size_t count, size_t logical_size)
{
	size_t size;

	batch->head = weir__cache_head(space->cache);
	batch->keys = batch->few_keys;
	batch->at = batch->few_bytes;
	batch->count = 0;
	batch->heap = NULL;
	size = logical_size + count * (batch->head.length + 2);
	if (count <= FEW && size <= sizeof batch->few_bytes)
		return true;
	batch->heap = weir__malloc(count * sizeof *batch->keys + size);
	if (!batch->heap)
		return false;
	batch->keys = batch->heap;
	batch->at = (char *)(batch->keys + count);
	return true;
}

void weir__key_batch_add(weir__key_batch *batch, weir_bytes logical, weir__key_slot slot)
{
	size_t length = weir__key_write(batch->at, batch->head, logical, slot);

	batch->keys[batch->count++] = weir__bytes(batch->at, length);
	batch->at += length;
}

void weir__key_batch_release(weir__key_batch *batch)
{
	weir__free(batch->heap);
}
