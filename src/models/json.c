/* JSON text to and from records, without a tree between: what is written is what the codec writes, and what is read
 * keeps every digit of its numbers, which a tree of doubles would not. */
#include <weir/json.h>

#include "base/error.h"
#include "models/codec.h"
#include "models/json_export.h"
#include "models/json_import.h"
#include "models/json_string.h"
#include "models/json_text.h"

static int hand_out(weir__buffer *buffer, char **text, weir_error *err)
{
	char *made = text ? weir__buffer_detach(buffer) : NULL;

	if (!text) {
		weir__buffer_release(buffer);
		return weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the text");
	}
	if (!made) {
		weir__buffer_release(buffer);
		return weir__error_no_memory(err);
	}
	*text = made;
	return WEIR_OK;
}

int weir_record_to_json(const void *record, const weir_set *fields, char **text, weir_error *err)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	weir__json_export export;
	int status = weir__json_export_begin(&export, record, fields, err);

	if (status != WEIR_OK)
		return status;
	weir__codec_encode_columns(export.layout, export.columns, record, &buffer);
	weir__json_export_end(&export);
	return hand_out(&buffer, text, err);
}

static int append_list(const void *list, const weir_set *fields, weir__buffer *buffer, weir_error *err)
{
	weir__json_export export;
	int status = weir__json_export_begin_list(&export, list, fields, err);

	if (status != WEIR_OK)
		return status;
	weir__buffer_append_char(buffer, '[');
	for (size_t i = 0; i < export.count && !buffer->failed; i++) {
		if (i > 0)
			weir__buffer_append_char(buffer, ',');
		if (export.items[i])
			weir__codec_encode_columns(export.layout, export.columns, export.items[i], buffer);
		else
			weir__buffer_append_text(buffer, "null");
	}
	weir__buffer_append_char(buffer, ']');
	weir__json_export_end(&export);
	return WEIR_OK;
}

int weir_list_to_json(const void *list, const weir_set *fields, char **text, weir_error *err)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	int          status = append_list(list, fields, &buffer, err);

	return status == WEIR_OK ? hand_out(&buffer, text, err) : status;
}

int weir_page_to_json(const void *list, const weir_page *page, const weir_set *fields, char **text, weir_error *err)
{
	weir__buffer buffer = WEIR__BUFFER_INIT;
	int          status;

	if (!page)
		return weir__error_set(err, WEIR_ERR_USAGE, "no page: where the list stands must be said");
	weir__buffer_append_text(&buffer, "{\"items\":");
	status = append_list(list, fields, &buffer, err);
	if (status != WEIR_OK) {
		weir__buffer_release(&buffer);
		return status;
	}
	weir__buffer_append_text(&buffer, ",\"skip\":");
	weir__buffer_append_i64(&buffer, page->skip);
	weir__buffer_append_text(&buffer, ",\"limit\":");
	weir__buffer_append_i64(&buffer, page->limit);
	weir__buffer_append_text(&buffer, ",\"total\":");
	weir__buffer_append_i64(&buffer, page->total);
	weir__buffer_append_char(&buffer, '}');
	return hand_out(&buffer, text, err);
}

struct reader {
	const char *at;
	const char *end;
};

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

/* Passes the byte, blanks before and behind it. */
static bool skip(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	skip_blanks(r);
	return true;
}

/* The name of a member and the colon behind it. */
static int read_name(struct reader *r, weir__json_import *import, size_t *column)
{
	size_t start = import->texts.length;
	size_t length;
	int    status;

	if (r->at == r->end || *r->at != '"' || !weir__json_scan(r->at, (size_t)(r->end - r->at), &length))
		return weir__json_import_refuse(import, "is not JSON: the name of a member must stand here");
	weir__json_string_unescape(&import->texts, r->at, length);
	weir__buffer_append_char(&import->texts, '\0');
	if (import->texts.failed)
		return weir__error_no_memory(import->err);
	r->at += length;
	status = weir__json_import_member(import, import->texts.data + start, column);
	import->texts.length = start;
	if (status == WEIR_OK && !skip(r, ':'))
		return weir__json_import_refuse(import, "is not JSON: a colon must follow the name of a member");
	return status;
}

static int read_member(struct reader *r, weir__json_import *import)
{
	size_t      column = 0, length;
	const char *value;
	int         status = read_name(r, import, &column);

	if (status != WEIR_OK)
		return status;
	value = r->at;
	if (!weir__json_scan(value, (size_t)(r->end - value), &length))
		return weir__json_import_refuse_member(import, column, weir__json_refusal(value, (size_t)(r->end - value)));
	r->at += length;
	return weir__json_import_text(import, column, value, length);
}

static int read_object(struct reader *r, weir__json_import *import)
{
	int status = WEIR_OK;

	if (!skip(r, '{'))
		return weir__json_import_refuse(import, "must be a JSON object");
	if (!skip(r, '}')) {
		do
			status = read_member(r, import);
		while (status == WEIR_OK && skip(r, ','));
		if (status != WEIR_OK)
			return status;
		if (!skip(r, '}'))
			return weir__json_import_refuse(import, "is not JSON: a comma or the closing brace must follow a member");
	}
	if (r->at != r->end)
		return weir__json_import_refuse(import, "is followed by something behind the closing brace");
	return WEIR_OK;
}

int weir_record_from_json(const weir_model *model, const char *text, size_t length, const weir_set *fields,
                          void *record, weir_error *err)
{
	struct reader     r = { .at = text, .end = text ? text + length : NULL };
	weir__json_import import;
	int               status = weir__json_import_begin(&import, model, fields, record, err);

	if (status == WEIR_OK && !text)
		status = weir__error_set_at(err, WEIR_ERR_USAGE, model->name, NULL, "no JSON text");
	if (status == WEIR_OK)
		status = read_object(&r, &import);
	if (status == WEIR_OK)
		status = weir__json_import_finish(&import, record);
	weir__json_import_end(&import);
	return status;
}
