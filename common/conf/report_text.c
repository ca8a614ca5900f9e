/*
 * report_text.c - messages about a configuration, for people.
 *
 * Runs in the master and in the child that tries a configuration first:
 *
 *	shop.conf:14:5: error: unknown setting "time_out" in pools.web
 *	 14 |     time_out = "5s";
 *	    |     ^^^^^^^^
 *	help: did you mean "timeouts"?
 *
 * The caret line repeats the tabs of the line above, so both shift alike.
 * Of a long line a window around the spot is shown.
 */
#include "common/conf/report_form.h"

#include "common/base/insist.h"

#define WINDOW_BEFORE 60
#define WINDOW_MAX 160

/* The least second byte: neither overlong nor a C1 control. */
static unsigned char least_second(unsigned char first)
{
	if (first == 0xc2 || first == 0xe0)
		return 0xa0;
	return first == 0xf0 ? 0x90 : 0x80;
}

size_t conf_report_printable(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	if (c < 0xc2 || c > 0xf4 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	return (unsigned char)s.p[1] < least_second(c) ? 0 : n;
}

static size_t print_character(FILE *out, struct str s)
{
	size_t n = conf_report_printable(s);

	if (n == 0) {
		putc(s.p[0] == '\t' ? '\t' : '?', out);
		return 1;
	}
	fwrite(s.p, 1, n, out);
	return n;
}

static void print_safely(FILE *out, struct str s)
{
	for (size_t i = 0; i < s.n;)
		i += print_character(out, str_behind(s, i));
}

/* The same width as S printed, in blanks or carets. */
static void print_under(FILE *out, struct str s, char mark)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = conf_report_printable(str_behind(s, i));

		putc(s.p[i] == '\t' && mark == ' ' ? '\t' : mark, out);
		i += n > 0 ? n : 1;
	}
}

/* The part of the spot's line that is shown, without its end of line. */
static struct str line_window(const struct conf_spot *spot)
{
	struct str text = spot->source->text;
	size_t start = spot->at - (spot->column - 1);
	const char *newline =
	    memchr(text.p + spot->at, '\n', text.n - spot->at);
	size_t end = newline ? (size_t)(newline - text.p) : text.n;

	if (end > spot->at && text.p[end - 1] == '\r')
		end--;
	if (end - start > WINDOW_MAX && spot->at - start > WINDOW_BEFORE)
		start = spot->at - WINDOW_BEFORE;
	if (end - start > WINDOW_MAX)
		end = start + WINDOW_MAX;
	return str_make(text.p + start, end - start);
}

static void print_line(FILE *out, const struct conf_spot *spot)
{
	struct str line = line_window(spot);
	size_t before = (size_t)(spot->source->text.p + spot->at - line.p);
	size_t marked = line.n - before;
	int width = fprintf(out, "%3u", spot->line);

	INSIST(before <= line.n);
	if (marked > spot->n)
		marked = spot->n;
	fputs(" | ", out);
	print_safely(out, line);
	fprintf(out, "\n%*s | ", width, "");
	print_under(out, str_make(line.p, before), ' ');
	putc('^', out);
	if (marked > 0)
		print_under(out, str_make(line.p + before + 1, marked - 1),
		    '^');
	putc('\n', out);
}

static void print_place(FILE *out, const struct conf_spot *spot)
{
	print_safely(out, str_from(spot->source->name));
	if (spot->line > 0)
		fprintf(out, ":%u:%u", spot->line, spot->column);
}

void conf_report_text(struct conf_report *r, const struct conf_message *m)
{
	if (m->is_enough) {
		print_safely(r->out, str_from(m->spot.source->name));
		fprintf(r->out, ": %s\n", m->text);
		return;
	}
	print_place(r->out, &m->spot);
	fprintf(r->out, ": %s: ", m->id != NULL ? "warning" : "error");
	print_safely(r->out, str_from(m->text));
	if (m->id != NULL)
		fprintf(r->out, " [%s]", m->id);
	putc('\n', r->out);
	if (m->spot.line > 0)
		print_line(r->out, &m->spot);
	for (const struct conf_help *h = m->help; h != NULL; h = h->next) {
		fputs("help: ", r->out);
		print_safely(r->out, str_from(h->text));
		putc('\n', r->out);
	}
}
