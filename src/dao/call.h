/* One call of a DAO: its session, entity, deadline and the memory it works with. Reads and writes are made of these. */
#ifndef WEIR_DAO_CALL_H
#define WEIR_DAO_CALL_H

#include <weir/base_dao.h>

#include "base/span.h"
#include "dao/session.h"

typedef struct weir__call {
	weir_session       *session;
	const weir__entity *entity;
	weir__deadline      deadline;
	weir__params       *params;
	weir__buffer        sql;      /* text of a statement made for this call */
	weir__buffer        key;      /* text of a cache key made for this call */
	weir__mask          old;      /* UPDATE: columns whose old values follow the new row */
	int                 fresh_ms; /* of cached reads, as in weir_base_dao */
	weir_error         *err;
	weir__span         *span;  /* NULL: nobody traces */
	struct weir__place *place; /* among those who write (group.h), left before COMMIT; NULL: none */
} weir__call;

/* A call of the face: checks session and model, begins its span; _done ends it with its status, which it returns. _done is right
 * after a failure too. operation is a name that lives for ever. */
int weir__call_start(weir__call *call, const weir_base_dao *dao, const char *operation, weir_error *err);
int weir__call_done(weir__call *call, int rc);

/* The same without checks and span, for calls inside of others; _trace begins one for those that are not. */
int  weir__call_begin_on(weir__call *call, weir_session *session, const weir__entity *entity, weir__deadline deadline,
                         weir_error *err);
void weir__call_end(weir__call *call);
void weir__call_trace(weir__call *call, const char *operation);

/* For its span: what the cache said, how many rows there were. */
void               weir__call_note_lookup(const weir__call *call, const weir__lookup *lookup);
static inline void weir__call_note_rows(const weir__call *call, size_t rows)
{
	if (call->span)
		call->span->span.rows = (int64_t)rows;
}

/* The columns whose old values an UPDATE of these columns must return; noted in call->old. */
weir__mask weir__call_old(weir__call *call, weir__mask changed);

/* May this call use the cache? Not inside a transaction, not where it is off, and not where the caller wants the database. */
bool weir__call_is_cached(const weir__call *call);

/* Gives a lookup the call's time, to wait in for other threads that read the same. Only for calls that hold no lease but a pointer's. */
void weir__call_lends(const weir__call *call, weir__lookup *lookup);

/* The same for entries of single rows, which all principals share: not of models that are .per_principal. */
bool weir__call_keeps_records(const weir__call *call);

/* Runs a statement on the session's connection, as a read: nothing has to be invalidated. */
int weir__call_read(weir__call *call, const weir__sql *sql, weir__rows *rows);

/* The statement text that call->sql holds. WEIR_ERR_NO_MEMORY if it could not be made. */
int weir__call_sql(weir__call *call, weir__sql *sql);
/* The same of one that writes a row and ends with the columns of RETURNING, to which it adds the transaction's id. */
int weir__call_write_sql(weir__call *call, weir__sql *sql);

/* Adds the primary key of a struct as parameters, checked. */
int weir__call_add_key(weir__call *call, const void *key);

/* Reads from the database, in terms of the base_dao. */
int weir__read_by_id(weir__call *call, const void *key, const void **record);
int weir__read_by(weir__call *call, size_t column, const weir_value *value, const void **record);
int weir__read_list(weir__call *call, const weir_query *query, weir_list *list);
int weir__read_page(weir__call *call, const weir_query *query, const weir__seek *seek, weir_list *list);
int weir__read_count(weir__call *call, const weir_query *query, int64_t *count);
int weir__read_exists(weir__call *call, const weir_query *query, bool *exists);

/* The keys of a get_many: an array of the key member's type, or of structs where the key has several columns. */
typedef struct weir__keys {
	const weir__layout *layout;
	const void         *items;
	size_t              count;
} weir__keys;

/* Bytes of one key in such an array. */
size_t weir__keys_size(const weir__layout *layout);

/* Key number index as a struct of the model whose key members are set (the others must not be looked at). */
const void *weir__keys_struct(const weir__keys *keys, size_t index);

/* Makes the rows of count of these keys the parameters of weir__sql_get_many, which gives them in no order; indices says which. */
void weir__call_add_keys(weir__call *call, const weir__keys *keys, const size_t *indices, size_t count);

/* The same through the cache. */
int weir__cached_by_id(weir__call *call, const void *key, const void **record);
int weir__cached_by(weir__call *call, size_t column, const weir_value *value, const void **record);

/* Is the column the whole primary key? Then it is read by id: a pointer from its value would be where the record is. */
static inline bool weir__is_key(const weir__entity *entity, size_t column)
{
	return entity->layout->key_mask == (weir__mask)1 << column;
}

/* weir__cached_by in two steps, behind the near cache: so many lookups of the pointer, one or both, are to be looked up, together
 * with others; then it is followed, to the record or to the database, and released. key is borrowed until then. */
typedef struct weir__pointer {
	weir__lookup both[2]; /* the pointer, the record that it led to the last time */
	char         guess[WEIR__HINT_SIZE];
} weir__pointer;
size_t weir__pointer_prepare(weir__call *call, weir_bytes key, weir__pointer *pointer);
int    weir__pointer_follow(weir__call *call, weir__pointer *both, size_t column, const weir_value *value,
                            const void **record);
void   weir__pointer_release(weir__pointer *pointer);

int weir__cached_list(weir__call *call, const weir_query *query, weir_list *list);

/* A list that is more than a query: how it is read, and what else it depends on. */
typedef struct weir__listing {
	const char         *what;   /* part of the key: "list", "page", ... */
	weir_bytes          more;   /* the same, bytes that only this list has */
	const weir_query   *query;  /* its canonical text is part of the key, its stamp the one that is depended on */
	bool                all;    /* nothing but the query's rows: it may be named by the query alone (near_query.h) */
	const weir__layout *layout; /* of the rows */
	int (*read)(weir__call *call, const struct weir__listing *listing, weir_list *list);
	const void *context; /* of read */
} weir__listing;
int weir__cached_listing(weir__call *call, const weir__listing *listing, weir_list *list);
int weir__cached_count(weir__call *call, const weir_query *query, int64_t *count);
int weir__cached_exists(weir__call *call, const weir_query *query, bool *exists);

/* The distinct keys of a get_many, so that each row is asked for once and every place that asked gets it. Key j is
 * the record key text (keys.h) from offsets[j] to offsets[j + 1]. */
typedef struct weir__distinct {
	weir__buffer text;
	size_t      *offsets;
	size_t      *first;     /* of each distinct key, the first index in keys */
	size_t      *positions; /* of each index in keys, its distinct key */
	size_t      *slots;     /* hash table: distinct key + 1 */
	int64_t     *numbers;   /* of each distinct key, where it is one integer; else NULL */
	size_t       slot_count;
	size_t       count;
} weir__distinct;

int        weir__distinct_create(const weir__entity *entity, const weir__keys *keys, weir__distinct *distinct,
                                 weir_error *err);
void       weir__distinct_release(weir__distinct *distinct);
weir_bytes weir__distinct_key(const weir__distinct *distinct, size_t index);

/* Which distinct key this is, by its number where they have numbers, else by its text; SIZE_MAX for none. */
size_t weir__distinct_find_number(const weir__distinct *distinct, int64_t number);
size_t weir__distinct_find_text(const weir__distinct *distinct, const weir__buffer *key);

/* Which distinct key a record has; SIZE_MAX for none. scratch is overwritten. */
size_t weir__distinct_find(const weir__distinct *distinct, const weir__entity *entity, const void *record,
                           weir__buffer *scratch);

/* A get_many in steps, so that its lookups or its statement can go out together with others. All zero before. */
typedef struct weir__many {
	weir__call       *call;
	const weir__keys *keys;
	weir__distinct    distinct;
	weir__lookup     *lookups; /* a distinct key */
	const void      **records; /* a distinct key; NULL: not found (yet) */
	size_t *missing; /* distinct keys whose row the database must give: by weir__sql_get_many with call->params */
	size_t  missing_count;
	bool    cached;
	bool    alone; /* set after _prepare: each row that is read becomes a record of its own, not part of a list */
	weir__lookup_part part;     /* what is to be looked up */
	weir__lookup     *together; /* its lookups, where they are not all there are */
} weir__many;

/* Before the lookup: takes what the near cache has, many->part is the rest (if cached; else empty). _looked_up: takes leases for what is
 * missing and makes the parameters of its statement. follows as below. */
int weir__many_prepare(weir__many *many, weir__call *call, const weir__keys *keys, bool cached, bool follows);
int weir__many_looked_up(weir__many *many);

/* Takes the rows of the missing (NULL: nothing was) and fills the cache with them. The record of key i, NULL: there is none; borrowed. */
int         weir__many_take(weir__many *many, const weir__rows *rows);
const void *weir__many_record(const weir__many *many, size_t i);

/* All of that: asks the cache, unless cached is false, and makes the parameters for what is missing. follows: the caller holds no other leases, and
 * may wait for another thread that reads the same rows. */
int weir__many_begin(weir__many *many, weir__call *call, const weir__keys *keys, bool cached, bool follows);

/* weir__many_take; list has a place for each key. */
int  weir__many_end(weir__many *many, const weir__rows *rows, weir_list *list);
void weir__many_release(weir__many *many);

/* Both steps with the statement between them. */
int weir__get_many(weir__call *call, const weir__keys *keys, bool cached, weir_list *list);

#endif
