/* Fuzz target: the codec reads hostile bytes. Whatever is read as a record or list is written again as the same bytes.
 * The first byte says what the others are: 0 a record, n a list of n - 1 records. */
#include "models/codec.h"
#ifdef WEIR_FUZZ_TYPES
#include "support/every_type.h"
#define MODEL every_type_model
#else
#include "unit/models/everything.h"
#define MODEL everything_model
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const weir__buffer *again, const uint8_t *bytes, size_t size)
{
	if (again->failed || (again->length == size && memcmp(again->data, bytes, size) == 0))
		return;
	fputs("what was read is not written as the same bytes\n", stderr);
	abort();
}

static void run_record(const weir__layout *layout, const uint8_t *bytes, size_t size)
{
	weir__buffer again = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	if (weir__codec_decode(layout, (const char *)bytes, size, &record) != WEIR_OK)
		return;
	weir__codec_encode(layout, record, &again);
	check(&again, bytes, size);
	weir__buffer_release(&again);
	(void)weir_record_release(record);
}

static void run_list(const weir__layout *layout, const uint8_t *bytes, size_t size, size_t count)
{
	weir__buffer again = WEIR__BUFFER_INIT;
	weir_list    list = WEIR_LIST_INIT;

	if (weir__codec_decode_list(layout, (const char *)bytes, size, count, &list) != WEIR_OK)
		return;
	weir__codec_encode_list(layout, list.items, list.count, &again);
	check(&again, bytes, size);
	weir__buffer_release(&again);
	weir_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static weir__layout *layout;

	if (size == 0 || (!layout && weir__layout_create(&MODEL, &layout, NULL) != WEIR_OK))
		return 0;
	if (data[0] == 0)
		run_record(layout, data + 1, size - 1);
	else
		run_list(layout, data + 1, size - 1, data[0] - 1U);
	return 0;
}
