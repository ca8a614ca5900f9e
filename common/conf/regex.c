/*
 * regex.c - the patterns of a configuration.
 *
 * Runs in the master, on its own stack: compiling may take 180 KiB of it.
 * What libconfig makes of a backslash depends on its version: 1.8 turns "\b"
 * into a control character, so the manual doubles them, and a control
 * character in a pattern is refused as the mistake that it is.
 */
#include "common/conf/regex.h"

#include "common/base/insist.h"

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return true;
	return false;
}

/* Is it tied to an end of what it is matched with?  Anything that could be
 * meant so counts. */
static bool is_anchored(struct str text)
{
	return memchr(text.p, '^', text.n) != NULL ||
	    memchr(text.p, '$', text.n) != NULL ||
	    memmem(text.p, text.n, "\\A", 2) != NULL ||
	    memmem(text.p, text.n, "\\z", 2) != NULL ||
	    memmem(text.p, text.n, "\\G", 2) != NULL;
}

static void lint_anchors(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_pattern *p)
{
	if (!is_anchored(p->text)) {
		conf_report_lint(b->report, LINT_pattern_unanchored, spot,
		    "this pattern matches anywhere");
		conf_report_help(b->report, "begin it with \"^\" or end it "
		    "with \"$\"; to mean it, write \"^.*%" PRI_STR "\"",
		    ARG_STR(p->text));
	}
}

static void lint_work(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_pattern *p)
{
	if (conf_pattern_explodes(p)) {
		conf_report_lint(b->report, LINT_pattern_slow, spot,
		    "there are short texts for which this pattern takes so "
		    "long that it is given up");
		conf_report_help(b->report, "let no repeated group hold only "
		    "what is repeated itself, as in \"(a+)+\"");
	}
}

static void report_fault(struct conf_build *b, const struct conf_spot *spot,
    struct str text, const struct conf_pattern_fault *fault)
{
	size_t at = fault->at < text.n ? fault->at : text.n;

	conf_report_error(b->report, spot, "this is not a pattern: %s",
	    fault->text);
	conf_report_help(b->report,
	    "it goes wrong behind \"%" PRI_STR "\"; to mean a character "
	    "itself, put two backslashes before it", (int)at, text.p);
}

static const struct conf_pattern *compile(struct conf_build *b,
    const struct conf_spot *spot, struct str text)
{
	struct conf_pattern_fault fault;
	struct conf_pattern *p;

	INSIST(conf_pattern_init() == 0);
	if (has_control(text)) {
		conf_report_error(b->report, spot,
		    "this pattern holds a control character");
		conf_report_help(b->report,
		    "write each backslash twice: \"\\\\b\", \"\\\\d\"");
		return NULL;
	}
	p = conf_pattern_compile(&b->conf->arena, text, &fault);
	if (p == NULL) {
		report_fault(b, spot, text, &fault);
		return NULL;
	}
	p->next = b->conf->patterns;
	b->conf->patterns = p;
	return p;
}

const struct conf_pattern *conf_regex_read(struct conf_build *b,
    const struct conf_spot *spot, struct str text)
{
	const struct conf_pattern *p = compile(b, spot, text);

	if (p != NULL) {
		lint_anchors(b, spot, p);
		lint_work(b, spot, p);
	}
	return p;
}

const struct conf_pattern *conf_regex_read_search(struct conf_build *b,
    const struct conf_spot *spot, struct str text)
{
	const struct conf_pattern *p = compile(b, spot, text);

	if (p != NULL)
		lint_work(b, spot, p);
	return p;
}
