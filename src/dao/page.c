/* Pages by the row beside them. One row more than the page is read, to know whether there is a page behind it. The way back
 * is taken in reverse order and turned around.
 *
 * A page that turned out empty, because its rows are gone, still leads back: to the page that ends with the row it was to
 * begin behind. */
#include <weir/reading.h>

#include "base/error.h"
#include "base/memory.h"
#include "dao/check.h"
#include "dao/eager.h"

#include <string.h>

typedef struct paging {
	weir__call   call;
	weir_query   query; /* with room for one row more */
	const char  *cursor;
	weir__seek   seek;
	weir__plan   plan;
	weir_list    list;
	weir_cursors cursors;
} paging;

static int check_page(paging *p, const weir_query *query)
{
	int64_t limit;
	int     rc = weir__check_query(&p->call, query);

	if (rc < 0)
		return rc;
	if (query)
		p->query = *query;
	if (p->query.skip != 0)
		return weir__wrong_call(&p->call, "a page is found by its cursor: skip must be 0");
	if (p->query.limit == WEIR_NO_ROWS)
		return weir__wrong_call(&p->call, "a page has at least one row: the limit is 0");
	limit = p->query.limit == 0 ? WEIR_LIMIT_DEFAULT : p->query.limit;
	p->query.limit = limit < INT64_MAX ? limit + 1 : limit;
	return WEIR_OK;
}

static int check(paging *p, const weir_query *query, void *list, const weir_cursors *cursors)
{
	int rc = weir__check_list_out(&p->call, list);

	if (rc >= 0 && !cursors)
		rc = weir__wrong_call(&p->call, "nowhere to put the cursors");
	if (rc >= 0)
		rc = check_page(p, query);
	if (rc >= 0 && p->query.with.count > 0)
		rc = weir__plan_create(&p->call, &p->query.with, &p->plan);
	if (rc >= 0 && p->cursor)
		rc = weir__seek_read(p->call.entity->layout, &p->query, p->cursor, &p->seek, p->call.err);
	return rc;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------------- */

static int read_page(weir__call *call, const weir__listing *listing, weir_list *list)
{
	return weir__read_page(call, listing->query, listing->context, list);
}

static int read(paging *p, bool cached)
{
	const weir__listing listing = {
		.what = "page",
		.more = { p->cursor, p->cursor ? strlen(p->cursor) : 0 },
		.query = &p->query,
		.layout = p->call.entity->layout,
		.read = read_page,
		.context = &p->seek,
	};

	return cached && weir__call_is_cached(&p->call) ? weir__cached_listing(&p->call, &listing, &p->list)
	                                                : read_page(&p->call, &listing, &p->list);
}

/* ---- The pages beside it ----------------------------------------------------------------------------------------------- */

static int write_cursor(paging *p, bool backward, bool inclusive, char **text)
{
	weir__buffer made = WEIR__BUFFER_INIT;
	int          rc;

	p->seek.backward = backward;
	p->seek.inclusive = inclusive;
	rc = weir__seek_write(p->call.entity->layout, &p->query, &p->seek, &made, p->call.err);
	if (rc >= 0) {
		*text = weir__buffer_detach(&made);
		return *text ? WEIR_OK : weir__error_no_memory(p->call.err);
	}
	weir__buffer_release(&made);
	return rc;
}

static int point_from(paging *p, const void *row, bool backward, char **text)
{
	weir__seek_of(p->call.entity->layout, &p->query, row, &p->seek);
	return write_cursor(p, backward, false, text);
}

static int point(paging *p, bool more)
{
	bool backward = p->seek.backward;
	bool has_next = backward || more;
	bool has_previous = backward ? more : p->cursor != NULL;
	int  rc = WEIR_OK;

	p->cursors.has_more = has_next;
	if (p->list.count == 0 && p->cursor)
		return write_cursor(p, !backward, !p->seek.inclusive, backward ? &p->cursors.next : &p->cursors.previous);
	if (p->list.count == 0)
		return WEIR_OK;
	if (has_next)
		rc = point_from(p, p->list.items[p->list.count - 1], false, &p->cursors.next);
	if (rc >= 0 && has_previous)
		rc = point_from(p, p->list.items[0], true, &p->cursors.previous);
	return rc;
}

/* Takes the row too many away, puts the others in order. */
static int finish(paging *p)
{
	size_t limit = (size_t)p->query.limit - 1;
	bool   more = p->list.count > limit;

	if (p->seek.backward && !weir__list_unshare(&p->list))
		return weir__error_no_memory(p->call.err);
	weir__list_keep(&p->list, more ? limit : p->list.count, p->seek.backward);
	return point(p, more);
}

static int get_page(const weir_base_dao *dao, const weir_query *query, const char *cursor, void *list,
                    weir_cursors *cursors, bool cached, weir_error *err)
{
	paging p = { .cursor = cursor };
	int    rc = weir__call_start(&p.call, dao, "get_page", err);

	if (rc >= 0)
		rc = check(&p, query, list, cursors);
	if (rc >= 0)
		rc = read(&p, cached);
	if (rc >= 0)
		rc = finish(&p);
	if (rc >= 0 && p.plan.count > 0)
		rc = weir__eager_load(&p.call, &p.plan, cached, &p.list);
	if (rc >= 0) {
		weir_cursors_release(cursors);
		*cursors = p.cursors;
		weir__list_out_set(list, &p.list);
	} else {
		weir_cursors_release(&p.cursors);
		weir_list_release(&p.list);
	}
	weir__seek_release(&p.seek);
	weir__plan_release(&p.plan);
	return weir__call_done(&p.call, rc);
}

int weir_base_dao_get_page(const weir_base_dao *dao, const weir_query *query, const char *cursor, void *list,
                           weir_cursors *cursors, weir_error *err)
{
	return get_page(dao, query, cursor, list, cursors, false, err);
}

int weir_base_dao_get_page_cached(const weir_base_dao *dao, const weir_query *query, const char *cursor, void *list,
                                  weir_cursors *cursors, weir_error *err)
{
	return get_page(dao, query, cursor, list, cursors, true, err);
}

void weir_cursors_release(weir_cursors *cursors)
{
	if (!cursors)
		return;
	weir__free(cursors->next);
	weir__free(cursors->previous);
	*cursors = (weir_cursors){ .next = NULL };
}
