/*
 * fuzz_vary.c - any head as a request to the cache: its key, its variant, what
 * its URLs name.
 *
 * The head is also taken as that of the reply: what it says in Vary, Location
 * and Content-Location.  A key or a variant text has a line for each of its
 * parts and no more, whatever the parts hold; what a text says of a field is as
 * much as what the field says; URLs are those that a request could have.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/cache/invalidate.h"
#include "worker/cache/vary.h"
#include "worker/http/head.h"
#include "worker/http/path.h"

#define SIZE_MOST ((size_t)8 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_head_limits limits = {CONF_HEADER_MAX, CONF_FIELDS_MAX,
    16 * 1024};
static const struct str ignored[] = {STR("utm_*"), STR("*id"), STR("x")};
static const struct str cookies[] = {STR("currency"), STR("a")};
static const struct str headers[] = {STR("accept"), STR("x-a")};
static const struct conf_cache_key conf = {{ignored, 3}, {cookies, 2},
    {headers, 2}};

static unsigned lines_of(struct str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* ---- Vary ---- */

/* A request that has VALUE in NAME gets the text that VALUE was taken from;
 * unless a quoted string ends with its line. */
static void check_again(struct str name, struct str value)
{
	static char text[4 * SIZE_MOST];
	struct field f = {.name = name.p,
	    .name_len = (uint16_t)name.n,
	    .value = value.p,
	    .value_len = (uint32_t)value.n};
	struct message m = {.fields = &f, .field_count = 1};
	struct out o = out_make(text, sizeof(text));

	INSIST(vary_write_value(&m, name, &o) && out_ok(&o));
	if (value.n == 0 || memchr(value.p, '"', value.n) != NULL)
		return;
	INSIST(str_eq(out_text(&o), value));
}

static void check_spec(struct str spec)
{
	struct str last = STR(""), name;

	while (vary_next(&spec, &name)) {
		INSIST(str_is_token(name));
		INSIST(last.n == 0 || str_cmp(last, name) != 0);
		for (size_t i = 0; i < name.n; i++)
			INSIST(name.p[i] == char_lower(name.p[i]));
		last = name;
	}
}

static void try_vary(const struct message *m)
{
	static char text[4 * SIZE_MOST], value[4 * SIZE_MOST];
	char spec_text[VARY_SPEC_MAX];
	struct out spec = out_make(spec_text, sizeof(spec_text));
	struct out o = out_make(text, sizeof(text));
	struct str texts[VARY_TEXTS_MAX], names, name;
	unsigned count, lines;
	bool found = false;

	if (vary_read(m, &spec) != VARY_FIELDS)
		return;
	names = out_text(&spec);
	check_spec(names);
	lines = lines_of(names) + 1;
	count = vary_of_request(names, m, &o, texts);
	INSIST(count >= 1 && count <= VARY_TEXTS_MAX);
	for (unsigned i = 0; i < count; i++)
		INSIST(lines_of(texts[i]) == lines);
	o = out_make(value, sizeof(value));
	INSIST(vary_of_reply(names, m, m, &o));
	for (unsigned i = 0; i < count; i++)
		found = found || str_eq(texts[i], out_text(&o));
	INSIST(found);
	while (vary_next(&names, &name)) {
		o = out_make(value, sizeof(value));
		if (vary_write_value(m, name, &o))
			check_again(name, out_text(&o));
	}
}

/* ---- keys and URLs ---- */

static void check_urls(const struct key_ask *ask, const struct message *m,
    struct arena *a)
{
	struct invalidate_url urls[INVALIDATE_MAX];
	unsigned count = invalidate_urls(ask, m, a, urls);

	INSIST(count >= 1 && count <= INVALIDATE_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct str forward, path;

		INSIST(urls[i].path.n > 0 && urls[i].path.p[0] == '/');
		INSIST(path_normalise(urls[i].path, a, &forward, &path) ==
		    FAULT_NONE);
		INSIST(str_eq(forward, urls[i].path));
	}
	(void)invalidate_is_content(ask, m, a);
}

static void try_key(const struct message *m, struct arena *a)
{
	static char text[4 * SIZE_MOST];
	struct out o = out_make(text, sizeof(text));
	struct key_ask ask = {STR("https"), m->authority, m->forward, m->query,
	    STR("pool"), m};
	size_t url;

	if (m->forward.n == 0 || m->forward.p[0] != '/')
		return;
	INSIST(key_write(&conf, &ask, &o));
	INSIST(lines_of(out_text(&o)) == 2 + 4);
	url = (size_t)((char *)memchr(text, '\n', o.n) - text);
	o = out_make(text, sizeof(text));
	INSIST(key_write_url(&conf, &ask, &o) && o.n == url);
	check_urls(&ask, m, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str head = str_make((const char *)data, size);
	struct message m;
	struct arena a;

	if (size == 0 || size > SIZE_MOST ||
	    head_length(head.p, head.n, 0) != head.n)
		return 0;
	arena_init(&a);
	if (head_parse_request(head, &limits, &a, &m) == FAULT_NONE) {
		try_vary(&m);
		try_key(&m, &a);
	}
	arena_free(&a);
	return 0;
}
