/*
 * word.c - what a run of characters without quotes is.
 *
 * Runs in the master.  The numbers are a subset of libconfig's: what it reads
 * but nobody means ("1.", ".", "0xffffffff" as -1) is refused here.
 */
#include "common/conf/word.h"

#include "common/base/insist.h"

static size_t count_digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && char_is_digit(s.p[n]))
		n++;
	return n;
}

static struct str skip_sign(struct str s)
{
	return s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? str_behind(s, 1) : s;
}

/* Nothing, "L" or "LL": a suffix of 64 bits or none. */
static bool is_suffix(struct str s)
{
	return s.n == 0 || str_eq(s, STR("L")) || str_eq(s, STR("LL"));
}

static enum conf_word integer_kind(struct str digits, bool wide, bool negative)
{
	uint64_t limit = wide ? INT64_MAX : INT32_MAX;
	uint64_t value;

	if (!str_to_u64(digits, limit + negative, &value))
		return WORD_TOO_LARGE;
	return wide ? WORD_INT64 : WORD_INT;
}

static enum conf_word hex_kind(struct str s)
{
	size_t n = 0, zeros = 0;
	bool wide;

	while (n < s.n && char_hex(s.p[n]) >= 0)
		n++;
	if (n == 0 || !is_suffix(str_behind(s, n)))
		return WORD_BARE;
	while (zeros < n && s.p[zeros] == '0')
		zeros++;
	wide = n < s.n;
	if (n - zeros > (wide ? 16 : 8) ||
	    (n - zeros == (wide ? 16 : 8) && char_hex(s.p[zeros]) >= 8))
		return WORD_TOO_LARGE;
	return wide ? WORD_INT64 : WORD_INT;
}

/* What stands behind the digits before the point: .DIGITS[eDIGITS] */
static bool is_fraction(struct str s)
{
	size_t n;

	if (s.n < 2 || s.p[0] != '.')
		return false;
	s = str_behind(s, 1);
	n = count_digits(s);
	if (n == 0 || n == s.n)
		return n > 0;
	if (char_lower(s.p[n]) != 'e')
		return false;
	s = skip_sign(str_behind(s, n + 1));
	return s.n > 0 && count_digits(s) == s.n;
}

enum conf_word conf_word_kind(struct str word)
{
	struct str s = skip_sign(word);
	size_t digits = count_digits(s);

	if (str_eq_nocase(word, STR("true")) ||
	    str_eq_nocase(word, STR("false")))
		return WORD_BOOL;
	if (word.n > 2 && word.p[0] == '0' && char_lower(word.p[1]) == 'x')
		return hex_kind(str_behind(word, 2));
	if (digits == 0)
		return WORD_BARE;
	if (is_suffix(str_behind(s, digits)))
		return integer_kind(str_make(s.p, digits), digits < s.n,
		    word.p[0] == '-');
	return is_fraction(str_behind(s, digits)) ? WORD_FLOAT : WORD_BARE;
}

static bool is_name_start(char c)
{
	c = char_lower(c);
	return (c >= 'a' && c <= 'z') || c == '*';
}

bool conf_word_is_name(struct str word)
{
	if (word.n == 0 || !is_name_start(word.p[0]))
		return false;
	for (size_t i = 1; i < word.n; i++)
		if (!is_name_start(word.p[i]) && !char_is_digit(word.p[i]) &&
		    word.p[i] != '-' && word.p[i] != '_')
			return false;
	return true;
}

static bool is_one_of(struct str word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_eq_nocase(word, str_from(*words)))
			return true;
	return false;
}

static const char *boolean_for(struct str word)
{
	static const char *const yes[] = {"on", "yes", "enable", "enabled",
	    NULL};
	static const char *const no[] = {"off", "no", "disable", "disabled",
	    NULL};

	if (is_one_of(word, yes))
		return "true";
	return is_one_of(word, no) ? "false" : NULL;
}

static bool has_unit(struct str word)
{
	static const char *const units[] = {"ms", "s", "sec", "m", "min", "h",
	    "d", "k", "kb", "mb", "g", "gb", "%", "/s", "/m", NULL};
	size_t digits = count_digits(word);

	return digits > 0 && is_one_of(str_behind(word, digits), units);
}

/* Bytes of a quotation mark that is not ours: 'x', or typographic ones. */
static size_t foreign_quote(struct str s)
{
	static const char *const quotes[] = {"'", "`", "\xe2\x80\x98",
	    "\xe2\x80\x99", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e",
	    "\xc2\xab", "\xc2\xbb", NULL};

	for (size_t i = 0; quotes[i] != NULL; i++)
		if (str_starts(s, str_from(quotes[i])))
			return strlen(quotes[i]);
	return 0;
}

/* The word without marks at its ends, of whatever kind. */
static struct str without_quotes(struct str s)
{
	s = str_behind(s, foreign_quote(s));
	while (s.n > 0) {
		size_t n = 0;

		for (size_t back = 1; back <= 3 && back <= s.n && n == 0;
		     back++)
			if (foreign_quote(str_behind(s, s.n - back)) == back)
				n = back;
		if (n == 0 && s.p[s.n - 1] == '"')
			n = 1;
		if (n == 0)
			break;
		s.n -= n;
	}
	return s;
}

/* "listeners:" where a value should be. */
static void complain_yaml(struct conf_report *r, const struct conf_spot *spot)
{
	struct str word = conf_spot_text(spot);

	conf_report_error(r, spot, "this is not a value: it looks like YAML");
	conf_report_help(r, "a group is NAME = { NAME = VALUE; }, a list of "
	    "them ( { ... }, { ... } ): %" PRI_STR " = { ... };",
	    (int)word.n - 1, word.p);
}

/* "127.0.0.1:3000", where a URL is expected */
static bool lacks_scheme(struct str s)
{
	return !str_starts(s, STR("unix:")) &&
	    memmem(s.p, s.n, "://", 3) == NULL && memchr(s.p, ':', s.n) != NULL;
}

static void complain_bare(struct conf_report *r, const struct conf_spot *spot,
    bool url)
{
	struct str word = conf_spot_text(spot);
	struct str inside = without_quotes(word);

	if (str_starts(word, STR("\xc2\xa0")))
		conf_report_error(r, spot, "here is a no-break space");
	else if (foreign_quote(word) > 0)
		conf_report_error(r, spot,
		    "a string stands in plain double quotes");
	else if (has_unit(word))
		conf_report_error(r, spot, "a value with a unit needs quotes");
	else
		conf_report_error(r, spot, "a string needs quotes");
	if (str_starts(word, STR("\xc2\xa0")))
		conf_report_help(r, "replace it by an ordinary space");
	else
		conf_report_help(r, "write \"%s%" PRI_STR "\"",
		    url && lacks_scheme(inside) ? "http://" : "",
		    ARG_STR(inside));
}

void conf_word_complain(struct conf_report *r, const struct conf_spot *spot,
    bool url)
{
	struct str word = conf_spot_text(spot);
	enum conf_word kind = conf_word_kind(word);

	INSIST(kind == WORD_TOO_LARGE || kind == WORD_BARE);
	if (kind == WORD_TOO_LARGE) {
		conf_report_error(r, spot, "this number is too large");
		conf_report_help(r, "a plain number is at most %d; sizes and "
		    "durations are strings with a unit", INT32_MAX);
	} else if (boolean_for(word) != NULL) {
		conf_report_error(r, spot, "\"%" PRI_STR "\" is not a value",
		    ARG_STR(word));
		conf_report_help(r, "write %s", boolean_for(word));
	} else if (word.n > 1 && word.p[word.n - 1] == ':') {
		complain_yaml(r, spot);
	} else {
		complain_bare(r, spot, url);
	}
}
