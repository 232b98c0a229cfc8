/* choice.c: decisions from a path, or from a seed (splitmix64). */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

choices choice;

static uint64_t next_random(void)
{
	uint64_t z = choice.state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

int choice_random(int options)
{
	return (int)(next_random() >> 33) % options;
}

int choose(int options)
{
	if (options <= 1)
		return 0;
	if (choice.random)
		return choice_random(options);
	if (choice.at == PATH_MOST) {
		fprintf(stderr, "sim: a schedule takes more than %d decisions\n", PATH_MOST);
		exit(2);
	}
	if (choice.at == choice.length) {
		choice.taken[choice.length] = 0;
		choice.options[choice.length++] = (unsigned char)options;
	}
	return choice.taken[choice.at++];
}

bool choose_percent(int percent)
{
	return choice.random ? choice_random(100) < percent : choose(2) == 1;
}

bool choice_next(void)
{
	while (choice.length > 0 && choice.taken[choice.length - 1] + 1 >= choice.options[choice.length - 1])
		choice.length--;
	if (choice.length == 0)
		return false;
	choice.taken[choice.length - 1]++;
	choice.at = 0;
	return true;
}
