/* Entities and the registry that finds them: a hash table on the models' addresses. */
#include "dao/gather.h"
#include "dao/invalidation.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "cache/near_space.h"
#include "models/value_type.h"

#include <string.h>

static void entity_release(weir__entity *entity)
{
	weir__gather_free(entity->gather);
	weir__statements_free(entity->statements);
	weir__layout_free(entity->layout);
}

/* May a stamp be named after the column's value? Not where one value has several texts (1.5 and 1.50, 0 and -0): lists by such
 * a column depend on `any`. */
static bool has_one_text(weir_type type)
{
	return !weir__value_type_of(type)->many_texts;
}

/* A primary key of one integer names its row by a number (dao/near.h). */
static void find_number(weir__entity *entity)
{
	const weir__column *column = &entity->layout->columns[entity->layout->key[0]];

	if (entity->layout->key_count != 1 || column->optional)
		return;
	entity->number_offset = column->offset;
	if (column->type == WEIR_TYPE_INT8)
		entity->number_size = sizeof(int64_t);
	else if (column->type == WEIR_TYPE_INT4)
		entity->number_size = sizeof(int32_t);
	else if (column->type == WEIR_TYPE_INT2)
		entity->number_size = sizeof(int16_t);
}

/* What belongs to a principal is kept in lists, also single rows: so that a write of the row alone changes their stamp. */
static void stamp_key(weir__entity *entity)
{
	for (size_t i = 0; i < entity->layout->key_count; i++)
		if (has_one_text(entity->layout->columns[entity->layout->key[i]].type))
			entity->stamped_mask |= (weir__mask)1 << entity->layout->key[i];
}

static int entity_init(weir__entity *entity, const weir_model *model, weir_cache_manager *cache, weir_error *err)
{
	int rc;

	entity->model = model;
	rc = weir__layout_create(model, &entity->layout, err);
	if (rc < 0)
		return rc;
	find_number(entity);
	for (size_t i = 0; i < entity->layout->column_count; i++)
		if (entity->layout->columns[i].stamped && has_one_text(entity->layout->columns[i].type))
			entity->stamped_mask |= (weir__mask)1 << i;
	entity->per_principal = entity->layout->base->per_principal;
	if (entity->per_principal)
		stamp_key(entity);
	entity->gathers_writes =
		entity->layout->base->gathers_writes && !entity->per_principal && !weir__invalidation_has_hook(model);
	rc = weir__gather_create(entity, &entity->gather, err);
	if (rc < 0)
		return rc;
	rc = weir__statements_create(entity->layout, &entity->statements, err);
	if (rc < 0)
		return rc;
	return weir__cache_space_create(cache, model, entity->layout->base->table, entity->layout->fingerprint,
	                                &entity->space, err);
}

void weir__registry_make_room(const weir__registry *registry)
{
	for (size_t i = 0; i < registry->count; i++)
		registry->items[i].layout->has_room = weir__near_is_on(registry->items[i].space);
}

static size_t slot_of(const weir__registry *registry, const weir_model *model)
{
	uintptr_t address = (uintptr_t)model;
	size_t    at = weir__hash64(&address, sizeof address, 0) & (registry->slot_count - 1);

	while (registry->slots[at] && registry->items[registry->slots[at] - 1].model != model)
		at = (at + 1) & (registry->slot_count - 1);
	return at;
}

static int refuse_same_name(const weir__registry *registry, const weir_model *model, weir_error *err)
{
	for (size_t i = 0; i < registry->count; i++)
		if (model->name && strcmp(registry->items[i].model->name, model->name) == 0)
			return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL, "two models have this name");
	return WEIR_OK;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Record keys carry the model's name: a write through one model would leave the other's records as they were. */
static int refuse_same_table(const weir__registry *registry, const weir__entity *entity, weir_error *err)
{
	const weir_model *base = entity->layout->base;

	for (size_t i = 0; i < registry->count; i++) {
		const weir_model *other = registry->items[i].layout->base;

		if (other != base && same_text(other->table, base->table) && same_text(other->schema, base->schema))
			return weir__error_set_at(err, WEIR_ERR_MODEL, base->name, NULL,
			                          "the model %s has this table already; derive one from the other", other->name);
	}
	return WEIR_OK;
}

static int registry_allocate(weir__registry *registry, size_t count, weir_error *err)
{
	registry->slot_count = 8;
	while (registry->slot_count < 2 * count)
		registry->slot_count *= 2;
	registry->items = weir__calloc(count, sizeof *registry->items);
	registry->slots = weir__calloc(registry->slot_count, sizeof *registry->slots);
	return registry->items && registry->slots ? WEIR_OK : weir__error_no_memory(err);
}

int weir__registry_create(const weir_model *const *models, weir_cache_manager *cache, weir__registry *registry,
                          weir_error *err)
{
	size_t count = 0;
	int    rc;

	memset(registry, 0, sizeof *registry);
	while (models[count])
		count++;
	rc = registry_allocate(registry, count, err);
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		weir__entity *entity = &registry->items[i];
		rc = refuse_same_name(registry, models[i], err);
		if (rc >= 0)
			rc = entity_init(entity, models[i], cache, err);
		if (rc >= 0)
			rc = refuse_same_table(registry, entity, err);
		if (rc < 0) {
			entity_release(entity);
			break;
		}
		registry->count++;
		registry->slots[slot_of(registry, models[i])] = i + 1;
	}
	if (rc < 0)
		weir__registry_release(registry);
	return rc;
}

void weir__registry_release(weir__registry *registry)
{
	for (size_t i = 0; i < registry->count; i++)
		entity_release(&registry->items[i]);
	weir__free(registry->items);
	weir__free(registry->slots);
	memset(registry, 0, sizeof *registry);
}

const weir__entity *weir__registry_find(const weir__registry *registry, const weir_model *model)
{
	size_t at;

	if (!registry->slots)
		return NULL;
	at = registry->slots[slot_of(registry, model)];
	return at ? &registry->items[at - 1] : NULL;
}
