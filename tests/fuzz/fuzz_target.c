/*
 * fuzz_target.c - any bytes as a request target.
 *
 * What is accepted is held against a second, simple reading: the path has no
 * dot segment, not even after decoding it twice more, reading it again changes
 * nothing, and what is matched is what is forwarded but for empty segments; the
 * loose reading has nothing in it that could be read in two ways.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/http/path.h"
#include "worker/http/target.h"

#define TARGET_MAX ((size_t)16 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fault read_target(struct message *m, enum method method,
    struct str target, struct arena *a)
{
	*m = (struct message){
	    .method = method,
	    .target = target,
	    .host = STR("a"),
	    .authority = STR("A"),
	};
	return target_parse(m, a);
}

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

static void check_no_dot_segment(struct str s)
{
	size_t start = 0;

	for (size_t i = 0; i <= s.n; i++) {
		struct str segment = str_make(s.p + start, i - start);

		if (i < s.n && !is_separator(s.p[i]) && s.p[i] != ';')
			continue;
		INSIST(!str_eq(segment, STR(".")));
		INSIST(!str_eq(segment, STR("..")));
		while (i < s.n && !is_separator(s.p[i]))
			i++;
		start = i + 1;
	}
}

/* One decoding, by somebody who leaves a bad escape as it is. */
static struct str decode(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n ? char_hex(s.p[i + 1]) : -1;
		int low = i + 2 < s.n ? char_hex(s.p[i + 2]) : -1;

		to[n] = s.p[i];
		if (s.p[i] == '%' && high >= 0 && low >= 0) {
			to[n] = (char)(high * 16 + low);
			i += 2;
		}
		n++;
	}
	return str_make(to, n);
}

static void check_path(const struct message *m)
{
	static char once[TARGET_MAX], twice[TARGET_MAX];
	struct str decoded = decode(m->forward, once);
	size_t at = 0;

	INSIST(m->path.n > 0 && m->path.p[0] == '/');
	check_no_dot_segment(m->forward);
	check_no_dot_segment(decoded);
	check_no_dot_segment(decode(decoded, twice));
	for (size_t i = 0; i < m->forward.n; i++) {
		if (i > 0 && m->forward.p[i] == '/' &&
		    m->forward.p[i - 1] == '/')
			continue;
		INSIST(at < m->path.n && m->path.p[at] == m->forward.p[i]);
		at++;
	}
	INSIST(at == m->path.n);
}

/* Nothing is left in it of what careless readers disagree on. */
static void check_loose(struct str path, struct arena *a)
{
	struct str loose;

	INSIST(path_loosen(path, a, &loose) == FAULT_NONE);
	INSIST(loose.n > 0 && loose.n <= path.n && loose.p[0] == '/');
	for (size_t i = 1; i < loose.n; i++) {
		char last = loose.p[i - 1];
		bool ends = i + 1 == loose.n || loose.p[i + 1] == '/';

		INSIST(loose.p[i] != '/' || last != '/');
		INSIST(loose.p[i] != ';' && loose.p[i] != '\\');
		INSIST(!ends || (loose.p[i] != '.' && loose.p[i] != ' '));
	}
}

static void check_again(const struct message *m, struct arena *a)
{
	struct message again;

	INSIST(read_target(&again, m->method, m->forward, a) == FAULT_NONE);
	INSIST(str_eq(again.forward, m->forward));
	INSIST(str_eq(again.path, m->path));
}

static void try_target(enum method method, struct str target)
{
	struct arena a;
	struct message m;
	enum fault fault;

	arena_init(&a);
	fault = read_target(&m, method, target, &a);
	INSIST(fault >= FAULT_NONE && fault < FAULT_END);
	if (fault == FAULT_NONE && method != METHOD_CONNECT &&
	    !str_eq(m.forward, STR("*"))) {
		check_path(&m);
		check_loose(m.path, &a);
		check_again(&m, &a);
	}
	arena_free(&a);
}

static void try_authority(struct str authority)
{
	struct arena a;
	struct str host;

	arena_init(&a);
	if (target_parse_authority(authority, &a, &host) == FAULT_NONE) {
		INSIST(host.n > 0 && host.n <= authority.n);
		for (size_t i = 0; i < host.n; i++)
			INSIST(host.p[i] == char_lower(host.p[i]) &&
			    host.p[i] > ' ' && host.p[i] < 0x7f &&
			    host.p[i] != '/' && host.p[i] != '@');
	}
	arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str target = str_make((const char *)data, size);

	if (size == 0 || size > TARGET_MAX)
		return 0;
	try_target(METHOD_GET, target);
	try_target(METHOD_OPTIONS, target);
	try_target(METHOD_CONNECT, target);
	try_authority(target);
	return 0;
}
