/*
 * include.c - @include "file", alone on its line.
 *
 * Runs in the master.  libconfig could include files by itself, but then it
 * would read bytes that the scan has not seen.  Instead the scan reads them,
 * and libconfig gets one text in which each directive is replaced by its
 * file.  Depth and number are bounded: files that include each other twice
 * would grow without end.
 */
#include "common/conf/include.h"

#include "common/base/insist.h"

#define DIRECTIVE "@include"

static char byte_at(const struct conf_lex_file *f, size_t at)
{
	return at < f->source->text.n ? f->source->text.p[at] : '\0';
}

static size_t skip_blanks(const struct conf_lex_file *f, size_t at)
{
	while (byte_at(f, at) == ' ' || byte_at(f, at) == '\t')
		at++;
	return at;
}

static size_t line_end(const struct conf_lex_file *f, size_t at)
{
	const char *p = f->source->text.p;
	const char *end = memchr(p + at, '\n', f->source->text.n - at);

	return end ? (size_t)(end - p) : f->source->text.n;
}

/* The path between the quotes; false: the directive is malformed. */
static bool read_path(const struct conf_lex_file *f, struct str *path_r)
{
	size_t start = skip_blanks(f, f->at + sizeof(DIRECTIVE) - 1);
	size_t end = start + 1;

	if (byte_at(f, start) != '"')
		return false;
	while (byte_at(f, end) != '"') {
		if (strchr("\\\r\n", byte_at(f, end)) != NULL)
			return false; /* or it is the end: NUL */
		end++;
	}
	*path_r = str_make(f->source->text.p + start + 1, end - start - 1);
	end = skip_blanks(f, end + 1);
	return path_r->n > 0 &&
	    (byte_at(f, end) == '\0' || strchr("\r\n#", byte_at(f, end)));
}

static void push(struct conf_lex *lex, const struct conf_source *source)
{
	struct conf_lex_file *f = ++lex->file;

	INSIST(f <= &lex->files[CONF_INCLUDE_DEPTH]);
	lex->opened++;
	*f = (struct conf_lex_file){.source = source, .line = 1};
	if (str_starts(source->text, STR("\xef\xbb\xbf")))
		f->at = f->expanded = 3;
}

static void copy_text(struct conf_lex *lex, size_t end)
{
	struct conf_lex_file *f = lex->file;

	INSIST(end >= f->expanded);
	fwrite(f->source->text.p + f->expanded, 1, end - f->expanded,
	    lex->expanded);
	f->expanded = end;
}

static bool is_open(const struct conf_lex *lex,
    const struct conf_source *source)
{
	const struct conf_lex_file *f;

	for (f = lex->files; f <= lex->file; f++)
		if (strcmp(f->source->name, source->name) == 0)
			return true;
	return false;
}

/* NULL after an error. */
static const struct conf_source *open_file(struct conf_lex *lex,
    const struct conf_spot *spot, struct str path)
{
	const struct conf_source *source;
	const char *error = NULL;

	if (lex->file - lex->files == CONF_INCLUDE_DEPTH) {
		conf_lex_error(lex, spot,
		    "files are included deeper than 10 levels", NULL);
		return NULL;
	}
	if (lex->opened == CONF_INCLUDE_FILES) {
		conf_lex_error(lex, spot, "more than 64 files are included",
		    NULL);
		return NULL;
	}
	source = lex->open(lex->open_arg, lex->file->source, path, &error);
	if (source != NULL && is_open(lex, source)) {
		error = "this file includes itself";
		source = NULL;
	}
	if (source == NULL)
		conf_lex_error(lex, spot, error, NULL);
	return source;
}

static void report_malformed(struct conf_lex *lex,
    const struct conf_spot *spot)
{
	conf_lex_error(lex, spot, "this @include is malformed",
	    "write @include \"FILE\" alone on a line, without a semicolon");
}

bool conf_include_enter(struct conf_lex *lex)
{
	struct conf_lex_file *f = lex->file;
	struct str rest = str_make(f->source->text.p + f->at,
	    f->source->text.n - f->at);
	const struct conf_source *source = NULL;
	struct conf_spot spot;
	struct str path;

	if (!str_starts(rest, STR(DIRECTIVE)) ||
	    skip_blanks(f, f->line_start) != f->at)
		return false;
	spot = conf_lex_spot(lex, f->at, sizeof(DIRECTIVE) - 1);
	if (!read_path(f, &path)) {
		report_malformed(lex, &spot);
	} else {
		spot = conf_lex_spot(lex, (size_t)(path.p - f->source->text.p),
		    path.n);
		source = open_file(lex, &spot, path);
	}
	copy_text(lex, f->at);
	f->at = f->expanded = line_end(f, f->at);
	if (source != NULL)
		push(lex, source);
	return true;
}

bool conf_include_leave(struct conf_lex *lex)
{
	copy_text(lex, lex->file->source->text.n);
	if (lex->file == lex->files)
		return false;
	putc('\n', lex->expanded);
	lex->file--;
	return true;
}
