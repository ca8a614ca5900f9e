/*
 * scanner.h - what the parts of the scan share: scan.c, scan_list.c (what
 * stands in [ ] and ( )) and scan_group.c (what stands in { } and in a file).
 */
#ifndef COMMON_CONF_SCANNER_H
#define COMMON_CONF_SCANNER_H

#include "common/conf/scan.h"

struct conf_scanner {
	struct conf_lex lex;
	struct conf_report *report;
	struct arena *arena;
	unsigned nodes;
	unsigned depth;
	char closers[CONF_DEPTH_MAX]; /* awaited, outermost first */
};

static inline struct conf_token conf_scan_take(struct conf_scanner *s,
    enum conf_lex_mode mode)
{
	return conf_lex_next(&s->lex, mode);
}

static inline void conf_scan_give_back(struct conf_scanner *s,
    const struct conf_token *token)
{
	conf_lex_rewind(&s->lex, token);
}

static inline char conf_scan_byte(const struct conf_token *token)
{
	return token->spot.source->text.p[token->spot.at];
}

/* A new last child of PARENT whose name and value are at SPOT, for now. */
struct conf_node *conf_scan_add(struct conf_scanner *s,
    struct conf_node *parent, const struct conf_spot *spot);

/* Reads the value of NODE, whose place it sets. */
void conf_scan_value(struct conf_scanner *s, struct conf_node *node);

/* Where NODE's value should be is TOKEN: reports it and leaves it there. */
void conf_scan_no_value(struct conf_scanner *s, const struct conf_node *node,
    const struct conf_token *token);

/* Settings and elements, to behind the closing bracket or the end. */
void conf_scan_group(struct conf_scanner *s, struct conf_node *group);
void conf_scan_list(struct conf_scanner *s, struct conf_node *list);

char conf_scan_closer(char opener);

/*
 * TOKEN, a closing bracket, in NODE.  True: NODE ends here, with or without
 * an error.  False: reported, and to be ignored.
 */
bool conf_scan_closes(struct conf_scanner *s, const struct conf_node *node,
    const struct conf_token *token);

void conf_scan_unclosed(struct conf_scanner *s, const struct conf_node *node);

#endif
