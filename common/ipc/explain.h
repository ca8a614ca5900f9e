/*
 * explain.h - what MESSAGE_explain and MESSAGE_explained mean.
 *
 * The descriptor that goes along is a memfd of EXPLAIN_SIZE: the question at
 * its front, the answer behind EXPLAIN_QUESTION_MAX.  VALUE says which
 * question, whether it could be answered, and how long the text is.
 */
#ifndef COMMON_IPC_EXPLAIN_H
#define COMMON_IPC_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#define EXPLAIN_QUESTION_MAX (8 * 1024)
#define EXPLAIN_ANSWER_MAX (48 * 1024)
#define EXPLAIN_SIZE (EXPLAIN_QUESTION_MAX + EXPLAIN_ANSWER_MAX)
#define EXPLAIN_TICKET_MAX 1000000

static inline int64_t explain_value(unsigned ticket, bool ok, unsigned length)
{
	return (int64_t)ticket << 32 | (int64_t)ok << 31 | (int64_t)length;
}

static inline unsigned explain_ticket(int64_t value)
{
	return (unsigned)((uint64_t)value >> 32);
}

static inline bool explain_is_ok(int64_t value)
{
	return (uint64_t)value >> 31 & 1;
}

static inline unsigned explain_length(int64_t value)
{
	return (unsigned)((uint64_t)value & 0x7fffffff);
}

#endif
