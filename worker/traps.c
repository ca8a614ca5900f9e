/*
 * traps.c - debug builds: death for what a ready worker must not do.
 *
 * Runs in a worker, when it is ready.  A seccomp filter that allows all but
 * one table of calls; those raise SIGSYS, whose handler (last_words.c) leaves
 * the name of the call and the way to it in the seat.  It finds violations in
 * tests, long before a real sandbox turns them into failures in production;
 * it is not the sandbox.
 *
 * A call that an architecture does not have (open on aarch64) has a negative
 * number in libseccomp, and its rule does nothing there.
 */
#include "worker/traps.h"

#ifdef SLUICE_TRAPS

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "common/base/insist.h"

struct trap {
	int number;
	const char *name;
	bool only_exec; /* only with PROT_EXEC in its third argument */
};

static const struct trap traps[] = {
    {SCMP_SYS(open), "open", false},
    {SCMP_SYS(openat), "openat", false},
    {SCMP_SYS(openat2), "openat2", false},
    {SCMP_SYS(creat), "creat", false},
    {SCMP_SYS(execve), "execve", false},
    {SCMP_SYS(execveat), "execveat", false},
    {SCMP_SYS(uselib), "uselib", false},
    {SCMP_SYS(mmap), "mmap with PROT_EXEC", true},
    {SCMP_SYS(mprotect), "mprotect with PROT_EXEC", true},
    {SCMP_SYS(pkey_mprotect), "pkey_mprotect with PROT_EXEC", true},
};

#define TRAP_COUNT (sizeof(traps) / sizeof(traps[0]))

static int add_rule(scmp_filter_ctx filter, const struct trap *t)
{
	struct scmp_arg_cmp exec =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);

	return seccomp_rule_add_array(filter, SCMP_ACT_TRAP, t->number,
	    t->only_exec ? 1 : 0, &exec);
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
