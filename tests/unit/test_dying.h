/*
 * test_dying.h - children that die, and what they leave in their seats.
 */
#ifndef TESTS_UNIT_TEST_DYING_H
#define TESTS_UNIT_TEST_DYING_H

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "worker/last_words.h"

static char words[SEAT_WORDS_SIZE + 1];

static inline void prepare(void (*before)(void))
{
	static const struct rlimit no_core;

	setrlimit(RLIMIT_CORE, &no_core);
	if (before != NULL)
		before();
	if (last_words_install() != 0)
		_exit(98);
}

/* A child in a seat of its own that does DIE; its status.  See WORDS. */
static inline int child_dies(void (*before)(void), void (*die)(void))
{
	int seat, status;
	pid_t pid;

	ck_assert_int_eq(seats_create(), 0);
	seat = seat_take(0, 1);
	pid = fork();
	if (pid == 0) {
		seat_sit(seat);
		prepare(before);
		die();
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	seat_words_read(seat, words, sizeof(words));
	return status;
}

static inline void expect_signal(int status, int sig)
{
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == sig,
	    "status 0x%x, words: %s", (unsigned)status, words);
}

static inline void expect_words(const char *part)
{
	ck_assert_msg(strstr(words, part) != NULL,
	    "expected \"%s\" in: %s", part, words);
}

static inline void expect_no_words(const char *part)
{
	ck_assert_msg(strstr(words, part) == NULL,
	    "unexpected \"%s\" in: %s", part, words);
}

/* As a worker is at its start. */
static inline void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

#endif
