/* Writes of this process and its near cache, without a server: what is near is served until the write ends, is counted with each
 * proof if that takes long, and may be renewed by what the write's statement returned, unless somebody has changed it since. */
#include "base/clock.h"
#include "base/seat.h"
#include "cache/near_memory.h"
#include "cache/near_link.h"
#include "support/suite.h"

#include <string.h>

static weir__near      *near_cache;
static weir__near_link *near_link;
static weir_cache_watch told;

static int watch(weir_cache_backend *self, const weir_cache_watch *watch, void **handle)
{
	told = *watch;
	*handle = self;
	return WEIR_OK;
}

static void unwatch(void *handle)
{
	(void)handle;
}

static weir_cache_backend backend = { .name = "told", .watch = watch, .unwatch = unwatch };

static void open_link(void)
{
	weir_error err = WEIR_ERROR_INIT;

	ck_assert_int_eq(weir__near_create(&(weir_near_options){ .bound_ms = 0 }, &near_cache, &err), WEIR_OK);
	ck_assert_int_eq(weir__near_link_open(near_cache, &backend, (weir_bytes){ "near", 4 }, &near_link, &err), WEIR_OK);
	told.begun(told.context);
	told.proved(told.context, weir__now_us());
}

static void close_link(void)
{
	weir__near_link_close(near_link);
	weir__near_release(near_cache);
	near_link = NULL;
	near_cache = NULL;
}

/* Two keys, of two stripes. */
enum { A, B };
static uint32_t stripes[] = { [A] = 5, [B] = 9 };

static void begin(weir__near_write *write, size_t key)
{
	*write = (weir__near_write){ .stripes = &stripes[key], .count = 1 };
	weir__near_write_begin(near_link, write);
}

static weir__near_ticket ticket_of(size_t key)
{
	weir__near_ticket ticket = { .count = 0 };

	weir__near_depend(&ticket, stripes[key]);
	weir__near_take(near_cache, &ticket, weir__now_us());
	return ticket;
}

/* What the write of a key, whose statement has returned, leaves near. */
static struct renewed {
	weir__near_write   write;
	weir__near_ticket  ticket;
	weir__near_renewal renewal;
} renewed;

static void write_until_guarded(size_t key)
{
	memset(&renewed, 0, sizeof renewed);
	weir__near_depend(&renewed.ticket, stripes[key]);
	weir__near_renewal_begin(near_link, &renewed.ticket, weir__now_us(), &renewed.renewal);
	begin(&renewed.write, key);
}

static bool end_and_renew(void)
{
	weir__near_write_end(&renewed.write);
	return weir__near_renewal_end(near_link, &renewed.write, &renewed.renewal, &renewed.ticket);
}

START_TEST(test_near_link__what_is_near_is_right_until_the_write_ends)
{
	weir__near_write  write;
	weir__near_ticket a, b;

	open_link();
	a = ticket_of(A);
	b = ticket_of(B);
	begin(&write, A);
	weir__near_write_guarded(&write);
	ck_assert(weir__near_holds(near_cache, &a));
	weir__near_write_end(&write);
	ck_assert(!weir__near_holds(near_cache, &a));
	ck_assert(weir__near_holds(near_cache, &b));
	a = ticket_of(A);
	weir__near_write_end(&write);
	ck_assert(weir__near_holds(near_cache, &a));
	close_link();
}
END_TEST

START_TEST(test_near_link__a_proof_counts_what_is_under_way)
{
	weir__near_write  write;
	weir__near_ticket a, b;

	open_link();
	a = ticket_of(A);
	b = ticket_of(B);
	begin(&write, A);
	told.proved(told.context, weir__now_us());
	ck_assert(!weir__near_holds(near_cache, &a));
	ck_assert(weir__near_holds(near_cache, &b));
	a = ticket_of(A);
	told.proved(told.context, weir__now_us());
	ck_assert(!weir__near_holds(near_cache, &a));
	weir__near_write_end(&write);
	a = ticket_of(A);
	told.proved(told.context, weir__now_us());
	ck_assert(weir__near_holds(near_cache, &a));
	close_link();
}
END_TEST

START_TEST(test_near_link__where_nothing_is_proved_a_guard_counts)
{
	weir__near_write  write;
	weir__near_ticket a;

	open_link();
	told.proved(told.context, INT64_MAX);
	a = ticket_of(A);
	begin(&write, A);
	ck_assert(weir__near_holds(near_cache, &a));
	weir__near_write_guarded(&write);
	ck_assert(!weir__near_holds(near_cache, &a));
	weir__near_write_end(&write);
	close_link();
}
END_TEST

START_TEST(test_near_link__what_a_statement_returned_is_kept_until_the_next_change)
{
	open_link();
	write_until_guarded(A);
	ck_assert(end_and_renew());
	ck_assert(weir__near_holds(near_cache, &renewed.ticket));
	weir__near_touch(near_cache, stripes[B]);
	ck_assert(weir__near_holds(near_cache, &renewed.ticket));
	weir__near_touch(near_cache, stripes[A]);
	ck_assert(!weir__near_holds(near_cache, &renewed.ticket));
	close_link();
}
END_TEST

START_TEST(test_near_link__it_is_not_where_another_process_has_changed_it)
{
	open_link();
	write_until_guarded(A);
	weir__near_touch(near_cache, stripes[A]);
	ck_assert(!end_and_renew());
	close_link();
}
END_TEST

START_TEST(test_near_link__nor_after_a_reset_or_a_proof)
{
	open_link();
	write_until_guarded(A);
	weir__near_reset(near_cache);
	ck_assert(!end_and_renew());
	write_until_guarded(A);
	told.proved(told.context, weir__now_us());
	ck_assert(!end_and_renew());
	close_link();
}
END_TEST

START_TEST(test_near_link__an_earlier_write_that_ends_meanwhile_is_no_change)
{
	weir__near_write earlier;

	open_link();
	begin(&earlier, A);
	write_until_guarded(A);
	weir__near_write_end(&earlier);
	ck_assert(end_and_renew());
	ck_assert(weir__near_holds(near_cache, &renewed.ticket));
	close_link();
}
END_TEST

START_TEST(test_near_link__one_that_ends_later_drops_it)
{
	weir__near_write earlier;

	open_link();
	begin(&earlier, A);
	write_until_guarded(A);
	ck_assert(end_and_renew());
	weir__near_write_end(&earlier);
	ck_assert(!weir__near_holds(near_cache, &renewed.ticket));
	close_link();
}
END_TEST

START_TEST(test_near_link__a_later_write_that_has_ended_is_a_change)
{
	weir__near_write earlier, later;

	open_link();
	write_until_guarded(A);
	begin(&later, A);
	weir__near_write_end(&later);
	ck_assert(!end_and_renew());

	begin(&earlier, A); /* which does not take the later one's place */
	write_until_guarded(A);
	begin(&later, A);
	weir__near_write_end(&later);
	ck_assert(!end_and_renew());
	weir__near_write_end(&earlier);
	close_link();
}
END_TEST

START_TEST(test_near_link__writes_end_in_any_order)
{
	weir__near_write writes[4];

	open_link();
	for (int i = 0; i < 4; i++)
		begin(&writes[i], A);
	for (int i = 0; i < 4; i++)
		weir__near_write_end(&writes[(const int[]){ 2, 0, 3, 1 }[i]]);
	ck_assert_ptr_null(near_link->writes);
	close_link();
}
END_TEST

WEIR_SUITE("unit/cache/near_link", test_near_link__what_is_near_is_right_until_the_write_ends,
           test_near_link__a_proof_counts_what_is_under_way, test_near_link__where_nothing_is_proved_a_guard_counts,
           test_near_link__what_a_statement_returned_is_kept_until_the_next_change,
           test_near_link__it_is_not_where_another_process_has_changed_it, test_near_link__nor_after_a_reset_or_a_proof,
           test_near_link__an_earlier_write_that_ends_meanwhile_is_no_change,
           test_near_link__one_that_ends_later_drops_it, test_near_link__a_later_write_that_has_ended_is_a_change,
           test_near_link__writes_end_in_any_order);
