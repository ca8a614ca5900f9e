/*
 * hosts.c - the hosts file.
 *
 * Runs in workers.  "ADDRESS NAME NAME... # remark", a line each; what is not
 * so is left out, as the C library does.  The text is kept as it is and looked
 * through for each name: that happens when a name is followed for the first
 * time, not for a request.
 */
#include "worker/origin/hosts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define HOSTS_MAX ((size_t)1 << 20)

static char *hosts; /* NULL: none */
static size_t hosts_n;

void hosts_free(void)
{
	free(hosts);
	hosts = NULL;
	hosts_n = 0;
}

void hosts_read(struct str text)
{
	hosts_free();
	hosts = malloc(text.n + 1);
	if (hosts == NULL)
		return;
	memcpy(hosts, text.p, text.n);
	hosts_n = text.n;
}

static size_t read_all(int fd, char *p, size_t room)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, p + n, room - n)) > 0)
		n += (size_t)got;
	return n;
}

void hosts_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(HOSTS_MAX);

	hosts_free();
	if (fd >= 0 && text != NULL)
		hosts_read(str_make(text, read_all(fd, text, HOSTS_MAX)));
	if (fd >= 0)
		close(fd);
	free(text);
}

/* Spaces and tabs, any number of them.  False at the end. */
static bool next_word(struct str *line, struct str *word_r)
{
	size_t n = 0;

	*line = str_trim(*line);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	*word_r = str_make(line->p, n);
	*line = str_behind(*line, n);
	return n > 0;
}

static bool has_name(struct str line, struct str name)
{
	struct str word;

	while (next_word(&line, &word))
		if (str_eq_nocase(word, name))
			return true;
	return false;
}

static void add_line(struct str line, struct str name,
    struct names_answers *answers)
{
	struct str text, word;
	struct ip ip;

	if (str_next_part(&line, '#', &text) && next_word(&text, &word) &&
	    ip_parse(word, &ip) && has_name(text, name))
		(void)names_add_address(answers, &ip);
}

bool hosts_find(struct str name, struct names_answers *answers_r)
{
	struct str rest = str_make(hosts, hosts_n);
	struct str line;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	while (rest.n > 0 && str_next_part(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		add_line(line, name, answers_r);
	}
	if (answers_r->count == 0)
		return false;
	names_sort(answers_r);
	return true;
}
