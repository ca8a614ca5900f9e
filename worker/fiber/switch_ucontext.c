/*
 * switch_ucontext.c - the switch for every other CPU.
 *
 * The pointer that stands for a suspended flow is its ucontext_t, which lies
 * at the top of its own stack; that of the process's stack is static.
 */
#include "worker/fiber/switch.h"

#if defined(SLUICE_UCONTEXT) || (!defined(__x86_64__) && !defined(__aarch64__))

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "common/base/insist.h"

/*
 * makecontext wants the low end of the stack as well, and uses it only to
 * find the high end: it gets one that is as near as it may be.
 */
#define LITTLE_STACK ((size_t)1024)

void *switch_prepare(void *top, void (*entry)(void))
{
	uintptr_t at = ((uintptr_t)top - sizeof(ucontext_t)) & ~(uintptr_t)63;
	ucontext_t *context = (ucontext_t *)at;

	INSIST(getcontext(context) == 0);
	context->uc_stack.ss_sp = (char *)context - LITTLE_STACK;
	context->uc_stack.ss_size = LITTLE_STACK;
	context->uc_link = NULL;
	makecontext(context, entry, 0);
	return context;
}

void switch_to(void **from, void *to)
{
	static ucontext_t own_stack;

	if (*from == NULL)
		*from = &own_stack;
	INSIST(swapcontext(*from, to) == 0);
}

#endif
