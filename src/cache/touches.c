/* Touches: an array of physical keys without doubles, searched in order while small and by an index once it is not. */
#include "cache/touches.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "cache/near_space.h"

#include <stddef.h>
#include <string.h>

#define SMALL       16
#define INDEX_LEAST 64
#define NEW_PART    32 /* what is proper to a key of a new row, as a guess */

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

static bool rebuild_index(weir__touches *touches, size_t size)
{
	weir__touch_batch *batch = touches->batch;
	uint32_t          *index = weir__calloc(size, sizeof *index);

	if (!index)
		return false;
	for (size_t i = 0; !touches->index && i < batch->count; i++)
		if (!batch->items[i].is_new)
			batch->items[i].hash = hash_of(touches, key_of(batch, &batch->items[i]));
	weir__free(touches->index);
	touches->index = index;
	touches->index_size = size;
	for (size_t i = 0; i < batch->count; i++)
		index_item(touches, i);
	return true;
}

/* Before one more item is added that is looked for or not: an index at most half full; none for a small set. */
static bool fit_index(weir__touches *touches, bool is_new)
{
	size_t sought = touches->sought + !is_new, size = INDEX_LEAST;

	if (touches->batch->count < SMALL || (touches->index && sought * 2 <= touches->index_size))
		return true;
	while (size < sought * 4)
		size *= 2;
	return rebuild_index(touches, size);
}

/* An array that may be one of the batch's own few. NULL: out of memory. */
static void *grow_array(void *array, void *few, size_t count, size_t capacity, size_t size)
{
	void *grown = weir__realloc(array == few ? NULL : array, capacity * size);

	if (grown && array == few)
		memcpy(grown, few, count * size);
	return grown;
}

static bool grow(weir__touches *touches, size_t capacity)
{
	weir__touch_batch *batch = touches->batch;
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
	batch->capacity = capacity;
	return true;
}

/* The key lies behind the others already. */
static bool append(weir__touches *touches, const weir__touch_item *item)
{
	weir__touch_batch *batch = touches->batch;
	bool               has_hash = touches->index || item->is_new;

	if (batch->count == batch->capacity && !grow(touches, batch->capacity * 2))
		return false;
	if (!fit_index(touches, item->is_new))
		return false;
	batch->items[batch->count] = *item;
	if (touches->index && !has_hash)
		batch->items[batch->count].hash = hash_of(touches, key_of(batch, item));
	batch->bytes.length += item->length;
	batch->count++;
	touches->sought += !item->is_new;
	if (touches->index)
		index_item(touches, batch->count - 1);
	return true;
}

/* Makes the batch if there is none. */
static weir__touch_batch *batch_of(weir__touches *touches)
{
	if (!touches->batch)
		touches->batch = batch_create();
	return touches->batch;
}

/* What a savepoint's rollback leaves guarded that was late before makes no difference. */
static int add(weir__touches *touches, weir__touch_item item, weir_bytes logical)
{
	weir__touch_batch *batch;
	weir__touch_item  *known;
	char              *at;

	if (touches->cache->keeps_nothing)
		return WEIR_OK;
	batch = batch_of(touches);
	at = batch ? weir__buffer_reserve(&batch->bytes, WEIR__KEY_MAX) : NULL;
	if (!at) {
		if (batch)
			batch->bytes.failed = false;
		return WEIR_ERR_NO_MEMORY;
	}
	item.offset = batch->bytes.length;
	item.length = (uint32_t)weir__key_write(at, weir__cache_head(touches->cache), logical,
	                                        item.is_stamp || item.is_near ? WEIR__SLOT_FIRST : WEIR__SLOT_WHOLE);
	item.hash = touches->index ? hash_of(touches, key_of(batch, &item)) : 0;
	known = find(touches, key_of(batch, &item), item.hash);
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

/* ---- Keys of many new rows ------------------------------------------------------------------------------------------- */

/* Room for so many more items, and for keys that are about so long: what is reserved too little is reserved later. */
static bool make_room(weir__touches *touches, size_t count, size_t length)
{
	weir__touch_batch *batch = batch_of(touches);
	bool               made = batch && count <= UINT32_MAX / 2 - batch->count &&
	            (batch->count + count <= batch->capacity || grow(touches, batch->count + count));

	if (made && count <= UINT32_MAX / WEIR__KEY_MAX)
		(void)weir__buffer_reserve(&batch->bytes, count * (length + NEW_PART));
	if (made)
		batch->bytes.failed = false;
	return made;
}

/* What stands in bytes from `at` on, the logical key first bytes behind it, is too long for a key. */
static bool shorten(weir__touches *touches, size_t at, size_t first)
{
	weir__buffer *bytes = &touches->batch->bytes;
	weir__buffer  logical = WEIR__BUFFER_INIT;
	bool          copied;

	weir__buffer_append(&logical, bytes->data + at + first, bytes->length - at - first);
	copied = !logical.failed;
	if (copied)
		bytes->length = at + weir__key_write(bytes->data + at, weir__cache_head(touches->cache),
		                                     (weir_bytes){ logical.data, logical.length }, WEIR__SLOT_WHOLE);
	weir__buffer_release(&logical);
	return copied;
}

/* Writes key i behind the others; common has what all begin with. *is_there: it is one. */
static bool write_new(weir__touches *touches, const weir__new_keys *keys, size_t i, weir_bytes common, bool *is_there)
{
	weir__buffer *bytes = &touches->batch->bytes;
	size_t        at = bytes->length;
	size_t        logical = common.length - keys->common.length;

	weir__buffer_append(bytes, common.data, common.length);
	*is_there = keys->append(keys->context, i, bytes);
	if (*is_there && bytes->length - at - logical > WEIR__KEY_LONG && !bytes->failed)
		return shorten(touches, at, logical);
	weir__buffer_append_char(bytes, '}');
	if (!*is_there || bytes->failed)
		bytes->length = at;
	return !bytes->failed;
}

static int add_new(weir__touches *touches, const weir__new_keys *keys, weir_bytes common)
{
	weir__touch_batch *batch = touches->batch;
	weir__touch_item   item = { .space = keys->space, .is_late = true, .is_bare = true, .is_new = true };
	bool               is_there, written = true;

	item.is_quiet = keys->count >= WEIR__TOLD_TOGETHER;
	for (size_t i = 0; written && i < keys->count; i++) {
		item.offset = batch->bytes.length;
		written = write_new(touches, keys, i, common, &is_there);
		if (!written || !is_there)
			continue;
		item.length = (uint32_t)(batch->bytes.length - item.offset);
		batch->bytes.length = item.offset;
		written = append(touches, &item);
	}
	batch->bytes.failed = false;
	return written ? WEIR_OK : WEIR_ERR_NO_MEMORY;
}

static int add_near(weir__touches *touches, weir__cache_space *space)
{
	char key[WEIR__KEY_MAX];

	return add(touches, (weir__touch_item){ .space = space, .is_late = true, .is_near = true },
	           weir__near_space_key(space, key));
}

int weir__touches_add_new(weir__touches *touches, const weir__new_keys *keys)
{
	const weir_bytes head = weir__cache_head(touches->cache);
	weir__buffer     common = WEIR__BUFFER_INIT;
	int              rc = WEIR_OK;

	if (touches->cache->keeps_nothing || keys->count == 0)
		return WEIR_OK;
	weir__buffer_append(&common, head.data, head.length);
	weir__buffer_append_char(&common, '{');
	weir__buffer_append(&common, keys->common.data, keys->common.length);
	if (common.failed || !make_room(touches, keys->count + 1, common.length))
		rc = WEIR_ERR_NO_MEMORY;
	if (rc >= 0 && keys->count >= WEIR__TOLD_TOGETHER)
		rc = add_near(touches, keys->space);
	if (rc >= 0)
		rc = add_new(touches, keys, weir__bytes(common.data, common.length));
	weir__buffer_release(&common);
	return rc;
}

/* ---- Stamps ---------------------------------------------------------------------------------------------------------- */

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
	touches->sought = 0;
	for (size_t i = 0; i < mark; i++)
		touches->sought += !batch->items[i].is_new;
	if (!touches->index)
		return;
	memset(touches->index, 0, touches->index_size * sizeof *touches->index);
	for (size_t i = 0; i < mark; i++)
		index_item(touches, i);
}

static weir_touch bind(weir_cache_manager *cache, const weir__touch_batch *batch, const weir__touch_item *item)
{
	return (weir_touch){
		.key = key_of(batch, item),
		.stamp = item->is_stamp ? weir__cache_id(cache) : 0,
		.bare = item->is_bare,
		.quiet = item->is_quiet,
	};
}

void weir__touch_batch_bind_guarded(weir_cache_manager *cache, weir__touch_batch *batch)
{
	batch->guarded = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].is_late)
			batch->touches[batch->guarded++] = bind(cache, batch, &batch->items[i]);
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

		batch->touches[item->is_late ? --*end : batch->guarded++] = bind(cache, batch, item);
	}
}
