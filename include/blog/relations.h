/* How users, posts and comments belong together: user_posts(session, user, &list, err), post_author(session, post, &user,
 * err) and so on, for each relation all the functions of <weir/relation.h>. */
#ifndef BLOG_RELATIONS_H
#define BLOG_RELATIONS_H

#include <blog/comment.h>
#include <blog/post.h>
#include <blog/user.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
WEIR_RELATION_MANY(user, posts, post)
WEIR_RELATION_MANY(user, comments, comment)
WEIR_RELATION_ONE(post, author, user)
WEIR_RELATION_MANY(post, comments, comment)
WEIR_RELATION_ONE(comment, post, post)
WEIR_RELATION_ONE(comment, author, user)
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
