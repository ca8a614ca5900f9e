/*
 * main.c - sluicectl: asks sluiced to do something, or how it is.
 *
 *   sluicectl [-s SOCKET] [--json] VERB
 *
 * Most verbs have nothing of their own here but their help: the daemon does
 * the work and writes the text.  One that has a file in this folder.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/conf/paths.h"
#include "master/ctl/ask.h"
#include "master/ctl/cache.h"
#include "master/ctl/pools.h"
#include "master/ctl/route.h"
#include "master/ctl/server.h"
#include "master/ctl/split.h"

#define DEFAULT_SOCKET CONF_RUN_DIR "/ctl.sock"

struct verb {
	const char *name;
	enum ask_form json; /* how it is asked with --json */
	bool patient;	    /* it may take longer than a few seconds */
	const char *help;
	/* One that takes words of its own: ARGV from the verb on. */
	int (*run)(const struct ask *how, int argc, char **argv);
};

static const struct verb verbs[] = {
    {"status", ASK_JSON, false, "show generation, workers and counters", NULL},
    {"workers", ASK_JSON, false,
	"show each worker, and what old ones wait for", NULL},
    {"version", ASK_JSON, false, "show version, libraries and features", NULL},
    {"tls", ASK_JSON, false,
	"show certificates, their ends and staples, and handshakes", NULL},
    {"route", ASK_JSON_STEPS, false,
	"tell which vhost, route and pool take a URL, and why", ctl_route},
    {"pools", ASK_JSON, false,
	"show the servers of pools: state, load, latency", ctl_pools},
    {"server", ASK_JSON_LINES, false,
	"drain a server, take it down or up, change its weight", ctl_server},
    {"split", ASK_JSON, false,
	"show the arms of splits, change their weights", ctl_split},
    {"cache", ASK_JSON, false,
	"show what is in the cache, explain it, purge", ctl_cache},
    {"reload", ASK_JSON_LINES, true,
	"load the configuration; returns when it is in force", NULL},
    {"reopen", ASK_JSON_LINES, false,
	"reopen the logs; returns when all write to them", NULL},
    {"stop", ASK_JSON_LINES, false, "end now: exchanges get a second", NULL},
    {"drain", ASK_JSON_LINES, false,
	"accept no more, finish what there is, end", NULL},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *f)
{
	fputs("usage: sluicectl [-s SOCKET] [--json] VERB\n"
	      "  -s, --socket SOCKET  ask the daemon that listens there\n"
	      "      --json           answers for programs, on stdout\n"
	      "  -h, --help           show this\n"
	      "verbs:\n", f);
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

/* What stands before the verb.  False: wrong, or help (*CODE_R). */
static bool read_options(int argc, char **argv, struct ask *a, int *code_r)
{
	static const struct option options[] = {
	    {"socket", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "+s:h", options, NULL)) != -1) {
		if (c == 's') {
			a->path = optarg;
		} else if (c == 'j') {
			a->form = ASK_JSON;
		} else {
			*code_r = c == 'h' ? ASK_DONE : ASK_USAGE;
			print_usage(c == 'h' ? stdout : stderr);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct ask a = {.path = DEFAULT_SOCKET};
	const struct verb *verb;
	int code;

	if (!read_options(argc, argv, &a, &code))
		return code;
	if (optind == argc)
		return wrong("which verb?", "");
	verb = find(argv[optind]);
	if (optind + 1 < argc && (verb == NULL || verb->run == NULL))
		return wrong("one verb only, not ", argv[optind + 1]);
	if (verb == NULL)
		return wrong("no such verb: ", argv[optind]);
	a.line = verb->name;
	a.patient = verb->patient;
	if (a.form != ASK_TEXT)
		a.form = verb->json;
	if (verb->run != NULL)
		return verb->run(&a, argc - optind, argv + optind);
	return ask(&a);
}
