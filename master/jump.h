/*
 * jump.h - telling of a wall clock that jumps.
 */
#ifndef MASTER_JUMP_H
#define MASTER_JUMP_H

/* From now on the error log says when it has. */
void jump_start(void);

#endif
