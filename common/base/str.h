/*
 * str.h - strings as pointer and length.
 *
 * A str owns nothing and is passed by value.  It may hold any byte and is not
 * terminated; an absent string is STR_NONE (p == NULL), an empty one has a
 * pointer and n == 0.  No function here waits, allocates or fails.
 */
#ifndef COMMON_BASE_STR_H
#define COMMON_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})

/* For printf: printf("%" PRI_STR, ARG_STR(s)). */
#define PRI_STR ".*s"
#define ARG_STR(s) (int)(s).n, (s).p

static inline struct str str_make(const char *p, size_t n)
{
	return (struct str){p, n};
}

static inline struct str str_from(const char *cstr)
{
	return (struct str){cstr, strlen(cstr)};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	    (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* S without its first N bytes, of which it has as many. */
static inline struct str str_behind(struct str s, size_t n)
{
	return str_make(s.p + n, s.n - n);
}

/* ASCII only, whatever the locale. */
static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit, or -1. */
int char_hex(char c);

/* Equal but for ASCII case. */
bool str_eq_nocase(struct str a, struct str b);

/* Does S begin with PREFIX, but for ASCII case? */
bool str_starts_nocase(struct str s, struct str prefix);

/* Is all of S tchars, and at least one?  A method, the name of a field, a
 * coding: RFC 9110, 5.6.2. */
bool str_is_token(struct str s);

/* Order by bytes, shorter first: for qsort and bsearch. */
int str_cmp(struct str a, struct str b);

/* Without spaces and tabs at both ends. */
struct str str_trim(struct str s);

/*
 * What is before the first SEPARATOR, or all of *REST, which moves behind it.
 * False at the end: when nothing is left.
 */
bool str_next_part(struct str *rest, char separator, struct str *part_r);

/*
 * The first element of a comma separated list, trimmed; *LIST moves behind
 * it.  Empty elements are skipped (RFC 9110, 5.6.1).  False at the end.
 * Quoted strings are not understood: for lists of tokens only.
 */
bool str_next_token(struct str *list, struct str *token_r);

/* 1*DIGIT, at most MAX; nothing else in S.  False if it is not. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *value_r);

#endif
