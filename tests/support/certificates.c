/*
 * certificates.c: runs the script by fork and exec.
 */
#include "support/certificates.h"

#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *make_certificates(const struct server *server)
{
	static char directory[96];
	int         status = 0;
	pid_t       child;

	snprintf(directory, sizeof directory, "%s/certificates", server->directory);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		execl(WEIR_SOURCE_DIR "/tests/support/certificates", "certificates", directory, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "no certificates: is openssl there?");
	return directory;
}

void give_to_server(const struct server *server, const char *path)
{
	char        data[128];
	struct stat owner;

	snprintf(data, sizeof data, "%s/postgres", server->directory);
	ck_assert_int_eq(stat(data, &owner), 0);
	ck_assert_int_eq(chown(path, owner.st_uid, owner.st_gid), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}
