/* The queues of a shard, and who leaves them: S3-FIFO by bytes. */
#include "cache/near_memory.h"

#include "base/memory.h"

#define SMALL_SHARE 10  /* a tenth of the bytes */
#define KEPT_USES   1   /* used more often than this in the small queue: to the main queue */
#define STEPS_MOST  512 /* round the queues for one new entry; then the next one goes, used or not */

void weir__near_queue_push(weir__near_shard *shard, uint8_t which, weir__near_entry *entry)
{
	weir__near_queue *queue = &shard->queues[which];

	entry->queue = which;
	entry->before = queue->last;
	entry->after = NULL;
	if (queue->last)
		queue->last->after = entry;
	else
		queue->first = entry;
	queue->last = entry;
	queue->bytes += entry->charge;
}

void weir__near_queue_remove(weir__near_shard *shard, weir__near_entry *entry)
{
	weir__near_queue *queue = &shard->queues[entry->queue];

	if (entry->before)
		entry->before->after = entry->after;
	else
		queue->first = entry->after;
	if (entry->after)
		entry->after->before = entry->before;
	else
		queue->last = entry->before;
	queue->bytes -= entry->charge;
}

static void move(weir__near_shard *shard, uint8_t queue, weir__near_entry *entry, unsigned char uses)
{
	weir__near_queue_remove(shard, entry);
	atomic_store_explicit(&entry->uses, uses, memory_order_relaxed);
	weir__near_queue_push(shard, queue, entry);
}

/* One step: the oldest entry of a queue leaves, or goes (on) in the main queue. */
static void step(weir__near_shard *shard, weir__near *near_cache, int64_t now_us, bool spares)
{
	weir__near_queue *small = &shard->queues[WEIR__NEAR_SMALL];
	bool              from_small =
		small->first && (small->bytes > shard->max_bytes / SMALL_SHARE || !shard->queues[WEIR__NEAR_MAIN].first);
	weir__near_entry *entry = shard->queues[from_small ? WEIR__NEAR_SMALL : WEIR__NEAR_MAIN].first;
	unsigned char     uses = atomic_load_explicit(&entry->uses, memory_order_relaxed);

	if (!weir__near_is_right(near_cache, entry, now_us)) {
		weir__near_retire(shard, near_cache, entry);
		return;
	}
	if (spares && from_small && uses > KEPT_USES) {
		move(shard, WEIR__NEAR_MAIN, entry, 0);
		return;
	}
	if (spares && !from_small && uses > 0) {
		move(shard, WEIR__NEAR_MAIN, entry, (unsigned char)(uses - 1));
		return;
	}
	if (from_small)
		weir__near_ghosts_add(&shard->ghosts, entry->name);
	weir__near_retire(shard, near_cache, entry);
	shard->evictions++;
}

void weir__near_evict(weir__near_shard *shard, weir__near *near_cache, uint64_t bytes, int64_t now_us)
{
	for (size_t steps = 0; shard->bytes + bytes > shard->max_bytes && shard->count > 0; steps++)
		step(shard, near_cache, now_us, steps < STEPS_MOST);
}

/* ---- Ghosts ---------------------------------------------------------------------------------------------------- */

/* A set of four marks each; a new mark pushes the oldest of its set out. */
#define WAYS 4

bool weir__near_ghosts_resize(weir__near_ghosts *ghosts, uint32_t count)
{
	uint32_t *marks;

	if (ghosts->marks && ghosts->mask + 1 >= count)
		return true;
	marks = weir__calloc(count, sizeof *marks);
	if (!marks)
		return false;
	weir__free(ghosts->marks);
	ghosts->marks = marks;
	ghosts->mask = count - 1;
	return true;
}

static uint32_t *set_of(const weir__near_ghosts *ghosts, weir__hash128 name)
{
	return &ghosts->marks[(uint32_t)name.high & ghosts->mask & ~(uint32_t)(WAYS - 1)];
}

static uint32_t mark_of(weir__hash128 name)
{
	return (uint32_t)(name.high >> 32) | 1;
}

bool weir__near_ghosts_have(const weir__near_ghosts *ghosts, weir__hash128 name)
{
	const uint32_t *set = set_of(ghosts, name);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i] == mark_of(name))
			return true;
	return false;
}

void weir__near_ghosts_add(const weir__near_ghosts *ghosts, weir__hash128 name)
{
	uint32_t *set = set_of(ghosts, name);

	for (size_t i = WAYS - 1; i > 0; i--)
		set[i] = set[i - 1];
	set[0] = mark_of(name);
}
