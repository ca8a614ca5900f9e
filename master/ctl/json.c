/*
 * json.c - sluicectl --json: messages as an object.
 *
 * Runs in sluicectl, so that the daemon writes these texts but once.
 */
#include "master/ctl/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"
#include "common/base/json.h"

/* What a byte may become, and what stands around a line. */
#define BYTE_MAX 6
#define LINE_MORE (sizeof("{\"step\":\"\",\"text\":\"\",\"file\":\"\"," \
			  "\"line\":4294967295},"))

/* ---- route ---- */

/* Its first word. */
static struct str step_of(struct str line)
{
	const char *end = memchr(line.p, ' ', line.n);

	return str_make(line.p,
	    end != NULL ? (size_t)(end - line.p) : line.n);
}

/* Takes "  (FILE:LINE)" off the end of *S.  False: there is none. */
static bool cut_place(struct str *s, struct str *file_r, struct str *line_r)
{
	const char *begin = NULL;
	size_t digits = 0;
	size_t at;

	for (at = 0; at + 3 <= s->n; at++)
		if (memcmp(s->p + at, "  (", 3) == 0)
			begin = s->p + at;
	if (begin == NULL || s->p[s->n - 1] != ')')
		return false;
	*file_r = str_behind(*s, (size_t)(begin - s->p) + 3);
	file_r->n--;
	while (digits < file_r->n &&
	    char_is_digit(file_r->p[file_r->n - digits - 1]))
		digits++;
	if (digits == 0 || digits >= file_r->n ||
	    file_r->p[file_r->n - digits - 1] != ':')
		return false;
	*line_r = str_behind(*file_r, file_r->n - digits);
	file_r->n -= digits + 1;
	s->n = (size_t)(begin - s->p);
	return true;
}

/* "route     /api  (app.conf:4)", and below it "  not /: why  (...)" */
static void write_step(struct out *o, struct str line)
{
	struct str step, file, number;
	bool has_place;

	line = str_trim(line);
	step = step_of(line);
	line = str_trim(str_behind(line, step.n));
	has_place = cut_place(&line, &file, &number);
	out_char(o, '{');
	json_name_string(o, "step", step);
	json_name_string(o, "text", line);
	if (has_place) {
		json_name_string(o, "file", file);
		json_name(o, "line");
		out_str(o, number);
	}
	out_char(o, '}');
}

/* ---- all ---- */

static size_t size_for(const char *text)
{
	size_t lines = 1;
	size_t n = 0;

	for (; text[n] != '\0'; n++)
		lines += text[n] == '\n';
	return 64 + lines * LINE_MORE + n * BYTE_MAX;
}

void json_print(bool ok, bool steps, char *text)
{
	size_t size = size_for(text);
	char *memory = malloc(size);
	struct out o = out_make(memory, size);
	char *line;

	INSIST(memory != NULL);
	steps = steps && ok;
	out_fmt(&o, "{\"ok\":%s", ok ? "true" : "false");
	json_name(&o, steps ? "steps" : "messages");
	out_char(&o, '[');
	while ((line = strsep(&text, "\n")) != NULL &&
	    (text != NULL || *line != '\0')) {
		json_item(&o);
		if (steps)
			write_step(&o, str_from(line));
		else
			json_string(&o, str_from(line));
	}
	out_lit(&o, "]}\n");
	INSIST(out_ok(&o));
	fwrite(o.p, 1, o.n, stdout);
	free(memory);
}
