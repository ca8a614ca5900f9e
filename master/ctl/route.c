/*
 * route.c - sluicectl route: what would become of a request?
 *
 * The question is one line with tabs in it:
 *
 *	route  GET  http://app.example.com/x  127.0.0.1  X-Env: test  ...
 */
#include "master/ctl/route.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/base/out.h"
#include "common/ipc/question.h"

struct question {
	const char *method;
	const char *url;
	const char *from;
	struct out fields;
};

static int complain(const char *text, const char *what)
{
	fprintf(stderr, "sluicectl: %s%s\n", text, what);
	fputs("usage: sluicectl route URL [-H 'Name: value']... [-X METHOD] "
	      "[--from ADDRESS]\n"
	      "       sluicectl cache explain URL, the same\n", stderr);
	return ASK_USAGE;
}

static int read_options(int argc, char **argv, struct question *q)
{
	static const struct option options[] = {
	    {"header", required_argument, NULL, 'H'},
	    {"method", required_argument, NULL, 'X'},
	    {"from", required_argument, NULL, 'f'},
	    {NULL, 0, NULL, 0}};
	int c;

	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, "H:X:", options, NULL)) != -1) {
		if (c == '?' || !ask_is_word(optarg))
			return complain("that can't be asked", "");
		if (c == 'X')
			q->method = optarg;
		if (c == 'f')
			q->from = optarg;
		if (c != 'H')
			continue;
		out_char(&q->fields, '\t');
		out_str(&q->fields, str_from(optarg));
	}
	if (optind + 1 != argc)
		return complain("one URL, please", "");
	q->url = argv[optind];
	return ASK_DONE;
}

int ctl_route(const struct ask *how, int argc, char **argv)
{
	return ctl_route_ask(how, "route", argc, argv);
}

int ctl_route_ask(const struct ask *how, const char *verb, int argc,
    char **argv)
{
	static char fields[QUESTION_WORDS_MAX];
	static char text[QUESTION_WORDS_MAX];
	struct question q = {.method = "GET",
	    .from = "127.0.0.1",
	    .fields = out_make(fields, sizeof(fields))};
	struct out line = out_make(text, sizeof(text));
	struct ask a = *how;
	int code = read_options(argc, argv, &q);

	if (code != ASK_DONE)
		return code;
	if (strstr(q.url, "://") == NULL || !ask_is_word(q.url))
		return complain("the URL needs its scheme: http://", q.url);
	out_fmt(&line, "%s\t%s\t%s\t%s", verb, q.method, q.url, q.from);
	out_str(&line, out_text(&q.fields));
	if (!out_ok(&line) || !out_ok(&q.fields))
		return complain("the question is too long", "");
	a.line = out_cstr(&line);
	return ask(&a);
}
