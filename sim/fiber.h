/* fiber.h: what the simulator's actors run on: stacks of their own in one thread, switched by hand. A fiber that is not
 * wanted any more is simply not resumed; its next start begins at its top again. */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H

#include <setjmp.h>
#include <stdbool.h>
#include <ucontext.h>

enum { FIBER_STACK = 256 * 1024 };

typedef struct fiber {
	jmp_buf    top; /* where a new run begins */
	jmp_buf    at;  /* where it has yielded */
	ucontext_t first;
	char      *stack;
	void (*run)(void *argument);
	void *argument;
	bool  ended;
} fiber;

/* Makes a stack. False: no memory. */
bool fiber_make(fiber *f);
void fiber_free(fiber *f);

/* Sets what the next resume begins with, whatever the fiber was at. */
void fiber_start(fiber *f, void (*run)(void *), void *argument);

/* Runs it until it yields or ends; in the scheduler. */
void fiber_resume(fiber *f);

/* Back to the scheduler; in the fiber that runs. */
void fiber_yield(void);

#endif
