/*
 * report.c - telling an operator what is wrong with a configuration.
 *
 * Runs in the master and in the child that tries a configuration first.
 * Settings are not read in the order in which they were written, but people
 * mend a file from its top to its bottom: messages wait until a file was read
 * and are printed in the order of its lines.
 */
#include "common/conf/report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/report_form.h"

#define TEXT_MAX 1024

/* ---- what is told ---- */

/* FNV-1a */
static uint64_t fold(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Was TEXT told of SPOT already?  From now on it was. */
static bool is_told(struct conf_report *r, const struct conf_spot *spot,
    const char *text)
{
	uint64_t hash = fold(UINT64_C(0xcbf29ce484222325), text,
	    strlen(text));

	hash = fold(hash, &spot->source, sizeof(spot->source));
	hash = fold(hash, &spot->at, sizeof(spot->at));
	for (size_t i = 0; i < CONF_REPORT_TOLD; i++)
		if (r->told[i] == hash)
			return true;
	r->told[r->told_count++ % CONF_REPORT_TOLD] = hash;
	return false;
}

/* Has this source had its share? */
static bool is_enough(struct conf_report *r, const struct conf_source *source)
{
	if (r->source != source) {
		r->source = source;
		r->source_count = 0;
	}
	return ++r->source_count > CONF_REPORT_MAX && !r->json;
}

/* ---- what waits ---- */

static unsigned source_order(const struct conf_report *r,
    const struct conf_source *source)
{
	const struct conf_message *m = r->first;

	if (r->last != NULL && r->last->spot.source == source)
		return r->last->source;
	while (m != NULL && m->spot.source != source)
		m = m->next;
	return m != NULL ? m->source : r->waiting;
}

static struct conf_message *add_message(struct conf_report *r,
    const struct conf_spot *spot, const char *id, const char *text)
{
	struct conf_message *m;

	if (r->first == NULL)
		arena_init(&r->arena);
	m = ARENA_NEW(&r->arena, struct conf_message);
	m->source = source_order(r, spot->source);
	m->order = r->waiting++;
	m->spot = *spot;
	m->id = id != NULL ? arena_strdup(&r->arena, str_from(id)) : NULL;
	m->text = arena_strdup(&r->arena, str_from(text));
	m->last_help = &m->help;
	if (r->last != NULL)
		r->last->next = m;
	else
		r->first = m;
	r->last = m;
	return m;
}

/* Behind all others of its source. */
static void add_enough(struct conf_report *r, const struct conf_spot *spot)
{
	struct conf_spot whole = conf_spot_whole(spot->source);

	add_message(r, &whole, NULL, "there is more, but this is enough")
	    ->is_enough = true;
}

/* ID NULL: an error. */
static void say(struct conf_report *r, const struct conf_spot *spot,
    const char *id, const char *fmt, va_list args)
{
	char text[TEXT_MAX];
	int n = vsnprintf(text, sizeof(text), fmt, args);

	INSIST(n >= 0 && spot->source != NULL);
	INSIST(spot->at + spot->n <= spot->source->text.n);
	r->muted = is_told(r, spot, text);
	if (r->muted)
		return;
	if (id != NULL)
		r->warnings++;
	else
		r->errors++;
	r->muted = is_enough(r, spot->source);
	if (!r->muted)
		add_message(r, spot, id, text);
	else if (r->source_count == CONF_REPORT_MAX + 1)
		add_enough(r, spot);
}

void conf_report_error(struct conf_report *r, const struct conf_spot *spot,
    const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(r, spot, NULL, fmt, args);
	va_end(args);
}

const char *conf_lint_name(enum conf_lint id, char text[CONF_LINT_SIZE])
{
	static const char *const ids[] = {
#define LINT(name, meaning) #name,
#include "common/tbl/lints.h"
#undef LINT
	};
	size_t n = strlen(ids[id]);

	INSIST(id < LINT_END && n < CONF_LINT_SIZE);
	for (size_t i = 0; i <= n; i++)
		text[i] = ids[id][i] == '_' ? '-' : ids[id][i];
	return text;
}

void conf_report_lint(struct conf_report *r, enum conf_lint id,
    const struct conf_spot *spot, const char *fmt, ...)
{
	char name[CONF_LINT_SIZE];
	va_list args;

	va_start(args, fmt);
	say(r, spot, conf_lint_name(id, name), fmt, args);
	va_end(args);
}

void conf_report_help(struct conf_report *r, const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct conf_help *help;
	va_list args;
	int n;

	if (r->muted)
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	INSIST(n >= 0 && r->last != NULL);
	help = ARENA_NEW(&r->arena, struct conf_help);
	help->text = arena_strdup(&r->arena, str_from(text));
	*r->last->last_help = help;
	r->last->last_help = &help->next;
}

/* ---- what is printed ---- */

static int compare(const void *pa, const void *pb)
{
	const struct conf_message *a = *(const struct conf_message *const *)pa;
	const struct conf_message *b = *(const struct conf_message *const *)pb;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if ((a->spot.line == 0) != (b->spot.line == 0))
		return a->spot.line == 0 ? 1 : -1; /* the file as a whole */
	if (a->spot.at != b->spot.at)
		return a->spot.at < b->spot.at ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void print(struct conf_report *r, const struct conf_message *m)
{
	if (r->json)
		conf_report_json(r, m);
	else
		conf_report_text(r, m);
	r->began = true;
}

void conf_report_flush(struct conf_report *r)
{
	const struct conf_message **sorted;
	unsigned count = 0;

	if (r->first == NULL)
		return;
	sorted = ARENA_ARRAY(&r->arena, const struct conf_message *,
	    r->waiting);
	for (const struct conf_message *m = r->first; m != NULL; m = m->next)
		sorted[count++] = m;
	INSIST(count == r->waiting);
	qsort(sorted, count, sizeof(*sorted), compare);
	for (unsigned i = 0; i < count; i++)
		print(r, sorted[i]);
	r->first = r->last = NULL;
	r->waiting = 0;
	arena_free(&r->arena);
}

void conf_report_end(struct conf_report *r)
{
	conf_report_flush(r);
	if (r->json)
		conf_report_json_end(r);
}
