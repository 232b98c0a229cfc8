/* The Chinook database through generated DAOs. */
#include "made.h"

int main(int count, char **arguments)
{
	const album   *record = NULL;
	const artist  *band = NULL;
	const track    first = { .track_id = 1 };
	track_list     tracks = WEIR_LIST_INIT;
	playlist_list  playlists = WEIR_LIST_INIT;
	employee_list  reports = WEIR_LIST_INIT;
	const employee boss = { .employee_id = 1 };

	open_session(arguments[count - 1]);
	album_dao albums = get_album_dao(session);
	OK(album_dao_get_by_id_cached(&albums, 1, &record, &err));
	OK(album_artist(session, record, &band, &err));
	MUST(strcmp(band->name, "AC/DC") == 0);
	OK(album_tracks(session, record, &tracks, &err));
	MUST(tracks.count == 10);
	OK(track_playlists(session, &first, &playlists, &err));
	MUST(playlists.count == 3);
	OK(employee_employees(session, &boss, &reports, &err));
	MUST(reports.count == 2);
	employee_list_release(&reports);
	playlist_list_release(&playlists);
	track_list_release(&tracks);
	artist_release(&band);
	album_release(&record);
	return close_session();
}
