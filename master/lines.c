/*
 * lines.c - text of several lines in a log of single lines.
 *
 * For what the master relays: messages about a configuration, last words of
 * a worker.  The log itself makes control characters harmless.
 */
#include "master/lines.h"

bool lines_next(struct str *text, struct str *line_r)
{
	const char *end;
	size_t n;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	n = end != NULL ? (size_t)(end - text->p) : text->n;
	*line_r = str_make(text->p, n);
	if (end != NULL)
		n++;
	text->p += n;
	text->n -= n;
	return true;
}

void lines_log(enum log_level level, const char *about, struct str text)
{
	struct str line;

	while (lines_next(&text, &line))
		if (line.n > 0)
			log_line(level, "%s: %" PRI_STR, about, ARG_STR(line));
}
