/* Writes that depend on what is there already, without a race: upsert, get or create, increment, and update or delete of
 * a row only if nobody has changed it since it was read.
 *
 *     user_dao users = get_user_dao(session);
 *     rc = weir_base_dao_upsert(&users.base, &(user){ .email = "ada@example.org", .username = "ada", .bio = "..." },
 *                               WEIR_UPSERT(.set = WEIR_SET(user, email, username, bio), .on = user_c.email.column,
 *                                           .update = WEIR_SET(user, bio)),
 *                               &ada, NULL, &err);
 *     rc = weir_base_dao_increment(&posts.base, &(post){ .id = 7 }, WEIR_BY(weir_by(post_c.views, 1)), NULL, &err);
 *
 * Conventions of pointers, statuses and ownership are those of base_dao.h. Each is one statement and one transaction, or
 * part of the transaction that it is called on; cached reads of every process see its result at once.
 */
#ifndef WEIR_WRITING_H
#define WEIR_WRITING_H

#include <weir/base_dao.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is inserted, what makes two rows the same, and what a row that is there takes from the one given. */
typedef struct weir_upsert {
	weir_set set; /* the columns that have values; those of `on` among them */
	/* a column declared .unique, which has a unique constraint of its own; zero: the primary key */
	weir_column on;
	/* of set: the columns that an existing row gets. Zero: all of set but the primary key and `on` */
	weir_set update;
} weir_upsert;

/* Inserts a row; where there is one with the same value in `on`, updates that. *record (record may be NULL) is the row as
 * it then is, *created (may be NULL) says which of both happened. An update moves auto_now columns if anything differs and
 * raises the version; columns that are not in `update` stay. NULL is equal to no row, so `on` must have a value
 * (WEIR_ERR_VALUE). WEIR_ERR_USAGE if nothing is left to update: get_or_create is meant then. Other statuses as create.
 * WEIR_NOT_FOUND: a trigger has kept the row from being written. WEIR_ERR_UNIQUE is another constraint than that of `on`; in a transaction it can also be two writers of the same row, if it
 * is the same by another unique column too (PostgreSQL is free of races for one constraint only). */
WEIR_API int weir_base_dao_upsert(const weir_base_dao *dao, const void *values, const weir_upsert *upsert, void *record,
                                  bool *created, weir_error *err);

/* The same for count structs, all or none. The list (NULL: none is made, which is faster) has the rows in the order given.
 * The same value of `on` twice is WEIR_ERR_VALUE. Writers that upsert the same rows in different order can end in
 * WEIR_ERR_DEADLOCK: sort them. */
WEIR_API int weir_base_dao_upsert_many(const weir_base_dao *dao, const void *values, size_t count,
                                       const weir_upsert *upsert, void *list, weir_error *err);

/* The row with the value that `on` has in values, made from set if there is none; update is not looked at. Any number of
 * callers at once get the same row, and one of them *created (may be NULL). A row that is there costs one query and is not
 * written. WEIR_ERR_UNIQUE: there is none, and another constraint keeps it from being made. WEIR_ERR_SERIALIZATION if rows
 * with this value come and go all the time. */
WEIR_API int weir_base_dao_get_or_create(const weir_base_dao *dao, const void *values, const weir_upsert *upsert,
                                         void *record, bool *created, weir_error *err);

/* An amount to be added to a column. */
typedef struct weir_increment {
	weir_column column;
	weir_value  amount;
} weir_increment;

typedef struct weir_increments {
	const weir_increment *items;
	size_t                count;
} weir_increments;

/* From weir_compare_i64(column, WEIR_OP_EQ, amount) and its like; for C++ and for weir_by. */
static inline weir_increment weir_increment_of(weir_condition amount, size_t unused)
{
	weir_increment increment;

	(void)unused;
	increment.column = amount.column;
	increment.amount = amount.value;
	return increment;
}

/* Adds amounts (below 0: takes away) to columns of one row, each int2, int4, int8, float8 or numeric, in the database and
 * therefore without losing what others add. NULL counts as 0. auto_now columns move, the version is raised. WEIR_OK with
 * the row as it then is (record may be NULL), WEIR_NOT_FOUND, WEIR_ERR_VALUE for a sum that the column cannot hold, or as
 * update. */
WEIR_API int weir_base_dao_increment(const weir_base_dao *dao, const void *key, weir_increments increments,
                                     void *record, weir_error *err);

/* Updates a row as update does if it still has the version that it had when `seen` was read (the record, or a struct with
 * primary key and version). WEIR_ERR_STALE: it has another one, nothing was changed (read it again); WEIR_NOT_FOUND: it is
 * gone. The model needs a .version field; the set needs a column. */
WEIR_API int weir_base_dao_update_if_unchanged(const weir_base_dao *dao, const void *seen, const void *values,
                                               weir_set set, void *record, weir_error *err);

/* Deletes a row if it still has the version of `seen`, and what that cascades to, as delete does. WEIR_OK, WEIR_ERR_STALE,
 * WEIR_NOT_FOUND. */
WEIR_API int weir_base_dao_delete_if_unchanged(const weir_base_dao *dao, const void *seen, weir_error *err);

/* Soft delete, of a model with a field declared .deleted_at = true (a weir_opt_time): delete, delete_where and
 * delete_if_unchanged set it to now() (auto_now columns move, the version is raised), and from then on the row is there for no
 * read, update, upsert or relation. WEIR_QUERY(.deleted = WEIR_WITH_DELETED) sees it, WEIR_ONLY_DELETED nothing else. A row
 * that is deleted so cascades only to models that have such a field too. A unique field may be unique among the living alone
 * (CREATE UNIQUE INDEX ... WHERE deleted_at IS NULL). Where the constraint is of all rows, an upsert that meets a deleted
 * one restores it.
 *
 * restore makes it as it was: WEIR_OK with the row (record may be NULL), WEIR_NOT_FOUND (no such deleted row),
 * WEIR_ERR_UNIQUE (a living one has its place). really_delete removes a row, deleted or not, and what it cascades to; *deleted
 * (may be NULL) says whether there was one. For a model without such a field it is delete, and restore is WEIR_ERR_USAGE. */
WEIR_API int weir_base_dao_restore(const weir_base_dao *dao, const void *key, void *record, weir_error *err);
WEIR_API int weir_base_dao_really_delete(const weir_base_dao *dao, const void *key, bool *deleted, weir_error *err);

/* Updates the rows that match and do not have these values yet, and returns them as they then are, in no order. The
 * condition as in update_where. Rows that had the values already are neither written nor returned. */
WEIR_API int weir_base_dao_update_where_returning(const weir_base_dao *dao, weir_condition where, const void *values,
                                                  weir_set set, void *list, weir_error *err);

#ifndef __cplusplus
/* The address of a weir_upsert with these members; it lives as long as the block it is written in. */
#define WEIR_UPSERT(...) (&(const weir_upsert){ __VA_ARGS__ })

/* clang-format off */
/* weir_by(post_c.views, 1): a numeric column and an amount of its type. */
#define weir_by(col, amount)                                                                                           \
	weir_increment_of(WEIR__COMPARE(col, WEIR_OP_EQ, amount), sizeof _Generic((col),                               \
		weir_i16_column: 0, weir_i32_column: 0, weir_i64_column: 0, weir_f64_column: 0, weir_f32_column: 0,  \
		weir_numeric_column: 0))
/* clang-format on */

/* WEIR_BY(weir_by(post_c.views, 1), ...): what increment adds. */
#define WEIR_BY(...)                                                                                                   \
	((weir_increments){ (const weir_increment[]){ __VA_ARGS__ },                                                       \
	                    sizeof((const weir_increment[]){ __VA_ARGS__ }) / sizeof(weir_increment) })
#endif

#ifdef __cplusplus
}
#endif

#endif
