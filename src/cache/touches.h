/* The set of what a transaction's writes invalidate. Its batch holds all that guard and release need, so that nothing has to
 * be allocated after COMMIT: a batch that could not be released is handed to pending.h as it is. */
#ifndef WEIR_CACHE_TOUCHES_H
#define WEIR_CACHE_TOUCHES_H

#include "cache/manager.h"

typedef struct weir__touch_item {
	size_t             offset; /* of the physical key in bytes */
	uint64_t           hash;   /* once there is an index */
	weir__cache_space *space;
	uint32_t           length;
	bool               is_stamp;
	bool               is_late;  /* released only */
	bool               is_bare;  /* and of no use to guard for anybody */
	bool               is_new;   /* it was not there, and is not looked for */
	bool               is_quiet; /* is_near is told instead */
	bool               is_near;  /* the key that all near records of its space depend on; never there */
	bool flushes; /* it is `all`: the records of its space are removed before COMMIT and before the release */
} weir__touch_item;

#define WEIR__TOUCHES_FEW 8 /* need no memory of their own */

struct weir__touch_batch {
	weir__touch_batch *next; /* in a list of pending ones */
	weir__touch_item  *items;
	weir_touch        *touches; /* made of the items by weir__touch_batch_bind, late ones behind, bare ones last */
	size_t             guarded; /* how many of them are not late */
	size_t             count;
	size_t             capacity;
	weir__buffer       bytes;
	uint64_t           nonce;         /* of the guard; 0: none was tried */
	int64_t            guarded_us;    /* when it was sent */
	bool               blocks;        /* counted in pending.blocked */
	int64_t            not_before_us; /* pending: not to be released earlier */
	weir__near_write   near_write;    /* for this process's near cache, from the guard to the release */
	uint32_t          *stripes;       /* its; as many as the items have room for */
	weir__touch_item   few_items[WEIR__TOUCHES_FEW];
	weir_touch         few_touches[WEIR__TOUCHES_FEW];
	uint32_t           few_stripes[WEIR__TOUCHES_FEW];
};

struct weir__touches {
	weir_cache_manager *cache;
	weir__touch_batch  *batch;
	uint32_t           *index; /* open addressing by hash, item number + 1; NULL while the set is small */
	size_t              index_size;
	size_t              sought; /* how many items are looked for */
};

/* Points the touches at the keys and gives each stamp its new value; only those that are guarded. */
void weir__touch_batch_bind(weir_cache_manager *cache, weir__touch_batch *batch);
void weir__touch_batch_bind_guarded(weir_cache_manager *cache, weir__touch_batch *batch);
/* Releases a batch. WEIR_OK or WEIR_ERR_CACHE. */
int  weir__touch_batch_settle(weir_cache_manager *cache, weir__touch_batch *batch);
void weir__touch_batch_free(weir__touch_batch *batch);

/* A deadline that leaves time for many keys. */
weir_cache_call weir__touch_batch_call(weir_cache_manager *cache, const weir__touch_batch *batch);

#endif
