/* The tree: a hash table by owner's address and relation's name, and all memory that its branches refer to. */
#include "dao/eager.h"

#include "base/memory.h"

#include <string.h>

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

weir__tree *weir__tree_create(void)
{
	return weir__calloc(1, sizeof(weir__tree));
}

void weir__tree_free(void *freed)
{
	weir__tree *tree = freed;

	if (!tree)
		return;
	for (size_t i = 0; i < tree->list_count; i++)
		weir_list_release(&tree->lists[i]);
	for (size_t i = 0; i < tree->array_count; i++)
		weir__free(tree->arrays[i]);
	weir__free(tree->lists);
	weir__free(tree->arrays);
	weir__free(tree->branches);
	weir__free(tree);
}

/* Addresses are multiples of 16, and their lowest other bits differ most; the high bits of the product depend on all. */
static size_t slot_of(const weir__branch *branches, size_t size, const void *owner, const char *name)
{
	uint64_t hash = ((uint64_t)(uintptr_t)owner / 16 + (size_t)name[0] * 131 + strlen(name)) * MULTIPLIER;
	size_t   at = (size_t)(hash >> 20) & (size - 1);

	while (branches[at].owner &&
	       (branches[at].owner != owner || (branches[at].name != name && strcmp(branches[at].name, name) != 0)))
		at = (at + 1) & (size - 1);
	return at;
}

bool weir__tree_reserve(weir__tree *tree, size_t more)
{
	size_t        size = tree->size ? tree->size : 64;
	weir__branch *branches;

	while (size / 4 * 3 < tree->used + more)
		size *= 2;
	if (size == tree->size)
		return true;
	branches = weir__calloc(size, sizeof *branches);
	if (!branches)
		return false;
	for (size_t i = 0; i < tree->size; i++)
		if (tree->branches[i].owner)
			branches[slot_of(branches, size, tree->branches[i].owner, tree->branches[i].name)] = tree->branches[i];
	weir__free(tree->branches);
	tree->branches = branches;
	tree->size = size;
	return true;
}

void weir__tree_add(weir__tree *tree, const weir__branch *branch)
{
	size_t at = slot_of(tree->branches, tree->size, branch->owner, branch->name);

	if (tree->branches[at].owner && branch->back)
		return;
	tree->used += !tree->branches[at].owner;
	tree->branches[at] = *branch;
}

const weir__branch *weir__tree_find(const weir__tree *tree, const void *owner, const char *name)
{
	size_t at;

	if (!tree->size || !owner)
		return NULL;
	at = slot_of(tree->branches, tree->size, owner, name);
	return tree->branches[at].owner ? &tree->branches[at] : NULL;
}

/* Room for one more of the items of an array whose capacity is the power of two above its count. */
static void *grow(void *items, size_t count, size_t size)
{
	return (count & (count - 1)) == 0 ? weir__realloc(items, (count ? 2 * count : 1) * size) : items;
}

bool weir__tree_keep_list(weir__tree *tree, weir_list *list)
{
	weir_list *lists;

	if (!list->memory)
		return true;
	lists = grow(tree->lists, tree->list_count, sizeof *lists);
	if (!lists) {
		weir_list_release(list);
		return false;
	}
	tree->lists = lists;
	tree->lists[tree->list_count++] = *list;
	*list = (weir_list)WEIR_LIST_INIT;
	return true;
}

bool weir__tree_keep_array(weir__tree *tree, void *array)
{
	void **arrays = grow(tree->arrays, tree->array_count, sizeof *arrays);

	if (!arrays) {
		weir__free(array);
		return false;
	}
	tree->arrays = arrays;
	tree->arrays[tree->array_count++] = array;
	return true;
}

bool weir_related_loaded(const void *list, const char *relation, const void *owner, void *out)
{
	const weir__branch *branch = NULL;
	const weir__tree   *tree;
	weir_list           of;

	if (!list || !relation || !out)
		return false;
	memcpy(&of, list, sizeof of);
	tree = weir__list_attached(&of);
	if (tree)
		branch = weir__tree_find(tree, owner, relation);
	if (!branch)
		return false;
	if (branch->many)
		weir__list_out_set(out, &(weir_list){ .items = branch->to.items, .count = branch->count });
	else
		weir__record_out_set(out, branch->to.one);
	return true;
}
