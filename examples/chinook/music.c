/* Questions about artists, albums, tracks and playlists (questions.h). */
#include "questions.h"

int ask_albums_of_artist(weir_session *session, FILE *out, weir_error *err)
{
	artist_list artists = WEIR_LIST_INIT;
	album_list  albums = WEIR_LIST_INIT;
	int rc = ask_list(session, &artist_model, WEIR_QUERY(.where = weir_eq(chinook_c.artist_name, "AC/DC"), .limit = 1),
	                  &artists, err);

	if (rc == WEIR_OK && artists.count == 1)
		rc = ask_list(session, &album_model,
		              WEIR_QUERY(.where = weir_eq(chinook_c.album_artist_id, artists.items[0]->artist_id),
		                         .order = WEIR_ORDER(weir_asc(chinook_c.album_title))),
		              &albums, err);
	for (size_t i = 0; i < albums.count; i++)
		fprintf(out, "%s\n", albums.items[i]->title);
	album_list_release(&albums);
	artist_list_release(&artists);
	return rc;
}

static int ask_jazz_tracks(weir_session *session, int32_t genre_id, FILE *out, weir_error *err)
{
	weir_base_dao  dao = weir_get_dao(session, &track_model);
	track_list     longest = WEIR_LIST_INIT;
	int64_t        count = 0;
	weir_condition where =
		weir_all(weir_eq(chinook_c.track_genre_id, genre_id), weir_is_null(chinook_c.track_composer));
	int rc = weir_base_dao_count_cached(&dao, WEIR_QUERY(.where = where), &count, err);

	if (rc == WEIR_OK)
		rc = ask_list(
			session, &track_model,
			WEIR_QUERY(.where = where, .order = WEIR_ORDER(weir_desc(chinook_c.track_milliseconds)), .limit = 3),
			&longest, err);
	fprintf(out, "%lld|\n", (long long)count);
	for (size_t i = 0; i < longest.count; i++)
		fprintf(out, "%s|%d\n", longest.items[i]->name, (int)longest.items[i]->milliseconds);
	track_list_release(&longest);
	return rc;
}

int ask_jazz_without_composer(weir_session *session, FILE *out, weir_error *err)
{
	genre_list genres = WEIR_LIST_INIT;
	int rc = ask_list(session, &genre_model, WEIR_QUERY(.where = weir_eq(chinook_c.genre_name, "Jazz")), &genres, err);

	if (rc == WEIR_OK && genres.count == 1)
		rc = ask_jazz_tracks(session, genres.items[0]->genre_id, out, err);
	genre_list_release(&genres);
	return rc;
}

int ask_search_page(weir_session *session, FILE *out, weir_error *err)
{
	track_list found = WEIR_LIST_INIT;
	int        rc = ask_list(session, &track_model,
	                         WEIR_QUERY(.where = weir_icontains(chinook_c.track_name, "love"),
	                                    .order = WEIR_ORDER(weir_asc(chinook_c.track_name)), .skip = 10, .limit = 10),
	                         &found, err);

	for (size_t i = 0; i < found.count; i++) {
		const track *t = found.items[i];

		fprintf(out, "%s|%s|", t->name, t->composer ? t->composer : "");
		if (t->bytes.has)
			fprintf(out, "%d", (int)t->bytes.value);
		fprintf(out, "\n");
	}
	track_list_release(&found);
	return rc;
}

/* Prints the names of the tracks, in the order of the entries. */
static int print_tracks(weir_session *session, const playlist_track_list *entries, FILE *out, weir_error *err)
{
	int32_t       ids[200];
	size_t        count = entries->count < 200 ? entries->count : 200;
	weir_base_dao tracks = weir_get_dao(session, &track_model);
	track_list    found = WEIR_LIST_INIT;
	int           rc;

	for (size_t i = 0; i < count; i++)
		ids[i] = entries->items[i]->track_id;
	rc = weir_base_dao_get_many_cached(&tracks, ids, count, &found, err);
	for (size_t i = 0; i < found.count; i++)
		fprintf(out, "%s|\n", found.items[i] ? found.items[i]->name : "?");
	track_list_release(&found);
	return rc;
}

/* Is a track on the list? By the primary key of two columns. */
static int print_membership(weir_session *session, int32_t playlist_id, int32_t track_id, FILE *out, weir_error *err)
{
	playlist_track        key = { playlist_id, track_id };
	const playlist_track *entry = NULL;
	int                   rc = ask_by_id(session, &playlist_track_model, &key, &entry, err);

	fprintf(out, "%d|%s\n", (int)track_id, rc == WEIR_OK ? "t" : "f");
	playlist_track_release(&entry);
	return rc < 0 ? rc : WEIR_OK;
}

int ask_playlist(weir_session *session, FILE *out, weir_error *err)
{
	playlist_track_list entries = WEIR_LIST_INIT;
	int                 rc = ask_list(session, &playlist_track_model,
	                                  WEIR_QUERY(.where = weir_eq(chinook_c.playlist_track_playlist_id, 16)), &entries, err);

	if (rc == WEIR_OK)
		rc = print_tracks(session, &entries, out, err);
	if (rc == WEIR_OK)
		rc = print_membership(session, 16, 1, out, err);
	if (rc == WEIR_OK)
		rc = print_membership(session, 16, 2194, out, err);
	playlist_track_list_release(&entries);
	return rc;
}
