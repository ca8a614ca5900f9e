/*
 * scan.h - a configuration file as a tree of places.
 *
 * The scan finds every error of the syntax in one run.  Where it finds none,
 * its tree has the shape of libconfig's, and tree.c pairs the two.
 */
#ifndef COMMON_CONF_SCAN_H
#define COMMON_CONF_SCAN_H

#include "common/base/arena.h"
#include "common/conf/lex.h"
#include "common/conf/source.h"

#define CONF_DEPTH_MAX 32
#define CONF_NODES_MAX 65536
#define CONF_MEMBERS_MAX 1000 /* of one group */

enum conf_kind {
	KIND_BAD, /* reported already */
	KIND_STRING,
	KIND_BOOL,
	KIND_INT,
	KIND_INT64,
	KIND_FLOAT,
	KIND_GROUP,
	KIND_ARRAY,
	KIND_LIST
};

static inline bool conf_kind_is_aggregate(enum conf_kind kind)
{
	return kind >= KIND_GROUP;
}

/* A setting, or an element of an array or list. */
struct conf_node {
	struct conf_node *parent; /* NULL: the file */
	struct conf_node *next;
	struct conf_node *first;
	struct conf_node *last;
	unsigned count;	       /* of children */
	enum conf_kind kind;
	struct conf_spot name;  /* of an element: the same as VALUE */
	struct conf_spot value; /* of an aggregate: its opening bracket */
	const char *written;   /* of a string with "${": before variables.h */
	const char *template;  /* and after it: with its "${name}" and "$${" */
	bool variables;	       /* of a string: a "${name}" is in it */
	bool refused;	       /* the reader has reported it */
	bool used;	       /* the reader has taken it */
	void *made;	       /* what the reader made of it, if it keeps that */
};

/* What the caller sets before a scan. */
struct conf_scan_input {
	const struct conf_source *source;
	struct conf_report *report;
	struct arena *arena; /* of the tree */
	conf_open_fn *open;
	void *open_arg;
	conf_secret_fn *secret; /* for ${file:/PATH} */
	FILE *expanded; /* gets the text for libconfig */
};

/* NULL if there were errors; all of them are reported. */
struct conf_node *conf_scan(const struct conf_scan_input *input);

#endif
