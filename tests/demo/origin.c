/*
 * origin.c - the demo origins: what `make run` puts behind the proxy.
 *
 * One small program with the habits of three different servers, so that a
 * demonstration needs nothing installed, and the tests have a peer that is
 * strict: it refuses every request that could be read in two ways.
 *
 *   origin site [PORT]   a site of many files           (site.c)
 *   origin echo [PORT]   shows what reached it          (echo.c)
 *   origin slow [PORT]   answers late, slowly, never    (slow.c)
 *   origin get URL       the smallest client            (get.c)
 *   origin port FIRST    prints the first free port from FIRST on
 *
 * Servers listen on 127.0.0.1 only and print their port; without PORT they
 * take any free one.  They end by a signal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/demo/modes.h"

#define PORT_MAX 65535

const char *mode_path(const struct request *r, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(r->path + 1, name, n) != 0)
		return r->path;
	if (r->path[n + 1] == '\0')
		return "/";
	return r->path[n + 1] == '/' ? r->path + n + 1 : r->path;
}

static int print_free_port(unsigned port)
{
	for (; port > 0 && port <= PORT_MAX; port++) {
		int fd = server_bind(port, &port);

		if (fd >= 0) {
			close(fd);
			printf("%u\n", port);
			return 0;
		}
		if (errno != EADDRINUSE && errno != EACCES)
			break;
	}
	fprintf(stderr, "origin: no free port\n");
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: origin site|echo|slow [PORT]\n"
			"       origin get URL\n"
			"       origin port FIRST\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	const char *arg = argc > 2 ? argv[2] : NULL;
	unsigned port = arg ? (unsigned)strtoul(arg, NULL, 10) : 0;

	if (argc > 3 || port > PORT_MAX)
		return usage();
	if (strcmp(mode, "get") == 0 && arg != NULL)
		return get_run(arg);
	if (strcmp(mode, "port") == 0 && arg != NULL)
		return print_free_port(port);
	if (strcmp(mode, "site") == 0)
		return server_run(port, site_answer);
	if (strcmp(mode, "echo") == 0)
		return server_run(port, echo_answer);
	if (strcmp(mode, "slow") == 0)
		return server_run(port, slow_answer);
	return usage();
}
