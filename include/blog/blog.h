/* The bundled models and their DAOs: one surface. */
#ifndef BLOG_BLOG_H
#define BLOG_BLOG_H

#include <blog/comment_dao.h>
#include <blog/post_dao.h>
#include <blog/relations.h>
#include <blog/user_dao.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All of them, ended by NULL: for weir_options.models. */
extern const weir_model *const blog_models[];

#ifdef __cplusplus
}
#endif

#endif
