/*
 * server.c - sluicectl server: what an operator wants of a server.
 *
 * The question is one line with tabs in it; what it may say is known to who
 * answers it (worker/origin/order.c):
 *
 *	server  app.example.com/web/http://10.0.0.11:8080  weight  50
 */
#include "master/ctl/server.h"

#include <stdio.h>

#include "common/base/out.h"
#include "common/ipc/question.h"

static int complain(const char *text)
{
	fprintf(stderr, "sluicectl: server: %s\n", text);
	fputs("usage: sluicectl server VHOST/POOL/ADDR drain|down|up\n"
	      "       sluicectl server VHOST/POOL/ADDR weight N|default\n",
	    stderr);
	return ASK_USAGE;
}

int ctl_server(const struct ask *how, int argc, char **argv)
{
	static char text[QUESTION_WORDS_MAX];
	struct out line = out_make(text, sizeof(text));
	struct ask a = *how;

	if (argc < 3 || argc > 4)
		return complain("which server, and what of it?");
	out_lit(&line, "server");
	for (int i = 1; i < argc; i++) {
		if (!ask_is_word(argv[i]))
			return complain("that can't be asked");
		out_char(&line, '\t');
		out_str(&line, str_from(argv[i]));
	}
	a.line = out_cstr(&line);
	if (!out_ok(&line))
		return complain("the question is too long");
	return ask(&a);
}
