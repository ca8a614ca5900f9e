/*
 * sanitize.h - telling AddressSanitizer about stacks, switches, and pools.
 *
 * AddressSanitizer must know when the stack changes and which one comes.
 * Nothing here costs anything in a build without it.  (Valgrind only has to
 * be told what is a stack: see stack.c.)
 */
#ifndef WORKER_FIBER_SANITIZE_H
#define WORKER_FIBER_SANITIZE_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/* What ASan keeps of a flow of control; nothing, without it. */
struct sanitize_flow {
#ifdef WITH_ASAN
	const void *low; /* its stack */
	size_t size;
	void *fake_stack; /* while it is suspended */
#endif
};

#ifdef WITH_ASAN

/* A new flow on SIZE bytes at LOW. */
static inline void sanitize_begin(struct sanitize_flow *flow,
    const void *low, size_t size)
{
	*flow = (struct sanitize_flow){.low = low, .size = size};
}

/* Right before switch_to. */
static inline void sanitize_leave(struct sanitize_flow *from,
    const struct sanitize_flow *to)
{
	__sanitizer_start_switch_fiber(&from->fake_stack, to->low, to->size);
}

/* The same when nothing will ever lead back. */
static inline void sanitize_leave_for_good(const struct sanitize_flow *to)
{
	__sanitizer_start_switch_fiber(NULL, to->low, to->size);
}

/* The first thing behind switch_to; FROM, which was left, learns its stack. */
static inline void sanitize_arrive(struct sanitize_flow *to,
    struct sanitize_flow *from)
{
	__sanitizer_finish_switch_fiber(to->fake_stack, &from->low,
	    &from->size);
}

/* A recycled stack still bears the red zones of frames that never returned. */
static inline void sanitize_clean(void *low, size_t size)
{
	__asan_unpoison_memory_region(low, size);
}

/* Pooled memory that nobody has: whoever touches it is caught. */
static inline void sanitize_hide(void *p, size_t size)
{
	__asan_poison_memory_region(p, size);
}

static inline void sanitize_show(void *p, size_t size)
{
	__asan_unpoison_memory_region(p, size);
}

#else

static inline void sanitize_begin(struct sanitize_flow *flow,
    const void *low, size_t size)
{
	(void)flow, (void)low, (void)size;
}

static inline void sanitize_leave(struct sanitize_flow *from,
    const struct sanitize_flow *to)
{
	(void)from, (void)to;
}

static inline void sanitize_leave_for_good(const struct sanitize_flow *to)
{
	(void)to;
}

static inline void sanitize_arrive(struct sanitize_flow *to,
    struct sanitize_flow *from)
{
	(void)to, (void)from;
}

static inline void sanitize_clean(void *low, size_t size)
{
	(void)low, (void)size;
}

static inline void sanitize_hide(void *p, size_t size)
{
	(void)p, (void)size;
}

static inline void sanitize_show(void *p, size_t size)
{
	(void)p, (void)size;
}

#endif

#endif
