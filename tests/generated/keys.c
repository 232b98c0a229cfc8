/* Finders and relations by every type that there can be: they compile, fit the tables, and find. */
#include "made.h"

static void find_unique(void)
{
	unique_dao    rows = get_unique_dao(session);
	const unique *found = NULL;
	weir_uuid     uuid = { { 1 } };
	weir_inet     host = { .family = 4, .prefix = 32, .bytes = { 10, 0, 0, 1 } };

	OK(unique_dao_get_by_a_uuid_cached(&rows, uuid, &found, &err));
	unique_release(&found);
	OK(unique_dao_get_by_a_inet_cached(&rows, host, &found, &err));
	unique_release(&found);
	OK(unique_dao_get_by_b_bytea_cached(&rows, weir_bytea_of("x", 1), &found, &err));
	unique_release(&found);
	OK(unique_dao_get_by_a_numeric(&rows, weir_numeric_of("1.5"), &found, &err));
	unique_release(&found);
	OK(unique_dao_get_by_b_date_cached(&rows, weir_date_of(1), &found, &err));
	unique_release(&found);
	MUST(unique_dao_get_by_b_int4_cached(&rows, 7, &found, &err) == WEIR_NOT_FOUND);
}

/* A key of this type, a row that refers to it, its list by the key, and both by relations. */
#define FIND(type, key)                                                                                                \
	do {                                                                                                               \
		by_##type##_dao  keys = get_by_##type##_dao(session);                                                          \
		of_##type##_dao  rows = get_of_##type##_dao(session);                                                          \
		const by_##type *owner = NULL;                                                                                 \
		of_##type##_list list = WEIR_LIST_INIT;                                                                        \
		const of_##type  row = { .id = 1, .key_id = key };                                                             \
		OK(by_##type##_dao_create(&keys, &(by_##type){ .id = key }, WEIR_SET(by_##type, id), NULL, &err));             \
		OK(of_##type##_dao_create(&rows, &row, WEIR_SET(of_##type, id, key_id), NULL, &err));                          \
		OK(of_##type##_dao_get_by_key_cached(&rows, key, 0, 10, &list, &err));                                         \
		MUST(list.count == 1);                                                                                         \
		OK(of_##type##_key(session, list.items[0], &owner, &err));                                                     \
		of_##type##_list_release(&list);                                                                               \
		OK(by_##type##_key_of_##type##s(session, owner, &list, &err));                                                 \
		MUST(list.count == 1);                                                                                         \
		of_##type##_list_release(&list);                                                                               \
		by_##type##_release(&owner);                                                                                   \
	} while (0)

int main(int count, char **arguments)
{
	const weir_uuid  uuid = { { 2 } };
	const weir_date  date = { 5 };
	const weir_bytea bytes = { "ab", 2 };
	const weir_time  time_of = { 1000000 };

	open_session(arguments[count - 1]);
	find_unique();
	FIND(uuid, uuid);
	FIND(date, date);
	FIND(bytea, bytes);
	FIND(timestamptz, time_of);
	FIND(colour, "red");
	FIND(char3, "ab");
	FIND(bool, true);
	FIND(int2, 3);
	return close_session();
}
