/*
 * shaker.c - handshakes of TLS 1.3, one after the other.
 *
 *   shaker [-r] [-d MSEC] [-s BYTES] PORT
 *
 * Connects, shakes hands, asks once, reads the reply (BYTES of body), closes;
 * for -d milliseconds (700).  -r: each offers the session of the one before.
 * Prints one line:
 *
 *   requests resumed
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/tls_client.h"

static uint64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	unsigned long requests = 0, resumed = 0;
	unsigned msec = 700, size = 1024;
	bool resume = false;
	uint64_t until;
	int option;

	while ((option = getopt(argc, argv, "rd:s:")) != -1) {
		if (option == 'r')
			resume = true;
		else if (option == 'd')
			msec = (unsigned)atoi(optarg);
		else if (option == 's')
			size = (unsigned)atoi(optarg);
		else
			return 2;
	}
	if (optind != argc - 1)
		return 2;
	tls_client_init((unsigned)atoi(argv[optind]), resume);
	for (until = now_msec() + msec; now_msec() < until; requests++) {
		struct tls_client c;

		tls_client_open(&c);
		tls_client_ask(&c, size);
		resumed += SSL_session_reused(c.ssl) == 1;
		tls_client_close(&c);
	}
	printf("%lu %lu\n", requests, resumed);
	return 0;
}
