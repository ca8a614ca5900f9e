/*
 * variables.c - ${env:NAME} and ${file:/PATH}: what is filled in at load.
 *
 * Runs in the master, between parsing and checking, so the value is checked
 * like any other.  A value is text, never a template: a "${" in it becomes
 * "$${", which everybody reads as "${".
 *
 *	written		token = "${file:/run/secrets/token}";
 *	the file	a${b
 *	filled in	a$${b
 *	read		a${b
 */
#include "common/conf/variables.h"

#include <stdlib.h>

#include "common/base/insist.h"

/* A string being filled in. */
struct filler {
	const struct conf_scan_input *input;
	const config_setting_t *setting;
	FILE *out;
	bool failed;
};

struct conf_spot conf_variables_spot(const config_setting_t *s,
    struct str what)
{
	struct conf_spot spot = *conf_tree_spot(s);
	struct str text = conf_spot_text(&spot);
	const char *found = memmem(text.p, text.n, what.p, what.n);

	if (found == NULL || what.n == 0)
		return spot;
	spot.at += (uint32_t)(found - text.p);
	spot.column += (unsigned)(found - text.p);
	spot.n = (uint32_t)what.n;
	return spot;
}

/* ---- values ---- */

/* BEFORE: the byte that follows the variable is '{'. */
static void put_value(struct filler *f, struct str value, bool before_brace)
{
	for (size_t i = 0; i < value.n; i++) {
		bool brace = i + 1 < value.n ? value.p[i + 1] == '{'
					     : before_brace;

		if (value.p[i] == '$' && brace)
			putc('$', f->out);
		putc(value.p[i], f->out);
	}
}

static struct str env_value(struct filler *f, struct str whole,
    struct str name)
{
	struct conf_spot spot = conf_variables_spot(f->setting, whole);
	const char *value = getenv(arena_strdup(f->input->arena, name));

	if (value != NULL)
		return str_from(value);
	f->failed = true;
	conf_report_error(f->input->report, &spot,
	    "the environment has no \"%" PRI_STR "\"", ARG_STR(name));
	conf_report_help(f->input->report,
	    "the environment is that in which sluiced was started");
	return STR("");
}

static struct str without_last_newline(struct str s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

static struct conf_secret read_secret(struct filler *f, struct str path)
{
	struct conf_secret secret = {.error = "its path must begin with \"/\""};

	if (path.n > 0 && path.p[0] == '/')
		secret = f->input->secret(f->input->arena,
		    arena_strdup(f->input->arena, path));
	if (secret.error != NULL)
		return secret;
	if (secret.text.n > CONF_SECRET_MAX)
		secret.error = "it is larger than 64 KiB";
	else if (memchr(secret.text.p, '\0', secret.text.n) != NULL)
		secret.error = "it holds NUL bytes";
	return secret;
}

static struct str file_value(struct filler *f, struct str whole,
    struct str path)
{
	struct conf_spot spot = conf_variables_spot(f->setting, whole);
	struct conf_secret secret = read_secret(f, path);

	if (secret.error != NULL) {
		f->failed = true;
		conf_report_error(f->input->report, &spot,
		    "\"%" PRI_STR "\" cannot be read: %s", ARG_STR(path),
		    secret.error);
		return STR("");
	}
	if (secret.readable) {
		conf_report_lint(f->input->report, LINT_secret_readable, &spot,
		    "everybody on this machine may read this file");
		conf_report_help(f->input->report, "chmod 600 %" PRI_STR,
		    ARG_STR(path));
	}
	return without_last_newline(secret.text);
}

/* ---- strings ---- */

/* TEXT begins with "${"; false: it is a template's. */
static bool fill_variable(struct filler *f, struct str text, size_t *n_r)
{
	static const struct str env = STR("${env:"), file = STR("${file:");
	const char *close = memchr(text.p, '}', text.n);
	size_t n = close ? (size_t)(close - text.p) + 1 : 0;
	struct str whole = str_make(text.p, n);
	bool is_env = str_starts(whole, env);
	size_t skip = is_env ? env.n : file.n;
	struct str name;

	if (!is_env && !str_starts(whole, file))
		return false;
	name = str_make(text.p + skip, n - skip - 1);
	put_value(f, is_env ? env_value(f, whole, name)
			    : file_value(f, whole, name),
	    n < text.n && text.p[n] == '{');
	*n_r = n;
	return true;
}

static void fill_rest(struct filler *f, struct str text)
{
	size_t n;

	for (; text.n > 0; text = str_behind(text, n)) {
		bool dollar = str_starts(text, STR("${"));

		if (dollar && fill_variable(f, text, &n))
			continue;
		n = dollar ? 2 : str_starts(text, STR("$${")) ? 3 : 1;
		fwrite(text.p, 1, n, f->out);
	}
}

/* TEXT with its values; the caller frees it. */
static char *fill_text(struct filler *f, const char *text)
{
	char *filled = NULL;
	size_t size = 0;
	int closed;

	f->out = open_memstream(&filled, &size);
	INSIST(f->out != NULL);
	fill_rest(f, str_from(text));
	closed = fclose(f->out);
	INSIST(closed == 0);
	return filled;
}

/* Is there a "${" that is not a "$${"? */
static bool has_variables(const char *text)
{
	const char *at = text;

	while ((at = strstr(at, "${")) != NULL) {
		if (at == text || at[-1] != '$')
			return true;
		text = at += 2;
	}
	return false;
}

/* "$${" becomes "${", in place. */
static void make_plain(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (strncmp(from, "$${", 3) == 0)
			from++;
		*to++ = *from;
		if (from[0] == '$' && from[1] == '{')
			*to++ = *++from;
	}
	*to = '\0';
}

static void fill_string(const struct conf_scan_input *input,
    config_setting_t *s)
{
	struct filler f = {.input = input, .setting = s};
	struct conf_node *node = conf_tree_node(s);
	const char *text = conf_tree_text(s);
	char *filled;

	if (strstr(text, "${") == NULL)
		return;
	node->written = arena_strdup(input->arena, str_from(text));
	filled = fill_text(&f, text);
	node->template = arena_strdup(input->arena, str_from(filled));
	node->variables = has_variables(filled);
	node->refused = f.failed;
	if (!node->variables)
		make_plain(filled);
	config_setting_set_string(s, filled);
	free(filled);
}

void conf_variables_fill(const struct conf_scan_input *input,
    config_setting_t *root)
{
	int count = config_setting_length(root);

	INSIST(input->secret != NULL);
	for (int i = 0; i < count; i++)
		conf_variables_fill(input,
		    config_setting_get_elem(root, (unsigned)i));
	if (root->type == CONFIG_TYPE_STRING)
		fill_string(input, root);
}

/* ---- what is left ---- */

static bool is_upper(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] >= 'a' && name.p[i] <= 'z')
			return false;
	return name.n > 0;
}

bool conf_variables_refuse(struct conf_report *r, const config_setting_t *s,
    const char *key)
{
	struct str text, name;
	struct conf_spot spot;
	const char *close;

	if (s->type != CONFIG_TYPE_STRING || !conf_tree_node(s)->variables)
		return false;
	text = str_from(strstr(conf_tree_text(s), "${"));
	close = memchr(text.p, '}', text.n);
	if (close != NULL)
		text.n = (size_t)(close - text.p) + 1;
	name = str_make(text.p + 2, text.n - 2 - (close != NULL));
	spot = conf_variables_spot(s, text);
	conf_report_error(r, &spot, "\"%s\" takes no ${%" PRI_STR "}", key,
	    ARG_STR(name));
	if (is_upper(name))
		conf_report_help(r, "for the environment write ${env:%" PRI_STR
		    "}", ARG_STR(name));
	else
		conf_report_help(r, "in any string there may be ${env:NAME} "
		    "and ${file:/PATH}; a plain ${ is written $${");
	return true;
}

/* ---- habits ---- */

static const struct {
	const char *name;
	const char *ours;
} foreign[] = {
    {"host", "${host}"},
    {"http_host", "${header:Host}"},
    {"remote_addr", "${client_ip}"},
    {"request_uri", "${path}?${query}"},
    {"uri", "${path}"},
    {"args", "${query}"},
    {"query_string", "${query}"},
    {"scheme", "${scheme}"},
    {"request_method", "${method}"},
    {"request_id", "${request_id}"},
};

static bool is_name_byte(char c)
{
	return c == '_' || char_is_digit(c) ||
	    (char_lower(c) >= 'a' && char_lower(c) <= 'z');
}

static void warn_foreign(struct conf_report *r, const config_setting_t *s,
    struct str word, const char *ours)
{
	struct conf_spot spot = conf_variables_spot(s, word);

	conf_report_lint(r, LINT_foreign_variable, &spot,
	    "\"%" PRI_STR "\" is plain text here", ARG_STR(word));
	conf_report_help(r, "write %s", ours);
}

/* WORD: "$host", "$1". */
static void check_word(struct conf_report *r, const config_setting_t *s,
    struct str word, bool pattern)
{
	struct str name = str_behind(word, 1);
	char group[] = "${1}";

	if (pattern && name.n == 1 && char_is_digit(name.p[0])) {
		group[2] = name.p[0];
		warn_foreign(r, s, word, group);
	}
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (str_eq(name, str_from(foreign[i].name)))
			warn_foreign(r, s, word, foreign[i].ours);
}

void conf_variables_lint(struct conf_report *r, const config_setting_t *s,
    bool pattern)
{
	const char *at = conf_tree_template(s);

	while ((at = strchr(at, '$')) != NULL) {
		size_t n = 1;

		while (is_name_byte(at[n]))
			n++;
		if (n > 1)
			check_word(r, s, str_make(at, n), pattern);
		at += n;
	}
}
