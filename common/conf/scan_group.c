/*
 * scan_group.c - the settings of a group { } or of a file.
 *
 * Runs in the master.  Here people's habits meet libconfig's grammar: names
 * without "=", values without quotes, blocks of other proxies.
 */
#include "common/base/insist.h"
#include "common/conf/foreign.h"
#include "common/conf/scanner.h"

static void report_missing_equals(struct conf_scanner *s,
    const struct conf_node *node, const struct conf_token *token)
{
	struct str name = conf_spot_text(&node->name);
	struct str text = conf_spot_text(&token->spot);

	conf_report_error(s->report, &node->name,
	    "\"=\" is missing behind \"%" PRI_STR "\"", ARG_STR(name));
	if (conf_foreign_help(s->report, name, false))
		return;
	if (token->kind == TOKEN_WORD)
		conf_report_help(s->report,
		    "write %" PRI_STR " = \"%" PRI_STR "\";", ARG_STR(name),
		    ARG_STR(text));
	else if (token->kind == TOKEN_OPEN)
		conf_report_help(s->report, "write %" PRI_STR
		    " = %" PRI_STR, ARG_STR(name), ARG_STR(text));
	else
		conf_report_help(s->report,
		    "write %" PRI_STR " = %" PRI_STR ";", ARG_STR(name),
		    ARG_STR(text));
}

/* Behind a name without "=", on its line: false: there is no value. */
static bool may_be_value(const struct conf_node *node,
    const struct conf_token *token)
{
	return conf_spot_same_line(&node->name, &token->spot) &&
	    token->kind != TOKEN_END && token->kind != TOKEN_CLOSE &&
	    token->kind != TOKEN_SEMICOLON && token->kind != TOKEN_COMMA;
}

/* A name without "=" and with a value. */
static void missing_equals(struct conf_scanner *s, struct conf_node *node)
{
	struct conf_token token = conf_scan_take(s, LEX_VALUES);

	report_missing_equals(s, node, &token);
	if (token.kind == TOKEN_OPEN)
		conf_scan_give_back(s, &token);
	else
		conf_lex_skip_rest(&s->lex);
	if (token.kind == TOKEN_OPEN || conf_lex_peek(&s->lex) == '{')
		conf_scan_value(s, node);
}

/* May TOKEN follow a value that ended on LINE of SOURCE, without a ";"? */
static bool may_follow(struct conf_scanner *s, const struct conf_token *token,
    const struct conf_source *source, unsigned line)
{
	char next = conf_lex_peek(&s->lex);

	if (token->kind == TOKEN_CLOSE || token->kind == TOKEN_END ||
	    token->spot.source != source || token->spot.line != line)
		return true;
	return token->kind == TOKEN_NAME && (next == '=' || next == ':');
}

static void skip_setting(struct conf_scanner *s)
{
	struct conf_token token;

	conf_lex_skip_rest(&s->lex);
	token = conf_scan_take(s, LEX_NAMES);
	if (token.kind != TOKEN_SEMICOLON)
		conf_scan_give_back(s, &token);
}

/* What may stand behind a value: ";" or "," or nothing. */
static void setting_end(struct conf_scanner *s, const struct conf_node *node)
{
	const struct conf_source *source = s->lex.file->source;
	unsigned line = s->lex.file->line;
	struct conf_token token = conf_scan_take(s, LEX_NAMES);

	if (token.kind == TOKEN_SEMICOLON || token.kind == TOKEN_COMMA)
		return;
	if (!may_follow(s, &token, source, line)) {
		conf_report_error(s->report, &token.spot,
		    "unexpected text behind the value of \"%" PRI_STR "\"",
		    ARG_STR(conf_spot_text(&node->name)));
		conf_report_help(s->report, "end it with \";\"; several "
		    "values are a list: [ \"80\", \"81\" ]");
		skip_setting(s);
		return;
	}
	conf_scan_give_back(s, &token);
}

static void check_duplicate(struct conf_scanner *s,
    const struct conf_node *node)
{
	struct str name = conf_spot_text(&node->name);
	const struct conf_node *other = node->parent->first;
	struct conf_place place;

	INSIST(other != NULL); /* at least NODE itself */
	while (!str_eq(conf_spot_text(&other->name), name))
		other = other->next;
	if (other == node)
		return;
	conf_report_error(s->report, &node->name,
	    "\"%" PRI_STR "\" is set twice", ARG_STR(name));
	place = conf_spot_place(&other->name);
	conf_report_help(s->report, "it is set at %s:%u:%u already",
	    place.file, place.line, place.column);
}

/* A name alone: what follows on other lines is not its end. */
static void missing_value(struct conf_scanner *s, struct conf_node *node,
    const struct conf_token *token)
{
	struct conf_token end;

	conf_scan_no_value(s, node, token);
	end = conf_scan_take(s, LEX_NAMES);
	if (end.kind != TOKEN_SEMICOLON && end.kind != TOKEN_COMMA)
		conf_scan_give_back(s, &end);
}

/* Behind the name. */
static void setting(struct conf_scanner *s, struct conf_node *node)
{
	struct conf_token token = conf_scan_take(s, LEX_NAMES);

	if (token.kind == TOKEN_EQUALS) {
		check_duplicate(s, node);
		conf_scan_value(s, node);
	} else if (may_be_value(node, &token)) {
		conf_scan_give_back(s, &token);
		missing_equals(s, node);
	} else {
		missing_value(s, node, &token);
		return;
	}
	setting_end(s, node);
}

static void named_setting(struct conf_scanner *s, struct conf_node *parent,
    const struct conf_token *token)
{
	struct conf_node *node = conf_scan_add(s, parent, &token->spot);

	if (parent->count > CONF_MEMBERS_MAX) {
		conf_report_error(s->report, &token->spot,
		    "more than %d settings in one group", CONF_MEMBERS_MAX);
		conf_lex_give_up(&s->lex);
		return;
	}
	setting(s, node);
}

static void report_bad_name(struct conf_scanner *s,
    const struct conf_token *token)
{
	struct str text = conf_spot_text(&token->spot);

	if (str_starts(text, STR("@include"))) {
		conf_report_error(s->report, &token->spot,
		    "@include must stand at the start of a line");
		return;
	}
	conf_report_error(s->report, &token->spot,
	    "this cannot be the name of a setting");
	if (conf_foreign_help(s->report, text, false))
		return;
	if (conf_lex_peek(&s->lex) == '{' && memchr(text.p, '.', text.n))
		conf_report_help(s->report, "a vhost is a file of its own, "
		    "without braces: host = \"%" PRI_STR "\";",
		    ARG_STR(text));
	else
		conf_report_help(s->report, "a name has no quotes, begins "
		    "with a letter and holds letters, digits, \"-\", \"_\" "
		    "and \"*\"");
}

/* A token that cannot begin a setting; what follows it is read if it can. */
static void not_a_setting(struct conf_scanner *s, struct conf_node *parent,
    const struct conf_token *token)
{
	struct conf_node *node;

	if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_COMMA) {
		conf_report_error(s->report, &token->spot,
		    "nothing stands before this \"%c\"", conf_scan_byte(token));
		conf_report_help(s->report, "remove it");
		return;
	}
	node = conf_scan_add(s, parent, &token->spot);
	if (token->kind == TOKEN_EQUALS || token->kind == TOKEN_OPEN) {
		conf_report_error(s->report, &token->spot,
		    "a name is missing before this");
		conf_report_help(s->report, "a setting is NAME = VALUE;");
		if (token->kind == TOKEN_OPEN)
			conf_scan_give_back(s, token);
		conf_scan_value(s, node);
		setting_end(s, node);
		return;
	}
	report_bad_name(s, token);
	if (conf_lex_peek(&s->lex) == '=') {
		setting(s, node);
	} else if (conf_lex_peek(&s->lex) == '{') {
		conf_scan_value(s, node);
		setting_end(s, node);
	} else {
		skip_setting(s);
	}
}

void conf_scan_group(struct conf_scanner *s, struct conf_node *parent)
{
	for (;;) {
		struct conf_token token = conf_scan_take(s, LEX_NAMES);

		if (token.kind == TOKEN_END) {
			if (s->depth > 0)
				conf_scan_unclosed(s, parent);
			return;
		}
		if (token.kind == TOKEN_NAME)
			named_setting(s, parent, &token);
		else if (token.kind != TOKEN_CLOSE)
			not_a_setting(s, parent, &token);
		else if (conf_scan_closes(s, parent, &token))
			return;
	}
}
