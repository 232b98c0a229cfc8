/* Chained hash table with a list by last use. The hash is of the text; texts are compared in full. */
#include "db/statement.h"

#include "base/error.h"
#include "base/memory.h"

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
	return WEIR_OK;
}

void weir__statement_set_release(weir__statement_set *set)
{
	weir__statement_forget_all(set);
	weir__free(set->buckets);
	set->buckets = NULL;
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
	snprintf(statement->name, sizeof statement->name, "weir_%llu", (unsigned long long)statement->number);
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

void weir__statement_forget_all(weir__statement_set *set)
{
	while (set->oldest)
		weir__statement_forget(set, set->oldest, false);
	set->dropped_count = 0;
}

uint64_t weir__statement_next_dropped(weir__statement_set *set)
{
	return set->dropped_count ? set->dropped[--set->dropped_count] : 0;
}
