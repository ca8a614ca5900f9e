/*
 * caching_renew.c - a stored reply is as good as new.
 *
 * Runs in workers, on the fiber of the exchange that has heard so: by a 304
 * (RFC 9111, 4.3.4) or of a HEAD (4.3.5).  Its record is made anew of both
 * heads; its body stays, and whoever reads it does not notice.
 */
#include "worker/proxy/caching_renew.h"

#include "worker/cache/condition.h"
#include "worker/cache/record.h"
#include "worker/cache/storable.h"
#include "worker/cache/update.h"
#include "worker/proxy/hide.h"

#define VARIANT_ROOM 4096
#define LINE_MORE (sizeof(": \r\n") - 1)

uint64_t caching_most(const struct conf_cache *conf)
{
	uint64_t most = cache_largest_here();

	if (conf->max_object > 0 && conf->max_object < most)
		most = conf->max_object;
	return most;
}

struct str caching_conditions(struct exchange *x,
    const struct message *stored)
{
	struct h1_field fields[CONDITION_ASK_MAX];
	unsigned n = condition_ask(stored, clock_wall(), fields);
	size_t room = 0;
	struct out o;

	for (unsigned i = 0; i < n; i++)
		room += fields[i].name.n + fields[i].value.n + LINE_MORE;
	o = exchange_out(x, room);
	for (unsigned i = 0; i < n; i++) {
		out_str(&o, fields[i].name);
		out_lit(&o, ": ");
		out_str(&o, fields[i].value);
		out_lit(&o, "\r\n");
	}
	return out_ok(&o) ? out_text(&o) : STR("");
}

/* As which variant it is stored. */
static bool select_variant(struct exchange *x, const struct message *stored,
    struct cache_variant *variant_r)
{
	struct out spec = exchange_out(x, VARY_SPEC_MAX);
	struct out text = exchange_out(x, VARIANT_ROOM);

	if (vary_read(stored, &spec) == VARY_FIELDS &&
	    !vary_of_reply(out_text(&spec), &x->request, stored, &text))
		return false;
	*variant_r = cache_variant_make(out_text(&text));
	return out_ok(&spec) && out_ok(&text);
}

/* The Date that we gave it is one of its fields, as if it had come so: else it
 * would be as old as what it renews. */
static bool take_in_extra(struct exchange *x, struct reply *reply)
{
	struct message *m = &reply->head;
	size_t n = (size_t)m->field_count + reply->extra_count;
	struct field *fields = ARENA_ARRAY(&x->arena, struct field, n);

	if (fields == NULL)
		return false;
	memcpy(fields, m->fields, m->field_count * sizeof(*fields));
	m->fields = fields;
	for (unsigned i = 0; i < reply->extra_count; i++) {
		const struct h1_field *extra = &reply->extra[i];

		m->fields[m->field_count++] = (struct field){
		    .name = extra->name.p,
		    .name_len = (uint16_t)extra->name.n,
		    .value = extra->value.p,
		    .value_len = (uint32_t)extra->value.n,
		    .id = FIELD_date};
		m->present |= FIELD_BIT(FIELD_date);
	}
	reply->extra_count = 0;
	return true;
}

/* May it still be kept, as GET's reply?  If not it goes no further: what a 304
 * says to one, Set-Cookie or what is private, would be told to the next. */
static bool judge(const struct exchange *x, const struct renewal *r,
    const struct message *merged, struct storable *s)
{
	struct message request = x->request;
	struct storable_ask ask = {.conf = r->conf,
	    .request = &request,
	    .reply = merged,
	    .asked = r->asked,
	    .received = loop_now(),
	    .wall = clock_wall(),
	    .max_object = r->most};

	request.method = METHOD_GET; /* it is a GET's, also after a HEAD */
	storable_judge(&ask, s);
	return s->reason == CACHE_REASON_NONE;
}

static size_t room_of(const struct message *m)
{
	size_t n = m->reason.n;

	for (unsigned i = 0; i < m->field_count; i++)
		n += m->fields[i].name_len + m->fields[i].value_len + LINE_MORE;
	return RECORD_ROOM(n, m->field_count);
}

static bool put(struct exchange *x, const struct renewal *r,
    const struct storable *s, const struct message *merged)
{
	struct record_plan plan = {.without = s->without,
	    .without_count = s->without_count};
	struct out record = exchange_out(x, room_of(merged));
	struct cache_variant variant;

	record_encode(merged, &plan, &record);
	return out_ok(&record) && select_variant(x, r->stored, &variant) &&
	    cache_refresh(r->fetch, r->object, &variant, &s->meta,
		out_text(&record));
}

bool caching_renew(struct exchange *x, struct renewal *r)
{
	struct message merged;
	struct storable s;
	bool put_in = false;

	hide_traces(x, r->newer);
	if (take_in_extra(x, r->newer) &&
	    update_merge(r->stored, &r->newer->head, &x->arena, &merged) &&
	    judge(x, r, &merged, &s)) {
		caching_own_keep(x, &r->newer->head, &s, &r->own);
		put_in = put(x, r, &s, &merged);
	}
	cache_abort(r->fetch, 0);
	return put_in;
}

void caching_make_stale(struct exchange *x, struct renewal *r)
{
	struct storable s = {.meta = *r->meta};

	if (s.meta.fresh_until > loop_now())
		s.meta.fresh_until = loop_now();
	s.meta.while_revalidate_until = s.meta.fresh_until;
	(void)put(x, r, &s, r->stored);
	cache_abort(r->fetch, 0);
}
