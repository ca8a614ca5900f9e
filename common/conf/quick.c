/*
 * quick.c - a proxy from two options, without any file.
 *
 * Runs in the master.  The options become two small sources, so all messages
 * name them like files: "--to: error: ...".
 */
#include "common/conf/quick.h"

#include <stdio.h>

#include "common/base/insist.h"
#include "common/conf/global.h"
#include "common/conf/listen.h"
#include "common/conf/pool.h"
#include "common/conf/route.h"
#include "common/conf/source.h"
#include "common/conf/vhost.h"

static struct conf_spot option_spot(struct conf_build *b, const char *name,
    const char *text)
{
	return conf_spot_whole(
	    conf_source_make(b->scratch, name, str_from(text)));
}

static bool has_scheme(const char *to)
{
	return strstr(to, "://") != NULL || strncmp(to, "unix:", 5) == 0;
}

/* "3000" and ":3000" are ports of this machine. */
static bool is_port(const char *to)
{
	struct str port = str_from(to);
	uint64_t ignored;

	if (port.n > 0 && port.p[0] == ':')
		port.p++, port.n--;
	return str_to_u64(port, UINT16_MAX, &ignored);
}

static const char *make_url(struct conf_build *b, const char *to)
{
	char text[512];
	int n;

	if (has_scheme(to))
		return to;
	n = snprintf(text, sizeof(text), "http://%s%s",
	    !is_port(to) ? "" : *to == ':' ? "127.0.0.1" : "127.0.0.1:", to);
	INSIST(n > 0);
	return (size_t)n < sizeof(text)
		   ? arena_strdup(b->scratch, str_make(text, (size_t)n))
		   : to;
}

void conf_quick_read(struct conf_build *b, const struct conf_request *request)
{
	struct conf_spot to = option_spot(b, "--to", request->quick_to);
	struct conf_spot listen;
	struct conf_draft *draft;
	struct conf_pool *pool;

	conf_global_read(b, NULL);
	if (request->quick_listen != NULL) {
		listen = option_spot(b, "--listen", request->quick_listen);
		conf_listen_read_text(b, &listen, request->quick_listen,
		    &b->bindings);
		b->listens_by_default = false;
	}
	draft = conf_vhost_make(b, &to);
	pool = conf_pool_make(b, draft, &to, make_url(b, request->quick_to));
	if (pool != NULL)
		conf_route_read_all(b, draft, NULL,
		    &(struct conf_rest){.pool = pool, .spot = &to});
}
