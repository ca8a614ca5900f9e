/*
 * report_json.c - messages about a configuration, for editors and CI.
 *
 * Runs in the master.
 */
#include "common/base/insist.h"
#include "common/conf/report_form.h"

static void put_character(FILE *out, struct str s, size_t n)
{
	char c = s.p[0];

	if (c == '"' || c == '\\')
		putc('\\', out);
	if (n > 0)
		fwrite(s.p, 1, n, out);
	else if ((unsigned char)c < 0x80)
		fprintf(out, "\\u%04x", (unsigned char)c);
	else
		putc('?', out);
}

static void put_string(FILE *out, struct str s)
{
	putc('"', out);
	for (size_t i = 0; i < s.n;) {
		struct str rest = str_behind(s, i);
		size_t n = conf_report_printable(rest);

		put_character(out, rest, n);
		i += n > 0 ? n : 1;
	}
	putc('"', out);
}

static void put_place(FILE *out, const struct conf_spot *spot)
{
	fputs("{\"file\":", out);
	put_string(out, str_from(spot->source->name));
	if (spot->line > 0)
		fprintf(out, ",\"line\":%u,\"column\":%u", spot->line,
		    spot->column);
	else
		fputs(",\"line\":null,\"column\":null", out);
}

void conf_report_json(struct conf_report *r, const struct conf_message *m)
{
	INSIST(r->json);
	fputs(r->began ? ",\n" : "[\n", r->out);
	put_place(r->out, &m->spot);
	fprintf(r->out, ",\"level\":\"%s\",\"id\":",
	    m->id != NULL ? "warning" : "error");
	if (m->id != NULL)
		put_string(r->out, str_from(m->id));
	else
		fputs("null", r->out);
	fputs(",\"text\":", r->out);
	put_string(r->out, str_from(m->text));
	fputs(",\"help\":[", r->out);
	for (const struct conf_help *h = m->help; h != NULL; h = h->next) {
		put_string(r->out, str_from(h->text));
		if (h->next != NULL)
			putc(',', r->out);
	}
	fputs("]}", r->out);
}

void conf_report_json_end(struct conf_report *r)
{
	fputs(r->began ? "\n]\n" : "[]\n", r->out);
}
