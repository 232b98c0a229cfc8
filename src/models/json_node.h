/* Nodes of cJSON that are made and read in more than one place. */
#ifndef WEIR_MODELS_JSON_NODE_H
#define WEIR_MODELS_JSON_NODE_H

#include "base/buffer.h"

#include <cjson/cJSON.h>

/* A raw node, which cJSON prints as it is, and its value for those who read valuedouble; NULL when there is no
 * memory. */
cJSON *weir__json_node_raw(const char *text, double value);

/* A whole number that keeps its digits: a number, a raw node or a string, as json_tree.c says. NULL when there is no memory. */
cJSON *weir__json_node_int8(int64_t number);

/* The type of a node without its flags: cJSON_Number and so on. */
int weir__json_node_type(const cJSON *node);

/* Appends the JSON text of a tree, every number with all digits of its double. False for a tree that is no JSON: more
 * than 64 deep, a number that is not finite, text that is not UTF-8, a raw node that holds none, a member without a
 * name. Failure of memory is left in buffer->failed. */
bool weir__json_node_write(const cJSON *tree, weir__buffer *buffer);

#endif
