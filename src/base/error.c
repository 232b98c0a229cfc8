/* Filling a weir_error, and the texts of statuses. */
#define WEIR__ERROR_C
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int         number;
	const char *name;
	const char *text;
} statuses[] = {
#define ROW(number, name, sentence) { number, #name, sentence },
	WEIR_STATUS_MAP(ROW)
#undef ROW
};

const char *weir_status_name(int status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].number == status)
			return statuses[i].name;
	return "WEIR_?";
}

const char *weir_status_text(int status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].number == status)
			return statuses[i].text;
	return "no such status";
}

bool weir_error_is_retryable(const weir_error *err)
{
	if (!err || err->effect != WEIR_EFFECT_NONE)
		return false;
	switch (err->status) {
	case WEIR_ERR_SERIALIZATION:
	case WEIR_ERR_DEADLOCK:
	case WEIR_ERR_LOCKED:
	case WEIR_ERR_CONNECT:
	case WEIR_ERR_CONNECTION_LOST:
	case WEIR_ERR_TIMEOUT:
	case WEIR_ERR_RESOURCES:
	case WEIR_ERR_CACHE:
		return true;
	default:
		return false;
	}
}

/* Ends text at its last whole UTF-8 character after it was cut. */
static void end_at_character(char *text)
{
	size_t end = strlen(text);
	size_t start = end;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t        needed = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
	if (end - start < needed)
		text[start - 1] = '\0';
}

void weir__error_copy(char *member, size_t size, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (size == 0)
		return;
	if (length >= size)
		length = size - 1;
	if (length > 0)
		memcpy(member, text, length);
	member[length] = '\0';
	if (text && text[length])
		end_at_character(member);
}

WEIR_PRINTF(3, 0)
static void format_message(weir_error *err, size_t used, const char *format, va_list args)
{
	size_t room = sizeof err->message - used;
	int    length = vsnprintf(err->message + used, room, format, args);

	if (length >= 0 && (size_t)length >= room)
		end_at_character(err->message);
}

int weir__error_set(weir_error *err, int status, const char *format, ...)
{
	va_list args;

	if (!err)
		return status;
	memset(err, 0, sizeof *err);
	err->status = status;
	va_start(args, format);
	format_message(err, 0, format, args);
	va_end(args);
	return status;
}

int weir__error_set_at(weir_error *err, int status, const char *model, const char *column, const char *format, ...)
{
	va_list args;
	int     used;

	if (!err)
		return status;
	memset(err, 0, sizeof *err);
	err->status = status;
	weir__error_copy(err->model, sizeof err->model, model);
	weir__error_copy(err->column, sizeof err->column, column);
	used = snprintf(err->message, sizeof err->message, "%s%s%s: ", err->model, err->column[0] ? "." : "", err->column);
	va_start(args, format);
	format_message(err, used > 0 ? (size_t)used : 0, format, args);
	va_end(args);
	return status;
}

void weir__error_add_row(weir_error *err, size_t row)
{
	size_t used = err ? strlen(err->message) : 0;

	if (!err)
		return;
	err->row = row + 1;
	snprintf(err->message + used, sizeof err->message - used, " (row %zu of those given)", row + 1);
}

int weir__error_no_memory(weir_error *err)
{
	return weir__error_set(err, WEIR_ERR_NO_MEMORY, "out of memory");
}
