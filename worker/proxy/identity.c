/*
 * identity.c - who asks, and by what name the request goes.
 *
 * Runs in workers.  Anybody can write X-Forwarded-For, so it counts for nothing
 * unless the peer, whose address TCP vouches for, is one of trusted_proxies.
 * Then his word is taken on who asked him; if that is one of trusted_proxies
 * too, his word in turn, and so on to the left:
 *
 *	X-Forwarded-For: 1.1.1.1, 198.51.100.9, 10.0.0.8      peer 10.0.0.7
 *	                 forged   the client    trusted       trusted
 *
 * What can't be read ends it, and the one who said it is the client: nothing
 * to the left of it is worth more.  The other claims (proto, host, port, id,
 * trace) are the peer's own word.  Nothing of a received claim is forwarded
 * as it stands, but for those that we have no use for ourselves.
 *
 * Nobody trusted, nothing claimed: that is the usual request, and all that is
 * done for it is to write its address and its id.
 */
#include "worker/proxy/identity.h"

#include "common/base/insist.h"
#include "common/base/random.h"
#include "common/conf/address.h"
#include "common/conf/network.h"
#include "worker/http/claim.h"
#include "worker/http/field.h"
#include "worker/http/target.h"
#include "worker/proxy/exchange.h"

static const struct conf_networks *trusted;
static struct str pseudonym;

/* A bit for each name that is a claim. */
static uint64_t claims(void)
{
	uint64_t bits = 0;

#define FIELD(id, name, flags)                                                 \
	bits |= (flags)&FIELD_CLAIM ? FIELD_BIT(FIELD_##id) : 0;
#include "worker/http/fields.h"
#undef FIELD
	return bits;
}

void identity_init(const struct conf *conf, const char *name)
{
	trusted = &conf->trusted;
	pseudonym = str_from(name);
}

struct str identity_pseudonym(void)
{
	INSIST(pseudonym.n > 0);
	return pseudonym;
}

/* ---- what we know ourselves ---- */

static void set_client(struct identity *who, struct ip ip)
{
	struct out o = out_make(who->address_text, sizeof(who->address_text));

	who->client = ip;
	ip_write(&ip, &o);
	INSIST(out_ok(&o));
	who->address = out_text(&o);
}

/* That the client connected to, as far as is known; "": none. */
static struct str port_of(struct exchange *x)
{
	const struct conf_listener *l = x->client->listener;
	const struct proxy_header *said = x->client->said;
	struct out o;

	if (said == NULL)
		return l->is_unix ? STR("")
		    : conf_address_port_in(str_from(l->address.text));
	if (said->to.family == AF_UNIX)
		return STR("");
	o = exchange_out(x, sizeof("65535"));
	out_u64(&o, said->to_port);
	return out_text(&o);
}

static void begin(struct exchange *x)
{
	struct identity *who = &x->identity;

	set_client(who, x->client->peer);
	who->chain = who->client.family == AF_UNIX ? STR("") : who->address;
	who->proto = x->client->conn.tls != NULL ? STR("https") : STR("http");
	who->host = x->request.authority;
	who->port = port_of(x);
	who->trace = STR_NONE;
	random_hex(who->id_text, sizeof(who->id_text));
	x->id = str_make(who->id_text, sizeof(who->id_text));
}

/* ---- what a trusted peer says ---- */

/* The way back from the peer; the last of HOPS is the client. */
struct trail {
	struct ip hops[IDENTITY_HOPS_MAX];
	unsigned count;
	struct claim_hop client; /* what Forwarded says of it besides */
};

static bool read_hop(struct str element, enum field_id id,
    struct claim_hop *hop_r, struct ip *ip_r)
{
	*hop_r = (struct claim_hop){.node = element};
	if (id == FIELD_forwarded && !claim_hop(element, hop_r))
		return false;
	return claim_node(hop_r->node, ip_r);
}

/* X-Forwarded-For, or Forwarded where there is none. */
static void follow(const struct message *m, struct trail *trail)
{
	enum field_id id = m->present & FIELD_BIT(FIELD_x_forwarded_for)
	    ? FIELD_x_forwarded_for
	    : FIELD_forwarded;
	struct claim_list list = claim_list(m, id);
	struct str element;
	struct claim_hop hop;
	struct ip ip;

	trail->count = 0;
	trail->client = (struct claim_hop){.node = STR_NONE};
	while (trail->count < IDENTITY_HOPS_MAX &&
	    claim_list_last(&list, &element) &&
	    read_hop(element, id, &hop, &ip)) {
		trail->hops[trail->count++] = ip;
		trail->client = hop;
		if (!conf_networks_hold(trusted, &ip))
			return;
	}
}

static bool believe_trail(struct exchange *x, const struct trail *trail)
{
	struct identity *who = &x->identity;
	struct out o =
	    exchange_out(x, (trail->count + 1) * (IP_TEXT_MAX + 2));

	for (unsigned i = trail->count; i > 0; i--) {
		ip_write(&trail->hops[i - 1], &o);
		if (i > 1 || who->chain.n > 0)
			out_lit(&o, ", ");
	}
	out_str(&o, who->chain);
	who->chain = out_text(&o);
	set_client(who, trail->hops[trail->count - 1]);
	return out_ok(&o);
}

/* The value of a field that is there once. */
static struct str only(const struct message *m, enum field_id id)
{
	const struct field *f = message_find(m, id);

	if (f == NULL || (m->repeated & FIELD_BIT(id)))
		return STR_NONE;
	return field_value(f);
}

/* The value of field ID if it is good; else what Forwarded says, if so. */
static struct str claimed_proto(const struct message *m,
    const struct claim_hop *hop)
{
	struct str proto = claim_proto(only(m, FIELD_x_forwarded_proto));

	return proto.n > 0 ? proto : claim_proto(hop->proto);
}

static bool is_authority(struct str text, struct arena *a)
{
	struct str host;

	return text.n > 0 &&
	    target_parse_authority(text, a, &host) == FAULT_NONE;
}

static struct str claimed_host(const struct message *m,
    const struct claim_hop *hop, struct arena *a)
{
	struct str host = only(m, FIELD_x_forwarded_host);

	if (is_authority(host, a))
		return host;
	return is_authority(hop->host, a) ? hop->host : STR_NONE;
}

/*
 * A peer that says how it was asked, but not on which port, was not asked on
 * ours: it is the port of the host that it says, or the usual one.
 */
static struct str claimed_port(const struct message *m, struct str proto,
    struct str host)
{
	struct str port = only(m, FIELD_x_forwarded_port);
	uint16_t ignored;

	if (conf_address_port(port, &ignored))
		return port;
	if (proto.n == 0 && host.n == 0)
		return STR_NONE;
	port = conf_address_port_in(host);
	if (port.n > 0)
		return port;
	return str_eq(proto, STR("https")) ? STR("443") : STR("80");
}

static void believe_words(struct exchange *x, const struct claim_hop *hop)
{
	const struct message *m = &x->request;
	struct identity *who = &x->identity;
	struct str proto = claimed_proto(m, hop);
	struct str host = claimed_host(m, hop, &x->arena);
	struct str port = claimed_port(m, proto, host);
	struct str id = only(m, FIELD_x_request_id);
	struct str trace = only(m, FIELD_traceparent);

	if (proto.n > 0)
		who->proto = proto;
	if (host.n > 0)
		who->host = host;
	if (port.n > 0)
		who->port = port;
	if (claim_is_request_id(id))
		x->id = id;
	if (claim_is_trace(trace))
		who->trace = trace;
}

static void believe(struct exchange *x)
{
	struct trail trail;

	follow(&x->request, &trail);
	if (trail.count > 0 && !believe_trail(x, &trail))
		exchange_fail(x, END_overloaded);
	believe_words(x, &trail.client);
}

/* What we write ourselves is dropped in any case. */
static bool is_kept(const struct exchange *x, enum field_id id, bool believed)
{
	if (!believed)
		return false;
	return id == FIELD_hearsay ||
	    (id == FIELD_tracestate && x->identity.trace.n > 0);
}

static void weigh_claims(struct exchange *x)
{
	struct message *m = &x->request;
	bool believed = conf_networks_hold(trusted, &x->client->peer);

	x->identity.believed = believed;
	if (believed)
		believe(x);
	for (unsigned i = 0; i < m->field_count; i++) {
		struct field *f = &m->fields[i];

		if ((FIELD_BIT(f->id) & claims()) &&
		    !is_kept(x, f->id, believed))
			f->drop = true;
	}
}

/* ---- loops ---- */

/* Our pseudonym is long and random: wherever it stands, it is ours. */
static bool has_been_here(const struct message *m)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *f = &m->fields[i];

		if (f->id == FIELD_via &&
		    memmem(f->value, f->value_len, pseudonym.p, pseudonym.n))
			return true;
	}
	return false;
}

void identity_take(struct exchange *x)
{
	const struct message *m = &x->request;

	begin(x);
	if (x->end != END_NONE)
		return;
	if (m->present & claims())
		weigh_claims(x);
	if ((m->present & FIELD_BIT(FIELD_via)) && has_been_here(m))
		exchange_fail(x, END_loop);
}
