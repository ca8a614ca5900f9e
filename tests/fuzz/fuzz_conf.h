/*
 * fuzz_conf.h - a load in the making, for the fuzz targets of the loader.
 *
 * Nothing outside is asked: included files and secrets are these.
 */
#ifndef TESTS_FUZZ_FUZZ_CONF_H
#define TESTS_FUZZ_FUZZ_CONF_H

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/build.h"
#include "common/conf/source.h"

struct outcome {
	struct conf conf;
	struct arena scratch;
	struct conf_report report;
	struct conf_build build;
	struct conf_source source;
	char *messages;
	size_t messages_size;
};

/* Two files can be included; one of them includes the other. */
static inline const struct conf_source *outcome_open(void *arg,
    const struct conf_source *from, struct str path, const char **error_r)
{
	static const struct conf_source a = {"a", {"host = \"a\"", 10}};
	static const struct conf_source b = {"b", {"@include \"a\"\n#", 14}};

	(void)arg, (void)from;
	if (str_eq(path, STR("a")))
		return &a;
	if (str_eq(path, STR("b")))
		return &b;
	*error_r = "there is no such file";
	return NULL;
}

static inline struct conf_secret outcome_secret(struct arena *a,
    const char *path)
{
	(void)a;
	if (strcmp(path, "/a") == 0)
		return (struct conf_secret){.text = STR("${host}$"),
		    .readable = true};
	return (struct conf_secret){.error = "there is no such file"};
}

/* TEXT is the first source. */
static inline void outcome_begin(struct outcome *o, const char *name,
    struct str text)
{
	*o = (struct outcome){.source = {.name = name, .text = text}};
	arena_init(&o->conf.arena);
	arena_init(&o->scratch);
	o->report.out = open_memstream(&o->messages, &o->messages_size);
	INSIST(o->report.out != NULL);
	conf_build_start(&o->build, &o->conf, &o->report, &o->scratch,
	    &o->source);
	o->build.open = outcome_open;
	o->build.secret = outcome_secret;
	o->build.has_ipv6 = true;
}

/* What is said is said in full, and harmless to a terminal. */
static inline void outcome_check_messages(const struct outcome *o)
{
	INSIST((o->report.errors + o->report.warnings > 0) ==
	    (o->messages_size > 0));
	for (size_t i = 0; i < o->messages_size; i++) {
		unsigned char c = (unsigned char)o->messages[i];

		INSIST(c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f));
	}
}

static inline void outcome_end(struct outcome *o)
{
	conf_report_end(&o->report);
	fclose(o->report.out);
	outcome_check_messages(o);
	free(o->messages);
	conf_build_free(&o->build);
	conf_pattern_free_all(o->conf.patterns);
	arena_free(&o->conf.arena);
}

#endif
