/*
 * lex.h - libconfig's tokens, each with its place.
 *
 * Reads a source and what it includes.  A token never crosses a file, so it
 * can be given back (conf_lex_rewind) and read again in the other mode.
 * Errors of the characters are reported here, once; those of the grammar in
 * scan.c.
 */
#ifndef COMMON_CONF_LEX_H
#define COMMON_CONF_LEX_H

#include "common/conf/report.h"

#define CONF_INCLUDE_DEPTH 10 /* as in libconfig */
#define CONF_INCLUDE_FILES 64

enum conf_token_kind {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_EQUALS,
	TOKEN_COMMA,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,  /* { [ ( */
	TOKEN_CLOSE, /* } ] ) */
	TOKEN_STRING,
	TOKEN_BOOL,
	TOKEN_INT,
	TOKEN_INT64,
	TOKEN_FLOAT,
	TOKEN_WORD /* anything else: see word.h */
};

struct conf_token {
	enum conf_token_kind kind;
	struct conf_spot spot;
};

/*
 * Where a name may stand, ':' is libconfig's other '='.  Where a value must
 * stand it belongs to what lacks quotes: http://127.0.0.1:3000
 */
enum conf_lex_mode { LEX_NAMES, LEX_VALUES };

/*
 * Opens the file that FROM includes as PATH; NULL: *error_r says why not,
 * with the path that was tried.
 */
typedef const struct conf_source *conf_open_fn(void *arg,
    const struct conf_source *from, struct str path, const char **error_r);

struct conf_lex_file {
	const struct conf_source *source;
	size_t at;	   /* the next byte */
	size_t line_start; /* of the line it is in */
	unsigned line;
	size_t expanded;   /* bytes that are in EXPANDED already */
	size_t complained; /* no further message before this byte */
};

struct conf_lex {
	struct conf_report *report;
	conf_open_fn *open;
	void *open_arg;
	FILE *expanded; /* the text with its includes, for libconfig */
	struct conf_lex_file files[CONF_INCLUDE_DEPTH + 1];
	struct conf_lex_file *file; /* the innermost */
	unsigned opened;
	bool given_up;
};

/* Begins; the caller has set REPORT, OPEN, OPEN_ARG and EXPANDED. */
void conf_lex_start(struct conf_lex *lex, const struct conf_source *source);

/* The next token; TOKEN_END again and again at the end. */
struct conf_token conf_lex_next(struct conf_lex *lex, enum conf_lex_mode mode);

/* The next byte on this line that is no blank; NUL or LF at its end. */
char conf_lex_peek(const struct conf_lex *lex);

/* Gives back the token that was read last. */
void conf_lex_rewind(struct conf_lex *lex, const struct conf_token *token);

/* Skips to the next ';', brace or end of line. */
void conf_lex_skip_rest(struct conf_lex *lex);

/* Nothing more is read: the next token is the end. */
void conf_lex_give_up(struct conf_lex *lex);

/* The spot of N bytes from AT, in the line where the lexer is. */
struct conf_spot conf_lex_spot(const struct conf_lex *lex, size_t at,
    size_t n);

/*
 * An error that is told once, even if its bytes are read again.  HELP may be
 * NULL.
 */
void conf_lex_error(struct conf_lex *lex, const struct conf_spot *spot,
    const char *text, const char *help);

#endif
