/*
 * report.c - telling an operator what is wrong with a configuration.
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
#include "common/conf/report.h"

#include <stdarg.h>

#include "common/base/insist.h"

#define TEXT_MAX 1024
#define WINDOW_BEFORE 60
#define WINDOW_MAX 160

/* The least second byte: neither overlong nor a C1 control. */
static unsigned char least_second(unsigned char first)
{
	if (first == 0xc2 || first == 0xe0)
		return 0xa0;
	return first == 0xf0 ? 0x90 : 0x80;
}

/* Bytes of the well-formed printable UTF-8 character at S; 0: it is none. */
static size_t printable(struct str s)
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
	size_t n = printable(s);

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
		i += print_character(out, str_make(s.p + i, s.n - i));
}

/* The same width as S printed, in blanks or carets. */
static void print_under(FILE *out, struct str s, char mark)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = printable(str_make(s.p + i, s.n - i));

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

/* Counts; false when this source has had its share of lines. */
static bool may_print(struct conf_report *r, const struct conf_source *source)
{
	if (r->source != source) {
		r->source = source;
		r->source_count = 0;
	}
	r->source_count++;
	r->muted = r->source_count > CONF_REPORT_MAX;
	if (r->source_count == CONF_REPORT_MAX + 1) {
		print_safely(r->out, str_from(source->name));
		fputs(": there is more, but this is enough\n", r->out);
	}
	return !r->muted;
}

static void print_text(FILE *out, const char *fmt, va_list args)
{
	char text[TEXT_MAX];
	int n = vsnprintf(text, sizeof(text), fmt, args);

	INSIST(n >= 0);
	print_safely(out, str_from(text));
	putc('\n', out);
}

static void say(struct conf_report *r, const struct conf_spot *spot,
    const char *level, const char *fmt, va_list args)
{
	INSIST(spot->source != NULL);
	INSIST(spot->at + spot->n <= spot->source->text.n);
	if (!may_print(r, spot->source))
		return;
	print_place(r->out, spot);
	fprintf(r->out, ": %s: ", level);
	print_text(r->out, fmt, args);
	if (spot->line > 0)
		print_line(r->out, spot);
}

void conf_report_error(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...)
{
	va_list args;

	r->errors++;
	va_start(args, fmt);
	say(r, spot, "error", fmt, args);
	va_end(args);
}

void conf_report_warning(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...)
{
	va_list args;

	r->warnings++;
	va_start(args, fmt);
	say(r, spot, "warning", fmt, args);
	va_end(args);
}

void conf_report_help(struct conf_report *r, const char *fmt, ...)
{
	va_list args;

	if (r->muted)
		return;
	fputs("help: ", r->out);
	va_start(args, fmt);
	print_text(r->out, fmt, args);
	va_end(args);
}
