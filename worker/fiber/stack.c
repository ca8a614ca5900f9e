/*
 * stack.c - the stacks of a worker's fibers.
 *
 * Runs in workers.  One idea: stacks are numbered, and the free ones are a
 * pile of numbers, so that taking and giving touches no stack's memory.
 *
 *   base                                                   FIBER_MAX x
 *   |guard|<- room, used from its high end down |guard|...    STACK_SIZE
 *    ^ one page
 *
 *   number   0 ............ fresh ............ made ......... FIBER_MAX
 *            taken or piled | guarded, never  | address space only
 *                           | used            |
 *
 *   pile     0 ..... clean ..... low ..... piled: given last, taken next
 *            have no | untouched |
 *            memory  | since the |
 *                    | last trim |
 *
 * Huge pages are refused: the first touch of one stack would bring 2 MiB.
 */
#include "worker/fiber/stack.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>
#endif

#include "common/base/insist.h"
#include "worker/fiber/fiber.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#define WHOLE_SIZE (STACK_SIZE * FIBER_MAX)
#define PAINT 0xa5
#define TRIM_MAX 512 /* about 2 us each */

static struct {
	char *base;
	size_t guard;
	bool light_guards; /* MADV_GUARD_INSTALL works */
	unsigned made;
	unsigned fresh;
	unsigned piled;
	unsigned low;
	unsigned clean;
	uint16_t pile[FIBER_MAX];
} stacks;

_Static_assert(FIBER_MAX - 1 <= UINT16_MAX, "a number must fit the pile");

static char *stack_at(unsigned number)
{
	return stacks.base + number * STACK_SIZE;
}

#ifdef HAVE_VALGRIND_VALGRIND_H

/* Else valgrind takes a switch between neighbours for one huge frame. */
static unsigned valgrind_ids[FIBER_MAX];

static void register_stack(unsigned number)
{
	char *stack = stack_at(number);

	valgrind_ids[number] = VALGRIND_STACK_REGISTER(stack + stacks.guard,
	    stack + STACK_SIZE - 1);
}

static void deregister_stacks(void)
{
	for (unsigned i = 0; i < stacks.made; i++)
		VALGRIND_STACK_DEREGISTER(valgrind_ids[i]);
}

#else

#define register_stack(number) ((void)(number))
#define deregister_stacks() ((void)0)

#endif

/*
 * Emulators (qemu-user) answer 0 to any advice and do nothing, so ask the
 * kernel to write there: EFAULT shows the guard without a signal.
 */
static bool is_guarded(char *page)
{
	return syscall(SYS_clock_getres, CLOCK_MONOTONIC, page) < 0 &&
	    errno == EFAULT;
}

static bool has_light_guards(void)
{
	return madvise(stacks.base, stacks.guard, MADV_GUARD_INSTALL) == 0 &&
	    is_guarded(stacks.base);
}

int stack_init(void)
{
	void *p;

	INSIST(stacks.base == NULL);
	stacks.guard = (size_t)sysconf(_SC_PAGESIZE);
	if (stacks.guard > STACK_SIZE / 4)
		return -ENOTSUP;
	p = mmap(NULL, WHOLE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	stacks.base = p;
	/* A kernel without huge pages or names refuses: nothing is lost. */
	(void)madvise(p, WHOLE_SIZE, MADV_NOHUGEPAGE);
	(void)prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, WHOLE_SIZE,
	    "fiber stacks");
	stacks.light_guards = has_light_guards();
	return 0;
}

void stack_free_all(void)
{
	if (stacks.base == NULL)
		return;
	INSIST(stacks.piled == stacks.fresh);
	deregister_stacks();
	INSIST(munmap(stacks.base, WHOLE_SIZE) == 0);
	memset(&stacks, 0, sizeof(stacks));
}

static bool make_guard(char *stack)
{
	if (stacks.light_guards)
		return madvise(stack, stacks.guard, MADV_GUARD_INSTALL) == 0;
	return mprotect(stack, stacks.guard, PROT_NONE) == 0;
}

bool stack_reserve(unsigned count)
{
	INSIST(stacks.base != NULL && count <= FIBER_MAX);
	for (; stacks.made < count; stacks.made++) {
		if (!make_guard(stack_at(stacks.made)))
			return false;
		register_stack(stacks.made);
	}
	return true;
}

void *stack_take(void)
{
	unsigned number;
	char *stack;

	if (stacks.piled > 0) {
		number = stacks.pile[--stacks.piled];
		if (stacks.low > stacks.piled)
			stacks.low = stacks.piled;
	} else {
		INSIST(stacks.fresh < stacks.made);
		number = stacks.fresh++;
	}
	stack = stack_at(number);
#ifdef SLUICE_CENSUS
	memset(stack + stacks.guard, PAINT, STACK_SIZE - stacks.guard);
#endif
	return stack;
}

void stack_give(void *stack)
{
	size_t offset = (size_t)((char *)stack - stacks.base);

	INSIST(offset % STACK_SIZE == 0 && offset < WHOLE_SIZE);
	INSIST(stacks.piled < stacks.fresh);
	sanitize_clean((char *)stack + stacks.guard, STACK_SIZE - stacks.guard);
	stacks.pile[stacks.piled++] = (uint16_t)(offset / STACK_SIZE);
}

void stack_trim(void)
{
	unsigned end;

	if (stacks.clean > stacks.low)
		stacks.clean = stacks.low;
	end = stacks.low - stacks.clean > TRIM_MAX ? stacks.clean + TRIM_MAX
						   : stacks.low;
	for (; stacks.clean < end; stacks.clean++)
		(void)madvise(
		    stack_at(stacks.pile[stacks.clean]) + stacks.guard,
		    STACK_SIZE - stacks.guard, MADV_DONTNEED);
	stacks.low = stacks.piled;
}

size_t stack_guard_size(void)
{
	return stacks.guard;
}

bool stack_is_guard(const void *addr)
{
	uintptr_t offset = (uintptr_t)addr - (uintptr_t)stacks.base;

	return stacks.base != NULL && offset < stacks.made * STACK_SIZE &&
	    offset % STACK_SIZE < stacks.guard;
}

#ifdef SLUICE_CENSUS
size_t stack_used(const void *stack)
{
	const unsigned char *low = (const unsigned char *)stack + stacks.guard;
	const unsigned char *high = (const unsigned char *)stack + STACK_SIZE;

	while (low < high && *low == PAINT)
		low++;
	return (size_t)(high - low);
}
#endif
