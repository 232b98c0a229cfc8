/* Records and lists: what reads and writes hand out.
 *
 * A record is one immutable struct of its model with a reference count in front of it; its texts lie behind it in
 * the same allocation. A list is one allocation for all its records. Any thread may read, retain and release. Records
 * and lists outlive the session they came from.
 *
 * Released means: the caller's pointer is set to NULL. Out parameters must be empty (NULL, WEIR_LIST_INIT) when a
 * call is made; debug builds refuse one that is not (WEIR_ERR_USAGE), since what it held would be lost.
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include <weir/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Any list, with its records untyped. WEIR_RECORD(user) declares user_list of the same layout. */
typedef struct weir_list {
	const void *const *items; /* count pointers; NULL where get_many found no row */
	size_t             count;
	void              *memory; /* the library's */
} weir_list;

#ifdef __cplusplus
#define WEIR_LIST_INIT                                                                                                 \
	{                                                                                                                  \
	}
#else
#define WEIR_LIST_INIT                                                                                                 \
	{                                                                                                                  \
		.count = 0                                                                                                     \
	}
#endif

/* One more reference to a record of the library (a record of a list keeps the whole list's memory). NULL gives NULL. */
WEIR_API void weir_record_retain(const void *record);

/* Gives a reference back. NULL releases nothing. In debug builds a pointer that is no live record of the library is
 * caught and left alone: the call then returns WEIR_ERR_USAGE. */
WEIR_API int weir_record_release(const void *record);

/* The model of a record of the library; NULL for NULL. */
WEIR_API const weir_model *weir_record_model(const void *record);

/* Gives a list's memory back (its records live on where they were retained) and empties it. */
WEIR_API void weir_list_release(weir_list *list);

/* Frees memory that the library handed out as such. NULL does nothing. */
WEIR_API void weir_free(void *memory);

/* For each model: user_list, user_retain(record), user_release(&record), user_list_release(&list). */
#define WEIR_RECORD(name)                                                                                              \
	typedef struct name##_list {                                                                                       \
		const name *const *items;                                                                                      \
		size_t             count;                                                                                      \
		void              *memory;                                                                                     \
	} name##_list;                                                                                                     \
	WEIR__UNUSED static inline const name *name##_retain(const name *record_)                                          \
	{                                                                                                                  \
		weir_record_retain(record_);                                                                                   \
		return record_;                                                                                                \
	}                                                                                                                  \
	WEIR__UNUSED static inline void name##_release(const name **record_)                                               \
	{                                                                                                                  \
		const name *released_ = record_ ? *record_ : NULL;                                                             \
		if (record_)                                                                                                   \
			*record_ = NULL;                                                                                           \
		(void)weir_record_release(released_);                                                                          \
	}                                                                                                                  \
	WEIR__UNUSED static inline void name##_list_release(name##_list *list_)                                            \
	{                                                                                                                  \
		weir_list released_ = WEIR_LIST_INIT;                                                                          \
		if (!list_)                                                                                                    \
			return;                                                                                                    \
		released_.memory = list_->memory;                                                                              \
		list_->items = NULL;                                                                                           \
		list_->count = 0;                                                                                              \
		list_->memory = NULL;                                                                                          \
		weir_list_release(&released_);                                                                                 \
	}

#ifdef __cplusplus
}
#endif

#endif
