/* JSON for services: records, lists and pages to and from JSON text and cJSON trees.
 *
 * A record is an object with its columns' names in the model's order. int8 is a number, or a string where a double
 * would lose a digit (beyond 2^53); numeric is always a string, so that every digit and the scale survive; timestamps
 * and uuids are strings as in types.h; jsonb is the JSON it holds; float8 NaN and infinities are the strings "NaN",
 * "Infinity", "-Infinity"; NULL is null. Reading accepts exactly that (and a number or a string for int8 and
 * numeric), in any order, and refuses unknown, doubled and missing members, wrong types, bytes that are not UTF-8 and
 * text behind the end, naming the member.
 *
 * A tree keeps what the text does: jsonb is a raw node there, and so is an int8 of more than 15 digits, since cJSON
 * would print it with an exponent (valuedouble is set too). Doubles are numbers; cJSON_Print may round their last bit,
 * weir_json_from_cjson, which writes any tree as text, does not. From a tree a number is taken for an int8 or numeric
 * only where the double surely is what was meant: below 2^53, and up to 15 digits.
 *
 * Texts are the caller's, to be freed with weir_free; trees with cJSON_Delete.
 */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

#include <weir/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cJSON;

/* fields chooses the columns; NULL: all. list is the address of a list of records of one model; an item that is NULL
 * is null. */
WEIR_API int weir_record_to_json(const void *record, const weir_set *fields, char **text, weir_error *err);
WEIR_API int weir_record_to_cjson(const void *record, const weir_set *fields, struct cJSON **tree, weir_error *err);
WEIR_API int weir_list_to_json(const void *list, const weir_set *fields, char **text, weir_error *err);
WEIR_API int weir_list_to_cjson(const void *list, const weir_set *fields, struct cJSON **tree, weir_error *err);

/* {"items": [...], "skip": n, "limit": n, "total": n}: a list with where it stands. */
typedef struct weir_page {
	int64_t skip;
	int64_t limit;
	int64_t total;
} weir_page;
WEIR_API int weir_page_to_json(const void *list, const weir_page *page, const weir_set *fields, char **text,
                               weir_error *err);
WEIR_API int weir_page_to_cjson(const void *list, const weir_page *page, const weir_set *fields, struct cJSON **tree,
                                weir_error *err);

/* A record of the model from an object, to be released as any. fields chooses which members must be there, and no
 * others may; the other columns are zero. NULL: all. WEIR_ERR_FORMAT names the member. */
WEIR_API int weir_record_from_json(const weir_model *model, const char *text, size_t length, const weir_set *fields,
                                   void *record, weir_error *err);
WEIR_API int weir_record_from_cjson(const weir_model *model, const struct cJSON *tree, const weir_set *fields,
                                    void *record, weir_error *err);

/* The same for an array of such objects, in which null is a NULL item, and for a page of them. list is the address of an empty
 * list; after a failure it is still empty. */
WEIR_API int weir_list_from_cjson(const weir_model *model, const struct cJSON *tree, const weir_set *fields, void *list,
                                  weir_error *err);
WEIR_API int weir_page_from_cjson(const weir_model *model, const struct cJSON *tree, const weir_set *fields, void *list,
                                  weir_page *page, weir_error *err);

/* A jsonb value as a tree, and back (the text is the caller's). Nested at most 64 deep; nothing may follow the value.
 * NULL is a null. A number that a double does not hold is a raw node. WEIR_ERR_FORMAT for what is no JSON. */
WEIR_API int weir_json_to_cjson(weir_json json, struct cJSON **tree, weir_error *err);
WEIR_API int weir_json_from_cjson(const struct cJSON *tree, char **text, weir_error *err);

#ifdef __cplusplus
}
#endif

#endif
