/* The bundled models in one list. */
#include <blog/blog.h>

const weir_model *const blog_models[] = { &user_model, &post_model, &comment_model, NULL };
