/*
 * modes.h - what the demo origin can be.
 */
#ifndef TESTS_DEMO_MODES_H
#define TESTS_DEMO_MODES_H

#include "tests/demo/server.h"

/* The path of R without a first segment NAME: an origin named "echo" may be
 * reached as /echo/x or, by a proxy that strips, as /x. */
const char *mode_path(const struct request *r, const char *name);

/* A site of many small files, and downloads of any size. */
void site_answer(struct reply *reply);

/* Answers with what reached it; upgrades to a plain echo of bytes. */
void echo_answer(struct reply *reply);

/* Late, dripping, and never. */
void slow_answer(struct reply *reply);

/* GETs an http:// URL and prints the status line.  0: the status is below 400
 * and the reply was complete; 1. */
int get_run(const char *url);

#endif
