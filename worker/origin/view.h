/*
 * view.h - a server as an operator sees it.
 */
#ifndef WORKER_ORIGIN_VIEW_H
#define WORKER_ORIGIN_VIEW_H

#include "common/base/out.h"
#include "worker/origin/pool.h"

#define VIEW_WHY_SIZE 160
#define VIEW_STATE_SIZE 32

struct server_view {
	const struct conf_server *conf;
	const char *address; /* of what has a name; NULL: the URL says it */
	const char *state;   /* "up", "slow start", "draining", "down",
				"ejected", "no address" */
	unsigned share;	     /* of its weight, in percent: slow start */
	usec_t since;	     /* so long it has been so; 0: not known */
	usec_t left;	     /* so long it will be so yet; 0: not known */
	unsigned weight;
	unsigned in_flight;
	uint64_t requests;
	uint64_t failures;
	usec_t latency; /* smoothed, to the first byte; 0: not known */
	bool is_private; /* there was no room in the health table: this is
			    what the worker that was asked knows */
	char why[VIEW_WHY_SIZE]; /* in words, or "" */
	char check[VIEW_WHY_SIZE]; /* what the last check came to, or "" */
	usec_t checked; /* so long ago; 0: not yet */
};

/* S as it is NOW. */
void view_server(struct server_view *v, const struct server *s, usec_t now);

/* One of the configuration that has no address now. */
void view_absent(struct server_view *v, const struct conf_server *conf);

/* Does anything in P stand for S? */
bool view_is_present(const struct pool *p, const struct conf_server *s);

/*
 * What is in front of "/ADDR": "app.example.com/web", or of a pool without a
 * name the vhost's alone.
 */
void view_pool_name(struct out *o, const struct conf_pool *p);

/* "pool app.example.com/web: server http://10.0.0.11:8080", for the error
 * log: at most VIEW_SUBJECT_SIZE, or less of it, with its NUL. */
#define VIEW_SUBJECT_SIZE 400
const char *view_subject(char text_r[VIEW_SUBJECT_SIZE],
    const struct server *s);

/* "pool app.example.com/web": the same. */
const char *view_pool_subject(char text_r[VIEW_SUBJECT_SIZE],
    const struct conf_pool *p);

#endif
