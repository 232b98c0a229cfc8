/* Lookups: an entry for each name, a thread for each lookup. */
#include "base/names.h"

#include "base/condition.h"
#include "base/memory.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define KNOWN_SHARE 4 /* the part of the time left that is waited before what is known serves */

typedef struct entry {
	struct entry    *next;
	char            *host;
	char            *port;
	bool             busy;   /* being looked up */
	uint64_t         rounds; /* lookups that ended */
	int              error;  /* of the last one, as getaddrinfo() returns it */
	weir__addresses *known;
} entry;

struct weir__names {
	atomic_uint     references; /* the owner and each lookup */
	pthread_mutex_t lock;
	pthread_cond_t  ended; /* a lookup */
	entry          *entries;
};

/* One lookup; the thread's. */
typedef struct lookup {
	weir__names     *names;
	entry           *entry;
	weir__addresses *found;
} lookup;

/* ---- Addresses ------------------------------------------------------------------------------------------------------- */

void weir__addresses_retain(weir__addresses *addresses)
{
	atomic_fetch_add_explicit(&addresses->references, 1, memory_order_relaxed);
}

void weir__addresses_release(weir__addresses *addresses)
{
	if (!addresses || atomic_fetch_sub_explicit(&addresses->references, 1, memory_order_acq_rel) != 1)
		return;
	if (addresses->list)
		freeaddrinfo(addresses->list);
	weir__free(addresses);
}

static weir__addresses *create_addresses(void)
{
	weir__addresses *made = weir__calloc(1, sizeof *made);

	if (made)
		atomic_init(&made->references, 1);
	return made;
}

static int ask_system(const char *host, const char *port, int flags, weir__addresses *found)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(host, port, &hints, &found->list);
}

/* ---- Life ------------------------------------------------------------------------------------------------------------ */

weir__names *weir__names_create(void)
{
	weir__names *names = weir__calloc(1, sizeof *names);

	if (!names)
		return NULL;
	atomic_init(&names->references, 1);
	pthread_mutex_init(&names->lock, NULL);
	weir__cond_init(&names->ended);
	return names;
}

static void free_entry(entry *old)
{
	weir__addresses_release(old->known);
	weir__free(old->host);
	weir__free(old->port);
	weir__free(old);
}

void weir__names_release(weir__names *names)
{
	entry *next;

	if (!names || atomic_fetch_sub_explicit(&names->references, 1, memory_order_acq_rel) != 1)
		return;
	for (entry *each = names->entries; each; each = next) {
		next = each->next;
		free_entry(each);
	}
	pthread_cond_destroy(&names->ended);
	pthread_mutex_destroy(&names->lock);
	weir__free(names);
}

/* ---- One lookup ------------------------------------------------------------------------------------------------------ */

static void *look_up(void *argument)
{
	lookup          *own = argument;
	weir__names     *names = own->names;
	entry           *of = own->entry;
	weir__addresses *old = own->found;
	int              error = ask_system(of->host, of->port, 0, own->found);

	pthread_mutex_lock(&names->lock);
	if (error == 0) {
		old = of->known;
		of->known = own->found;
	}
	of->error = error;
	of->rounds++;
	of->busy = false;
	pthread_cond_broadcast(&names->ended);
	pthread_mutex_unlock(&names->lock);
	weir__addresses_release(old);
	weir__names_release(names);
	weir__free(own);
	return NULL;
}

/* Runs it detached; no signal of the program's is handled on its thread. */
static bool run_detached(lookup *own)
{
	pthread_attr_t attributes;
	pthread_t      thread;
	sigset_t       all, before;
	int            failed;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, &attributes, look_up, own);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return !failed;
}

/* The lock is held. */
static bool begin_lookup(weir__names *names, entry *of)
{
	lookup *own = weir__calloc(1, sizeof *own);

	if (own)
		own->found = create_addresses();
	if (!own || !own->found) {
		weir__free(own);
		return false;
	}
	own->names = names;
	own->entry = of;
	of->busy = true;
	atomic_fetch_add_explicit(&names->references, 1, memory_order_relaxed);
	if (run_detached(own))
		return true;
	of->busy = false;
	atomic_fetch_sub_explicit(&names->references, 1, memory_order_relaxed);
	weir__addresses_release(own->found);
	weir__free(own);
	return false;
}

/* ---- Asking ---------------------------------------------------------------------------------------------------------- */

/* The lock is held. NULL: out of memory. */
static entry *entry_of(weir__names *names, const char *host, const char *port)
{
	entry *each = names->entries;

	while (each && (strcmp(each->host, host) != 0 || strcmp(each->port, port) != 0))
		each = each->next;
	if (each)
		return each;
	each = weir__calloc(1, sizeof *each);
	if (!each)
		return NULL;
	each->host = weir__strdup(host);
	each->port = weir__strdup(port);
	if (!each->host || !each->port) {
		free_entry(each);
		return NULL;
	}
	each->next = names->entries;
	names->entries = each;
	return each;
}

/* What the system did not answer in time, or could not, is not known to be wrong. */
static weir__names_answer take_known(const entry *of, bool answered, weir__addresses **found)
{
	if (answered && of->error == EAI_NONAME)
		return WEIR__NAMES_UNKNOWN;
	if (!of->known)
		return answered ? WEIR__NAMES_UNKNOWN : WEIR__NAMES_TIMEOUT;
	weir__addresses_retain(of->known);
	*found = of->known;
	return WEIR__NAMES_FOUND;
}

/* The lock is held. */
static weir__names_answer find_name(weir__names *names, entry *of, weir__deadline deadline, weir__addresses **found)
{
	uint64_t round = of->rounds;
	int64_t  now_us = weir__now_us();

	if (!of->busy && !begin_lookup(names, of) && !of->known)
		return WEIR__NAMES_NO_MEMORY;
	if (of->known && deadline != WEIR__NO_DEADLINE && deadline > now_us)
		deadline = now_us + (deadline - now_us) / KNOWN_SHARE;
	while (of->busy && of->rounds == round && weir__now_us() < deadline)
		weir__cond_wait(&names->ended, &names->lock, deadline);
	return take_known(of, of->rounds != round, found);
}

weir__names_answer weir__names_find(weir__names *names, const char *host, const char *port, weir__deadline deadline,
                                    weir__addresses **found)
{
	weir__addresses   *numeric = create_addresses();
	weir__names_answer answer = WEIR__NAMES_NO_MEMORY;
	entry             *of;

	*found = NULL;
	if (!numeric)
		return answer;
	if (ask_system(host, port, AI_NUMERICHOST, numeric) == 0) {
		*found = numeric;
		return WEIR__NAMES_FOUND;
	}
	weir__addresses_release(numeric);
	pthread_mutex_lock(&names->lock);
	of = entry_of(names, host, port);
	if (of)
		answer = find_name(names, of, deadline, found);
	pthread_mutex_unlock(&names->lock);
	return answer;
}
