/* Touches: an array of physical keys without doubles, searched in order while small and by an index once it is not. */
#include "cache/touches.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stddef.h>
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

static weir__touch_batch *batch_create(void)
{
	weir__touch_batch *made = weir__malloc(sizeof *made);

	if (!made)
		return NULL;
	memset(made, 0, offsetof(weir__touch_batch, few_items));
	made->items = made->few_items;
	made->touches = made->few_touches;
	made->stripes = made->few_stripes;
	made->capacity = WEIR__TOUCHES_FEW;
	return made;
}

void weir__touch_batch_free(weir__touch_batch *batch)
{
	if (!batch)
		return;
	weir__near_write_end(&batch->near_write);
	weir__buffer_release(&batch->bytes);
	if (batch->items != batch->few_items)
		weir__free(batch->items);
	if (batch->touches != batch->few_touches)
		weir__free(batch->touches);
	if (batch->stripes != batch->few_stripes)
		weir__free(batch->stripes);
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

static uint64_t hash_of(const weir__touches *touches, weir_bytes key)
{
	return weir__hash128_of(key.data, key.length, (weir__hash128){ touches->cache->id_seed, 0 }).low;
}

static weir_bytes key_of(const weir__touch_batch *batch, const weir__touch_item *item)
{
	return weir__bytes(batch->bytes.data + item->offset, item->length);
}

static bool is_item(const weir__touch_batch *batch, const weir__touch_item *item, weir_bytes key)
{
	return item->length == key.length && memcmp(batch->bytes.data + item->offset, key.data, key.length) == 0;
}

/* NULL: not there. */
static weir__touch_item *find(const weir__touches *touches, weir_bytes key, uint64_t hash)
{
	weir__touch_batch *batch = touches->batch;

	if (!touches->index) {
		for (size_t i = 0; i < batch->count; i++)
			if (is_item(batch, &batch->items[i], key))
				return &batch->items[i];
		return NULL;
	}
	for (size_t at = hash & (touches->index_size - 1); touches->index[at]; at = (at + 1) & (touches->index_size - 1)) {
		weir__touch_item *item = &batch->items[touches->index[at] - 1];

		if (item->hash == hash && is_item(batch, item, key))
			return item;
	}
	return NULL;
}

static void index_item(weir__touches *touches, size_t i)
{
	size_t at = touches->batch->items[i].hash & (touches->index_size - 1);

	if (touches->batch->items[i].is_new)
		return;
	while (touches->index[at])
		at = (at + 1) & (touches->index_size - 1);
	touches->index[at] = (uint32_t)i + 1;
}

/* An index with room for twice the items that there can be; none for a small set. */
static bool rebuild_index(weir__touches *touches, size_t capacity)
{
	weir__touch_batch *batch = touches->batch;
	uint32_t          *index;

	if (capacity <= SMALL)
		return true;
	index = weir__calloc(capacity * 2, sizeof *index);
	if (!index)
		return false;
	for (size_t i = 0; !touches->index && i < batch->count; i++)
		if (!batch->items[i].is_new)
			batch->items[i].hash = hash_of(touches, key_of(batch, &batch->items[i]));
	weir__free(touches->index);
	touches->index = index;
	touches->index_size = capacity * 2;
	for (size_t i = 0; i < batch->count; i++)
		index_item(touches, i);
	return true;
}

/* An array that may be one of the batch's own few. NULL: out of memory. */
static void *grow_array(void *array, void *few, size_t count, size_t capacity, size_t size)
{
	void *grown = weir__realloc(array == few ? NULL : array, capacity * size);

	if (grown && array == few)
		memcpy(grown, few, count * size);
	return grown;
}

static bool grow(weir__touches *touches)
{
	weir__touch_batch *batch = touches->batch;
	size_t             capacity = batch->capacity * 2;
	weir__touch_item  *items;
	weir_touch        *room;
	uint32_t          *stripes;

	if (capacity > UINT32_MAX / 2)
		return false;
	items = grow_array(batch->items, batch->few_items, batch->count, capacity, sizeof *items);
	if (!items)
		return false;
	batch->items = items;
	room = grow_array(batch->touches, batch->few_touches, 0, capacity, sizeof *room);
	if (!room)
		return false;
	batch->touches = room;
	stripes = grow_array(batch->stripes, batch->few_stripes, 0, capacity, sizeof *stripes);
	if (!stripes)
		return false;
	batch->stripes = stripes;
	if (!rebuild_index(touches, capacity))
		return false;
	batch->capacity = capacity;
	return true;
}

/* The key lies behind the others already. */
static bool append(weir__touches *touches, const weir__touch_item *item)
{
	weir__touch_batch *batch = touches->batch;
	bool               has_hash = touches->index || item->is_new;

	if (batch->count == batch->capacity && !grow(touches))
		return false;
	batch->items[batch->count] = *item;
	if (touches->index && !has_hash)
		batch->items[batch->count].hash = hash_of(touches, key_of(batch, item));
	batch->bytes.length += item->length;
	batch->count++;
	if (touches->index)
		index_item(touches, batch->count - 1);
	return true;
}

/* What a savepoint's rollback leaves guarded that was late before makes no difference. */
static int add(weir__touches *touches, weir__touch_item item, weir_bytes logical)
{
	weir__touch_batch *batch;
	weir__touch_item  *known = NULL;
	char              *at;

	if (touches->cache->keeps_nothing)
		return WEIR_OK;
	if (!touches->batch && !(touches->batch = batch_create()))
		return WEIR_ERR_NO_MEMORY;
	batch = touches->batch;
	at = weir__buffer_reserve(&batch->bytes, WEIR__KEY_MAX);
	batch->bytes.failed = false;
	if (!at)
		return WEIR_ERR_NO_MEMORY;
	item.offset = batch->bytes.length;
	item.length = weir__key_write(at, weir__cache_head(touches->cache), logical,
	                              item.is_stamp ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	if (!item.is_new) {
		item.hash = touches->index ? hash_of(touches, key_of(batch, &item)) : 0;
		known = find(touches, key_of(batch, &item), item.hash);
	}
	if (known) {
		known->is_late = known->is_late && item.is_late;
		known->is_bare = known->is_bare && item.is_bare;
	}
	return known || append(touches, &item) ? WEIR_OK : WEIR_ERR_NO_MEMORY;
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

int weir__touches_add_bare_new(weir__touches *touches, weir__cache_space *space, weir_bytes key)
{
	return add(touches, (weir__touch_item){ .space = space, .is_late = true, .is_bare = true, .is_new = true }, key);
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
