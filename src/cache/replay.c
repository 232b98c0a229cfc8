/* Replaying: the lines become a set of touches on spaces that live as long as the call, since the models need not be known here. */
#include "cache/replay.h"

#include "base/memory.h"
#include "cache/near_space.h"
#include "cache/touches.h"

/* ---- Writing ----------------------------------------------------------------------------------------------------------- */

const char *weir__cache_prefix(const weir_cache_manager *cache)
{
	return cache->prefix;
}

static void write_line(weir__buffer *text, char what, weir_bytes first, weir_bytes second)
{
	weir__buffer_append_char(text, what);
	weir__buffer_append_char(text, ' ');
	weir__buffer_append(text, first.data, first.length);
	weir__buffer_append(text, second.data, second.length);
	weir__buffer_append_char(text, '\n');
}

/* The logical key within a physical one: what stands behind the head, without its two braces. */
static void write_key(weir__buffer *text, bool is_stamp, weir_bytes key)
{
	const char *end = key.data + key.length;
	const char *open = memchr(key.data, '{', key.length);
	const char *close = memchr(open, '}', (size_t)(end - open));

	write_line(text, is_stamp ? 's' : 'k', weir__bytes(open + 1, (size_t)(close - open - 1)),
	           weir__bytes(close + 1, (size_t)(end - close - 1)));
}

static void write_space(weir__buffer *text, const weir__cache_space *space)
{
	weir__buffer_append_text(text, "f ");
	weir__buffer_append_text(text, space->records);
	weir__buffer_append_char(text, ' ');
	weir__buffer_append(text, space->any.data, space->plural_length);
	weir__buffer_append_char(text, '\n');
}

/* A line for each space that is touched. */
static void write_spaces(weir__buffer *text, const weir_cache_manager *cache, const weir__touch_batch *batch)
{
	for (const weir__cache_space *space = cache->spaces; space; space = space->next)
		for (size_t i = 0; i < batch->count; i++)
			if (batch->items[i].space == space) {
				write_space(text, space);
				break;
			}
}

void weir__touches_write(const weir_cache_manager *cache, const weir__touches *touches, weir__buffer *text)
{
	const weir__touch_batch *batch = touches->batch;

	if (batch && batch->count > WEIR__PENDING_KEYS_MAX) {
		write_spaces(text, cache, batch);
		return;
	}
	for (size_t i = 0; batch && i < batch->count; i++) {
		const weir__touch_item *item = &batch->items[i];

		if (item->flushes)
			write_space(text, item->space);
		else if (!item->is_near) /* who replays guards each key, and tells of it */
			write_key(text, item->is_stamp, weir__bytes(batch->bytes.data + item->offset, item->length));
	}
}

/* ---- Reading ----------------------------------------------------------------------------------------------------------- */

typedef struct replaying {
	weir_cache_manager *cache;
	weir__touches      *touches;
	weir__cache_space  *spaces; /* made for this; the first is that of single keys */
	const atomic_bool  *stopping;
	size_t              unreadable;
} replaying;

static char *copy_text(weir_bytes text, const char *rest)
{
	weir__buffer copy = WEIR__BUFFER_INIT;
	char        *made;

	weir__buffer_append(&copy, text.data, text.length);
	weir__buffer_append_text(&copy, rest);
	made = weir__buffer_detach(&copy);
	weir__buffer_release(&copy);
	return made;
}

static bool name_stamp(weir_bytes *stamp, weir_bytes plural, const char *rest)
{
	char *name = copy_text(plural, rest);

	*stamp = weir__bytes(name, name ? strlen(name) : 0);
	return name != NULL;
}

/* A space of what is kept under these names, escaped. */
static weir__cache_space *add_space(replaying *r, weir_bytes name, weir_bytes plural)
{
	weir__cache_space *space = weir__calloc(1, sizeof *space);
	weir_cache_config  config;

	if (!space)
		return NULL;
	space->cache = r->cache;
	space->records = copy_text(name, "");
	space->plural_length = plural.length;
	if (!space->records || !name_stamp(&space->any, plural, ":s:any") || !name_stamp(&space->bulk, plural, ":s:bulk") ||
	    !name_stamp(&space->all, plural, ":s:all")) {
		weir__space_free(space);
		return NULL;
	}
	pthread_mutex_lock(&r->cache->mutex);
	config = weir__space_resolve(r->cache, NULL);
	pthread_mutex_unlock(&r->cache->mutex);
	weir__config_enforce(&config, &space->config);
	space->next = r->spaces;
	r->spaces = space;
	return space;
}

static bool is_key(weir_bytes key)
{
	for (size_t i = 0; i < key.length; i++)
		if (key.data[i] <= 0x20 || key.data[i] >= 0x7f || key.data[i] == '{' || key.data[i] == '}')
			return false;
	return key.length > 0;
}

static int take_space(replaying *r, weir_bytes names)
{
	const char        *blank = memchr(names.data, ' ', names.length);
	weir__cache_space *space;
	weir_bytes         name, plural;

	if (!blank) {
		r->unreadable++;
		return WEIR_OK;
	}
	name = weir__bytes(names.data, (size_t)(blank - names.data));
	plural = weir__bytes(blank + 1, names.length - name.length - 1);
	if (!is_key(name) || !is_key(plural)) {
		r->unreadable++;
		return WEIR_OK;
	}
	space = add_space(r, name, plural);
	return space ? weir__touches_add_all(r->touches, space) : WEIR_ERR_NO_MEMORY;
}

static int take_line(replaying *r, weir_bytes line)
{
	weir_bytes         rest = weir__bytes(line.data + 2, line.length > 2 ? line.length - 2 : 0);
	weir__cache_space *single = r->spaces;

	while (single->next)
		single = single->next;
	if (rest.length > 0 && line.data[1] == ' ') {
		if (line.data[0] == 'f')
			return take_space(r, rest);
		if (line.data[0] == 'k' && is_key(rest))
			return weir__touches_add_key(r->touches, single, rest);
		if (line.data[0] == 's' && is_key(rest))
			return weir__touches_add_stamp(r->touches, single, rest);
	}
	r->unreadable++;
	return WEIR_OK;
}

static int take_lines(replaying *r, weir_bytes text)
{
	int rc = WEIR_OK;

	while (rc >= 0 && text.length > 0) {
		const char *newline = memchr(text.data, '\n', text.length);
		size_t      length = newline ? (size_t)(newline - text.data) : text.length;

		if (length > 0)
			rc = take_line(r, weir__bytes(text.data, length));
		length += newline != NULL;
		text = weir__bytes(text.data + length, text.length - length);
	}
	return rc;
}

/* ---- Doing ------------------------------------------------------------------------------------------------------------- */

static int place_guards(weir_cache_manager *cache, weir__touch_batch *batch)
{
	weir_cache_call call;

	batch->nonce = weir__cache_id(cache);
	weir__touch_batch_bind(cache, batch);
	call = weir__touch_batch_call(cache, batch);
	return cache->backend->guard(cache->backend, batch->touches, batch->count, &call);
}

static bool goes_on(const replaying *r, int64_t last_us)
{
	return weir__now_us() < last_us && !(r->stopping && atomic_load(r->stopping));
}

static int remove_records_of(const replaying *r, const weir__touch_batch *batch, weir__cache_space *space)
{
	int64_t     last_us = weir__deadline_in_ms(WEIR__FLUSH_MS);
	weir__flush flush = { .stage = WEIR__FLUSH_RECORDS };

	while (flush.stage == WEIR__FLUSH_RECORDS)
		if (!goes_on(r, last_us) || weir__space_flush_step(space, WEIR__FLUSH_STEP_MS, &flush) < 0)
			return WEIR_ERR_CACHE;
	return weir__near_flush(space, weir__touch_batch_call(r->cache, batch));
}

static int remove_records(const replaying *r, const weir__touch_batch *batch)
{
	int rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < batch->count; i++)
		if (batch->items[i].flushes)
			rc = remove_records_of(r, batch, batch->items[i].space);
	return rc;
}

static int replay(replaying *r)
{
	weir__touch_batch *batch = r->touches->batch;
	int                rc;

	if (!batch || batch->count == 0)
		return WEIR_OK;
	rc = place_guards(r->cache, batch);
	if (rc >= 0)
		rc = remove_records(r, batch);
	return rc < 0 ? rc : weir__touch_batch_settle(r->cache, batch);
}

int weir__cache_replay(weir_cache_manager *cache, weir_bytes text, const atomic_bool *stopping, size_t *unreadable)
{
	static const weir_bytes none = { "-", 1 };
	replaying               r = { .cache = cache, .stopping = stopping };
	weir__cache_space      *next;
	int                     rc = weir__touches_create(cache, &r.touches, NULL);

	if (rc >= 0 && !add_space(&r, none, none))
		rc = WEIR_ERR_NO_MEMORY;
	if (rc >= 0)
		rc = take_lines(&r, text);
	if (rc >= 0)
		rc = replay(&r);
	*unreadable = r.unreadable;
	weir__touches_free(r.touches);
	for (weir__cache_space *space = r.spaces; space; space = next) {
		next = space->next;
		weir__space_free(space);
	}
	return rc;
}
