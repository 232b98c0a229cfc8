/* SQL by hand that gives one value. */
#include "base/error.h"
#include "base/memory.h"
#include "dao/sql.h"

/* What came: the result holds what value borrows. */
typedef struct scalar {
	weir__by_hand by_hand;
	weir__rows    rows;
	weir__buffer  scratch;
	weir_value    value;
	int           rc;
} scalar;

static int check_shape(scalar *s)
{
	weir_error *err = s->by_hand.call.err;
	size_t      width = weir__rows_width(&s->rows);

	if (width != 1)
		return weir__error_set(err, WEIR_ERR_USAGE, "%zu columns where one value was asked for", width);
	if (s->rows.count > 1)
		return weir__error_set(err, WEIR_ERR_USAGE, "%zu rows where one value was asked for", s->rows.count);
	return s->rows.count == 0 ? WEIR_NOT_FOUND : WEIR_OK;
}

/* The type that the result has, of those that are accepted; none of them: the first, which is then refused by its name. */
static weir_type type_of(const scalar *s, const weir_type *accepted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (weir__rows_has_type(&s->rows, 0, accepted[i]))
			return accepted[i];
	return accepted[0];
}

static int ask(scalar *s, weir_session *session, weir_sql sql, const weir_params *params, const weir_type *accepted,
               size_t count, weir_error *err)
{
	int rc = weir__by_hand_begin(&s->by_hand, session, WEIR__SQL_READS, sql, err);

	if (rc >= 0)
		rc = weir__by_hand_params(&s->by_hand, &sql, params);
	if (rc >= 0)
		rc = weir__call_read(&s->by_hand.call, &s->by_hand.sql, &s->rows);
	if (rc >= 0)
		rc = check_shape(s);
	if (rc == WEIR_OK)
		rc = weir__rows_value(&s->rows, 0, 0, type_of(s, accepted, count), &s->value, &s->scratch, err);
	s->rc = rc;
	return rc;
}

static void scalar_release(scalar *s)
{
	weir__rows_release(&s->rows);
	weir__buffer_release(&s->scratch);
	(void)weir__call_done(&s->by_hand.call, s->rc);
}

#define ASK(s, ...)                                                                                                    \
	ask(&(s), session, sql, &params, (const weir_type[]){ __VA_ARGS__ },                                               \
	    sizeof((const weir_type[]){ __VA_ARGS__ }) / sizeof(weir_type), err)

static int no_place(weir_error *err)
{
	return weir__error_set(err, WEIR_ERR_USAGE, "nowhere to put the value");
}

int weir_query_i64(weir_session *session, weir_sql sql, weir_params params, weir_opt_i64 *value, weir_error *err)
{
	scalar s = { .rows = WEIR__ROWS_INIT };
	int    rc = value ? ASK(s, WEIR_TYPE_INT8, WEIR_TYPE_INT4, WEIR_TYPE_INT2) : no_place(err);

	if (rc == WEIR_OK)
		*value = s.value.is_null ? weir_null_i64() : weir_some_i64(s.value.as.integer);
	scalar_release(&s);
	return rc;
}

int weir_query_f64(weir_session *session, weir_sql sql, weir_params params, weir_opt_f64 *value, weir_error *err)
{
	scalar s = { .rows = WEIR__ROWS_INIT };
	int    rc = value ? ASK(s, WEIR_TYPE_FLOAT8, WEIR_TYPE_FLOAT4) : no_place(err);

	if (rc == WEIR_OK)
		*value = s.value.is_null ? weir_null_f64() : weir_some_f64(s.value.as.number);
	scalar_release(&s);
	return rc;
}

int weir_query_bool(weir_session *session, weir_sql sql, weir_params params, weir_opt_bool *value, weir_error *err)
{
	scalar s = { .rows = WEIR__ROWS_INIT };
	int    rc = value ? ASK(s, WEIR_TYPE_BOOL) : no_place(err);

	if (rc == WEIR_OK)
		*value = s.value.is_null ? weir_null_bool() : weir_some_bool(s.value.as.boolean);
	scalar_release(&s);
	return rc;
}

int weir_query_time(weir_session *session, weir_sql sql, weir_params params, weir_opt_time *value, weir_error *err)
{
	scalar s = { .rows = WEIR__ROWS_INIT };
	int    rc = value ? ASK(s, WEIR_TYPE_TIMESTAMPTZ) : no_place(err);

	if (rc == WEIR_OK)
		*value = s.value.is_null ? weir_null_time() : weir_some_time(weir_time_of(s.value.as.integer));
	scalar_release(&s);
	return rc;
}

int weir_query_text(weir_session *session, weir_sql sql, weir_params params, char **value, weir_error *err)
{
	scalar s = { .rows = WEIR__ROWS_INIT };
	char  *copy = NULL;
	int    rc;

	if (!value || *value)
		return value ? weir__error_set(err, WEIR_ERR_USAGE, "the text's pointer must be NULL before the call")
		             : no_place(err);
	rc = ASK(s, WEIR_TYPE_TEXT, WEIR_TYPE_NUMERIC, WEIR_TYPE_JSONB, WEIR_TYPE_JSON, WEIR_TYPE_ENUM);
	if (rc == WEIR_OK && !s.value.is_null) {
		copy = weir__strdup(s.value.as.text);
		if (!copy)
			rc = weir__error_no_memory(err);
	}
	if (rc == WEIR_OK)
		*value = copy;
	scalar_release(&s);
	return rc;
}
