/*
 * fetcher.h - requests of our own: what fetch() of http/fetch.h does.
 */
#ifndef WORKER_PROXY_FETCHER_H
#define WORKER_PROXY_FETCHER_H

/* From now on fetch() can be called; once a process. */
void fetcher_init(void);

#endif
