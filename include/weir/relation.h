/* Relations: what records of one model have to do with records of another, declared as constant data beside the fields.
 *
 *     static const weir_relation user_relations[] = {
 *             WEIR_HAS_MANY(user, posts, post, user_id, .inverse_of = "author", .cache = {.ttl_s = 600}),
 *     };
 *     const weir_model user_model = WEIR_MODEL(user, "users", user_fields, WEIR_RELATIONS(user_relations));
 *     WEIR_RELATION_MANY(user, posts, post)   (in the header: user_posts(), user_posts_count() and so on)
 *
 * Models may refer to each other in circles. weir_open checks every relation and says what does not fit. Nothing is loaded
 * behind the reader's back: reading a member never asks anything. What is loaded is kept in the cache by relation and owner, and
 * every write of a child through its DAO invalidates its old and its new owner.
 *
 * An owner is a struct of its model with its primary key set (belongs to: its foreign key). A NULL in that key belongs to
 * nobody and has nothing: the answer is empty, and nothing is asked.
 */
#ifndef WEIR_RELATION_H
#define WEIR_RELATION_H

#include <weir/cache_manager.h>
#include <weir/query.h>
#include <weir/record.h>
#include <weir/session.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weir_relation_kind {
	WEIR_RELATION_NONE,
	WEIR_RELATION_BELONGS_TO,  /* the foreign key is here: one record of the target */
	WEIR_RELATION_HAS_ONE,     /* the foreign key is there: the record with the lowest primary key */
	WEIR_RELATION_HAS_MANY,    /* the foreign key is there: a list, by primary key */
	WEIR_RELATION_MANY_TO_MANY /* both foreign keys are in a third model: a list, by primary key */
} weir_relation_kind;

/* Members of a model's struct, in the order of the primary key that they refer to. */
typedef struct weir_relation_key {
	const size_t *offsets;
	size_t        count;
} weir_relation_key;

struct weir_related;

/* Loads a relation in a way of its own instead of by its keys. */
typedef struct weir_relation_loader {
	void *context;
	/* Fills *list (empty when it is called) with records of the target that belong to the owner; the library releases it.
	 * Statuses as everywhere: WEIR_NOT_FOUND is an empty list, a negative one reaches the caller and nothing is kept. Called by
	 * any thread that loads; of->session is to be used, so that it works in transactions. */
	int (*load)(void *context, const struct weir_related *of, weir_list *list, weir_error *err);
	/* Called after the relation of an owner was cleared; of->owner is NULL when it was cleared for all. May be NULL. */
	void (*cleared)(void *context, const struct weir_related *of);
} weir_relation_loader;

/* Keeps a relation's lists somewhere else than the session's cache, which then only knows whether they are still valid. What is
 * given to set is what get must give back, to the byte; in between it may be packed or encrypted. Called by any thread.
 * Whatever fails is a miss. Eager loading leaves it aside. Not for belongs to. */
typedef struct weir_relation_cache {
	void *context;
	/* WEIR_OK with *value from malloc, which the library frees; WEIR_NOT_FOUND. */
	int (*get)(void *context, const char *key, char **value, size_t *length);
	/* ttl_s: WEIR_TTL_NEVER for no end. */
	int (*set)(void *context, const char *key, const char *value, size_t length, int ttl_s);
	int (*remove)(void *context, const char *key);
	int (*clear)(void *context); /* everything of the relation */
} weir_relation_cache;

/* One relation. Write it with WEIR_BELONGS_TO and the like. */
typedef struct weir_relation {
	const char        *name;
	weir_relation_kind kind;
	const weir_model  *model;   /* the owner's */
	const weir_model  *target;  /* what is loaded */
	const weir_model  *through; /* many to many: the model that links them */
	/* belongs to: of model; has: of target; many to many: of through, to model */
	weir_relation_key foreign_key;
	weir_relation_key target_key; /* many to many: of through, to target */
	/* has, many to many: deleting the owner by its DAO first deletes, by theirs, the rows that hold its key. For a
	 * key that the schema cascades too, or refuses */
	bool        cascade;
	const char *inverse_of; /* the relation of target that leads back; NULL: none is declared */
	/* what is 0 is the target's; ttl_s is that of lists too, if list_ttl_s is not given */
	weir_cache_config           cache;
	const weir_relation_loader *loader;
	const weir_relation_cache  *kept_in; /* NULL: the session's cache */
	bool                        reserved;
} weir_relation;

/* The relation of this name: of the model, else of what it is derived from. NULL: there is none. */
WEIR_API const weir_relation *weir_relation_find(const weir_model *model, const char *name);

/* Relation number index of a model, its own first, then those that it inherits and does not override; NULL behind the last. */
WEIR_API const weir_relation *weir_relation_at(const weir_model *model, size_t index);

/* "belongs to", "has one", "has many", "many to many"; "?" for a number that is none. Static text. */
WEIR_API const char *weir_relation_kind_name(weir_relation_kind kind);

/* One relation of one owner: a plain value, no I/O. */
typedef struct weir_related {
	weir_session     *session; /* or a transaction: then everything is read from the database */
	const weir_model *model;   /* of the owner */
	const char       *relation;
	const void       *owner;
	/* what the caller takes the target for, checked by each call; NULL: not checked */
	const weir_model *target;
	int               timeout_ms; /* deadline of each call; 0: the session's */
} weir_related;

/* The functions on it. An unknown relation, an owner that is NULL, a list for a relation to one record and the like are
 * WEIR_ERR_USAGE; the other statuses are those of <weir/base_dao.h>, out parameters too. */

/* All that belongs to the owner, from the cache where it is there. A relation to many: the address of an empty list. To
 * one: the address of a record that is NULL; WEIR_NOT_FOUND where there is none. */
WEIR_API int weir_related_load(const weir_related *of, void *out, weir_error *err);

/* The same, but from the database, and what is read takes the place of what the cache has: to fill it before it is needed, or
 * with what a loader for this call gives instead of the relation's own way (NULL: that). A value that was read earlier cannot be
 * put there, since nobody could say whether a write has come since. Not for belongs to, whose target has an entry of its own; a
 * loader not for many to many. */
WEIR_API int weir_related_refresh(const weir_related *of, const weir_relation_loader *loader, void *out,
                                  weir_error *err);

/* Those that match, always from the database. In a query on a relation limit 0 means all; NULL is everything. */
WEIR_API int weir_related_query(const weir_related *of, const weir_query *query, void *list, weir_error *err);
WEIR_API int weir_related_count(const weir_related *of, const weir_query *query, int64_t *count, weir_error *err);
WEIR_API int weir_related_exists(const weir_related *of, const weir_query *query, bool *exists, weir_error *err);

/* Links a row that exists (other: a struct with its primary key): sets the foreign key, or makes the row that links both;
 * one that is linked already stays so, and a link that was deleted by a stamp (.deleted_at) comes back. Invalidates the old
 * owner and the new. WEIR_NOT_FOUND: there is no such row. */
WEIR_API int weir_related_add(const weir_related *of, const void *other, weir_error *err);

/* Inserts a row that belongs to the owner: columns of set, and the foreign key. record may be NULL. Not for belongs to. */
WEIR_API int weir_related_create(const weir_related *of, const void *values, weir_set set, void *record,
                                 weir_error *err);

/* Unlinks: sets the foreign key to NULL (WEIR_ERR_NOT_NULL where the model does not allow that), or deletes the row that
 * links both. No row of the target is deleted. WEIR_NOT_FOUND: it did not belong to the owner. other may be NULL for a
 * relation of kind belongs to. */
WEIR_API int weir_related_remove(const weir_related *of, const void *other, weir_error *err);

/* Forgets what the cache holds of it, and never touches a row. WEIR_OK also if that was nothing; WEIR_ERR_CACHE.
 * owner NULL: of all owners. relation NULL: all relations of the owner (with no owner either: of the whole model). */
WEIR_API int weir_related_clear(const weir_related *of, weir_error *err);

/* Would weir_related_load answer without a query? Counts as a lookup. */
WEIR_API int weir_related_is_cached(const weir_related *of, bool *cached, weir_error *err);

/* What eager loading (WEIR_WITH) has attached to a list: true if this owner's relation was loaded. The owner is a record of
 * the list, or one that was loaded with it. list: the list that the call returned. For a relation to many *out is a list
 * that borrows the records and must not be released; to one, a borrowed record, NULL where there is none. */
WEIR_API bool weir_related_loaded(const void *list, const char *relation, const void *owner, void *out);

/* The cache of one relation: how it is configured (members that are not 0 are changed), what is in force, how well it works. */
WEIR_API int weir_relation_configure(weir_session *session, const weir_relation *relation,
                                     const weir_cache_config *config, weir_error *err);
WEIR_API int weir_relation_config(weir_session *session, const weir_relation *relation, weir_cache_config *config,
                                  weir_error *err);
WEIR_API int weir_relation_stats(weir_session *session, const weir_relation *relation, weir_cache_stats *stats,
                                 weir_error *err);
WEIR_API int weir_relation_stats_reset(weir_session *session, const weir_relation *relation, weir_error *err);

static inline weir_related weir_related_to(weir_session *session, const weir_model *model, const char *relation,
                                           const void *owner)
{
	weir_related of;
	of.session = session;
	of.model = model;
	of.relation = relation;
	of.owner = owner;
	of.target = NULL;
	of.timeout_ms = 0;
	return of;
}

#ifndef __cplusplus
/* clang-format off */
#define WEIR_RELATIONS(array)                                                                                          \
	.relations = (array), .relation_count = sizeof(array) / sizeof((array)[0]), .relation_size = sizeof(weir_relation)

/* WEIR_BELONGS_TO(post, author, user, user_id, ...): owner, name, target, the foreign key's member; then options. A key of
 * several columns, in the order of the primary key: WEIR_BELONGS_TO_BY(line, invoice, invoice, (shop_id, invoice_id), ...). */
#define WEIR_BELONGS_TO(o, n, t, ...)    WEIR__BELONGS_TO(o, n, t, __VA_ARGS__, .reserved = false)
#define WEIR_BELONGS_TO_BY(o, n, t, ...) WEIR__BELONGS_TO_BY(o, n, t, __VA_ARGS__, .reserved = false)
#define WEIR_HAS_ONE(o, n, t, ...)       WEIR__HAS(WEIR_RELATION_HAS_ONE, o, n, t, __VA_ARGS__, .reserved = false)
#define WEIR_HAS_ONE_BY(o, n, t, ...)    WEIR__HAS_BY(WEIR_RELATION_HAS_ONE, o, n, t, __VA_ARGS__, .reserved = false)
#define WEIR_HAS_MANY(o, n, t, ...)      WEIR__HAS(WEIR_RELATION_HAS_MANY, o, n, t, __VA_ARGS__, .reserved = false)
#define WEIR_HAS_MANY_BY(o, n, t, ...)   WEIR__HAS_BY(WEIR_RELATION_HAS_MANY, o, n, t, __VA_ARGS__, .reserved = false)

/* WEIR_MANY_TO_MANY(playlist, tracks, track, playlist_track, playlist_id, track_id): the model in between, its member that
 * refers to the owner, its member that refers to the target. */
#define WEIR_MANY_TO_MANY(o, n, t, via, ...)    WEIR__LINKED(o, n, t, via, __VA_ARGS__, .reserved = false)
#define WEIR_MANY_TO_MANY_BY(o, n, t, via, ...) WEIR__LINKED_BY(o, n, t, via, __VA_ARGS__, .reserved = false)

#define WEIR__LIST(...)     __VA_ARGS__
#define WEIR__KEY(s, ...)                                                                                              \
	{(const size_t[]){WEIR__EACH(WEIR__OFFSET, s, __VA_ARGS__)},                                                   \
	 sizeof((const size_t[]){WEIR__EACH(WEIR__OFFSET, s, __VA_ARGS__)}) / sizeof(size_t)}
#define WEIR__RELATION(kind_of, o, n, t) .name = #n, .kind = kind_of, .model = &o##_model, .target = &t##_model

#define WEIR__BELONGS_TO(o, n, t, member, ...) WEIR__BELONGS_TO_BY(o, n, t, (member), __VA_ARGS__)
#define WEIR__BELONGS_TO_BY(o, n, t, members, ...)                                                                     \
	{WEIR__RELATION(WEIR_RELATION_BELONGS_TO, o, n, t), .foreign_key = WEIR__KEY(o, WEIR__LIST members), __VA_ARGS__}
#define WEIR__HAS(kind_of, o, n, t, member, ...) WEIR__HAS_BY(kind_of, o, n, t, (member), __VA_ARGS__)
#define WEIR__HAS_BY(kind_of, o, n, t, members, ...)                                                                   \
	{WEIR__RELATION(kind_of, o, n, t), .foreign_key = WEIR__KEY(t, WEIR__LIST members), __VA_ARGS__}
#define WEIR__LINKED(o, n, t, via, member, other, ...) WEIR__LINKED_BY(o, n, t, via, (member), (other), __VA_ARGS__)
#define WEIR__LINKED_BY(o, n, t, via, members, others, ...)                                                            \
	{WEIR__RELATION(WEIR_RELATION_MANY_TO_MANY, o, n, t), .through = &via##_model,                                 \
	 .foreign_key = WEIR__KEY(via, WEIR__LIST members), .target_key = WEIR__KEY(via, WEIR__LIST others), __VA_ARGS__}
/* clang-format on */
#endif /* __cplusplus */

/* The functions of a relation with its types, for headers; owner_type has a relation `name` to target_type. */
#define WEIR__RELATED(owner_type, name, target_type)                                                                   \
	weir_related of_ = weir_related_to(session_, &owner_type##_model, #name, owner_);                                  \
	of_.target = &target_type##_model

#define WEIR__RELATION_BOTH(owner_type, name, target_type)                                                             \
	WEIR__UNUSED static inline int owner_type##_##name##_exists(                                                       \
		weir_session *session_, const owner_type *owner_, const weir_query *query_, bool *exists_, weir_error *err_)   \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_exists(&of_, query_, exists_, err_);                                                       \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_add(weir_session *session_, const owner_type *owner_,         \
	                                                         const target_type *other_, weir_error *err_)              \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_add(&of_, other_, err_);                                                                   \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_remove(weir_session *session_, const owner_type *owner_,      \
	                                                            const target_type *other_, weir_error *err_)           \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_remove(&of_, other_, err_);                                                                \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_clear(weir_session *session_, const owner_type *owner_,       \
	                                                           weir_error *err_)                                       \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_clear(&of_, err_);                                                                         \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_is_cached(weir_session *session_, const owner_type *owner_,   \
	                                                               bool *cached_, weir_error *err_)                    \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_is_cached(&of_, cached_, err_);                                                            \
	}

/* WEIR_RELATION_MANY(user, posts, post): user_posts(session, owner, &list, err), user_posts_where(session, owner, query,
 * &list, err), user_posts_count(session, owner, query, &count, err), _exists, user_posts_add(session, owner, other, err),
 * _remove, _clear(session, owner, err), _is_cached, and user_posts_loaded(&page, owner, &posts) of what eager loading
 * attached. Each does what weir_related_... above says. */
#define WEIR_RELATION_MANY(owner_type, name, target_type)                                                              \
	WEIR__UNUSED static inline int owner_type##_##name(weir_session *session_, const owner_type *owner_,               \
	                                                   target_type##_list *list_, weir_error *err_)                    \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_load(&of_, list_, err_);                                                                   \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_where(weir_session *session_, const owner_type *owner_,       \
	                                                           const weir_query *query_, target_type##_list *list_,    \
	                                                           weir_error *err_)                                       \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_query(&of_, query_, list_, err_);                                                          \
	}                                                                                                                  \
	WEIR__UNUSED static inline int owner_type##_##name##_count(                                                        \
		weir_session *session_, const owner_type *owner_, const weir_query *query_, int64_t *count_, weir_error *err_) \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_count(&of_, query_, count_, err_);                                                         \
	}                                                                                                                  \
	WEIR__UNUSED static inline bool owner_type##_##name##_loaded(const void *list_, const owner_type *owner_,          \
	                                                             target_type##_list *related_)                         \
	{                                                                                                                  \
		return weir_related_loaded(list_, #name, owner_, related_);                                                    \
	}                                                                                                                  \
	WEIR__RELATION_BOTH(owner_type, name, target_type)

/* WEIR_RELATION_ONE(post, author, user): post_author(session, post, &user, err), post_author_exists(), _add (or, what is
 * the same, links), _remove, _clear, _is_cached, and post_author_loaded(&page, post, &user). */
#define WEIR_RELATION_ONE(owner_type, name, target_type)                                                               \
	WEIR__UNUSED static inline int owner_type##_##name(weir_session *session_, const owner_type *owner_,               \
	                                                   const target_type **record_, weir_error *err_)                  \
	{                                                                                                                  \
		WEIR__RELATED(owner_type, name, target_type);                                                                  \
		return weir_related_load(&of_, record_, err_);                                                                 \
	}                                                                                                                  \
	WEIR__UNUSED static inline bool owner_type##_##name##_loaded(const void *list_, const owner_type *owner_,          \
	                                                             const target_type **related_)                         \
	{                                                                                                                  \
		return weir_related_loaded(list_, #name, owner_, related_);                                                    \
	}                                                                                                                  \
	WEIR__RELATION_BOTH(owner_type, name, target_type)

#ifdef __cplusplus
}
#endif

#endif
