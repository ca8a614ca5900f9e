/*
 * question.h - what MESSAGE_question and MESSAGE_answer mean.
 *
 * The descriptor that goes along is a memfd of QUESTION_SIZE: the words of the
 * question at its front, the answer behind QUESTION_WORDS_MAX.  VALUE says
 * which question, of what kind, whether it could be answered, and how long
 * the text is:
 *
 *	| ticket: 20 bits | kind: 8 | ok: 1 | length: 31 |
 */
#ifndef COMMON_IPC_QUESTION_H
#define COMMON_IPC_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#define QUESTION_WORDS_MAX (8 * 1024)
#define QUESTION_ANSWER_MAX (1024 * 1024)
#define QUESTION_SIZE (QUESTION_WORDS_MAX + QUESTION_ANSWER_MAX)
#define QUESTION_TICKET_MAX 1000000

enum question_kind {
#define QUESTION(name, changes, patience, meaning) QUESTION_##name,
#include "common/tbl/questions.h"
#undef QUESTION
	QUESTION_KINDS
};

static inline int64_t question_value(unsigned ticket, enum question_kind kind,
    bool ok, unsigned length)
{
	return (int64_t)ticket << 40 | (int64_t)kind << 32 |
	    (int64_t)ok << 31 | (int64_t)length;
}

static inline unsigned question_ticket(int64_t value)
{
	return (unsigned)((uint64_t)value >> 40);
}

/* May be none of them. */
static inline unsigned question_kind(int64_t value)
{
	return (unsigned)((uint64_t)value >> 32 & 0xff);
}

static inline bool question_is_ok(int64_t value)
{
	return (uint64_t)value >> 31 & 1;
}

static inline unsigned question_length(int64_t value)
{
	return (unsigned)((uint64_t)value & 0x7fffffff);
}

#endif
