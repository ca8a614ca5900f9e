/*
 * lex.c - libconfig's tokens, each with its place.
 *
 * Runs in the master.  libconfig 1.5 tells of an error only its line, and
 * accepts much that nobody means: a comment that never ends swallows the
 * rest of the file.  So the file is read here first.  The rules are those of
 * libconfig's scanner.l, narrowed: a string ends on its line, an escape is
 * one that every version of libconfig reads alike, controls are refused.
 */
#include "common/conf/lex.h"

#include "common/base/insist.h"
#include "common/conf/include.h"
#include "common/conf/word.h"

#define BOM "\xef\xbb\xbf"

static bool at_end(const struct conf_lex_file *f)
{
	return f->at >= f->source->text.n;
}

/* The byte AHEAD of the next one; NUL behind the end: no text holds one. */
static char peek(const struct conf_lex_file *f, size_t ahead)
{
	struct str text = f->source->text;

	return f->at + ahead < text.n ? text.p[f->at + ahead] : '\0';
}

static bool at_comment(const struct conf_lex_file *f)
{
	return peek(f, 0) == '#' ||
	    (peek(f, 0) == '/' && (peek(f, 1) == '/' || peek(f, 1) == '*'));
}

static void newline(struct conf_lex_file *f)
{
	INSIST(peek(f, 0) == '\n');
	f->at++;
	f->line++;
	f->line_start = f->at;
}

struct conf_spot conf_lex_spot(const struct conf_lex *lex, size_t at, size_t n)
{
	const struct conf_lex_file *f = lex->file;

	INSIST(at >= f->line_start && at + n <= f->source->text.n);
	return (struct conf_spot){.source = f->source,
	    .at = (uint32_t)at,
	    .n = (uint32_t)n,
	    .line = f->line,
	    .column = (unsigned)(at - f->line_start) + 1};
}

void conf_lex_error(struct conf_lex *lex, const struct conf_spot *spot,
    const char *text, const char *help)
{
	if (spot->at < lex->file->complained)
		return;
	lex->file->complained = spot->at + 1;
	conf_report_error(lex->report, spot, "%s", text);
	if (help != NULL)
		conf_report_help(lex->report, "%s", help);
}

void conf_lex_start(struct conf_lex *lex, const struct conf_source *source)
{
	INSIST(lex->report != NULL && lex->expanded != NULL);
	lex->file = lex->files;
	lex->opened = 0;
	*lex->file = (struct conf_lex_file){.source = source, .line = 1};
	if (str_starts(source->text, STR(BOM)))
		lex->file->at = lex->file->expanded = sizeof(BOM) - 1;
}

void conf_lex_give_up(struct conf_lex *lex)
{
	lex->given_up = true;
}

/* ---- between the tokens ---- */

static void skip_line_comment(struct conf_lex_file *f)
{
	while (!at_end(f) && peek(f, 0) != '\n')
		f->at++;
}

static void skip_block_comment(struct conf_lex *lex)
{
	struct conf_lex_file *f = lex->file;
	struct conf_spot spot = conf_lex_spot(lex, f->at, 2);

	f->at += 2;
	while (!at_end(f)) {
		if (peek(f, 0) == '*' && peek(f, 1) == '/') {
			f->at += 2;
			return;
		}
		if (peek(f, 0) == '\n')
			newline(f);
		else
			f->at++;
	}
	conf_lex_error(lex, &spot, "this comment is never closed",
	    "close it with */, or begin each line with #");
}

static void skip_comment(struct conf_lex *lex)
{
	if (peek(lex->file, 0) == '/' && peek(lex->file, 1) == '*')
		skip_block_comment(lex);
	else
		skip_line_comment(lex->file);
}

/* Behind blanks, comments and the ends of included files; false: the end. */
static bool skip_space(struct conf_lex *lex)
{
	for (;;) {
		struct conf_lex_file *f = lex->file;
		char c = peek(f, 0);

		if (at_end(f) && !conf_include_leave(lex))
			return false;
		if (at_end(f))
			continue;
		if (c == '\n')
			newline(f);
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
			f->at++;
		else if (at_comment(f))
			skip_comment(lex);
		else if (!conf_include_enter(lex))
			return true;
	}
}

/* ---- strings ---- */

/* Steps over an escape. */
static void read_escape(struct conf_lex *lex)
{
	struct conf_lex_file *f = lex->file;
	char c = peek(f, 1);
	size_t n = char_lower(c) == 'x' ? 4 : 2;
	struct conf_spot spot;

	if (c != '\0' && strchr("nrtf\\\"", c) != NULL) {
		f->at += 2;
		return;
	}
	spot = conf_lex_spot(lex, f->at, c == '\0' || c == '\n' ? 1 : 2);
	if (n == 4 && char_hex(peek(f, 2)) >= 0 && char_hex(peek(f, 3)) >= 0) {
		if (peek(f, 2) == '0' && peek(f, 3) == '0')
			conf_lex_error(lex, &spot,
			    "a string cannot hold a NUL byte", NULL);
		f->at += 4;
		return;
	}
	conf_lex_error(lex, &spot, "this escape means nothing",
	    "write \\\\ for a backslash; there are "
	    "\\\" \\\\ \\n \\r \\t \\f and \\x41");
	f->at += spot.n;
}

static bool at_line_end(const struct conf_lex_file *f)
{
	return at_end(f) || peek(f, 0) == '\n' ||
	    (peek(f, 0) == '\r' && peek(f, 1) == '\n');
}

static void complain_control(struct conf_lex *lex)
{
	struct conf_spot spot = conf_lex_spot(lex, lex->file->at, 1);

	conf_lex_error(lex, &spot, "this string holds a control character",
	    "if it is meant, write it as an escape: \\x1b");
}

static struct conf_token read_string(struct conf_lex *lex)
{
	struct conf_lex_file *f = lex->file;
	size_t start = f->at++;
	struct conf_token token = {.kind = TOKEN_STRING};

	while (!at_line_end(f) && peek(f, 0) != '"') {
		char c = peek(f, 0);

		if (c == '\\') {
			read_escape(lex);
			continue;
		}
		if ((unsigned char)c < ' ' && c != '\t')
			complain_control(lex);
		f->at++;
	}
	token.spot = conf_lex_spot(lex, start, f->at - start);
	if (!at_line_end(f)) {
		f->at++;
		token.spot.n++;
		return token;
	}
	conf_lex_error(lex, &token.spot, "this string is not closed",
	    "close it with \" on the same line; "
	    "strings after one another are joined");
	return token;
}

/* ---- words ---- */

/* "//" is a comment behind a word, but not in http://127.0.0.1 */
static bool ends_word(const struct conf_lex_file *f, enum conf_lex_mode mode)
{
	char c = peek(f, 0);

	if (at_end(f) || strchr(" \t\r\n\f;,{}()[]=#", c) != NULL)
		return true;
	if (c == '"' || c == ':')
		return mode == LEX_NAMES;
	return at_comment(f) && f->source->text.p[f->at - 1] != ':';
}

/* 'single quotes' hold blanks too. */
static void read_single_quotes(struct conf_lex_file *f)
{
	size_t n = 1;

	while (peek(f, n) != '\0' && peek(f, n) != '\n' && peek(f, n) != '\'')
		n++;
	if (peek(f, n) == '\'')
		f->at += n + 1;
}

static enum conf_token_kind word_token(struct str word,
    enum conf_lex_mode mode)
{
	switch (conf_word_kind(word)) {
	case WORD_BOOL:
		return TOKEN_BOOL;
	case WORD_INT:
		return TOKEN_INT;
	case WORD_INT64:
		return TOKEN_INT64;
	case WORD_FLOAT:
		return TOKEN_FLOAT;
	case WORD_TOO_LARGE:
	case WORD_BARE:
		break;
	}
	return mode == LEX_NAMES && conf_word_is_name(word) ? TOKEN_NAME
							    : TOKEN_WORD;
}

static struct conf_token read_word(struct conf_lex *lex,
    enum conf_lex_mode mode)
{
	struct conf_lex_file *f = lex->file;
	size_t start = f->at;
	struct conf_token token;

	if (peek(f, 0) == '\'')
		read_single_quotes(f);
	while (!ends_word(f, mode))
		f->at++;
	INSIST(f->at > start);
	token.spot = conf_lex_spot(lex, start, f->at - start);
	token.kind = word_token(conf_spot_text(&token.spot), mode);
	return token;
}

/* ---- tokens ---- */

static enum conf_token_kind punctuation(char c)
{
	switch (c) {
	case '=':
	case ':':
		return TOKEN_EQUALS;
	case ',':
		return TOKEN_COMMA;
	case ';':
		return TOKEN_SEMICOLON;
	case '{':
	case '[':
	case '(':
		return TOKEN_OPEN;
	case '}':
	case ']':
	case ')':
		return TOKEN_CLOSE;
	default:
		return TOKEN_WORD;
	}
}

struct conf_token conf_lex_next(struct conf_lex *lex, enum conf_lex_mode mode)
{
	struct conf_token token = {.kind = TOKEN_END};
	char c;

	if (lex->given_up || !skip_space(lex)) {
		token.spot = conf_lex_spot(lex, lex->file->at, 0);
		return token;
	}
	c = peek(lex->file, 0);
	if (c == '"')
		return read_string(lex);
	token.kind = punctuation(c);
	if (token.kind == TOKEN_WORD)
		return read_word(lex, mode);
	token.spot = conf_lex_spot(lex, lex->file->at, 1);
	lex->file->at++;
	return token;
}

char conf_lex_peek(const struct conf_lex *lex)
{
	size_t n = 0;

	while (peek(lex->file, n) == ' ' || peek(lex->file, n) == '\t')
		n++;
	return peek(lex->file, n);
}

void conf_lex_rewind(struct conf_lex *lex, const struct conf_token *token)
{
	if (token->kind == TOKEN_END || lex->given_up)
		return;
	INSIST(token->spot.source == lex->file->source);
	INSIST(token->spot.line == lex->file->line);
	lex->file->at = token->spot.at;
}

void conf_lex_skip_rest(struct conf_lex *lex)
{
	struct conf_lex_file *f = lex->file;

	while (!at_end(f) && strchr("\n;{}", peek(f, 0)) == NULL)
		f->at++;
}
