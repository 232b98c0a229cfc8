/* The pipe holds at most one byte, which nobody reads until the reset: every poll() sees it. */
#include "base/cancel.h"

#include "base/error.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STANDARD_STREAMS 3

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Above the standard streams, not inherited, never blocking. */
static int settle(int fd)
{
	int settled = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD_STREAMS);
	int flags = settled < 0 ? -1 : fcntl(settled, F_GETFL);

	close(fd);
	if (flags >= 0)
		(void)fcntl(settled, F_SETFL, flags | O_NONBLOCK);
	return settled;
}

int weir__cancel_init(weir__cancel *cancel, weir_error *err)
{
	int fds[2];

	atomic_init(&cancel->requested, false);
	cancel->process = weir__process_generation();
	cancel->fds[0] = cancel->fds[1] = -1;
	if (pipe(fds) < 0)
		return weir__error_set(err, WEIR_ERR_RESOURCES, "no file descriptors are left for a weir_cancel");
	cancel->fds[0] = settle(fds[0]);
	cancel->fds[1] = settle(fds[1]);
	if (cancel->fds[0] >= 0 && cancel->fds[1] >= 0)
		return WEIR_OK;
	close_both(cancel->fds);
	return weir__error_set(err, WEIR_ERR_RESOURCES, "no file descriptors are left for a weir_cancel");
}

void weir__cancel_release(weir__cancel *cancel)
{
	close_both(cancel->fds);
}

void weir__cancel_request(weir__cancel *cancel)
{
	int before = errno;

	if (cancel->process != weir__process_generation() ||
	    atomic_exchange_explicit(&cancel->requested, true, memory_order_acq_rel))
		return;
	while (write(cancel->fds[1], "", 1) < 0 && errno == EINTR)
		;
	errno = before;
}

void weir__cancel_reset(weir__cancel *cancel)
{
	char byte;

	if (cancel->process != weir__process_generation())
		return;
	while (read(cancel->fds[0], &byte, 1) > 0)
		;
	atomic_store_explicit(&cancel->requested, false, memory_order_release);
}

int weir__cancel_error(weir_error *err)
{
	return weir__error_set(err, WEIR_ERR_CANCELLED, "cancelled by the program");
}
