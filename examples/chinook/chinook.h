/* The tables of the Chinook database (a shop for music: artists, albums, tracks; customers and what they bought) as models,
 * written as an application would write its own. */
#ifndef CHINOOK_CHINOOK_H
#define CHINOOK_CHINOOK_H

#include <weir/weir.h>

typedef struct artist {
	int32_t     artist_id;
	const char *name;
} artist;
WEIR_RECORD(artist)
extern const weir_model artist_model;

typedef struct album {
	int32_t     album_id;
	const char *title;
	int32_t     artist_id;
} album;
WEIR_RECORD(album)
extern const weir_model album_model;

typedef struct genre {
	int32_t     genre_id;
	const char *name;
} genre;
WEIR_RECORD(genre)
extern const weir_model genre_model;

typedef struct media_type {
	int32_t     media_type_id;
	const char *name;
} media_type;
WEIR_RECORD(media_type)
extern const weir_model media_type_model;

typedef struct track {
	int32_t      track_id;
	const char  *name;
	weir_opt_i32 album_id;
	int32_t      media_type_id;
	weir_opt_i32 genre_id;
	const char  *composer;
	int32_t      milliseconds;
	weir_opt_i32 bytes;
	weir_numeric unit_price;
} track;
WEIR_RECORD(track)
extern const weir_model track_model;

typedef struct employee {
	int32_t            employee_id;
	const char        *last_name;
	const char        *first_name;
	const char        *title;
	weir_opt_i32       reports_to;
	weir_opt_timestamp birth_date;
	weir_opt_timestamp hire_date;
	const char        *address;
	const char        *city;
	const char        *state;
	const char        *country;
	const char        *postal_code;
	const char        *phone;
	const char        *fax;
	const char        *email;
} employee;
WEIR_RECORD(employee)
extern const weir_model employee_model;

typedef struct customer {
	int32_t      customer_id;
	const char  *first_name;
	const char  *last_name;
	const char  *company;
	const char  *address;
	const char  *city;
	const char  *state;
	const char  *country;
	const char  *postal_code;
	const char  *phone;
	const char  *fax;
	const char  *email;
	weir_opt_i32 support_rep_id;
} customer;
WEIR_RECORD(customer)
extern const weir_model customer_model;

typedef struct invoice {
	int32_t        invoice_id;
	int32_t        customer_id;
	weir_timestamp invoice_date;
	const char    *billing_address;
	const char    *billing_city;
	const char    *billing_state;
	const char    *billing_country;
	const char    *billing_postal_code;
	weir_numeric   total;
} invoice;
WEIR_RECORD(invoice)
extern const weir_model invoice_model;

typedef struct invoice_line {
	int32_t      invoice_line_id;
	int32_t      invoice_id;
	int32_t      track_id;
	weir_numeric unit_price;
	int32_t      quantity;
} invoice_line;
WEIR_RECORD(invoice_line)
extern const weir_model invoice_line_model;

typedef struct playlist {
	int32_t     playlist_id;
	const char *name;
} playlist;
WEIR_RECORD(playlist)
extern const weir_model playlist_model;

/* Which tracks are on which playlist: nothing but its primary key, of two columns. */
typedef struct playlist_track {
	int32_t playlist_id;
	int32_t track_id;
} playlist_track;
WEIR_RECORD(playlist_track)
extern const weir_model playlist_track_model;

/* clang-format off */
WEIR_RELATION_MANY(artist, albums, album)
WEIR_RELATION_ONE(album, artist, artist)
WEIR_RELATION_MANY(album, tracks, track)
WEIR_RELATION_ONE(track, album, album)
WEIR_RELATION_ONE(track, genre, genre)
WEIR_RELATION_ONE(track, media_type, media_type)
WEIR_RELATION_MANY(track, playlists, playlist)
WEIR_RELATION_MANY(playlist, tracks, track)
WEIR_RELATION_ONE(employee, boss, employee)
WEIR_RELATION_MANY(employee, reports, employee)
WEIR_RELATION_MANY(employee, customers, customer)
WEIR_RELATION_ONE(customer, support_rep, employee)
WEIR_RELATION_MANY(customer, invoices, invoice)
WEIR_RELATION_ONE(invoice, customer, customer)
WEIR_RELATION_MANY(invoice, lines, invoice_line)
WEIR_RELATION_ONE(invoice_line, invoice, invoice)
WEIR_RELATION_ONE(invoice_line, track, track)
/* clang-format on */

/* All of them, ended by NULL. */
extern const weir_model *const chinook_models[];

/* The columns that the questions ask by. */
extern const struct chinook_columns {
	weir_text_column      artist_name;
	weir_i32_column       album_artist_id;
	weir_text_column      album_title;
	weir_text_column      genre_name;
	weir_i32_column       track_album_id;
	weir_i32_column       track_genre_id;
	weir_text_column      track_name;
	weir_text_column      track_composer;
	weir_i32_column       track_milliseconds;
	weir_i32_column       employee_reports_to;
	weir_timestamp_column employee_birth_date;
	weir_text_column      customer_company;
	weir_text_column      customer_country;
	weir_text_column      customer_last_name;
	weir_text_column      customer_email;
	weir_i32_column       invoice_customer_id;
	weir_timestamp_column invoice_date;
	weir_numeric_column   invoice_total;
	weir_i32_column       invoice_line_invoice_id;
	weir_text_column      playlist_name;
	weir_i32_column       playlist_track_playlist_id;
} chinook_c;

#endif
