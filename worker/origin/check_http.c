/*
 * check_http.c - a check that asks for something.
 *
 * Runs in workers, on the fiber of the check.  One request, and a reply read
 * as any other that nobody is served with (talk.h), in the version of HTTP that
 * the server speaks.  The head decides, unless
 * the body is to match a pattern; then the first 64 KiB of it are put together.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/conf/health.h"
#include "worker/conn/block.h"
#include "worker/http/talk.h"
#include "worker/origin/check_inside.h"

#define HEAD_MAX ((size_t)16 * 1024)
#define BODY_MAX ((size_t)64 * 1024)
#define MEMORY ((size_t)8 * 1024) /* for most requests and heads */
#define MEMORY_MORE ((size_t)64 * 1024)
#define REQUEST_EXTRA 64 /* what is in it beside the strings */
#define FIELDS 6	 /* of HTTP/2 beside those of the check */

/* What was taken of a body. */
struct taken {
	size_t n;
	bool enough;
	char *text; /* BODY_MAX of it, or NULL: it does not matter */
};

static bool take(void *arg, struct str piece)
{
	struct taken *t = arg;

	if (piece.n > BODY_MAX - t->n)
		piece.n = BODY_MAX - t->n;
	if (t->text != NULL)
		memcpy(t->text + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->enough = t->n == BODY_MAX;
	return !t->enough;
}

/* "": no memory. */
static struct str write_request(const struct check_target *t, struct arena *a)
{
	const struct conf_health *h = t->conf;
	size_t room = h->method.n + t->prefix.n + h->path.n + h->host.n +
	    t->host.n + h->lines.n + REQUEST_EXTRA;
	char *p = arena_alloc(a, room);
	struct out out = out_make(p, p != NULL ? room : 0);

	conf_health_request(&out, h, t->prefix, t->host);
	return out_ok(&out) ? out_text(&out) : STR("");
}

static bool does_match(const struct conf_pattern *pattern,
    const struct taken *body)
{
	return conf_pattern_match(pattern, str_make(body->text, body->n),
	    NULL) == CONF_MATCH;
}

/* It came to ERR.  A server whose reply broke off behind the head has said
 * what matters, unless the body does. */
static struct check_result judge(const struct conf_health *h,
    const struct talk *talk, const struct taken *body, int err)
{
	if (err == -ETIMEDOUT && block_is_spent())
		return check_result(CHECK_skipped, 0); /* it is us */
	if (err == -EPROTO)
		return check_result(CHECK_malformed, talk->fault);
	if (talk->reply.status < 200)
		return check_broken(err);
	if (!conf_health_expects(h, talk->reply.status))
		return check_result(CHECK_status, talk->reply.status);
	if (h->body == NULL)
		return check_result(CHECK_passed, 0);
	if (err < 0 && !body->enough)
		return check_broken(err);
	if (!does_match(h->body, body))
		return check_result(CHECK_body, 0);
	return check_result(CHECK_passed, 0);
}

struct h2_fields check_fields(const struct check_target *t,
    const struct h2_solo *s, struct str method, struct str path,
    struct arena *a)
{
	const struct conf_health *h = t->conf;
	size_t room = t->prefix.n + path.n;
	struct h2_fields f = h2_fields_make(a,
	    h2_fields_in(h->lines) + FIELDS, h->lines.n + REQUEST_EXTRA);
	char *p = arena_alloc(a, room);
	struct out out = out_make(p, p != NULL ? room : 0);

	out_str(&out, t->prefix);
	out_str(&out, path);
	h2_fields_add(&f, STR(":method"), method);
	h2_fields_add(&f, STR(":scheme"),
	    s->conn.tls != NULL ? STR("https") : STR("http"));
	h2_fields_add(&f, STR(":authority"),
	    h->host.n > 0 ? h->host : t->host);
	h2_fields_add(&f, STR(":path"), out_text(&out));
	h2_fields_add_lines(&f, h->lines);
	f.full |= !out_ok(&out);
	return f;
}

static int talk_h2(const struct check_target *t, struct h2_solo *s,
    struct talk *asked, struct arena *a)
{
	struct h2_fields f =
	    check_fields(t, s, t->conf->method, t->conf->path, a);
	int err = -ENOMEM;

	if (h2_fields_ok(&f))
		err = h2_solo_begin(s, HEAD_MAX, t->conf->timeout);
	if (err < 0)
		return err;
	err = talk_stream(asked, s->stream, &f, a);
	h2_solo_end(s);
	return err;
}

static struct check_result ask(const struct check_target *t,
    struct h2_solo *s, usec_t deadline, struct taken *body, struct arena *a)
{
	struct talk asked = {.head = write_request(t, a),
	    .method = method_identify(t->conf->method),
	    .deadline = deadline,
	    .header_max = HEAD_MAX,
	    .body_max = UINT64_MAX,
	    .take = take,
	    .arg = body};

	if (asked.head.n == 0)
		return check_result(CHECK_skipped, 0);
	if (t->h2)
		return judge(t->conf, &asked, body, talk_h2(t, s, &asked, a));
	return judge(t->conf, &asked, body, talk(&asked, &s->conn, a));
}

struct check_result check_http(const struct check_target *t,
    struct h2_solo *s, usec_t deadline)
{
	size_t body_room = t->conf->body != NULL ? BODY_MAX : 0;
	char *memory = malloc(MEMORY + body_room);
	struct taken body = {.n = 0};
	struct check_result result;
	struct arena arena;

	if (memory == NULL)
		return check_result(CHECK_skipped, 0);
	body.text = body_room > 0 ? memory + MEMORY : NULL;
	arena_init_bounded(&arena, memory, MEMORY, MEMORY_MORE);
	result = ask(t, s, deadline, &body, &arena);
	arena_free(&arena);
	free(memory);
	return result;
}
