/* The model user: its fields, its relations, and the handles of its columns. */
#include <blog/relations.h>

static const weir_field user_fields[] = {
	WEIR_FIELD(user, id, .primary_key = true, .generated = true),
	WEIR_FIELD(user, username, .unique = true, .max_length = 50),
	WEIR_FIELD(user, email, .unique = true, .max_length = 255),
	WEIR_FIELD(user, bio, .nullable = true),
	WEIR_FIELD(user, age),
	WEIR_FIELD(user, balance, .generated = true),
	WEIR_FIELD(user, is_active, .generated = true),
	WEIR_FIELD(user, created_at, .generated = true),
	WEIR_FIELD(user, updated_at, .generated = true, .auto_now = true),
};

static const weir_relation user_relations[] = {
	WEIR_HAS_MANY(user, posts, post, user_id, .inverse_of = "author"),
	WEIR_HAS_MANY(user, comments, comment, user_id, .inverse_of = "author"),
};

const weir_model user_model =
	WEIR_MODEL(user, "users", user_fields, WEIR_RELATIONS(user_relations), .gathers = true, .gathers_writes = true);

static const weir_field user_card_fields[] = {
	WEIR_FIELD(user_card, id),
	WEIR_FIELD(user_card, username),
};

const weir_model user_card_model = WEIR_RESULT(user_card, user_card_fields);

const struct user_columns user_c = {
	.id = WEIR_I64_COLUMN(user, id),
	.username = WEIR_TEXT_COLUMN(user, username),
	.email = WEIR_TEXT_COLUMN(user, email),
	.bio = WEIR_TEXT_COLUMN(user, bio),
	.age = WEIR_I32_COLUMN(user, age),
	.balance = WEIR_NUMERIC_COLUMN(user, balance),
	.is_active = WEIR_BOOL_COLUMN(user, is_active),
	.created_at = WEIR_TIME_COLUMN(user, created_at),
	.updated_at = WEIR_TIME_COLUMN(user, updated_at),
};
