/*
 * cases.c - the tables of tests/cases.
 *
 * For tests only: the text stays allocated, and a file with a mistake ends the
 * program.
 */
#include "tests/unit/cases.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_SIZE 4096
#define TEXT_SIZE ((size_t)256 * 1024)
#define ROWS_MAX 1000
#define WORDS_MAX 32

struct word {
	char *name;
	struct str text;
};

struct text {
	char p[TEXT_SIZE];
	size_t n;
};

static struct word words[WORDS_MAX];
static unsigned word_count;

static _Noreturn void wrong(const char *line)
{
	fprintf(stderr, "tests/cases: can't read \"%s\"\n", line);
	exit(1);
}

static void append(struct text *t, const char *p, size_t n)
{
	if (n > TEXT_SIZE - t->n)
		wrong("a text that is too long");
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

static struct str keep(const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	copy[n] = '\0';
	return str_make(copy, n);
}

/* ---- one line of text ---- */

static void expand(struct text *t, const char *p, const char *end);

/* Behind a backslash; what follows it. */
static const char *expand_escape(struct text *t, const char *p)
{
	static const char from[] = "rntvf0s\\", to[] = "\r\n\t\v\f\0 \\";
	const char *found = *p != '\0' ? strchr(from, *p) : NULL;
	char c;

	if (found != NULL) {
		append(t, &to[found - from], 1);
		return p + 1;
	}
	if (p[0] != 'x' || char_hex(p[1]) < 0 || char_hex(p[2]) < 0)
		wrong(p);
	c = (char)(char_hex(p[1]) * 16 + char_hex(p[2]));
	append(t, &c, 1);
	return p + 3;
}

/* {name}, or {text:times}, between P and END. */
static void expand_braces(struct text *t, const char *p, const char *end)
{
	const char *colon = memrchr(p, ':', (size_t)(end - p));
	unsigned long times = colon ? strtoul(colon + 1, NULL, 10) : 0;

	for (unsigned i = 0; i < word_count && colon == NULL; i++)
		if (str_eq(str_from(words[i].name),
			str_make(p, (size_t)(end - p)))) {
			append(t, words[i].text.p, words[i].text.n);
			return;
		}
	if (times == 0)
		wrong(p);
	for (; times > 0; times--)
		expand(t, p, colon);
}

static void expand(struct text *t, const char *p, const char *end)
{
	while (p < end) {
		const char *close;

		if (*p == '\\') {
			p = expand_escape(t, p + 1);
		} else if (*p == '{') {
			close = memchr(p, '}', (size_t)(end - p));
			if (close == NULL)
				wrong(p);
			expand_braces(t, p + 1, close);
			p = close + 1;
		} else {
			append(t, p++, 1);
		}
	}
}

static void append_to(struct str *s, const char *line)
{
	static struct text t;

	t.n = 0;
	if (s->p != NULL)
		append(&t, s->p, s->n);
	expand(&t, line, line + strlen(line));
	free((char *)s->p);
	*s = keep(t.p, t.n);
}

/* ---- the lines ---- */

static void define_word(char *line)
{
	char *equals = strchr(line, '=');
	char *end = equals;

	if (equals == NULL || word_count == WORDS_MAX)
		wrong(line);
	while (end > line && end[-1] == ' ')
		end--;
	words[word_count].name = (char *)keep(line, (size_t)(end - line)).p;
	words[word_count].text = STR_NONE;
	append_to(&words[word_count].text, equals + 2);
	word_count++;
}

/* "400 line_end | title" */
static void begin_row(struct case_row *row, char *line)
{
	char *bar = strstr(line, " | ");
	char *rest = NULL;
	char *word;

	*row = (struct case_row){.title = keep(bar + 3, strlen(bar + 3)).p};
	*bar = '\0';
	word = strtok_r(line, " ", &rest);
	for (unsigned i = 0; i < CASE_WORDS; i++) {
		row->words[i] = "";
		if (word != NULL)
			row->words[i] = keep(word, strlen(word)).p;
		word = strtok_r(NULL, " ", &rest);
	}
}

static bool add_text(struct case_row *row, const char *line)
{
	if (line[0] == '\0' || line[1] != ' ')
		return false;
	if (line[0] == '<')
		append_to(&row->sent, line + 2);
	else if (line[0] == '>')
		append_to(&row->received, line + 2);
	else if (line[0] == '+')
		append_to(&row->payload, line + 2);
	return strchr("<>+", line[0]) != NULL;
}

int cases_load(const char *path, struct case_row **rows_r)
{
	static char line[LINE_SIZE];
	struct case_row *rows = calloc(ROWS_MAX, sizeof(*rows));
	FILE *file = fopen(path, "r");
	int count = 0;

	if (file == NULL || rows == NULL)
		wrong(path);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (count > 0 && add_text(&rows[count - 1], line))
			continue;
		if (strstr(line, " | ") == NULL)
			define_word(line);
		else if (count == ROWS_MAX)
			wrong(line);
		else
			begin_row(&rows[count++], line);
	}
	fclose(file);
	*rows_r = rows;
	return count;
}
