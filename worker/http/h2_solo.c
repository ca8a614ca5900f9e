/*
 * h2_solo.c - one stream on a connection of its own.
 *
 * Runs in workers, on any fiber; the session runs on a child of it.
 */
#include "worker/http/h2_solo.h"

#include <errno.h>

static void on_event(struct watch *w, unsigned events)
{
	struct h2_solo *s = container_of(w, struct h2_solo, conn.watch);

	(void)events;
	h2_wake(s->session);
}

static void run(void *arg)
{
	struct h2_solo *s = arg;

	(void)h2_run(s->session);
}

static const struct h2_events events;

int h2_solo_begin(struct h2_solo *s, size_t header, usec_t patience)
{
	s->options = (struct h2_options){.fields = CONF_FIELDS_MAX,
	    .header = header,
	    .head_patience = patience,
	    .min_rate = {.over = patience},
	    .events = &events};
	s->session = h2_open(&s->conn, &s->options, s);
	if (s->session == NULL)
		return -ENOMEM;
	s->conn.watch.on_event = on_event;
	s->stream = h2_stream_open(s->session);
	if (s->stream != NULL)
		s->fiber = fiber_spawn("h2 solo", run, s);
	if (s->fiber != NULL)
		return 0;
	h2_solo_end(s);
	return -ENOMEM;
}

void h2_solo_end(struct h2_solo *s)
{
	if (s->stream != NULL)
		h2_release(&s->stream);
	if (s->fiber != NULL) {
		fiber_cancel(s->fiber);
		fiber_join(&s->fiber);
	}
	s->conn.watch.on_event = NULL;
	h2_free(&s->session);
}
