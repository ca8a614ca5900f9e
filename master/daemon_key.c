/*
 * daemon_key.c - a key that only this daemon knows.
 *
 * Random, and never written anywhere: what is signed with it holds for as long
 * as the daemon runs, over any number of reloads.
 */
#include "master/daemon_key.h"

#include <errno.h>
#include <sys/random.h>

#include "common/base/insist.h"

static struct hash_key key;
static bool made;

int daemon_key_make(void)
{
	ssize_t got;

	do
		got = getrandom(&key, sizeof(key), 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	INSIST(got == sizeof(key));
	made = true;
	return 0;
}

struct hash_key daemon_key(void)
{
	INSIST(made);
	return key;
}
