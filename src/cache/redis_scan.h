/* Replies read where they lie: strings, numbers, nil, and arrays of these, which is what almost all exchanges get. Whatever else comes is for
 * the parser, which copies. */
#ifndef WEIR_CACHE_REDIS_SCAN_H
#define WEIR_CACHE_REDIS_SCAN_H

#include "cache/redis_reader.h"

typedef enum weir__scan_state {
	WEIR__SCAN_DONE,   /* all replies are there */
	WEIR__SCAN_MORE,   /* so far all is well */
	WEIR__SCAN_OTHER,  /* something that it does not know: nothing of it is to be used */
	WEIR__SCAN_GARBLED /* a string does not end where it should */
} weir__scan_state;

/* How far an exchange has been read. */
typedef struct weir__redis_scan {
	weir__reply *nodes; /* room for node_limit */
	size_t       node_count;
	size_t       node_limit;
	size_t       at;       /* what comes next */
	size_t       replies;  /* still to come */
	size_t       elements; /* of the array that has begun */
	size_t       wanted;   /* MORE: so many bytes there will be at least */
} weir__redis_scan;

/* Reads on in the length bytes that are there so far. */
weir__scan_state weir__redis_scan_on(weir__redis_scan *scan, const char *bytes, size_t length);

#endif
