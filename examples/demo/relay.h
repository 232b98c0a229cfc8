/* A relay is a small TCP server in a thread of its own that passes everything on to a Redis, until it is cut: then it
 * closes its connections and its listening socket, and whoever comes is refused, as if that Redis had ended. Mended, it
 * listens again at the same address. So the demo can take a Redis away without ending anybody's. */
#ifndef DEMO_RELAY_H
#define DEMO_RELAY_H

#include <stdbool.h>

typedef struct relay relay;

/* Starts a relay to the Redis of this URL (as in weir_options.redis). NULL after saying on standard error why not. */
relay *relay_start(const char *redis_url);

/* The URL of that Redis by way of the relay: the same user, password and database. */
const char *relay_url(const relay *r);

/* Both return when it is done. relay_mend: false if the address cannot be had again. */
void relay_cut(relay *r);
bool relay_mend(relay *r);

/* Ends the thread and frees. NULL does nothing. */
void relay_stop(relay *r);

#endif
