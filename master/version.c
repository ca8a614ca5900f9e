/*
 * version.c - version, libraries and features of this build.
 *
 * What a bug report should carry.  The versions of libraries are those that
 * configure found; config.h, which the Makefile includes everywhere, has them.
 */
#include "master/version.h"

#include <libconfig.h>

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
	out_lit(o, "libraries: libconfig " TEXT(LIBCONFIG_VER_MAJOR) "." TEXT(
			LIBCONFIG_VER_MINOR) "." TEXT(LIBCONFIG_VER_REVISION));
#if defined(SLUICE_LIBBSD_VERSION)
	out_lit(o, ", libbsd " SLUICE_LIBBSD_VERSION);
#endif
	out_lit(o, "\ncompiler: ");
#if defined(__clang__)
	out_lit(o, __VERSION__ "\n");
#else
	out_lit(o, "gcc " __VERSION__ "\n");
#endif
	write_features(o);
}
