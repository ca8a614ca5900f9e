/*
 * message_copy.c - a request that outlives the head it came in.
 *
 * Runs in workers.  Whoever sends a request that is not the client's own
 * exchange (a mirror, a revalidation) needs it when that is over.  All of it
 * lies in one piece of memory, fields first, each as a line: so that they are
 * written in one go (h1.c).
 *
 *	| struct field ... | method | target | path | ... | Name: value CR LF ...
 */
#include "worker/http/message.h"

#include "common/base/out.h"

#define LINE_MORE (sizeof(": \r\n") - 1)

size_t message_size(const struct message *m)
{
	size_t n = m->method_text.n + m->target.n + m->path.n + m->forward.n +
	    m->query.n + m->host.n + m->authority.n;

	for (unsigned i = 0; i < m->field_count; i++)
		if (!m->fields[i].drop)
			n += sizeof(struct field) + m->fields[i].name_len +
			    m->fields[i].value_len + LINE_MORE;
	return n;
}

static struct str copy(struct out *o, struct str s)
{
	const char *p = o->p + o->n;

	out_str(o, s);
	return s.p != NULL ? str_make(p, s.n) : STR_NONE;
}

static void copy_field(struct out *o, const struct field *f, struct field *to)
{
	*to = *f;
	to->name = copy(o, field_name(f)).p;
	out_lit(o, ": ");
	to->value = copy(o, field_value(f)).p;
	out_lit(o, "\r\n");
}

void message_copy(const struct message *m, void *memory, struct message *to)
{
	struct field *fields = memory;
	unsigned kept = 0;
	struct out o;

	for (unsigned i = 0; i < m->field_count; i++)
		kept += !m->fields[i].drop;
	o = out_make((char *)&fields[kept],
	    message_size(m) - kept * sizeof(*fields));
	*to = (struct message){.method = m->method,
	    .minor = m->minor,
	    .framing = m->framing,
	    .present = m->present,
	    .repeated = m->repeated,
	    .upgrade = STR_NONE,
	    .fields = fields};
	to->method_text = copy(&o, m->method_text);
	to->target = copy(&o, m->target);
	to->path = copy(&o, m->path);
	to->forward = copy(&o, m->forward);
	to->query = copy(&o, m->query);
	to->host = copy(&o, m->host);
	to->authority = copy(&o, m->authority);
	for (unsigned i = 0; i < m->field_count; i++)
		if (!m->fields[i].drop)
			copy_field(&o, &m->fields[i],
			    &fields[to->field_count++]);
}
