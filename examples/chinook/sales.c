/* Questions about customers, the staff and what was sold (questions.h). */
#include "questions.h"

#include <stdlib.h>

static const char *timestamp_or_empty(weir_opt_timestamp timestamp, char text[WEIR_TIME_TEXT_MAX])
{
	return timestamp.has ? weir_timestamp_text(timestamp.value, text) : "";
}

/* Up the chain of reports_to, as far as it goes. */
static int print_chain(weir_session *session, weir_opt_i32 id, FILE *out, weir_error *err)
{
	int rc = WEIR_OK;

	for (int level = 0; id.has && rc == WEIR_OK && level < 10; level++) {
		char            hired[WEIR_TIME_TEXT_MAX];
		const employee *e = NULL;

		rc = ask_by_id(session, &employee_model, &(employee){ .employee_id = id.value }, &e, err);
		if (rc != WEIR_OK)
			break;
		fprintf(out, "%s|%s|%s\n", e->first_name, e->last_name, timestamp_or_empty(e->hire_date, hired));
		id = e->reports_to;
		employee_release(&e);
	}
	return rc;
}

int ask_support_chain(weir_session *session, FILE *out, weir_error *err)
{
	customer_list found = WEIR_LIST_INIT;
	int           rc = ask_list(session, &customer_model,
	                            WEIR_QUERY(.where = weir_eq(chinook_c.customer_email, "luisg@embraer.com.br")), &found, err);

	if (rc == WEIR_OK && found.count == 1)
		rc = print_chain(session, found.items[0]->support_rep_id, out, err);
	customer_list_release(&found);
	return rc;
}

int ask_staff(weir_session *session, FILE *out, weir_error *err)
{
	static const int32_t bosses[] = { 1, 6 };
	employee_list        found = WEIR_LIST_INIT;
	int                  rc = ask_list(session, &employee_model,
	                                   WEIR_QUERY(.where = weir_any(weir_is_null(chinook_c.employee_reports_to),
	                                                                weir_in(chinook_c.employee_reports_to, bosses, 2)),
	                                              .order = WEIR_ORDER(weir_asc(chinook_c.employee_birth_date))),
	                                   &found, err);

	for (size_t i = 0; i < found.count; i++) {
		char            born[WEIR_TIME_TEXT_MAX];
		const employee *e = found.items[i];

		fprintf(out, "%s|", e->last_name);
		if (e->reports_to.has)
			fprintf(out, "%d", (int)e->reports_to.value);
		fprintf(out, "|%s\n", timestamp_or_empty(e->birth_date, born));
	}
	employee_list_release(&found);
	return rc;
}

int ask_customers_page(weir_session *session, FILE *out, weir_error *err)
{
	static const char *const countries[] = { "Brazil", "Canada", "Portugal" };
	customer_list            found = WEIR_LIST_INIT;
	weir_condition           where =
		weir_all(weir_is_null(chinook_c.customer_company), weir_in(chinook_c.customer_country, countries, 3));
	weir_orders order = WEIR_ORDER(weir_desc(chinook_c.customer_country), weir_asc(chinook_c.customer_last_name));
	int rc = ask_list(session, &customer_model, WEIR_QUERY(.where = where, .order = order, .skip = 2, .limit = 4),
	                  &found, err);

	for (size_t i = 0; i < found.count; i++) {
		const customer *c = found.items[i];

		fprintf(out, "%s|%s|%s|%s\n", c->first_name, c->last_name, c->country, c->postal_code ? c->postal_code : "");
	}
	customer_list_release(&found);
	return rc;
}

int ask_spending(weir_session *session, FILE *out, weir_error *err)
{
	weir_timestamp first, last;
	invoice_list   found = WEIR_LIST_INIT;
	long long      sum = 0;
	int            rc = weir_timestamp_parse("2022-01-01T00:00:00", &first);

	if (rc == WEIR_OK)
		rc = weir_timestamp_parse("2024-12-31T00:00:00", &last);
	if (rc == WEIR_OK)
		rc = ask_list(session, &invoice_model,
		              WEIR_QUERY(.where = weir_all(weir_eq(chinook_c.invoice_customer_id, 5),
		                                           weir_between(chinook_c.invoice_date, first, last)),
		                         .order = WEIR_ORDER(weir_asc(chinook_c.invoice_date))),
		              &found, err);
	for (size_t i = 0; i < found.count; i++) {
		char           date[WEIR_TIME_TEXT_MAX];
		const invoice *v = found.items[i];

		fprintf(out, "%d|%s|%s\n", (int)v->invoice_id, weir_timestamp_text(v->invoice_date, date), v->total.text);
		sum += cents(v->total);
	}
	fprintf(out, "all||%lld.%02lld\n", sum / 100, sum % 100);
	invoice_list_release(&found);
	return rc;
}

static int print_lines(weir_session *session, const invoice_line_list *lines, FILE *out, weir_error *err)
{
	int rc = WEIR_OK;

	for (size_t i = 0; i < lines->count && rc == WEIR_OK; i++) {
		const invoice_line *line = lines->items[i];
		const track        *sold = NULL;

		rc = ask_by_id(session, &track_model, &(track){ .track_id = line->track_id }, &sold, err);
		if (rc == WEIR_OK)
			fprintf(out, "%s|%s|%d\n", sold->name, line->unit_price.text, (int)line->quantity);
		track_release(&sold);
	}
	return rc;
}

int ask_largest_invoice(weir_session *session, FILE *out, weir_error *err)
{
	invoice_list      largest = WEIR_LIST_INIT;
	invoice_line_list lines = WEIR_LIST_INIT;
	int               rc = ask_list(session, &invoice_model,
	                                WEIR_QUERY(.order = WEIR_ORDER(weir_desc(chinook_c.invoice_total)), .limit = 1), &largest, err);

	if (rc == WEIR_OK && largest.count == 1)
		rc = ask_list(session, &invoice_line_model,
		              WEIR_QUERY(.where = weir_eq(chinook_c.invoice_line_invoice_id, largest.items[0]->invoice_id)),
		              &lines, err);
	if (rc == WEIR_OK)
		rc = print_lines(session, &lines, out, err);
	invoice_line_list_release(&lines);
	invoice_list_release(&largest);
	return rc;
}

/* ---- Which genres earned most: three lists, joined here ------------------------------------------------------------ */

struct earnings {
	const genre *genre;
	long long    cents;
};

static int compare_earnings(const void *a, const void *b)
{
	const struct earnings *left = a, *right = b;

	if (left->cents != right->cents)
		return left->cents < right->cents ? 1 : -1;
	return left->genre->genre_id - right->genre->genre_id;
}

/* tracks.items[i] is what lines.items[i] sold. */
static void print_earnings(const invoice_line_list *lines, const track_list *tracks, const genre_list *genres,
                           FILE *out)
{
	struct earnings earned[100] = { { NULL, 0 } };
	size_t          count = genres->count < 100 ? genres->count : 100;

	for (size_t g = 0; g < count; g++) {
		earned[g].genre = genres->items[g];
		for (size_t i = 0; i < lines->count; i++)
			if (tracks->items[i] && tracks->items[i]->genre_id.value == genres->items[g]->genre_id)
				earned[g].cents += cents(lines->items[i]->unit_price) * lines->items[i]->quantity;
	}
	qsort(earned, count, sizeof earned[0], compare_earnings);
	for (size_t g = 0; g < count && g < 5; g++)
		fprintf(out, "%s|%lld.%02lld\n", earned[g].genre->name, earned[g].cents / 100, earned[g].cents % 100);
}

static int get_tracks(weir_session *session, const invoice_line_list *lines, track_list *tracks, weir_error *err)
{
	weir_base_dao dao = weir_get_dao(session, &track_model);
	int32_t      *ids = calloc(lines->count + 1, sizeof *ids);
	int           rc;

	if (!ids)
		return WEIR_ERR_NO_MEMORY;
	for (size_t i = 0; i < lines->count; i++)
		ids[i] = lines->items[i]->track_id;
	rc = weir_base_dao_get_many_cached(&dao, ids, lines->count, tracks, err);
	free(ids);
	return rc;
}

int ask_best_genres(weir_session *session, FILE *out, weir_error *err)
{
	invoice_line_list lines = WEIR_LIST_INIT;
	track_list        tracks = WEIR_LIST_INIT;
	genre_list        genres = WEIR_LIST_INIT;
	int               rc = ask_list(session, &invoice_line_model, WEIR_QUERY(.limit = 10000), &lines, err);

	if (rc == WEIR_OK)
		rc = get_tracks(session, &lines, &tracks, err);
	if (rc == WEIR_OK)
		rc = ask_list(session, &genre_model, NULL, &genres, err);
	if (rc == WEIR_OK)
		print_earnings(&lines, &tracks, &genres, out);
	genre_list_release(&genres);
	track_list_release(&tracks);
	invoice_line_list_release(&lines);
	return rc;
}
