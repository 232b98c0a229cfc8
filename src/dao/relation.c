/* The relations of a session: made when it is opened, found by each call, and their names in the cache. */
#include "dao/relation.h"

#include "base/error.h"
#include "base/memory.h"
#include "dao/keys.h"

#include <stdio.h>
#include <string.h>

/* ---- Making them ----------------------------------------------------------------------------------------------------- */

/* Every entity of the table has the column, since derived models have all columns of their parent. */
static void stamp_column(weir__registry *registry, const weir__layout *holder, size_t column)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->items[i].layout->base == holder->base) {
			registry->items[i].stamped_mask |= (weir__mask)1 << column;
			registry->items[i].layout->columns[column].stamped = true;
		}
}

static void stamp_keys(weir__registry *registry, const weir__link *link)
{
	bool                belongs = link->relation->kind == WEIR_RELATION_BELONGS_TO;
	const weir__layout *holder = belongs ? link->owner : link->through ? link->through : link->target;

	for (size_t i = 0; i < link->key_count; i++)
		stamp_column(registry, holder, belongs ? link->owner_columns[i] : link->other_columns[i]);
	for (size_t i = 0; i < link->target_count; i++)
		stamp_column(registry, holder, link->through_columns[i]);
}

static void note_cascades(weir__entity *entity)
{
	const weir_relation *relation;

	for (size_t i = 0; (relation = weir_relation_at(entity->model, i)) != NULL; i++)
		entity->cascades = entity->cascades || relation->cascade;
}

/* ttl_s of a relation is that of whatever it keeps. */
static weir_cache_config whole_config(const weir_cache_config *given)
{
	weir_cache_config config = *given;

	if (config.list_ttl_s == 0)
		config.list_ttl_s = config.ttl_s;
	return config;
}

static int relation_init(weir__relation *relation, const weir__registry *registry, const weir__link *link,
                         weir_error *err)
{
	weir_cache_config config = whole_config(&link->relation->cache);
	weir__entity     *holder = link->through ? &relation->through : &relation->target;
	int               rc;

	relation->link = link;
	relation->owner = weir__registry_find(registry, link->relation->model);
	relation->target = *weir__registry_find(registry, link->relation->target);
	if (link->through)
		relation->through = *weir__registry_find(registry, link->relation->through);
	snprintf(relation->name, sizeof relation->name, "%s.%s", link->relation->model->name, link->relation->name);
	rc = weir__cache_space_create_on(holder->space, relation->name, &config, &relation->space, err);
	holder->space = relation->space;
	return rc;
}

static int get_layouts(const weir__registry *registry, weir__layout ***layouts, weir_error *err)
{
	*layouts = weir__calloc(registry->count, sizeof **layouts);
	if (!*layouts)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < registry->count; i++)
		(*layouts)[i] = registry->items[i].layout;
	return WEIR_OK;
}

int weir__relations_create(weir__registry *registry, weir__relations **relations, weir_error *err)
{
	weir__relations *made = weir__calloc(1, sizeof *made);
	weir__layout   **layouts = NULL;
	int              rc = made ? get_layouts(registry, &layouts, err) : weir__error_no_memory(err);

	if (rc >= 0)
		rc = weir__links_create(layouts, registry->count, &made->links, err);
	weir__free(layouts);
	if (rc >= 0) {
		made->items = weir__calloc(made->links.count, sizeof *made->items);
		rc = made->items ? WEIR_OK : weir__error_no_memory(err);
	}
	for (size_t i = 0; rc >= 0 && i < made->links.count; i++)
		stamp_keys(registry, &made->links.items[i]);
	for (size_t i = 0; rc >= 0 && i < registry->count; i++)
		note_cascades(&registry->items[i]);
	for (size_t i = 0; rc >= 0 && i < made->links.count; i++)
		rc = relation_init(&made->items[i], registry, &made->links.items[i], err);
	if (rc < 0)
		weir__relations_free(made);
	else
		*relations = made;
	return rc;
}

void weir__relations_free(weir__relations *relations)
{
	if (!relations)
		return;
	weir__links_release(&relations->links);
	weir__free(relations->items);
	weir__free(relations);
}

/* ---- Finding one ----------------------------------------------------------------------------------------------------- */

const weir__relation *weir__relations_find(const weir__relations *relations, const weir_relation *relation)
{
	const weir__link *link = weir__links_find(&relations->links, relation);

	return link ? &relations->items[link - relations->links.items] : NULL;
}

/* The caller's types must be those of the relation, or the caller reads one struct as another. */
static int check_target(const weir_related *of, const weir__relation *relation, weir_error *err)
{
	if (!of->target || weir__layout_is_of(relation->link->target, of->target))
		return WEIR_OK;
	return weir__error_set_at(err, WEIR_ERR_USAGE, of->model->name, of->relation, "leads to %s and not to %s",
	                          relation->link->target->model->name, of->target->name);
}

int weir__related_find(const weir_related *of, const weir__relation **relation, weir_error *err)
{
	const weir_relation *declared;
	int                  rc;

	if (!of || !of->model || !of->relation)
		return weir__error_set(err, WEIR_ERR_USAGE, "a relation needs a model and a name");
	rc = weir__session_check(of->session, err);
	if (rc < 0)
		return rc;
	declared = weir_relation_find(of->model, of->relation);
	if (!declared)
		return weir__error_set_at(err, WEIR_ERR_USAGE, of->model->name, of->relation, "there is no such relation");
	*relation = weir__relations_find(of->session->engine->relations, declared);
	if (!*relation)
		return weir__error_set_at(err, WEIR_ERR_USAGE, of->model->name, NULL,
		                          "the session was opened without this model");
	return check_target(of, *relation, err);
}

const weir__entity *weir__relation_holder(const weir__relation *relation)
{
	return relation->link->through ? &relation->through : &relation->target;
}

bool weir__relation_is_cached(const weir__relation *relation, const weir_session *session)
{
	return !session->transaction && session->fresh_ms != WEIR_BYPASS && !relation->target.per_principal &&
	       !relation->through.per_principal && weir__cache_space_enabled(relation->space);
}

/* ---- Names in the cache -------------------------------------------------------------------------------------------------- */

void weir__relation_stamp(const weir__relation *relation, weir__buffer *key)
{
	const char *table = weir__relation_holder(relation)->layout->base->table;

	weir__key_part(key, table, strlen(table));
	weir__buffer_append_text(key, ":r:");
	weir__key_part(key, relation->name, strlen(relation->name));
}

static void append_list_name(const weir__relation *relation, weir__buffer *key)
{
	int version = weir__cache_space_version(relation->space);

	weir__relation_stamp(relation, key);
	if (version != 0)
		weir__buffer_appendf(key, ":v%d", version);
}

void weir__relation_list_key_begin(const weir__relation *relation, weir__buffer *key)
{
	append_list_name(relation, key);
	weir__key_append_column_name(relation->owner, relation->link->owner->key[0], key);
}

void weir__relation_owner_stamp_begin(const weir__relation *relation, weir__buffer *key)
{
	weir__key_of_stamps(weir__relation_holder(relation), relation->link->other_columns[0], key);
}

void weir__relation_list_key(const weir__relation *relation, const void *owner, weir__buffer *key)
{
	const weir__link *link = relation->link;

	append_list_name(relation, key);
	for (size_t i = 0; i < link->owner->key_count; i++) {
		weir_value value = weir__layout_get(link->owner, link->owner->key[i], owner);

		weir__key_append_column(relation->owner, link->owner->key[i], &value, key);
	}
}

void weir__relation_owner_stamp(const weir__relation *relation, const void *owner, weir__buffer *key)
{
	const weir__link *link = relation->link;
	weir_value        value;

	if (link->key_count == 0) {
		weir__key_of_any(weir__relation_holder(relation), key);
		return;
	}
	value = weir__link_value(link, 0, owner);
	weir__key_of_stamp(weir__relation_holder(relation), link->other_columns[0], &value, key);
}

int weir__relation_entry_init(const weir__relation *relation, const void *owner, weir__relation_entry *entry,
                              weir_error *err)
{
	weir__buffer *text = &entry->text;
	size_t        ends[2];

	memset(entry, 0, sizeof *entry);
	weir__relation_list_key(relation, owner, text);
	ends[0] = text->length;
	weir__relation_owner_stamp(relation, owner, text);
	ends[1] = text->length;
	weir__relation_stamp(relation, text);
	if (text->failed)
		return weir__error_no_memory(err);
	entry->lookup.kind = WEIR__ENTRY_LIST;
	entry->lookup.key = (weir_bytes){ text->data, ends[0] };
	entry->lookup.stamps[0] = (weir_bytes){ text->data + ends[0], ends[1] - ends[0] };
	entry->lookup.stamps[1] = (weir_bytes){ text->data + ends[1], text->length - ends[1] };
	entry->lookup.stamp_count = 2;
	return WEIR_OK;
}

void weir__relation_entry_release(weir__relation_entry *entry)
{
	weir__lookup_release(&entry->lookup);
	weir__buffer_release(&entry->text);
}

/* ---- Metadata -------------------------------------------------------------------------------------------------------------- */

static int find_declared(weir_session *session, const weir_relation *relation, const weir__relation **found,
                         weir_error *err)
{
	if (!relation || !relation->model || !relation->name)
		return weir__error_set(err, WEIR_ERR_USAGE, "no relation was given");
	return weir__related_find(
		&(weir_related){ .session = session, .model = relation->model, .relation = relation->name }, found, err);
}

int weir_relation_configure(weir_session *session, const weir_relation *relation, const weir_cache_config *config,
                            weir_error *err)
{
	const weir__relation *found;
	weir_cache_config     whole;
	int                   rc = find_declared(session, relation, &found, err);

	if (rc < 0)
		return rc;
	if (!config)
		return weir__error_set(err, WEIR_ERR_USAGE, "no configuration was given");
	whole = whole_config(config);
	return weir__cache_space_configure(found->space, &whole, err);
}

int weir_relation_config(weir_session *session, const weir_relation *relation, weir_cache_config *config,
                         weir_error *err)
{
	const weir__relation *found;
	int                   rc = find_declared(session, relation, &found, err);

	if (rc >= 0 && !config)
		rc = weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the configuration");
	if (rc >= 0)
		weir__cache_space_config(found->space, config);
	return rc;
}

int weir_relation_stats(weir_session *session, const weir_relation *relation, weir_cache_stats *stats, weir_error *err)
{
	const weir__relation *found;
	int                   rc = find_declared(session, relation, &found, err);

	if (rc >= 0 && !stats)
		rc = weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the statistics");
	if (rc >= 0)
		weir__cache_space_stats(found->space, stats);
	return rc;
}

int weir_relation_stats_reset(weir_session *session, const weir_relation *relation, weir_error *err)
{
	const weir__relation *found;
	int                   rc = find_declared(session, relation, &found, err);

	if (rc >= 0)
		weir__cache_space_stats_reset(found->space);
	return rc;
}
