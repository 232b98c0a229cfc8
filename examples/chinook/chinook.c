/* The models of the Chinook database (chinook.h). */
#include "chinook.h"

static const weir_field artist_fields[] = {
	WEIR_FIELD(artist, artist_id, .primary_key = true, .generated = true),
	WEIR_FIELD(artist, name, .nullable = true, .max_length = 120),
};
static const weir_relation artist_relations[] = {
	WEIR_HAS_MANY(artist, albums, album, artist_id, .inverse_of = "artist"),
};
const weir_model artist_model = WEIR_MODEL(artist, "artist", artist_fields, WEIR_RELATIONS(artist_relations));

static const weir_field album_fields[] = {
	WEIR_FIELD(album, album_id, .primary_key = true, .generated = true),
	WEIR_FIELD(album, title, .max_length = 160),
	WEIR_FIELD(album, artist_id, .stamped = true),
};
static const weir_relation album_relations[] = {
	WEIR_BELONGS_TO(album, artist, artist, artist_id, .inverse_of = "albums"),
	WEIR_HAS_MANY(album, tracks, track, album_id, .inverse_of = "album"),
};
const weir_model album_model = WEIR_MODEL(album, "album", album_fields, WEIR_RELATIONS(album_relations));

static const weir_field genre_fields[] = {
	WEIR_FIELD(genre, genre_id, .primary_key = true, .generated = true),
	WEIR_FIELD(genre, name, .nullable = true, .max_length = 120),
};
const weir_model genre_model = WEIR_MODEL(genre, "genre", genre_fields);

static const weir_field media_type_fields[] = {
	WEIR_FIELD(media_type, media_type_id, .primary_key = true, .generated = true),
	WEIR_FIELD(media_type, name, .nullable = true, .max_length = 120),
};
const weir_model media_type_model = WEIR_MODEL(media_type, "media_type", media_type_fields);

static const weir_field track_fields[] = {
	WEIR_FIELD(track, track_id, .primary_key = true, .generated = true),
	WEIR_FIELD(track, name, .max_length = 200),
	WEIR_FIELD(track, album_id, .stamped = true),
	WEIR_FIELD(track, media_type_id),
	WEIR_FIELD(track, genre_id, .stamped = true),
	WEIR_FIELD(track, composer, .nullable = true, .max_length = 220),
	WEIR_FIELD(track, milliseconds),
	WEIR_FIELD(track, bytes),
	WEIR_FIELD(track, unit_price),
};
static const weir_relation track_relations[] = {
	WEIR_BELONGS_TO(track, album, album, album_id, .inverse_of = "tracks"),
	WEIR_BELONGS_TO(track, genre, genre, genre_id),
	WEIR_BELONGS_TO(track, media_type, media_type, media_type_id),
	WEIR_MANY_TO_MANY(track, playlists, playlist, playlist_track, track_id, playlist_id, .inverse_of = "tracks"),
};
const weir_model track_model = WEIR_MODEL(track, "track", track_fields, WEIR_RELATIONS(track_relations));

static const weir_field employee_fields[] = {
	WEIR_FIELD(employee, employee_id, .primary_key = true, .generated = true),
	WEIR_FIELD(employee, last_name, .max_length = 20),
	WEIR_FIELD(employee, first_name, .max_length = 20),
	WEIR_FIELD(employee, title, .nullable = true, .max_length = 30),
	WEIR_FIELD(employee, reports_to, .stamped = true),
	WEIR_FIELD(employee, birth_date),
	WEIR_FIELD(employee, hire_date),
	WEIR_FIELD(employee, address, .nullable = true, .max_length = 70),
	WEIR_FIELD(employee, city, .nullable = true, .max_length = 40),
	WEIR_FIELD(employee, state, .nullable = true, .max_length = 40),
	WEIR_FIELD(employee, country, .nullable = true, .max_length = 40),
	WEIR_FIELD(employee, postal_code, .nullable = true, .max_length = 10),
	WEIR_FIELD(employee, phone, .nullable = true, .max_length = 24),
	WEIR_FIELD(employee, fax, .nullable = true, .max_length = 24),
	WEIR_FIELD(employee, email, .nullable = true, .max_length = 60),
};
static const weir_relation employee_relations[] = {
	WEIR_BELONGS_TO(employee, boss, employee, reports_to, .inverse_of = "reports"),
	WEIR_HAS_MANY(employee, reports, employee, reports_to, .inverse_of = "boss"),
	WEIR_HAS_MANY(employee, customers, customer, support_rep_id, .inverse_of = "support_rep"),
};
const weir_model employee_model = WEIR_MODEL(employee, "employee", employee_fields, WEIR_RELATIONS(employee_relations));

static const weir_field customer_fields[] = {
	WEIR_FIELD(customer, customer_id, .primary_key = true, .generated = true),
	WEIR_FIELD(customer, first_name, .max_length = 40),
	WEIR_FIELD(customer, last_name, .max_length = 20),
	WEIR_FIELD(customer, company, .nullable = true, .max_length = 80),
	WEIR_FIELD(customer, address, .nullable = true, .max_length = 70),
	WEIR_FIELD(customer, city, .nullable = true, .max_length = 40),
	WEIR_FIELD(customer, state, .nullable = true, .max_length = 40),
	WEIR_FIELD(customer, country, .nullable = true, .max_length = 40),
	WEIR_FIELD(customer, postal_code, .nullable = true, .max_length = 10),
	WEIR_FIELD(customer, phone, .nullable = true, .max_length = 24),
	WEIR_FIELD(customer, fax, .nullable = true, .max_length = 24),
	WEIR_FIELD(customer, email, .max_length = 60),
	WEIR_FIELD(customer, support_rep_id, .stamped = true),
};
static const weir_relation customer_relations[] = {
	WEIR_BELONGS_TO(customer, support_rep, employee, support_rep_id, .inverse_of = "customers"),
	WEIR_HAS_MANY(customer, invoices, invoice, customer_id, .inverse_of = "customer"),
};
const weir_model customer_model = WEIR_MODEL(customer, "customer", customer_fields, WEIR_RELATIONS(customer_relations));

static const weir_field invoice_fields[] = {
	WEIR_FIELD(invoice, invoice_id, .primary_key = true, .generated = true),
	WEIR_FIELD(invoice, customer_id, .stamped = true),
	WEIR_FIELD(invoice, invoice_date),
	WEIR_FIELD(invoice, billing_address, .nullable = true, .max_length = 70),
	WEIR_FIELD(invoice, billing_city, .nullable = true, .max_length = 40),
	WEIR_FIELD(invoice, billing_state, .nullable = true, .max_length = 40),
	WEIR_FIELD(invoice, billing_country, .nullable = true, .max_length = 40),
	WEIR_FIELD(invoice, billing_postal_code, .nullable = true, .max_length = 10),
	WEIR_FIELD(invoice, total),
};
static const weir_relation invoice_relations[] = {
	WEIR_BELONGS_TO(invoice, customer, customer, customer_id, .inverse_of = "invoices"),
	WEIR_HAS_MANY(invoice, lines, invoice_line, invoice_id, .inverse_of = "invoice"),
};
const weir_model invoice_model = WEIR_MODEL(invoice, "invoice", invoice_fields, WEIR_RELATIONS(invoice_relations));

/* One question reads all 2240 lines as one list, which is more than is cached unless a model says so. */
static const weir_field invoice_line_fields[] = {
	WEIR_FIELD(invoice_line, invoice_line_id, .primary_key = true, .generated = true),
	WEIR_FIELD(invoice_line, invoice_id, .stamped = true),
	WEIR_FIELD(invoice_line, track_id, .stamped = true),
	WEIR_FIELD(invoice_line, unit_price),
	WEIR_FIELD(invoice_line, quantity),
};
static const weir_relation invoice_line_relations[] = {
	WEIR_BELONGS_TO(invoice_line, invoice, invoice, invoice_id, .inverse_of = "lines"),
	WEIR_BELONGS_TO(invoice_line, track, track, track_id),
};
const weir_model invoice_line_model =
	WEIR_MODEL(invoice_line, "invoice_line", invoice_line_fields, WEIR_RELATIONS(invoice_line_relations),
               .cache = { .max_items = 5000 });

static const weir_field playlist_fields[] = {
	WEIR_FIELD(playlist, playlist_id, .primary_key = true, .generated = true),
	WEIR_FIELD(playlist, name, .nullable = true, .max_length = 120),
};
static const weir_relation playlist_relations[] = {
	WEIR_MANY_TO_MANY(playlist, tracks, track, playlist_track, playlist_id, track_id, .inverse_of = "playlists"),
};
const weir_model playlist_model = WEIR_MODEL(playlist, "playlist", playlist_fields, WEIR_RELATIONS(playlist_relations));

static const weir_field playlist_track_fields[] = {
	WEIR_FIELD(playlist_track, playlist_id, .primary_key = true, .stamped = true),
	WEIR_FIELD(playlist_track, track_id, .primary_key = true, .stamped = true),
};
const weir_model playlist_track_model = WEIR_MODEL(playlist_track, "playlist_track", playlist_track_fields);

const weir_model *const chinook_models[] = {
	&artist_model,   &album_model,   &genre_model,        &media_type_model, &track_model,          &employee_model,
	&customer_model, &invoice_model, &invoice_line_model, &playlist_model,   &playlist_track_model, NULL,
};

const struct chinook_columns chinook_c = {
	.artist_name = WEIR_TEXT_COLUMN(artist, name),
	.album_artist_id = WEIR_I32_COLUMN(album, artist_id),
	.album_title = WEIR_TEXT_COLUMN(album, title),
	.genre_name = WEIR_TEXT_COLUMN(genre, name),
	.track_album_id = WEIR_I32_COLUMN(track, album_id),
	.track_genre_id = WEIR_I32_COLUMN(track, genre_id),
	.track_name = WEIR_TEXT_COLUMN(track, name),
	.track_composer = WEIR_TEXT_COLUMN(track, composer),
	.track_milliseconds = WEIR_I32_COLUMN(track, milliseconds),
	.employee_reports_to = WEIR_I32_COLUMN(employee, reports_to),
	.employee_birth_date = WEIR_TIMESTAMP_COLUMN(employee, birth_date),
	.customer_company = WEIR_TEXT_COLUMN(customer, company),
	.customer_country = WEIR_TEXT_COLUMN(customer, country),
	.customer_last_name = WEIR_TEXT_COLUMN(customer, last_name),
	.customer_email = WEIR_TEXT_COLUMN(customer, email),
	.invoice_customer_id = WEIR_I32_COLUMN(invoice, customer_id),
	.invoice_date = WEIR_TIMESTAMP_COLUMN(invoice, invoice_date),
	.invoice_total = WEIR_NUMERIC_COLUMN(invoice, total),
	.invoice_line_invoice_id = WEIR_I32_COLUMN(invoice_line, invoice_id),
	.playlist_name = WEIR_TEXT_COLUMN(playlist, name),
	.playlist_track_playlist_id = WEIR_I32_COLUMN(playlist_track, playlist_id),
};
