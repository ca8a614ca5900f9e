/*
 * check.h - as much of Check as the tests of fibers need, in one file.
 *
 * Debian has Check for the processor it runs on and no other; `make soak`
 * compiles the tests of fibers for another one too, with this header in place
 * of the real one.  Same names, same meaning: each test runs in a child of
 * its own between the fixtures of its case, and CK_TAP_LOG_FILE_NAME names a
 * file that gets a line for each.
 */
#ifndef TESTS_CROSS_CHECK_H
#define TESTS_CROSS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CK_SILENT, CK_NORMAL, CK_VERBOSE, CK_ENV };

#define CROSS_MAX 64

struct cross_test {
	const char *name;
	void (*fn)(int _i);
	int signal; /* that ends it; 0: it exits */
	int from, to;
};

typedef struct TCase {
	const char *name;
	void (*setup)(void);
	void (*teardown)(void);
	unsigned timeout;
	unsigned count;
	struct cross_test tests[CROSS_MAX];
} TCase;

typedef struct Suite {
	unsigned count;
	TCase *cases[CROSS_MAX];
} Suite;

typedef struct SRunner {
	Suite *suite;
	FILE *tap;
	unsigned number;
	int failed;
} SRunner;

/* ---- tests ---- */

#define START_TEST(name) static void name(int _i __attribute__((unused)))
#define END_TEST

#define tcase_add_test(c, t) cross_add(c, #t, t, 0, 0, 1)
#define tcase_add_loop_test(c, t, from, to) cross_add(c, #t, t, 0, from, to)
#define tcase_add_test_raise_signal(c, t, s) cross_add(c, #t, t, s, 0, 1)

static inline void *cross_need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static inline Suite *suite_create(const char *name)
{
	(void)name;
	return cross_need(calloc(1, sizeof(Suite)));
}

static inline TCase *tcase_create(const char *name)
{
	TCase *c = cross_need(calloc(1, sizeof(*c)));

	c->name = name;
	c->timeout = 4;
	return c;
}

static inline void suite_add_tcase(Suite *suite, TCase *c)
{
	if (suite->count == CROSS_MAX)
		abort();
	suite->cases[suite->count++] = c;
}

static inline void cross_add(TCase *c, const char *name, void (*fn)(int _i),
    int signal, int from, int to)
{
	if (c->count == CROSS_MAX)
		abort();
	c->tests[c->count++] = (struct cross_test){name, fn, signal, from, to};
}

static inline void tcase_add_checked_fixture(TCase *c, void (*setup)(void),
    void (*teardown)(void))
{
	c->setup = setup;
	c->teardown = teardown;
}

static inline void tcase_set_timeout(TCase *c, double seconds)
{
	c->timeout = (unsigned)seconds;
}

/* ---- assertions ---- */

static inline void cross_assert(int holds, const char *file, int line,
    const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	_exit(1);
}

#define ck_assert(x) cross_assert(!!(x), __FILE__, __LINE__, #x)
#define CROSS_COMPARE(a, op, b) ck_assert((a)op(b))

#define ck_assert_int_eq(a, b) CROSS_COMPARE(a, ==, b)
#define ck_assert_int_ne(a, b) CROSS_COMPARE(a, !=, b)
#define ck_assert_int_lt(a, b) CROSS_COMPARE(a, <, b)
#define ck_assert_int_le(a, b) CROSS_COMPARE(a, <=, b)
#define ck_assert_int_gt(a, b) CROSS_COMPARE(a, >, b)
#define ck_assert_int_ge(a, b) CROSS_COMPARE(a, >=, b)
#define ck_assert_uint_eq(a, b) CROSS_COMPARE(a, ==, b)
#define ck_assert_uint_ne(a, b) CROSS_COMPARE(a, !=, b)
#define ck_assert_uint_lt(a, b) CROSS_COMPARE(a, <, b)
#define ck_assert_uint_le(a, b) CROSS_COMPARE(a, <=, b)
#define ck_assert_uint_gt(a, b) CROSS_COMPARE(a, >, b)
#define ck_assert_uint_ge(a, b) CROSS_COMPARE(a, >=, b)
#define ck_assert_ptr_eq(a, b) CROSS_COMPARE(a, ==, b)
#define ck_assert_ptr_ne(a, b) CROSS_COMPARE(a, !=, b)
#define ck_assert_ptr_null(a) CROSS_COMPARE(a, ==, NULL)
#define ck_assert_ptr_nonnull(a) CROSS_COMPARE(a, !=, NULL)
#define ck_assert_str_eq(a, b) ck_assert(strcmp(a, b) == 0)

/* ---- running ---- */

static inline SRunner *srunner_create(Suite *suite)
{
	const char *path = getenv("CK_TAP_LOG_FILE_NAME");
	SRunner *runner = cross_need(calloc(1, sizeof(*runner)));

	runner->suite = suite;
	runner->tap = path == NULL ? stdout : cross_need(fopen(path, "w"));
	return runner;
}

static inline void cross_child(const TCase *c, const struct cross_test *t,
    int i)
{
	alarm(c->timeout * 5);
	if (c->setup != NULL)
		c->setup();
	t->fn(i);
	if (c->teardown != NULL)
		c->teardown();
	_exit(0);
}

static inline void cross_run(SRunner *runner, const TCase *c,
    const struct cross_test *t, int i)
{
	int status = -1;
	int passed;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		cross_child(c, t, i);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	passed = t->signal == 0 ?
	    status == 0 : WIFSIGNALED(status) && WTERMSIG(status) == t->signal;
	runner->failed += !passed;
	fprintf(runner->tap, "%sok %u - %s:%s:%d: status %d\n",
	    passed ? "" : "not ", ++runner->number, c->name, t->name, i,
	    status);
}

static inline void srunner_run_all(SRunner *runner, int mode)
{
	const Suite *suite = runner->suite;

	(void)mode;
	for (unsigned k = 0; k < suite->count; k++) {
		const TCase *c = suite->cases[k];

		for (unsigned n = 0; n < c->count; n++)
			for (int i = c->tests[n].from; i < c->tests[n].to; i++)
				cross_run(runner, c, &c->tests[n], i);
	}
}

static inline int srunner_ntests_failed(const SRunner *runner)
{
	return runner->failed;
}

static inline void srunner_free(SRunner *runner)
{
	if (runner->tap != stdout)
		fclose(runner->tap);
	for (unsigned k = 0; k < runner->suite->count; k++)
		free(runner->suite->cases[k]);
	free(runner->suite);
	free(runner);
}

#endif
