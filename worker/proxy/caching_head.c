/*
 * caching_head.c - the head of what was fetched, as it is stored.
 *
 * Runs in workers, on the fetch's own fiber.  Whether a reply may be stored is
 * asked of its head as it came; then everything goes that tells of its origin,
 * so that nothing of that is ever in the store; then it becomes a record.
 */
#include "worker/cache/partial.h"
#include "worker/cache/record.h"
#include "worker/cache/storable.h"
#include "worker/proxy/caching_renew.h"
#include "worker/proxy/caching_store.h"
#include "worker/proxy/hide.h"

#define VARIANT_ROOM 4096

/* Bytes that will follow, as far as is known. */
static int64_t length_of(const struct caching_fetch *f)
{
	const struct framing *framing = &f->reply.head.framing;

	if (framing->kind == FRAMING_NONE)
		return 0;
	if (framing->kind == FRAMING_LENGTH && framing->length <= INT64_MAX)
		return (int64_t)framing->length;
	return CACHE_LENGTH_UNKNOWN;
}

/* "shoes, red sale" as "shoes\nred\nsale", behind what O has. */
static void write_tags(struct out *o, struct str value)
{
	while (value.n > 0) {
		size_t n = 0;

		while (n < value.n && memchr(" \t,", value.p[n], 3) == NULL)
			n++;
		if (n > 0 && o->n > 0)
			out_char(o, '\n');
		out_bytes(o, value.p, n);
		value = str_behind(value, n < value.n ? n + 1 : n);
	}
}

static bool read_tags(struct caching_fetch *f, struct str *tags_r)
{
	const struct message *m = &f->reply.head;
	struct str name = f->conf->tag_header;
	struct out o;

	*tags_r = STR("");
	if (name.n == 0)
		return true;
	o = exchange_out(f->x, f->reply.head_len);
	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), name))
			write_tags(&o, field_value(&m->fields[i]));
	*tags_r = out_text(&o);
	arena_trim(&f->x->arena, o.p, o.n);
	return out_ok(&o);
}

/* A part is stored as what it is of: HEAD is the head of that.  Nothing else of
 * a request for a part is stored that is no answer to others. */
static uint16_t become_whole(struct caching_fetch *f,
    struct message *head, struct cache_meta *meta)
{
	struct partial part;

	if (head->status == 200)
		return CACHE_REASON_NONE;
	if (!f->is_part || !partial_read(head, &part) ||
	    length_of(f) != (int64_t)part.length || part.length == 0)
		return f->is_part || head->status == 206
		    ? CACHE_REASON_partial : CACHE_REASON_NONE;
	f->brought = (struct range_part){part.first, part.length};
	head->status = 200;
	head->reason = h1_reason(200);
	meta->first = part.first;
	meta->complete = part.length < part.complete ? part.complete : 0;
	return CACHE_REASON_NONE;
}

static void judge(const struct caching_fetch *f, const struct message *head,
    struct storable *s)
{
	struct storable_ask ask = {.conf = f->conf,
	    .request = &f->x->request,
	    .reply = head,
	    .asked = f->asked,
	    .received = loop_now(),
	    .wall = clock_wall(),
	    .max_object = caching_most(f->conf)};

	storable_judge(&ask, s);
}

/* Is one of the fields of SPEC written by the operator, from what the client
 * is?  Then what the client has there itself says nothing. */
static bool is_told_by_us(const struct conf_scope *scope, struct str spec)
{
	const struct conf_fields *fields = &scope->request_fields;
	struct str name;

	while (vary_next(&spec, &name))
		for (unsigned i = 0; i < fields->count; i++)
			if (!fields->at[i].removed &&
			    !conf_template_is_plain(&fields->at[i].value) &&
			    str_eq_nocase(fields->at[i].name, name))
				return true;
	return false;
}

/* What it varies by, and what the request has there, go to P. */
static uint16_t vary(struct caching_fetch *f, struct cache_publish *p)
{
	struct message *head = &f->reply.head;
	struct out spec = exchange_out(f->x, VARY_SPEC_MAX);
	struct out variant = exchange_out(f->x, VARIANT_ROOM);

	switch (vary_read(head, &spec)) {
	case VARY_NOTHING:
		break;
	case VARY_FIELDS:
		if (is_told_by_us(f->x->scope, out_text(&spec)))
			return CACHE_REASON_vary_any;
		if (!vary_of_reply(out_text(&spec), &f->x->request, head,
			&variant))
			return CACHE_REASON_vary_hard;
		break;
	case VARY_ANY:
		return CACHE_REASON_vary_any;
	case VARY_HARD:
		return CACHE_REASON_vary_hard;
	}
	p->spec = out_text(&spec);
	p->variant = cache_variant_make(out_text(&variant));
	return CACHE_REASON_NONE;
}

/* HEAD, which shares its fields with the reply's, without what tells of its
 * origin, and without fields that are for one. */
static bool make_record(struct caching_fetch *f, const struct message *head,
    struct storable *s, struct str *record_r)
{
	struct reply *reply = &f->reply;
	struct record_plan plan = {.without = s->without};
	struct out o;

	if (!reply->is_bare)
		hide_traces(f->x, reply);
	if (f->x->end != END_NONE)
		return false;
	caching_own_keep(f->x, &reply->head, s, &f->own);
	if (s->meta.complete > 0)
		s->without[s->without_count++] = STR("Content-Range");
	plan.without_count = s->without_count;
	plan.extra = reply->extra;
	plan.extra_count = reply->extra_count;
	o = exchange_out(f->x, RECORD_ROOM(reply->head_len,
	    reply->head.field_count + reply->extra_count));
	record_encode(head, &plan, &o);
	*record_r = out_text(&o);
	return out_ok(&o);
}

uint16_t caching_store_head(struct caching_fetch *f)
{
	struct cache_publish p = {.owner_max = f->conf->max_size};
	struct message head = f->reply.head;
	struct storable s;
	uint16_t reason;

	reason = become_whole(f, &head, &p.meta);
	if (reason != CACHE_REASON_NONE)
		return reason;
	judge(f, &head, &s);
	if (s.reason != CACHE_REASON_NONE)
		return (uint16_t)s.reason;
	s.meta.first = p.meta.first;
	s.meta.complete = p.meta.complete;
	reason = vary(f, &p);
	if (reason != CACHE_REASON_NONE)
		return reason;
	p.meta = s.meta;
	p.meta.length = length_of(f);
	p.owner = hash_id_add(p.owner, str_from(f->x->vhost->name));
	f->size_is_known = p.meta.length != CACHE_LENGTH_UNKNOWN;
	if (!f->holds || !make_record(f, &head, &s, &p.record) ||
	    !read_tags(f, &p.tags) || !cache_publish(&f->object, &p))
		return CACHE_REASON_no_room;
	return CACHE_REASON_NONE;
}
