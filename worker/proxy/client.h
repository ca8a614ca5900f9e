/*
 * client.h - a client's connection, from accept to close.
 *
 * Between requests a client is this struct in epoll and nothing more: no
 * fiber, no stack, no buffer.  Its next byte starts a fiber that runs the way
 * of a request (serve.h) for as many requests as follow each other, and parks
 * it again.  Who it belongs to is said outright by FIBER: an event that comes
 * while a fiber serves the client never starts a second one.
 */
#ifndef WORKER_PROXY_CLIENT_H
#define WORKER_PROXY_CLIENT_H

#include "common/base/ip.h"
#include "common/conf/conf.h"
#include "worker/conn/conn.h"
#include "worker/conn/proxy_header.h"

struct client {
	uint32_t magic;
	struct ip peer; /* in 18 bytes where a sockaddr_storage takes 128; as
			   SAID, if that is not NULL */
	struct conn conn;
	struct list link; /* idle, waiting or served; see client.c */
	const struct conf_listener *listener;
	struct credential *credential; /* malloc'ed: what it showed, or NULL */
	const struct conf_vhost *vhost; /* of the name that TLS was asked for */
	struct proxy_header *said; /* by who speaks for it, or NULL */
	char *asked; /* the name, of TLS that is passed through; or NULL */
	struct fiber *fiber; /* serves it now; NULL: parked */
	struct h2_session *h2; /* it speaks HTTP/2; NULL: HTTP/1 */
	unsigned tunnels;      /* of its streams */
	usec_t shaking; /* its handshake took so long; 0: that was told */
	usec_t came; /* its connection was there */
	usec_t idle_since;
	bool waiting;	    /* for a reply only: a FIN means that it left */
	bool left;	    /* hung up while it was served */
	bool introduced;    /* see introduce.h */
	bool tunnel;	    /* passes bytes: half-closes are its own affair */
};

/*
 * SERVE runs on a client's fiber and ends with client_park or client_close; at
 * most CLIENTS_MAX are open at a time.  Of CONF: how many are served at a time
 * (fibers), and all timeouts.idle that there are.  Once a process, behind
 * loop_init and block_init.  0 or -ENOMEM.
 */
int clients_init(void (*serve)(void *client), unsigned clients_max,
    const struct conf *conf);

/* A new connection, accepted on L: parked until its first byte. */
void client_accept(const struct conf_listener *l, int fd,
    const struct sockaddr_storage *addr);

/* The last act of the serving fiber: one of these.  PATIENCE with the client
 * until its next request: a timeouts.idle of the configuration. */
void client_park(struct client *c, usec_t patience);
void client_close(struct client *c);
/* For one who may still send, and not yet have all that was sent to it. */
WAITS void client_close_gently(struct client *c);

/*
 * Says whether the served client has nothing more to send than a farewell.
 * If it has said that already, its fiber (the caller's, or the caller's
 * parent) is cancelled.
 */
void client_is_waiting(struct client *c, bool waiting);

/*
 * One fiber more, which runs SERVE for a stream of a client; its last act is
 * client_end_stream.  False: there is none to be had now.
 */
bool client_start_stream(fiber_fn *serve, void *stream);
void client_end_stream(void);

/* The served client becomes a tunnel. */
void client_set_tunnel(struct client *c);

/* One more of the client's streams is a tunnel, or one less. */
void client_count_tunnel(struct client *c, bool one_more);

unsigned clients_open(void);

/* May one more be accepted?  Not while CLIENTS_MAX are open, or memory or
 * fibers are spent. */
bool clients_have_room(void);

/* Waits for that: 0 or -ECANCELED. */
WAITS int clients_wait_room(void);

/* From now on replies say "Connection: close", and HTTP/2 GOAWAY. */
void clients_drain(void);
bool clients_draining(void);

/* Closes those that are parked. */
void clients_close_idle(void);

/* Cancels those that are served: what is in an exchange, or the tunnels. */
void clients_cancel_exchanges(void);
void clients_cancel_tunnels(void);

#endif
