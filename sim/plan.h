/* plan.h: what is simulated: scripts that are tried in every order, and scripts made by chance. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "world.h"

/* A few short scripts, all of whose interleavings are tried, faults at every place included. */
typedef struct scenario {
	const char *script; /* "0: GET 0, GET 0 / 1: TOUCH 0 / -: FLUSH": an actor of process 0, one of 1, the world */
	unsigned    faults;
	int         budget;
	int         switches; /* at most so many times somebody else goes on although who ran last could; 0: any number */
} scenario;

extern const scenario scenarios[];
extern const int      scenario_count;

/* Both after world_begin. */
void plan_scenario(const scenario *s);
void plan_random(void);

/* Prints the scripts of the actors. */
void plan_print(void);

#endif
