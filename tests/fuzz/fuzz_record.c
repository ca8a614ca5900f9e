/*
 * fuzz_record.c - any bytes as a record of the cache, and any head as what
 * becomes one.
 *
 * The bytes of a record come from shared memory, so they are given the mark of
 * ours and then believed as little as any others.  A head that is a reply
 * becomes a record, and comes back with the same fields; merged with itself it
 * is what it was.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/cache/condition.h"
#include "worker/cache/record.h"
#include "worker/cache/update.h"
#include "worker/http/head.h"

#define SIZE_MOST ((size_t)16 * 1024)
#define MARK_SIZE sizeof(uint32_t)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_head_limits limits = {CONF_HEADER_MAX, CONF_FIELDS_MAX,
    16 * 1024};
static const struct record_plan plain;

/* Reads all of it, so that a sanitizer sees what lies outside. */
static void touch(const struct message *m, struct str record)
{
	const char *end = record.p + record.n;

	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *f = &m->fields[i];

		INSIST(f->name >= record.p && f->name + f->name_len <= end);
		INSIST(f->value >= f->name &&
		    f->value + f->value_len <= end);
		INSIST(f->name_len > 0 && f->id <= FIELD_DISGUISED);
	}
}

static void try_record(const uint8_t *data, size_t size)
{
	struct message empty = {.status = 200}, m;
	char *record = malloc(size), mark[256];
	struct out o = out_make(mark, sizeof(mark));
	struct arena a;

	INSIST(record != NULL);
	arena_init(&a);
	record_encode(&empty, &plain, &o);
	INSIST(out_ok(&o));
	memcpy(record, data, size);
	if (size >= MARK_SIZE)
		memcpy(record, mark, MARK_SIZE);
	if (record_decode(str_make(record, size), &a, &m))
		touch(&m, str_make(record, size));
	arena_free(&a);
	free(record);
}

static void check_same(const struct message *kept, const struct message *m)
{
	unsigned at = 0;

	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *f = &m->fields[i];

		if (f->drop || f->id == FIELD_age ||
		    f->id == FIELD_content_range ||
		    str_starts_nocase(field_name(f), STR("Proxy-")))
			continue;
		while (kept->fields[at].id == FIELD_content_range)
			at++;
		INSIST(at < kept->field_count);
		INSIST(kept->fields[at].id == f->id);
		INSIST(str_eq(field_name(&kept->fields[at]), field_name(f)));
		INSIST(str_eq(field_value(&kept->fields[at]),
		    field_value(f)));
		at++;
	}
}

static void try_reply(struct str head)
{
	static char text[4 * SIZE_MOST];
	struct out o = out_make(text, sizeof(text));
	struct message m, kept, merged;
	struct arena a;

	arena_init(&a);
	if (head_length(head.p, head.n, 0) == head.n &&
	    head_parse_reply(head, METHOD_GET, &limits, &a, &m) == FAULT_NONE &&
	    m.status >= 200) {
		record_encode(&m, &plain, &o);
		INSIST(out_ok(&o));
		INSIST(o.n <= RECORD_ROOM(head.n + m.field_count,
		    m.field_count));
		INSIST(record_decode(out_text(&o), &a, &kept));
		INSIST(kept.status == m.status);
		check_same(&kept, &m);
		INSIST(update_merge(&kept, &kept, &a, &merged));
		INSIST(merged.field_count == kept.field_count);
		INSIST(merged.present == kept.present);
		condition_strip(&kept);
	}
	arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > SIZE_MOST)
		return 0;
	try_record(data, size);
	try_reply(str_make((const char *)data, size));
	return 0;
}
