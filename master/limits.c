/*
 * limits.c - RLIMIT_NOFILE, which decides how many connections fit.
 *
 * A proxied exchange takes two descriptors in a worker, an idle client one.
 */
#include "master/limits.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/log.h"

#define OTHERS 64 /* logs, sockets, channel, epoll: what is no connection */

static unsigned nofile = 1024;

static unsigned bounded(rlim_t n)
{
	return n > INT_MAX ? INT_MAX : (unsigned)n;
}

void limits_raise(void)
{
	struct rlimit limit;
	rlim_t soft;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		log_warning("RLIMIT_NOFILE: %s", strerror(errno));
		return;
	}
	soft = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		log_warning("RLIMIT_NOFILE: %s", strerror(errno));
		limit.rlim_cur = soft;
	}
	nofile = bounded(limit.rlim_cur);
	log_info("%u descriptors a process (RLIMIT_NOFILE; was %u): "
		 "about %u proxied connections a worker",
	    nofile, bounded(soft), nofile > OTHERS ? (nofile - OTHERS) / 2 : 0);
}

unsigned limits_nofile(void)
{
	return nofile;
}
