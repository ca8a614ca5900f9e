/*
 * switch_x86_64.S - the switch for x86-64, System V ABI.
 *
 * A suspended stack, from its pointer upwards:
 *
 *   sp -> r15 r14 r13 r12 rbx rbp  return address  (frame of the caller)
 *
 * Both stacks look alike at the moment of the exchange, so one set of CFI
 * directives is true for either.  A new stack gets the same picture, with
 * switch_entry as the return address and the function to call in rbx's place.
 */
#if defined(__x86_64__) && !defined(SLUICE_UCONTEXT)

	.text

	.globl	switch_to
	.type	switch_to, @function
	.p2align 4
switch_to:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	ret
	.cfi_endproc
	.size	switch_to, .-switch_to

	.globl	switch_prepare
	.type	switch_prepare, @function
	.p2align 4
switch_prepare:
	.cfi_startproc
	leaq	switch_entry(%rip), %rax
	movq	%rax, -8(%rdi)
	movq	%rsi, -24(%rdi)
	leaq	-56(%rdi), %rax
	ret
	.cfi_endproc
	.size	switch_prepare, .-switch_prepare

	/* The outermost frame: an undefined return address ends backtraces. */
	.type	switch_entry, @function
	.p2align 4
switch_entry:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	callq	*%rbx
	ud2
	.cfi_endproc
	.size	switch_entry, .-switch_entry

#endif

	.section .note.GNU-stack, "", %progbits
