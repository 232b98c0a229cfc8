/* Eager loading: relations of all records of a list at once, one statement a path and level however many owners there are.
 *
 * A plan is made of the paths first, parents before children, so that a wrong path fails before anything is asked. Then each node
 * loads for all records of its parent: from the cache in one round trip, what is missing there in one statement, which goes out
 * together with those of its siblings, and one more round trip fills it in. What belongs to whom is noted in a tree, which owns everything loaded and goes with the list. */
#ifndef WEIR_DAO_EAGER_H
#define WEIR_DAO_EAGER_H

#include "dao/relation.h"

/* ---- The tree (eager_tree.c) ----------------------------------------------------------------------------------------------- */

/* What one owner's relation is. Small, since every child with a way back has one. */
typedef struct weir__branch {
	const void *owner;
	const char *name; /* of the relation */
	union {
		const void *const *items; /* to many; borrowed from the tree */
		const void        *one;   /* to one; NULL: there is none */
	} to;
	const weir_query *query; /* what chose them; NULL: all. Only compared */
	uint32_t          count; /* to many */
	bool              many;
	bool              back; /* known from the other side, nobody has asked for it */
} weir__branch;

typedef struct weir__tree {
	weir__branch *branches; /* hash table; owner NULL: free */
	size_t        size;
	size_t        used;
	weir_list    *lists;
	size_t        list_count;
	void        **arrays;
	size_t        array_count;
} weir__tree;

weir__tree *weir__tree_create(void);
void        weir__tree_free(void *freed);

/* Room for more branches, so that adding them cannot fail. False: out of memory. */
bool weir__tree_reserve(weir__tree *tree, size_t more);

/* Notes a branch, which takes the place of that owner's relation's earlier one, unless it is one of .back. There is room. */
void weir__tree_add(weir__tree *tree, const weir__branch *branch);

/* NULL: not loaded. */
const weir__branch *weir__tree_find(const weir__tree *tree, const void *owner, const char *name);

/* Takes a list over and empties it; takes memory over (weir__free). False: out of memory, then it has been released. */
bool weir__tree_keep_list(weir__tree *tree, weir_list *list);
bool weir__tree_keep_array(weir__tree *tree, void *array);

/* ---- The plan (eager_plan.c) ----------------------------------------------------------------------------------------------- */

#define WEIR__NO_NODE SIZE_MAX

typedef struct weir__node {
	const weir__relation *relation;
	size_t                parent; /* WEIR__NO_NODE: the list itself */
	const weir_query     *query;  /* NULL: all */
	bool                  given;  /* a path ends here */
	bool                  has_children;
	bool                  loaded;
	const void          **records; /* what was loaded, each once; only where it has children */
	size_t                count;
} weir__node;

typedef struct weir__plan {
	weir__node *nodes; /* parents before children */
	size_t      count;
} weir__plan;

/* WEIR_ERR_USAGE: empty segments, unknown relations, a path given twice in different ways, a wrong query. */
int  weir__plan_create(const weir__call *call, const weir_with *with, weir__plan *plan);
void weir__plan_release(weir__plan *plan);

/* ---- Levels ------------------------------------------------------------------------------------------------------------------ */

/* The lists that the cache was asked for, per distinct key. */
typedef struct weir__lookups {
	weir__lookup *items;
	weir__buffer  text; /* their keys and stamps */
	size_t       *ends; /* of the three texts of each */
	size_t        count;
} weir__lookups;

/* One node while it is loaded: it asks the cache and makes a statement for what is missing there, siblings send theirs together,
 * and then each takes its answer. */
typedef struct weir__level {
	weir__call            call; /* on the target */
	weir__node           *node;
	const weir__relation *relation;
	const weir_query     *query;
	bool                  cached;
	weir__tree           *tree;
	const void          **owners; /* to be loaded: with a key, and not known yet */
	size_t                owner_count;
	const weir__entity   *key_entity; /* whose primary key their key is: the owner's, or for belongs to the target's */
	weir__keys            keys;       /* of owners */
	bool                  asks;       /* sql is to be run with call.params */
	weir__sql             sql;
	weir__many            many;     /* belongs to without a query */
	weir__distinct        distinct; /* all others: of keys */
	weir__lookups         lookups;
	size_t               *missing; /* distinct keys that the statement asks for */
	size_t                missing_count;
	weir_list            *slices; /* per distinct key its rows; borrowed from the tree */
} weir__level;

/* Rows of the target by their distinct keys (eager_rows.c): ask takes from the cache what is there; take fills level->slices, rows
 * NULL: nothing was asked. */
int  weir__level_ask(weir__level *level);
int  weir__level_take(weir__level *level, const weir__rows *rows);
void weir__level_rows_release(weir__level *level);

/* Loads the relations of a plan with a list that was just read and attaches them to it; once for each plan. On failure the list
 * is as it was. */
int weir__eager_load(const weir__call *call, weir__plan *plan, bool cached, weir_list *list);

#endif
