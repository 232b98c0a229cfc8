/* A post that a user wrote: one row of the table posts (src/models/blog/schema.sql). */
#ifndef BLOG_POST_H
#define BLOG_POST_H

#include <weir/weir.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct post {
	int64_t      id;
	int64_t      user_id; /* its author */
	const char  *title;
	const char  *body;
	bool         published;
	int64_t      views;
	weir_opt_f64 rating;
	weir_json    meta; /* NULL here is NULL there */
	weir_time    created_at;
	weir_time    updated_at;
} post;

/* post_list, post_retain(), post_release(), post_list_release() */
WEIR_RECORD(post)

extern const weir_model post_model;

/* The columns, for conditions and order: weir_eq(post_c.id, 42). */
extern const struct post_columns {
	weir_i64_column  id;
	weir_i64_column  user_id;
	weir_text_column title;
	weir_text_column body;
	weir_bool_column published;
	weir_i64_column  views;
	weir_f64_column  rating;
	weir_json_column meta;
	weir_time_column created_at;
	weir_time_column updated_at;
} post_c;

/* What each user has written. */
typedef struct post_tally {
	int64_t      user_id;
	int64_t      posts;
	weir_opt_i64 views;  /* of all of them */
	weir_time    latest; /* created */
} post_tally;
WEIR_RECORD(post_tally)

extern const weir_model post_tally_model;

/* For conditions on groups and their order: weir_ge(post_tally_c.posts, 10). */
extern const struct post_tally_columns {
	weir_i64_column  user_id;
	weir_i64_column  posts;
	weir_i64_column  views;
	weir_time_column latest;
} post_tally_c;

#ifdef __cplusplus
}
#endif

#endif
