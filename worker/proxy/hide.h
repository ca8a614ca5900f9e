/*
 * hide.h - a reply without what tells of its origin.
 */
#ifndef WORKER_PROXY_HIDE_H
#define WORKER_PROXY_HIDE_H

#include "worker/proxy/reply.h"

/*
 * The filter on an origin's reply, before it is sent: fields that name product
 * or machine go, URLs and cookies that name the origin get the public name,
 * Date is added if it is missing, and where errors says so our own page takes
 * the place of the origin's.  Exchange_fail for want of memory; the source is
 * closed by reply_send in any case.
 */
WAITS void hide_origin(struct exchange *x, struct reply *reply);

/* All of that but for our own pages; once for each reply. */
void hide_traces(struct exchange *x, struct reply *reply);

/* The same on the head of an interim reply, received as *HEAD_LEN bytes, which
 * grow; it gets no Date.  False after exchange_fail. */
bool hide_interim(struct exchange *x, struct message *head, size_t *head_len);

/* Marks fields of HEAD that name product or machine as dropped. */
void hide_names(struct message *head);

#endif
