/* A page's place as text, base64url of
 *
 *   version, flags, shape (8 bytes), for each column of the order: length (4 bytes, all ones for NULL) and the value as it is
 *   on the wire, checksum (8 bytes)
 *
 * The shape is a hash of the query and the model, so that the text of another query is noticed; the checksum finds what was
 * cut or changed. Neither is a secret: who forges one chooses from which row of the query's own rows to read on, and every
 * value of it is checked as any value of a caller. */
#include "db/db.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "db/order.h"
#include "db/wire.h"

#include <stdint.h>

#define VERSION       1
#define BACKWARD      1
#define INCLUSIVE     2
#define HEAD_SIZE     10
#define SUM_SIZE      8
#define TEXT_MAX      16384 /* characters */
#define NULL_LENGTH   UINT32_MAX
#define CHECKSUM_SEED UINT64_C(0x7765697263757273)

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- base64url --------------------------------------------------------------------------------------------------------- */

static void append_letters(weir__buffer *text, const weir__buffer *bytes)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < bytes->length; i++) {
		bits = bits << 8 | (unsigned char)bytes->data[i];
		for (count += 8; count >= 6; count -= 6)
			weir__buffer_append_char(text, letters[bits >> (count - 6) & 63]);
	}
	if (count > 0)
		weir__buffer_append_char(text, letters[bits << (6 - count) & 63]);
}

static bool append_bytes(weir__buffer *bytes, const char *text)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; text[i]; i++) {
		const char *letter = strchr(letters, text[i]);

		if (!letter || i == TEXT_MAX)
			return false;
		bits = bits << 6 | (uint32_t)(letter - letters);
		count += 6;
		if (count >= 8) {
			count -= 8;
			weir__buffer_append_char(bytes, (char)(bits >> count & 255));
		}
	}
	return count < 6 && (bits & ((UINT32_C(1) << count) - 1)) == 0;
}

/* ---- The shape --------------------------------------------------------------------------------------------------------- */

static int shape_of(const weir__layout *layout, const weir_query *query, uint64_t *shape, weir_error *err)
{
	weir_query   whole = *query;
	weir__buffer text = WEIR__BUFFER_INIT;
	int          rc;

	whole.skip = whole.limit = 0;
	rc = weir__query_canonical(layout, &whole, &text, err);
	if (rc >= 0)
		*shape = weir__hash64(text.data, text.length, layout->fingerprint);
	weir__buffer_release(&text);
	return rc;
}

static uint64_t checksum(const char *bytes, size_t length)
{
	return weir__hash64(bytes, length, CHECKSUM_SEED);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------------- */

static int append_value(weir__buffer *bytes, weir_type type, const weir_value *value, const char **reason)
{
	size_t at = bytes->length;
	int    rc;

	weir__append_be(bytes, 4, NULL_LENGTH);
	if (weir__value_is_null(value))
		return WEIR_OK;
	rc = weir__wire_encode(type, value, bytes, reason);
	if (rc >= 0 && !bytes->failed)
		weir__store_be(bytes->data + at, 4, bytes->length - at - 4);
	return rc;
}

int weir__seek_write(const weir__layout *layout, const weir_query *query, const weir__seek *seek, weir__buffer *text,
                     weir_error *err)
{
	weir__buffer bytes = WEIR__BUFFER_INIT;
	weir__order  order[WEIR__COLUMNS_MAX];
	const char  *reason = "";
	uint64_t     shape;
	int          rc = shape_of(layout, query, &shape, err);

	if (rc < 0)
		return rc;
	weir__order_complete(layout, &query->order, order);
	weir__buffer_append_char(&bytes, VERSION);
	weir__buffer_append_char(&bytes, (char)((seek->backward ? BACKWARD : 0) | (seek->inclusive ? INCLUSIVE : 0)));
	weir__append_be(&bytes, 8, shape);
	for (size_t i = 0; i < seek->count && rc >= 0; i++)
		rc = append_value(&bytes, layout->columns[order[i].column].type, &seek->values[i], &reason);
	if (!bytes.failed)
		weir__append_be(&bytes, SUM_SIZE, checksum(bytes.data, bytes.length));
	if (rc < 0)
		rc = weir__error_set_at(err, rc, layout->model->name, NULL, "no cursor can be made: %s", reason);
	else if (bytes.length > (size_t)TEXT_MAX / 4 * 3)
		rc = weir__error_set_at(err, WEIR_ERR_LIMIT, layout->model->name, NULL,
		                        "the values that the rows are ordered by are too long for a cursor");
	else
		append_letters(text, &bytes);
	if (rc >= 0 && (bytes.failed || text->failed))
		rc = weir__error_no_memory(err);
	weir__buffer_release(&bytes);
	return rc;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------------- */

/* What is left to read. */
typedef struct reading {
	const weir__layout *layout;
	const char         *at;
	size_t              left;
	size_t              text_size; /* of the values so far */
	weir_error         *err;
} reading;

static int refuse(const reading *r, const char *what)
{
	return weir__error_set_at(r->err, WEIR_ERR_VALUE, r->layout->model->name, NULL, "the cursor %s", what);
}

/* The bytes of the next value; NULL for SQL's. False: there are too few. */
static bool take(reading *r, const char **bytes, size_t *length)
{
	uint32_t said;

	if (r->left < 4)
		return false;
	said = weir__load_be32(r->at);
	r->at += 4;
	r->left -= 4;
	*bytes = said == NULL_LENGTH ? NULL : r->at;
	*length = said == NULL_LENGTH ? 0 : said;
	if (*length > r->left)
		return false;
	r->at += *length;
	r->left -= *length;
	return true;
}

/* First pass: how much text there will be. */
static int measure(reading r, const weir__order *order, size_t count, size_t *text_size)
{
	const char *bytes;
	size_t      length, size;

	*text_size = 1;
	for (size_t i = 0; i < count; i++) {
		if (!take(&r, &bytes, &length))
			return refuse(&r, "is incomplete");
		if (!bytes)
			continue;
		if (weir__wire_text_size(r.layout->columns[order[i].column].type, bytes, length, &size) != WEIR_OK)
			return refuse(&r, "holds no values of the columns that the rows are ordered by");
		*text_size += size;
	}
	return r.left == 0 ? WEIR_OK : refuse(&r, "is too long");
}

static int read_values(reading *r, const weir__order *order, weir__seek *seek)
{
	char       *text = seek->texts;
	const char *bytes;
	size_t      length;
	int         rc = WEIR_OK;

	for (size_t i = 0; i < seek->count && rc >= 0 && take(r, &bytes, &length); i++) {
		weir_type type = r->layout->columns[order[i].column].type;

		seek->values[i] = (weir_value){ .type = type, .is_null = true };
		if (bytes && weir__wire_decode(type, bytes, length, &seek->values[i], &text) != WEIR_OK)
			return refuse(r, "holds no values of the columns that the rows are ordered by");
		rc = weir__value_check(r->layout, order[i].column, &seek->values[i], r->err);
	}
	return rc < 0 && rc != WEIR_ERR_NO_MEMORY ? refuse(r, "holds values that the columns cannot") : rc;
}

static int read_bytes(reading *r, const weir_query *query, weir__seek *seek)
{
	weir__order order[WEIR__COLUMNS_MAX];
	size_t      text_size;
	uint64_t    shape;
	int         rc;

	if (r->left < HEAD_SIZE + SUM_SIZE || r->at[0] != VERSION)
		return refuse(r, "is none of this version of the library");
	r->left -= SUM_SIZE;
	if (weir__load_be64(r->at + r->left) != checksum(r->at, r->left))
		return refuse(r, "was changed or cut");
	rc = shape_of(r->layout, query, &shape, r->err);
	if (rc < 0)
		return rc;
	if (weir__load_be64(r->at + 2) != shape || r->at[1] & ~(BACKWARD | INCLUSIVE))
		return refuse(r, "belongs to another query: conditions, order and model must be the same on each page");
	seek->backward = r->at[1] & BACKWARD;
	seek->inclusive = r->at[1] & INCLUSIVE;
	seek->count = weir__order_complete(r->layout, &query->order, order);
	r->at += HEAD_SIZE;
	r->left -= HEAD_SIZE;
	rc = measure(*r, order, seek->count, &text_size);
	if (rc < 0)
		return rc;
	seek->texts = weir__malloc(text_size);
	return seek->texts ? read_values(r, order, seek) : weir__error_no_memory(r->err);
}

int weir__seek_read(const weir__layout *layout, const weir_query *query, const char *text, weir__seek *seek,
                    weir_error *err)
{
	weir__buffer bytes = WEIR__BUFFER_INIT;
	reading      r = { .layout = layout, .err = err };
	int          rc;

	seek->texts = NULL;
	if (!append_bytes(&bytes, text)) {
		rc = refuse(&r, "is no text that the library has made");
	} else if (bytes.failed) {
		rc = weir__error_no_memory(err);
	} else {
		r.at = bytes.data;
		r.left = bytes.length;
		rc = read_bytes(&r, query, seek);
	}
	weir__buffer_release(&bytes);
	return rc;
}

void weir__seek_release(weir__seek *seek)
{
	weir__free(seek->texts);
	seek->texts = NULL;
}
