/*
 * through.h: the run's PostgreSQL through a proxy.
 */
#ifndef WEIR_TESTS_SUPPORT_THROUGH_H
#define WEIR_TESTS_SUPPORT_THROUGH_H

#include "support/proxy.h"

#include <stddef.h>

/* Starts the proxy in front of the run's server and makes a connection string that leads through it. */
void through_start(struct proxy *proxy, char *url, size_t size);

#endif
