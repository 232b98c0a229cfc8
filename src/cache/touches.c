/* Touches: an array of physical keys without doubles, searched in order while small and by an index once it is not. */
#include "cache/touches.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define SMALL 16

int weir__touches_create(weir_cache_manager *cache, weir__touches **touches, weir_error *err)
{
	weir__touches *made = weir__calloc(1, sizeof *made);

	if (!made)
		return weir__error_no_memory(err);
	made->cache = cache;
	*touches = made;
	return WEIR_OK;
}

void weir__touch_batch_free(weir__touch_batch *batch)
{
	if (!batch)
		return;
	weir__buffer_release(&batch->bytes);
	weir__free(batch->items);
	weir__free(batch->touches);
	weir__free(batch);
}

void weir__touches_free(weir__touches *touches)
{
	if (!touches)
		return;
	weir__touch_batch_free(touches->batch);
	weir__free(touches->index);
	weir__free(touches);
}

static bool is_item(const weir__touch_batch *batch, size_t i, weir_bytes key, uint64_t hash)
{
	const weir__touch_item *item = &batch->items[i];

	return item->hash == hash && item->length == key.length &&
	       memcmp(batch->bytes.data + item->offset, key.data, key.length) == 0;
}

/* NULL: not there. */
static weir__touch_item *find(const weir__touches *touches, weir_bytes key, uint64_t hash)
{
	weir__touch_batch *batch = touches->batch;

	if (!touches->index) {
		for (size_t i = 0; i < batch->count; i++)
			if (is_item(batch, i, key, hash))
				return &batch->items[i];
		return NULL;
	}
	for (size_t at = hash & (touches->index_size - 1); touches->index[at]; at = (at + 1) & (touches->index_size - 1))
		if (is_item(batch, touches->index[at] - 1, key, hash))
			return &batch->items[touches->index[at] - 1];
	return NULL;
}

static void index_item(weir__touches *touches, size_t i)
{
	size_t at = touches->batch->items[i].hash & (touches->index_size - 1);

	while (touches->index[at])
		at = (at + 1) & (touches->index_size - 1);
	touches->index[at] = (uint32_t)i + 1;
}

/* An index with room for twice the items that there can be; none for a small set. */
static bool rebuild_index(weir__touches *touches, size_t capacity)
{
	uint32_t *index;

	if (capacity <= SMALL)
		return true;
	index = weir__calloc(capacity * 2, sizeof *index);
	if (!index)
		return false;
	weir__free(touches->index);
	touches->index = index;
	touches->index_size = capacity * 2;
	for (size_t i = 0; i < touches->batch->count; i++)
		index_item(touches, i);
	return true;
}

static bool grow(weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;
	size_t             capacity = batch->capacity ? batch->capacity * 2 : SMALL;
	weir__touch_item  *items;
	weir_touch        *room;

	if (capacity > UINT32_MAX / 2)
		return false;
	items = weir__realloc(batch->items, capacity * sizeof *items);
	if (!items)
		return false;
	batch->items = items;
	room = weir__realloc(batch->touches, capacity * sizeof *room);
	if (!room)
		return false;
	batch->touches = room;
	if (!rebuild_index(touches, capacity))
		return false;
	batch->capacity = capacity;
	return true;
}

static bool append(weir__touches *touches, weir__touch_item item, weir_bytes key)
{
	weir__touch_batch *batch = touches->batch;

	if (batch->count == batch->capacity && !grow(touches))
		return false;
	if (!weir__buffer_reserve(&batch->bytes, key.length)) {
		batch->bytes.failed = false;
		return false;
	}
	item.offset = batch->bytes.length;
	item.length = key.length;
	batch->items[batch->count] = item;
	weir__buffer_append(&batch->bytes, key.data, key.length);
	batch->count++;
	if (touches->index)
		index_item(touches, batch->count - 1);
	return true;
}

/* What a savepoint's rollback leaves guarded that was late before makes no difference. */
static int add(weir__touches *touches, weir__touch_item item, weir_bytes logical)
{
	char              physical[WEIR__KEY_MAX];
	weir_bytes        key = { physical, 0 };
	weir__touch_item *known;

	if (touches->cache->keeps_nothing)
		return WEIR_OK;
	if (!touches->batch && !(touches->batch = weir__calloc(1, sizeof *touches->batch)))
		return WEIR_ERR_NO_MEMORY;
	key.length = weir__key_write(physical, weir__cache_head(touches->cache), logical,
	                             item.is_stamp ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	item.hash = weir__hash64(key.data, key.length, touches->cache->id_seed);
	known = find(touches, key, item.hash);
	if (known) {
		known->is_late = known->is_late && item.is_late;
		known->is_bare = known->is_bare && item.is_bare;
	}
	return known || append(touches, item, key) ? WEIR_OK : WEIR_ERR_NO_MEMORY;
}

int weir__touches_add_key(weir__touches *touches, weir__cache_space *space, weir_bytes key)
{
	return add(touches, (weir__touch_item){ .space = space }, key);
}

int weir__touches_add_late(weir__touches *touches, weir__cache_space *space, weir_bytes key)
{
	return add(touches, (weir__touch_item){ .space = space, .is_late = true }, key);
}

int weir__touches_add_bare(weir__touches *touches, weir__cache_space *space, weir_bytes key)
{
	return add(touches, (weir__touch_item){ .space = space, .is_late = true, .is_bare = true }, key);
}

int weir__touches_add_stamp(weir__touches *touches, weir__cache_space *space, weir_bytes key)
{
	return add(touches, (weir__touch_item){ .space = space, .is_stamp = true }, key);
}

int weir__touches_add_any(weir__touches *touches, weir__cache_space *space)
{
	return weir__touches_add_stamp(touches, space, space->any);
}

int weir__touches_add_bulk(weir__touches *touches, weir__cache_space *space)
{
	return weir__touches_add_stamp(touches, space, space->bulk);
}

int weir__touches_add_all(weir__touches *touches, weir__cache_space *space)
{
	int rc = weir__touches_add_any(touches, space);

	if (rc >= 0)
		rc = weir__touches_add_bulk(touches, space);
	if (rc >= 0)
		rc = add(touches, (weir__touch_item){ .space = space, .is_stamp = true, .flushes = true }, space->all);
	return rc;
}

size_t weir__touches_count(const weir__touches *touches)
{
	return touches->batch ? touches->batch->count : 0;
}

void weir__touches_truncate(weir__touches *touches, size_t mark)
{
	weir__touch_batch *batch = touches->batch;

	if (!batch || mark >= batch->count)
		return;
	batch->bytes.length = batch->items[mark].offset;
	batch->count = mark;
	if (!touches->index)
		return;
	memset(touches->index, 0, touches->index_size * sizeof *touches->index);
	for (size_t i = 0; i < mark; i++)
		index_item(touches, i);
}

void weir__touch_batch_bind(weir_cache_manager *cache, weir__touch_batch *batch)
{
	size_t bare = batch->count, late = bare;

	for (size_t i = 0; i < batch->count; i++)
		late -= batch->items[i].is_bare;
	batch->guarded = 0;
	for (size_t i = 0; i < batch->count; i++) {
		const weir__touch_item *item = &batch->items[i];
		size_t                 *end = item->is_bare ? &bare : &late;

		batch->touches[item->is_late ? --*end : batch->guarded++] = (weir_touch){
			.key = { batch->bytes.data + item->offset, item->length },
			.stamp = item->is_stamp ? weir__cache_id(cache) : 0,
			.bare = item->is_bare,
		};
	}
}
