/*
 * pattern.c - regular expressions.
 *
 * Compiles in the master, matches in workers.  Without a stack of its own the
 * JIT would use 32 KiB of the machine's, half of a fiber's: so there is one
 * for the process, and since a match never waits one is enough, as is one
 * block for its result.
 *
 * https://www.pcre.org/current/doc/html/pcre2api.html, pcre2jit.html
 */
#include "common/conf/pattern.h"

#include <errno.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/out.h"

#define JIT_STACK_LEAST ((size_t)32 * 1024)
#define JIT_STACK_MOST ((size_t)512 * 1024)
#define HEAP_MOST_KIB 1024 /* without the JIT */
#define PUMPED 60

_Static_assert(PCRE2_MAJOR == 10 && PCRE2_MINOR >= 41,
    "older ones match on the machine's stack");

/* What matching needs. */
static pcre2_match_data *match_data;
static pcre2_match_context *match_context;

int conf_pattern_init(void)
{
	pcre2_jit_stack *stack;

	if (match_data != NULL)
		return 0;
	stack = pcre2_jit_stack_create(JIT_STACK_LEAST, JIT_STACK_MOST, NULL);
	match_data = pcre2_match_data_create(CONF_CAPTURES_MAX + 1, NULL);
	match_context = pcre2_match_context_create(NULL);
	if (stack == NULL || match_data == NULL || match_context == NULL)
		return -ENOMEM;
	pcre2_set_match_limit(match_context, CONF_PATTERN_WORK);
	pcre2_set_depth_limit(match_context, CONF_PATTERN_WORK);
	pcre2_set_heap_limit(match_context, HEAP_MOST_KIB);
	pcre2_jit_stack_assign(match_context, NULL, stack);
	return 0;
}

static uint32_t count_groups(const pcre2_code *code)
{
	uint32_t count = 0;
	int err = pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &count);

	INSIST(err == 0);
	return count;
}

struct conf_pattern *conf_pattern_compile(struct arena *a, struct str text,
    struct conf_pattern_fault *fault_r)
{
	struct conf_pattern *p;
	PCRE2_SIZE at = 0;
	int error = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n,
	    PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF, &error, &at, NULL);

	if (code == NULL) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)fault_r->text,
		    sizeof(fault_r->text));
		fault_r->at = at;
		return NULL;
	}
	p = ARENA_NEW(a, struct conf_pattern);
	p->text = str_make(arena_strdup(a, text), text.n);
	p->code = code;
	p->is_jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
	p->literal = conf_literal_of(p->text, a);
	p->groups = count_groups(code);
	return p;
}

void conf_pattern_free_all(struct conf_pattern *p)
{
	for (; p != NULL; p = p->next) {
		pcre2_code_free(p->code);
		p->code = NULL;
	}
}

unsigned conf_pattern_group(const struct conf_pattern *p, struct str name)
{
	char text[64];
	int number;

	if (name.n == 0 || name.n >= sizeof(text))
		return 0;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	number = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)text);
	return number > 0 ? (unsigned)number : 0;
}

bool conf_pattern_any_slow(const struct conf_pattern *p)
{
	while (p != NULL && p->is_jit)
		p = p->next;
	return p != NULL;
}

/* ---- matching ---- */

/* The group between START and END.  A \K in a lookaround can put the start of
 * the whole behind its end. */
static struct str group(struct str subject, PCRE2_SIZE start, PCRE2_SIZE end)
{
	if (start == PCRE2_UNSET)
		return STR_NONE;
	return str_make(subject.p + start, end > start ? end - start : 0);
}

static void take_captures(struct str subject, int count,
    struct conf_captures *captures)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(match_data);

	captures->count = count > 0 ? (unsigned)count : CONF_CAPTURES_MAX + 1;
	for (unsigned i = 0; i < captures->count; i++)
		captures->at[i] = group(subject, at[2 * i], at[2 * i + 1]);
}

/* The number of groups + 1, 0 for more than there is room for, or an error. */
static int run(const struct conf_pattern *p, struct str subject)
{
	INSIST(match_data != NULL);
	if (p->is_jit)
		return pcre2_jit_match(p->code, (PCRE2_SPTR)subject.p,
		    subject.n, 0, 0, match_data, match_context);
	return pcre2_match(p->code, (PCRE2_SPTR)subject.p, subject.n, 0, 0,
	    match_data, match_context);
}

enum conf_match conf_pattern_match(const struct conf_pattern *p,
    struct str subject, struct conf_captures *captures_r)
{
	int got;

	if (!conf_literal_allows(&p->literal, subject))
		return CONF_NO_MATCH;
	got = run(p, subject);
	if (got == PCRE2_ERROR_NOMATCH)
		return CONF_NO_MATCH;
	if (got < 0)
		return CONF_MATCH_TOO_HARD;
	if (captures_r != NULL)
		take_captures(subject, got, captures_r);
	return CONF_MATCH;
}

/* ---- trying ---- */

/* Many C behind what the pattern begins with; then something that it hardly
 * expects, and what it needs. */
static bool is_hard_for(const struct conf_pattern *p, char c)
{
	char text[PUMPED + 256];
	struct out o = out_make(text, sizeof(text));
	int got;

	out_str(&o, p->literal.start);
	for (int i = 0; i < PUMPED; i++)
		out_char(&o, c);
	out_char(&o, '!');
	out_str(&o, p->literal.inside);
	out_str(&o, p->literal.end);
	got = run(p, out_text(&o));
	return got < 0 && got != PCRE2_ERROR_NOMATCH;
}

bool conf_pattern_explodes(const struct conf_pattern *p)
{
	static const char usual[] = "a0/.-_A";

	for (const char *c = usual; *c != '\0'; c++)
		if (is_hard_for(p, *c))
			return true;
	return false;
}
