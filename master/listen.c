/*
 * listen.c - the registry of addresses and their sockets.
 *
 * An address is known by its text, so a reload finds what it has already:
 *
 *            kept      bound              wanted   in_force
 *   fds[ 0 1 2 | 3 4 5 ]                  yes      yes      goes on, grows
 *   fds[       | 0 1 2 ]                  yes      no       new
 *   fds[ 0 1 2 |       ]                  no       yes      will leave
 *   fds[ 0 1 2 |       ]                  no       no       leaving
 *
 * Sockets below KEPT belong to a world in force (perhaps a former one, when
 * slots shrank: they stay, and others serve them); those from KEPT to BOUND
 * were bound by the reload under way.
 *
 * A unix address whose file somebody removed can be reached no more: a reload
 * adds it a second time, and the first leaves.
 */
#include "master/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/list.h"
#include "common/base/log.h"
#include "master/activation.h"
#include "master/local.h"
#include "master/tcp.h"

#define ADDRESS_MAGIC 0x61646472
#define BACKLOG 4096
#define UNIX_MODE 0666 /* as our peers do: who may reach the folder may talk */

struct address {
	uint32_t magic;
	struct list link;
	char *text;
	struct sockaddr_storage addr;
	struct local_file file; /* of a unix address */
	bool is_unix;
	bool handed;   /* to us, see activation.h: never closed here */
	bool wanted;   /* by the reload under way */
	bool in_force; /* by the configuration in force */
	unsigned kept;
	unsigned bound;
	unsigned listening;
	int fds[LISTEN_SLOTS_MAX];
};

static struct list addresses = {&addresses, &addresses};

static struct address *at_link(struct list *link)
{
	struct address *a = container_of(link, struct address, link);

	INSIST_MAGIC(a, ADDRESS_MAGIC);
	return a;
}

/* The newest: one that has lost its file may stand before it. */
static struct address *find(const char *text)
{
	struct address *found = NULL;

	LIST_FOREACH(at, &addresses)
		if (strcmp(at_link(at)->text, text) == 0)
			found = at_link(at);
	return found;
}

static struct address *add(const struct conf_listener *l)
{
	struct address *a = calloc(1, sizeof(*a));

	INSIST(a != NULL);
	a->magic = ADDRESS_MAGIC;
	a->text = strdup(l->address.text);
	INSIST(a->text != NULL);
	a->addr = l->address.addr;
	a->is_unix = l->is_unix;
	a->handed = activation_find(&l->address) >= 0;
	list_add_tail(&addresses, &a->link);
	return a;
}

/* One socket for all workers. */
static bool is_shared(const struct address *a)
{
	return a->is_unix || a->handed;
}

static void close_from(struct address *a, unsigned first)
{
	INSIST(a->kept <= a->bound && a->bound <= LISTEN_SLOTS_MAX);
	while (a->bound > first) {
		a->bound--;
		if (!a->handed)
			close(a->fds[a->bound]);
	}
	if (a->listening > a->bound)
		a->listening = a->bound;
	if (a->kept > a->bound)
		a->kept = a->bound;
}

static void forget(struct address *a)
{
	if (a->is_unix && !a->handed && a->bound > 0)
		local_remove(&a->file);
	close_from(a, 0);
	list_del(&a->link);
	free(a->text);
	a->magic = 0;
	free(a);
}

/* ---- prepare ---- */

/* Whoever holds an address that we hold already is ourselves. */
static bool is_ours(const struct sockaddr_storage *addr)
{
	LIST_FOREACH(at, &addresses) {
		struct address *a = at_link(at);

		if (!a->is_unix && a->bound > 0 &&
		    tcp_overlaps(&a->addr, addr))
			return true;
	}
	return false;
}

static int bind_unix(struct address *a, const struct conf_listener *l,
    struct out *why)
{
	const struct sockaddr_un *addr =
	    (const struct sockaddr_un *)&l->address.addr;
	struct out text = *why;
	int fd;

	out_fmt(&text, "%s:%u:%u: error: ", l->place.file, l->place.line,
	    l->place.column);
	fd = local_listen(addr, UNIX_MODE, BACKLOG, &a->file, &text);
	out_char(&text, '\n');
	if (fd < 0)
		*why = text;
	else
		a->listening = 1;
	return fd;
}

static int use_handed(struct address *a, const struct conf_listener *l)
{
	a->listening = 1;
	return activation_find(&l->address);
}

static int bind_one(struct address *a, const struct conf_listener *l,
    struct out *why)
{
	int fd;

	INSIST(a->bound < LISTEN_SLOTS_MAX);
	if (a->handed)
		fd = use_handed(a, l);
	else if (l->is_unix)
		fd = bind_unix(a, l, why);
	else
		fd = tcp_bind(l, !is_ours(&a->addr), why);
	if (fd >= 0)
		a->fds[a->bound++] = fd;
	return fd;
}

/* The address of L, if sockets of ours can still be reached there. */
static struct address *find_reachable(const struct conf_listener *l)
{
	struct address *a = find(l->address.text);

	if (a == NULL || !a->is_unix || a->handed || a->bound == 0 ||
	    local_is_there(&a->file))
		return a;
	log_warning("%s: its file was removed, binding anew", a->text);
	return NULL;
}

/* A bare port means IPv4 and IPv6; a machine may not have the latter. */
static bool may_lack(const struct conf_listener *l, int error)
{
	return error == -EAFNOSUPPORT && str_starts(
	    str_from(l->address.text), STR("[::]:"));
}

static int prepare_address(const struct conf_listener *l, unsigned slots,
    struct out *why)
{
	struct address *a = find_reachable(l);
	struct out text = *why;
	unsigned count;
	int error = 0;

	if (a == NULL)
		a = add(l);
	count = is_shared(a) ? 1 : slots;
	a->wanted = true;
	while (a->bound < count && error >= 0)
		error = bind_one(a, l, &text);
	if (error >= 0)
		return 0;
	if (may_lack(l, error)) {
		log_warning("%s: no IPv6 here, left out", l->address.text);
		return 0;
	}
	*why = text;
	return -1;
}

int listen_prepare(const struct conf *conf, struct out *why)
{
	int result = 0;

	INSIST(conf->workers >= 1 && conf->workers <= LISTEN_SLOTS_MAX);
	for (unsigned i = 0; i < conf->listener_count; i++)
		if (prepare_address(&conf->listeners[i], conf->workers, why) <
		    0)
			result = -1;
	if (result < 0)
		listen_rollback();
	else
		activation_warn_unused(conf);
	return result;
}

void listen_view(const struct conf *conf, struct worker_listener *view)
{
	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];
		struct address *a = find(l->address.text);

		INSIST(a != NULL);
		view[i] = (struct worker_listener){.conf = l,
		    .shared = is_shared(a),
		    .handed = a->handed,
		    .fd_count = a->bound,
		    .fds = a->fds};
	}
}

/* ---- or else ---- */

void listen_rollback(void)
{
	LIST_FOREACH(at, &addresses) {
		struct address *a = at_link(at);

		a->wanted = false;
		if (a->kept == 0 && !a->in_force)
			forget(a);
		else
			close_from(a, a->kept);
	}
}

static int start_address(struct address *a, struct out *why)
{
	while (a->listening < a->bound) {
		if (listen(a->fds[a->listening], BACKLOG) < 0) {
			out_fmt(why, "error: %s: %s\n", a->text,
			    strerror(errno));
			return -1;
		}
		a->listening++;
	}
	return 0;
}

int listen_start(struct out *why)
{
	LIST_FOREACH(at, &addresses)
		if (at_link(at)->wanted && start_address(at_link(at), why) < 0)
			return -1;
	return 0;
}

void listen_commit(void)
{
	LIST_FOREACH(at, &addresses) {
		struct address *a = at_link(at);

		a->in_force = a->wanted;
		a->wanted = false;
		a->kept = a->bound;
		INSIST(a->listening == a->bound || !a->in_force);
	}
}

void listen_end_leaving(void)
{
	LIST_FOREACH(at, &addresses) {
		struct address *a = at_link(at);

		if (a->in_force || a->wanted)
			continue;
		log_info("%s is %s", a->text,
		    a->handed ? "left to who handed it over" : "closed");
		for (unsigned i = 0; i < a->bound && !a->handed; i++)
			shutdown(a->fds[i], SHUT_RDWR);
		forget(a);
	}
}

/* ---- in a child ---- */

static bool is_seen(const struct address *a,
    const struct worker_listener *view, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (view[i].fds == a->fds)
			return true;
	return false;
}

void listen_forget_others(const struct worker_listener *view, unsigned count)
{
	LIST_FOREACH(at, &addresses)
		if (!is_seen(at_link(at), view, count))
			close_from(at_link(at), 0);
	activation_forget_others(view, count);
}
