/* INSERT ... ON CONFLICT. Whether there was a row, and what it was before, PostgreSQL does not say (xmax does, in its way, but not of
 * partitioned tables and views). The condition of the update sees the row that is there, locked, before it is changed: it leaves a word of
 * this statement's own, and the old values of unique columns that are updated, in settings of the transaction (and is true). RETURNING,
 * which comes after each row, reads them there. */
#include "db/sql.h"

#include "base/hash.h"
#include "db/params.h"
#include "db/writing.h"

#include <inttypes.h>
#include <stdio.h>

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

#define MET_SETTING "'weir.met'"
#define OLD_SETTING "'weir.old_%zu'"

/* The word, as a parameter behind all others: an earlier statement of the transaction has left another one. The number of the parameter. */
static int add_word(weir__params *params)
{
	char word[17];

	snprintf(word, sizeof word, "%016" PRIx64, weir__random_u64());
	weir__params_add_pattern(params, "", word, "");
	return (int)weir__params_count(params);
}

static void append_meeting(weir__buffer *sql, int word)
{
	weir__buffer_appendf(sql, " WHERE pg_catalog.set_config(" MET_SETTING ", $%d, true) IS NOT NULL", word);
}

/* ", made": true of a row that was not met. */
static void append_made(weir__buffer *sql, int word)
{
	weir__buffer_appendf(sql, ", pg_catalog.current_setting(" MET_SETTING ", true) IS DISTINCT FROM $%d", word);
}

/* WHERE set_config('weir.old_2', concat('v', "t"."c"), true) IS NOT NULL; AND, where there is a condition already. */
static void append_keeping(weir__buffer *sql, const weir__statements *s, weir__mask old, bool is_more)
{
	const char *word = is_more ? " AND " : " WHERE ";

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

/* word: number of the parameter by which the statement tells whether there was a row; 0: it does not. */
static void append_conflict(weir__buffer *sql, const weir__statements *s, const weir__conflict *conflict, int word)
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
		if (word)
			append_meeting(sql, word);
		append_keeping(sql, s, conflict->old, word > 0);
	} else {
		weir__buffer_append_text(sql, " DO NOTHING");
	}
	weir__buffer_append_text(sql, " RETURNING ");
}

int weir__sql_upsert(const weir__statements *s, weir__mask mask, const weir__conflict *conflict, const void *values,
                     weir__buffer *sql, weir__params *params, weir_error *err)
{
	int status = weir__sql_append_insert(s, mask, values, sql, params, err);
	int word;

	if (status != WEIR_OK)
		return status;
	word = conflict->update ? add_word(params) : 0;
	append_conflict(sql, s, conflict, word);
	weir__sql_append(sql, &s->columns);
	if (word)
		append_made(sql, word);
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
	append_conflict(sql, s, conflict, 0);
	if (only_keys)
		weir__sql_append_columns(sql, s, s->layout->key_mask | s->layout->unique_mask, "");
	else
		weir__sql_append(sql, &s->columns);
	append_kept(sql, s, conflict->old);
	return weir__sql_finish(s, sql, params, err);
}
