/*
 * check_grpc.c - a check that calls grpc.health.v1.Health/Check.
 *
 * Runs in workers, on the fiber of the check.  The messages are so small that
 * they are put together and taken apart here (gRPC over HTTP/2; Protocol
 * Buffers, encoding):
 *
 *	request	  | 0 | length, 4 bytes | 0x0a | length of the name | name |
 *	reply	  | 0 | length, 4 bytes | 0x08 | 1: SERVING |
 *
 * and then, in the trailer fields or in a head that is all there is:
 *
 *	grpc-status: 0
 */
#include <errno.h>
#include <stdlib.h>

#include "worker/origin/check_inside.h"

#define HEAD_MAX ((size_t)16 * 1024)
#define MEMORY ((size_t)8 * 1024)
#define MEMORY_MORE ((size_t)64 * 1024)
#define PREFIX 5	  /* of a message: a flag, and its length */
#define NAME_HEAD 3	  /* what comes before the name of a service */
#define REPLY_MAX 64	  /* bytes; one that says more says something else */
#define NAME_TAG '\x0a'	  /* field 1, bytes */
#define STATUS_TAG '\x08' /* field 1, a number */
#define SERVING 1
#define NO_CODE 2 /* UNKNOWN: a call that ends without one */

struct taken {
	size_t n;
	char at[REPLY_MAX];
};

static bool take(void *arg, struct str piece)
{
	struct taken *t = arg;

	if (piece.n > sizeof(t->at) - t->n)
		return false;
	memcpy(t->at + t->n, piece.p, piece.n);
	t->n += piece.n;
	return true;
}

/* The default, all of the server, is not written out. */
static struct str write_call(struct str service, struct out *o)
{
	size_t more = service.n < 128 ? 2 : NAME_HEAD;
	size_t n = service.n > 0 ? service.n + more : 0;

	out_bytes(o, "\0\0\0", 3);
	out_char(o, (char)(n >> 8));
	out_char(o, (char)(n & 0xff));
	if (n == 0)
		return out_text(o);
	out_char(o, NAME_TAG);
	if (more == NAME_HEAD)
		out_char(o, (char)(0x80 | (service.n & 0x7f)));
	out_char(o, (char)(more == NAME_HEAD ? service.n >> 7 : service.n));
	out_str(o, service);
	return out_text(o);
}

/* What it says of the service; 0, UNKNOWN, for what is not understood. */
static unsigned read_status(const struct taken *t)
{
	if (t->n != PREFIX + 2 || t->at[0] != 0 || t->at[PREFIX - 1] != 2 ||
	    t->at[PREFIX] != STATUS_TAG)
		return 0;
	return (unsigned char)t->at[PREFIX + 1];
}

/* The grpc-status of M, if it has one. */
static bool find_code(const struct message *m, unsigned *code_r)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		uint64_t code;

		if (!str_eq_nocase(field_name(&m->fields[i]),
			STR("grpc-status")))
			continue;
		*code_r = str_to_u64(field_value(&m->fields[i]), UINT16_MAX,
			      &code) ? (unsigned)code : NO_CODE;
		return true;
	}
	return false;
}

static struct check_result judge(const struct talk *talk, unsigned code,
    const struct taken *body, int err)
{
	if (err == -EPROTO)
		return check_result(CHECK_malformed, talk->fault);
	if (talk->reply.status < 200)
		return check_broken(err);
	if (talk->reply.status != 200)
		return check_result(CHECK_status, talk->reply.status);
	if (err < 0 && err != -ECANCELED && err != -EMSGSIZE)
		return check_broken(err);
	if (code != 0)
		return check_result(CHECK_call, code);
	if (read_status(body) != SERVING)
		return check_result(CHECK_serving, read_status(body));
	return check_result(CHECK_passed, 0);
}

static struct check_result ask(const struct check_target *t,
    struct h2_solo *s, usec_t deadline, struct arena *a)
{
	char call[PREFIX + NAME_HEAD + CONF_SERVICE_MAX];
	struct out out = out_make(call, sizeof(call));
	struct taken body = {.n = 0};
	struct message trailers = {.field_count = 0};
	unsigned code = NO_CODE;
	struct talk asked = {.body = write_call(t->conf->service, &out),
	    .method = METHOD_POST,
	    .deadline = deadline,
	    .header_max = HEAD_MAX,
	    .body_max = REPLY_MAX,
	    .take = take,
	    .arg = &body};
	struct h2_fields f = check_fields(t, s, STR("POST"),
	    STR("/grpc.health.v1.Health/Check"), a);
	int err;

	h2_fields_add(&f, STR("content-type"), STR("application/grpc"));
	h2_fields_add(&f, STR("te"), STR("trailers"));
	if (!h2_fields_ok(&f) ||
	    h2_solo_begin(s, HEAD_MAX, t->conf->timeout) < 0)
		return check_result(CHECK_skipped, 0);
	err = talk_stream(&asked, s->stream, &f, a);
	if (err == 0 && h2_trailers(s->stream, a, &trailers) != FAULT_NONE)
		err = -EPROTO;
	(void)(find_code(&asked.reply, &code) || find_code(&trailers, &code));
	h2_solo_end(s);
	return judge(&asked, code, &body, err);
}

struct check_result check_grpc(const struct check_target *t,
    struct h2_solo *s, usec_t deadline)
{
	char *memory = malloc(MEMORY);
	struct check_result result;
	struct arena arena;

	if (memory == NULL)
		return check_result(CHECK_skipped, 0);
	arena_init_bounded(&arena, memory, MEMORY, MEMORY_MORE);
	result = ask(t, s, deadline, &arena);
	arena_free(&arena);
	free(memory);
	return result;
}
