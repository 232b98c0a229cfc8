/* Everything on one CPU: this process, PostgreSQL's processes and Redis. One caller on two CPUs measures how long a halted
 * CPU takes to wake up; on one, the figure is what the operation costs all three together. New backends inherit it
 * from the postmaster. */
#define _GNU_SOURCE
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sched.h>

static bool read_proc(long pid, const char *file, char *text, size_t size)
{
	char   path[64];
	FILE  *in;
	size_t length;

	snprintf(path, sizeof path, "/proc/%ld/%s", pid, file);
	in = fopen(path, "r");
	if (!in)
		return false;
	length = fread(text, 1, size - 1, in);
	text[length] = '\0';
	fclose(in);
	return true;
}

/* The name in stat may hold anything, so what is behind its last parenthesis counts. */
static long parent_of(long pid)
{
	char        text[512];
	const char *behind = read_proc(pid, "stat", text, sizeof text) ? strrchr(text, ')') : NULL;
	long        parent = 0;

	if (!behind || sscanf(behind + 1, " %*c %ld", &parent) != 1)
		return 0;
	return parent;
}

static bool is_called(long pid, const char *name)
{
	char text[64];

	return pid > 0 && read_proc(pid, "comm", text, sizeof text) && strncmp(text, name, strlen(name)) == 0;
}

/* Calls visit for each number in a directory. */
static void each_number(const char *path, void (*visit)(long number, void *context), void *context)
{
	DIR           *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		long number = strtol(entry->d_name, NULL, 10);

		if (number > 0)
			visit(number, context);
	}
	if (directory)
		closedir(directory);
}

typedef struct pinning {
	cpu_set_t set;
	long      postmaster;
	int       pinned;
	int       failed; /* errno of the last failure */
} pinning;

static void pin_task(long task, void *context)
{
	pinning *p = context;

	if (sched_setaffinity((pid_t)task, sizeof p->set, &p->set) == 0)
		p->pinned++;
	else if (errno != ESRCH)
		p->failed = errno;
}

static void pin_process(long pid, pinning *p)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	each_number(path, pin_task, p);
}

static void pin_if_child(long pid, void *context)
{
	pinning *p = context;

	if (parent_of(pid) == p->postmaster)
		pin_process(pid, p);
}

static long number_from(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtol(text, NULL, 10) : 0;
}

static long postmaster_of(bench *b)
{
	long pid = number_from("WEIR_BENCH_POSTGRES_PID");

	return pid > 0 ? pid : parent_of(PQbackendPID(b->sql));
}

static long redis_of(bench *b)
{
	static const char label[] = "process_id:";
	redisReply       *reply = redisCommand(b->baseline.redis, "INFO server");
	const char       *found = reply && reply->type == REDIS_REPLY_STRING ? strstr(reply->str, label) : NULL;
	long              pid = number_from("WEIR_BENCH_REDIS_PID");

	if (pid == 0 && found)
		pid = strtol(found + sizeof label - 1, NULL, 10);
	freeReplyObject(reply);
	return pid;
}

/* The last CPU that this process may use: interrupts mostly go to the first. */
static int choose_cpu(void)
{
	cpu_set_t mine;

	if (sched_getaffinity(0, sizeof mine, &mine) != 0)
		return -1;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (CPU_ISSET((size_t)cpu, &mine))
			return cpu;
	}
	return -1;
}

void bench_pin(bench *b)
{
	pinning p = { .postmaster = postmaster_of(b) };
	long    redis = redis_of(b);
	int     cpu = choose_cpu();

	if (cpu < 0 || !is_called(p.postmaster, "postgres") || !is_called(redis, "redis")) {
		fprintf(stderr, "bench: not pinned: the servers are not processes of this machine that can be found\n");
		return;
	}
	CPU_ZERO(&p.set);
	CPU_SET((size_t)cpu, &p.set);
	pin_task(0, &p);
	pin_process(p.postmaster, &p);
	each_number("/proc", pin_if_child, &p);
	pin_process(redis, &p);
	if (p.failed)
		fprintf(stderr, "bench: not wholly pinned: %s\n", strerror(p.failed));
	else
		b->cpu = cpu;
}

#else

void bench_pin(bench *b)
{
	(void)b;
	fprintf(stderr, "bench: not pinned: only known for Linux\n");
}

#endif
