/*
 * last_words.c - the crash report that a dying worker leaves in its seat.
 *
 * Runs in a worker, in a signal handler, on a stack of its own, in a process
 * that has just proved to be broken.  So:
 *
 *   - nothing is allocated, locked or formatted by stdio; text goes straight
 *     into the seat, which the master reads after the death;
 *   - what is most certain is written first, so that a second fault on the
 *     way (a wild pointer to the running fiber, a stack that can't be
 *     unwound) costs only the rest;
 *   - before all else every signal gets its default action back: a second
 *     fault ends the process, it can't come here again;
 *   - in the end the signal is raised once more while it is blocked, and
 *     strikes when the handler returns, at the very place of the fault: exit
 *     status and core file are those of the original death.
 *
 * Unwinding uses what glibc promises to be safe here: backtrace(3) once it
 * has loaded its unwinder, which install sees to, and _dl_find_object.
 */
#include "worker/last_words.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/fiber/fiber.h"
#include "worker/fiber/stack.h"
#include "worker/traps.h"

#define FRAMES_MAX 20 /* return addresses that fit into a log line */
#define STACK_ROOM ((size_t)64 * 1024)

static const int fatal_signals[] = {
    SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

#define FATAL_COUNT (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

static void add_pointer(const char *label, uintptr_t p)
{
	seat_words_add_number(label, p, 16);
}

/* ---- what happened ---- */

static void add_trapped_call(const siginfo_t *info)
{
#ifdef SLUICE_TRAPS
	const char *name = traps_call_name(info->si_syscall);

	if (name != NULL) {
		seat_words_add(": ");
		seat_words_add(name);
		return;
	}
#endif
	seat_words_add_number(": system call ", (uint64_t)info->si_syscall, 10);
}

/* abort() comes this way too, and who sent that is no news. */
static void add_sender(const siginfo_t *info)
{
	if (info->si_pid != getpid())
		seat_words_add_number(" sent by process ",
		    (uint64_t)info->si_pid, 10);
}

static void add_fault(const siginfo_t *info)
{
	add_pointer(" at ", (uintptr_t)info->si_addr);
	if (stack_is_guard(info->si_addr))
		seat_words_add(": fiber stack overflow");
}

static void add_cause(int sig, const siginfo_t *info)
{
	seat_words_add("SIG");
	seat_words_add(sigabbrev_np(sig));
	if (info->si_code <= 0)
		add_sender(info);
	else if (sig == SIGSYS)
		add_trapped_call(info);
	else
		add_fault(info);
}

static void add_fiber(void)
{
	const struct fiber *f = fiber_self();

	if (f == NULL) {
		seat_words_add("; no fiber");
		return;
	}
	seat_words_add("; fiber \"");
	seat_words_add(fiber_name(f));
	seat_words_add("\"");
}

/* ---- where ---- */

static void *program_counter(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (void *)context->uc_mcontext.pc;
#else
	(void)context;
	return NULL;
#endif
}

/* Who called, if no instruction of the callee has been executed yet. */
static void *caller_at_entry(const ucontext_t *context)
{
#if defined(__x86_64__)
	return *(void **)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (void *)context->uc_mcontext.regs[30];
#else
	(void)context;
	return NULL;
#endif
}

/* " libc.so.6+0x8a3c1", or the bare address where no module is. */
static void add_place(void *pc)
{
	struct dl_find_object found;
	const char *path, *slash;

	if (_dl_find_object(pc, &found) < 0) {
		add_pointer(" ", (uintptr_t)pc);
		return;
	}
	path = found.dlfo_link_map->l_name;
	slash = strrchr(path, '/');
	seat_words_add(" ");
	if (path[0] == '\0')
		seat_words_add("sluiced");
	else
		seat_words_add(slash != NULL ? slash + 1 : path);
	add_pointer("+", (uintptr_t)pc - found.dlfo_link_map->l_addr);
}

/*
 * The place of the fault, then the callers.  The unwinder begins with this
 * handler and comes to the place a few frames later.  It does not if that is
 * outside of all code, after a call through a wild pointer.
 */
static void add_places(const ucontext_t *context)
{
	void *pc = program_counter(context);
	void *frames[FRAMES_MAX];
	int i = 0, n;

	seat_words_add(";");
	add_place(pc);
	n = backtrace(frames, FRAMES_MAX);
	while (i < n && frames[i] != pc)
		i++;
	if (i >= n)
		add_place(caller_at_entry(context));
	for (i++; i < n; i++)
		add_place(frames[i]);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	for (size_t i = 0; i < FATAL_COUNT; i++)
		signal(fatal_signals[i], SIG_DFL);
	add_cause(sig, info);
	add_fiber();
	add_places(context);
	raise(sig);
}

/* ---- before it happens ---- */

static void note_insist(const char *text)
{
	seat_words_add(text);
	seat_words_add("; ");
}

/* The kernel alone may put 12 KiB of registers there (AVX-512, AMX). */
static int install_stack(void)
{
	size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ) + STACK_ROOM;
	stack_t stack = {.ss_size = size};

	stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return -errno;
	return sigaltstack(&stack, NULL) < 0 ? -errno : 0;
}

static int install_handlers(void)
{
	struct sigaction action = {
	    .sa_sigaction = handle,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	sigset_t unblocked;

	sigfillset(&action.sa_mask);
	sigemptyset(&unblocked);
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		if (sigaction(fatal_signals[i], &action, NULL) < 0)
			return -errno;
		sigaddset(&unblocked, fatal_signals[i]);
	}
	return sigprocmask(SIG_UNBLOCK, &unblocked, NULL) < 0 ? -errno : 0;
}

int last_words_install(void)
{
	void *unused[1];
	int rc = install_stack();

	if (rc < 0)
		return rc;
	(void)backtrace(unused, 1);
	insist_set_hook(note_insist);
	return install_handlers();
}
