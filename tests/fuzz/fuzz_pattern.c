/*
 * fuzz_pattern.c - any bytes as patterns and the subjects they are tried on.
 *
 * Input: patterns, one a line, an empty line, subjects one a line.  What the
 * pre-filter says can't match must not match: PCRE2 is asked again without it,
 * for each pattern, and for the list as rules are tried: in order, up to the
 * first that matches.
 */
#include "common/base/insist.h"
#include "common/conf/pattern.h"

#define PATTERN_MAX 200
#define PATTERNS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both ways to ask the same. */
struct list {
	struct conf_pattern *filtered[PATTERNS_MAX];
	struct conf_pattern plain[PATTERNS_MAX];
	unsigned count;
};

static struct str next_line(struct str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
	struct str line = str_make(rest->p, n);

	rest->p += n + (end != NULL);
	rest->n -= n + (end != NULL);
	return line;
}

static void add(struct list *list, struct arena *a, struct str text)
{
	struct conf_pattern_fault fault;
	struct conf_pattern *p = conf_pattern_compile(a, text, &fault);

	if (p == NULL)
		return;
	list->filtered[list->count] = p;
	list->plain[list->count] = *p;
	list->plain[list->count].literal =
	    (struct conf_literal){.start = STR("")};
	list->count++;
}

static void read_patterns(struct list *list, struct arena *a, struct str *rest)
{
	while (rest->n > 0) {
		struct str text = next_line(rest);

		if (text.n == 0)
			return;
		if (text.n <= PATTERN_MAX && list->count < PATTERNS_MAX)
			add(list, a, text);
	}
}

/* The first that matches; COUNT: none; -1: one was given up. */
static int first(const struct conf_pattern *const *list, unsigned count,
    struct str subject, struct conf_captures *c)
{
	for (unsigned i = 0; i < count; i++) {
		enum conf_match m = conf_pattern_match(list[i], subject, c);

		if (m != CONF_NO_MATCH)
			return m == CONF_MATCH ? (int)i : -1;
	}
	return (int)count;
}

static bool is_same(const struct conf_captures *a,
    const struct conf_captures *b)
{
	for (unsigned i = 0; i < a->count && a->count == b->count; i++)
		if (a->at[i].p != b->at[i].p || a->at[i].n != b->at[i].n)
			return false;
	return a->count == b->count;
}

static void compare(const struct list *list, struct str subject)
{
	const struct conf_pattern *with[PATTERNS_MAX], *without[PATTERNS_MAX];
	struct conf_captures a, b;

	for (unsigned i = 0; i < list->count; i++) {
		with[i] = list->filtered[i];
		without[i] = &list->plain[i];
	}
	for (unsigned i = 0; i < list->count; i++) {
		int plain = first(without + i, list->count - i, subject, &b);
		int quick = first(with + i, list->count - i, subject, &a);

		if (plain < 0) /* the filter may have been spared that */
			continue;
		INSIST(quick == plain);
		if (plain < (int)(list->count - i))
			INSIST(is_same(&a, &b));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size);
	struct list list = {.count = 0};
	struct arena a;

	INSIST(conf_pattern_init() == 0);
	arena_init(&a);
	read_patterns(&list, &a, &rest);
	while (rest.n > 0)
		compare(&list, next_line(&rest));
	for (unsigned i = 0; i < list.count; i++)
		conf_pattern_free_all(list.filtered[i]);
	arena_free(&a);
	return 0;
}
