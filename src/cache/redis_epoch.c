/* Epochs: a hash of the run id, in text. */
#include "cache/redis_epoch.h"

#include "base/hash.h"
#include "cache/envelope.h"

#include <string.h>

#define NAME "run_id:"

void weir__redis_epoch_read(const char *info, size_t length, char epoch[WEIR__EPOCH_SIZE])
{
	const char *end = info + length;
	uint64_t    hash = 0;

	for (const char *line = info; line && line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t      size = (size_t)((next ? next : end) - line);

		if (size > sizeof NAME - 1 && memcmp(line, NAME, sizeof NAME - 1) == 0)
			hash = weir__hash64(line, size, 0);
		line = next ? next + 1 : NULL;
	}
	weir__hex_write(hash >> 32, WEIR__EPOCH_SIZE - 1, epoch);
	epoch[WEIR__EPOCH_SIZE - 1] = ':';
}

size_t weir__redis_epoch_place(weir_bytes key)
{
	const char *brace = key.length > 0 ? memchr(key.data, '{', key.length) : NULL;

	return brace ? (size_t)(brace - key.data) : 0;
}
