/* Relations: finding them, and checking them all before a session is opened. What one side says is compared with the
 * layouts first; inverses are compared when every link has its columns. */
#include "models/relation.h"

#include "base/error.h"
#include "base/memory.h"
#include "models/value_type.h"

#include <string.h>

#define DERIVED_MAX    16 /* models above one another */
#define NAME_MAX_BYTES 63

/* ---- Finding ------------------------------------------------------------------------------------------------------- */

const char *weir_relation_kind_name(weir_relation_kind kind)
{
	static const char *const names[] = { "?", "belongs to", "has one", "has many", "many to many" };
	size_t                   number = (size_t)kind;

	return number < sizeof names / sizeof names[0] ? names[number] : names[0];
}

bool weir__relation_is_many(const weir_relation *relation)
{
	return relation->kind == WEIR_RELATION_HAS_MANY || relation->kind == WEIR_RELATION_MANY_TO_MANY;
}

static const weir_relation *own_relation(const weir_model *model, const char *name)
{
	for (size_t i = 0; i < model->relation_count; i++)
		if (model->relations[i].name && strcmp(model->relations[i].name, name) == 0)
			return &model->relations[i];
	return NULL;
}

const weir_relation *weir_relation_find(const weir_model *model, const char *name)
{
	const weir_relation *found = NULL;

	for (int above = 0; model && name && !found && above < DERIVED_MAX; above++, model = model->parent)
		found = own_relation(model, name);
	return found;
}

const weir_relation *weir_relation_at(const weir_model *model, size_t index)
{
	const weir_model *at = model;

	for (int above = 0; at && above < DERIVED_MAX; above++, at = at->parent)
		for (size_t i = 0; i < at->relation_count; i++)
			if (weir_relation_find(model, at->relations[i].name) == &at->relations[i] && index-- == 0)
				return &at->relations[i];
	return NULL;
}

const weir__link *weir__links_find(const weir__links *links, const weir_relation *relation)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].relation == relation)
			return &links->items[i];
	return NULL;
}

/* ---- Keys ------------------------------------------------------------------------------------------------------------ */

weir_value weir__link_value(const weir__link *link, size_t i, const void *owner)
{
	return weir__layout_get(link->owner, link->owner_columns[i], owner);
}

static bool is_number(weir_type type)
{
	return type == WEIR_TYPE_INT2 || type == WEIR_TYPE_INT4 || type == WEIR_TYPE_INT8;
}

static bool has_values(const weir__layout *layout, const uint8_t *columns, size_t count, const void *record)
{
	for (size_t i = 0; i < count; i++) {
		const weir__column *column = &layout->columns[columns[i]];
		weir_value          value = weir__layout_get(layout, columns[i], record);

		if (value.is_null)
			return false;
		if (column->primary_key && column->generated && is_number(column->type) && value.as.integer == 0)
			return false;
	}
	return true;
}

bool weir__link_has_key(const weir__link *link, const void *owner)
{
	return has_values(link->owner, link->owner_columns, link->key_count, owner);
}

bool weir__link_target_has_key(const weir__link *link, const void *record)
{
	return has_values(link->target, link->target->key, link->target->key_count, record);
}

bool weir__layout_copy(const weir__layout *from, size_t from_column, const void *source, const weir__layout *to,
                       size_t to_column, void *destination)
{
	const weir__column     *have = &from->columns[from_column];
	const weir__column     *want = &to->columns[to_column];
	const weir__value_type *type = weir__value_type_of(have->type);
	const char             *value = (const char *)source + have->offset + have->value_at;
	char                   *member = (char *)destination + want->offset;

	if (weir__layout_get(from, from_column, source).is_null)
		return false;
	if (want->optional) {
		const bool has = true;
		memcpy(member, &has, sizeof has); /* .has comes first */
	}
	memcpy(member + want->value_at, value, type->size);
	return true;
}

/* ---- Checking one side ------------------------------------------------------------------------------------------------- */

static int wrong(const weir_relation *relation, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name, "%s", what);
}

static const weir__layout *find_layout(weir__layout *const *layouts, size_t count, const weir_model *model)
{
	for (size_t i = 0; i < count; i++)
		if (layouts[i]->model == model)
			return layouts[i];
	return NULL;
}

/* The members of a key that refers to the primary key of `refers`. */
typedef struct key_check {
	const weir_relation     *relation;
	const weir_relation_key *key;
	const weir__layout      *holder;
	const weir__layout      *refers;
	const char              *what; /* "foreign_key" */
} key_check;

static int wrong_type(const key_check *check, const weir__column *column, const weir__column *wanted, weir_error *err)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, check->relation->model->name, check->relation->name,
	                          "%s %s.%s is of type %s, but the primary key %s.%s that it refers to is of type %s",
	                          check->what, check->holder->model->name, column->member, weir_type_name(column->type),
	                          check->refers->model->name, wanted->member, weir_type_name(wanted->type));
}

static int number_key(const key_check *check, uint8_t *columns, weir_error *err)
{
	const weir_relation *relation = check->relation;

	if (check->key->count != check->refers->key_count || !check->key->offsets)
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "%s has %zu columns, the primary key of %s that it refers to has %zu", check->what,
		                          check->key->offsets ? check->key->count : 0, check->refers->model->name,
		                          check->refers->key_count);
	for (size_t i = 0; i < check->key->count; i++) {
		const weir__column *wanted = &check->refers->columns[check->refers->key[i]];
		int                 found = weir__layout_find(check->holder, check->key->offsets[i]);

		if (found < 0)
			return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
			                          "%s names offset %zu of %s, where no column starts", check->what,
			                          check->key->offsets[i], check->holder->model->name);
		if (check->holder->columns[found].type != wanted->type)
			return wrong_type(check, &check->holder->columns[found], wanted, err);
		columns[i] = (uint8_t)found;
	}
	return WEIR_OK;
}

static int link_belongs_to(weir__link *link, weir_error *err)
{
	key_check check = { link->relation, &link->relation->foreign_key, link->owner, link->target, "foreign_key" };

	link->key_count = link->target->key_count;
	memcpy(link->other_columns, link->target->key, link->key_count);
	return number_key(&check, link->owner_columns, err);
}

static int link_has(weir__link *link, weir_error *err)
{
	const weir__layout *holder = link->through ? link->through : link->target;
	key_check           check = { link->relation, &link->relation->foreign_key, holder, link->owner, "foreign_key" };
	key_check           other = { link->relation, &link->relation->target_key, holder, link->target, "target_key" };
	int                 rc;

	link->key_count = link->owner->key_count;
	memcpy(link->owner_columns, link->owner->key, link->key_count);
	if (link->relation->loader && !link->through && link->relation->foreign_key.count == 0) {
		link->key_count = 0; /* its loader alone knows what belongs together */
		return WEIR_OK;
	}
	rc = number_key(&check, link->other_columns, err);
	if (rc < 0 || !link->through)
		return rc;
	link->target_count = link->target->key_count;
	return number_key(&other, link->through_columns, err);
}

static int check_names(const weir_model *model, const weir_relation *relation, weir_error *err)
{
	size_t length = relation->name ? strlen(relation->name) : 0;

	if (length == 0 || length > NAME_MAX_BYTES || strchr(relation->name, '.'))
		return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL,
		                          "a relation's name has 1 to %d bytes, none of which is a dot", NAME_MAX_BYTES);
	if (relation->model != model)
		return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, relation->name, "is declared as a relation of %s",
		                          relation->model && relation->model->name ? relation->model->name : "no model");
	if (own_relation(model, relation->name) != relation)
		return wrong(relation, err, "is declared twice");
	for (size_t i = 0; i < weir__layout_base(model)->field_count; i++)
		if (strcmp(weir__layout_base(model)->fields[i].name, relation->name) == 0)
			return wrong(relation, err, "has the name of a field");
	return WEIR_OK;
}

static int check_kind(const weir_relation *relation, weir_error *err)
{
	if (relation->kind < WEIR_RELATION_BELONGS_TO || relation->kind > WEIR_RELATION_MANY_TO_MANY)
		return wrong(relation, err, "is of no kind");
	if ((relation->kind == WEIR_RELATION_MANY_TO_MANY) != (relation->through != NULL))
		return wrong(relation, err,
		             relation->through ? "has a model in between, which only many to many can have"
		                               : "needs a model in between that links both");
	if (relation->loader && !relation->loader->load)
		return wrong(relation, err, "has a loader without a function load");
	if (relation->cascade && (relation->kind == WEIR_RELATION_BELONGS_TO || relation->foreign_key.count == 0))
		return wrong(relation, err, "cannot cascade: the other rows do not hold a key of this one");
	if (relation->kept_in && (!relation->kept_in->get || !relation->kept_in->set || !relation->kept_in->remove ||
	                          !relation->kept_in->clear || relation->kind == WEIR_RELATION_BELONGS_TO))
		return wrong(relation, err,
		             "is kept in a cache of its own, which needs get, set, remove and clear, and a "
		             "relation that does not belong to");
	if (relation->loader && relation->kind == WEIR_RELATION_BELONGS_TO)
		return wrong(relation, err, "belongs to one record, which needs no loader: has one can have one");
	return WEIR_OK;
}

static int make_link(weir__layout *const *layouts, size_t count, const weir_relation *relation, weir__link *link,
                     weir_error *err)
{
	int rc = check_kind(relation, err);

	if (rc < 0)
		return rc;
	link->relation = relation;
	link->owner = find_layout(layouts, count, relation->model);
	link->target = relation->target ? find_layout(layouts, count, relation->target) : NULL;
	link->through = relation->through ? find_layout(layouts, count, relation->through) : NULL;
	if (!link->target || (relation->through && !link->through)) {
		const weir_model *missing = link->target ? relation->through : relation->target;

		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "leads to model %s, which the session was not given",
		                          missing && missing->name ? missing->name : "(none)");
	}
	return relation->kind == WEIR_RELATION_BELONGS_TO ? link_belongs_to(link, err) : link_has(link, err);
}

/* ---- Inverses ------------------------------------------------------------------------------------------------------------ */

static int wrong_pair(const weir_relation *relation, const weir_relation *inverse, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name, "inverse_of %s.%s: %s",
	                          relation->target->name, inverse->name, what);
}

static bool kinds_fit(weir_relation_kind one, weir_relation_kind other)
{
	bool one_has = one == WEIR_RELATION_HAS_ONE || one == WEIR_RELATION_HAS_MANY;
	bool other_has = other == WEIR_RELATION_HAS_ONE || other == WEIR_RELATION_HAS_MANY;

	if (one == WEIR_RELATION_MANY_TO_MANY || other == WEIR_RELATION_MANY_TO_MANY)
		return one == other;
	return one_has != other_has;
}

static bool same_columns(const weir__link *link, const weir__link *inverse)
{
	if (link->through)
		return link->through == inverse->through && link->key_count == inverse->target_count &&
		       inverse->key_count == link->target_count &&
		       memcmp(link->other_columns, inverse->through_columns, link->key_count) == 0 &&
		       memcmp(link->through_columns, inverse->other_columns, link->target_count) == 0;
	return link->key_count == inverse->key_count &&
	       memcmp(link->owner_columns, inverse->other_columns, link->key_count) == 0 &&
	       memcmp(link->other_columns, inverse->owner_columns, link->key_count) == 0;
}

/* Is it the model, or derived from it? */
static bool is_a(const weir_model *model, const weir_model *other)
{
	for (int above = 0; model && above < DERIVED_MAX; above++, model = model->parent)
		if (model == other)
			return true;
	return false;
}

static const char *key_column(const weir__link *link)
{
	const weir__layout *holder = link->relation->kind == WEIR_RELATION_BELONGS_TO ? link->owner
	                             : link->through                                  ? link->through
	                                                                              : link->target;
	const uint8_t      *columns =
        link->relation->kind == WEIR_RELATION_BELONGS_TO ? link->owner_columns : link->other_columns;

	return link->key_count > 0 ? holder->columns[columns[0]].member : "(none)";
}

static int link_inverse(const weir__links *links, weir__link *link, weir_error *err)
{
	const weir_relation *relation = link->relation;
	const weir_relation *inverse;

	if (!relation->inverse_of)
		return WEIR_OK;
	inverse = weir_relation_find(relation->target, relation->inverse_of);
	if (!inverse)
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "inverse_of %s.%s: there is no such relation", relation->target->name,
		                          relation->inverse_of);
	link->inverse = weir__links_find(links, inverse);
	if (!link->inverse)
		return wrong_pair(relation, inverse, err, "its model was not given to the session");
	if (!kinds_fit(relation->kind, inverse->kind))
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "inverse_of %s.%s: %s cannot be the inverse of %s", relation->target->name,
		                          inverse->name, weir_relation_kind_name(inverse->kind),
		                          weir_relation_kind_name(relation->kind));
	if (!is_a(relation->model, inverse->target) && !is_a(inverse->target, relation->model))
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "inverse_of %s.%s: that one leads to %s", relation->target->name, inverse->name,
		                          inverse->target->name);
	if (!same_columns(link, link->inverse))
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "inverse_of %s.%s: the foreign keys differ, %s here and %s there",
		                          relation->target->name, inverse->name, key_column(link), key_column(link->inverse));
	if (inverse->inverse_of && weir_relation_find(inverse->target, inverse->inverse_of) != relation &&
	    strcmp(inverse->inverse_of, relation->name) != 0)
		return weir__error_set_at(err, WEIR_ERR_MODEL, relation->model->name, relation->name,
		                          "inverse_of %s.%s: that one says that its inverse is %s", relation->target->name,
		                          inverse->name, inverse->inverse_of);
	return WEIR_OK;
}

/* ---- All of them ----------------------------------------------------------------------------------------------------------- */

static int check_model(weir__layout *const *layouts, size_t count, const weir_model *model, weir_error *err)
{
	if (model->parent && !find_layout(layouts, count, model->parent))
		return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL,
		                          "is derived from %s, which the session was not given", model->parent->name);
	if (model->relation_count > 0 && (!model->relations || model->relation_size != sizeof(weir_relation)))
		return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL, "its relations are %s",
		                          model->relations ? "compiled against another version of the library (relation_size)"
		                                           : "missing, though relation_count says how many");
	return WEIR_OK;
}

static int add_links(weir__layout *const *layouts, size_t count, const weir_model *model, weir__links *links,
                     weir_error *err)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < model->relation_count; i++) {
		rc = check_names(model, &model->relations[i], err);
		if (rc >= 0)
			rc = make_link(layouts, count, &model->relations[i], &links->items[links->count++], err);
	}
	return rc;
}

int weir__links_create(weir__layout *const *layouts, size_t count, weir__links *links, weir_error *err)
{
	size_t total = 0;
	int    rc = WEIR_OK;

	*links = (weir__links){ .count = 0 };
	for (size_t i = 0; i < count && rc >= 0; i++) {
		rc = check_model(layouts, count, layouts[i]->model, err);
		total += layouts[i]->model->relation_count;
	}
	if (rc < 0 || total == 0)
		return rc;
	links->items = weir__calloc(total, sizeof *links->items);
	if (!links->items)
		return weir__error_no_memory(err);
	for (size_t i = 0; rc >= 0 && i < count; i++)
		rc = add_links(layouts, count, layouts[i]->model, links, err);
	for (size_t i = 0; rc >= 0 && i < links->count; i++)
		rc = link_inverse(links, &links->items[i], err);
	if (rc < 0)
		weir__links_release(links);
	return rc;
}

void weir__links_release(weir__links *links)
{
	weir__free(links->items);
	*links = (weir__links){ .count = 0 };
}
