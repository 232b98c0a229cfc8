/* A table with a column of every type: the model fits it, and a row comes back. */
#include "made.h"

int main(int count, char **arguments)
{
	const every_type *row = NULL, *cached = NULL;

	open_session(arguments[count - 1]);
	every_type_dao rows = get_every_type_dao(session);
	OK(every_type_dao_get_by_id(&rows, 7, &row, &err));
	OK(every_type_dao_get_by_id_cached(&rows, 7, &cached, &err));
	MUST(strcmp(row->code, "ab") == 0 && strcmp(row->mood, "It's \"odd\"") == 0 && row->positive == 5);
	MUST(strcmp(row->amount.text, "1.50") == 0 && row->day.days == 1 && row->ratio == 0.5f && row->span.months == 1);
	MUST(row->titles.count == 2 && strcmp(row->titles.items[1], "b") == 0 && !row->middles.items);
	MUST(!row->opt_middle.has && !row->opt_title && strcmp(cached->email, "a@b") == 0);
	MUST(row->host.family == 4 && row->token.bytes[15] == 1 && strcmp(row->document.text, "{ }") == 0);
	every_type_release(&cached);
	every_type_release(&row);
	return close_session();
}
