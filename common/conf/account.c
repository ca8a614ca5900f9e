/*
 * account.c - whom the workers run as.
 *
 * Runs in the master.  Started as root without the user "sluice", quick mode
 * takes nobody (first contact should work), but a configuration file is an
 * error: nobody is shared by whoever is careless.
 */
#include "common/conf/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "common/base/insist.h"

static void stay(struct conf *conf)
{
	conf->uid = geteuid();
	conf->gid = getegid();
}

static void report_no_user(struct conf_build *b)
{
	conf_report_error(b->report, &b->user_spot,
	    "there is no user \"%s\" for the workers", b->user);
	conf_report_help(b->report, "useradd --system --user-group "
	    "--no-create-home --home-dir /nonexistent "
	    "--shell /usr/sbin/nologin %s", b->user);
}

static const struct passwd *find_user(struct conf_build *b)
{
	const struct passwd *pw = getpwnam(b->user);

	if (pw == NULL && b->quick) {
		pw = getpwnam("nobody");
		b->group = "nogroup";
		if (pw != NULL)
			conf_report_lint(b->report, LINT_nobody, &b->user_spot,
			    "there is no user \"%s\": workers run as "
			    "nobody:nogroup", b->user);
	}
	if (pw == NULL)
		report_no_user(b);
	return pw;
}

static void set_group(struct conf_build *b, const struct group *gr, gid_t gid)
{
	INSIST(gr == NULL || gr->gr_gid == gid);
	if (gid == 0) {
		conf_report_error(b->report, &b->group_spot,
		    "workers do not run with the group of root");
		conf_report_help(b->report, "set \"group\" to another one");
		return;
	}
	b->conf->gid = gid;
	b->conf->group = gr ? arena_strdup(&b->conf->arena,
	    str_from(gr->gr_name)) : NULL;
}

static void resolve_group(struct conf_build *b, gid_t primary)
{
	const struct group *gr;

	if (b->group == NULL) {
		set_group(b, getgrgid(primary), primary);
		return;
	}
	gr = getgrnam(b->group);
	if (gr != NULL) {
		set_group(b, gr, gr->gr_gid);
		return;
	}
	conf_report_error(b->report, &b->group_spot,
	    "there is no group \"%s\"", b->group);
	conf_report_help(b->report, "groupadd --system %s", b->group);
}

static void resolve_user(struct conf_build *b)
{
	const struct passwd *pw = find_user(b);
	struct conf *conf = b->conf;

	if (pw == NULL)
		return;
	if (pw->pw_uid == 0) {
		conf_report_error(b->report, &b->user_spot,
		    "workers do not run as root");
		conf_report_help(b->report, "leave \"user\" out, or set it "
		    "to a user without rights");
		return;
	}
	conf->uid = pw->pw_uid;
	conf->user = arena_strdup(&conf->arena, str_from(pw->pw_name));
	resolve_group(b, pw->pw_gid);
}

static void resolve_control_group(struct conf_build *b)
{
	const struct group *gr;

	b->conf->control_gid = (gid_t)-1;
	if (b->control_group == NULL)
		return;
	gr = getgrnam(b->control_group);
	if (gr != NULL)
		b->conf->control_gid = gr->gr_gid;
	else
		conf_report_error(b->report, &b->control_group_spot,
		    "there is no group \"%s\"", b->control_group);
}

void conf_account_resolve(struct conf_build *b)
{
	stay(b->conf);
	if (b->as_root && b->user != NULL)
		resolve_user(b);
	resolve_control_group(b);
}
