/*
 * main.c - a worker, from its fork to its end.
 *
 * Sets itself up while it still may (seat, privileges, memory, loop), says
 * "ready" and turns its loop until the master, or a signal, or the end of its
 * channel tells it to go.  Everything that a client asks for happens on fibers
 * (worker/proxy); here is only what belongs to the process.
 */
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/ipc/channel.h"
#include "common/shm/cache.h"
#include "common/shm/health.h"
#include "common/shm/names.h"
#include "common/shm/seat.h"
#include "common/shm/staples.h"
#include "common/shm/tickets.h"
#include "worker/asked.h"
#include "worker/cache/wait.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/conn/tls.h"
#include "worker/contexts.h"
#include "worker/drain.h"
#include "worker/fiber/loop.h"
#include "worker/fiber/wakeup.h"
#include "worker/last_words.h"
#include "worker/origin/checks.h"
#include "worker/origin/members.h"
#include "worker/origin/pool.h"
#include "worker/origin/queue.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/arms.h"
#include "worker/proxy/cache_tally.h"
#include "worker/proxy/client.h"
#include "worker/proxy/client_h2.h"
#include "worker/proxy/fetcher.h"
#include "worker/proxy/shake.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/identity.h"
#include "worker/proxy/introduce.h"
#include "worker/proxy/serve.h"
#include "worker/proxy/spool_file.h"
#include "worker/proxy/stay.h"
#include "worker/pairs.h"
#include "worker/sandbox.h"
#include "worker/slots.h"
#include "worker/traps.h"
#include "worker/worker.h"

#define STOP_PATIENCE USEC_PER_SEC
#define NAMES_PATIENCE USEC_PER_SEC

/* Descriptors that are neither a client's nor its origin's. */
#define NOFILE_OWN (128 + SEAT_COUNT + CHECKS_AT_ONCE)
#define NOFILE_FOR_MASTER 2

static const struct worker_start *self;
static struct watch channel;
static struct watch signals;
static bool orphan;

static void set_nofile(unsigned soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = soft;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* ---- orders ---- */

/* Nothing is accepted any more.  An orphan's listeners are nobody's now: who
 * connects shall be refused, and another daemon may have the address. */
static void left(void)
{
	if (orphan)
		slots_shut();
	else
		(void)channel_send(self->channel, MESSAGE_left, 0, -1);
}

/* Between two writes; what is buffered belongs to the old file. */
static void swap_log(int64_t id, int fd)
{
	if (fd < 0)
		return;
	access_log_flush();
	for (unsigned i = 0; i < self->conf->log_file_count; i++) {
		if (self->logs[i].id != id)
			continue;
		(void)dup3(fd, self->logs[i].fd, O_CLOEXEC);
		access_log_set_fd(i, self->logs[i].fd);
		if (i == self->conf->error_log.file)
			log_renew();
	}
	close(fd);
	(void)channel_send(self->channel, MESSAGE_log_swapped, id, -1);
}

static void renew_pair(int64_t number, int fd)
{
	bool ok = pairs_renew(number, fd);

	close(fd);
	(void)channel_send(self->channel,
	    ok ? MESSAGE_pair_taken : MESSAGE_pair_refused, number, -1);
}

/* A worker has died, and we live. */
static void give_back(int64_t seat)
{
	if (seat < 0 || seat >= SEAT_COUNT || seat == self->seat)
		return;
	health_give_back((int)seat, loop_now());
	names_give_back((int)seat, loop_now());
	tickets_give_back((int)seat, loop_now());
	staples_give_back((int)seat, loop_now());
	cache_give_back((int)seat);
	wait_tell_all();
	(void)channel_send(self->channel, MESSAGE_gave_back, seat, -1);
}

static void drain(usec_t patience)
{
	setproctitle("-sluiced: worker %u, generation %u, draining",
	    self->slot, self->generation);
	drain_begin(loop_now() + patience,
	    loop_now() + self->conf->drain_websocket);
}

static void obey(const struct channel_message *m, int fd)
{
	switch ((enum message_type)m->type) {
	case MESSAGE_serve:
		slots_serve((unsigned)m->value);
		break;
	case MESSAGE_leave:
		slots_leave((unsigned)m->value);
		break;
	case MESSAGE_drain:
		drain(m->value);
		break;
	case MESSAGE_end_tunnels:
		drain_end_tunnels();
		break;
	case MESSAGE_stop:
		drain_stop(loop_now() + m->value);
		break;
	case MESSAGE_question:
		asked(self, m->value, fd);
		break;
	case MESSAGE_give_back:
		give_back(m->value);
		break;
	case MESSAGE_log_fd:
		swap_log(m->value, fd);
		break;
	case MESSAGE_pair:
		renew_pair(m->value, fd);
		break;
	default:
		break; /* channel_receive lets no other kind through */
	}
}

/* Without a master nobody would ever tell us to go. */
static void master_is_gone(void)
{
	log_warning("the master is gone: draining");
	watch_remove(&channel);
	orphan = true;
	drain(self->conf->drain);
}

/* A few descriptors are kept for those that the master sends. */
static int receive(struct channel_message *m, int *fd_r)
{
	int got;

	set_nofile(self->nofile);
	got = channel_receive(self->channel, CHANNEL_MASTER, m, fd_r);
	set_nofile(self->nofile - NOFILE_FOR_MASTER);
	return got;
}

static void on_channel(struct watch *w, unsigned events)
{
	(void)w;
	(void)events;
	for (;;) {
		struct channel_message m;
		int fd;
		int got = receive(&m, &fd);

		if (got > 0)
			obey(&m, fd);
		else if (got == -EAGAIN)
			return;
		else if (got == -EMFILE)
			log_warning("a descriptor of the master's was lost: %s",
			    strerror(EMFILE));
		else if (got != -EPROTO)
			return master_is_gone();
	}
}

/* An operator may end one worker by hand: the master starts another. */
static void on_signal(struct watch *w, unsigned events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGQUIT)
			drain(self->conf->drain);
		else
			drain_stop(loop_now() + STOP_PATIENCE);
	}
}

/* ---- set-up ---- */

static int watch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	return watch_add(&signals, fd, on_signal);
}

static void stamp(void)
{
	seat_stamp(loop_now());
	count_set(COUNT_fibers, fiber_count());
}

/* Two descriptors each: bodies are copied when there are none left. */
static unsigned pipes_max(unsigned nofile)
{
	return nofile / 64;
}

/* Each may need an origin's descriptor, too. */
static unsigned clients_max(unsigned nofile)
{
	unsigned own = NOFILE_OWN + self->conf->log_file_count +
	    2 * pipes_max(nofile);

	return nofile > 2 * own ? (nofile - own) / 2 : nofile / 4;
}

static int set_up(const struct worker_start *start)
{
	const struct conf *conf = start->conf;
	int err = last_words_install();

	if (err == 0)
		err = sandbox_drop_privileges(conf->uid, conf->gid, conf->user);
	if (err == 0)
		err = random_init();
	if (err == 0)
		err = loop_init();
	block_init(conf->memory);
	fetcher_init();
	limits_init(conf);
	shake_init(conf, &start->key);
	if (err == 0)
		err = clients_init(serve_client, clients_max(start->nofile),
		    conf);
	if (err == 0)
		err = client_h2_init(serve_stream, conf);
	if (err == 0)
		err = tls_init();
	if (err == 0)
		err = pairs_init(conf, start->pairs);
	if (err == 0)
		err = contexts_init(conf);
	if (err == 0)
		err = wakeup_init();
	wait_init();
	queue_init();
	if (err == 0)
		err = pools_init(conf);
	if (err == 0)
		err = stay_init(conf, &start->key);
	if (err == 0)
		err = members_init(conf);
	if (err == 0)
		err = arms_init(conf);
	if (err == 0)
		err = cache_tally_init(conf);
	if (err == 0)
		err = conf_pattern_init();
	if (err == 0)
		err = slots_init(start->listeners, start->listener_count);
	if (err == 0)
		err = watch_signals();
	if (err == 0)
		err = watch_add(&channel, start->channel, on_channel);
	return err;
}

static void say_what_is_private(void)
{
	unsigned n = pools_private();

	if (n > 0)
		log_warning("the health table is full: %u servers are known "
		    "to this worker alone; make shared.health larger", n);
}

/* Who comes first shall find the servers that have names, if these are known
 * soon. */
static void find_servers(void)
{
	usec_t until = loop_now() + NAMES_PATIENCE;

	while (!members_are_settled() && loop_now() < until)
		loop_turn(until - loop_now());
}

static void ready(const struct worker_start *start)
{
	loop_set_longest_wait(start->conf->watchdog / 4);
	loop_at_end_of_turn(access_log_flush);
	loop_at_end_of_turn(stamp);
	access_log_open(start->conf);
	for (unsigned i = 0; i < start->conf->log_file_count; i++)
		access_log_set_fd(i, start->logs[i].fd);
	drain_init(left);
	say_what_is_private();
	checks_begin();
	introduce_init(start->conf);
	identity_init(start->conf, start->pseudonym);
	splice_init(pipes_max(start->nofile));
	spool_file_init(start->conf);
	set_nofile(start->nofile - NOFILE_FOR_MASTER);
	INSIST(traps_set() == 0);
	find_servers();
	(void)channel_send(start->channel, MESSAGE_ready, 0, -1);
}

void worker_main(const struct worker_start *start)
{
	int err;

	self = start;
	seat_sit(start->seat);
	segment_enter(start->segment);
	err = set_up(start);
	if (err < 0) {
		log_error("can't start: %s", strerror(-err));
		exit(1);
	}
	ready(start);
	loop_run();
	access_log_flush();
	fiber_census_log();
	exit(0);
}
