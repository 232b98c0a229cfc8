/* Fuzz target: values of a hostile server. The first byte is a type, the others are a value of it in binary. Whatever is
 * taken stays within the room that was asked for, and is sent again as bytes that are read as the same value. */
#include "db/db.h"
#include "db/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* The value of the bytes, and its room, to be freed; false when they are refused. */
static bool read_value(weir_type type, const char *bytes, size_t length, weir_value *value, char **room)
{
	size_t size;
	char  *text;

	*room = NULL;
	if (weir__wire_text_size(type, bytes, length, &size) != WEIR_OK)
		return false;
	*room = malloc(size + 1);
	if (!*room)
		return false;
	text = *room + 1; /* aligned to nothing */
	if (weir__wire_decode(type, bytes, length, value, &text) != WEIR_OK)
		return false;
	demand(text <= *room + 1 + size, "a value took more room than was asked for");
	return true;
}

static char *canonical(const weir_value *value)
{
	weir__buffer text = WEIR__BUFFER_INIT;

	weir__value_canonical(value, &text);
	return weir__buffer_detach(&text);
}

/* An array with items that are no value in themselves, a numeric of odd digits and the like are refused when they are sent. */
static void send_again(const weir_value *value)
{
	weir__buffer bytes = WEIR__BUFFER_INIT;
	const char  *reason;
	weir_value   again;
	char        *room, *one, *other;

	if (weir__wire_encode(value->type, value, &bytes, &reason) == WEIR_OK && !bytes.failed) {
		demand(read_value(value->type, bytes.data ? bytes.data : "", bytes.length, &again, &room),
		       "what was sent again was not read");
		one = canonical(value);
		other = canonical(&again);
		demand(one && other && strcmp(one, other) == 0, "a value changed when it was sent again");
		free(one);
		free(other);
		free(room);
	}
	weir__buffer_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	weir_type   type = size > 0 ? (weir_type)(1 + data[0] % (WEIR_TYPE_COUNT - 1)) : WEIR_TYPE_NONE;
	const char *bytes = (const char *)data + 1;
	weir_value  value;
	char       *room;

	if (size == 0)
		return 0;
	if (read_value(type, bytes, size - 1, &value, &room))
		send_again(&value);
	free(room);
	return 0;
}
