/* Records to JSON and back through cJSON trees. Members are read in the order in which they are written, so that finding
 * one costs one comparison; out of order they are looked up by name. */
#include "baseline/baseline.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* ---- Encoding -------------------------------------------------------------------------------------------------- */

static bool add_text(cJSON *object, const char *name, const char *text)
{
	return text ? cJSON_AddStringToObject(object, name, text) != NULL : cJSON_AddNullToObject(object, name) != NULL;
}

static bool add_time(cJSON *object, const char *name, int64_t unix_us)
{
	char text[BASELINE_TIME_TEXT];

	baseline_time_write(text, unix_us);
	return add_text(object, name, text);
}

static bool add_age(cJSON *object, const baseline_user *user)
{
	return user->has_age ? cJSON_AddNumberToObject(object, "age", user->age) != NULL : add_text(object, "age", NULL);
}

static cJSON *tree_of(const baseline_user *user)
{
	cJSON *object = cJSON_CreateObject();

	if (object && cJSON_AddNumberToObject(object, "id", (double)user->id) &&
	    add_text(object, "username", user->username) && add_text(object, "email", user->email) &&
	    add_text(object, "bio", user->bio) && add_age(object, user) && add_text(object, "balance", user->balance) &&
	    cJSON_AddBoolToObject(object, "is_active", user->is_active) &&
	    add_time(object, "created_at", user->created_us) && add_time(object, "updated_at", user->updated_us))
		return object;
	cJSON_Delete(object);
	return NULL;
}

static char *print_and_delete(cJSON *tree)
{
	char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;

	cJSON_Delete(tree);
	return text;
}

char *baseline_user_encode(const baseline_user *user)
{
	return print_and_delete(tree_of(user));
}

char *baseline_list_encode(const baseline_list *list)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; array && i < list->count; i++) {
		cJSON *item = tree_of(&list->items[i]);

		if (!item || !cJSON_AddItemToArray(array, item)) {
			cJSON_Delete(item);
			cJSON_Delete(array);
			return NULL;
		}
	}
	return print_and_delete(array);
}

/* ---- Decoding -------------------------------------------------------------------------------------------------- */

typedef struct reader {
	const cJSON *object;
	const cJSON *next;  /* the member that should come now */
	char        *texts; /* where the next text goes */
	bool         wrong;
} reader;

static const cJSON *member(reader *in, const char *name)
{
	const cJSON *found = in->next;

	if (!found || strcmp(found->string, name) != 0)
		found = cJSON_GetObjectItemCaseSensitive(in->object, name);
	if (found)
		in->next = found->next;
	else
		in->wrong = true;
	return found;
}

static double number_member(reader *in, const char *name)
{
	const cJSON *item = member(in, name);

	if (cJSON_IsNumber(item))
		return item->valuedouble;
	in->wrong = true;
	return 0;
}

static const char *text_member(reader *in, const char *name, bool nullable)
{
	const cJSON *item = member(in, name);
	size_t       length;
	char        *text = in->texts;

	if (nullable && cJSON_IsNull(item))
		return NULL;
	if (!cJSON_IsString(item)) {
		in->wrong = true;
		return NULL;
	}
	length = strlen(item->valuestring) + 1;
	memcpy(text, item->valuestring, length);
	in->texts += length;
	return text;
}

static int64_t time_member(reader *in, const char *name)
{
	const cJSON *item = member(in, name);
	int64_t      unix_us = 0;

	if (!cJSON_IsString(item) || !baseline_time_read(item->valuestring, &unix_us))
		in->wrong = true;
	return unix_us;
}

static void age_member(reader *in, baseline_user *user)
{
	const cJSON *item = member(in, "age");

	user->has_age = !cJSON_IsNull(item);
	user->age = user->has_age && cJSON_IsNumber(item) ? (int32_t)item->valuedouble : 0;
	in->wrong = in->wrong || (user->has_age && !cJSON_IsNumber(item));
}

/* Fills a user; its texts go to *texts, which is moved behind them. */
static bool read_user(const cJSON *object, baseline_user *user, char **texts)
{
	reader       in = { .object = object, .next = object->child, .texts = *texts };
	const cJSON *active;

	user->id = (int64_t)number_member(&in, "id");
	user->username = text_member(&in, "username", false);
	user->email = text_member(&in, "email", false);
	user->bio = text_member(&in, "bio", true);
	age_member(&in, user);
	user->balance = text_member(&in, "balance", false);
	active = member(&in, "is_active");
	user->is_active = cJSON_IsTrue(active);
	user->created_us = time_member(&in, "created_at");
	user->updated_us = time_member(&in, "updated_at");
	*texts = in.texts;
	return !in.wrong && cJSON_IsBool(active);
}

/* Decoded texts are never longer than their JSON, so the length of the whole is room enough. */
baseline_user *baseline_user_decode(const char *text, size_t length)
{
	cJSON         *tree = cJSON_ParseWithLength(text, length);
	baseline_user *user = cJSON_IsObject(tree) ? malloc(sizeof *user + length) : NULL;
	char          *texts;

	if (user) {
		texts = (char *)(user + 1);
		if (!read_user(tree, user, &texts)) {
			free(user);
			user = NULL;
		}
	}
	cJSON_Delete(tree);
	return user;
}

bool baseline_list_decode(const char *text, size_t length, baseline_list *list)
{
	cJSON         *tree = cJSON_ParseWithLength(text, length);
	size_t         count = cJSON_IsArray(tree) ? (size_t)cJSON_GetArraySize(tree) : 0;
	baseline_user *items = cJSON_IsArray(tree) ? malloc(count * sizeof *items + length) : NULL;
	char          *texts = items ? (char *)(items + count) : NULL;
	const cJSON   *object;
	bool           right = items != NULL;
	size_t         i = 0;

	cJSON_ArrayForEach(object, tree)
	{
		right = right && cJSON_IsObject(object) && read_user(object, &items[i++], &texts);
	}
	cJSON_Delete(tree);
	if (!right) {
		free(items);
		return false;
	}
	*list = (baseline_list){ items, count };
	return true;
}
