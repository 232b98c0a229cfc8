/* The model post: its fields, its relations, and the handles of its columns. */
#include <blog/relations.h>

static const weir_field post_fields[] = {
	WEIR_FIELD(post, id, .primary_key = true, .generated = true),
	WEIR_FIELD(post, user_id),
	WEIR_FIELD(post, title, .max_length = 200),
	WEIR_FIELD(post, body),
	WEIR_FIELD(post, published, .generated = true),
	WEIR_FIELD(post, views, .generated = true),
	WEIR_FIELD(post, rating),
	WEIR_FIELD(post, meta, .nullable = true),
	WEIR_FIELD(post, created_at, .generated = true),
	WEIR_FIELD(post, updated_at, .generated = true, .auto_now = true),
};

static const weir_relation post_relations[] = {
	WEIR_BELONGS_TO(post, author, user, user_id, .inverse_of = "posts"),
	WEIR_HAS_MANY(post, comments, comment, post_id, .inverse_of = "post"),
};

const weir_model post_model = WEIR_MODEL(post, "posts", post_fields, WEIR_RELATIONS(post_relations));

const struct post_columns post_c = {
	.id = WEIR_I64_COLUMN(post, id),
	.user_id = WEIR_I64_COLUMN(post, user_id),
	.title = WEIR_TEXT_COLUMN(post, title),
	.body = WEIR_TEXT_COLUMN(post, body),
	.published = WEIR_BOOL_COLUMN(post, published),
	.views = WEIR_I64_COLUMN(post, views),
	.rating = WEIR_F64_COLUMN(post, rating),
	.meta = WEIR_JSON_COLUMN(post, meta),
	.created_at = WEIR_TIME_COLUMN(post, created_at),
	.updated_at = WEIR_TIME_COLUMN(post, updated_at),
};

static const weir_field post_tally_fields[] = {
	WEIR_FIELD(post_tally, user_id),
	WEIR_FIELD(post_tally, posts, .aggregate = WEIR_COUNT),
	WEIR_FIELD(post_tally, views, .column = "views", .aggregate = WEIR_SUM),
	WEIR_FIELD(post_tally, latest, .column = "created_at", .aggregate = WEIR_MAX),
};

const weir_model post_tally_model = WEIR_RESULT(post_tally, post_tally_fields);

const struct post_tally_columns post_tally_c = {
	.user_id = WEIR_I64_COLUMN(post_tally, user_id),
	.posts = WEIR_I64_COLUMN(post_tally, posts),
	.views = WEIR_I64_COLUMN(post_tally, views),
	.latest = WEIR_TIME_COLUMN(post_tally, latest),
};
