/* A user of the blog: one row of the table users (src/models/blog/schema.sql). */
#ifndef BLOG_USER_H
#define BLOG_USER_H

#include <weir/weir.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct user {
	int64_t      id;
	const char  *username;
	const char  *email;
	const char  *bio;     /* NULL here is NULL there */
	weir_opt_i32 age;     /* 0 to 150 */
	weir_numeric balance; /* exact */
	bool         is_active;
	weir_time    created_at;
	weir_time    updated_at;
} user;

/* user_list, user_retain(), user_release(), user_list_release() */
WEIR_RECORD(user)

extern const weir_model user_model;

/* The columns, for conditions and order: weir_eq(user_c.id, 42). */
extern const struct user_columns {
	weir_i64_column     id;
	weir_text_column    username;
	weir_text_column    email;
	weir_text_column    bio;
	weir_i32_column     age;
	weir_numeric_column balance;
	weir_bool_column    is_active;
	weir_time_column    created_at;
	weir_time_column    updated_at;
} user_c;

/* What a list of names needs of a user. */
typedef struct user_card {
	int64_t     id;
	const char *username;
} user_card;
WEIR_RECORD(user_card)

extern const weir_model user_card_model;

#ifdef __cplusplus
}
#endif

#endif
