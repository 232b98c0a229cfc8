/*
 * main.c of the outside project: uses the installed library without a server, on its way into an error.
 */
#include <stdio.h>
#include <string.h>
#include <weir/weir.h>

int main(void)
{
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	int           status = weir_open(&(weir_options){ .postgres = NULL }, &session, &err);
	printf("%s: %s\n", weir_status_name(status), err.message);
	return status < 0 && session == NULL && strlen(err.message) > 0 ? 0 : 1;
}
