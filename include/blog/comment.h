/* A comment on a post: one row of the table comments (src/models/blog/schema.sql). */
#ifndef BLOG_COMMENT_H
#define BLOG_COMMENT_H

#include <weir/weir.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct comment {
	int64_t      id;
	int64_t      post_id;
	int64_t      user_id; /* who wrote it */
	const char  *body;
	weir_opt_i16 stars;
	weir_uuid    token; /* names the comment in links */
	weir_time    created_at;
} comment;

/* comment_list, comment_retain(), comment_release(), comment_list_release() */
WEIR_RECORD(comment)

extern const weir_model comment_model;

/* The columns, for conditions and order: weir_eq(comment_c.id, 42). */
extern const struct comment_columns {
	weir_i64_column  id;
	weir_i64_column  post_id;
	weir_i64_column  user_id;
	weir_text_column body;
	weir_i16_column  stars;
	weir_uuid_column token;
	weir_time_column created_at;
} comment_c;

#ifdef __cplusplus
}
#endif

#endif
