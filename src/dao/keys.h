/* Names in the cache, made from a model's values: record keys, unique keys, stamps, queries; and the touches of a write. */
#ifndef WEIR_DAO_KEYS_H
#define WEIR_DAO_KEYS_H

#include <weir/scope.h>

#include "dao/entity.h"

/* `user:id:42`, `playlist_track:playlist_id:1:track_id:17`: the record with the primary key of this struct. Appends. */
void weir__key_of_record(const weir__entity *entity, const void *record, weir__buffer *key);

/* What stands before the digits in the key of a record whose primary key is one integer. */
void weir__key_of_number_begin(const weir__entity *entity, weir__buffer *key);

/* The same from the values of the key columns in order. */
void weir__key_of_values(const weir__entity *entity, const weir_value *values, weir__buffer *key);

/* `user:email:ada@example.org`: the pointer from a unique value to its record. */
void weir__key_of_unique(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key);
void weir__key_of_unique_begin(const weir__entity *entity, size_t column, weir__buffer *key); /* without the value */

/* The same where the server's text of the value is known: of an integer, a uuid or a text. */
void weir__key_of_unique_text(const weir__entity *entity, size_t column, weir_bytes text, weir__buffer *key);

/* `posts:s:user_id:7`: the stamp of all lists with that value. */
void weir__key_of_stamp(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key);

/* Without the value, which for integers is its digits: `posts:s:user_id:`. */
void weir__key_of_stamps(const weir__entity *entity, size_t column, weir__buffer *key);

/* Appends `:user_id:7`, or without the value `:user_id:`, or the value alone. */
void weir__key_append_column(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key);
void weir__key_append_value(const weir__entity *entity, size_t column, const weir_value *value, weir__buffer *key);
void weir__key_append_column_name(const weir__entity *entity, size_t column, weir__buffer *key);

/* `users:s:any`: the stamp of all other lists. */
void weir__key_of_any(const weir__entity *entity, weir__buffer *key);

/* `users:q:list:<canonical query>`; what is "list", "count" or "exists". WEIR_ERR_USAGE or WEIR_ERR_VALUE for a wrong query. */
int weir__key_of_query(const weir__entity *entity, const char *what, const weir_query *query, weir__buffer *key,
                       weir_error *err);

/* The same where what is read depends on more than the query: `more` follows the canonical text, which nothing else can. */
int weir__key_of_listing(const weir__entity *entity, const char *what, const weir_query *query, weir_bytes more,
                         weir__buffer *key, weir_error *err);

/* `:as:app.tenant=42`, behind the key of a list that belongs to a principal. */
void weir__key_append_principal(const weir_principal *principal, weir__buffer *key);

/* The stamp that lists of this query depend on: that of a stamped column which the query asks to be equal to a value, else `any`. */
void weir__key_of_query_stamp(const weir__entity *entity, const weir_query *query, weir__buffer *key);

/* A column's value in the bytes that keys use, which may lie in text; no data for SQL's NULL. Not for arrays. */
#define WEIR__KEY_VALUE_MAX 64
weir_bytes weir__key_value(const weir_value *value, char text[WEIR__KEY_VALUE_MAX]);

#endif
