/*
 * scan_list.c - the elements of an array [ ] or list ( ).
 *
 * Runs in the master.  The traps of libconfig 1.5 are here: a missing comma
 * joins two strings silently, a comma behind the last element is an error, an
 * array holds scalars of one type only.
 */
#include "common/base/insist.h"
#include "common/conf/scanner.h"
#include "common/conf/word.h"

/* libconfig takes only scalars of one type into [ ]. */
static void check_array_element(struct conf_scanner *s,
    const struct conf_node *array)
{
	const struct conf_node *node = array->last;
	const struct conf_node *first = array->first;

	if (conf_kind_is_aggregate(node->kind)) {
		conf_report_error(s->report, &node->value,
		    "an array [ ] holds plain values only");
		conf_report_help(s->report, "write ( ) instead of [ ]");
	} else if (node->kind != KIND_BAD && first->kind != KIND_BAD &&
	    node->kind != first->kind && !conf_kind_is_aggregate(first->kind)) {
		conf_report_error(s->report, &node->value,
		    "an array [ ] holds values of one kind");
		conf_report_help(s->report,
		    "write ( ) instead of [ ], or quotes around numbers");
	}
}

/* "[ a" and then "name =": the bracket was never closed. */
static bool starts_setting(struct conf_scanner *s,
    const struct conf_token *token)
{
	return token->kind == TOKEN_WORD &&
	    conf_word_is_name(conf_spot_text(&token->spot)) &&
	    conf_lex_peek(&s->lex) == '=';
}

static void check_last_comma(struct conf_scanner *s,
    const struct conf_node *node, const struct conf_token *closer,
    const struct conf_token *comma)
{
	char opener = *conf_spot_text(&node->value).p;

	if (comma->kind != TOKEN_COMMA ||
	    conf_scan_byte(closer) != conf_scan_closer(opener))
		return;
	conf_report_error(s->report, &comma->spot,
	    "a comma behind the last element");
	conf_report_help(s->report, "remove it");
}

static void element(struct conf_scanner *s, struct conf_node *parent,
    const struct conf_token *token)
{
	struct conf_node *node = conf_scan_add(s, parent, &token->spot);

	conf_scan_give_back(s, token);
	conf_scan_value(s, node);
	node->name = node->value;
	if (parent->kind == KIND_ARRAY)
		check_array_element(s, parent);
}

/* What stands behind an element: a comma, or something that is left there. */
static struct conf_token element_end(struct conf_scanner *s)
{
	struct conf_token token = conf_scan_take(s, LEX_VALUES);

	switch (token.kind) {
	case TOKEN_COMMA:
		return token;
	case TOKEN_STRING:
		conf_report_error(s->report, &token.spot,
		    "a comma is missing before this string");
		conf_report_help(s->report,
		    "without it, the two strings would be joined");
		break;
	case TOKEN_CLOSE:
	case TOKEN_END:
	case TOKEN_SEMICOLON:
		break;
	default:
		if (!starts_setting(s, &token))
			conf_report_error(s->report, &token.spot,
			    "a comma is missing before this");
		break;
	}
	conf_scan_give_back(s, &token);
	return (struct conf_token){.kind = TOKEN_END};
}

/* The file goes on as if the bracket had been closed. */
static bool breaks_off(struct conf_scanner *s, const struct conf_node *node,
    const struct conf_token *token)
{
	if (token->kind != TOKEN_END && token->kind != TOKEN_SEMICOLON &&
	    token->kind != TOKEN_EQUALS && !starts_setting(s, token))
		return false;
	conf_scan_unclosed(s, node);
	conf_scan_give_back(s, token);
	return true;
}

/* ( path = "/"; ): the settings are read, so that their errors are told. */
static void bare_settings(struct conf_scanner *s, struct conf_node *node,
    const struct conf_token *token)
{
	conf_report_error(s->report, &token->spot,
	    "a setting cannot stand in brackets by itself");
	conf_report_help(s->report,
	    "put it into a group: ( { NAME = VALUE; } )");
	conf_scan_give_back(s, token);
	conf_scan_group(s, node);
}

void conf_scan_list(struct conf_scanner *s, struct conf_node *node)
{
	struct conf_token comma = {.kind = TOKEN_END};

	INSIST(node->kind == KIND_ARRAY || node->kind == KIND_LIST);
	for (;;) {
		struct conf_token token = conf_scan_take(s, LEX_VALUES);

		if (token.kind == TOKEN_CLOSE) {
			if (!conf_scan_closes(s, node, &token))
				continue;
			check_last_comma(s, node, &token, &comma);
			return;
		}
		if (node->count == 0 && starts_setting(s, &token)) {
			bare_settings(s, node, &token);
			return;
		}
		if (breaks_off(s, node, &token))
			return;
		if (token.kind == TOKEN_COMMA) {
			conf_report_error(s->report, &token.spot,
			    "nothing stands before this comma");
			continue;
		}
		element(s, node, &token);
		comma = element_end(s);
	}
}
