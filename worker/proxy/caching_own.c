/*
 * caching_own.c - fields of a reply that is kept that are not.
 *
 * Runs in workers, when a fetch has its head.  Cache-Control:
 * private="Set-Cookie" lets all have the reply, but only the client whose
 * request it was that field; as that one, too, is given what the store has, it
 * gets the rest by this way:
 *
 *	origin --> fetch --> store ----> reply to the exchange that began it
 *	             '------ own fields ---^
 */
#include "worker/proxy/caching_own.h"

#define LINE_MORE 4 /* ": " and CR LF */

/* By one of the lists from FIRST to END? */
static bool is_named(const struct storable *s, unsigned first, unsigned end,
    struct str name)
{
	for (unsigned i = first; i < end; i++) {
		struct str list = s->without[i];
		struct str one;

		while (str_next_token(&list, &one))
			if (str_eq_nocase(one, name))
				return true;
	}
	return false;
}

/* Cookies that the operator wants off are nobody's, whoever names them. */
static bool is_own(const struct storable *s, const struct field *f)
{
	return !f->drop && is_named(s, 0, s->own_count, field_name(f)) &&
	    !is_named(s, s->own_count, s->without_count, field_name(f));
}

/* F and its texts, in the arena of X, are one more of OWN, which has room. */
static void add(struct exchange *x, struct caching_own *own,
    const struct field *f)
{
	struct field *copy = &own->fields[own->count];

	*copy = *f;
	copy->name = arena_strdup(&x->arena, field_name(f));
	copy->value = arena_strdup(&x->arena, field_value(f));
	if (copy->name != NULL && copy->value != NULL)
		own->count++;
	else
		own->lost = true;
}

static void make_room(struct exchange *x, struct caching_own *own, unsigned n)
{
	*own = (struct caching_own){.fields =
		ARENA_ARRAY(&x->arena, struct field, n)};
	own->lost = own->fields == NULL;
}

void caching_own_keep(struct exchange *x, const struct message *head,
    const struct storable *s, struct caching_own *own_r)
{
	*own_r = (struct caching_own){.count = 0};
	if (s->own_count == 0)
		return;
	make_room(x, own_r, head->field_count);
	for (unsigned i = 0; i < head->field_count && !own_r->lost; i++)
		if (is_own(s, &head->fields[i]))
			add(x, own_r, &head->fields[i]);
}

void caching_own_copy(struct exchange *x, const struct caching_own *own,
    struct caching_own *own_r)
{
	*own_r = (struct caching_own){.lost = own->lost};
	if (own->count == 0 || own->lost)
		return;
	make_room(x, own_r, own->count);
	for (unsigned i = 0; i < own->count && !own_r->lost; i++)
		add(x, own_r, &own->fields[i]);
}

bool caching_own_give(struct exchange *x, const struct caching_own *own,
    struct reply *reply)
{
	struct message *head = &reply->head;
	size_t n = (size_t)head->field_count + own->count;
	struct field *fields = NULL;

	if (own->count == 0 && !own->lost)
		return true;
	if (!own->lost)
		fields = ARENA_ARRAY(&x->arena, struct field, n);
	if (fields == NULL) {
		exchange_fail(x, END_overloaded);
		return false;
	}
	memcpy(fields, head->fields, head->field_count * sizeof(*fields));
	head->fields = fields;
	for (unsigned i = 0; i < own->count; i++) {
		const struct field *f = &own->fields[i];

		fields[head->field_count++] = *f;
		head->present |= FIELD_BIT(f->id);
		reply->head_len +=
		    (size_t)f->name_len + f->value_len + LINE_MORE;
	}
	return true;
}
