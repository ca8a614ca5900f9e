/*
 * traps.c - debug builds: death for what a ready worker must not do.
 *
 * Runs in a worker, when it is ready.  A seccomp filter that allows all but
 * one table of calls; those raise SIGSYS, whose handler (last_words.c) leaves
 * the name of the call and the way to it in the seat.  It finds violations in
 * tests, long before a real sandbox turns them into failures in production;
 * it is not the sandbox.  Temporary files, which have no name, may be opened
 * (worker/proxy/spool_file.c).
 *
 * A call that an architecture does not have (open on aarch64) has a negative
 * number in libseccomp, and its rule does nothing there.
 */
#include "worker/traps.h"

#ifdef SLUICE_TRAPS

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "common/base/insist.h"

enum when { ALWAYS, WITH_EXEC, WITH_NAME };

struct trap {
	int number;
	const char *name;
	enum when when; /* WITH_EXEC: with PROT_EXEC in its third argument;
			   WITH_NAME: but for O_TMPFILE in it, which makes a
			   file without one */
};

static const struct trap traps[] = {
    {SCMP_SYS(open), "open", ALWAYS},
    {SCMP_SYS(openat), "openat", WITH_NAME},
    {SCMP_SYS(openat2), "openat2", ALWAYS},
    {SCMP_SYS(creat), "creat", ALWAYS},
    {SCMP_SYS(execve), "execve", ALWAYS},
    {SCMP_SYS(execveat), "execveat", ALWAYS},
    {SCMP_SYS(uselib), "uselib", ALWAYS},
    {SCMP_SYS(mmap), "mmap with PROT_EXEC", WITH_EXEC},
    {SCMP_SYS(mprotect), "mprotect with PROT_EXEC", WITH_EXEC},
    {SCMP_SYS(pkey_mprotect), "pkey_mprotect with PROT_EXEC", WITH_EXEC},
};

#define TRAP_COUNT (sizeof(traps) / sizeof(traps[0]))

/* Each bit of O_TMPFILE may be missing for it to be another call. */
static int add_rules_with_name(scmp_filter_ctx filter, int number)
{
	int rc = 0;

	for (unsigned bit = 1; bit <= O_TMPFILE && rc == 0; bit <<= 1)
		if (O_TMPFILE & bit)
			rc = seccomp_rule_add(filter, SCMP_ACT_TRAP, number, 1,
			    SCMP_A2(SCMP_CMP_MASKED_EQ, bit, 0));
	return rc;
}

static int add_rule(scmp_filter_ctx filter, const struct trap *t)
{
	struct scmp_arg_cmp exec =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);

	if (t->when == WITH_NAME)
		return add_rules_with_name(filter, t->number);
	return seccomp_rule_add_array(filter, SCMP_ACT_TRAP, t->number,
	    t->when == WITH_EXEC ? 1 : 0, &exec);
}

int traps_set(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = 0;

	if (filter == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < TRAP_COUNT && rc == 0; i++)
		rc = add_rule(filter, &traps[i]);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	INSIST(rc <= 0);
	return rc;
}

const char *traps_call_name(int number)
{
	for (size_t i = 0; i < TRAP_COUNT; i++)
		if (traps[i].number == number)
			return traps[i].name;
	return NULL;
}

#endif
