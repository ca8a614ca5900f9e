/*
 * switch.h - from one stack to another: all that a fiber is to the CPU.
 *
 * What a suspended flow of control needs beyond its stack is one pointer.
 * Three implementations, of which the preprocessor picks one: assembly for
 * x86-64 and aarch64 saves the callee-saved registers on the stack that is
 * left, and the pointer is that stack's; ucontext for all else (and with
 * -DSLUICE_UCONTEXT), about ten times slower because each swapcontext makes a
 * system call.  The floating point control words are not saved: nobody here
 * changes them.
 */
#ifndef WORKER_FIBER_SWITCH_H
#define WORKER_FIBER_SWITCH_H

/*
 * What switch_to needs to start ENTRY on the stack that ends at TOP (16-byte
 * aligned).  ENTRY never returns.  Uses the bytes right below TOP (56 to 160,
 * of a ucontext some thousands).
 */
void *switch_prepare(void *top, void (*entry)(void));

/*
 * Leaves this flow, to which *FROM then leads back, and goes on with TO.
 * Before it is first left, the *FROM of a prepared flow is what
 * switch_prepare returned, that of the process's own stack is NULL.
 */
void switch_to(void **from, void *to);

#endif
