/*
 * binding.c - what is spoken at the addresses of a vhost.
 *
 * Runs in the master.  An entry of "listen" says it outright, or it follows
 * from the port and the vhost: TLS, where the vhost has it, but not on port
 * 80.  What is inherited is only meant for who can do it:
 *
 *	sluiced.conf	listen = [ "80", "https://8443" ];
 *	a vhost		without tls: on port 80 alone
 */
#include "common/conf/binding.h"

#include "common/conf/address.h"
#include "common/conf/settings.h"

/* ---- one vhost ---- */

static bool clients_speak_tls(const struct conf_vhost *v)
{
	return v->tls != NULL || v->passthrough;
}

static enum conf_scheme scheme_of(const struct conf_binding *binding,
    const struct conf_vhost *v)
{
	if (binding->scheme != CONF_SCHEME_NONE)
		return binding->scheme;
	if (!clients_speak_tls(v) || binding->is_unix ||
	    conf_address_port_of(&binding->address) == 80)
		return CONF_SCHEME_HTTP;
	return CONF_SCHEME_HTTPS;
}

/* Can V do that? */
static bool is_able(const struct conf_vhost *v, enum conf_scheme scheme)
{
	if (scheme == CONF_SCHEME_HTTPS)
		return clients_speak_tls(v);
	return !v->passthrough || v->tcp;
}

static void refuse(struct conf_build *b, const struct conf_draft *draft,
    const struct conf_binding *binding)
{
	if (draft->tls_wrong)
		return;
	if (draft->vhost->passthrough) {
		conf_report_error(b->report, &binding->spot,
		    "plain clients can't be passed through: they do not say "
		    "whom they mean");
		conf_report_help(b->report, "leave this address to another "
		    "vhost");
		return;
	}
	conf_report_error(b->report, &binding->spot,
	    "this vhost speaks no TLS");
	conf_report_help(b->report, "write tls = { cert = %s; };",
	    conf_setting_rows[SETTING_TLS_cert].example);
}

/* Those of FROM that DRAFT's vhost can do. */
static void take(struct conf_build *b, struct conf_draft *draft,
    const struct conf_bindings *from)
{
	struct conf_bindings *to = &draft->settled;

	to->room = from->count;
	to->at = ARENA_ARRAY(b->scratch, struct conf_binding, to->room);
	for (unsigned i = 0; i < from->count; i++) {
		struct conf_binding *binding = &to->at[to->count];

		*binding = from->at[i];
		binding->scheme = scheme_of(binding, draft->vhost);
		if (is_able(draft->vhost, binding->scheme))
			to->count++;
		else if (from == &draft->bindings)
			refuse(b, draft, binding);
	}
}

/* Where clients are sent that come without TLS: 443, or what there is. */
static void find_https_port(struct conf_vhost *v,
    const struct conf_bindings *bindings)
{
	for (unsigned i = 0; i < bindings->count; i++) {
		const struct conf_binding *binding = &bindings->at[i];
		uint16_t port = conf_address_port_of(&binding->address);

		if (binding->scheme != CONF_SCHEME_HTTPS)
			continue;
		if (v->https_port == 0 || port == 443)
			v->https_port = port;
	}
	v->https_redirect &= v->https_port != 0;
}

static void warn_unused(struct conf_build *b, const struct conf_draft *draft)
{
	const struct conf_bindings *from = draft->bindings.count > 0
	    ? &draft->bindings : &b->bindings;

	if (from->count == 0)
		return;
	conf_report_lint(b->report, LINT_tls_unused, &from->at[0].spot,
	    "the vhost \"%s\" has a certificate, but no address with TLS",
	    draft->vhost->name);
	conf_report_help(b->report, "write listen = [ \"80\", \"443\" ];");
}

void conf_binding_settle(struct conf_build *b, struct conf_draft *draft)
{
	struct conf_vhost *v = draft->vhost;

	if (draft->listens_wrong)
		return;
	if (draft->bindings.count > 0)
		take(b, draft, &draft->bindings);
	else if (b->listens_by_default && clients_speak_tls(v))
		take(b, draft, &b->tls_bindings);
	else
		take(b, draft, &b->bindings);
	if (v->tls == NULL || v->tcp)
		return;
	find_https_port(v, &draft->settled);
	if (v->https_port == 0)
		warn_unused(b, draft);
}

/* ---- one address ---- */

static const char *what_is_spoken(enum conf_scheme scheme)
{
	static const char *const names[] = {
	    [CONF_SCHEME_NONE] = "plain HTTP",
	    [CONF_SCHEME_HTTP] = "plain HTTP",
	    [CONF_SCHEME_HTTPS] = "TLS",
	    [CONF_SCHEME_H2C] = "HTTP/2 without TLS (h2c)",
	    [CONF_SCHEME_TCP] = "bytes (tcp)",
	};

	return names[scheme];
}

static enum conf_scheme scheme_at(const struct conf_listener *l)
{
	if (l->tcp)
		return CONF_SCHEME_TCP;
	if (l->tls)
		return CONF_SCHEME_HTTPS;
	return l->h2c ? CONF_SCHEME_H2C : CONF_SCHEME_HTTP;
}

/* The second address of a bare port is the same mistake. */
static bool is_second(const struct conf_draft *draft,
    const struct conf_binding *binding)
{
	return binding > draft->settled.at &&
	    binding->spot.at == binding[-1].spot.at &&
	    binding->spot.source == binding[-1].spot.source;
}

static void refuse_other(struct conf_build *b, const struct conf_draft *draft,
    const struct conf_binding *binding, const struct conf_listener *l)
{
	if (is_second(draft, binding))
		return;
	conf_report_error(b->report, &binding->spot,
	    "the vhost \"%s\" speaks %s on %s, where another speaks %s",
	    draft->vhost->name, what_is_spoken(binding->scheme),
	    binding->address.text, what_is_spoken(scheme_at(l)));
	conf_report_help(b->report, "the other is %s:%u:%u; an address speaks "
	    "one thing: say which by \"https://\" or \"http://\" before it, "
	    "or take another", l->place.file, l->place.line, l->place.column);
}

/* Who wrote it: a default stands for the vhost. */
static struct conf_place place_of(const struct conf_build *b,
    const struct conf_draft *draft, const struct conf_binding *binding)
{
	bool written = draft->bindings.count > 0 || !b->listens_by_default;

	return written ? conf_spot_place(&binding->spot) : draft->vhost->place;
}

/* With handshakes, and with names that are only looked at. */
static usec_t patience_of(const struct conf_vhost *v)
{
	if (v->tls != NULL)
		return v->tls->handshake_timeout;
	return v->passthrough ?
	    conf_setting_duration(NULL, SETTING_TLS_handshake_timeout) : 0;
}

void conf_binding_join(struct conf_build *b, const struct conf_draft *draft,
    const struct conf_binding *binding, struct conf_listener *l)
{
	const struct conf_vhost *v = draft->vhost;

	if (l->address.len == 0)
		*l = (struct conf_listener){.address = binding->address,
		    .is_unix = binding->is_unix,
		    .tls = binding->scheme == CONF_SCHEME_HTTPS ||
			(v->tcp && v->tls != NULL),
		    .h2c = binding->scheme == CONF_SCHEME_H2C,
		    .tcp = binding->scheme == CONF_SCHEME_TCP,
		    .place = place_of(b, draft, binding)};
	if (scheme_at(l) != binding->scheme)
		refuse_other(b, draft, binding, l);
	l->passthrough |= v->passthrough;
	if (l->handshake_timeout < patience_of(v))
		l->handshake_timeout = patience_of(v);
}
