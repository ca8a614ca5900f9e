/*
 * fuzz_conf_load.c - any bytes as a vhost, and as a sluiced.conf.
 *
 * Beside the bytes stands a fixed file of the other kind.  What is accepted
 * must be complete: its hosts and routes are found, and what -T prints of it
 * is a configuration that is accepted again and prints the same.
 */
#include "tests/fuzz/fuzz_conf.h"

#include "common/conf/global.h"
#include "common/conf/merge.h"
#include "common/conf/preset.h"
#include "common/conf/show.h"
#include "common/conf/vhost.h"

static const char main_file[] =
    "limits = { body = \"5m\"; }; log = { format = \"json\"; };\n"
    "presets = { a = { limits = { url = \"2k\"; };\n"
    "  headers = { response = { set = { X-A = \"${host}\"; }; }; }; };\n"
    "  b = { timeouts = { idle = \"5m\"; }; cookies = { secure = true; };\n"
    "  errors = ( { status = 503; retry_after = \"5s\"; } ); }; };\n";

static const char vhost_file[] =
    "host = \"z.example\"; use = [ \"a\" ];\n"
    "pools = { web = { servers = [ \"http://127.0.0.1:1\" ]; }; };\n"
    "routes = ( { path = \"/\"; pool = \"web\"; log = false; } );\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looking up every host and plain route finds them. */
static void check_lookups(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		for (unsigned j = 0; j <= l->names.slot_mask; j++) {
			const struct conf_name *name = &l->names.slots[j];

			if (name->vhost != NULL && name->text.p[0] != '.')
				INSIST(conf_names_find(&l->names, name->text) ==
				    name->vhost);
		}
	}
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		const struct conf_vhost *v = conf->vhosts[i];

		for (unsigned j = 0; j < v->route_count; j++)
			INSIST(v->routes[j].condition_count > 0 ||
			    v->routes[j].pattern != NULL ||
			    conf_find_route(v, v->routes[j].path) != NULL);
	}
}

/*
 * Loads the two files.  True: they are good, and the caller frees what -T
 * prints of them.
 */
static bool load(struct str main, struct str vhost, char **shown_r)
{
	struct conf_source source = {.name = "./vhosts.d/a.conf",
	    .text = vhost};
	struct conf_request request = {.file = "./sluiced.conf"};
	struct outcome o;
	size_t size;
	bool good;

	outcome_begin(&o, "./sluiced.conf", main);
	o.build.keep = true;
	o.conf.file = request.file;
	if (conf_global_read(&o.build, &o.source)) {
		conf_vhost_read(&o.build, &source);
		conf_merge(&o.build);
	}
	good = o.report.errors == 0;
	if (good) {
		conf_preset_check_used(&o.build);
		conf_build_finish(&o.build);
		check_lookups(&o.conf);
		request.show = open_memstream(shown_r, &size);
		INSIST(request.show != NULL);
		conf_show(&o.build, &request);
		fclose(request.show);
	}
	outcome_end(&o);
	return good;
}

/* Without the places, in place. */
static void strip_places(char *text)
{
	char *to = text;

	for (char *at = text; *at != '\0';) {
		char *end = strchr(at, '\n');
		char *place = end;

		INSIST(end != NULL);
		while (place > at && *place != '#')
			place--;
		if (*place != '#' || place == at)
			place = end;
		while (place > at && place[-1] == ' ')
			place--;
		memmove(to, at, (size_t)(place - at));
		to += place - at;
		*to++ = '\n';
		at = end + 1;
	}
	*to = '\0';
}

static void load_both_ways(struct str main, struct str vhost)
{
	static const char title[] = "# ---- vhosts.d/a.conf\n";
	char *shown, *again, *second;

	if (!load(main, vhost, &shown))
		return;
	second = strstr(shown, title);
	INSIST(second != NULL);
	INSIST(load(str_make(shown, (size_t)(second - shown)),
	    str_from(second), &again));
	strip_places(shown);
	strip_places(again);
	INSIST(strcmp(shown, again) == 0);
	free(shown);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	if (size == 0 || size > CONF_SOURCE_MAX)
		return 0;
	load_both_ways(STR(main_file), text);
	load_both_ways(text, STR(vhost_file));
	return 0;
}
