/*
 * servers.c: drives scripts/servers and signals what it started. The script is run by fork and exec; its answer is
 * the file `env` in the server's directory. A server is no child of the test, and the script sees to it that a pid
 * disappears when its process ends, so waiting for an end is asking kill(pid, 0) until it says no.
 */
#define _DEFAULT_SOURCE
#include "support/servers.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { END_TIMEOUT_MS = 20000, POLL_MS = 2, CHILDREN_MAX = 512 };

/* option and its value, or NULL: what the script is told beyond the kind of server. */
static int script_status(const char *command, const struct server *server, const char *option, const char *value)
{
	const char *kind = server->kind == SERVER_POSTGRES ? "--no-redis" : "--no-postgres";
	bool        starting = strcmp(command, "start") == 0;
	pid_t       child = fork();
	if (child == 0) {
		setenv("WEIR_FAST_PG", "1", 1);
		execl(WEIR_SOURCE_DIR "/scripts/servers", "servers", command, server->directory, starting ? kind : NULL, option,
		      value, (char *)NULL);
		_exit(127);
	}
	int status = -1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void run_script(const char *command, const struct server *server, const char *option, const char *value)
{
	int status = script_status(command, server, option, value);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "scripts/servers %s %s failed", command,
	              server->directory);
}

/* NAME='value' of the script's answer, copied without the quotes. */
static void read_variable(const char *answer, const char *name, char *value, size_t size)
{
	size_t      length = strlen(name);
	const char *line = answer;
	while (strncmp(line, name, length) != 0 || strncmp(line + length, "='", 2) != 0) {
		line = strchr(line, '\n');
		ck_assert_msg(line != NULL, "scripts/servers gave no %s", name);
		line++;
	}
	const char *start = line + length + 2;
	size_t      value_length = strcspn(start, "'");
	ck_assert_uint_lt(value_length, size);
	memcpy(value, start, value_length);
	value[value_length] = '\0';
}

static void read_answer(struct server *server)
{
	char path[128], answer[1024] = { 0 }, pid[24];
	snprintf(path, sizeof path, "%s/env", server->directory);
	FILE *file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s cannot be read", path);
	size_t read = fread(answer, 1, sizeof answer - 1, file);
	fclose(file);
	ck_assert_uint_gt(read, 0);

	bool postgres = server->kind == SERVER_POSTGRES;
	read_variable(answer, postgres ? "DATABASE_URL" : "REDIS_URL", server->url, sizeof server->url);
	read_variable(answer, postgres ? "DATABASE_TCP_URL" : "REDIS_UNIX_URL", server->other_url,
	              sizeof server->other_url);
	if (strstr(answer, "POOLER_URL=") != NULL)
		read_variable(answer, "POOLER_URL", server->pooler_url, sizeof server->pooler_url);
	read_variable(answer, postgres ? "POSTGRES_PID" : "REDIS_PID", pid, sizeof pid);
	server->pid = (pid_t)strtol(pid, NULL, 10);
	ck_assert_int_gt(server->pid, 1);

	const char *loopback = strstr(postgres ? server->other_url : server->url, "127.0.0.1:");
	ck_assert_ptr_nonnull(loopback);
	snprintf(server->address, sizeof server->address, "%.*s", (int)strcspn(loopback, "/"), loopback);
}

static void await_end(struct server *server)
{
	for (int waited_ms = 0; kill(server->pid, 0) == 0; waited_ms += POLL_MS) {
		ck_assert_msg(waited_ms < END_TIMEOUT_MS, "process %ld does not end", (long)server->pid);
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	}
	server->pid = 0;
	server->paused = false;
}

/* The parent of a process, or 0 when it is gone. The name in /proc/PID/stat may hold anything but ends at the last ')'. */
static pid_t parent_of(const char *pid)
{
	char path[64], stat[512] = { 0 };
	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	size_t read = fread(stat, 1, sizeof stat - 1, file);
	fclose(file);
	const char *end = read > 0 ? strrchr(stat, ')') : NULL;
	return end != NULL && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

static size_t children_of(pid_t parent, pid_t *children)
{
	size_t count = 0;
	DIR   *processes = opendir("/proc");
	if (processes == NULL)
		return 0;
	for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == parent &&
		    count < CHILDREN_MAX)
			children[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(processes);
	return count;
}

/* The first process is signalled before its children, so that a stopped one starts no more of them. */
static void signal_all(const struct server *server, int number)
{
	pid_t children[CHILDREN_MAX];
	kill(server->pid, number);
	size_t count = server->kind == SERVER_POSTGRES ? children_of(server->pid, children) : 0;
	for (size_t i = 0; i < count; i++)
		kill(children[i], number);
}

static pid_t program_pid;

void servers_begin(void)
{
	program_pid = getpid();
}

static const char *parent_directory(void)
{
	const char *parent = getenv("WEIR_SERVERS_DIR");

	return parent != NULL ? parent : "/tmp";
}

static void start_with(struct server *server, enum server_kind kind, const char *option, const char *value)
{
	*server = (struct server){ .kind = kind };
	snprintf(server->directory, sizeof server->directory, "%s/weir-test.%ld.XXXXXX", parent_directory(),
	         (long)program_pid);
	ck_assert_msg(mkdtemp(server->directory) != NULL, "no directory %s", server->directory);
	run_script("start", server, option, value);
	read_answer(server);
}

void server_start(struct server *server, enum server_kind kind)
{
	start_with(server, kind, NULL, NULL);
}

void server_start_pooled(struct server *server)
{
	start_with(server, SERVER_POSTGRES, "--pooler", NULL);
}

void server_start_standby(struct server *standby, const struct server *primary)
{
	start_with(standby, SERVER_POSTGRES, "--standby-of", primary->directory);
}

void server_promote(const struct server *standby)
{
	PGconn   *conn = PQconnectdb(standby->url);
	PGresult *result = PQexec(conn, "SELECT pg_promote(true, 20)::int");

	ck_assert_msg(PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == '1', "not promoted: %s",
	              PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

void server_stop(struct server *server)
{
	ck_assert_int_gt(server->pid, 0);
	if (server->paused)
		server_resume(server);
	kill(server->pid, server->kind == SERVER_POSTGRES ? SIGINT : SIGTERM);
	await_end(server);
}

static void kill_all(const struct server *server)
{
	signal_all(server, SIGSTOP);
	pid_t  children[CHILDREN_MAX];
	size_t count = children_of(server->pid, children);
	kill(server->pid, SIGKILL);
	for (size_t i = 0; i < count; i++)
		kill(children[i], SIGKILL);
}

void server_kill(struct server *server)
{
	ck_assert_int_gt(server->pid, 0);
	kill_all(server);
	await_end(server);
}

void server_restart(struct server *server)
{
	ck_assert_int_eq(server->pid, 0);
	run_script("start", server, NULL, NULL);
	read_answer(server);
}

void server_pause(struct server *server)
{
	ck_assert_int_gt(server->pid, 0);
	signal_all(server, SIGSTOP);
	server->paused = true;
}

void server_resume(struct server *server)
{
	ck_assert_int_gt(server->pid, 0);
	signal_all(server, SIGCONT);
	server->paused = false;
}

void server_release(struct server *server)
{
	if (server->directory[0] == '\0')
		return;
	if (server->pid > 0)
		server_kill(server);
	run_script("stop", server, NULL, NULL);
	*server = (struct server){ 0 };
}

/* Of a PostgreSQL that is frozen the script would reach the first process alone. */
static void kill_left(struct server *left)
{
	char  path[128], pid[24] = { 0 };
	FILE *file;

	snprintf(path, sizeof path, "%s/postgres/postmaster.pid", left->directory);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(pid, sizeof pid, file) != NULL)
		left->pid = (pid_t)strtol(pid, NULL, 10);
	fclose(file);
	if (left->pid > 1 && kill(left->pid, 0) == 0)
		kill_all(left);
}

/* In the program's own process, where no test runs, so that nothing of Check may be called. */
void servers_end(void)
{
	char           prefix[48];
	DIR           *directory = opendir(parent_directory());
	struct dirent *entry;

	snprintf(prefix, sizeof prefix, "weir-test.%ld.", (long)program_pid);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		struct server left = { .kind = SERVER_POSTGRES };

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(left.directory, sizeof left.directory, "%.30s/%.32s", parent_directory(), entry->d_name);
		kill_left(&left);
		(void)script_status("stop", &left, NULL, NULL);
	}
	if (directory != NULL)
		closedir(directory);
}
