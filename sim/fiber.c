/* fiber.c: contexts are made once by makecontext and then switched by setjmp and longjmp, which need no system call. */
#undef _FORTIFY_SOURCE /* its longjmp allows no other stacks */
#define _DEFAULT_SOURCE
#include "fiber.h"

#include <stdlib.h>
#include <string.h>

static fiber     *running;
static jmp_buf    scheduler;
static ucontext_t home;

/* The bottom of every stack: begins again as often as it is told to. */
static void live(void)
{
	fiber *volatile self = running;

	if (_setjmp(self->top) == 0)
		swapcontext(&self->first, &home);
	for (;;) {
		self->run(self->argument);
		self->ended = true;
		if (_setjmp(self->at) == 0)
			_longjmp(scheduler, 1);
	}
}

bool fiber_make(fiber *f)
{
	*f = (fiber){ .stack = malloc(FIBER_STACK), .ended = true };
	if (!f->stack || getcontext(&f->first) != 0)
		return false;
	f->first.uc_stack.ss_sp = f->stack;
	f->first.uc_stack.ss_size = FIBER_STACK;
	makecontext(&f->first, live, 0);
	running = f;
	return swapcontext(&home, &f->first) == 0;
}

void fiber_free(fiber *f)
{
	free(f->stack);
	f->stack = NULL;
}

void fiber_start(fiber *f, void (*run)(void *), void *argument)
{
	f->run = run;
	f->argument = argument;
	f->ended = false;
	memcpy(&f->at, &f->top, sizeof f->at);
}

void fiber_resume(fiber *f)
{
	running = f;
	if (_setjmp(scheduler) == 0)
		_longjmp(f->at, 1);
}

void fiber_yield(void)
{
	if (_setjmp(running->at) == 0)
		_longjmp(scheduler, 1);
}
