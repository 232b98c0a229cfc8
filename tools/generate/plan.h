/* What is going to be written: models, their members, relations and finders, made of what the catalog says and the command
 * line wants. All of it is made and checked before a line is written. */
#ifndef GENERATE_PLAN_H
#define GENERATE_PLAN_H

#include "catalog.h"
#include "options.h"
#include "types.h"

#define MEMBERS_MAX 64
#define KEY_MAX     8

#define NAME_MAX_BYTES 63 /* of a model, and of a relation */

typedef struct gen_member {
	const column_row  *column;
	const column_type *type;
	const char        *name;
	unsigned           marks; /* one bit for each of plan_marks */
	bool               primary_key;
	bool               unique;
	bool               stamped;
	bool               may_be_stamped;
	bool               compares; /* it can stand in a condition by itself */
} gen_member;

/* Members in the order of a key. */
typedef struct gen_key {
	const gen_member *members[KEY_MAX];
	size_t            count;
} gen_key;

typedef struct gen_model   gen_model;
typedef struct gen_foreign gen_foreign;

typedef enum relation_kind { BELONGS_TO, HAS_ONE, HAS_MANY, MANY_TO_MANY } relation_kind;

typedef struct gen_relation {
	relation_kind    kind;
	const char      *name;
	const gen_model *target;
	const gen_model *through;
	const gen_key   *key;      /* the foreign key; many to many: to the owner */
	const gen_key   *other;    /* many to many: to the target */
	bool             cascade;  /* the library deletes, in the place of the schema */
	const char      *inverse;  /* the relation that leads back, or NULL */
	const char      *named_by; /* what --relation says to name it, for complaints */
} gen_relation;

/* A foreign key between two models. */
struct gen_foreign {
	const foreign_row *row;
	gen_model         *owner;
	gen_model         *target;
	gen_key            key;       /* in the order of the target's primary key */
	bool               is_unique; /* at most one row has a value of it */
	const char        *plain;     /* what it refers to, by its own name: user */
	const char        *named_by;  /* comments.user_id */
	const char        *forth;     /* NULL: no relation */
	const char        *back;
	const char        *across;
};

typedef struct gen_finder {
	const char *name; /* get_by_username */
	gen_key     key;
	bool        is_list;
} gen_finder;

struct gen_model {
	const table_row *table;
	const char      *bare; /* the name without the prefix */
	const char      *name;
	const char      *plural; /* for relations that lead to it; without the prefix */
	const char      *more;   /* of --more, or NULL */
	gen_member      *members;
	size_t           member_count;
	gen_key          key;
	gen_relation    *relations;
	size_t           relation_count;
	gen_finder      *finders;
	size_t           finder_count;
};

typedef struct gen_plan {
	gen_arena         *arena;
	gen_options       *options;
	const gen_catalog *catalog;
	gen_report        *report;
	const char        *list; /* of all models */
	gen_model         *models;
	size_t             model_count;
	gen_foreign       *foreigns;
	size_t             foreign_count;
	gen_foreign       *loose; /* without a relation, and with no target */
	size_t             loose_count;
} gen_plan;

/* What columns of a name can be told to be by options. */
typedef struct gen_mark {
	const char *option;
	const char *text;   /* in the descriptor */
	const char *wanted; /* of a column, for complaints */
} gen_mark;

enum { MARK_AUTO_NOW, MARK_VERSION, MARK_DELETED_AT, MARK_STAMPED, MARK_COUNT };
extern const gen_mark plan_marks[MARK_COUNT];

/* Makes the plan; what is wrong is reported, all of it. */
void plan_make(gen_plan *plan);

/* Its parts, in this order (plan_models.c, plan_members.c, plan_relations.c, plan_finders.c, plan_symbols.c). */
void plan_members(gen_plan *plan, gen_model *model);
void plan_relations(gen_plan *plan);
void plan_finders(gen_plan *plan);
void plan_symbols(gen_plan *plan);

/* The member of a column's number; NULL: there is none. */
const gen_member *model_member(const gen_model *model, int number);

/* Is this set of columns, in any order, unique? With `or_primary` the primary key counts too. */
bool model_is_unique(const gen_plan *plan, const gen_model *model, weir_i16_array columns, bool or_primary);

#endif
