/*
 * test_conf_util.c - loading configurations from a folder of their own.
 */
#include "tests/unit/test_conf_util.h"

#include <check.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"

void conf_case_begin(struct conf_case *c)
{
	*c = (struct conf_case){.dir = "/tmp/sluice-conf-XXXXXX"};
	INSIST(mkdtemp(c->dir) != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void conf_case_end(struct conf_case *c)
{
	conf_free(&c->conf);
	free(c->messages);
	c->messages = NULL;
	nftw(c->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_parent(const char *path)
{
	char parent[256];
	size_t n = (size_t)(strrchr(path, '/') - path);

	INSIST(n < sizeof(parent));
	memcpy(parent, path, n);
	parent[n] = '\0';
	mkdir(parent, 0755);
}

void conf_case_write(struct conf_case *c, const char *name, const char *text,
    size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	make_parent(path);
	f = fopen(path, "w");
	INSIST(f != NULL);
	INSIST(fwrite(text, 1, n, f) == n);
	INSIST(fclose(f) == 0);
}

void conf_case_text(struct conf_case *c, const char *name, const char *text)
{
	conf_case_write(c, name, text, strlen(text));
}

void conf_case_pems(struct conf_case *c)
{
	static const char here[] = __FILE__;
	char pattern[300], name[300], path[400];
	glob_t pems;

	snprintf(pattern, sizeof(pattern), "%.*sconf/pem/*",
	    (int)(strrchr(here, '/') + 1 - here), here);
	ck_assert_int_eq(glob(pattern, 0, NULL, &pems), 0);
	for (size_t i = 0; i < pems.gl_pathc; i++) {
		const char *base = strrchr(pems.gl_pathv[i], '/') + 1;
		size_t n;
		char *text = conf_case_read_file(pems.gl_pathv[i], &n);

		snprintf(name, sizeof(name), "pem/%s", base);
		conf_case_write(c, name, text, n);
		free(text);
		snprintf(path, sizeof(path), "%s/%s", c->dir, name);
		INSIST(chmod(path, strncmp(base, "readable", 8) == 0
			? 0644 : 0600) == 0);
	}
	globfree(&pems);
}

void conf_case_remove(char *s, const char *word)
{
	size_t n = strlen(word);

	while ((s = strstr(s, word)) != NULL)
		memmove(s, s + n, strlen(s + n) + 1);
}

void conf_case_load(struct conf_case *c, const struct conf_request *request)
{
	struct conf_request own = {0};
	char file[64], prefix[64];
	size_t size;
	FILE *out;

	conf_free(&c->conf);
	free(c->messages);
	snprintf(file, sizeof(file), "%s/sluiced.conf", c->dir);
	own.file = file;
	out = open_memstream(&c->messages, &size);
	INSIST(out != NULL);
	c->conf = conf_load(request ? request : &own, out, &c->errors,
	    &c->warnings);
	INSIST(fclose(out) == 0);
	snprintf(prefix, sizeof(prefix), "%s/", c->dir);
	conf_case_remove(c->messages, prefix);
	conf_case_remove(c->messages, "vhosts.d/");
}

void conf_case_load_good(struct conf_case *c)
{
	conf_case_load(c, NULL);
	ck_assert_msg(c->conf != NULL, "%s", c->messages);
	ck_assert_str_eq(c->messages, "");
	ck_assert_uint_eq(c->errors, 0);
}

void conf_case_load_bad(struct conf_case *c, const char *message)
{
	conf_case_load(c, NULL);
	ck_assert_ptr_null(c->conf);
	ck_assert_uint_gt(c->errors, 0);
	ck_assert_msg(strstr(c->messages, message) != NULL,
	    "\"%s\" is not in:\n%s", message, c->messages);
}

const struct conf_listener *conf_case_listener(const struct conf_case *c,
    const char *text)
{
	for (unsigned i = 0; i < c->conf->listener_count; i++)
		if (strcmp(c->conf->listeners[i].address.text, text) == 0)
			return &c->conf->listeners[i];
	return NULL;
}

static int compare_names(const void *pa, const void *pb)
{
	const struct conf_name *a = pa, *b = pb;

	return str_cmp(a->text, b->text);
}

static void dump_names(FILE *out, const struct conf_names *names)
{
	struct conf_name sorted[64];
	size_t count = 0;

	ck_assert_uint_le(names->count, 64);
	for (unsigned i = 0; i <= names->slot_mask; i++)
		if (names->slots[i].vhost != NULL)
			sorted[count++] = names->slots[i];
	qsort(sorted, count, sizeof(sorted[0]), compare_names);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %.*s -> %s\n", (int)sorted[i].text.n,
		    sorted[i].text.p, sorted[i].vhost->name);
}

static void dump_listener(FILE *out, const struct conf_listener *l)
{
	fprintf(out, "listener %s%s%s%s%s%s\n", l->address.text,
	    l->is_unix ? " (unix)" : "", l->tls ? " (tls)" : "",
	    l->h2c ? " (h2c)" : "", l->tcp ? " (tcp)" : "",
	    l->passthrough ? " (passthrough)" : "");
	dump_names(out, &l->names);
	for (unsigned i = 0; i < l->names.pattern_count; i++)
		fprintf(out, "  ~%s -> %s\n",
		    l->names.patterns[i].pattern->text.p,
		    l->names.patterns[i].vhost->name);
	if (l->names.catch_all != NULL)
		fprintf(out, "  all others -> %s\n",
		    l->names.catch_all->name);
}

static void dump_template(FILE *out, const struct conf_template *t)
{
	static const char *const names[] = {
#define REQUEST_NAME(id, name, meaning) name,
#include "common/tbl/request_names.h"
#undef REQUEST_NAME
	};

	for (unsigned i = 0; i < t->count; i++) {
		const struct conf_template_part *part = &t->parts[i];

		if (part->id == CONF_PART_CAPTURE)
			fprintf(out, "<%u>", part->number);
		else if (part->id == CONF_PART_TEXT)
			fprintf(out, "%" PRI_STR, ARG_STR(part->text));
		else
			fprintf(out, "<%s%" PRI_STR ">", names[part->id],
			    ARG_STR(part->text));
	}
}

static void dump_rules(FILE *out, const struct conf_rules *rules)
{
	for (unsigned i = 0; i < rules->count; i++) {
		const struct conf_rule *rule = &rules->at[i];

		fprintf(out, "    rewrite %s to ", rule->match != NULL
			? rule->match->text.p : "all");
		dump_template(out, &rule->to);
		if (rule->status != 0)
			fprintf(out, ", redirect %u", rule->status);
		fprintf(out, "%s (line %u)\n", rule->goes_on ? ", continue" : "",
		    rule->place.line);
	}
}

static void dump_condition(FILE *out, const struct conf_condition *c)
{
	static const char *const kinds[] = {"method", "header", "query",
	    "cookie", "from"};

	fprintf(out, "    if %s %" PRI_STR, kinds[c->kind], ARG_STR(c->name));
	for (unsigned i = 0; i < c->value_count; i++)
		fprintf(out, " \"%" PRI_STR "\"", ARG_STR(c->values[i]));
	if (c->kind == CONF_WHEN_FROM)
		fprintf(out, "%u networks", c->networks.count);
	fputc('\n', out);
}

static void dump_arm(FILE *out, const struct conf_arm *arm)
{
	fprintf(out, "      %" PRI_STR " weight %u", ARG_STR(arm->label),
	    arm->weight);
	if (arm->pool != NULL)
		fprintf(out, ", pool %u", arm->pool->id);
	fputc('\n', out);
	if (arm->force != NULL)
		dump_condition(out, arm->force);
}

static void dump_split(FILE *out, const struct conf_split *split)
{
	static const char *const sticky[] = {"cookie", "ip", ""};

	fprintf(out, "    split %s by %s", split->name, sticky[split->sticky]);
	dump_template(out, &split->key_of);
	fprintf(out, " for %llds", (long long)(split->ttl / USEC_PER_SEC));
	if (split->if_down != NULL)
		fprintf(out, ", if down %s", split->if_down->name);
	fprintf(out, " (line %u)\n", split->place.line);
	for (unsigned i = 0; i < split->arm_count; i++)
		dump_arm(out, &split->arms[i]);
}

static void dump_route(FILE *out, const struct conf_route *route)
{
	fprintf(out, "  %s%.*s -> ", route->is_first ? "first " : "",
	    (int)route->path.n, route->path.p);
	if (route->pool != NULL)
		fprintf(out, "pool %u", route->pool->id);
	else if (route->answer != NULL)
		fprintf(out, "%u ", route->answer->status);
	else
		fputs("split", out);
	if (route->answer != NULL)
		dump_template(out, route->answer->is_redirect
			? &route->answer->to : &route->answer->body);
	fprintf(out, "%s%s (line %u)\n", route->is_exact ? ", exactly" : "",
	    route->strip ? ", strip" : "", route->place.line);
	if (route->mirror != NULL)
		fprintf(out, "    mirror %u%% to pool %u\n",
		    route->mirror->percent, route->mirror->pool->id);
	for (unsigned i = 0; i < route->condition_count; i++)
		dump_condition(out, &route->conditions[i]);
	for (unsigned i = 0; i < route->splits.count; i++)
		dump_split(out, &route->splits.at[i]);
	dump_rules(out, &route->rules);
}

static void dump_tls(FILE *out, const struct conf_tls *tls)
{
	static const char *const asked[] = {"none", "optional", "require"};

	fprintf(out, "  tls %x %s %s%s%s%s, %lld ms\n",
	    (unsigned)tls->min_version, tls->ciphers,
	    tls->suites != NULL ? tls->suites : "-", tls->h2 ? " h2" : "",
	    tls->early_data ? " early" : "", tls->ocsp_staple ? " ocsp" : "",
	    (long long)(tls->handshake_timeout / USEC_PER_MSEC));
	fprintf(out, "    clients %s by %zu bytes\n", asked[tls->client_cert],
	    tls->client_ca.n);
	for (unsigned i = 0; i < tls->pair_count; i++)
		fprintf(out, "    %s %s\n", tls->pairs[i]->subject,
		    tls->pairs[i]->kind);
}

static void dump_vhost(FILE *out, const struct conf_vhost *v)
{
	static const char *const asked[] = {"none", "optional", "require"};

	fprintf(out, "vhost %s:", v->name);
	for (unsigned i = 0; i < v->host_count; i++)
		fprintf(out, " %s", v->hosts[i]);
	fprintf(out, " (line %u)\n", v->place.line);
	if (v->canonical != NULL)
		fprintf(out, "  canonical %s\n", v->canonical);
	if (v->tls != NULL)
		dump_tls(out, v->tls);
	if (v->https_redirect)
		fprintf(out, "  redirect to port %u\n", v->https_port);
	if (v->hsts.n > 0)
		fprintf(out, "  %.*s\n", (int)v->hsts.n - 2, v->hsts.p);
	dump_rules(out, &v->rules);
	for (unsigned i = 0; i < v->route_count; i++) {
		const struct conf_scope *scope = v->routes[i].scope;

		dump_route(out, &v->routes[i]);
		if (scope->client_cert != CONF_CLIENT_CERT_NONE)
			fprintf(out, "    client_cert %s\n",
			    asked[scope->client_cert]);
	}
}

/* Where it is not the default. */
static void dump_pool_tls(FILE *out, const struct conf_pool *pool)
{
	const struct conf_origin_tls *tls = &pool->tls;

	if (tls->ca.n > 0 || tls->name != NULL || !tls->verify ||
	    tls->pair != NULL)
		fprintf(out, "  tls ca %zu, name %s, %s, cert %s\n", tls->ca.n,
		    tls->name ? tls->name : "-",
		    tls->verify ? "verified" : "not verified",
		    tls->pair ? tls->pair->subject : "-");
	if (pool->http != CONF_POOL_HTTP_AUTO)
		fprintf(out, "  http %d\n", pool->http);
	if (pool->proxy_protocol != 0)
		fprintf(out, "  PROXY protocol v%u\n", pool->proxy_protocol);
}

static void dump_pool(FILE *out, const struct conf_pool *pool)
{
	fprintf(out, "pool %u %s of %s\n", pool->id, pool->name,
	    pool->vhost->name);
	dump_pool_tls(out, pool);
	for (unsigned i = 0; i < pool->server_count; i++) {
		const struct conf_server *s = &pool->servers[i];

		fprintf(out, "  %s: %s, host %s, prefix \"%s\", weight %u%s%s\n",
		    s->url, s->address.text, s->host, s->prefix, s->weight,
		    s->https ? ", https" : "", s->tcp ? ", tcp" : "");
	}
}

char *conf_case_dump(const struct conf *conf)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	INSIST(out != NULL);
	for (unsigned i = 0; i < conf->listener_count; i++)
		if (strncmp(conf->listeners[i].address.text, "[::]:", 5) != 0)
			dump_listener(out, &conf->listeners[i]);
	for (unsigned i = 0; i < conf->vhost_count; i++)
		dump_vhost(out, conf->vhosts[i]);
	for (unsigned i = 0; i < conf->pool_count; i++)
		dump_pool(out, conf->pools[i]);
	INSIST(fclose(out) == 0);
	return text;
}

char *conf_case_read_file(const char *path, size_t *n_r)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	char *text;

	if (f == NULL)
		return NULL;
	INSIST(fstat(fileno(f), &st) == 0);
	text = malloc((size_t)st.st_size + 1);
	INSIST(text != NULL);
	*n_r = fread(text, 1, (size_t)st.st_size, f);
	text[*n_r] = '\0';
	fclose(f);
	return text;
}

char *conf_case_read_manual(void)
{
	static const char here[] = __FILE__;
	const char *tests = strstr(here, "tests/unit/");
	char path[256];
	char *page;
	size_t n;

	snprintf(path, sizeof(path), "%.*sman/sluiced.conf.5",
	    (int)(tests - here), here);
	page = conf_case_read_file(path, &n);
	ck_assert_msg(page != NULL, "%s is missing", path);
	ck_assert_uint_eq(strlen(page), n);
	return page;
}

bool conf_case_has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
