/*
 * fuzz_range.c - any bytes as Range, Content-Range, If-Range, entity tags, dates.
 *
 * The first byte is the length of a representation.  Which of its bytes are
 * answered is held against each part that is asked for, byte by byte; several
 * parts are put together as they would be sent.  What is read as a date is
 * written again and must come back.
 */
#include "common/base/insist.h"
#include "common/base/random.h"
#include "worker/cache/condition.h"
#include "worker/cache/partial.h"
#include "worker/http/date.h"
#include "worker/http/date_read.h"
#include "worker/http/etag.h"
#include "worker/http/range.h"
#include "worker/http/scan.h"

#define VALUE_MAX ((size_t)4096)
#define WALL (INT64_C(1795294800) * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct message with(struct field *f, enum field_id id, struct str value)
{
	*f = (struct field){.value = value.p,
	    .value_len = (uint32_t)value.n,
	    .id = (uint8_t)id};
	return (struct message){.method = METHOD_GET,
	    .status = 206,
	    .fields = f,
	    .field_count = 1,
	    .present = FIELD_BIT(id)};
}

/* ---- Range ---- */

static bool is_asked(const struct range_asked *asked, uint64_t at,
    uint64_t length)
{
	for (unsigned i = 0; i < asked->count; i++) {
		const struct range_spec *s = &asked->spec[i];

		if (s->suffix ? length - at <= s->last
			      : at >= s->first && at <= s->last)
			return true;
	}
	return false;
}

static bool is_answered(const struct range_set *set, uint64_t at)
{
	unsigned times = 0;

	for (unsigned i = 0; i < set->count; i++)
		times += at >= set->part[i].first &&
		    at - set->part[i].first < set->part[i].length;
	INSIST(times <= 1);
	return times == 1;
}

static void check_plan(const struct range_set *set, uint64_t length)
{
	struct range_plan plan;
	struct arena a;
	uint64_t sum = 0;

	arena_init(&a);
	INSIST(range_make_plan(set, length, STR("a/b"), &a, &plan));
	INSIST(plan.count == set->count + 1);
	for (unsigned i = 0; i < plan.count; i++)
		sum += plan.piece[i].text.n + plan.piece[i].length;
	INSIST(sum == plan.length);
	arena_free(&a);
}

/* A part that is stored serves what is asked only if it has every byte. */
static void check_partial(const struct range_asked *asked,
    const struct range_set *set, uint64_t length)
{
	struct partial part = {length / 3, length / 2, length};
	struct range_part rest;

	if (part.length == 0)
		return;
	if (partial_plan(&part, asked, &rest) != PARTIAL_SERVE)
		return;
	for (uint64_t at = 0; at < length; at++)
		INSIST(!is_answered(set, at) ||
		    (at >= part.first && at < part.first + part.length));
}

static void try_range(struct str value, uint64_t length)
{
	struct field f;
	struct message m = with(&f, FIELD_range, value);
	struct range_asked asked;
	struct range_set set;
	enum range_answer answer;

	if (!range_read(&m, &asked))
		return;
	answer = range_apply(&asked, length, &set);
	INSIST((answer == RANGE_PARTS) == (set.count > 0));
	for (uint64_t at = 0; at < length; at++)
		INSIST(is_asked(&asked, at, length) == is_answered(&set, at));
	for (unsigned i = 0; i < set.count; i++)
		INSIST(set.part[i].length > 0 && set.part[i].first < length &&
		    set.part[i].length <= length - set.part[i].first);
	if (answer == RANGE_PARTS)
		check_plan(&set, length);
	check_partial(&asked, &set, length);
}

/* ---- replies ---- */

static void try_content(struct str value)
{
	struct field f;
	struct message m = with(&f, FIELD_content_range, value);
	struct range_content content;
	char text[RANGE_TEXT_MAX];
	struct out o = out_make(text, sizeof(text));
	struct range_part part;

	if (!range_read_content(&m, &content) || !content.complete_known)
		return;
	part = (struct range_part){content.first, content.length};
	INSIST(content.length > 0 && content.first < content.complete &&
	    content.length <= content.complete - content.first);
	range_write(&o, &part, content.complete);
	INSIST(out_ok(&o));
	f.value = text;
	f.value_len = (uint32_t)o.n;
	INSIST(range_read_content(&m, &content) &&
	    content.first == part.first && content.length == part.length);
}

/* ---- validators ---- */

static void try_tags(struct str value)
{
	struct field f;
	struct message m = with(&f, FIELD_if_none_match, value);
	struct field stored_field;
	struct message stored = with(&stored_field, FIELD_etag, value);
	struct etag tag, again;
	struct str list = value;

	stored.status = 200;
	while (etag_next(&list, &tag)) {
		INSIST(tag.opaque.n >= 2 && tag.opaque.p[0] == '"');
		INSIST(memchr(tag.opaque.p + 1, '"', tag.opaque.n - 1) ==
		    tag.opaque.p + tag.opaque.n - 1);
	}
	if (!etag_read(value, &tag))
		return;
	INSIST(etag_next(&value, &again) && value.n == 0);
	INSIST(etag_is_same_weakly(&tag, &again));
	INSIST(condition_check(&m, &stored, 0, WALL) ==
	    CONDITION_NOT_MODIFIED);
	f.id = FIELD_if_range;
	m.present = FIELD_BIT(FIELD_if_range);
	INSIST(range_is_of(&m, &stored, WALL) == !tag.weak);
}

static void try_date(struct str value)
{
	int64_t seconds, again;
	struct str text;

	if (!date_read(value, WALL, &seconds))
		return;
	INSIST(seconds >= INT64_C(-62167219200));
	INSIST(seconds <= INT64_C(253402300800));
	if (seconds < 0 || seconds >= INT64_C(253402300800))
		return;
	text = date_now(seconds * USEC_PER_SEC);
	INSIST(date_read(text, WALL, &again) && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool seeded;
	struct str value;

	if (size < 2 || size > VALUE_MAX)
		return 0;
	if (!seeded)
		INSIST(random_init() == 0);
	seeded = true;
	value = str_make((const char *)data + 1, size - 1);
	if (scan_value(value.p, value.p + value.n) != value.p + value.n)
		return 0;
	value = str_trim(value);
	try_range(value, data[0]);
	try_content(value);
	try_tags(value);
	try_date(value);
	return 0;
}
