/*
 * options.c - the command line of sluiced.
 *
 * Runs once, before anything else.  Quick mode (--listen and --to) is a
 * daemon's configuration on the command line; it stays in the foreground,
 * because who types it wants to see it and end it with Ctrl-C.
 */
#include "master/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/conf/paths.h"
#include "common/shm/cache.h"

enum { LISTEN = 256, TO, STRICT, CONNECT, JSON, SUPERVISED };

static const struct option long_options[] = {
    {"foreground", no_argument, NULL, 'd'},
    {"supervised", no_argument, NULL, SUPERVISED},
    {"test", no_argument, NULL, 't'},
    {"strict", no_argument, NULL, STRICT},
    {"connect", no_argument, NULL, CONNECT},
    {"json", no_argument, NULL, JSON},
    {"show", no_argument, NULL, 'T'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"file", required_argument, NULL, 'f'},
    {"listen", required_argument, NULL, LISTEN},
    {"to", required_argument, NULL, TO},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0}};

static const char usage[] =
    "usage: sluiced [-dvV] [--supervised] [-f FILE]\n"
    "       sluiced -t [--strict] [--connect] [--json] [-f FILE]\n"
    "       sluiced -T [-f FILE] [HOST [PATH]]\n"
    "       sluiced [-tv] --listen ADDRESS --to URL\n";

static const char help[] =
    "\n"
    "  -d, --foreground      stay in the foreground, log to stderr\n"
    "      --supervised      a daemon in the foreground: for systemd\n"
    "  -t, --test            test the configuration, bind nothing\n"
    "      --strict          exit with 2 when there are warnings\n"
    "      --connect         dial the origins, too\n"
    "      --json            messages for programs, on stdout\n"
    "  -T, --show            print the settings in force: all of them, a\n"
    "                        HOST's, or those for a PATH of it\n"
    "  -v, --verbose         log more\n"
    "  -V, --version         show version, libraries and features\n"
    "  -f, --file FILE       read FILE instead of " CONF_FILE "\n"
    "      --listen ADDRESS  quick mode: listen here, for any host,\n"
    "      --to URL          and proxy to this origin; no file is read\n"
    "  -h, --help            show this\n"
    "\n"
    "sluiced(8) and sluiced.conf(5) say the rest.\n";

void options_print_help(void)
{
	fputs(usage, stdout);
	fputs(help, stdout);
}

static enum options_what wrong(const char *text)
{
	if (text != NULL)
		fprintf(stderr, "sluiced: %s\n", text);
	fputs(usage, stderr);
	return OPTIONS_WRONG;
}

static const char *make_absolute(const char *file)
{
	char *cwd;
	char *path = NULL;

	if (file == NULL || file[0] == '/')
		return file;
	cwd = getcwd(NULL, 0);
	if (cwd == NULL || asprintf(&path, "%s/%s", cwd, file) < 0)
		path = NULL;
	free(cwd);
	return path != NULL ? path : file;
}

/* What C asks for, or OPTIONS_RUN when it is only a detail. */
static enum options_what take(int c, struct options *o)
{
	struct conf_request *r = &o->request;

	switch (c) {
	case 'd':
		r->foreground = true;
		return OPTIONS_RUN;
	case 'v':
		o->request.verbose = true;
		return OPTIONS_RUN;
	case 'f':
		r->file = optarg;
		return OPTIONS_RUN;
	case LISTEN:
		r->quick_listen = optarg;
		return OPTIONS_RUN;
	case TO:
		r->quick_to = optarg;
		return OPTIONS_RUN;
	case STRICT:
		o->strict = true;
		return OPTIONS_RUN;
	case CONNECT:
		o->connect = true;
		return OPTIONS_RUN;
	case SUPERVISED:
		o->supervised = true;
		return OPTIONS_RUN;
	case JSON:
		o->json = true;
		return OPTIONS_RUN;
	case 't':
		return OPTIONS_TEST;
	case 'T':
		return OPTIONS_SHOW;
	case 'V':
		return OPTIONS_VERSION;
	case 'h':
		return OPTIONS_HELP;
	default:
		return OPTIONS_WRONG;
	}
}

static enum options_what check(enum options_what what, struct options *o)
{
	struct conf_request *r = &o->request;

	if (r->quick_listen == NULL && r->quick_to != NULL)
		return wrong("--to needs an address: --listen 8080");
	if (r->quick_listen != NULL && r->quick_to == NULL)
		return wrong("--listen needs an origin: --to 127.0.0.1:3000");
	if (r->quick_to != NULL && r->file != NULL)
		return wrong("--to reads no file: leave out --file");
	if (r->quick_to != NULL && what == OPTIONS_SHOW)
		return wrong("-T shows files: there are none with --to");
	if (r->show_path != NULL && r->show_path[0] != '/')
		return wrong("the path of -T begins with \"/\"");
	if (o->supervised && (r->foreground || r->quick_to != NULL))
		return wrong("--supervised is for a daemon: leave out -d, "
			     "or --listen and --to");
	if ((o->strict || o->connect || o->json) && what != OPTIONS_TEST)
		return wrong("--strict, --connect and --json go with -t");
	if (r->quick_to != NULL)
		r->foreground = true;
	r->file = make_absolute(r->file);
	return what;
}

/* -T [HOST [PATH]] */
static void read_operands(int argc, char **argv, struct conf_request *r)
{
	r->show = stdout;
	r->show_host = argc > 0 ? argv[0] : NULL;
	r->show_path = argc > 1 ? argv[1] : NULL;
}

enum options_what options_read(int argc, char **argv, struct options *o_r)
{
	enum options_what what = OPTIONS_RUN;
	int c;

	*o_r = (struct options){.request.largest_object = cache_largest};
	while ((c = getopt_long(argc, argv, "dtTvVf:h", long_options, NULL)) !=
	    -1) {
		enum options_what asked = take(c, o_r);

		if (asked == OPTIONS_WRONG)
			return wrong(NULL);
		if (asked > what)
			what = asked;
	}
	argc -= optind, argv += optind;
	if (argc > (what == OPTIONS_SHOW ? 2 : 0))
		return wrong(what == OPTIONS_SHOW
			? "-T takes a host and a path"
			: "it takes options only");
	if (what == OPTIONS_SHOW)
		read_operands(argc, argv, &o_r->request);
	return check(what, o_r);
}
