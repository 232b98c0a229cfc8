/*
 * slow_names.h: names that are looked up as a test wants it. Included by one file of a test program, it stands before the
 * system's getaddrinfo(): hosts under .slow wait until slow_names_go is set, those under .again and .none are answered with
 * EAI_AGAIN and EAI_NONAME once these are set, and all others of the three, once they are found, are 127.0.0.1.
 */
#ifndef WEIR_TESTS_SUPPORT_SLOW_NAMES_H
#define WEIR_TESTS_SUPPORT_SLOW_NAMES_H

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static atomic_bool slow_names_go, slow_names_again, slow_names_none;
static atomic_int  slow_names_asked, slow_names_waiting;

static bool slow_names_ends_in(const char *host, const char *suffix)
{
	size_t length = strlen(host), suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(host + length - suffix_length, suffix) == 0;
}

int getaddrinfo(const char *restrict host, const char *restrict port, const struct addrinfo *restrict hints,
                struct addrinfo **restrict found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");

	if (!host || !hints || hints->ai_flags & AI_NUMERICHOST)
		return real(host, port, hints, found);
	if (!slow_names_ends_in(host, ".slow") && !slow_names_ends_in(host, ".again") && !slow_names_ends_in(host, ".none"))
		return real(host, port, hints, found);
	atomic_fetch_add(&slow_names_asked, 1);
	if (slow_names_ends_in(host, ".again") && atomic_load(&slow_names_again))
		return EAI_AGAIN;
	if (slow_names_ends_in(host, ".none") && atomic_load(&slow_names_none))
		return EAI_NONAME;
	atomic_fetch_add(&slow_names_waiting, 1);
	while (slow_names_ends_in(host, ".slow") && !atomic_load(&slow_names_go))
		(void)poll(NULL, 0, 1);
	atomic_fetch_sub(&slow_names_waiting, 1);
	return real("127.0.0.1", port, hints, found);
}

#endif
