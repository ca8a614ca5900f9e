/*
 * version.c - version, libraries and features of this build.
 *
 * What a bug report should carry.  The versions of libraries are those that
 * configure found; config.h, which the Makefile includes everywhere, has them.
 */
#include "master/version.h"

#include <libconfig.h>
#include <openssl/opensslv.h>

#include "common/base/json.h"

#define TEXT(x) TEXT_OF(x)
#define TEXT_OF(x) #x

static const char *const features[] = {
#if defined(__SANITIZE_ADDRESS__)
    "asan",
#endif
#if defined(SLUICE_UBSAN)
    "ubsan",
#endif
#if defined(SLUICE_CENSUS)
    "census",
#endif
#if defined(SLUICE_TRAPS)
    "traps",
#endif
#if defined(SLUICE_UCONTEXT)
    "ucontext",
#endif
    NULL};

static const struct {
	const char *name;
	const char *version;
} libraries[] = {
    {"libconfig",
	TEXT(LIBCONFIG_VER_MAJOR) "." TEXT(LIBCONFIG_VER_MINOR) "." TEXT(
	    LIBCONFIG_VER_REVISION)},
#if defined(SLUICE_LIBBSD_VERSION)
    {"libbsd", SLUICE_LIBBSD_VERSION},
#endif
    {"OpenSSL", OPENSSL_VERSION_STR},
};

#define LIBRARY_COUNT (sizeof(libraries) / sizeof(libraries[0]))

#if defined(__clang__)
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

const char *version_number(void)
{
	return PACKAGE_VERSION;
}

static void write_features(struct out *o)
{
	out_lit(o, "features: ");
	if (features[0] == NULL)
		out_lit(o, "plain");
	for (const char *const *f = features; *f != NULL; f++)
		out_fmt(o, "%s%s", f == features ? "" : ", ", *f);
	out_char(o, '\n');
}

void version_write(struct out *o)
{
	out_fmt(o, "sluiced %s\n", version_number());
	out_lit(o, "libraries: ");
	for (unsigned i = 0; i < LIBRARY_COUNT; i++)
		out_fmt(o, "%s%s %s", i > 0 ? ", " : "", libraries[i].name,
		    libraries[i].version);
	out_fmt(o, "\ncompiler: %s\n", compiler);
	write_features(o);
}

void version_write_json(struct out *o)
{
	out_lit(o, "{\"ok\":true");
	json_name_string(o, "version", str_from(version_number()));
	json_name(o, "libraries");
	out_char(o, '{');
	for (unsigned i = 0; i < LIBRARY_COUNT; i++)
		json_name_string(o, libraries[i].name,
		    str_from(libraries[i].version));
	out_char(o, '}');
	json_name_string(o, "compiler", str_from(compiler));
	json_name(o, "features");
	out_char(o, '[');
	for (const char *const *f = features; *f != NULL; f++) {
		json_item(o);
		json_string(o, str_from(*f));
	}
	out_lit(o, "]}\n");
}
