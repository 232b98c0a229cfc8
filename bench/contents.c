/* Rows made of phrases chosen by a mixed number of the row's id. Texts are written as COPY wants them. */
#include "contents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const first_names[] = { "Ada",   "Grace", "Łucja", "Jürgen", "Zoë",   "Nadia", "Tomás", "Ingrid",
	                                       "Mateo", "Yuki",  "Søren", "Oluwa",  "Anaïs", "Priya", "Chloé", "Виктор" };
static const char *const last_names[] = { "Lovelace", "Hopper", "O'Brien",  "Müller",  "Ñández",  "Sørensen",
	                                      "Kowalski", "García", "Nakamura", "D'Souza", "Åkesson", "Lefèvre",
	                                      "Okafor",   "Petrov", "Smith",    "Yılmaz" };
static const char *const phrases[] = {
	"Builds weirs & sluices since 1998.",
	"Says \"measure first\" and then does.",
	"Keeps notes in C:\\notes\\2024\\*.txt.",
	"Drinks tea at 5 o'clock 🍵",
	"Lives in Łódź, formerly of Zürich.",
	"Line one\nline two\n\tand a tab.",
	"日本語も少し話します。",
	"Likes long walks, short functions and <b>plain</b> words.",
	"Answers letters within a week or so.",
	"100% of the time it works every time.",
	"Früher Müller, heute Bäcker: übrigens süß!",
	"Collects maps; the older the better.",
	"Wrote a book about rivers (3rd edition).",
	"Plays the cello badly, but with great joy.",
	"Believes that {braces} belong on their own line.",
	"Never uses tabs. Always uses tabs. It depends.",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIRST_DAY_US INT64_C(1577836800000000) /* 2020-01-01 */
#define YEARS_5_US   UINT64_C(157680000000000)

/* The finaliser of splitmix64. */
uint64_t bench_number(uint64_t seed, uint64_t index)
{
	uint64_t mixed = seed + (index + 1) * UINT64_C(0x9E3779B97F4A7C15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
	return mixed ^ mixed >> 31;
}

/* Text of at most BENCH_LINE_MAX bytes: all that is written here stays far below. */
typedef struct line {
	char  *at;
	size_t length;
} line;

static void add_raw(line *out, const char *text)
{
	size_t length = strlen(text);

	memcpy(out->at + out->length, text, length);
	out->length += length;
}

static void add_escaped(line *out, const char *text)
{
	for (; *text; text++) {
		const char *escape = *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : *text == '\t' ? "\\t" : NULL;

		if (escape)
			add_raw(out, escape);
		else
			out->at[out->length++] = *text;
	}
}

static void add_number(line *out, int64_t number)
{
	out->length += (size_t)snprintf(out->at + out->length, 24, "%" PRId64, number);
}

/* The end of a column. */
static void next(line *out)
{
	out->at[out->length++] = '\t';
}

static void add_null(line *out)
{
	add_raw(out, "\\N");
}

/* Some phrases with spaces between, as chosen by a number. */
static void add_phrases(line *out, uint64_t choice, int count)
{
	for (int i = 0; i < count; i++, choice >>= 4) {
		if (i > 0)
			add_raw(out, " ");
		add_escaped(out, phrases[choice % COUNT(phrases)]);
	}
}

static void add_time(line *out, int64_t unix_us)
{
	char text[BASELINE_TIME_TEXT];

	baseline_time_write(text, unix_us);
	add_raw(out, text);
}

static size_t end(line *out)
{
	out->at[out->length++] = '\n';
	return out->length;
}

static int64_t row_time(uint64_t r)
{
	return FIRST_DAY_US + (int64_t)(r % YEARS_5_US);
}

/* id, username, email, bio, age, balance, is_active, created_at, updated_at */
size_t bench_user_line(char text[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes)
{
	line        out = { .at = text };
	uint64_t    r = bench_number(1, (uint64_t)id), s = bench_number(2, (uint64_t)id);
	const char *first = first_names[r % COUNT(first_names)], *last = last_names[r / 16 % COUNT(last_names)];

	(void)sizes;
	add_number(&out, id);
	next(&out);
	out.length += (size_t)snprintf(out.at + out.length, 64, "%s.%s_%" PRId64, first, last, id);
	next(&out);
	out.length += (size_t)snprintf(out.at + out.length, 96, "%s.%s.%" PRId64 "@mail.example.org", first, last, id);
	next(&out);
	if (r / 256 % 16 == 0)
		add_null(&out);
	else
		add_phrases(&out, s, 4 + (int)(r / 4096 % 3));
	next(&out);
	if (r / 65536 % 10 == 0)
		add_null(&out);
	else
		add_number(&out, 16 + (int64_t)(r / 1048576 % 80));
	next(&out);
	out.length += (size_t)snprintf(out.at + out.length, 32, "%s%" PRIu64 ".%02" PRIu64, s % 9 == 0 ? "-" : "",
	                               s / 512 % 10000000, s % 100);
	next(&out);
	add_raw(&out, s % 8 == 0 ? "f" : "t");
	next(&out);
	add_time(&out, row_time(r));
	next(&out);
	add_time(&out, row_time(r) + (int64_t)(s % YEARS_5_US));
	return end(&out);
}

/* id, user_id, title, body, published, views, rating, meta, created_at, updated_at */
size_t bench_post_line(char text[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes)
{
	line     out = { .at = text };
	uint64_t r = bench_number(3, (uint64_t)id), s = bench_number(4, (uint64_t)id);

	add_number(&out, id);
	next(&out);
	add_number(&out, 1 + (int64_t)(r % (uint64_t)sizes->users));
	next(&out);
	add_phrases(&out, s, 1);
	next(&out);
	add_phrases(&out, s, 3);
	next(&out);
	add_raw(&out, s % 4 == 0 ? "f" : "t");
	next(&out);
	add_number(&out, (int64_t)(s % 100000));
	next(&out);
	if (s % 5 == 0)
		add_null(&out);
	else
		out.length += (size_t)snprintf(out.at + out.length, 32, "%.3f", (double)(s % 5000) / 1000);
	next(&out);
	if (s % 3 == 0)
		add_null(&out);
	else
		out.length += (size_t)snprintf(out.at + out.length, 64, "{\"lang\": \"de\", \"words\": %" PRIu64 "}", s % 2000);
	next(&out);
	add_time(&out, row_time(r));
	next(&out);
	add_time(&out, row_time(r));
	return end(&out);
}

/* id, post_id, user_id, body, stars, token, created_at */
size_t bench_comment_line(char text[BENCH_LINE_MAX], int64_t id, const bench_sizes *sizes)
{
	line     out = { .at = text };
	uint64_t r = bench_number(5, (uint64_t)id), s = bench_number(6, (uint64_t)id);

	add_number(&out, id);
	next(&out);
	add_number(&out, 1 + (int64_t)(r % (uint64_t)sizes->posts));
	next(&out);
	add_number(&out, 1 + (int64_t)(s % (uint64_t)sizes->users));
	next(&out);
	add_phrases(&out, r / 64, 1);
	next(&out);
	if (s % 4 == 0)
		add_null(&out);
	else
		add_number(&out, 1 + (int64_t)(s % 5));
	next(&out);
	out.length += (size_t)snprintf(out.at + out.length, 40, "%016" PRIx64 "%016" PRIx64, r, s);
	next(&out);
	add_time(&out, row_time(r));
	return end(&out);
}
