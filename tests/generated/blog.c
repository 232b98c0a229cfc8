/* The bundled tables through generated DAOs: create, find, cached and not, relations, update, delete. */
#include "made.h"

static const user *make_user(const user_dao *users)
{
	const user  ada = { .username = "ada", .email = "ada@example.org", .age = weir_some_i32(36) };
	const user *made = NULL;

	OK(user_dao_create(users, &ada, WEIR_SET(user, username, email, age), &made, &err));
	MUST(made->id > 0 && made->age.value == 36 && made->is_active && !made->bio);
	return made;
}

static void find_user(const user_dao *users, const user *made)
{
	const user *found = NULL;
	uint64_t    before;

	for (int i = 0; i < 2; i++) {
		before = queries();
		OK(user_dao_get_by_username_cached(users, "ada", &found, &err));
		MUST(found->id == made->id);
		user_release(&found);
	}
	MUST(queries() == before);
	OK(user_dao_get_by_email(users, "ada@example.org", &found, &err));
	user_release(&found);
	OK(user_dao_update(users, made->id, &(user){ .bio = "countess" }, WEIR_SET(user, bio), NULL, &err));
	OK(user_dao_get_by_id_cached(users, made->id, &found, &err));
	MUST(strcmp(found->bio, "countess") == 0 && found->updated_at.unix_us > made->updated_at.unix_us);
	user_release(&found);
}

static void relate(const user *writer)
{
	post_dao    posts = get_post_dao(session);
	comment_dao comments = get_comment_dao(session);
	const post  first = { .user_id = writer->id, .title = "first" };
	const post *made = NULL;
	const user *author = NULL;
	post_list   list = WEIR_LIST_INIT;

	OK(post_dao_create(&posts, &first, WEIR_SET(post, user_id, title), &made, &err));
	OK(comment_dao_create(&comments, &(comment){ .post_id = made->id, .user_id = writer->id, .body = "yes" },
	                      weir_set_all(&comment_model), NULL, &err));
	OK(post_dao_get_by_user_cached(&posts, writer->id, 0, 10, &list, &err));
	MUST(list.count == 1 && list.items[0]->id == made->id);
	post_list_release(&list);
	OK(user_posts(session, writer, &list, &err));
	MUST(list.count == 1);
	post_list_release(&list);
	OK(post_author(session, made, &author, &err));
	MUST(author->id == writer->id);
	user_release(&author);
	OK(comment_dao_delete(&comments, 1, NULL, &err));
	OK(post_dao_delete(&posts, made->id, NULL, &err));
	OK(user_posts(session, writer, &list, &err));
	MUST(list.count == 0);
	post_list_release(&list);
	post_release(&made);
}

int main(int count, char **arguments)
{
	const user *made = NULL;

	open_session(arguments[count - 1]);
	user_dao users = get_user_dao(session);
	made = make_user(&users);
	find_user(&users, made);
	relate(made);
	user_release(&made);
	return close_session();
}
