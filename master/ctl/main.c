/*
 * main.c - sluicectl: asks sluiced to do something, or how it is.
 *
 *   sluicectl [-s SOCKET] VERB
 *
 * Verbs have nothing of their own here yet but their help: the daemon does
 * the work and writes the text.  One that does gets a file in this folder.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/conf/paths.h"
#include "master/ctl/ask.h"
#include "master/ctl/route.h"

#define DEFAULT_SOCKET CONF_RUN_DIR "/ctl.sock"

struct verb {
	const char *name;
	const char *help;
	bool patient; /* it may take longer than a few seconds */
};

static const struct verb verbs[] = {
    {"status", "show generation, workers and counters", false},
    {"workers", "show each worker, and what old ones wait for", false},
    {"version", "show version, libraries and features", false},
    {"route", "tell which vhost, route and pool take a URL, and why", false},
    {"reload", "load the configuration; returns when it is in force", true},
    {"reopen", "reopen the logs; returns when all write to them", false},
    {"stop", "end now: exchanges get a second", false},
    {"drain", "accept no more, finish what there is, end", false},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *f)
{
	fputs("usage: sluicectl [-s SOCKET] VERB\n", f);
	for (unsigned i = 0; i < VERB_COUNT; i++)
		fprintf(f, "  %-8s %s\n", verbs[i].name, verbs[i].help);
}

static const struct verb *find(const char *name)
{
	for (unsigned i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int wrong(const char *text, const char *what)
{
	fprintf(stderr, "sluicectl: %s%s\n", text, what);
	print_usage(stderr);
	return ASK_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"socket", required_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0}};
	const char *path = DEFAULT_SOCKET;
	const struct verb *verb;
	int c;

	while ((c = getopt_long(argc, argv, "+s:h", options, NULL)) != -1) {
		if (c == 's') {
			path = optarg;
		} else if (c == 'h') {
			print_usage(stdout);
			return ASK_DONE;
		} else {
			print_usage(stderr);
			return ASK_USAGE;
		}
	}
	if (optind == argc)
		return wrong("which verb?", "");
	if (strcmp(argv[optind], "route") == 0)
		return ctl_route(path, argc - optind, argv + optind);
	if (optind + 1 < argc)
		return wrong("one verb only, not ", argv[optind + 1]);
	verb = find(argv[optind]);
	if (verb == NULL)
		return wrong("no such verb: ", argv[optind]);
	return ask(path, verb->name, verb->patient);
}
