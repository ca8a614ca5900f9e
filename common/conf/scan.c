/*
 * scan.c - a configuration file as a tree of places.
 *
 * Runs in the master.  Recursive descent over libconfig's grammar (grammar.y)
 * by people's standards: after an error it goes on where a person would, so
 * one run tells all.  The rules of recovery:
 *
 *	a missing "=" is assumed, and the rest of the line skipped;
 *	a bracket that does not fit closes what is open up to its own opener,
 *	or is ignored when it has none;
 *	";" or "name =" on a new line ends an open ( or [.
 *
 * Nothing recurses deeper than CONF_DEPTH_MAX.
 */
#include "common/conf/scan.h"

#include "common/base/insist.h"
#include "common/conf/foreign.h"
#include "common/conf/scanner.h"
#include "common/conf/word.h"

struct conf_node *conf_scan_add(struct conf_scanner *s,
    struct conf_node *parent, const struct conf_spot *spot)
{
	struct conf_node *node = ARENA_NEW(s->arena, struct conf_node);

	node->parent = parent;
	node->name = node->value = *spot;
	parent->count++;
	if (parent->last == NULL)
		parent->first = node;
	else
		parent->last->next = node;
	parent->last = node;
	if (++s->nodes == CONF_NODES_MAX) {
		conf_report_error(s->report, spot,
		    "more than %d settings and values", CONF_NODES_MAX);
		conf_lex_give_up(&s->lex);
	}
	return node;
}

/* ---- brackets ---- */

char conf_scan_closer(char opener)
{
	if (opener == '{')
		return '}';
	INSIST(opener == '[' || opener == '(');
	return opener == '[' ? ']' : ')';
}

void conf_scan_unclosed(struct conf_scanner *s, const struct conf_node *node)
{
	char opener = *conf_spot_text(&node->value).p;

	if (s->lex.given_up)
		return;
	conf_report_error(s->report, &node->value,
	    "this \"%c\" is never closed", opener);
	conf_report_help(s->report, "close it with \"%c\"",
	    conf_scan_closer(opener));
}

bool conf_scan_closes(struct conf_scanner *s, const struct conf_node *node,
    const struct conf_token *token)
{
	char c = conf_scan_byte(token);

	if (s->depth > 0 && s->closers[s->depth - 1] == c)
		return true;
	if (s->depth > 0 && memchr(s->closers, c, s->depth) != NULL) {
		conf_scan_unclosed(s, node);
		conf_scan_give_back(s, token);
		return true;
	}
	if (s->depth == 0) {
		conf_report_error(s->report, &token->spot,
		    "this \"%c\" closes nothing", c);
		return false;
	}
	conf_report_error(s->report, &token->spot,
	    "\"%c\" stands where \"%c\" must close line %u, column %u", c,
	    s->closers[s->depth - 1], node->value.line, node->value.column);
	return true;
}

/* ---- values ---- */

static void aggregate(struct conf_scanner *s, struct conf_node *node)
{
	char opener = *conf_spot_text(&node->value).p;

	INSIST(s->depth <= CONF_DEPTH_MAX);
	if (s->depth == CONF_DEPTH_MAX) {
		conf_report_error(s->report, &node->value,
		    "brackets are nested deeper than %d levels",
		    CONF_DEPTH_MAX);
		conf_lex_give_up(&s->lex);
		return;
	}
	s->closers[s->depth++] = conf_scan_closer(opener);
	if (opener == '{') {
		node->kind = KIND_GROUP;
		conf_scan_group(s, node);
	} else {
		node->kind = opener == '[' ? KIND_ARRAY : KIND_LIST;
		conf_scan_list(s, node);
	}
	INSIST(s->depth > 0);
	s->depth--;
}

/* "a" "b" as a setting's value is one string: the way to write long ones. */
static void join_strings(struct conf_scanner *s)
{
	struct conf_token token;

	do {
		token = conf_scan_take(s, LEX_VALUES);
	} while (token.kind == TOKEN_STRING);
	conf_scan_give_back(s, &token);
}

void conf_scan_no_value(struct conf_scanner *s, const struct conf_node *node,
    const struct conf_token *token)
{
	if (s->lex.given_up)
		return;
	if (token->kind == TOKEN_EQUALS) {
		conf_report_error(s->report, &token->spot,
		    "a second \"=\" before the value");
		conf_lex_skip_rest(&s->lex);
		return;
	}
	conf_report_error(s->report, &node->name,
	    "\"%" PRI_STR "\" has no value",
	    ARG_STR(conf_spot_text(&node->name)));
	(void)conf_foreign_help(s->report, conf_spot_text(&node->name), false);
	conf_scan_give_back(s, token);
}

static enum conf_kind scalar_kind(enum conf_token_kind kind)
{
	switch (kind) {
	case TOKEN_BOOL:
		return KIND_BOOL;
	case TOKEN_INT:
		return KIND_INT;
	case TOKEN_INT64:
		return KIND_INT64;
	case TOKEN_FLOAT:
		return KIND_FLOAT;
	case TOKEN_STRING:
		return KIND_STRING;
	default:
		return KIND_BAD;
	}
}

/* Is NODE, or the list that it is in, for the URLs of servers? */
static bool takes_url(const struct conf_node *node)
{
	const struct conf_node *named =
	    node->parent->kind == KIND_GROUP ? node : node->parent;
	struct str name = conf_spot_text(&named->name);

	return str_eq(name, STR("proxy")) || str_eq(name, STR("servers")) ||
	    str_eq(name, STR("url"));
}

void conf_scan_value(struct conf_scanner *s, struct conf_node *node)
{
	struct conf_token token = conf_scan_take(s, LEX_VALUES);
	bool named = node->parent->kind == KIND_GROUP;

	node->kind = scalar_kind(token.kind);
	if (node->kind != KIND_BAD || token.kind == TOKEN_OPEN ||
	    token.kind == TOKEN_WORD)
		node->value = token.spot;
	if (token.kind == TOKEN_OPEN) {
		aggregate(s, node);
	} else if (token.kind == TOKEN_WORD) {
		conf_word_complain(s->report, &token.spot, takes_url(node));
		if (named)
			conf_lex_skip_rest(&s->lex);
	} else if (node->kind == KIND_BAD) {
		conf_scan_no_value(s, node, &token);
	} else if (node->kind == KIND_STRING && named) {
		join_strings(s);
	}
}

/* ---- the file ---- */

static bool check_nul(const struct conf_scan_input *input)
{
	struct conf_spot spot = conf_spot_whole(input->source);
	struct str text = input->source->text;

	if (memchr(text.p, '\0', text.n) == NULL)
		return true;
	conf_report_error(input->report, &spot,
	    "the file holds NUL bytes: it is no text, or it is UTF-16");
	return false;
}

struct conf_node *conf_scan(const struct conf_scan_input *input)
{
	struct conf_node *root = ARENA_NEW(input->arena, struct conf_node);
	unsigned errors = input->report->errors;
	struct conf_scanner s = {.report = input->report,
	    .arena = input->arena};

	if (!check_nul(input))
		return NULL;
	s.lex.report = input->report;
	s.lex.open = input->open;
	s.lex.open_arg = input->open_arg;
	s.lex.expanded = input->expanded;
	conf_lex_start(&s.lex, input->source);
	root->kind = KIND_GROUP;
	root->name = root->value = conf_spot_whole(input->source);
	conf_scan_group(&s, root);
	return input->report->errors == errors ? root : NULL;
}
