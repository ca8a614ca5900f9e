/*
 * clock.c - a wall clock that jumps, for one daemon alone.
 *
 * Not a part of any program: a test builds it as a library, and LD_PRELOAD
 * puts it before libc.  The file that CLOCK_SHIFT names holds an int64_t: the
 * seconds by which CLOCK_REALTIME is wrong.  It is mapped before main and
 * inherited by all that is forked, so that writing to it is a jump of the
 * clock for all of them at the same moment.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;

__attribute__((constructor)) static void map_shift(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		shift = map;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && id == CLOCK_REALTIME && shift != NULL)
		ts->tv_sec += *shift;
	return rc;
}
