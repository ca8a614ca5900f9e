/*
 * fuzz_conf_scan.c - any bytes as a configuration file.
 *
 * What the scan finds clean, libconfig must read, and as the same tree.  The
 * same bytes are then read as a vhost and as a sluiced.conf, with everything
 * behind that touches no file: what is accepted must be complete, and what is
 * refused must be explained, in text that is harmless to a terminal.
 */
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/build.h"
#include "common/conf/global.h"
#include "common/conf/merge.h"
#include "common/conf/source.h"
#include "common/conf/vhost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	struct conf conf;
	struct arena scratch;
	struct conf_report report;
	struct conf_build build;
	struct conf_source source;
	char *messages;
	size_t messages_size;
};

/* Two files can be included; one of them includes the other. */
static const struct conf_source *open_included(void *arg,
    const struct conf_source *from, struct str path, const char **error_r)
{
	static const struct conf_source a = {"a", {"host = \"a\"", 10}};
	static const struct conf_source b = {"b", {"@include \"a\"\n#", 14}};

	(void)arg, (void)from;
	if (str_eq(path, STR("a")))
		return &a;
	if (str_eq(path, STR("b")))
		return &b;
	*error_r = "there is no such file";
	return NULL;
}

static void begin(struct outcome *o, struct str text)
{
	*o = (struct outcome){.source = {.name = "fuzz.conf", .text = text}};
	arena_init(&o->conf.arena);
	arena_init(&o->scratch);
	o->report.out = open_memstream(&o->messages, &o->messages_size);
	INSIST(o->report.out != NULL);
	conf_build_start(&o->build, &o->conf, &o->report, &o->scratch,
	    &o->source);
	o->build.open = open_included;
	o->build.has_ipv6 = true;
}

static void check_messages(const struct outcome *o)
{
	INSIST((o->report.errors + o->report.warnings > 0) ==
	    (o->messages_size > 0));
	for (size_t i = 0; i < o->messages_size; i++) {
		unsigned char c = (unsigned char)o->messages[i];

		INSIST(c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f));
	}
}

static void end(struct outcome *o)
{
	fclose(o->report.out);
	check_messages(o);
	free(o->messages);
	arena_free(&o->scratch);
	arena_free(&o->conf.arena);
}

/* What the loader says when libconfig does not agree with the scan. */
static bool blames_libconfig(const char *messages)
{
	static const char blame[] = "fuzz.conf: error: libconfig ";
	const char *found = strstr(messages, blame);

	return found != NULL && (found == messages || found[-1] == '\n');
}

/* True: the scan found nothing. */
static bool compare_with_libconfig(struct str text)
{
	struct outcome o;
	struct conf_scan_input input;
	config_t config;
	bool clean;

	begin(&o, text);
	input = (struct conf_scan_input){.source = &o.source,
	    .report = &o.report,
	    .arena = &o.scratch,
	    .open = open_included};
	clean = conf_tree_read(&config, &input);
	fflush(o.report.out);
	INSIST(!blames_libconfig(o.messages));
	config_destroy(&config);
	end(&o);
	return clean;
}

/* Looking up every host and route finds them. */
static void check_lookups(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		for (unsigned j = 0; j < l->name_count; j++)
			INSIST(conf_find_vhost(l, l->names[j].host) ==
			    l->names[j].vhost);
	}
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		const struct conf_vhost *v = conf->vhosts[i];

		for (unsigned j = 0; j < v->route_count; j++)
			INSIST(conf_find_route(v, v->routes[j].path) ==
			    &v->routes[j]);
	}
}

static void read_as_vhost(struct str text)
{
	struct outcome o;

	begin(&o, STR(""));
	conf_global_read(&o.build, NULL);
	o.source.text = text;
	conf_vhost_read(&o.build, &o.source);
	conf_merge(&o.build);
	if (o.report.errors == 0) {
		conf_build_finish(&o.build);
		check_lookups(&o.conf);
	}
	end(&o);
}

static void read_as_main(struct str text)
{
	struct outcome o;

	begin(&o, text);
	if (conf_global_read(&o.build, &o.source) && o.report.errors == 0)
		INSIST(o.conf.workers > 0 && o.conf.watchdog > 0);
	end(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	if (size == 0 || size > CONF_SOURCE_MAX)
		return 0;
	if (compare_with_libconfig(text)) {
		read_as_vhost(text);
		read_as_main(text);
	}
	return 0;
}
