/* The questions, and what asking through the cache looks like (questions.h). */
#include "questions.h"

#include <stdlib.h>

int ask_list(weir_session *session, const weir_model *model, const weir_query *query, void *list, weir_error *err)
{
	weir_base_dao dao = weir_get_dao(session, model);

	return weir_base_dao_get_all_cached(&dao, query, list, err);
}

int ask_by_id(weir_session *session, const weir_model *model, const void *key, void *record, weir_error *err)
{
	weir_base_dao dao = weir_get_dao(session, model);

	return weir_base_dao_get_by_id_cached(&dao, key, record, err);
}

long long cents(weir_numeric amount)
{
	char     *point;
	long long whole = strtoll(amount.text, &point, 10), rest = *point == '.' ? strtoll(point + 1, NULL, 10) : 0;

	return whole * 100 + (amount.text[0] == '-' ? -rest : rest);
}

const question questions[QUESTIONS] = {
	{ "Which albums are by AC/DC?", ask_albums_of_artist,
	  "SELECT title FROM album JOIN artist USING (artist_id) WHERE name = 'AC/DC' ORDER BY title" },
	{ "How much Jazz has no composer, and what is the longest?", ask_jazz_without_composer,
	  "WITH jazz AS (SELECT * FROM track WHERE composer IS NULL"
	  " AND genre_id = (SELECT genre_id FROM genre WHERE name = 'Jazz'))"
	  "(SELECT count(*)::text, NULL FROM jazz) UNION ALL "
	  "(SELECT name, milliseconds::text FROM jazz ORDER BY milliseconds DESC, track_id LIMIT 3)" },
	{ "The second page of tracks with love in their names?", ask_search_page,
	  "SELECT name, composer, bytes FROM track WHERE name ILIKE '%love%' ORDER BY name, track_id OFFSET 10 LIMIT 10" },
	{ "What is on the playlist Grunge, and is track 1 or 2194?", ask_playlist,
	  "(SELECT name, NULL FROM playlist_track JOIN track USING (track_id) WHERE playlist_id = 16 ORDER BY track_id)"
	  " UNION ALL SELECT '1', EXISTS (SELECT FROM playlist_track WHERE (playlist_id, track_id) = (16, 1))"
	  " UNION ALL SELECT '2194', EXISTS (SELECT FROM playlist_track WHERE (playlist_id, track_id) = (16, 2194))" },
	{ "Who looks after Luís Gonçalves, and who after them?", ask_support_chain,
	  "WITH RECURSIVE chain AS (SELECT e.*, 0 AS level FROM employee e JOIN customer ON support_rep_id = employee_id"
	  " WHERE customer.email = 'luisg@embraer.com.br' UNION ALL "
	  "SELECT e.*, level + 1 FROM employee e JOIN chain ON e.employee_id = chain.reports_to) "
	  "SELECT first_name, last_name, to_char(hire_date, 'YYYY-MM-DD\"T\"HH24:MI:SS.US') FROM chain ORDER BY level" },
	{ "Who has no boss, who reports to 1 or 6, by age?", ask_staff,
	  "SELECT last_name, reports_to, to_char(birth_date, 'YYYY-MM-DD\"T\"HH24:MI:SS.US') FROM employee"
	  " WHERE reports_to IS NULL OR reports_to IN (1, 6) ORDER BY birth_date" },
	{ "Private customers in three countries, third to sixth?", ask_customers_page,
	  "SELECT first_name, last_name, country, postal_code FROM customer WHERE company IS NULL"
	  " AND country IN ('Brazil', 'Canada', 'Portugal') ORDER BY country DESC, last_name OFFSET 2 LIMIT 4" },
	{ "What did customer 5 spend from 2022 to 2024?", ask_spending,
	  "WITH spent AS (SELECT * FROM invoice WHERE customer_id = 5"
	  " AND invoice_date BETWEEN '2022-01-01' AND '2024-12-31') "
	  "(SELECT invoice_id::text, to_char(invoice_date, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), total FROM spent"
	  " ORDER BY invoice_date) UNION ALL SELECT 'all', NULL, sum(total) FROM spent" },
	{ "What was sold on the largest invoice?", ask_largest_invoice,
	  "SELECT name, l.unit_price, quantity FROM invoice_line l JOIN track USING (track_id) WHERE invoice_id = "
	  "(SELECT invoice_id FROM invoice ORDER BY total DESC, invoice_id LIMIT 1) ORDER BY invoice_line_id" },
	{ "Which five genres earned most?", ask_best_genres,
	  "SELECT genre.name, sum(l.unit_price * quantity) FROM invoice_line l JOIN track USING (track_id)"
	  " JOIN genre USING (genre_id) GROUP BY genre_id, genre.name ORDER BY 2 DESC, genre_id LIMIT 5" },
	{ "Artists from Ac, their albums, tracks, genres, formats?", ask_discographies,
	  "SELECT artist.name, title, track.name, genre.name, media_type.name FROM artist JOIN album USING (artist_id)"
	  " JOIN track USING (album_id) LEFT JOIN genre USING (genre_id) JOIN media_type USING (media_type_id)"
	  " WHERE artist.name ILIKE 'ac%' ORDER BY artist_id, album_id, track_id" },
	{ "What did each customer in Germany buy?", ask_purchases,
	  "SELECT last_name, invoice_id, track.name, l.unit_price, quantity FROM customer JOIN invoice USING (customer_id)"
	  " JOIN invoice_line l USING (invoice_id) JOIN track USING (track_id) WHERE country = 'Germany'"
	  " ORDER BY customer_id, invoice_id, invoice_line_id" },
	{ "Who reports to whom, and looks after how many customers?", ask_hierarchy,
	  "WITH RECURSIVE staff AS (SELECT employee_id, last_name, 0 AS level, ARRAY[employee_id] AS path FROM employee"
	  " WHERE reports_to IS NULL UNION ALL SELECT e.employee_id, e.last_name, level + 1, path || e.employee_id"
	  " FROM employee e JOIN staff ON e.reports_to = staff.employee_id) SELECT level, last_name,"
	  " (SELECT count(*) FROM customer WHERE support_rep_id = employee_id) FROM staff ORDER BY path" },
	{ "Which tracks by whom are on two playlists?", ask_playlists,
	  "SELECT playlist.name, track.name, artist.name FROM playlist JOIN playlist_track USING (playlist_id)"
	  " JOIN track USING (track_id) JOIN album USING (album_id) JOIN artist USING (artist_id)"
	  " WHERE playlist.name IN ('Grunge', 'Heavy Metal Classic') ORDER BY playlist_id, track_id" },
};
