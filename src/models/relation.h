/* Relations made ready for work: every one that the models of a session declare, checked, with its columns numbered. Pure.
 *
 * A link says which columns of the owner are equal to which columns of the target:
 *
 *   belongs to     owner.foreign_key = target.primary_key
 *   has one, many  owner.primary_key = target.foreign_key
 *   many to many   owner.primary_key = through.foreign_key,  through.target_key = target.primary_key
 */
#ifndef WEIR_MODELS_RELATION_H
#define WEIR_MODELS_RELATION_H

#include <weir/relation.h>

#include "models/layout.h"

typedef struct weir__link {
	const weir_relation     *relation;
	const weir__layout      *owner;
	const weir__layout      *target;
	const weir__layout      *through;      /* many to many only */
	const struct weir__link *inverse;      /* NULL: none declared */
	size_t                   key_count;    /* columns of the key on the owner's side */
	size_t                   target_count; /* columns of the target's primary key, many to many */
	uint8_t                  owner_columns[WEIR__KEY_COLUMNS_MAX];   /* of the owner */
	uint8_t                  other_columns[WEIR__KEY_COLUMNS_MAX];   /* equal to them: of the target, or of through */
	uint8_t                  through_columns[WEIR__KEY_COLUMNS_MAX]; /* of through, that refer to the target */
} weir__link;

/* All links of a session, in no order, found by the address of their relation. */
typedef struct weir__links {
	weir__link *items;
	size_t      count;
} weir__links;

/* Checks the relations of all models and makes their links; the layouts must outlive them. WEIR_ERR_MODEL names the relation,
 * the other one and the columns concerned: no or doubled names, models that are not registered, keys that are no members,
 * of another length or type than the primary key they refer to, an inverse that is not there, of the wrong kind, of another
 * key or that leads elsewhere. On failure links is empty. */
int  weir__links_create(weir__layout *const *layouts, size_t count, weir__links *links, weir_error *err);
void weir__links_release(weir__links *links);

/* NULL: not one of them. */
const weir__link *weir__links_find(const weir__links *links, const weir_relation *relation);

/* Does it lead to a list? */
bool weir__relation_is_many(const weir_relation *relation);

/* The owner's value of column i of the key. */
weir_value weir__link_value(const weir__link *link, size_t i, const void *owner);

/* Has this owner a whole key? Not with a NULL in it, nor where the database still has to make it: a generated number of 0. */
bool weir__link_has_key(const weir__link *link, const void *owner);

/* The same of a record of the target and its primary key. */
bool weir__link_target_has_key(const weir__link *link, const void *record);

/* Copies the value of a column (NULL: false, and nothing is copied) into a column of the same type of another struct. Texts
 * are borrowed. */
bool weir__layout_copy(const weir__layout *from, size_t from_column, const void *source, const weir__layout *to,
                       size_t to_column, void *destination);

#endif
