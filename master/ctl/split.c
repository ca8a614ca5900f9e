/*
 * split.c - sluicectl split: the arms of splits, and their weights.
 *
 * The question is one line with tabs in it; what it may say is known to who
 * answers it (worker/proxy/arms_asked.c):
 *
 *	splits  app.example.com/new-checkout
 *	split   app.example.com/new-checkout  beta=20
 */
#include "master/ctl/split.h"

#include <stdio.h>
#include <string.h>

#include "common/base/out.h"
#include "common/ipc/question.h"

static int complain(const char *text)
{
	fprintf(stderr, "sluicectl: split: %s\n", text);
	fputs("usage: sluicectl split [VHOST[/NAME]]\n"
	      "       sluicectl split VHOST/NAME ARM=N|ARM=default...\n",
	    stderr);
	return ASK_USAGE;
}

int ctl_split(const struct ask *how, int argc, char **argv)
{
	static char text[QUESTION_WORDS_MAX];
	struct out line = out_make(text, sizeof(text));
	struct ask a = *how;
	bool changes = argc > 2;

	out_str(&line, changes ? STR("split") : STR("splits"));
	if (argc == 1)
		out_char(&line, '\t');
	for (int i = 1; i < argc; i++) {
		if (!ask_is_word(argv[i]) ||
		    (i > 1 && strchr(argv[i], '=') == NULL))
			return complain("that can't be asked");
		out_char(&line, '\t');
		out_str(&line, str_from(argv[i]));
	}
	a.line = out_cstr(&line);
	if (!out_ok(&line))
		return complain("the question is too long");
	if (a.form != ASK_TEXT)
		a.form = changes ? ASK_JSON_LINES : ASK_JSON;
	return ask(&a);
}
