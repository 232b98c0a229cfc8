/* Statements that insert or update one row, kept for the next write of the same columns: a list per model that only grows, and is
 * read without a lock. Two threads may put in the same one; that does no harm. */
#include "db/sql.h"

#include "base/error.h"
#include "base/memory.h"
#include "db/params.h"

#include <stdatomic.h>

#define KEPT_MOST 32 /* of a model; what comes later is put together each time */

typedef struct kept {
	struct kept *next;
	bool         creates;
	weir__mask   mask;
	weir__mask   old;
	weir__sql    sql;
	char         text[];
} kept;

struct weir__kept {
	_Atomic(kept *) first;
	atomic_int      count;
};

bool weir__kept_create(weir__statements *s)
{
	s->kept = weir__calloc(1, sizeof *s->kept);
	return s->kept != NULL;
}

void weir__kept_free(weir__statements *s)
{
	kept *next;

	for (kept *each = s->kept ? atomic_load(&s->kept->first) : NULL; each; each = next) {
		next = each->next;
		weir__free(each);
	}
	weir__free(s->kept);
}

static const kept *find(const weir__statements *s, const weir__row_change *change)
{
	const kept *each = atomic_load_explicit(&s->kept->first, memory_order_acquire);

	while (each && (each->mask != change->mask || each->creates != change->creates || each->old != change->old))
		each = each->next;
	return each;
}

/* NULL: there are enough of them, or no memory for it. */
static const kept *keep(const weir__statements *s, const weir__row_change *change)
{
	kept *made;

	if (atomic_load_explicit(&s->kept->count, memory_order_relaxed) >= KEPT_MOST)
		return NULL;
	made = weir__malloc(sizeof *made + change->text->length + 1);
	if (!made)
		return NULL;
	*made = (kept){ .creates = change->creates, .mask = change->mask, .old = change->old };
	memcpy(made->text, change->text->data, change->text->length);
	made->text[change->text->length] = '\0';
	made->sql = weir__sql_of(made->text, change->text->length);
	made->sql.gives_xid = true;
	atomic_fetch_add_explicit(&s->kept->count, 1, memory_order_relaxed);
	made->next = atomic_load_explicit(&s->kept->first, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&s->kept->first, &made->next, made, memory_order_release,
	                                              memory_order_relaxed))
		;
	return made;
}

static int add_all(const weir__statements *s, const weir__row_change *change, weir_error *err)
{
	int status = weir__params_add_columns(change->params, s->layout, change->mask, change->values, err);

	if (status == WEIR_OK && !change->creates)
		status = weir__params_add_columns(change->params, s->layout, s->layout->key_mask, change->key, err);
	return status == WEIR_OK ? weir__sql_finish(s, change->text, change->params, err) : status;
}

static int put_together(const weir__statements *s, const weir__row_change *change, weir__sql *sql, weir_error *err)
{
	int status = change->creates ? weir__sql_insert(s, change->mask, change->values, change->text, change->params, err)
	                             : weir__sql_update(s, change->key, change->mask, change->values, change->old,
	                                                change->text, change->params, err);
	const char *text;
	const kept *made;

	if (status != WEIR_OK)
		return status;
	weir__sql_append_xid(change->text);
	text = weir__buffer_text(change->text);
	if (!text)
		return weir__error_no_memory(err);
	made = keep(s, change);
	*sql = made ? made->sql : weir__sql_of(text, change->text->length);
	sql->gives_xid = true;
	return WEIR_OK;
}

int weir__sql_change_row(const weir__statements *s, const weir__row_change *change, weir__sql *sql, weir_error *err)
{
	const kept *known = find(s, change);

	if (!known)
		return put_together(s, change, sql, err);
	*sql = known->sql;
	return add_all(s, change, err);
}
