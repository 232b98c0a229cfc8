/* Records and lists in memory; record.h shows how they lie.
 *
 * Whose references are counted: a record alone has no owner and counts its own; a record of a list refers to its
 * list's block, and a reference to it is one to the block. A block made by weir__list_create_of has no headers of its
 * own: its items are references to records made elsewhere. A header names the model, never the layout, since records
 * outlive the session.
 *
 * Debug builds look every pointer up in the table of live.h first. There a record of a list also counts the references
 * to itself, so that one release too many of it does not take the list's. */
#include "models/record.h"

#include "base/memory.h"
#include "models/live.h"
#include "models/value_type.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

typedef struct list_block list_block;

/* What stands before a struct: 32 bytes where pointers have 8. owner is the block's address; below LINE the record is alone: 0, or where it
 * has room, one more than how far the room is from where the allocation begins. */
typedef struct header {
	alignas(max_align_t) weir__live live;
	const weir_model *model;
	uintptr_t         owner;
	atomic_size_t     references;
} header;

#define LINE 64

/* The memory of a list. */
struct list_block {
	weir__live        live;
	const weir_model *model;
	atomic_size_t     references;
	size_t            count;
	bool              refers; /* items are references to records made elsewhere */
	list_block       *lends;  /* the block that its records lie in, if that is another list's; or NULL */
	void             *attached;
	void (*release_attached)(void *attached);
	const void *items[];
};

static header *header_of(const void *record)
{
	return (header *)((uintptr_t)record - sizeof(header));
}

/* NULL: a record alone. */
static list_block *owner_of(const header *of)
{
	return of->owner < LINE ? NULL : (list_block *)of->owner;
}

static size_t round_up(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* Makes a header and its zeroed struct at memory and returns the struct. */
static void *place_record(void *memory, const weir_model *model, list_block *owner)
{
	header *made = memory;

	made->model = model;
	made->owner = (uintptr_t)owner;
	atomic_init(&made->references, owner ? 0 : 1);
	weir__live_add(&made->live);
	return memset(made + 1, 0, model->size);
}

/* How far from memory on the room begins, so that the header is at a cache line's bound. */
static size_t shift_of(const char *memory)
{
	return (LINE - ((uintptr_t)memory + WEIR__RECORD_ROOM) % LINE) % LINE;
}

/* With room, whose bytes and alignment are part of fixed. */
static void *make_with_room(const weir__layout *layout, size_t size, char **text)
{
	char  *memory = weir__malloc(size);
	size_t shift = memory ? shift_of(memory) : 0;
	char  *at = memory + shift + WEIR__RECORD_ROOM;
	void  *made;

	if (!memory)
		return NULL;
	memset(memory + shift, 0, WEIR__RECORD_ROOM);
	made = place_record(at, layout->model, NULL);
	((header *)(void *)at)->owner = shift + 1;
	*text = at + sizeof(header) + layout->model->size;
	return made;
}

void *weir__record_create(const weir__layout *layout, size_t text_size, char **text)
{
	const weir_model *model = layout->model;
	size_t            room = layout->has_room ? WEIR__RECORD_ROOM + LINE - alignof(max_align_t) : 0;
	size_t            fixed = room + sizeof(header) + model->size;
	char             *memory;

	if (text_size > SIZE_MAX - fixed)
		return NULL;
	if (room > 0)
		return make_with_room(layout, fixed + text_size, text);
	memory = weir__malloc(fixed + text_size);
	if (!memory)
		return NULL;
	*text = memory + fixed;
	return place_record(memory, model, NULL);
}

void *weir__record_room(const void *record)
{
	const header *of = header_of(record);

	return of->owner == 0 || of->owner >= LINE ? NULL : (char *)header_of(record) - WEIR__RECORD_ROOM;
}

/* Where its allocation begins. */
static void *memory_of(header *alone)
{
	return alone->owner == 0 ? (char *)alone : (char *)alone - WEIR__RECORD_ROOM - (alone->owner - 1);
}

static void init_block(list_block *block, const weir_model *model, size_t count, bool refers)
{
	block->model = model;
	block->count = count;
	block->refers = refers;
	block->lends = NULL;
	block->attached = NULL;
	atomic_init(&block->references, 1);
	weir__live_add(&block->live);
}

static void set_list(weir_list *list, list_block *block)
{
	list->items = block->items;
	list->count = block->count;
	list->memory = block;
}

int weir__list_create(const weir__layout *layout, size_t count, size_t text_size, weir_list *list, char **text)
{
	size_t      stride = sizeof(header) + round_up(layout->model->size);
	size_t      limit = (SIZE_MAX - sizeof(list_block) - alignof(max_align_t)) / (stride + sizeof(void *));
	size_t      start, size;
	list_block *block;

	*text = NULL;
	if (count == 0) {
		*list = (weir_list)WEIR_LIST_INIT;
		return WEIR_OK;
	}
	if (count > limit)
		return WEIR_ERR_NO_MEMORY;
	start = round_up(sizeof(list_block) + count * sizeof(void *));
	size = start + count * stride;
	block = text_size <= SIZE_MAX - size ? weir__malloc(size + text_size) : NULL;
	if (!block)
		return WEIR_ERR_NO_MEMORY;
	init_block(block, layout->model, count, false);
	for (size_t i = 0; i < count; i++)
		block->items[i] = place_record((char *)block + start + i * stride, layout->model, block);
	*text = (char *)block + size;
	set_list(list, block);
	return WEIR_OK;
}

int weir__list_create_of(const weir_model *model, size_t count, weir_list *list)
{
	list_block *block;

	if (count == 0) {
		*list = (weir_list)WEIR_LIST_INIT;
		return WEIR_OK;
	}
	if (count > (SIZE_MAX - sizeof *block) / sizeof(void *))
		return WEIR_ERR_NO_MEMORY;
	block = weir__malloc(sizeof *block + count * sizeof(void *));
	if (!block)
		return WEIR_ERR_NO_MEMORY;
	init_block(block, model, count, true);
	for (size_t i = 0; i < count; i++)
		block->items[i] = NULL;
	set_list(list, block);
	return WEIR_OK;
}

void weir__list_set(weir_list *list, size_t index, const void *record)
{
	list_block *block = list->memory;

	block->items[index] = record;
}

void weir__list_keep(weir_list *list, size_t count, bool reversed)
{
	list_block *block = list->memory;

	list->count = count;
	for (size_t i = 0; reversed && i < count / 2; i++) {
		const void *item = block->items[i];

		block->items[i] = block->items[count - 1 - i];
		block->items[count - 1 - i] = item;
	}
}

static void retain(atomic_size_t *references)
{
	atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
}

/* True: that was the last one. */
static bool release(atomic_size_t *references)
{
	return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

/* The last reference is gone. */
static void free_block(list_block *block)
{
	for (size_t i = 0; i < block->count && !block->lends; i++) {
		if (block->refers)
			(void)weir_record_release(block->items[i]);
		else
			weir__live_remove(&header_of(block->items[i])->live);
	}
	weir__live_remove(&block->live);
	if (block->attached)
		block->release_attached(block->attached);
	weir__free(block);
}

static void release_block(list_block *block)
{
	while (block && release(&block->references)) {
		list_block *lends = block->lends;

		free_block(block);
		block = lends;
	}
}

bool weir__list_unshare(weir_list *list)
{
	list_block *block = list->memory;
	weir_list   own;

	if (!block || atomic_load_explicit(&block->references, memory_order_acquire) == 1)
		return true;
	if (weir__list_create_of(block->model, list->count, &own) < 0)
		return false;
	if (list->count == 0) {
		weir_list_release(list);
		return true;
	}
	for (size_t i = 0; i < list->count; i++)
		weir__list_set(&own, i, list->items[i]);
	((list_block *)own.memory)->lends = block; /* the caller's reference goes with it */
	*list = own;
	return true;
}

void weir__list_attach(weir_list *list, void *attached, void (*release_attached)(void *attached))
{
	list_block *block = list->memory;

	block->attached = attached;
	block->release_attached = release_attached;
}

void *weir__list_attached(const weir_list *list)
{
	const list_block *block = list->memory;

	return block ? block->attached : NULL;
}

void weir_record_retain(const void *record)
{
	header     *of = header_of(record);
	list_block *owner;

	if (!record || !weir__live_has(of))
		return;
	owner = owner_of(of);
	if (owner)
		retain(&owner->references);
	if (!owner || WEIR__CHECKS_LIFE)
		retain(&of->references);
}

/* Takes back a reference to a record of a list itself. False: it has none. */
static bool release_own(header *of)
{
	size_t references = atomic_load(&of->references);

	do
		if (references == 0)
			return false;
	while (!atomic_compare_exchange_weak(&of->references, &references, references - 1));
	return true;
}

int weir_record_release(const void *record)
{
	header     *of = header_of(record);
	list_block *owner;

	if (!record)
		return WEIR_OK;
	if (!weir__live_has(of))
		return WEIR_ERR_USAGE;
	owner = owner_of(of);
	if (owner) {
		if (WEIR__CHECKS_LIFE && !release_own(of))
			return WEIR_ERR_USAGE;
		release_block(owner);
	} else if (release(&of->references)) {
		weir__live_remove(&of->live);
		weir__free(memory_of(of));
	}
	return WEIR_OK;
}

const weir_model *weir_record_model(const void *record)
{
	return record ? header_of(record)->model : NULL;
}

void weir_list_release(weir_list *list)
{
	list_block *block = list ? list->memory : NULL;

	if (!list)
		return;
	*list = (weir_list)WEIR_LIST_INIT;
	if (block && weir__live_has(block))
		release_block(block);
}

/* What a value takes behind its struct. */
static size_t value_bytes(const weir_value *value)
{
	size_t bytes = 0;

	if (weir__value_is_null(value) || !weir__type_is_pointer(value->type))
		return 0;
	if (value->type == WEIR_TYPE_BYTEA)
		return value->as.bytes.length;
	if (!weir__type_is_array(value->type))
		return strlen(value->as.text) + 1;
	for (size_t i = 0; i < value->as.array.count; i++) {
		weir_value item = weir__value_of_item(weir__type_item(value->type), value->as.array.items, i);

		bytes += weir__item_size(item.type) + value_bytes(&item); /* which is no array */
	}
	return bytes;
}

static size_t text_bytes(const weir__layout *layout, const void *record)
{
	size_t bytes = 0;

	for (size_t i = 0; i < layout->column_count; i++) {
		weir_value value;

		if (!weir__type_is_pointer(layout->columns[i].type))
			continue;
		value = weir__layout_get(layout, i, record);
		bytes += value_bytes(&value);
	}
	return bytes;
}

size_t weir__record_bytes(const weir__layout *layout, const void *record)
{
	return sizeof(header) + layout->model->size + text_bytes(layout, record);
}

size_t weir__list_bytes(const weir__layout *layout, const weir_list *list)
{
	size_t bytes = list->memory ? sizeof(list_block) + list->count * sizeof(void *) : 0;

	for (size_t i = 0; i < list->count; i++)
		bytes += sizeof(header) + round_up(layout->model->size) + text_bytes(layout, list->items[i]);
	return bytes;
}

bool weir__record_is_alone(const void *record)
{
	return !owner_of(header_of(record));
}

void weir__list_memory_retain(void *memory)
{
	list_block *block = memory;

	retain(&block->references);
}

void weir__list_of_memory(void *memory, weir_list *list)
{
	set_list(list, memory);
}

const weir_model *weir__list_model(const weir_list *list)
{
	const list_block *block = list->memory;

	return block ? block->model : NULL;
}

bool weir__list_out_is_empty(const void *out)
{
	weir_list list;

	memcpy(&list, out, sizeof list);
	return !list.items && !list.memory;
}

void weir__list_out_set(void *out, const weir_list *list)
{
	memcpy(out, list, sizeof *list);
}
