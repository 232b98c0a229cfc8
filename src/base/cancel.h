/* Cancelling from another thread: a flag, and a pipe that becomes readable with it, so that whoever waits in poll() wakes up. */
#ifndef WEIR_BASE_CANCEL_H
#define WEIR_BASE_CANCEL_H

#include <weir/status.h>

#include <stdatomic.h>
#include <stdint.h>

typedef struct weir__cancel {
	atomic_bool requested;
	int         fds[2]; /* the reading end, the writing end */
	uint32_t    process;
} weir__cancel;

/* WEIR_ERR_RESOURCES: no file descriptors are left. */
int  weir__cancel_init(weir__cancel *cancel, weir_error *err);
void weir__cancel_release(weir__cancel *cancel);

/* Any thread, and signal handlers. Nothing happens in a forked child. */
void weir__cancel_request(weir__cancel *cancel);
void weir__cancel_reset(weir__cancel *cancel);

/* NULL: no. */
static inline bool weir__cancel_is_requested(const weir__cancel *cancel)
{
	return cancel && atomic_load_explicit(&cancel->requested, memory_order_acquire);
}

/* "cancelled by the program" */
int weir__cancel_error(weir_error *err);

#endif
