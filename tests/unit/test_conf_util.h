/*
 * test_conf_util.h - loading configurations from a folder of their own.
 */
#ifndef TESTS_UNIT_TEST_CONF_UTIL_H
#define TESTS_UNIT_TEST_CONF_UTIL_H

#include <stdbool.h>

#include "common/conf/conf.h"

/* A folder under /tmp, and what loading from it gave. */
struct conf_case {
	char dir[32];
	struct conf *conf;
	char *messages; /* without the folder's name */
	unsigned errors;
	unsigned warnings;
};

/* The user and group that a test may name, for tests as root and not. */
#define CASE_USER "user = \"nobody\";\n"

void conf_case_begin(struct conf_case *c);
void conf_case_end(struct conf_case *c);

/* A file in the folder, or "sub/file": the sub-folder is made. */
void conf_case_write(struct conf_case *c, const char *name, const char *text,
    size_t n);
void conf_case_text(struct conf_case *c, const char *name, const char *text);

/* Copies conf/pem, certificates and keys, to the folder's "pem": that of
 * readable.pem may be read by everybody, the others by nobody else. */
void conf_case_pems(struct conf_case *c);

/* Loads sluiced.conf of the folder, or what REQUEST says if it is not NULL. */
void conf_case_load(struct conf_case *c, const struct conf_request *request);

/*
 * The same from sluiced.conf, which must be good, without any message; or
 * bad, with MESSAGE among what is said.
 */
void conf_case_load_good(struct conf_case *c);
void conf_case_load_bad(struct conf_case *c, const char *message);

/* The listener of that address, or NULL. */
const struct conf_listener *conf_case_listener(const struct conf_case *c,
    const char *text);

/*
 * CONF as text, for comparing; the caller frees it.  The listener for IPv6 of
 * a bare port is left out: not every machine has it.
 */
char *conf_case_dump(const struct conf *conf);

/* The whole file, NUL-terminated; the caller frees it.  NULL: there is none. */
char *conf_case_read_file(const char *path, size_t *n_r);

/* man/sluiced.conf.5 of this tree; the caller frees it. */
char *conf_case_read_manual(void);

bool conf_case_has_ipv6(void);

/* S without each occurrence of WORD, in place. */
void conf_case_remove(char *s, const char *word);

#endif
