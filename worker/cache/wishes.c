/*
 * wishes.c - what a client would like, and how much.
 *
 * Runs in workers, for requests to what varies by Accept-Encoding or
 * Accept-Language.  RFC 9110, 12.5.3 and 12.5.4: a list of words with weights,
 * in which neither order nor case nor spaces mean anything.  What is said twice
 * counts as it is wanted most.
 */
#include "worker/cache/wishes.h"

#include "worker/http/quality.h"

int wishes_compare(struct str a, struct str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int difference = char_lower(a.p[i]) - char_lower(b.p[i]);

		if (difference != 0)
			return difference;
	}
	return (a.n > b.n) - (a.n < b.n);
}

void wishes_drop(struct wishes *w, unsigned index)
{
	w->count--;
	memmove(&w->list[index], &w->list[index + 1],
	    (w->count - index) * sizeof(w->list[0]));
}

static bool is_before(const struct wish *a, const struct wish *b)
{
	if (a->quality != b->quality)
		return a->quality > b->quality;
	return wishes_compare(a->what, b->what) < 0;
}

/* In its place.  The same word again: only if it is wanted more. */
static bool add(struct wishes *w, const struct wish *wish)
{
	unsigned at = 0;

	for (unsigned i = 0; i < w->count; i++) {
		if (!str_eq_nocase(w->list[i].what, wish->what))
			continue;
		if (w->list[i].quality >= wish->quality)
			return true;
		wishes_drop(w, i);
		break;
	}
	if (w->count == WISHES_MAX)
		return false;
	while (at < w->count && is_before(&w->list[at], wish))
		at++;
	memmove(&w->list[at + 1], &w->list[at],
	    (w->count - at) * sizeof(w->list[0]));
	w->list[at] = *wish;
	w->count++;
	return true;
}

/* "de", "de;q=0.5" */
static bool read_wish(struct str element, struct wish *wish)
{
	struct str part;

	wish->quality = QUALITY_MAX;
	if (!str_next_part(&element, ';', &part))
		return false;
	wish->what = str_trim(part);
	if (!str_is_token(wish->what))
		return false;
	if (!str_next_part(&element, ';', &part))
		return true;
	part = str_trim(part);
	return element.n == 0 && str_starts_nocase(part, STR("q=")) &&
	    quality_read(str_behind(part, 2), &wish->quality);
}

bool wishes_read(const struct message *m, struct str name, struct wishes *w)
{
	struct str value, element;
	struct wish wish;

	w->count = 0;
	for (unsigned i = 0; i < m->field_count; i++) {
		if (m->fields[i].drop ||
		    !str_eq_nocase(field_name(&m->fields[i]), name))
			continue;
		value = field_value(&m->fields[i]);
		while (str_next_token(&value, &element))
			if (!read_wish(element, &wish) || !add(w, &wish))
				return false;
	}
	return true;
}

void wishes_write(const struct wishes *w, struct out *o)
{
	for (unsigned i = 0; i < w->count; i++) {
		unsigned before = i > 0 ? w->list[i - 1].quality : 1;
		unsigned quality = w->list[i].quality;

		if (quality == 0 && before > 0)
			out_char(o, '/');
		else if (i > 0)
			out_char(o, quality == before ? ',' : ';');
		out_lower(o, w->list[i].what);
	}
}
