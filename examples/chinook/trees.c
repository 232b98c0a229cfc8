/* Questions whose answers are trees (questions.h): the paths name what is needed, one read brings all of it, and the functions
 * of the relations (chinook.h) walk over what came with the list. */
#include "questions.h"

/* ---- Artists, albums, tracks --------------------------------------------------------------------------------------- */

static void print_album(const artist_list *page, const artist *by, const album *a, FILE *out)
{
	track_list tracks = WEIR_LIST_INIT;

	album_tracks_loaded(page, a, &tracks);
	for (size_t i = 0; i < tracks.count; i++) {
		const genre      *kind = NULL;
		const media_type *format = NULL;

		track_genre_loaded(page, tracks.items[i], &kind);
		track_media_type_loaded(page, tracks.items[i], &format);
		fprintf(out, "%s|%s|%s|%s|%s\n", by->name, a->title, tracks.items[i]->name, kind ? kind->name : "",
		        format ? format->name : "");
	}
}

int ask_discographies(weir_session *session, FILE *out, weir_error *err)
{
	artist_list page = WEIR_LIST_INIT;
	int         rc = ask_list(session, &artist_model,
	                          WEIR_QUERY(.where = weir_istarts_with(chinook_c.artist_name, "ac"),
	                                     .with = WEIR_WITH("albums.tracks.genre", "albums.tracks.media_type")),
	                          &page, err);

	for (size_t i = 0; i < page.count; i++) {
		album_list albums = WEIR_LIST_INIT;

		artist_albums_loaded(&page, page.items[i], &albums);
		for (size_t k = 0; k < albums.count; k++)
			print_album(&page, page.items[i], albums.items[k], out);
	}
	artist_list_release(&page);
	return rc;
}

/* ---- Customers, invoices, lines, tracks ---------------------------------------------------------------------------- */

static void print_invoice(const customer_list *page, const customer *buyer, const invoice *bill, FILE *out)
{
	invoice_line_list lines = WEIR_LIST_INIT;

	invoice_lines_loaded(page, bill, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		const invoice_line *line = lines.items[i];
		const track        *sold = NULL;

		invoice_line_track_loaded(page, line, &sold);
		fprintf(out, "%s|%d|%s|%s|%d\n", buyer->last_name, (int)bill->invoice_id, sold ? sold->name : "",
		        line->unit_price.text, (int)line->quantity);
	}
}

int ask_purchases(weir_session *session, FILE *out, weir_error *err)
{
	customer_list page = WEIR_LIST_INIT;
	int           rc = ask_list(
				  session, &customer_model,
				  WEIR_QUERY(.where = weir_eq(chinook_c.customer_country, "Germany"), .with = WEIR_WITH("invoices.lines.track")),
				  &page, err);

	for (size_t i = 0; i < page.count; i++) {
		invoice_list invoices = WEIR_LIST_INIT;

		customer_invoices_loaded(&page, page.items[i], &invoices);
		for (size_t k = 0; k < invoices.count; k++)
			print_invoice(&page, page.items[i], invoices.items[k], out);
	}
	customer_list_release(&page);
	return rc;
}

/* ---- The staff: a relation of a table to itself -------------------------------------------------------------------- */

/* Three levels, as many as the paths name. */
static void print_staff(const employee_list *page, const employee_list *staff, int level, FILE *out)
{
	for (size_t i = 0; level < 3 && i < staff->count; i++) {
		const employee *e = staff->items[i];
		employee_list   reports = WEIR_LIST_INIT;
		customer_list   customers = WEIR_LIST_INIT;

		employee_reports_loaded(page, e, &reports);
		employee_customers_loaded(page, e, &customers);
		fprintf(out, "%d|%s|%zu\n", level, e->last_name, customers.count);
		print_staff(page, &reports, level + 1, out);
	}
}

int ask_hierarchy(weir_session *session, FILE *out, weir_error *err)
{
	employee_list page = WEIR_LIST_INIT;
	int           rc = ask_list(session, &employee_model,
	                            WEIR_QUERY(.where = weir_is_null(chinook_c.employee_reports_to),
	                                       .with = WEIR_WITH("customers", "reports.customers", "reports.reports.customers")),
	                            &page, err);

	if (rc == WEIR_OK)
		print_staff(&page, &page, 0, out);
	employee_list_release(&page);
	return rc;
}

/* ---- Playlists: many to many --------------------------------------------------------------------------------------- */

static void print_playlist(const playlist_list *page, const playlist *p, FILE *out)
{
	track_list tracks = WEIR_LIST_INIT;

	playlist_tracks_loaded(page, p, &tracks);
	for (size_t i = 0; i < tracks.count; i++) {
		const album  *from = NULL;
		const artist *by = NULL;

		if (track_album_loaded(page, tracks.items[i], &from) && from)
			album_artist_loaded(page, from, &by);
		fprintf(out, "%s|%s|%s\n", p->name, tracks.items[i]->name, by ? by->name : "");
	}
}

int ask_playlists(weir_session *session, FILE *out, weir_error *err)
{
	static const char *const names[] = { "Grunge", "Heavy Metal Classic" };
	playlist_list            page = WEIR_LIST_INIT;
	int                      rc = ask_list(
							 session, &playlist_model,
							 WEIR_QUERY(.where = weir_in(chinook_c.playlist_name, names, 2), .with = WEIR_WITH("tracks.album.artist")),
							 &page, err);

	for (size_t i = 0; i < page.count; i++)
		print_playlist(&page, page.items[i], out);
	playlist_list_release(&page);
	return rc;
}
