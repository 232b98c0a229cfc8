/* Time: a monotonic clock for deadlines and expiry, and the system's clock, which is never used for either. */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds on CLOCK_MONOTONIC. */
int64_t weir__now_us(void);

/* The same, read from what the system last wrote down where that is cheaper: behind by at most weir__coarse_lag_us(). */
int64_t weir__coarse_now_us(void);
int64_t weir__coarse_lag_us(void);

/* Microseconds since 1970-01-01 00:00:00 UTC, as the system believes: for values only. */
int64_t weir__wall_now_us(void);

/* A point on that clock, or WEIR__NO_DEADLINE. */
typedef int64_t weir__deadline;
#define WEIR__NO_DEADLINE INT64_MAX

/* The deadline timeout_ms from now, none when the clock does not reach so far; the earlier of two. */
weir__deadline weir__deadline_in_ms(int64_t timeout_ms);
weir__deadline weir__deadline_earlier(weir__deadline a, weir__deadline b);

/* Milliseconds until then for poll(): rounded up, 0 when it has passed, -1 for no deadline. */
int weir__deadline_poll_ms(weir__deadline deadline);

#endif
