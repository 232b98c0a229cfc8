/* The table of the types that are texts in JSON. */
#include "models/value_text.h"

#include "models/time.h"

#include <string.h>

#define FORM(name, ctype, write_call, read_call)                                                                       \
	static size_t write_##name(const void *member, char *text)                                                         \
	{                                                                                                                  \
		const ctype *value = member;                                                                                   \
		return write_call;                                                                                             \
	}                                                                                                                  \
	static bool read_##name(const char *text, size_t length, void *member)                                             \
	{                                                                                                                  \
		ctype *value = member;                                                                                         \
		return read_call;                                                                                              \
	}
FORM(time, weir_time, weir__time_write(value->unix_us, true, text),
     weir__time_read(text, length, true, &value->unix_us))
FORM(timestamp, weir_timestamp, weir__time_write(value->us, false, text),
     weir__time_read(text, length, false, &value->us))
FORM(date, weir_date, weir__date_write(value->days, text), weir__date_read(text, length, &value->days))
FORM(clock, weir_clock, weir__clock_write(value->us, text), weir__clock_read(text, length, &value->us))
FORM(interval, weir_interval, weir__interval_write(value, text), weir__interval_read(text, length, value))
FORM(inet, weir_inet, weir__inet_write(value, text), weir__inet_read(text, length, value))
FORM(uuid, weir_uuid, (weir__uuid_write(value, text), WEIR_UUID_TEXT_MAX - 1), weir__uuid_read(text, length, value))

static const weir__value_text forms[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_TIMESTAMPTZ] = { write_time, read_time },
	[WEIR_TYPE_TIMESTAMP] = { write_timestamp, read_timestamp },
	[WEIR_TYPE_DATE] = { write_date, read_date },
	[WEIR_TYPE_TIME] = { write_clock, read_clock },
	[WEIR_TYPE_INTERVAL] = { write_interval, read_interval },
	[WEIR_TYPE_INET] = { write_inet, read_inet },
	[WEIR_TYPE_UUID] = { write_uuid, read_uuid },
};

const weir__value_text *weir__value_text_of(weir_type type)
{
	return type < WEIR_TYPE_COUNT && forms[type].write ? &forms[type] : NULL;
}

bool weir__value_text_is_own(const weir__value_text *form, const char *text, size_t length, const void *member)
{
	char own[WEIR__VALUE_TEXT_MAX];

	return form->write(member, own) == length && memcmp(own, text, length) == 0;
}
