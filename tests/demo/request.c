/*
 * request.c - a request as a demo origin reads it: strictly.
 *
 * The whole head is copied out of the peer's buffer and cut into strings in
 * place; the body is read in pieces straight from the peer's buffer, so a
 * body of any size needs no more memory (RFC 9112, sections 2 to 7).
 */
#include "tests/demo/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define TOKEN_CHARS                                                            \
	"!#$%&'*+-.^_`|~" DIGITS "abcdefghijklmnopqrstuvwxyz"                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

const char *request_field(const struct request *r, const char *name)
{
	for (unsigned i = 0; i < r->field_count; i++)
		if (strcasecmp(r->fields[i].name, name) == 0)
			return r->fields[i].value;
	return NULL;
}

static unsigned count_fields(const struct request *r, const char *name)
{
	unsigned found = 0;

	for (unsigned i = 0; i < r->field_count; i++)
		found += strcasecmp(r->fields[i].name, name) == 0;
	return found;
}

bool request_has_token(const char *value, const char *token)
{
	size_t n = strlen(token);

	while (value != NULL && *value != '\0') {
		value += strspn(value, ", \t");
		if (strncasecmp(value, token, n) == 0 &&
		    strchr(", \t", value[n]) != NULL)
			return true;
		value += strcspn(value, ",");
	}
	return false;
}

uint64_t request_number(const struct request *r, const char *name,
    uint64_t default_value, uint64_t max)
{
	const char *at = r->query;
	size_t n = strlen(name);

	while (at != NULL && *at != '\0') {
		if (strncmp(at, name, n) == 0 && at[n] == '=') {
			uint64_t value = strtoull(at + n + 1, NULL, 10);

			return value < max ? value : max;
		}
		at = strchr(at, '&');
		at = at ? at + 1 : NULL;
	}
	return default_value;
}

/* ---- the head ---- */

static bool is_token(const char *s)
{
	return *s != '\0' && s[strspn(s, TOKEN_CHARS)] == '\0';
}

/* "METHOD SP target SP HTTP/1.x", one space each. */
static const char *parse_request_line(struct request *r, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	char *mark;

	if (version == NULL)
		return "malformed request line";
	*target++ = '\0';
	*version++ = '\0';
	if (!is_token(line))
		return "malformed method";
	if (*target != '/' && strcmp(target, "*") != 0)
		return "the target is not in origin-form";
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return "unknown version";
	mark = strchr(target, '?');
	if (mark != NULL)
		*mark = '\0';
	r->method = line;
	r->is_head = strcmp(line, "HEAD") == 0;
	r->path = target;
	r->query = mark ? mark + 1 : NULL;
	r->version = version;
	return NULL;
}

static const char *parse_field(struct request *r, char *line)
{
	char *colon = strchr(line, ':');
	char *value;
	size_t n;

	if (colon == NULL)
		return "a field line without a colon";
	*colon = '\0';
	if (!is_token(line))
		return "malformed field name";
	value = colon + 1 + strspn(colon + 1, " \t");
	n = strlen(value);
	while (n > 0 && strchr(" \t", value[n - 1]) != NULL)
		value[--n] = '\0';
	if (r->field_count == REQUEST_FIELDS_MAX)
		return "too many fields";
	r->fields[r->field_count++] = (struct request_field){line, value};
	return NULL;
}

/* How the body's end will be found; what must come once comes once. */
static const char *frame(struct request *r)
{
	const char *length = request_field(r, "Content-Length");
	const char *coding = request_field(r, "Transfer-Encoding");

	if (count_fields(r, "Host") > 1)
		return "more than one Host";
	if (strcmp(r->version, "HTTP/1.1") == 0 && !request_field(r, "Host"))
		return "no Host";
	if (count_fields(r, "Content-Length") > 1)
		return "more than one Content-Length";
	if (count_fields(r, "Transfer-Encoding") > 1)
		return "more than one Transfer-Encoding";
	if (length != NULL && coding != NULL)
		return "both Content-Length and Transfer-Encoding";
	if (coding != NULL && strcasecmp(coding, "chunked") != 0)
		return "unknown Transfer-Encoding";
	if (length != NULL &&
	    (length[strspn(length, DIGITS)] != '\0' || *length == '\0' ||
	     strlen(length) > 18))
		return "malformed Content-Length";
	r->chunked = coding != NULL;
	r->has_length = length != NULL;
	r->left = length ? strtoull(length, NULL, 10) : 0;
	r->body_done = !r->chunked && r->left == 0;
	return NULL;
}

static void persist(struct request *r)
{
	const char *connection = request_field(r, "Connection");
	bool is_11 = strcmp(r->version, "HTTP/1.1") == 0;

	r->keep_alive = is_11 ? !request_has_token(connection, "close")
			      : request_has_token(connection, "keep-alive");
	r->expects_continue = is_11 && !r->body_done &&
	    request_has_token(request_field(r, "Expect"), "100-continue");
}

static bool has_control(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return true;
	return false;
}

/* R->head holds N bytes that end with the last line's CR LF. */
static const char *parse_head(struct request *r, size_t n)
{
	char *line = r->head;
	const char *why = NULL;

	while (why == NULL && line < r->head + n) {
		char *end = strstr(line, "\r\n");

		if (end == NULL || has_control(line, (size_t)(end - line)))
			return "a control character";
		*end = '\0';
		why = line == r->head ? parse_request_line(r, line)
				      : parse_field(r, line);
		line = end + 2;
	}
	if (why == NULL)
		why = frame(r);
	if (why == NULL)
		persist(r);
	return why;
}

/* Fills the buffer up to an empty line; its length without that, or 0. */
static size_t read_head(struct peer *p)
{
	for (;;) {
		char *head = p->in + p->in_at;
		char *end = memmem(head, p->in_end - p->in_at, "\r\n\r\n", 4);

		if (end != NULL)
			return (size_t)(end + 2 - head);
		if (peer_fill(p) <= 0)
			return 0;
	}
}

enum request_result request_read(struct peer *p, struct request *r,
    const char **why_r)
{
	size_t n;

	memset(r, 0, offsetof(struct request, head));
	n = read_head(p);
	if (n == 0 && p->in_at == p->in_end)
		return REQUEST_NONE;
	*why_r = "the head is incomplete or too large";
	if (n == 0 || n > REQUEST_HEAD_MAX)
		return REQUEST_BAD;
	memcpy(r->head, p->in + p->in_at, n);
	r->head[n] = '\0';
	p->in_at += n + 2;
	p->requests++;
	*why_r = parse_head(r, n);
	return *why_r == NULL ? REQUEST_READ : REQUEST_BAD;
}

/* ---- the body ---- */

/* Lines behind the last chunk, up to an empty one. */
static bool read_trailers(struct peer *p, struct request *r)
{
	char *line;

	while ((line = peer_line(p)) != NULL) {
		if (*line == '\0')
			return true;
		r->trailer_count++;
	}
	return false;
}

/* From the end of one chunk into the next.  Sets left, or body_done. */
static bool next_chunk(struct peer *p, struct request *r)
{
	char *line = peer_line(p);
	size_t digits;

	if (r->in_chunk && (line == NULL || *line != '\0'))
		return false;
	if (r->in_chunk)
		line = peer_line(p);
	if (line == NULL)
		return false;
	digits = strspn(line, DIGITS "abcdefABCDEF");
	if (digits == 0 || digits > 15 || strchr(" \t;", line[digits]) == NULL)
		return false;
	r->left = strtoull(line, NULL, 16);
	r->in_chunk = r->left > 0;
	r->body_done = r->left == 0;
	return r->body_done ? read_trailers(p, r) : true;
}

static bool say_continue(struct peer *p, struct request *r)
{
	if (!r->expects_continue)
		return true;
	r->expects_continue = false;
	return peer_text(p, "HTTP/1.1 100 Continue\r\n\r\n") &&
	    peer_flush(p);
}

ssize_t request_body(struct peer *p, struct request *r, const char **piece_r)
{
	size_t n;

	if (r->body_done)
		return 0;
	if (!say_continue(p, r))
		return -1;
	if (r->chunked && r->left == 0 && !next_chunk(p, r))
		return -1;
	if (r->body_done)
		return 0;
	if (p->in_at == p->in_end && peer_fill(p) <= 0)
		return -1;
	n = p->in_end - p->in_at;
	if (n > r->left)
		n = (size_t)r->left;
	*piece_r = p->in + p->in_at;
	p->in_at += n;
	r->left -= n;
	r->length += n;
	r->body_done = !r->chunked && r->left == 0;
	return (ssize_t)n;
}

bool request_drain(struct peer *p, struct request *r)
{
	const char *piece;
	ssize_t n = 0;

	if (r->body_done)
		return true;
	if (r->expects_continue)
		return false;
	do
		n = request_body(p, r, &piece);
	while (n > 0);
	return n == 0;
}
