/*
 * pools.c - sluicectl pools: the servers of pools, and how they are.
 *
 * The daemon makes the table.  With --watch it is asked again and again, until
 * somebody ends it: on a terminal each answer is painted over the last, else
 * they follow each other.
 */
#include "master/ctl/pools.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/out.h"
#include "common/ipc/question.h"
#include "master/ctl/screen.h"

static int complain(const char *text)
{
	fprintf(stderr, "sluicectl: pools: %s\n", text);
	fputs("usage: sluicectl pools [VHOST[/POOL]] [--watch]\n", stderr);
	return ASK_USAGE;
}

/* Nothing is asked anew before the last answer was shown.  What is refused
 * once it went well is shown, too: a worker may have ended. */
static int watch(const struct ask *a)
{
	char *text;
	int code = ask_text(a, &text);

	if (code != ASK_DONE) {
		if (text != NULL)
			fputs(text, stderr);
		free(text);
		return code;
	}
	screen_begin(a->form != ASK_TEXT);
	while (text != NULL && screen_show(text)) {
		free(text);
		code = ask_text(a, &text);
	}
	screen_end();
	free(text);
	if (text == NULL)
		fputs("sluicectl: pools: the daemon is gone\n", stderr);
	return text == NULL ? code : ASK_DONE;
}

int ctl_pools(const struct ask *how, int argc, char **argv)
{
	static const struct option options[] = {
	    {"watch", no_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	static char text[QUESTION_WORDS_MAX];
	struct out line = out_make(text, sizeof(text));
	struct ask a = *how;
	bool watching = false;
	int c;

	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, "w", options, NULL)) != -1) {
		if (c == '?')
			return complain("that can't be asked");
		watching = true;
	}
	if (optind + 1 < argc)
		return complain("one vhost or pool, or none");
	out_lit(&line, "pools\t");
	if (optind < argc)
		out_str(&line, str_from(argv[optind]));
	a.line = out_cstr(&line);
	if (!out_ok(&line) || (optind < argc && !ask_is_word(argv[optind])))
		return complain("that can't be asked");
	return watching ? watch(&a) : ask(&a);
}
