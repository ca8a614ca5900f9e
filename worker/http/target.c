/*
 * target.c - the request target: one reading, made once.
 *
 * Runs in workers, for each request, after its Host was read.  RFC 9112, 3.2
 * and 3.3 and RFC 3986: which of the four forms it is, where authority, path
 * and query lie in it, and that each holds only what it may.  The path's
 * meaning is in path.c.
 *
 *	http://Shop.example:80/a/b?c=d     absolute-form
 *	       ^authority     ^path ^query
 *	       ^host      ^port
 *
 * Invariant: who the request is for is said once.  A target with an authority
 * of its own agrees with Host or is refused.
 */
#include "worker/http/target.h"

#include <arpa/inet.h>

#include "common/base/insist.h"
#include "worker/http/path.h"
#include "worker/http/scan.h"

#define HOST_NAME_MAX_LEN 255
#define PORT_DIGITS_MAX 5
#define PORT_MAX 65535

/* Where the host name at P ends: at a ":", or END.  NULL: it is none. */
static const char *name_end(const char *p, const char *end)
{
	char last = '.';
	const char *at = p;

	for (; at < end && scan_is(*at, SCAN_HOST); at++) {
		if (*at == '.' && last == '.')
			return NULL;
		last = *at;
	}
	return at > p && at - p <= HOST_NAME_MAX_LEN ? at : NULL;
}

/* The same for "[", an IPv6 address and "]". */
static const char *literal_end(const char *p, const char *end)
{
	const char *close = memchr(p, ']', (size_t)(end - p));
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ignored;
	size_t n;

	INSIST(*p == '[');
	if (close == NULL)
		return NULL;
	n = (size_t)(close - p) - 1;
	if (n >= sizeof(text))
		return NULL;
	memcpy(text, p + 1, n);
	text[n] = '\0';
	if (strlen(text) != n || inet_pton(AF_INET6, text, &ignored) != 1)
		return NULL;
	return close + 1;
}

/* ":" and a number, or nothing. */
static bool is_port(struct str s)
{
	struct str digits;
	uint64_t ignored;

	if (s.n == 0)
		return true;
	digits = str_behind(s, 1);
	return s.p[0] == ':' && digits.n <= PORT_DIGITS_MAX &&
	    str_to_u64(digits, PORT_MAX, &ignored);
}

/* S in lower case: S itself if it is so already, or a copy in A. */
static enum fault lower(struct str s, struct arena *a, struct str *lower_r)
{
	size_t i = 0;
	char *copy;

	*lower_r = s;
	while (i < s.n && s.p[i] == char_lower(s.p[i]))
		i++;
	if (i == s.n)
		return FAULT_NONE;
	copy = arena_strdup(a, s);
	if (copy == NULL)
		return FAULT_no_room;
	for (; i < s.n; i++)
		copy[i] = char_lower(copy[i]);
	lower_r->p = copy;
	return FAULT_NONE;
}

enum fault target_parse_authority(struct str authority, struct arena *a,
    struct str *host_r)
{
	const char *p = authority.p;
	const char *end = p + authority.n;
	const char *stop;
	struct str host;

	if (authority.n == 0)
		return FAULT_host_malformed;
	stop = *p == '[' ? literal_end(p, end) : name_end(p, end);
	if (stop == NULL || !is_port(str_make(stop, (size_t)(end - stop))))
		return FAULT_host_malformed;
	host = str_make(p, (size_t)(stop - p));
	if (host.p[host.n - 1] == '.')
		host.n--;
	return lower(host, a, host_r);
}

/* The target has an AUTHORITY. */
static enum fault agree_on_host(struct message *m, struct str authority,
    struct arena *a)
{
	if (m->authority.p == NULL) {
		m->authority = authority;
		return target_parse_authority(authority, a, &m->host);
	}
	return str_eq_nocase(m->authority, authority) ? FAULT_NONE
						      : FAULT_host_differs;
}

static enum fault read_path_and_query(struct message *m, struct str s,
    struct arena *a)
{
	const char *end = s.p + s.n;
	const char *mark = memchr(s.p, '?', s.n);

	if (mark != NULL) {
		s.n = (size_t)(mark - s.p);
		mark++;
		if (scan_past(mark, end, SCAN_QUERY) != end)
			return FAULT_target;
		m->query = str_make(mark, (size_t)(end - mark));
	}
	if (s.n == 0)
		s = STR("/");
	return path_normalise(s, a, &m->forward, &m->path);
}

static enum fault read_asterisk(struct message *m)
{
	if (m->method != METHOD_OPTIONS)
		return FAULT_target;
	m->path = m->forward = STR("*");
	return FAULT_NONE;
}

static bool cut_scheme(struct str *s, struct str scheme)
{
	if (!str_starts_nocase(*s, scheme))
		return false;
	*s = str_behind(*s, scheme.n);
	return true;
}

static enum fault read_absolute(struct message *m, struct arena *a)
{
	struct str rest = m->target;
	struct str authority;
	enum fault fault;

	if (cut_scheme(&rest, STR("https://")))
		return FAULT_scheme;
	if (!cut_scheme(&rest, STR("http://")))
		return FAULT_target;
	authority = str_make(rest.p, 0);
	while (rest.n > 0 && rest.p[0] != '/' && rest.p[0] != '?')
		rest.p++, rest.n--, authority.n++;
	fault = agree_on_host(m, authority, a);
	if (fault != FAULT_NONE)
		return fault;
	if (rest.n == 0 && m->method == METHOD_OPTIONS)
		return read_asterisk(m);
	return read_path_and_query(m, rest, a);
}

/* CONNECT: host and port, and nothing else. */
static enum fault read_authority(struct message *m, struct arena *a)
{
	enum fault fault = agree_on_host(m, m->target, a);
	struct str s = m->target;

	if (fault != FAULT_NONE)
		return fault;
	while (s.n > 0 && char_is_digit(s.p[s.n - 1]))
		s.n--;
	return s.n > 0 && s.p[s.n - 1] == ':' ? FAULT_NONE : FAULT_target;
}

enum fault target_parse(struct message *m, struct arena *a)
{
	INSIST(m->target.n > 0);
	if (m->method == METHOD_CONNECT)
		return read_authority(m, a);
	if (m->target.p[0] == '/')
		return read_path_and_query(m, m->target, a);
	if (str_eq(m->target, STR("*")))
		return read_asterisk(m);
	return read_absolute(m, a);
}
