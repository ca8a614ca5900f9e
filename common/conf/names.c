/*
 * names.c - from a host name to its vhost.
 *
 * Built in the master, searched in workers.  Open addressing; the names come
 * from the operator, so nobody can make them collide on purpose.
 */
#include "common/conf/names.h"

#include "common/base/insist.h"

/* FNV-1a, over the bytes from the last to the first. */
#define HASH_START 2166136261u
#define HASH_PRIME 16777619u

static uint32_t hash_step(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * HASH_PRIME;
}

static uint32_t hash_text(struct str text)
{
	uint32_t hash = HASH_START;

	for (size_t i = text.n; i > 0; i--)
		hash = hash_step(hash, text.p[i - 1]);
	return hash;
}

void conf_names_init(struct conf_names *names, struct arena *a, unsigned most)
{
	unsigned slots = 4;

	INSIST(most < 1u << 30);
	while (slots < 2 * most)
		slots *= 2;
	*names = (struct conf_names){
	    .slots = ARENA_ARRAY(a, struct conf_name, slots),
	    .slot_mask = slots - 1,
	    .patterns = ARENA_ARRAY(a, struct conf_name_pattern, most)};
}

/* The slot of TEXT, or the empty one where it would be. */
static struct conf_name *find_slot(const struct conf_names *names,
    struct str text, uint32_t hash)
{
	unsigned i = hash & names->slot_mask;

	while (names->slots[i].vhost != NULL &&
	    (names->slots[i].hash != hash ||
		!str_eq(names->slots[i].text, text)))
		i = (i + 1) & names->slot_mask;
	return &names->slots[i];
}

void conf_names_add(struct conf_names *names, struct str text,
    struct conf_vhost *vhost)
{
	uint32_t hash = hash_text(text);
	struct conf_name *slot = find_slot(names, text, hash);

	INSIST(slot->vhost == NULL && text.n > 0 && vhost != NULL);
	names->count++;
	INSIST(names->count <= (names->slot_mask + 1) / 2);
	*slot = (struct conf_name){text, hash, vhost};
	names->has_suffixes |= text.p[0] == '.';
}

void conf_names_add_pattern(struct conf_names *names,
    const struct conf_pattern *pattern, struct conf_vhost *vhost)
{
	names->patterns[names->pattern_count++] =
	    (struct conf_name_pattern){pattern, vhost};
}

static struct conf_vhost *find_pattern(const struct conf_names *names,
    struct str host)
{
	for (unsigned i = 0; i < names->pattern_count; i++)
		if (conf_pattern_match(names->patterns[i].pattern, host, NULL)
		    == CONF_MATCH)
			return names->patterns[i].vhost;
	return NULL;
}

struct conf_vhost *conf_names_find_name(const struct conf_names *names,
    struct str host)
{
	struct conf_vhost *found = NULL;
	uint32_t hash = HASH_START;

	for (size_t i = host.n; i > 0; i--) {
		const char *p = host.p + i - 1;
		const struct conf_name *slot;

		hash = hash_step(hash, *p);
		if (i > 1 && (*p != '.' || !names->has_suffixes))
			continue;
		slot = find_slot(names, str_make(p, host.n - i + 1), hash);
		if (slot->vhost != NULL)
			found = slot->vhost;
	}
	return found;
}

struct conf_vhost *conf_names_find(const struct conf_names *names,
    struct str host)
{
	struct conf_vhost *found = conf_names_find_name(names, host);

	if (found == NULL && host.n > 0)
		found = find_pattern(names, host);
	return found != NULL ? found : names->catch_all;
}
