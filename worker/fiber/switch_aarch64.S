/*
 * switch_aarch64.S - the switch for aarch64, AAPCS64.
 *
 * A suspended stack, from its pointer upwards:
 *
 *   sp -> x19 ... x28  x29 x30  d8 ... d15  (frame of the caller)
 *
 * Both stacks look alike at the moment of the exchange, so one set of CFI
 * directives is true for either.  A new stack gets the same picture, with
 * switch_entry in x30's place and the function to call in x19's.
 * "hint 34" is bti c, in a spelling that every assembler knows.
 */
#if defined(__aarch64__) && !defined(SLUICE_UCONTEXT)

#define FRAME 160

	.text

	.globl	switch_to
	.type	switch_to, %function
	.p2align 4
switch_to:
	.cfi_startproc
	hint	#34
	sub	sp, sp, #FRAME
	.cfi_def_cfa_offset FRAME
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	.cfi_rel_offset x19, 0
	.cfi_rel_offset x20, 8
	.cfi_rel_offset x21, 16
	.cfi_rel_offset x22, 24
	.cfi_rel_offset x23, 32
	.cfi_rel_offset x24, 40
	.cfi_rel_offset x25, 48
	.cfi_rel_offset x26, 56
	.cfi_rel_offset x27, 64
	.cfi_rel_offset x28, 72
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	mov	x9, sp
	str	x9, [x0]
	mov	sp, x1
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #FRAME
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size	switch_to, .-switch_to

	.globl	switch_prepare
	.type	switch_prepare, %function
	.p2align 4
switch_prepare:
	.cfi_startproc
	hint	#34
	sub	x0, x0, #FRAME
	adrp	x9, switch_entry
	add	x9, x9, :lo12:switch_entry
	str	x1, [x0, #0]
	str	x9, [x0, #88]
	ret
	.cfi_endproc
	.size	switch_prepare, .-switch_prepare

	/* The outermost frame: an undefined return address ends backtraces. */
	.type	switch_entry, %function
	.p2align 4
switch_entry:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, #0
	mov	x30, #0
	blr	x19
	brk	#0
	.cfi_endproc
	.size	switch_entry, .-switch_entry

#endif

	.section .note.GNU-stack, "", %progbits
