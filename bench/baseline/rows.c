/* PostgreSQL's binary rows to records. A list is measured first and then written into one allocation. */
#include "baseline/baseline.h"

#include <stdlib.h>
#include <string.h>

#define POSTGRES_EPOCH_US INT64_C(946684800000000) /* 2000-01-01 */
#define NUMERIC_NEGATIVE  0x4000
#define NUMERIC_NAN       0xC000

enum { ID, USERNAME, EMAIL, BIO, AGE, BALANCE, IS_ACTIVE, CREATED_AT, UPDATED_AT };

static uint16_t read_u16(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static int32_t read_i32(const char *bytes)
{
	return (int32_t)((uint32_t)read_u16(bytes) << 16 | read_u16(bytes + 2));
}

int64_t baseline_read_i64(const char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof value);
	return (int64_t)__builtin_bswap64(value);
}

void baseline_write_i64(char bytes[8], int64_t value)
{
	uint64_t wire = __builtin_bswap64((uint64_t)value);

	memcpy(bytes, &wire, sizeof wire);
}

void baseline_write_i32(char bytes[4], int32_t value)
{
	uint32_t wire = __builtin_bswap32((uint32_t)value);

	memcpy(bytes, &wire, sizeof wire);
}

static char *write_group(char *out, unsigned group)
{
	out[0] = (char)('0' + group / 1000);
	out[1] = (char)('0' + group / 100 % 10);
	out[2] = (char)('0' + group / 10 % 10);
	out[3] = (char)('0' + group % 10);
	return out + 4;
}

/* The digit group at this power of 10000; what the wire leaves out is zero. */
static unsigned group_at(const char *wire, int power)
{
	int count = read_u16(wire), at = (int16_t)read_u16(wire + 2) - power;

	return at < 0 || at >= count ? 0 : read_u16(wire + 8 + 2 * at);
}

/* The first group has no zeros in front. */
static char *write_leading_group(char *out, unsigned group)
{
	char   digits[4];
	size_t zeros = group >= 1000 ? 0 : group >= 100 ? 1 : group >= 10 ? 2 : 3;

	write_group(digits, group);
	memcpy(out, digits + zeros, 4 - zeros);
	return out + 4 - zeros;
}

/* A numeric(12, 2) as text: groups of four decimal digits, the first of them times 10000 to the power of the weight. */
static char *write_numeric(char *out, const char *wire)
{
	int weight = (int16_t)read_u16(wire + 2), scale = read_u16(wire + 6);

	if (read_u16(wire + 4) == NUMERIC_NAN)
		return (char *)memcpy(out, "NaN", 4) + 4;
	if (read_u16(wire + 4) == NUMERIC_NEGATIVE)
		*out++ = '-';
	out = write_leading_group(out, weight < 0 ? 0 : group_at(wire, weight));
	for (int power = weight - 1; power >= 0; power--)
		out = write_group(out, group_at(wire, power));
	if (scale > 0)
		*out++ = '.';
	for (int power = -1; - 4 * (power + 1) < scale; power--)
		out = write_group(out, group_at(wire, power));
	if (scale % 4 > 0)
		out -= 4 - scale % 4;
	*out++ = '\0';
	return out;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static size_t text_bytes(const PGresult *result, int row)
{
	size_t bytes = BASELINE_NUMERIC_TEXT;

	for (int column = USERNAME; column <= BIO; column++)
		bytes += (size_t)PQgetlength(result, row, column) + 1;
	return bytes;
}

static const char *take_text(const PGresult *result, int row, int column, char **texts)
{
	size_t length = (size_t)PQgetlength(result, row, column) + 1;
	char  *text = *texts;

	memcpy(text, PQgetvalue(result, row, column), length);
	*texts += length;
	return text;
}

/* Fills a user; its texts go to *texts, which is moved behind them. */
static void take_row(const PGresult *result, int row, baseline_user *user, char **texts)
{
	user->id = baseline_read_i64(PQgetvalue(result, row, ID));
	user->username = take_text(result, row, USERNAME, texts);
	user->email = take_text(result, row, EMAIL, texts);
	user->bio = PQgetisnull(result, row, BIO) ? NULL : take_text(result, row, BIO, texts);
	user->has_age = !PQgetisnull(result, row, AGE);
	user->age = user->has_age ? read_i32(PQgetvalue(result, row, AGE)) : 0;
	user->balance = *texts;
	*texts = write_numeric(*texts, PQgetvalue(result, row, BALANCE));
	user->is_active = *PQgetvalue(result, row, IS_ACTIVE) != 0;
	user->created_us = baseline_read_i64(PQgetvalue(result, row, CREATED_AT)) + POSTGRES_EPOCH_US;
	user->updated_us = baseline_read_i64(PQgetvalue(result, row, UPDATED_AT)) + POSTGRES_EPOCH_US;
}

baseline_user *baseline_user_of_row(const PGresult *result, int row)
{
	baseline_user *user = malloc(sizeof *user + text_bytes(result, row));
	char          *texts;

	if (!user)
		return NULL;
	texts = (char *)(user + 1);
	take_row(result, row, user, &texts);
	return user;
}

bool baseline_list_of_rows(const PGresult *result, baseline_list *list)
{
	int    count = PQntuples(result);
	size_t bytes = 1;
	char  *texts;

	for (int row = 0; row < count; row++)
		bytes += sizeof *list->items + text_bytes(result, row);
	list->items = malloc(bytes);
	if (!list->items)
		return false;
	list->count = (size_t)count;
	texts = (char *)(list->items + count);
	for (int row = 0; row < count; row++)
		take_row(result, row, &list->items[row], &texts);
	return true;
}
