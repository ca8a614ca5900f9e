/*
 * proxy.c - the proxy in the world: a worker's parts, set up as one.
 *
 * The configuration is one that an operator could have written, loaded as
 * usual; then the servers' addresses become that of the world's listener,
 * which has a name that only we know (an abstract one), so that no file is
 * left behind whatever happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/conf/conf.h"
#include "common/shm/seat.h"
#include "tests/torture/world_inside.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/fiber/inside.h"
#include "worker/origin/pool.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/client.h"
#include "worker/proxy/client_h2.h"
#include "worker/proxy/identity.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/serve.h"

#define CLIENTS_MAX 64
#define PIPES_MAX 16

static const char main_conf[] = "workers = 1;\n"
				"vhost_dir = \"vhosts.d\";\n"
				"log = { file = \"/dev/null\"; };\n"
				"error_log = \"/dev/null\";\n"
				"%s";

static const char vhost_conf[] =
    "host = \"*\";\n"
    "listen = [ \"http://127.0.0.1:8080\", \"h2c://127.0.0.1:8081\" ];\n"
    "pools = { web = { balance = \"rr\"; servers =\n"
    "  [ \"http://127.0.0.1:3001\", \"http://127.0.0.1:3002\" ]; }; };\n"
    "routes = ( { path = \"/\"; pool = \"web\"; } );\n";

static struct {
	struct conf *conf;
	struct sockaddr_storage live;
	struct sockaddr_storage dead; /* nobody listens there */
	socklen_t len;
	int first_free; /* descriptor, before a case */
} proxy;

/* ---- configuration ---- */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	INSIST(file != NULL && fputs(text, file) >= 0);
	INSIST(fclose(file) == 0);
}

static struct conf *load(const char *dir)
{
	char path[256], text[512];
	struct conf_request request = {.file = path, .foreground = true};
	unsigned errors, warnings;

	snprintf(path, sizeof(path), "%s/vhosts.d/main.conf", dir);
	write_file(path, vhost_conf);
	snprintf(text, sizeof(text), main_conf,
	    geteuid() == 0 ? "user = \"nobody\";\n" : "");
	snprintf(path, sizeof(path), "%s/sluiced.conf", dir);
	write_file(path, text);
	return conf_load(&request, stderr, &errors, &warnings);
}

static void load_conf(void)
{
	char dir[] = "/tmp/sluice-world-XXXXXX";
	char path[256];

	INSIST(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/vhosts.d", dir);
	INSIST(mkdir(path, 0755) == 0);
	proxy.conf = load(dir);
	snprintf(path, sizeof(path), "%s/vhosts.d/main.conf", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vhosts.d", dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/sluiced.conf", dir);
	unlink(path);
	rmdir(dir);
	INSIST(proxy.conf != NULL && proxy.conf->pools[0]->server_count == 2);
}

void proxy_refuse(unsigned server, bool refuse)
{
	struct conf_address *a = &pool_at(0)->at[server]->address;

	a->addr = refuse ? proxy.dead : proxy.live;
	a->len = proxy.len;
}

static void move_servers(int listener)
{
	proxy.len = sizeof(proxy.live);
	INSIST(getsockname(listener, (struct sockaddr *)&proxy.live,
		   &proxy.len) == 0);
	proxy.dead = proxy.live;
	((char *)&proxy.dead)[proxy.len - 1] ^= 1;
}

/* ---- a worker's life ---- */

static int free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Lines are written, to where nobody reads them. */
static void open_logs(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	INSIST(null >= 0);
	log_set_fd(null);
	access_log_open(proxy.conf);
	for (unsigned i = 0; i < proxy.conf->log_file_count; i++)
		access_log_set_fd(i, null);
}

/* In a worker all signals are blocked; this one a splice may raise. */
static void block_sigpipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	INSIST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

void proxy_open(int listener)
{
	block_sigpipe();
	load_conf();
	move_servers(listener);
	open_logs();
	INSIST(random_init() == 0);
	INSIST(loop_init() == 0);
	block_init(proxy.conf->memory);
	limits_init(proxy.conf);
	INSIST(clients_init(serve_client, CLIENTS_MAX, proxy.conf) == 0);
	INSIST(client_h2_init(serve_stream, proxy.conf) == 0);
	INSIST(pools_init(proxy.conf) == 0);
	proxy_begin();
	INSIST(conf_pattern_init() == 0);
	loop_at_end_of_turn(access_log_flush);
	identity_init(proxy.conf, "sluice-0123456789abcdef");
	splice_init(PIPES_MAX);
}

void proxy_close(void)
{
	pools_free();
	splice_free_all();
	block_free_all();
	loop_free();
	conf_free(&proxy.conf);
}

void proxy_begin(void)
{
	proxy.first_free = free_fd();
	proxy_refuse(0, false);
	proxy_refuse(1, false);
}

void proxy_accept(int fd, unsigned listener)
{
	struct sockaddr_storage addr = {.ss_family = AF_INET};
	struct sockaddr_in *in = (struct sockaddr_in *)&addr;

	in->sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	in->sin_port = htons(40000);
	shim.armed = true;
	client_accept(&proxy.conf->listeners[listener], fd, &addr);
	shim.armed = false;
}

bool proxy_turn(void)
{
	shim.events = 0;
	shim.armed = true;
	loop_turn(0);
	shim.armed = false;
	return shim.events > 0 || fiber_any_ready();
}

bool world_pass_time(void)
{
	usec_t distance = timer_distance(shim.now);

	if (distance == DEADLINE_NEVER)
		return false;
	shim.now += distance;
	world_settle();
	return true;
}

static uint64_t counted(enum counter which)
{
	return seat_current->counters[which];
}

void proxy_check_empty(void)
{
	INSIST(fiber_count() == 0);
	INSIST(clients_open() == 0);
	INSIST(block_bodies_held() == 0);
	INSIST(counted(COUNT_clients) == 0);
	INSIST(counted(COUNT_exchanges) == 0);
	INSIST(counted(COUNT_origin_idle) == 0);
	splice_free_all();
	INSIST(free_fd() == proxy.first_free);
}
