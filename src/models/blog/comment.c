/* The model comment: its fields, its relations, and the handles of its columns. */
#include <blog/relations.h>

static const weir_field comment_fields[] = {
	WEIR_FIELD(comment, id, .primary_key = true, .generated = true),
	WEIR_FIELD(comment, post_id),
	WEIR_FIELD(comment, user_id),
	WEIR_FIELD(comment, body),
	WEIR_FIELD(comment, stars),
	WEIR_FIELD(comment, token, .unique = true, .generated = true),
	WEIR_FIELD(comment, created_at, .generated = true),
};

static const weir_relation comment_relations[] = {
	WEIR_BELONGS_TO(comment, post, post, post_id, .inverse_of = "comments"),
	WEIR_BELONGS_TO(comment, author, user, user_id, .inverse_of = "comments"),
};

const weir_model comment_model = WEIR_MODEL(comment, "comments", comment_fields, WEIR_RELATIONS(comment_relations));

const struct comment_columns comment_c = {
	.id = WEIR_I64_COLUMN(comment, id),
	.post_id = WEIR_I64_COLUMN(comment, post_id),
	.user_id = WEIR_I64_COLUMN(comment, user_id),
	.body = WEIR_TEXT_COLUMN(comment, body),
	.stars = WEIR_I16_COLUMN(comment, stars),
	.token = WEIR_UUID_COLUMN(comment, token),
	.created_at = WEIR_TIME_COLUMN(comment, created_at),
};
