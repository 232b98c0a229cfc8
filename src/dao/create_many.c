/* create_many: by one INSERT of arrays, or by COPY where nothing is wanted back and there are enough rows.
 *
 * Which row the server refuses it says only of a COPY. Of an INSERT that failed by a key it says the key, which is looked for in
 * the rows; else the rows are copied once more, in a transaction that is rolled back, to hear which one it is. */
#include <weir/base_dao.h>

#include "base/error.h"
#include "dao/check.h"
#include "dao/keys.h"
#include "dao/write.h"

#include <string.h>

#define NAME_MOST 63 /* bytes of a column's name */

/* On one machine both take the same time up to some 50 rows of five columns; COPY is 1.1 times as fast with 200 and 1.2 to 1.6
 * times with 500 and more. It takes one round trip more, which on a network is worth about 200 rows. */
#define COPY_FROM_ROWS 200

typedef struct creating {
	weir__call  call; /* first: collect gets its address */
	weir__mask  mask;
	const void *values;
	size_t      count;
	weir__blame blame;
	weir_error  own;
} creating;

/* ---- May it be copied? ------------------------------------------------------------------------------------------------------- */

enum { COPY_REFUSED = 1, COPY_ALLOWED };

static int ask(creating *c, weir__copy_rule *rule)
{
	weir__call *call = &c->call;
	weir__conn *conn = NULL;
	int         rc = weir__session_acquire(call->session, call->deadline, &conn, call->err);

	if (rc >= 0)
		rc = weir__copy_asks(conn, call->entity->statements, call->deadline, rule, call->err);
	weir__session_give_back(call->session, &conn);
	return rc;
}

/* Asked once; the table stays what it is. */
static int can_copy(creating *c, bool *can)
{
	weir__entity   *entity = (weir__entity *)(uintptr_t)c->call.entity;
	int             known = atomic_load_explicit(&entity->copies, memory_order_acquire);
	weir__copy_rule rule = { known == COPY_ALLOWED, atomic_load_explicit(&entity->copy_refused, memory_order_relaxed) };
	int             rc = WEIR_OK;

	*can = false;
	if (!weir__copy_fits(entity->statements, c->mask))
		return WEIR_OK;
	if (!known) {
		rc = ask(c, &rule);
		if (rc < 0)
			return rc;
		atomic_store_explicit(&entity->copy_refused, rule.refused, memory_order_relaxed);
		atomic_store_explicit(&entity->copies, rule.allowed ? COPY_ALLOWED : COPY_REFUSED, memory_order_release);
	}
	*can = rule.allowed && !(rule.refused & c->mask);
	return rc;
}

/* ---- Which row? -------------------------------------------------------------------------------------------------------------- */

/* Moves *at behind a name as the server writes it, quoted where it has to be. -1: no column is called so. */
static int read_column(const weir__layout *layout, const char **at)
{
	char   name[NAME_MOST + 1];
	bool   is_quoted = **at == '"';
	size_t length = 0;

	for (*at += is_quoted; **at && length < sizeof name - 1; ++*at) {
		if (is_quoted ? **at == '"' && *++*at != '"' : **at == ',' || **at == ')')
			break;
		name[length++] = **at;
	}
	for (size_t i = 0; i < layout->column_count; i++)
		if (layout->columns[i].name_length == length && memcmp(layout->columns[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

/* The columns of `Key (a, "b c")=(`; NULL if they are not all given. Else what follows. */
static const char *read_columns(const creating *c, uint8_t *columns, size_t *count)
{
	const char *at = strchr(c->blame.detail, '(');

	at += at != NULL;
	for (*count = 0; at && *count < WEIR__KEY_COLUMNS_MAX; at += 2) {
		int column = read_column(c->call.entity->layout, &at);

		if (column < 0 || !(c->mask >> column & 1))
			return NULL;
		columns[(*count)++] = (uint8_t)column;
		if (strncmp(at, ")=(", 3) == 0)
			return at + 3;
		if (strncmp(at, ", ", 2) != 0)
			return NULL;
	}
	return NULL;
}

/* Does the row have these values: `x, y)`? */
static bool has_values(const creating *c, size_t row, const uint8_t *columns, size_t count, const char *values)
{
	const weir__layout *layout = c->call.entity->layout;

	for (size_t i = 0; i < count; i++) {
		char        scratch[WEIR__KEY_VALUE_MAX];
		weir_value  value = weir__layout_get(layout, columns[i], (const char *)c->values + row * layout->model->size);
		weir_bytes  text = weir__key_value(&value, scratch);
		const char *separator = i + 1 < count ? ", " : ")";

		if (!text.data || strncmp(values, text.data, text.length) != 0 ||
		    strncmp(values + text.length, separator, strlen(separator)) != 0)
			return false;
		values += text.length + strlen(separator);
	}
	return true;
}

/* Of two rows with one key it is the second that is one too many. */
static bool find_by_key(const creating *c, size_t *row)
{
	uint8_t     columns[WEIR__KEY_COLUMNS_MAX];
	size_t      count;
	const char *values = read_columns(c, columns, &count);
	bool        found = false;

	for (size_t i = 0; values && i < c->count; i++) {
		if (!has_values(c, i, columns, count, values))
			continue;
		*row = i;
		if (found || c->call.err->status != WEIR_ERR_UNIQUE)
			return true;
		found = true;
	}
	return found;
}

/* Copies the rows, for its failure. */
static void copy_in_vain(creating *c)
{
	const weir__copy copy = { c->call.entity->statements, c->mask, c->values, c->count };
	weir__conn      *conn = NULL;
	int              rc = weir__session_acquire(c->call.session, c->call.deadline, &conn, NULL);

	c->blame.line = 0;
	if (rc >= 0)
		rc = weir__conn_begin(conn, NULL, c->call.deadline, NULL);
	if (rc >= 0 && weir__conn_copy(conn, &copy, c->call.deadline, NULL) < 0)
		c->blame = *weir__conn_blame(conn);
	if (conn)
		weir__conn_rollback(conn, c->call.deadline);
	weir__session_give_back(c->call.session, &conn);
}

static bool is_of_a_row(int status)
{
	return (status <= WEIR_ERR_UNIQUE && status >= WEIR_ERR_EXCLUSION) || status == WEIR_ERR_VALUE;
}

static void name_row(creating *c)
{
	weir_error *err = c->call.err;
	size_t      row;
	bool        can = false;

	if (!is_of_a_row(err->status) || !err->sqlstate[0] || err->row)
		return;
	if (c->blame.line == 0 && find_by_key(c, &row)) {
		weir__error_add_row(err, row);
		return;
	}
	if (c->blame.line == 0 && !c->call.session->transaction) {
		weir_error kept = *err;

		if (can_copy(c, &can) >= 0 && can)
			copy_in_vain(c);
		*err = kept;
	}
	if (c->blame.line > 0 && c->blame.line <= c->count)
		weir__error_add_row(err, c->blame.line - 1);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------------------- */

/* What is inserted is known whether it is returned or not. */
static int collect_inserted(weir__call *call, const weir__rows *rows, weir__touches *touches)
{
	const creating *c = (const creating *)(const void *)call;

	(void)rows;
	return weir__collect_given(call, c->values, c->count, c->mask, touches);
}

static int write_rows(creating *c, const weir__copy *copy, void *list)
{
	weir_list   written = WEIR_LIST_INIT;
	weir__write write = {
		.collect = collect_inserted,
		.always = true,
		.list = list ? &written : NULL,
		.copy = copy,
		.blame = &c->blame,
	};
	size_t changed;
	int    rc = copy ? WEIR_OK : weir__call_sql(&c->call, &write.sql);

	if (rc >= 0)
		rc = weir__write_run(&c->call, &write, &changed);
	if (weir__is_done(rc) && list)
		weir__list_out_set(list, &written);
	return rc;
}

static int create_many(creating *c, void *list)
{
	const weir__copy copy = { c->call.entity->statements, c->mask, c->values, c->count };
	bool             copies = false;
	int              rc = WEIR_OK;

	if (!list && c->count >= COPY_FROM_ROWS)
		rc = can_copy(c, &copies);
	if (rc >= 0 && !copies)
		rc = weir__sql_insert_many(c->call.entity->statements, c->mask, c->values, c->count, list != NULL, &c->call.sql,
		                           c->call.params, c->call.err);
	if (rc >= 0)
		rc = write_rows(c, copies ? &copy : NULL, list);
	if (rc < 0)
		name_row(c);
	return rc;
}

int weir_base_dao_create_many(const weir_base_dao *dao, const void *values, size_t count, weir_set set, void *list,
                              weir_error *err)
{
	creating c = { .values = values, .count = count };
	int      rc = weir__call_start(&c.call, dao, "create_many", err ? err : &c.own);

	if (rc >= 0 && list)
		rc = weir__check_list_out(&c.call, list);
	if (rc >= 0)
		rc = weir__check_values(&c.call, values, count, &set, &c.mask);
	if (rc >= 0 && count > 0)
		rc = create_many(&c, list);
	return weir__call_done(&c.call, rc);
}
