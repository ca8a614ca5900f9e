/*
 * name.c - host names as a Host field has them.
 *
 * Runs in the master.  Letters, digits, "-" and "_" in
 * labels (RFC 1123, 2.1; the "_" because people use it), "*." before them,
 * and addresses.  A client may write an IPv6 address in several ways; we expect the short one
 * of RFC 5952, which clients make.
 */
#include "common/conf/name.h"

#include "common/base/insist.h"
#include "common/conf/address.h"

#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63

static bool is_label_byte(char c)
{
	c = char_lower(c);
	return (c >= 'a' && c <= 'z') || char_is_digit(c) || c == '-' ||
	    c == '_';
}

static bool is_label(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MAX_LENGTH ||
	    label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_label_byte(label.p[i]))
			return false;
	return true;
}

bool conf_name_is_dns(struct str text)
{
	struct str rest = text;

	if (text.n == 0 || text.n > NAME_MAX_LENGTH)
		return false;
	for (;;) {
		const char *dot = memchr(rest.p, '.', rest.n);
		size_t n = dot ? (size_t)(dot - rest.p) : rest.n;

		if (!is_label(str_make(rest.p, n)))
			return false;
		if (dot == NULL)
			return true;
		rest = str_make(dot + 1, rest.n - n - 1);
		if (rest.n == 0)
			return false;
	}
}

static bool has(struct str text, char c)
{
	return memchr(text.p, c, text.n) != NULL;
}

static bool has_high_bytes(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return true;
	return false;
}

/* "::1" or "[::1]" to "[::1]"; NULL: no IPv6 address. */
static const char *read_ip6(struct arena *a, struct str text)
{
	struct conf_hostport parts = {.host = text, .brackets = true};
	struct conf_address address;
	struct str shortest;

	if (text.p[0] == '[' && text.p[text.n - 1] == ']')
		parts.host = str_make(text.p + 1, text.n - 2);
	if (!conf_address_ip(a, &parts, 1, &address))
		return NULL;
	shortest = str_from(address.text);
	shortest.n -= sizeof(":1") - 1; /* the port */
	return arena_strdup(a, shortest);
}

static const char *lowered(struct arena *a, struct str text)
{
	char *name = arena_strdup(a, text);

	for (size_t i = 0; i < text.n; i++)
		name[i] = char_lower(name[i]);
	return name;
}

static struct conf_name_fault find_fault(struct str text)
{
	if (text.p[0] == '^')
		return (struct conf_name_fault){
		    "a pattern begins with \"~\" here",
		    "write \"~^shop[0-9]+\\\\.example\\\\.com$\""};
	if (has(text, '*'))
		return (struct conf_name_fault){
		    "a wildcard stands for whole labels at the start",
		    "write \"*.example.com\"; \"*\" alone is for all names "
		    "that are left"};
	if (has(text, '/'))
		return (struct conf_name_fault){
		    "a host is a name only, without scheme and path",
		    "write \"app.example.com\""};
	if (has(text, ':') && text.p[0] != '[')
		return (struct conf_name_fault){
		    "a host has no port here",
		    "the port belongs into \"listen\""};
	if (text.p[text.n - 1] == '.')
		return (struct conf_name_fault){
		    "a host has no dot at its end here",
		    "leave it out: clients' names are compared without it"};
	if (has_high_bytes(text))
		return (struct conf_name_fault){
		    "a host name holds ASCII only",
		    "write its form in punycode, which begins with \"xn--\""};
	if (has(text, ' ') || has(text, ','))
		return (struct conf_name_fault){
		    "these are several host names",
		    "write [ \"www.example.com\", \"example.com\" ]"};
	return (struct conf_name_fault){"this is not a host name",
	    "labels of letters, digits, \"-\" and \"_\", at most 63 bytes "
	    "each, with dots between"};
}

/* "*.example.com" */
static bool is_wildcard(struct str text)
{
	return str_starts(text, STR("*.")) &&
	    conf_name_is_dns(str_behind(text, 2));
}

const char *conf_name_read(struct arena *a, struct str text,
    struct conf_name_fault *fault_r)
{
	const char *name = NULL;

	INSIST(text.n > 0);
	if (str_eq(text, STR("_"))) {
		*fault_r = (struct conf_name_fault){
		    "\"_\" is not a host name here",
		    "write \"*\" for all names that no other vhost has"};
		return NULL;
	}
	if (str_eq(text, STR("*")) || conf_name_is_dns(text) ||
	    is_wildcard(text))
		name = lowered(a, text);
	else if (text.n > 1)
		name = read_ip6(a, text);
	if (name == NULL)
		*fault_r = find_fault(text);
	return name;
}
