/*
 * verify.c - sluiced -t and -T: a configuration is looked at, not used.
 *
 * Nothing is bound, opened for writing, or left behind.
 */
#include "master/verify.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/conf/report.h"
#include "master/inspect.h"

static void print_summary(const struct conf *conf)
{
	printf("%s: configuration is good: %u vhosts, %u pools, %u workers\n",
	    conf->file != NULL ? conf->file : "--listen", conf->vhost_count,
	    conf->pool_count, conf->workers);
	for (unsigned i = 0; i < conf->listener_count; i++)
		printf("listens on %s\n", conf->listeners[i].address.text);
}

/* STATUS, if all could be written. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "sluiced: standard output: %s\n", strerror(errno));
	return 1;
}

int verify_test(const struct options *o)
{
	struct conf_report report = {.out = o->json ? stdout : stderr,
	    .json = o->json};
	struct conf *conf = conf_load_with(&o->request, &report);

	if (conf != NULL) {
		inspect_ports(conf, &report);
		if (o->connect)
			inspect_origins(conf, &report);
		if (!o->json)
			print_summary(conf);
	}
	conf_report_end(&report);
	INSIST((conf == NULL) == (report.errors > 0));
	conf_free(&conf);
	if (report.errors > 0)
		return finish(1);
	return finish(o->strict && report.warnings > 0 ? 2 : 0);
}

int verify_show(const struct options *o)
{
	struct conf_report report = {.out = stderr};
	struct conf *conf;

	if (conf_pattern_init() < 0) {
		fputs("sluiced: out of memory\n", stderr);
		return 1;
	}
	conf = conf_load_with(&o->request, &report);

	conf_report_end(&report);
	conf_free(&conf);
	return finish(report.errors > 0 ? 1 : 0);
}
