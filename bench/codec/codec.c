/* What the record codec costs beside cJSON: nanoseconds to encode and decode one record of 11 columns and some 420
 * bytes, and a list of 100 of them. Both sides start from the same struct and end with one. The median and the best of
 * rounds in turn are printed. Internal functions are measured, so the program is linked with the static library.
 *
 *     codec [ROUNDS]
 */
#include <weir/record.h>

#include "base/memory.h"
#include "models/codec.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIST_COUNT 100
#define ROUNDS_MAX 101

typedef struct user {
	int64_t       id;
	const char   *username;
	const char   *email;
	const char   *full_name;
	const char   *bio;
	weir_opt_i32  age;
	weir_numeric  balance;
	bool          is_active;
	weir_time     created_at;
	weir_time     updated_at;
	weir_opt_time last_login_at;
} user;
WEIR_RECORD(user)

static const weir_field user_fields[] = {
	WEIR_FIELD(user, id, .primary_key = true, .generated = true),
	WEIR_FIELD(user, username),
	WEIR_FIELD(user, email),
	WEIR_FIELD(user, full_name, .nullable = true),
	WEIR_FIELD(user, bio, .nullable = true),
	WEIR_FIELD(user, age),
	WEIR_FIELD(user, balance),
	WEIR_FIELD(user, is_active),
	WEIR_FIELD(user, created_at),
	WEIR_FIELD(user, updated_at),
	WEIR_FIELD(user, last_login_at),
};
static const weir_model user_model = WEIR_MODEL(user, "users", user_fields);

static const user sample = {
	.id = 81237,
	.username = "margarethe.lindqvist",
	.email = "margarethe.lindqvist@example.org",
	.full_name = "Margarethe Lindqvist-Sørensen",
	.bio =
		"Grew up by the sea, reads maps for pleasure and keeps bees.\nWrote \"A short history of weirs\", which four "
		"people own.",
	.age = { true, 43 },
	.balance = { "1520.75" },
	.is_active = true,
	.created_at = { INT64_C(1732184775000123) },
	.updated_at = { INT64_C(1763720775000456) },
};

static weir__layout *layout;
static weir__buffer  one, list_text;
static const void   *items[LIST_COUNT];
static cJSON        *tree, *list_tree;
static char         *tree_text, *list_tree_text;
static size_t        sink; /* keeps results in use */

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "codec: %s\n", what);
	exit(1);
}

static cJSON *make_tree(const user *from)
{
	cJSON *object = cJSON_CreateObject();
	char   time[WEIR_TIME_TEXT_MAX];

	cJSON_AddNumberToObject(object, "id", (double)from->id);
	cJSON_AddStringToObject(object, "username", from->username);
	cJSON_AddStringToObject(object, "email", from->email);
	cJSON_AddStringToObject(object, "full_name", from->full_name);
	cJSON_AddStringToObject(object, "bio", from->bio);
	cJSON_AddNumberToObject(object, "age", from->age.value);
	cJSON_AddStringToObject(object, "balance", from->balance.text);
	cJSON_AddBoolToObject(object, "is_active", from->is_active);
	cJSON_AddStringToObject(object, "created_at", weir_time_text(from->created_at, time));
	cJSON_AddStringToObject(object, "updated_at", weir_time_text(from->updated_at, time));
	cJSON_AddNullToObject(object, "last_login_at");
	return object;
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *copy_text(const cJSON *object, const char *name, char **at)
{
	const char *from = cJSON_GetStringValue(member(object, name));
	size_t      size = from ? strlen(from) + 1 : 0;
	char       *copy = *at;

	*at += size;
	return from ? memcpy(copy, from, size) : NULL;
}

static weir_time read_time(const cJSON *object, const char *name)
{
	weir_time time = weir_time_of(0);

	(void)weir_time_parse(cJSON_GetStringValue(member(object, name)), &time);
	return time;
}

static void fill_user(const cJSON *object, user *to, char **at)
{
	const cJSON *age = member(object, "age");

	to->id = (int64_t)cJSON_GetNumberValue(member(object, "id"));
	to->username = copy_text(object, "username", at);
	to->email = copy_text(object, "email", at);
	to->full_name = copy_text(object, "full_name", at);
	to->bio = copy_text(object, "bio", at);
	to->age = cJSON_IsNumber(age) ? weir_some_i32(age->valueint) : weir_null_i32();
	to->balance.text = copy_text(object, "balance", at);
	to->is_active = cJSON_IsTrue(member(object, "is_active"));
	to->created_at = read_time(object, "created_at");
	to->updated_at = read_time(object, "updated_at");
	to->last_login_at = weir_null_time();
}

static void encode_one(void)
{
	weir__buffer_clear(&one);
	weir__codec_encode(layout, &sample, &one);
	sink += one.length;
}

static void decode_one(void)
{
	const void *record = NULL;

	if (weir__codec_decode(layout, one.data, one.length, &record) != WEIR_OK)
		fail("a record was not decoded");
	sink += (size_t)((const user *)record)->id;
	(void)weir_record_release(record);
}

static void encode_list(void)
{
	weir__buffer_clear(&list_text);
	weir__codec_encode_list(layout, items, LIST_COUNT, &list_text);
	sink += list_text.length;
}

static void decode_list(void)
{
	weir_list list = WEIR_LIST_INIT;

	if (weir__codec_decode_list(layout, list_text.data, list_text.length, LIST_COUNT, &list) != WEIR_OK)
		fail("a list was not decoded");
	sink += (size_t)((const user *)list.items[LIST_COUNT - 1])->id;
	weir_list_release(&list);
}

static void encode_one_tree(void)
{
	cJSON *object = make_tree(&sample);
	char  *text = cJSON_PrintBuffered(object, 512, 0);

	sink += strlen(text);
	cJSON_free(text);
	cJSON_Delete(object);
}

static void decode_tree(const char *text)
{
	cJSON       *parsed = cJSON_Parse(text);
	const cJSON *object = cJSON_IsArray(parsed) ? parsed->child : parsed;
	size_t       count = cJSON_IsArray(parsed) ? LIST_COUNT : 1;
	user        *users = malloc(count * sizeof *users + strlen(text));
	char        *at = (char *)(users + count);

	for (size_t i = 0; object && i < count; i++, object = object->next)
		fill_user(object, &users[i], &at);
	sink += (size_t)users[count - 1].id;
	free(users);
	cJSON_Delete(parsed);
}

static void decode_one_tree(void)
{
	decode_tree(tree_text);
}

static void encode_list_tree(void)
{
	cJSON *array = cJSON_CreateArray();

	for (int i = 0; i < LIST_COUNT; i++)
		cJSON_AddItemToArray(array, make_tree(&sample));
	char *text = cJSON_PrintBuffered(array, LIST_COUNT * 512, 0);
	sink += strlen(text);
	cJSON_free(text);
	cJSON_Delete(array);
}

static void decode_list_tree(void)
{
	decode_tree(list_tree_text);
}

static struct measure {
	const char *name;
	void (*run)(void);
	int    times; /* in a round */
	double ns[ROUNDS_MAX];
} measures[] = {
	/* clang-format off */
	{ .name = "encode a record", .run = encode_one, .times = 20000 },
	{ .name = "  with cJSON", .run = encode_one_tree, .times = 2000 },
	{ .name = "decode a record", .run = decode_one, .times = 20000 },
	{ .name = "  with cJSON", .run = decode_one_tree, .times = 2000 },
	{ .name = "encode a list of 100", .run = encode_list, .times = 200 },
	{ .name = "  with cJSON", .run = encode_list_tree, .times = 20 },
	{ .name = "decode a list of 100", .run = decode_list, .times = 200 },
	{ .name = "  with cJSON", .run = decode_list_tree, .times = 20 },
	/* clang-format on */
};
#define MEASURES (sizeof measures / sizeof measures[0])

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void prepare(void)
{
	for (int i = 0; i < LIST_COUNT; i++)
		items[i] = &sample;
	if (weir__layout_create(&user_model, &layout, NULL) != WEIR_OK)
		fail("the model was refused");
	encode_one();
	encode_list();
	tree = make_tree(&sample);
	list_tree = cJSON_CreateArray();
	for (int i = 0; i < LIST_COUNT; i++)
		cJSON_AddItemToArray(list_tree, make_tree(&sample));
	tree_text = cJSON_PrintUnformatted(tree);
	list_tree_text = cJSON_PrintUnformatted(list_tree);
	if (one.failed || strlen(tree_text) != one.length || memcmp(tree_text, one.data, one.length) != 0)
		fail("the two sides write different texts");
}

static void clean_up(void)
{
	weir__buffer_release(&one);
	weir__buffer_release(&list_text);
	weir__layout_free(layout);
	cJSON_Delete(tree);
	cJSON_Delete(list_tree);
	cJSON_free(tree_text);
	cJSON_free(list_tree_text);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 15;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		fail("from 1 to 101 rounds");
	prepare();
	for (long round = 0; round < rounds; round++) {
		for (size_t i = 0; i < MEASURES; i++) {
			double start = now_ns();
			for (int n = 0; n < measures[i].times; n++)
				measures[i].run();
			measures[i].ns[round] = (now_ns() - start) / measures[i].times;
		}
	}
	printf("%zu bytes a record, %zu a list; median and best of %ld rounds, ns\n", one.length, list_text.length, rounds);
	for (size_t i = 0; i < MEASURES; i++) {
		qsort(measures[i].ns, (size_t)rounds, sizeof(double), compare);
		printf("%-22s %10.0f %10.0f\n", measures[i].name, measures[i].ns[rounds / 2], measures[i].ns[0]);
	}
	clean_up();
	return sink == 0;
}
