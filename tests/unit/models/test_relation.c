/* Declarations of relations: what is found by name, and every mistake that is refused before a session is opened. */
#include "models/relation.h"
#include "support/library.h"

#include <string.h>

/* Layouts of some models, their links, and what was said. */
static weir__layout *layouts[16];
static size_t        layout_count;
static weir__links   links;
static weir_error    err;

static int open_links(const weir_model *const *models)
{
	err = (weir_error)WEIR_ERROR_INIT;
	for (layout_count = 0; models[layout_count]; layout_count++)
		ck_assert_msg(weir__layout_create(models[layout_count], &layouts[layout_count], &err) == WEIR_OK, "%s",
		              err.message);
	return weir__links_create(layouts, layout_count, &links, &err);
}

static void close_links(void)
{
	weir__links_release(&links);
	for (size_t i = 0; i < layout_count; i++)
		weir__layout_free(layouts[i]);
}

#define assert_refused(models, ...)                                                                                    \
	do {                                                                                                               \
		const char *const parts_[] = { __VA_ARGS__ };                                                                  \
		ck_assert_int_eq(open_links(models), WEIR_ERR_MODEL);                                                          \
		for (size_t i_ = 0; i_ < sizeof parts_ / sizeof parts_[0]; i_++)                                               \
			ck_assert_msg(strstr(err.message, parts_[i_]), "\"%s\" does not name \"%s\"", err.message, parts_[i_]);    \
		close_links();                                                                                                 \
	} while (0)

/* ---- A house with rooms, whose relations each test declares --------------------------------------------------------------- */

typedef struct house {
	int64_t     id;
	const char *street;
} house;

typedef struct room {
	int64_t      id;
	weir_opt_i64 house_id;
	weir_opt_i64 other_id;
	weir_opt_i32 small_id;
	const char  *name;
} room;

static weir_relation house_relations[3], room_relations[3];

static const weir_field house_fields[] = { WEIR_FIELD(house, id, .primary_key = true), WEIR_FIELD(house, street) };
static const weir_field room_fields[] = {
	WEIR_FIELD(room, id, .primary_key = true),
	WEIR_FIELD(room, house_id),
	WEIR_FIELD(room, other_id),
	WEIR_FIELD(room, small_id),
	WEIR_FIELD(room, name),
};
static weir_model house_model =
	WEIR_MODEL(house, "houses", house_fields, .relations = house_relations, .relation_size = sizeof(weir_relation));
static weir_model room_model =
	WEIR_MODEL(room, "rooms", room_fields, .relations = room_relations, .relation_size = sizeof(weir_relation));
static const weir_model *const both[] = { &house_model, &room_model, NULL };

/* Sets the relations of both; NULL: none. */
static void declare(const weir_relation *of_house, const weir_relation *of_room)
{
	house_model.relation_count = of_house ? 1 : 0;
	room_model.relation_count = of_room ? 1 : 0;
	if (of_house)
		house_relations[0] = *of_house;
	if (of_room)
		room_relations[0] = *of_room;
}

static const weir_relation rooms = WEIR_HAS_MANY(house, rooms, room, house_id, .inverse_of = "house");
static const weir_relation its_house = WEIR_BELONGS_TO(room, house, house, house_id, .inverse_of = "rooms");

START_TEST(test_pair__is_accepted_and_each_is_the_inverse_of_the_other)
{
	declare(&rooms, &its_house);
	ck_assert_msg(open_links(both) == WEIR_OK, "%s", err.message);
	ck_assert_uint_eq(links.count, 2);
	ck_assert_ptr_eq(links.items[0].inverse, &links.items[1]);
	ck_assert_ptr_eq(links.items[1].inverse, &links.items[0]);
	ck_assert_uint_eq(links.items[0].other_columns[0], 1);
	close_links();
}
END_TEST

START_TEST(test_circular_models__resolve_whatever_their_order)
{
	ck_assert_msg(open_links(library_models) == WEIR_OK, "%s", err.message);
	ck_assert_uint_eq(links.count, 17);
	close_links();
	ck_assert_msg(open_links(blog_models) == WEIR_OK, "%s", err.message);
	close_links();
}
END_TEST

START_TEST(test_target__must_be_a_model_of_the_session)
{
	const weir_model *const alone[] = { &house_model, NULL };

	declare(&rooms, NULL);
	assert_refused(alone, "house.rooms", "model room");
}
END_TEST

START_TEST(test_foreign_key__must_be_a_member_of_the_right_type_and_count)
{
	static const size_t offsets[] = { offsetof(room, house_id) + 1, offsetof(room, house_id) };
	weir_relation       wrong = WEIR_HAS_MANY(house, rooms, room, small_id);

	declare(&wrong, NULL);
	assert_refused(both, "house.rooms", "room.small_id is of type int4", "house.id", "int8");
	wrong.foreign_key = (weir_relation_key){ offsets, 1 };
	declare(&wrong, NULL);
	assert_refused(both, "house.rooms", "no column starts");
	wrong.foreign_key.count = 2;
	declare(&wrong, NULL);
	assert_refused(both, "has 2 columns", "has 1");
	wrong = (weir_relation)WEIR_BELONGS_TO(room, house, house, name);
	declare(NULL, &wrong);
	assert_refused(both, "room.house", "room.name is of type text", "house.id");
}
END_TEST

START_TEST(test_inverse__must_exist_be_of_the_right_kind_have_the_same_key_and_point_back)
{
	weir_relation wrong = its_house;

	declare(&rooms, NULL);
	assert_refused(both, "house.rooms", "inverse_of room.house", "no such relation");
	wrong = (weir_relation)WEIR_BELONGS_TO(room, house, house, other_id);
	declare(&rooms, &wrong);
	assert_refused(both, "house.rooms", "room.house", "house_id here", "other_id there");
	wrong = (weir_relation)WEIR_HAS_MANY(room, house, house, id);
	declare(&rooms, &wrong);
	assert_refused(both, "house.rooms", "room.house", "has many cannot be the inverse of has many");
	wrong = (weir_relation)WEIR_BELONGS_TO(room, house, house, house_id, .inverse_of = "halls");
	declare(&rooms, &wrong);
	assert_refused(both, "house.rooms", "room.house", "says that its inverse is halls");
	wrong = (weir_relation)WEIR_BELONGS_TO(room, house, room, house_id);
	declare(&rooms, &wrong);
	assert_refused(both, "house.rooms", "room.house", "leads to room");
}
END_TEST

START_TEST(test_names__are_there_once_without_dots_and_unlike_fields)
{
	weir_relation wrong = rooms;

	wrong.inverse_of = NULL;
	declare(&wrong, NULL);
	house_relations[1] = wrong;
	house_model.relation_count = 2;
	assert_refused(both, "house.rooms", "declared twice");
	wrong.name = "a.b";
	declare(&wrong, NULL);
	assert_refused(both, "house", "dot");
	wrong.name = "a_name_of_more_bytes_than_there_is_room_for_in_the_name_of_a_path";
	declare(&wrong, NULL);
	assert_refused(both, "house", "1 to 63 bytes");
	wrong.name = "street";
	declare(&wrong, NULL);
	assert_refused(both, "house.street", "name of a field");
	wrong = its_house;
	wrong.inverse_of = NULL;
	declare(&wrong, NULL);
	assert_refused(both, "house.house", "is declared as a relation of room");
}
END_TEST

START_TEST(test_kind_and_versions__are_checked)
{
	weir_relation wrong = rooms;

	wrong.inverse_of = NULL;
	wrong.kind = (weir_relation_kind)9;
	declare(&wrong, NULL);
	assert_refused(both, "no kind");
	wrong.kind = WEIR_RELATION_MANY_TO_MANY;
	declare(&wrong, NULL);
	assert_refused(both, "needs a model in between");
	wrong.kind = WEIR_RELATION_HAS_ONE;
	wrong.through = &room_model;
	declare(&wrong, NULL);
	assert_refused(both, "only many to many");
	wrong.through = NULL;
	wrong.loader = &(weir_relation_loader){ .load = NULL };
	declare(&wrong, NULL);
	assert_refused(both, "without a function load");
	house_model.relation_size = 1;
	assert_refused(both, "another version");
	house_model.relation_size = sizeof(weir_relation);
}
END_TEST

START_TEST(test_relations__are_listed_and_found_by_name)
{
	static const char *const names[] = { "books", "edited", "profile", "home", "classics", "drafts" };

	for (size_t i = 0; i < 6; i++) {
		ck_assert_str_eq(weir_relation_at(&author_model, i)->name, names[i]);
		ck_assert_ptr_eq(weir_relation_find(&author_model, names[i]), weir_relation_at(&author_model, i));
	}
	ck_assert_ptr_null(weir_relation_at(&author_model, 6));
	ck_assert_ptr_null(weir_relation_find(&author_model, "nothing"));
	ck_assert_ptr_null(weir_relation_find(NULL, "books"));
	ck_assert_str_eq(weir_relation_kind_name(weir_relation_find(&book_model, "tags")->kind), "many to many");
}
END_TEST

START_TEST(test_derived_model__sees_its_own_and_its_parents_and_leaves_those_alone)
{
	const weir_relation *own = weir_relation_find(&editor_model, "books");

	ck_assert_ptr_eq(own->model, &editor_model);
	ck_assert_uint_eq(own->foreign_key.offsets[0], offsetof(book, editor_id));
	ck_assert_int_eq(own->cache.enabled, WEIR_OFF);
	ck_assert_ptr_eq(weir_relation_find(&author_model, "books")->model, &author_model);
	ck_assert_ptr_eq(weir_relation_find(&editor_model, "profile"), weir_relation_find(&author_model, "profile"));
	ck_assert_ptr_eq(weir_relation_at(&editor_model, 0), own);
	ck_assert_str_eq(weir_relation_at(&editor_model, 1)->name, "edited");
	ck_assert_str_eq(weir_relation_at(&editor_model, 4)->name, "classics");
	ck_assert_ptr_null(weir_relation_at(&editor_model, 6));
}
END_TEST

START_TEST(test_derived_model__needs_its_parent_and_declares_no_fields_or_table)
{
	weir_model              derived = editor_model;
	const weir_model *const alone[] = { &derived, NULL };
	weir__layout           *layout = NULL;

	derived.relation_count = 0;
	assert_refused(alone, "derived from author");
	derived.table = "others";
	ck_assert_int_eq(weir__layout_create(&derived, &layout, &err), WEIR_ERR_MODEL);
	derived.table = NULL;
	derived.size = 1;
	ck_assert_int_eq(weir__layout_create(&derived, &layout, &err), WEIR_ERR_MODEL);
	derived.parent = &derived;
	ck_assert_int_eq(weir__layout_create(&derived, &layout, &err), WEIR_ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(err.message, "circle"));
}
END_TEST

START_TEST(test_key__is_there_without_nulls_and_once_the_database_has_made_it)
{
	author ada = { .id = 0 };

	ck_assert_int_eq(open_links(library_models), WEIR_OK);
	const weir__link *books = weir__links_find(&links, weir_relation_find(&author_model, "books"));
	const weir__link *home = weir__links_find(&links, weir_relation_find(&author_model, "home"));
	ck_assert(!weir__link_has_key(books, &ada));
	ck_assert(!weir__link_has_key(home, &ada));
	ada = (author){ .id = 7, .country = "" };
	ck_assert(weir__link_has_key(books, &ada));
	ck_assert(weir__link_has_key(home, &ada));
	close_links();
}
END_TEST

WEIR_SUITE("relation", test_pair__is_accepted_and_each_is_the_inverse_of_the_other,
           test_circular_models__resolve_whatever_their_order, test_target__must_be_a_model_of_the_session,
           test_foreign_key__must_be_a_member_of_the_right_type_and_count,
           test_inverse__must_exist_be_of_the_right_kind_have_the_same_key_and_point_back,
           test_names__are_there_once_without_dots_and_unlike_fields, test_kind_and_versions__are_checked,
           test_relations__are_listed_and_found_by_name,
           test_derived_model__sees_its_own_and_its_parents_and_leaves_those_alone,
           test_derived_model__needs_its_parent_and_declares_no_fields_or_table,
           test_key__is_there_without_nulls_and_once_the_database_has_made_it);
