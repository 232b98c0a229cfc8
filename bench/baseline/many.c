/* Writing many users: by COPY, as text, where the rows are not wanted back; else by one INSERT from arrays, in binary. */
#include "baseline/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK    65536
#define LINE_MAX 2048
#define COLUMNS  5

enum { OID_TEXT = 25, OID_INT4 = 23, OID_TEXT_ARRAY = 1009, OID_INT4_ARRAY = 1007 };

static const char insert[] =
	"INSERT INTO users (username, email, bio, age, balance) "
	"SELECT u, e, b, a, n::numeric "
	"FROM unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::text[]) AS t(u, e, b, a, n) "
	"RETURNING " BASELINE_COLUMNS;

static bool forget_lists(baseline *base)
{
	const char  *words[] = { "DEL", "bench:users:from:1", "bench:users:count" };
	const size_t lengths[] = { 3, strlen(words[1]), strlen(words[2]) };
	redisReply  *reply = baseline_command(base, 3, words, lengths);

	freeReplyObject(reply);
	return reply != NULL;
}

/* ---- COPY ---------------------------------------------------------------------------------------------------------- */

/* What stands behind a backslash for it; 0: it stands for itself. */
static char escape_of(char c)
{
	return c == '\\' ? '\\' : c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : 0;
}

static char *write_text(char *at, const char *text, char end)
{
	for (; *text; text++) {
		char escape = escape_of(*text);

		if (escape)
			*at++ = '\\';
		*at++ = escape ? escape : *text;
	}
	*at++ = end;
	return at;
}

static char *write_line(char *at, const baseline_user *user)
{
	at = write_text(at, user->username, '\t');
	at = write_text(at, user->email, '\t');
	at = user->bio ? write_text(at, user->bio, '\t') : (char *)memcpy(at, "\\N\t", 3) + 3;
	at += snprintf(at, 16, user->has_age ? "%d\t" : "\\N\t", (int)user->age);
	return write_text(at, user->balance, '\n');
}

/* The number of rows that were copied, -1: failed. */
static long end_copy(baseline *base)
{
	PGresult *result = PQgetResult(base->postgres);
	long      rows = PQresultStatus(result) == PGRES_COMMAND_OK ? strtol(PQcmdTuples(result), NULL, 10) : -1;

	PQclear(result);
	while ((result = PQgetResult(base->postgres)))
		PQclear(result);
	return rows;
}

static bool send_lines(baseline *base, const baseline_user *users, size_t count)
{
	char  *chunk = malloc(CHUNK + LINE_MAX), *at = chunk;
	bool   sent = chunk != NULL;
	size_t i;

	for (i = 0; sent && i < count; i++) {
		at = write_line(at, &users[i]);
		if (at - chunk < CHUNK && i + 1 < count)
			continue;
		sent = PQputCopyData(base->postgres, chunk, (int)(at - chunk)) == 1;
		at = chunk;
	}
	free(chunk);
	return sent;
}

bool baseline_copy(baseline *base, const baseline_user *users, size_t count)
{
	PGresult *result = PQexec(base->postgres, "COPY users (username, email, bio, age, balance) FROM STDIN");
	bool      began = PQresultStatus(result) == PGRES_COPY_IN;
	bool      sent;

	PQclear(result);
	if (!began)
		return baseline_fail(base, "COPY", PQerrorMessage(base->postgres));
	sent = send_lines(base, users, count) && PQputCopyEnd(base->postgres, NULL) == 1;
	if (end_copy(base) != (long)count || !sent)
		return baseline_fail(base, "COPY", PQerrorMessage(base->postgres));
	return forget_lists(base);
}

/* ---- INSERT from arrays ---------------------------------------------------------------------------------------------- */

static const char *text_of(const baseline_user *user, int column)
{
	const char *const texts[] = { user->username, user->email, user->bio, NULL, user->balance };

	return texts[column];
}

static size_t array_size(const baseline_user *users, size_t count, int column)
{
	size_t size = 20 + count * 8;

	for (size_t i = 0; column != 3 && i < count; i++)
		size += text_of(&users[i], column) ? strlen(text_of(&users[i], column)) : 0;
	return size;
}

static char *write_item(char *at, const void *bytes, size_t length)
{
	baseline_write_i32(at, bytes ? (int32_t)length : -1);
	if (!bytes)
		return at + 4;
	memcpy(at + 4, bytes, length);
	return at + 4 + length;
}

/* One array of a column, in the wire's form. */
static char *write_array(const baseline_user *users, size_t count, int column, int *length)
{
	char *array = malloc(array_size(users, count, column)), *at = array;
	char  number[4];

	if (!array)
		return NULL;
	baseline_write_i32(at, 1);
	baseline_write_i32(at + 4, 1);
	baseline_write_i32(at + 8, column == 3 ? OID_INT4 : OID_TEXT);
	baseline_write_i32(at + 12, (int32_t)count);
	baseline_write_i32(at + 16, 1);
	at += 20;
	for (size_t i = 0; i < count; i++) {
		const char *text = text_of(&users[i], column);

		baseline_write_i32(number, users[i].age);
		if (column == 3)
			at = write_item(at, users[i].has_age ? number : NULL, 4);
		else
			at = write_item(at, text, text ? strlen(text) : 0);
	}
	*length = (int)(at - array);
	return array;
}

bool baseline_create_many(baseline *base, const baseline_user *users, size_t count, baseline_list *list)
{
	static const Oid types[COLUMNS] = { OID_TEXT_ARRAY, OID_TEXT_ARRAY, OID_TEXT_ARRAY, OID_INT4_ARRAY,
		                                OID_TEXT_ARRAY };
	static const int formats[COLUMNS] = { 1, 1, 1, 1, 1 };
	char            *arrays[COLUMNS] = { NULL };
	int              lengths[COLUMNS];
	PGresult        *result = NULL;
	bool             done = true;

	for (int i = 0; done && i < COLUMNS; i++)
		done = (arrays[i] = write_array(users, count, i, &lengths[i])) != NULL;
	if (done)
		result = PQexecParams(base->postgres, insert, COLUMNS, types, (const char *const *)arrays, lengths, formats, 1);
	for (int i = 0; i < COLUMNS; i++)
		free(arrays[i]);
	done = PQresultStatus(result) == PGRES_TUPLES_OK && baseline_list_of_rows(result, list);
	PQclear(result);
	return done ? forget_lists(base) : baseline_fail(base, "INSERT of many", PQerrorMessage(base->postgres));
}
