/*
 * build.h - a configuration in the making.
 *
 * What the parts of one load share: the conf that grows, where to complain,
 * and what was read of each vhost but has no place in the conf itself.
 */
#ifndef COMMON_CONF_BUILD_H
#define COMMON_CONF_BUILD_H

#include "common/conf/layers.h"
#include "common/conf/report.h"
#include "common/conf/tree.h"

/* What an entry of "listen" says outright. */
enum conf_scheme {
	CONF_SCHEME_NONE,
	CONF_SCHEME_HTTP,
	CONF_SCHEME_HTTPS,
	CONF_SCHEME_H2C, /* HTTP, or HTTP/2 at once */
	CONF_SCHEME_TCP	 /* of "tcp" */
};

/* An address of a vhost, as its "listen" says. */
struct conf_binding {
	struct conf_address address;
	bool is_unix;
	enum conf_scheme scheme;
	struct conf_spot spot;
};

struct conf_bindings {
	struct conf_binding *at;
	unsigned count;
	unsigned room;
};

/* A host name of a vhost. */
struct conf_host {
	struct str name;
	struct conf_spot spot;
	const struct conf_pattern *pattern; /* of "~...", or NULL */
	bool clashes; /* reported: it is claimed elsewhere */
};

/* A vhost until its listeners are known. */
struct conf_draft {
	struct conf_draft *next;
	struct conf_vhost *vhost;
	config_t *config; /* NULL: not kept */
	struct conf_host *hosts;       /* as many as vhost->hosts */
	unsigned host_room;
	struct conf_bindings bindings; /* none: the global ones */
	bool listens_wrong;	       /* reported: on nothing, then */
	struct conf_bindings settled;  /* what came of it */
	struct conf_tls *tls;	       /* vhost->tls, until it is whole */
	bool tls_wrong;		       /* reported: it was to speak TLS */
	struct conf_pool_draft *pools; /* in the order of the file */
	struct conf_pool_draft **last_pool;
	struct conf_layers layers; /* of what its routes inherit */
};

/* A pool of a vhost. */
struct conf_pool_draft {
	struct conf_pool_draft *next;
	struct conf_pool *pool;
	struct conf_spot spot;
	struct conf_spot sticky_spot; /* of what its clients are known by */
	bool named; /* in "pools": a route may name it */
	bool used;
};

struct conf_build {
	struct conf *conf;
	struct conf_report *report;
	struct arena *scratch; /* until the load ends */
	bool as_root;	       /* workers change their user */
	bool foreground;
	bool verbose;
	bool quick; /* without files */
	bool keep;  /* the trees of vhosts, until the load ends */
	bool has_ipv6;
	conf_open_fn *open; /* for @include; its ARG is the build */
	conf_secret_fn *secret;
	uint64_t (*largest_object)(uint64_t size); /* of the request */

	/* sluiced.conf, until the load ends */
	config_t config;
	bool has_config;
	struct conf_layers layers; /* of what all vhosts inherit */

	struct conf_preset *presets; /* preset.h */
	struct conf_mention *mentions; /* split.h */

	/* from it, for later */
	const char *dir; /* of the file: of relative paths */
	const char *vhost_dir;
	struct conf_spot vhost_dir_spot;
	const char *user; /* NULL: reported */
	struct conf_spot user_spot;
	const char *group; /* NULL: the user's */
	struct conf_spot group_spot;
	const char *control_group; /* NULL: ours */
	struct conf_spot control_group_spot;
	struct conf_bindings bindings; /* of vhosts that have none */
	struct conf_bindings tls_bindings; /* and speak TLS, by default */
	bool listens_by_default;       /* nobody wrote them */
	bool chose_buffer_dir;	       /* somebody wrote it */
	bool caches;		       /* a vhost or route does */

	struct conf_pair_draft *pairs; /* pairs.h */

	struct conf_draft *drafts; /* in file name order */
	struct conf_draft **last_draft;
};

/*
 * B becomes the build of an empty configuration.  MAIN is sluiced.conf, or
 * what stands for it: the place of what nobody wrote.
 */
void conf_build_start(struct conf_build *b, struct conf *conf,
    struct conf_report *report, struct arena *scratch,
    const struct conf_source *main);

/* Forgets what was only needed while loading. */
void conf_build_free(struct conf_build *b);

/* For reading SOURCE into a tree. */
struct conf_scan_input conf_build_input(struct conf_build *b,
    const struct conf_source *source);

/* Numbers the pools and fills in the arrays of the conf. */
void conf_build_finish(struct conf_build *b);

/* "DIR/PATH" in A, or PATH itself if it is absolute. */
const char *conf_build_path(struct arena *a, const char *dir,
    const char *path);

/* The folder of PATH, in A: "." if it has none. */
const char *conf_build_folder(struct arena *a, const char *path);

#endif
