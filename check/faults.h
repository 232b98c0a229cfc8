/* faults.h: what is done to the servers, the links and the workers while they run. */
#ifndef CHECK_FAULTS_H
#define CHECK_FAULTS_H

#include "driver.h"

/* Do all names in a list with commas name faults? Says which does not. A NULL list means all that are on by default. */
bool faults_are_known(const char *names);
void faults_print(void);

/* Does some fault of the list take Redis away from a worker? */
bool faults_take_redis(const char *names);

/* One fault, picked by the run's random numbers, from its beginning to its end. False: none is on. */
bool faults_make_one(driver *d);

#endif
