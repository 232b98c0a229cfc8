/* outside.h: a process that writes to the table without weir, by plain libpq. */
#ifndef CHECK_OUTSIDE_H
#define CHECK_OUTSIDE_H

#include "history.h"

/* Installs what weir needs to hear of it. False: it could not, and has said why. */
bool outside_install(const char *postgres, const char *redis, bool triggers);

/* Forks the process. -1: it could not. */
pid_t outside_fork(check_shared *shared, const char *postgres, uint64_t seed);

#endif
