/*
 * test_body.c - where a body ends, however its bytes are cut.
 *
 * Each chunked body is decoded whole, byte by byte, and cut in two at every
 * place: payload, verdict and what is left for the next message must be the
 * same.
 */
#include "tests/unit/test_head.h"

#include "worker/http/body.h"

#define NEXT "GET /next"
#define LAST "0\r\n\r\n"

#define LONG(x) FOUR(SIXTEEN(x)) /* 64 times */

/* A chunked body, what it holds, or its fault. */
struct row {
	struct str raw;
	const char *payload;
	enum fault fault;
};

static const struct row rows[] = {
    {TEXT(LAST), "", FAULT_NONE},
    {TEXT("000\r\n\r\n"), "", FAULT_NONE},
    {TEXT("5\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("5\r\nhello\r\n1\r\n!\r\n" LAST), "hello!", FAULT_NONE},
    {TEXT("a\r\n0123456789\r\nA\r\n0123456789\r\n" LAST),
	"01234567890123456789", FAULT_NONE},
    {TEXT("0000000000000005\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("2\r\n\r\n\r\n" LAST), "\r\n", FAULT_NONE},
    {TEXT("5\r\n0\r\n\r\n\r\n" LAST), "0\r\n\r\n", FAULT_NONE},
    /* extensions */
    {TEXT("5;a\r\nhello\r\n0;b=c\r\n\r\n"), "hello", FAULT_NONE},
    {TEXT("5;a=b;c=\"d\\\"\\\\;\t\xff\";e\r\nhello\r\n" LAST), "hello",
	FAULT_NONE},
    {TEXT("5 ; a = b\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("5\t;a=\"\" ;b\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("5;1=2;f=a\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("5;" LONG("a") LONG("b") LONG("c") FOUR("0123456789abcd") "0123456"
	"\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;" LONG("a") LONG("b") LONG("c") FOUR("0123456789abcd") "012345"
	"\r\nhello\r\n" LAST), "hello", FAULT_NONE},
    {TEXT("5;\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;;a\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;=a\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=b c\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=b \r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a b\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a \r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5 \r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5 a\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"b\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"b\"c\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"b\"z\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"\\\r\"\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"\x01\"\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a(\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a=\"b\nc\"\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    {TEXT("5;a\0\r\nhello\r\n" LAST), NULL, FAULT_chunk_extension},
    /* sizes */
    {TEXT("\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT(" 5\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("+5\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("-5\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("0x5\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5g\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5,5\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5\0\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT(";a\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("00000000000000005\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("10000000000000005\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("ffffffffffffffff\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("4000000000000001\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    /* line ends */
    {TEXT("5\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5\rhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5\r\r\nhello\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("5\r\nhello\n" LAST), NULL, FAULT_chunk_end},
    {TEXT("5\r\nhello\r" LAST), NULL, FAULT_chunk_end},
    {TEXT("5\r\nhello" LAST), NULL, FAULT_chunk_end},
    {TEXT("5\r\nhello!\r\n" LAST), NULL, FAULT_chunk_end},
    {TEXT("5\r\nhell\r\n" LAST), NULL, FAULT_chunk_end},
    {TEXT("5\r\nhello\r\n\r\n" LAST), NULL, FAULT_chunk_size},
    {TEXT("0\n\n"), NULL, FAULT_chunk_size},
    {TEXT("0\r\n\n"), NULL, FAULT_trailer},
    {TEXT("0\r\n\rX"), NULL, FAULT_trailer},
    /* trailer fields */
    {TEXT("0\r\nA: b\r\n\r\n"), "", FAULT_NONE},
    {TEXT("1\r\nx\r\n0\r\nA:\r\nb-c: \t\"=;,\\ \xff\r\n\r\n"), "x",
	FAULT_NONE},
    {TEXT("0\r\nContent-Typee: x\r\nHos: x\r\nHostt: x\r\n\r\n"), "",
	FAULT_NONE},
    {TEXT("0\r\n" LONG("a") ": " LONG("b") "\r\n\r\n"), "", FAULT_NONE},
    {TEXT("0\r\nA : b\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\n: b\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\n A: b\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA: b\r\n c\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA: b\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA: b\rC: d\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA: b\0\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA\xc3: b\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nContent-Length: 5\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\ntransfer-encoding: x\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nA: b\r\nHOST: x\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nConnection: x\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nTrailer: x\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nProxy-Authorization: x\r\n\r\n"), NULL, FAULT_trailer},
    {TEXT("0\r\nGET / HTTP/1.1\r\n\r\n"), NULL, FAULT_trailer},
};

struct decoding {
	struct body body;
	char payload[1024];
	size_t payload_len;
	size_t used;
	enum fault fault;
};

static void decoding_begin(struct decoding *d)
{
	struct framing framing = {.kind = FRAMING_CHUNKED};

	memset(d, 0, sizeof(*d));
	body_begin(&d->body, &framing);
}

/* Feeds N bytes in a block of their own size. */
static void feed(struct decoding *d, const char *p, size_t n)
{
	size_t payload, used;
	char *block = malloc(n + 1);

	ck_assert_ptr_nonnull(block);
	if (d->fault != FAULT_NONE || d->body.done) {
		free(block);
		return;
	}
	memcpy(block, p, n);
	d->fault = body_decode(&d->body, block, n, &payload, &used);
	ck_assert_uint_le(payload, used);
	ck_assert_uint_le(used, n);
	ck_assert_mem_eq(block + used, p + used, d->fault ? 0 : n - used);
	memcpy(d->payload + d->payload_len, block, payload);
	d->payload_len += payload;
	d->used += used;
	free(block);
}

static void check_decoding(struct decoding *d, const struct row *row)
{
	ck_assert_msg(d->fault == row->fault, "%" PRI_STR ": %s, expected %s",
	    ARG_STR(row->raw), fault_name(d->fault), fault_name(row->fault));
	if (row->fault != FAULT_NONE)
		return;
	ck_assert(d->body.done);
	ck_assert(body_end_by_close(&d->body));
	ck_assert_uint_eq(d->used, row->raw.n);
	ck_assert_uint_eq(d->body.total, strlen(row->payload));
	check_text(str_make(d->payload, d->payload_len),
	    str_from(row->payload));
}

static size_t raw_and_next(const struct row *row, char text[1024])
{
	memcpy(text, row->raw.p, row->raw.n);
	memcpy(text + row->raw.n, NEXT, sizeof(NEXT) - 1);
	return row->raw.n + sizeof(NEXT) - 1;
}

START_TEST(chunks_in_one_piece)
{
	char text[1024];
	size_t n = raw_and_next(&rows[_i], text);
	struct decoding d;

	decoding_begin(&d);
	feed(&d, text, n);
	check_decoding(&d, &rows[_i]);
}
END_TEST

START_TEST(chunks_byte_by_byte)
{
	char text[1024];
	size_t n = raw_and_next(&rows[_i], text);
	struct decoding d;

	decoding_begin(&d);
	for (size_t i = 0; i < n; i++)
		feed(&d, text + i, 1);
	check_decoding(&d, &rows[_i]);
}
END_TEST

START_TEST(chunks_cut_in_two_anywhere)
{
	char text[1024];
	size_t n = raw_and_next(&rows[_i], text);

	for (size_t cut = 0; cut <= n; cut++) {
		struct decoding d;

		decoding_begin(&d);
		feed(&d, text, cut);
		feed(&d, text + cut, n - cut);
		check_decoding(&d, &rows[_i]);
	}
}
END_TEST

/* The peer closes before the last byte of a body that is right so far. */
START_TEST(chunks_cut_short_are_no_end)
{
	const struct row *row = &rows[_i];

	for (size_t n = 0; n < row->raw.n; n++) {
		struct decoding d;

		decoding_begin(&d);
		feed(&d, row->raw.p, n);
		if (row->fault == FAULT_NONE)
			ck_assert_int_eq(d.fault, FAULT_NONE);
		ck_assert(!d.body.done);
		ck_assert(!body_end_by_close(&d.body));
	}
}
END_TEST

static enum fault decode_trailer(size_t fields)
{
	static char text[3 * BODY_TRAILER_MAX];
	struct out o = out_make(text, sizeof(text));
	struct framing framing = {.kind = FRAMING_CHUNKED};
	struct body b;
	size_t payload, used;

	out_lit(&o, "0\r\n");
	for (size_t i = 0; i < fields; i++)
		out_lit(&o, "A: bcd\r\n");
	out_lit(&o, "\r\n");
	body_begin(&b, &framing);
	return body_decode(&b, text, o.n, &payload, &used);
}

START_TEST(trailer_is_bounded)
{
	ck_assert_int_eq(decode_trailer(BODY_TRAILER_MAX / 8 - 1), FAULT_NONE);
	ck_assert_int_eq(decode_trailer(BODY_TRAILER_MAX / 8 + 1),
	    FAULT_trailer);
}
END_TEST

/* Decodes IN one byte at a time; the section that was kept. */
static struct str kept_trailers(const char *in, char *kept)
{
	struct framing framing = {.kind = FRAMING_CHUNKED};
	struct body b;
	size_t payload, used;

	body_begin(&b, &framing);
	body_keep_trailers(&b, kept);
	for (const char *p = in; *p != 0; p++) {
		char byte = *p;

		ck_assert(!b.done);
		ck_assert_int_eq(body_decode(&b, &byte, 1, &payload, &used),
		    FAULT_NONE);
	}
	return body_trailers(&b);
}

START_TEST(trailers_are_kept_for_who_asks)
{
	char kept[BODY_TRAILER_MAX];
	struct framing framing = {.kind = FRAMING_CHUNKED};
	char text[] = "0\r\nA: b\r\n\r\n";
	struct body b;
	size_t payload, used;

	check_text(kept_trailers("1;x=y\r\nz\r\n0;x\r\nA: b\r\nC:d\r\n\r\n",
	    kept), STR("A: b\r\nC:d\r\n\r\n"));
	ck_assert_uint_eq(kept_trailers("0\r\n\r\n", kept).n, 0);
	body_begin(&b, &framing);
	ck_assert_int_eq(body_decode(&b, text, sizeof(text) - 1, &payload,
	    &used), FAULT_NONE);
	ck_assert_uint_eq(body_trailers(&b).n, 0);
}
END_TEST

START_TEST(largest_chunk_is_two_to_the_62)
{
	char text[] = "4000000000000000\r\nabc";
	struct framing framing = {.kind = FRAMING_CHUNKED};
	struct body b;
	size_t payload, used;

	body_begin(&b, &framing);
	ck_assert_int_eq(body_decode(&b, text, sizeof(text) - 1, &payload,
	    &used), FAULT_NONE);
	ck_assert_uint_eq(payload, 3);
	ck_assert_uint_eq(b.left, BODY_LENGTH_MAX - 3);
	ck_assert_uint_eq(body_readable(&b), SIZE_MAX);
}
END_TEST

START_TEST(length_ends_a_body_exactly)
{
	struct framing framing = {.kind = FRAMING_LENGTH, .length = 5};
	char text[] = "helloGET";
	struct body b;
	size_t payload, used;

	body_begin(&b, &framing);
	ck_assert_uint_eq(body_readable(&b), 5);
	ck_assert_int_eq(body_decode(&b, text, 2, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(used, 2);
	ck_assert_uint_eq(body_readable(&b), 3);
	ck_assert(!body_end_by_close(&b));
	ck_assert_int_eq(body_decode(&b, text + 2, 6, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(payload, 3);
	ck_assert_uint_eq(used, 3);
	ck_assert(b.done);
	ck_assert_uint_eq(b.total, 5);
	ck_assert_uint_eq(body_readable(&b), 0);
	ck_assert(body_end_by_close(&b));
}
END_TEST

START_TEST(length_may_go_by_without_decoding)
{
	struct framing framing = {.kind = FRAMING_LENGTH, .length = 5};
	struct framing closed = {.kind = FRAMING_CLOSE};
	char text[] = "hello";
	struct body b;
	size_t payload, used;

	body_begin(&b, &framing);
	ck_assert_int_eq(body_decode(&b, text, 2, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(body_plain_rest(&b), 3);
	body_pass(&b, 2);
	ck_assert(!b.done);
	body_pass(&b, 1);
	ck_assert(b.done);
	ck_assert_uint_eq(b.total, 5);
	ck_assert_uint_eq(body_plain_rest(&b), 0);
	body_begin(&b, &closed);
	ck_assert_uint_eq(body_plain_rest(&b), 0);
}
END_TEST

START_TEST(nothing_is_taken_after_the_end)
{
	struct framing none = {.kind = FRAMING_NONE};
	struct framing empty = {.kind = FRAMING_LENGTH};
	char text[] = "GET";
	struct body b;
	size_t payload, used;

	body_begin(&b, &none);
	ck_assert(b.done);
	ck_assert_int_eq(body_decode(&b, text, 3, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(used, 0);
	body_begin(&b, &empty);
	ck_assert(b.done);
	ck_assert_int_eq(body_decode(&b, text, 3, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(payload + used, 0);
}
END_TEST

START_TEST(close_ends_what_is_framed_by_it)
{
	struct framing framing = {.kind = FRAMING_CLOSE};
	char text[] = "hello";
	struct body b;
	size_t payload, used;

	body_begin(&b, &framing);
	ck_assert(!b.done);
	ck_assert_uint_eq(body_readable(&b), SIZE_MAX);
	ck_assert_int_eq(body_decode(&b, text, 5, &payload, &used),
	    FAULT_NONE);
	ck_assert_uint_eq(payload, 5);
	ck_assert(!b.done);
	ck_assert(body_end_by_close(&b));
	ck_assert(b.done);
}
END_TEST

START_TEST(chunk_head_is_the_size_in_hex)
{
	static const struct {
		uint64_t size;
		const char *text;
	} heads[] = {
	    {1, "1\r\n"},
	    {15, "f\r\n"},
	    {16, "10\r\n"},
	    {500, "1f4\r\n"},
	    {UINT64_MAX, "ffffffffffffffff\r\n"},
	};
	char text[BODY_CHUNK_HEAD];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		check_text(str_make(text, body_chunk_head(text,
		    heads[i].size)), str_from(heads[i].text));
}
END_TEST

START_TEST(body_goes_on_as)
{
	struct framing length = {.kind = FRAMING_LENGTH, .length = 5};
	struct framing chunked = {.kind = FRAMING_CHUNKED};
	struct framing closed = {.kind = FRAMING_CLOSE};
	struct framing said = {.kind = FRAMING_NONE, .length_said = true};

	ck_assert_int_eq(body_frame_onward(length, 0).kind, FRAMING_LENGTH);
	ck_assert_int_eq(body_frame_onward(length, 1).length, 5);
	ck_assert_int_eq(body_frame_onward(chunked, 1).kind, FRAMING_CHUNKED);
	ck_assert_int_eq(body_frame_onward(chunked, 0).kind, FRAMING_CLOSE);
	ck_assert_int_eq(body_frame_onward(closed, 1).kind, FRAMING_CHUNKED);
	ck_assert_int_eq(body_frame_onward(closed, 0).kind, FRAMING_CLOSE);
	ck_assert(body_frame_onward(said, 0).length_said);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("body");
	TCase *chunks = tcase_create("chunks");
	TCase *rest = tcase_create("other framings");

	tcase_add_loop_test(chunks, chunks_in_one_piece, 0, COUNT(rows));
	tcase_add_loop_test(chunks, chunks_byte_by_byte, 0, COUNT(rows));
	tcase_add_loop_test(chunks, chunks_cut_in_two_anywhere, 0,
	    COUNT(rows));
	tcase_add_loop_test(chunks, chunks_cut_short_are_no_end, 0,
	    COUNT(rows));
	tcase_add_test(chunks, trailer_is_bounded);
	tcase_add_test(chunks, trailers_are_kept_for_who_asks);
	tcase_add_test(chunks, largest_chunk_is_two_to_the_62);
	tcase_add_test(rest, length_ends_a_body_exactly);
	tcase_add_test(rest, length_may_go_by_without_decoding);
	tcase_add_test(rest, nothing_is_taken_after_the_end);
	tcase_add_test(rest, close_ends_what_is_framed_by_it);
	tcase_add_test(rest, chunk_head_is_the_size_in_hex);
	tcase_add_test(rest, body_goes_on_as);
	suite_add_tcase(suite, chunks);
	suite_add_tcase(suite, rest);
	return run_suite(suite);
}
