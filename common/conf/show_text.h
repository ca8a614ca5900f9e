/*
 * show_text.h - settings written as text, each with its place.
 */
#ifndef COMMON_CONF_SHOW_TEXT_H
#define COMMON_CONF_SHOW_TEXT_H

#include "common/conf/settings.h"

struct conf_writer {
	FILE *out;
	const char *dir; /* left out of the names of files */
	bool foreground; /* -d: other defaults */
	enum conf_context part; /* what is written: GLOBAL, VHOST or ROUTE */
	const config_setting_t *global; /* sluiced.conf, or NULL */
	unsigned depth;
	unsigned remarks; /* from this depth on there are only comments; 0 */
	unsigned column;
};

/* NAME = , at the depth of the group; NULL: an element. */
void conf_write_begin(struct conf_writer *w, const char *name);

/* Text of the line, as it is. */
void conf_write(struct conf_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the line with where SPOT is; NULL: nowhere; LINE 0: a default. */
void conf_write_end(struct conf_writer *w, const struct conf_spot *spot);

/* { or ( behind a name, then what is in it, then its closer and END. */
void conf_write_open(struct conf_writer *w, const char *opener,
    const struct conf_spot *spot);
void conf_write_close(struct conf_writer *w, const char *closer);

/* A value as it was written, however deep it is. */
void conf_write_value(struct conf_writer *w, const config_setting_t *s);

/* A string in quotes. */
void conf_write_string(struct conf_writer *w, struct str text);

#endif
