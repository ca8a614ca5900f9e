/*
 * cache.c - sluicectl cache: what is in the cache, and what is to go.
 *
 * Each of its verbs is a question of its own, one line with tabs in it:
 *
 *	cache_status	news.example.com
 *	cache_list	prefix	https://news.example.com/a	100
 *	cache_purge	tag	product-42	soft
 *	cache_explain	GET	https://news.example.com/	127.0.0.1
 */
#include "master/ctl/cache.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/base/out.h"
#include "common/ipc/question.h"
#include "master/ctl/route.h"

#define LIMIT "100" /* of what is listed, unless somebody says so */

struct wanted {
	const char *kind; /* of what is meant; NULL: nothing yet */
	const char *text;
	const char *limit;
	bool soft;
};

static int complain(const char *text)
{
	fprintf(stderr, "sluicectl: cache: %s\n", text);
	fputs("usage: sluicectl cache status [VHOST]\n"
	      "       sluicectl cache list [WHAT] [--limit N]\n"
	      "       sluicectl cache purge WHAT [--soft]\n"
	      "       sluicectl cache explain URL [-H 'Name: value']... "
	      "[-X METHOD] [--from ADDRESS]\n"
	      "WHAT is URL, --prefix URL, --host NAME, --tag TAG or --all\n",
	    stderr);
	return ASK_USAGE;
}

static bool mean(struct wanted *w, const char *kind, const char *text)
{
	if (w->kind != NULL || !ask_is_word(text))
		return false;
	w->kind = kind;
	w->text = text;
	return true;
}

static bool take_option(struct wanted *w, int c)
{
	switch (c) {
	case 'p':
		return mean(w, "prefix", optarg);
	case 'h':
		return mean(w, "host", optarg);
	case 't':
		return mean(w, "tag", optarg);
	case 'a':
		return mean(w, "all", "-");
	case 'l':
		w->limit = optarg;
		return ask_is_word(optarg);
	case 's':
		w->soft = true;
		return true;
	default:
		return false;
	}
}

/* WITH: which options there are besides what is meant. */
static bool read_options(struct wanted *w, int argc, char **argv,
    struct option with)
{
	const struct option options[] = {
	    {"prefix", required_argument, NULL, 'p'},
	    {"host", required_argument, NULL, 'h'},
	    {"tag", required_argument, NULL, 't'},
	    {"all", no_argument, NULL, 'a'},
	    with,
	    {NULL, 0, NULL, 0}};
	int c;

	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(w, c))
			return false;
	if (optind < argc && !mean(w, "url", argv[optind++]))
		return false;
	return optind == argc;
}

static int send(const struct ask *how, struct out *line)
{
	struct ask a = *how;

	a.line = out_cstr(line);
	a.patient = true;
	return out_ok(line) ? ask(&a) : complain("the question is too long");
}

static int status(const struct ask *how, int argc, char **argv)
{
	char text[1024];
	struct out line = out_make(text, sizeof(text));

	if (argc > 2 || (argc == 2 && !ask_is_word(argv[1])))
		return complain("one vhost, or none");
	out_fmt(&line, "cache_status\t%s", argc == 2 ? argv[1] : "");
	return send(how, &line);
}

static int list(const struct ask *how, int argc, char **argv)
{
	static char text[QUESTION_WORDS_MAX];
	struct out line = out_make(text, sizeof(text));
	struct wanted w = {.limit = LIMIT};

	if (!read_options(&w, argc, argv, (struct option){"limit",
		required_argument, NULL, 'l'}))
		return complain("that can't be listed");
	if (w.kind == NULL)
		mean(&w, "all", "-");
	out_fmt(&line, "cache_list\t%s\t%s\t%s", w.kind, w.text, w.limit);
	return send(how, &line);
}

static int purge(const struct ask *how, int argc, char **argv)
{
	static char text[QUESTION_WORDS_MAX];
	struct out line = out_make(text, sizeof(text));
	struct wanted w = {.kind = NULL};

	if (!read_options(&w, argc, argv, (struct option){"soft",
		no_argument, NULL, 's'}))
		return complain("that can't be purged");
	if (w.kind == NULL)
		return complain("purge what?  (everything: --all)");
	out_fmt(&line, "cache_purge\t%s\t%s\t%s", w.kind, w.text,
	    w.soft ? "soft" : "hard");
	return send(how, &line);
}

static int explain(const struct ask *how, int argc, char **argv)
{
	struct ask a = *how;

	if (a.form != ASK_TEXT)
		a.form = ASK_JSON_STEPS;
	return ctl_route_ask(&a, "cache_explain", argc, argv);
}

int ctl_cache(const struct ask *how, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct ask *how, int argc, char **argv);
	} verbs[] = {{"status", status}, {"list", list}, {"purge", purge},
	    {"explain", explain}};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc > 1 && strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(how, argc - 1, argv + 1);
	return complain("status, list, purge or explain?");
}
