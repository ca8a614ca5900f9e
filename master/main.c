/*
 * main.c - sluiced, from the command line to the last breath.
 *
 * The master binds and supervises; it never reads a byte that a client or an
 * origin has sent.  It is one thread over one loop (events.h), and nothing in
 * it waits.  In reading order:
 *
 *   options, startup, place   the command line, the background, the pid file
 *   world, reload, trial      one generation, and the way to the next
 *   listen, tcp, local        the sockets, which outlive all generations;
 *   activation                those that were handed to us
 *   child, supervise, cover   a worker in each slot, each queue served
 *   hear, reap, watchdog      what workers say, how they end, who hangs
 *   retire, leave, quit       draining, closing addresses, the end
 *   control, verbs, status    sluicectl's other end
 *   notify                    what the service manager is told
 *   logs, rotate              log files and their rotation
 *   saved                     the cache in a file between two lives
 *   pairs, pair_check,        certificates: looked at, checked, sent,
 *   pair_send, tls_status     and told of
 */
#include <bsd/unistd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/shm/seat.h"
#include "common/shm/wake.h"
#include "master/activation.h"
#include "master/control.h"
#include "master/daemon_key.h"
#include "master/quit.h"
#include "master/events.h"
#include "master/fixed.h"
#include "master/jump.h"
#include "master/leave.h"
#include "master/limits.h"
#include "master/logs.h"
#include "master/notify.h"
#include "master/options.h"
#include "master/place.h"
#include "master/pseudonym.h"
#include "master/reap.h"
#include "master/reload.h"
#include "master/rotate.h"
#include "master/saved.h"
#include "master/signals.h"
#include "master/startup.h"
#include "master/status.h"
#include "master/verify.h"
#include "master/version.h"
#include "master/watchdog.h"

static struct options options;
static int exit_status;

/* ---- signals ---- */

static void on_reload(pid_t pid)
{
	log_info("HUP from pid %d: reload", (int)pid);
	reload_ask();
}

static void on_reopen(pid_t pid)
{
	log_info("USR1 from pid %d: reopening logs", (int)pid);
	rotate_begin();
}

static void on_drain(pid_t pid)
{
	log_info("QUIT from pid %d", (int)pid);
	quit_drain();
}

static void on_stop(pid_t pid)
{
	log_info("asked to stop by pid %d", (int)pid);
	quit_stop();
}

static void on_child(pid_t pid)
{
	(void)pid;
	reap_all();
}

static const struct signals_action actions[] = {
    {SIGHUP, on_reload},
    {SIGUSR1, on_reopen},
    {SIGQUIT, on_drain},
    {SIGTERM, on_stop},
    {SIGINT, on_stop},
    {SIGCHLD, on_child},
    {0, NULL}};

/* ---- running ---- */

static void first_round_done(bool ok, struct str text)
{
	if (ok) {
		startup_leave_terminal();
		startup_done(0);
		notify_ready("running");
		return;
	}
	startup_complain(text);
	exit_status = 1;
	quit_stop();
}

static void reloaded(unsigned round, bool ok, struct str text)
{
	notify_ready(ok ? "running" : "running; the last reload was refused");
	control_reloaded(round, ok, text);
}

static void on_round_done(unsigned round, bool ok, struct str text)
{
	if (round == RELOAD_FIRST)
		first_round_done(ok, text);
	else
		reloaded(round, ok, text);
}

/* Opens what is ours alone.  -1 with the reason. */
static int open_house(const struct conf *conf, struct out *why)
{
	int error_log;
	int error;

	if (place_take_pid_file(conf->pid_file, why) < 0)
		return -1;
	error_log = logs_open(&conf->log_files[conf->error_log.file], why);
	if (error_log < 0)
		return -1;
	logs_set_errors(error_log, &conf->error_log);
	error = events_init();
	if (error == 0)
		error = signals_listen(actions);
	if (error == 0)
		error = seats_create();
	if (error == 0)
		error = wake_create();
	if (error == 0)
		error = sinks_share();
	if (error == 0)
		error = pseudonym_make();
	if (error == 0)
		error = daemon_key_make();
	if (error < 0) {
		out_fmt(why, "error: %s\n", strerror(-error));
		return -1;
	}
	return control_open(conf, why);
}

/* The last thing: whoever waited for the start may start again at once. */
static void close_house(void)
{
	control_close();
	place_remove_pid_file();
	startup_done(1);
}

/* CONF is taken over.  The exit status. */
static int run(struct conf *conf)
{
	static char text[1024];
	struct out why = out_make(text, sizeof(text));
	int handed = activation_take(&why); /* by our pid, so before a fork */

	log_set_name("master");
	if (!options.request.foreground && !options.supervised)
		startup_detach();
	setproctitle("-sluiced: master");
	if (handed < 0 || open_house(conf, &why) < 0) {
		startup_complain(out_text(&why));
		close_house();
		return 1;
	}
	log_info("sluiced %s begins", version_number());
	limits_raise();
	status_begin();
	fixed_remember(conf);
	rotate_init(control_reopened);
	reload_init(&options.request, on_round_done);
	watchdog_start();
	jump_start();
	notify_begin();
	reload_first(conf);
	events_run();
	saved_write();
	log_info("ended");
	close_house();
	return exit_status;
}

static struct conf *load(void)
{
	unsigned errors, warnings;

	return conf_load(&options.request, stderr, &errors, &warnings);
}

static int print_version(void)
{
	char text[512];
	struct out out = out_make(text, sizeof(text));

	version_write(&out);
	fputs(out_cstr(&out), stdout);
	return 0;
}

int main(int argc, char **argv)
{
	enum options_what what;
	struct conf *conf;

	startup_hold_stdio();
	setproctitle_init(argc, argv, environ);
	what = options_read(argc, argv, &options);
	if (what == OPTIONS_WRONG)
		return 2;
	if (what == OPTIONS_VERSION)
		return print_version();
	if (what == OPTIONS_HELP) {
		options_print_help();
		return 0;
	}
	umask(022);
	if (what == OPTIONS_TEST)
		return verify_test(&options);
	if (what == OPTIONS_SHOW)
		return verify_show(&options);
	conf = load();
	if (conf == NULL)
		return 1;
	signals_block();
	return run(conf);
}
