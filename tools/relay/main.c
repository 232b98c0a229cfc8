/* relay: empties the outbox of a database and tells the cache, for all processes with one cache prefix (docs/outbox-and-relay.md).
 *
 * Where: DATABASE_URL and REDIS_URL of the environment, not the command line, where a password would be seen. The work is that
 * of a session's own relay; this program opens a session without models, waits for a signal and closes it. */
#include <weir/weir.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RETRY_S 1

typedef struct settings {
	weir_options options;
	bool         installs;
	bool         once;
	bool         verbose;
	int          report_s;
} settings;

static const char usage[] = "usage: DATABASE_URL=... REDIS_URL=... relay [OPTION...]\n"
							"  --prefix TEXT     the cache_prefix of those who are served (weir)\n"
							"  --schema NAME     the search path, where it is not the role's own\n"
							"  --outside-ms N    also raise the watermark for sessions with this outside_ms\n"
							"  --install         make the table weir_outbox first, if it is not there\n"
							"  --once            apply what is there, and end\n"
							"  --report-s N      a line about what it did each N seconds\n"
							"  --verbose         log what is done\n";

/* ---- Arguments ------------------------------------------------------------------------------------------------------------- */

static bool read_number(const char *text, int *number)
{
	char *end;
	long  read = strtol(text, &end, 10);

	*number = (int)read;
	return end != text && *end == '\0' && read >= 0 && read <= 3600000;
}

/* What stands behind an option that takes something. */
static bool take_value(settings *set, const char *name, const char *value)
{
	if (strcmp(name, "--prefix") == 0)
		set->options.cache_prefix = value;
	else if (strcmp(name, "--schema") == 0)
		set->options.schema = value;
	else if (strcmp(name, "--report-s") == 0)
		return read_number(value, &set->report_s) && set->report_s > 0;
	else
		return strcmp(name, "--outside-ms") == 0 && read_number(value, &set->options.outside_ms);
	return true;
}

static bool take_flag(settings *set, const char *name)
{
	if (strcmp(name, "--install") == 0)
		set->installs = true;
	else if (strcmp(name, "--once") == 0)
		set->once = true;
	else if (strcmp(name, "--verbose") == 0)
		set->verbose = true;
	else
		return false;
	return true;
}

static bool read_arguments(settings *set, char **arguments)
{
	for (; *arguments; arguments++) {
		if (take_flag(set, arguments[0]))
			continue;
		if (!arguments[1] || !take_value(set, arguments[0], arguments[1]))
			return false;
		arguments++;
	}
	return true;
}

/* ---- Work ------------------------------------------------------------------------------------------------------------------ */

static void write_line(void *context, weir_log_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "relay: %s: %s\n", weir_log_level_name(level), line);
}

static int install(const settings *set, weir_error *err)
{
	weir_options  options = set->options;
	weir_session *session = NULL;
	int           rc;

	options.outbox = WEIR_OFF;
	options.outside_ms = 0;
	rc = weir_open(&options, &session, err);
	if (rc >= 0)
		rc = weir_outbox_install(session, err);
	weir_close(&session);
	return rc;
}

static int open_session(const settings *set, weir_session **session, weir_error *err)
{
	int rc = set->installs ? install(set, err) : WEIR_OK;

	return rc < 0 ? rc : weir_open(&set->options, session, err);
}

/* Waits. True: a signal came that is to end the program. */
static bool pause_s(int seconds)
{
	const struct timespec time = { .tv_sec = seconds };
	sigset_t              pending;

	(void)nanosleep(&time, NULL);
	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

/* As in docs/observability.md. */
static void report(const weir_session *session)
{
	weir_session_stats stats;

	weir_session_stats_get(session, &stats);
	printf("relay: %llu rows applied, %llu passes, %llu failed, lag %llu ms\n", (unsigned long long)stats.relay_rows,
	       (unsigned long long)stats.relay_passes, (unsigned long long)stats.relay_failures,
	       (unsigned long long)stats.relay_lag_ms);
	fflush(stdout);
}

/* Until a signal comes. */
static void wait_and_report(const settings *set, const sigset_t *signals, const weir_session *session)
{
	int number;

	if (set->report_s == 0) {
		(void)sigwait(signals, &number);
		return;
	}
	for (int second = 1; !pause_s(1); second++)
		if (second % set->report_s == 0)
			report(session);
	report(session);
}

/* A database that is not there yet is waited for. */
static int serve(const settings *set, const sigset_t *signals)
{
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;

	while (open_session(set, &session, &err) < 0) {
		fprintf(stderr, "relay: %s: %s\n", weir_status_name(err.status), err.message);
		if (!weir_error_is_retryable(&err))
			return EXIT_FAILURE;
		if (pause_s(RETRY_S))
			return EXIT_SUCCESS;
	}
	wait_and_report(set, signals, session);
	weir_close(&session);
	return EXIT_SUCCESS;
}

static int relay_once(settings *set)
{
	weir_session *session = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	size_t        applied = 0;
	int           rc;

	set->options.relay = WEIR_OFF;
	rc = open_session(set, &session, &err);
	if (rc >= 0)
		rc = weir_relay_run_once(session, &applied, &err);
	weir_close(&session);
	if (rc < 0)
		fprintf(stderr, "relay: %s: %s\n", weir_status_name(rc), err.message);
	else
		printf("%zu rows applied\n", applied);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
	static const weir_model *const none[] = { NULL };
	settings                       set = { .options = { .models = none,
		                                                .application_name = "weir relay",
		                                                .outbox = WEIR_ON,
		                                                .log = { .write = write_line } } };
	sigset_t                       signals;

	(void)count;
	if (!read_arguments(&set, arguments + 1)) {
		fputs(usage, stderr);
		return 2;
	}
	set.options.postgres = getenv("DATABASE_URL");
	set.options.redis = getenv("REDIS_URL");
	if (!set.options.postgres || !set.options.redis) {
		fputs("relay: DATABASE_URL and REDIS_URL must be set\n", stderr);
		return 2;
	}
	if (set.verbose)
		set.options.log.level = WEIR_LOG_DEBUG;
	if (set.once)
		return relay_once(&set);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return serve(&set, &signals);
}
