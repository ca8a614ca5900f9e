/*
 * sandbox.c - what a worker gives up before it looks at a client.
 *
 * Runs in a worker between its fork and ready.  The one idea: nothing is
 * believed that can be asked.  A change of identity that silently did not
 * happen is the classic hole of this code, so every step is read back, and a
 * kernel that says one thing and did another is a bug that kills the worker.
 *
 * The order matters: groups while we may still change them, then the group,
 * then the user, which takes the right to do either away.  With its
 * last uid of 0 a process loses all capabilities; keeping them would take
 * PR_SET_KEEPCAPS or securebits, which nobody sets.
 *
 * The supplementary groups of the user are kept on purpose: they are how an
 * operator lets the daemon connect to another one's unix socket.
 */
#include "worker/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/base/insist.h"

/* First none, which can be read back, so that none of root's can remain. */
static int set_groups(const char *user, gid_t gid)
{
	if (setgroups(0, NULL) < 0)
		return -errno;
	INSIST(getgroups(0, NULL) == 0);
	if (user != NULL && initgroups(user, gid) < 0)
		return -errno;
	return 0;
}

static void insist_identity(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	INSIST(getresuid(&u[0], &u[1], &u[2]) == 0);
	INSIST(getresgid(&g[0], &g[1], &g[2]) == 0);
	INSIST(u[0] == uid && u[1] == uid && u[2] == uid);
	INSIST(g[0] == gid && g[1] == gid && g[2] == gid);
	INSIST(setresuid(0, 0, 0) < 0 && errno == EPERM);
}

/* Nobody but root may trace us or read a core of ours. */
static void forbid_inspection(void)
{
	INSIST(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	INSIST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static int become(uid_t uid, gid_t gid, const char *user)
{
	int rc = set_groups(user, gid);

	if (rc < 0)
		return rc;
	if (setresgid(gid, gid, gid) < 0)
		return -errno;
	if (setresuid(uid, uid, uid) < 0)
		return -errno;
	insist_identity(uid, gid);
	forbid_inspection();
	return 0;
}

int sandbox_drop_privileges(uid_t uid, gid_t gid, const char *user)
{
	int rc = 0;

	if (geteuid() == 0)
		rc = uid == 0 ? -EINVAL : become(uid, gid, user);
	if (rc < 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	INSIST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}
