/* INSERT ... ON CONFLICT. What the existing row was before is not to be had from PostgreSQL; whether there was one is: a
 * row version that this statement has made by an update carries the lock that the update took in xmax, a new one has 0.
 *
 * Where a unique column is updated, what it was must be known. The condition of the update sees the row that is there, locked, before it is
 * changed: it leaves the value in a setting of the transaction (and is true), and RETURNING, which comes after each row, reads it there. */
#include "db/sql.h"
#include "db/writing.h"

static void append_column_of(weir__buffer *sql, const weir__statements *s, const char *table, size_t column)
{
	if (table)
		weir__buffer_append_text(sql, table);
	else
		weir__sql_append(sql, &s->table);
	weir__buffer_append_char(sql, '.');
	weir__sql_append(sql, &s->names[column]);
}

/* ("t"."a", "t"."b"); table NULL: the one inserted into. */
static void append_row(weir__buffer *sql, const weir__statements *s, const char *table, weir__mask mask)
{
	const char *comma = "(";

	for (size_t i = 0; i < s->layout->column_count; i++) {
		if (!(mask >> i & 1))
			continue;
		weir__buffer_append_text(sql, comma);
		append_column_of(sql, s, table, i);
		weir__sql_append_cast(sql, s, i);
		comma = ", ";
	}
	weir__buffer_append_char(sql, ')');
}

static void append_now(weir__buffer *sql, const weir__statements *s, weir__mask update, size_t column)
{
	weir__buffer_append_text(sql, "CASE WHEN ");
	append_row(sql, s, NULL, update);
	weir__buffer_append_text(sql, " IS DISTINCT FROM ");
	append_row(sql, s, "EXCLUDED", update);
	weir__buffer_append_text(sql, " THEN now() ELSE ");
	append_column_of(sql, s, NULL, column);
	weir__buffer_append_text(sql, " END");
}

static void append_update(weir__buffer *sql, const weir__statements *s, weir__mask update)
{
	const weir__layout *layout = s->layout;
	weir__mask          now = layout->auto_now_mask & ~update;
	const char         *comma = " DO UPDATE SET ";

	for (size_t i = 0; i < layout->column_count; i++) {
		if (!((update | now | layout->version_mask | layout->deleted_mask) >> i & 1))
			continue;
		weir__buffer_append_text(sql, comma);
		weir__sql_append(sql, &s->names[i]);
		weir__buffer_append_text(sql, " = ");
		if (layout->version_mask >> i & 1) {
			append_column_of(sql, s, NULL, i);
			weir__buffer_append_text(sql, " + 1");
		} else if (update >> i & 1) {
			append_column_of(sql, s, "EXCLUDED", i);
		} else if (layout->deleted_mask >> i & 1) {
			weir__buffer_append_text(sql, "NULL"); /* it is there again */
		} else {
			append_now(sql, s, update, i);
		}
		comma = ", ";
	}
}

#define OLD_SETTING "'weir.old_%zu'"

/* WHERE set_config('weir.old_2', concat('v', "t"."c"), true) IS NOT NULL */
static void append_keeping(weir__buffer *sql, const weir__statements *s, weir__mask old)
{
	const char *word = " WHERE ";

	for (size_t i = 0; i < s->layout->column_count; i++) {
		if (!(old >> i & 1))
			continue;
		weir__buffer_append_text(sql, word);
		weir__buffer_appendf(sql, "pg_catalog.set_config(" OLD_SETTING ", pg_catalog.concat('v', ", i);
		append_column_of(sql, s, NULL, i);
		weir__buffer_append_text(sql, "), true) IS NOT NULL");
		word = " AND ";
	}
}

static void append_kept(weir__buffer *sql, const weir__statements *s, weir__mask old)
{
	for (size_t i = 0; i < s->layout->column_count; i++)
		if (old >> i & 1)
			weir__buffer_appendf(sql, ", pg_catalog.current_setting(" OLD_SETTING ", true)", i);
}

static void append_conflict(weir__buffer *sql, const weir__statements *s, const weir__conflict *conflict)
{
	weir__buffer_append_text(sql, " ON CONFLICT");
	if (conflict->target) {
		weir__buffer_append_text(sql, " (");
		weir__sql_append_columns(sql, s, conflict->target, "");
		weir__buffer_append_char(sql, ')');
		if (conflict->target != s->layout->key_mask && s->layout->deleted_mask) {
			weir__buffer_append_text(sql, " WHERE ");
			weir__sql_append(sql, &s->deleted_at);
			weir__buffer_append_text(sql, " IS NULL"); /* finds an index of the living, and one of all too */
		}
	}
	if (conflict->update) {
		append_update(sql, s, conflict->update);
		append_keeping(sql, s, conflict->old);
	} else {
		weir__buffer_append_text(sql, " DO NOTHING");
	}
	weir__buffer_append_text(sql, " RETURNING ");
}

int weir__sql_upsert(const weir__statements *s, weir__mask mask, const weir__conflict *conflict, const void *values,
                     weir__buffer *sql, weir__params *params, weir_error *err)
{
	int status = weir__sql_append_insert(s, mask, values, sql, params, err);

	if (status != WEIR_OK)
		return status;
	append_conflict(sql, s, conflict);
	weir__sql_append(sql, &s->columns);
	if (conflict->update)
		weir__buffer_append_text(sql, ", xmax = 0");
	append_kept(sql, s, conflict->old);
	return weir__sql_finish(s, sql, params, err);
}

int weir__sql_upsert_many(const weir__statements *s, weir__mask mask, const weir__conflict *conflict,
                          const void *values, size_t count, bool only_keys, weir__buffer *sql, weir__params *params,
                          weir_error *err)
{
	int status = weir__sql_append_insert_many(s, mask, values, count, sql, params, err);

	if (status != WEIR_OK)
		return status;
	append_conflict(sql, s, conflict);
	if (only_keys)
		weir__sql_append_columns(sql, s, s->layout->key_mask | s->layout->unique_mask, "");
	else
		weir__sql_append(sql, &s->columns);
	append_kept(sql, s, conflict->old);
	return weir__sql_finish(s, sql, params, err);
}
