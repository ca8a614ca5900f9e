/*
 * test_head_cases.c - the tables of tests/cases against the parsers.
 *
 * What is accepted is also written as it goes on, and compared byte by byte.
 * Each body is decoded in one piece, byte by byte, and cut at random.
 */
#include "tests/unit/cases.h"
#include "tests/unit/test_head.h"
#include "worker/http/body.h"

#define RANDOM_CUTS 20
#define FIRST_SEED 1

static struct case_row *requests, *replies;

static bool word_is(const struct case_row *row, unsigned i, const char *word)
{
	return strcmp(row->words[i], word) == 0;
}

static void expect_fault(const struct case_row *row, enum fault found)
{
	ck_assert_msg(word_is(row, 1, fault_name(found)),
	    "%s: %s, expected %s", row->title, fault_name(found),
	    row->words[1]);
}

/* ---- bodies ---- */

struct decoding {
	struct body body;
	struct str payload;
	size_t used;
	enum fault fault;
};

/* Between 1 and STEP bytes; at random when SEED is not 0. */
static size_t next_step(size_t step, unsigned *seed)
{
	if (*seed == 0)
		return step;
	*seed = *seed * 1103515245 + 12345;
	return 1 + (*seed >> 16) % step;
}

static void decode_piece(struct decoding *d, const char *p, size_t n,
    char *to)
{
	char *block = malloc(n + 1);
	size_t payload, used;

	ck_assert_ptr_nonnull(block);
	memcpy(block, p, n);
	d->fault = body_decode(&d->body, block, n, &payload, &used);
	if (d->fault == FAULT_NONE) {
		memcpy(to + d->payload.n, block, payload);
		d->payload.n += payload;
		d->used += used;
	}
	free(block);
}

static struct decoding decode(const struct framing *framing, struct str raw,
    size_t step, unsigned seed)
{
	static char payload[256 * 1024];
	struct decoding d = {.payload = {payload, 0}};

	body_begin(&d.body, framing);
	for (size_t at = 0, n; at < raw.n && !d.body.done; at += n) {
		n = next_step(step, &seed);
		if (n > raw.n - at)
			n = raw.n - at;
		decode_piece(&d, raw.p + at, n, payload);
		if (d.fault != FAULT_NONE)
			break;
	}
	return d;
}

static void check_same(const struct case_row *row, const struct decoding *a,
    const struct decoding *b)
{
	ck_assert_msg(a->fault == b->fault, "%s: %s or %s", row->title,
	    fault_name(a->fault), fault_name(b->fault));
	if (a->fault != FAULT_NONE)
		return;
	ck_assert_int_eq(a->body.done, b->body.done);
	ck_assert_uint_eq(a->used, b->used);
	ck_assert_uint_eq(a->payload.n, b->payload.n);
	ck_assert_uint_eq(a->body.total, b->payload.n);
}

/* The body behind the head of ROW, decoded in many ways. */
static struct decoding decode_all_ways(const struct case_row *row,
    const struct framing *framing, struct str raw)
{
	struct decoding whole = decode(framing, raw, raw.n + 1, 0);
	struct decoding d = decode(framing, raw, 1, 0);

	check_same(row, &whole, &d);
	for (unsigned seed = FIRST_SEED; seed <= RANDOM_CUTS; seed++) {
		d = decode(framing, raw, raw.n / 2 + 1, seed);
		check_same(row, &whole, &d);
	}
	whole = decode(framing, raw, raw.n + 1, 0);
	if (body_end_by_close(&whole.body) && whole.fault == FAULT_NONE)
		check_text(whole.payload, row->payload);
	return whole;
}

static struct str behind(struct str text, size_t n)
{
	return str_make(text.p + n, text.n - n);
}

/* What ROW's message becomes: WRITTEN by us. */
static void check_written(const struct case_row *row, const struct out *o,
    size_t head_len)
{
	struct str expected = row->received;

	if (expected.p == NULL)
		expected = str_make(row->sent.p, head_len);
	ck_assert(out_ok(o));
	ck_assert_msg(str_eq(out_text(o), expected),
	    "%s: \"%" PRI_STR "\", expected \"%" PRI_STR "\"", row->title,
	    ARG_STR(out_text(o)), ARG_STR(expected));
}

static char written[2 * CONF_HEADER_MAX];

/* ---- requests ---- */

static void check_request(const struct case_row *row, const struct parsed *p)
{
	const struct message *m = &p->m;
	struct decoding d = decode_all_ways(row, &m->framing,
	    behind(row->sent, p->head.n));
	struct h1_request_options options = {
	    .connection = m->upgrade.n > 0 ? H1_UPGRADE : H1_PERSIST,
	};
	struct out o = out_make(written, sizeof(written));

	if (!word_is(row, 0, "ok")) {
		if (!word_is(row, 1, "-"))
			expect_fault(row, d.fault);
		return;
	}
	ck_assert_msg(d.fault == FAULT_NONE && d.body.done, "%s: %s",
	    row->title, fault_name(d.fault));
	ck_assert_uint_eq(p->head.n + d.used, row->sent.n);
	h1_write_request(&o, m, &options);
	check_written(row, &o, p->head.n);
}

START_TEST(request_verdict)
{
	const struct case_row *row = &requests[_i];
	struct parsed p;

	parse_request(&p, row->sent);
	if (p.fault != FAULT_NONE)
		expect_fault(row, p.fault);
	else
		check_request(row, &p);
	parsed_free(&p);
}
END_TEST

/* The status that a table gives is the one that the fault has. */
START_TEST(status_of_the_fault)
{
	const struct case_row *row = &requests[_i];
	bool known = word_is(row, 0, "ok") || word_is(row, 1, "-");

	for (unsigned f = FAULT_NONE + 1; f < FAULT_END && !known; f++) {
		if (!word_is(row, 1, fault_name(f)))
			continue;
		ck_assert_uint_eq(fault_status(f), strtoul(row->words[0],
		    NULL, 10));
		known = true;
	}
	ck_assert_msg(known, "%s: no such fault", row->title);
}
END_TEST

/* ---- replies ---- */

static bool is_interim(const struct parsed *p)
{
	return p->fault == FAULT_NONE && p->m.status < 200 &&
	    p->m.status != 101;
}

static enum method method_of(const struct case_row *row)
{
	return row->words[2][0] == '\0' ? METHOD_GET
	    : method_identify(str_from(row->words[2]));
}

static void check_kept(const struct case_row *row, const struct parsed *p,
    bool leftover)
{
	bool kept = p->m.keep_alive && !leftover;

	ck_assert_msg(kept == word_is(row, 1, "keep"), "%s: the connection %s",
	    row->title, kept ? "is kept" : "is not kept");
}

static void check_reply(const struct case_row *row, const struct parsed *p,
    struct str rest)
{
	const struct message *m = &p->m;
	struct decoding d = decode_all_ways(row, &m->framing, rest);
	struct h1_reply_options options = {
	    .framing = body_frame_onward(m->framing, 1),
	};
	struct out o = out_make(written, sizeof(written));

	if (word_is(row, 0, "cut") && word_is(row, 1, "")) {
		ck_assert_int_eq(d.fault, FAULT_NONE);
		ck_assert(!body_end_by_close(&d.body));
	} else if (!word_is(row, 0, "ok")) {
		ck_assert_str_eq(row->words[0], "cut");
		expect_fault(row, d.fault);
	} else {
		ck_assert_int_eq(d.fault, FAULT_NONE);
		ck_assert(body_end_by_close(&d.body));
		check_kept(row, p, d.used < rest.n);
		h1_write_reply(&o, m, &options);
		check_written(row, &o, p->head.n);
	}
}

START_TEST(reply_verdict)
{
	const struct case_row *row = &replies[_i];
	struct str rest = row->sent;
	struct parsed p;

	parse_reply(&p, rest, method_of(row));
	while (is_interim(&p)) {
		rest = behind(rest, p.head.n);
		parsed_free(&p);
		parse_reply(&p, rest, method_of(row));
	}
	if (p.fault != FAULT_NONE)
		expect_fault(row, p.fault);
	else if (p.m.status != 101) /* whether it was asked for: relay.c */
		check_reply(row, &p, behind(rest, p.head.n));
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cases");
	TCase *tcase = tcase_create("verdicts");
	int request_count = cases_load("tests/cases/requests", &requests);
	int reply_count = cases_load("tests/cases/replies", &replies);

	tcase_add_loop_test(tcase, request_verdict, 0, request_count);
	tcase_add_loop_test(tcase, status_of_the_fault, 0, request_count);
	tcase_add_loop_test(tcase, reply_verdict, 0, reply_count);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
