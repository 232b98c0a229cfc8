/* A relation's own cache: values of the user's keeping, validity of ours. A value is the stamps as they were before the database
 * was asked, the number of rows, and the rows:
 *
 *   9f02c1d3a4b5e6f7 0123456789abcdef 1111111122222222 2
 *   [{"id":1, ...},{"id":2, ...}]
 *
 * Every write of such a row changes a stamp, so that what was kept before is a miss from then on, wherever it is. */
#include "dao/relation.h"

#include "base/memory.h"
#include "models/codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STAMPS   3 /* of the key, of the relation, of the table */
#define HEAD_MAX 96

/* The line that a valid value begins with, but for the number of rows. */
static size_t write_head(const weir__lookup *lookup, char head[HEAD_MAX])
{
	return (size_t)snprintf(head, HEAD_MAX, "%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " ", lookup->stamp_values[0],
	                        lookup->stamp_values[1], lookup->stamp_values[2]);
}

static bool has_stamps(const weir__lookup *lookup)
{
	for (size_t i = 0; i < STAMPS; i++)
		if (lookup->stamp_values[i] == 0)
			return false;
	return true;
}

/* The key as text, for the user's functions. */
static const char *key_text(weir_bytes key, weir__buffer *text)
{
	weir__buffer_append(text, key.data, key.length);
	return weir__buffer_text(text);
}

/* Reads the number of rows and where they begin; false for a value that is not ours. */
static bool read_count(const char *value, size_t length, size_t *at, size_t *count)
{
	size_t digits = 0;

	for (*count = 0; *at < length && value[*at] >= '0' && value[*at] <= '9' && digits < 10; digits++, (*at)++)
		*count = *count * 10 + (size_t)(value[*at] - '0');
	return digits > 0 && *at < length && value[(*at)++] == '\n';
}

static bool read_value(const weir__relation *relation, const weir__lookup *lookup, const char *value, size_t length,
                       weir_list *list)
{
	char   head[HEAD_MAX];
	size_t at = write_head(lookup, head), count;

	if (length < at || memcmp(value, head, at) != 0 || !read_count(value, length, &at, &count))
		return false;
	return weir__codec_decode_list(weir__relation_holder(relation)->layout, value + at, length - at, count, list) ==
	       WEIR_OK;
}

bool weir__own_cache_get(const weir__relation *relation, const weir__lookup *lookup, weir_list *list)
{
	const weir_relation_cache *own = relation->link->relation->kept_in;
	weir__buffer               text = WEIR__BUFFER_INIT;
	const char                *key = key_text(lookup->key, &text);
	char                      *value = NULL;
	size_t                     length = 0;
	bool                       hit = false;

	if (key && has_stamps(lookup) && own->get(own->context, key, &value, &length) == WEIR_OK && value)
		hit = read_value(relation, lookup, value, length, list);
	if (hit)
		weir__cache_count_found(relation->space);
	weir__free(value);
	weir__buffer_release(&text);
	return hit;
}

void weir__own_cache_set(const weir__relation *relation, const weir__lookup *lookup, const weir_list *list)
{
	const weir_relation_cache *own = relation->link->relation->kept_in;
	weir_cache_config          config;
	weir__buffer               text = WEIR__BUFFER_INIT, value = WEIR__BUFFER_INIT;
	const char                *key = key_text(lookup->key, &text);
	char                       head[HEAD_MAX];

	weir__cache_space_config(relation->space, &config);
	if (!key || !has_stamps(lookup) || (config.max_items != WEIR_UNLIMITED && list->count > (size_t)config.max_items))
		goto cleanup;
	weir__buffer_append(&value, head, write_head(lookup, head));
	weir__buffer_appendf(&value, "%zu\n", list->count);
	weir__codec_encode_list(weir__relation_holder(relation)->layout, list->items, list->count, &value);
	if (!value.failed && (config.max_bytes == WEIR_UNLIMITED || value.length <= (size_t)config.max_bytes))
		(void)own->set(own->context, key, value.data, value.length, config.list_ttl_s);
cleanup:
	weir__buffer_release(&value);
	weir__buffer_release(&text);
}

int weir__own_cache_remove(const weir__relation *relation, const weir__buffer *key)
{
	const weir_relation_cache *own = relation->link->relation->kept_in;
	weir__buffer               text = WEIR__BUFFER_INIT;
	const char                *name = key_text((weir_bytes){ key->data, key->length }, &text);
	int                        rc = name ? own->remove(own->context, name) : WEIR_ERR_NO_MEMORY;

	weir__buffer_release(&text);
	return rc < 0 ? WEIR_ERR_CACHE : WEIR_OK;
}
