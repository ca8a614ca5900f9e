/*
 * suggest.c - did you mean ...?
 *
 * Runs in the master.  Edit distance with transposed neighbours counting as
 * one step (optimal string alignment), case ignored and "-" the same as "_".
 * A word may be wrong in a third of its letters.  Three rows of the usual
 * table are kept:
 *
 *		   c  a  n  d  i  d  a  t  e
 *	before	   distances two letters of the word ago
 *	above	   one letter ago
 *	row	   up to this letter
 */
#include "common/conf/suggest.h"

#include "common/base/insist.h"

#define WORD_MAX 40

struct conf_suggest conf_suggest_make(struct str word)
{
	unsigned limit = (unsigned)(word.n < WORD_MAX ? word.n : 0);

	return (struct conf_suggest){.word = word,
	    .distance = limit == 0 ? 0 : (limit < 3 ? 1 : limit / 3) + 1};
}

static char fold(char c)
{
	return c == '-' ? '_' : char_lower(c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* One row of the table: letter I of A against all of B. */
static void fill_row(struct str a, struct str b, size_t i,
    unsigned (*rows)[WORD_MAX + 1])
{
	unsigned *row = rows[i % 3];
	const unsigned *above = rows[(i + 2) % 3];
	const unsigned *before = rows[(i + 1) % 3];

	row[0] = (unsigned)i;
	for (size_t j = 1; j <= b.n; j++) {
		char x = fold(a.p[i - 1]), y = fold(b.p[j - 1]);

		row[j] = least(least(above[j], row[j - 1]) + 1,
		    above[j - 1] + (x != y));
		if (i > 1 && j > 1 && x == fold(b.p[j - 2]) &&
		    y == fold(a.p[i - 2]))
			row[j] = least(row[j], before[j - 2] + 1);
	}
}

static unsigned distance(struct str a, struct str b)
{
	unsigned rows[3][WORD_MAX + 1];

	INSIST(a.n <= WORD_MAX && b.n <= WORD_MAX);
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++)
		fill_row(a, b, i, rows);
	return rows[a.n % 3][b.n];
}

void conf_suggest_offer(struct conf_suggest *s, const char *candidate)
{
	struct str text = str_from(candidate);
	unsigned steps;

	if (s->distance == 0 || text.n > WORD_MAX)
		return;
	steps = distance(s->word, text);
	if (steps < s->distance) {
		s->distance = steps;
		s->best = candidate;
	}
}

bool conf_suggest_help(const struct conf_suggest *s, struct conf_report *r)
{
	if (s->best == NULL)
		return false;
	conf_report_help(r, "did you mean \"%s\"?", s->best);
	return true;
}
