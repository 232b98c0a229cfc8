/* Chained hash table with a list by last use. The hash is of the text; texts are compared in full. */
#include "db/statement.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int weir__statement_set_init(weir__statement_set *set, size_t limit, weir_error *err)
{
	size_t buckets = 16;

	while (buckets < limit * 2 && buckets < 65536)
		buckets *= 2;
	memset(set, 0, sizeof *set);
	set->buckets = weir__calloc(buckets, sizeof(weir__statement *));
	if (!set->buckets)
		return weir__error_no_memory(err);
	set->mask = buckets - 1;
	set->limit = limit;
	set->token = (uint32_t)weir__random_u64();
	return WEIR_OK;
}

void weir__statement_set_release(weir__statement_set *set)
{
	weir__statement_forget_all(set, false);
	weir__free(set->buckets);
	set->buckets = NULL;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static bool matches_here(const char *text, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((text[i] | 0x20) != (word[i] | 0x20))
			return false;
	return true;
}

static size_t find(const weir__sql *sql, size_t from, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = from; i + length <= sql->length; i++)
		if (matches_here(sql->text + i, word, length))
			return i + length;
	return 0;
}

/* What an upsert sets for its transaction (upsert.c). */
static bool is_own(const weir__sql *sql, size_t at)
{
	static const char *const settings[] = { "('weir.met'", "('weir.old_" };

	for (size_t i = 0; i < 2; i++)
		if (sql->length - at >= strlen(settings[i]) && memcmp(sql->text + at, settings[i], strlen(settings[i])) == 0)
			return true;
	return false;
}

bool weir__sql_lasts(const weir__sql *sql)
{
	for (size_t at = 0; (at = find(sql, at, "set_config")) > 0;)
		if (!is_own(sql, at))
			return true;
	return find(sql, 0, "advisory_lock") > 0;
}

/* ---- The list by last use --------------------------------------------------------------------------------------- */

static void unlink_use(weir__statement_set *set, weir__statement *statement)
{
	*(statement->newer ? &statement->newer->older : &set->newest) = statement->older;
	*(statement->older ? &statement->older->newer : &set->oldest) = statement->newer;
}

static void link_newest(weir__statement_set *set, weir__statement *statement)
{
	statement->newer = NULL;
	statement->older = set->newest;
	*(set->newest ? &set->newest->newer : &set->oldest) = statement;
	set->newest = statement;
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static bool matches(const weir__statement *statement, const weir__sql *sql, const weir__params *params)
{
	int count = params ? params->count : 0;

	return statement->hash == sql->hash && statement->length == sql->length && statement->type_count == count &&
	       memcmp(statement->text, sql->text, sql->length) == 0 &&
	       (count == 0 || memcmp(statement->types, params->types, (size_t)count * sizeof(Oid)) == 0);
}

weir__statement *weir__statement_find(weir__statement_set *set, const weir__sql *sql, const weir__params *params)
{
	weir__statement *statement = set->buckets[sql->hash & set->mask];

	while (statement && !matches(statement, sql, params))
		statement = statement->chained;
	if (statement && statement != set->newest) {
		unlink_use(set, statement);
		link_newest(set, statement);
	}
	return statement;
}

static void make_name(const weir__statement_set *set, uint64_t number, char *name)
{
	snprintf(name, WEIR__STATEMENT_NAME_SIZE, "weir_%" PRIx32 "_%" PRIu64, set->token, number);
}

static weir__statement *create(const weir__sql *sql, const weir__params *params)
{
	int              count = params ? params->count : 0;
	size_t           types_size = (size_t)count * sizeof(Oid);
	weir__statement *statement = weir__malloc(sizeof *statement + types_size + sql->length + 1);

	if (!statement)
		return NULL;
	memset(statement, 0, sizeof *statement);
	statement->hash = sql->hash;
	statement->length = sql->length;
	statement->lasts = weir__sql_lasts(sql);
	statement->type_count = count;
	statement->types = (Oid *)(statement + 1);
	statement->text = (char *)(statement + 1) + types_size;
	if (count)
		memcpy(statement->types, params->types, types_size);
	memcpy(statement->text, sql->text, sql->length);
	statement->text[sql->length] = '\0';
	return statement;
}

weir__statement *weir__statement_add(weir__statement_set *set, const weir__sql *sql, const weir__params *params)
{
	weir__statement *statement = create(sql, params);

	if (!statement)
		return NULL;
	if (set->count >= set->limit)
		weir__statement_forget(set, set->oldest, true);
	statement->number = ++set->last_number;
	make_name(set, statement->number, statement->name);
	statement->chained = set->buckets[sql->hash & set->mask];
	set->buckets[sql->hash & set->mask] = statement;
	link_newest(set, statement);
	set->count++;
	return statement;
}

void weir__statement_forget(weir__statement_set *set, weir__statement *statement, bool on_server)
{
	weir__statement **at = &set->buckets[statement->hash & set->mask];

	while (*at != statement)
		at = &(*at)->chained;
	*at = statement->chained;
	unlink_use(set, statement);
	set->count--;
	if (on_server && set->dropped_count < WEIR__DROPPED_MAX)
		set->dropped[set->dropped_count++] = statement->number;
	else if (on_server)
		set->overflowed = true;
	weir__free(statement);
}

void weir__statement_forget_all(weir__statement_set *set, bool on_server)
{
	set->drop_all = on_server && (set->drop_all || set->count > 0 || set->dropped_count > 0);
	while (set->oldest)
		weir__statement_forget(set, set->oldest, false);
	set->dropped_count = 0;
}

bool weir__statement_next_drop(weir__statement_set *set, char *command, size_t size)
{
	char name[WEIR__STATEMENT_NAME_SIZE] = "ALL";

	if (!set->drop_all && set->dropped_count == 0)
		return false;
	if (!set->drop_all)
		make_name(set, set->dropped[--set->dropped_count], name);
	set->drop_all = false;
	snprintf(command, size, "DEALLOCATE %s", name);
	return true;
}
