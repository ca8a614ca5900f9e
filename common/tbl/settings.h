/*
 * settings.h - every setting, one line each:
 *
 *   SETTING(context, key, type, least, most, default, example, "what it is")
 *   LATER(context, key, "what it will be")
 *
 * From here come the checks and messages of the loader (common/conf) and the
 * check of sluiced.conf(5).  A setting of LATER is known and refused.
 *
 * CONTEXT: the group it stands in: GLOBAL (sluiced.conf), VHOST (a file of
 * vhost_dir), or a group below.  TYPE: see enum conf_type.  LEAST and MOST
 * bound a COUNT, and a DURATION in seconds; MOST bounds the elements of an
 * array or list.  DEFAULT: as written, or NULL.
 */

SETTING(GLOBAL, user, TEXT, 0, 0, "sluice", "\"sluice\"",
    "the user that workers run as")
SETTING(GLOBAL, group, TEXT, 0, 0, NULL, "\"sluice\"",
    "the group that workers run as; else the user's own")
SETTING(GLOBAL, workers, COUNT, 0, 40, "0", "4",
    "worker processes; 0: one a core")
SETTING(GLOBAL, vhost_dir, TEXT, 0, 0, "vhosts.d", "\"vhosts.d\"",
    "the directory of the vhost files")
SETTING(GLOBAL, listen, LISTEN, 0, 1000, "80", "[ \"80\", \"[::1]:8080\" ]",
    "addresses of the vhosts that name none")
SETTING(GLOBAL, pid_file, TEXT, 0, 0, CONF_RUN_DIR "/sluiced.pid",
    "\"" CONF_RUN_DIR "/sluiced.pid\"", "the file with the master's number")
SETTING(GLOBAL, control, GROUP, 0, 0, NULL, "{ mode = \"0660\"; }",
    "the socket that sluicectl talks to")
SETTING(GLOBAL, drain, DURATION, 0, 30 * 86400, "60s", "\"60s\"",
    "how long an old worker may finish its exchanges")
SETTING(GLOBAL, drain_websocket, DURATION, 0, 30 * 86400, "1h", "\"1h\"",
    "how long an old worker may keep its tunnels")
SETTING(GLOBAL, watchdog, DURATION, 1, 3600, "10s", "\"10s\"",
    "a worker that stands still for so long is killed")
SETTING(GLOBAL, log, GROUP, 0, 0, NULL,
    "{ file = \"" CONF_LOG_DIR "/access.log\"; }", "the access log")
SETTING(GLOBAL, error_log, TEXT, 0, 0, CONF_LOG_DIR "/error.log",
    "\"" CONF_LOG_DIR "/error.log\"", "the error log")
LATER(GLOBAL, unknown_host, "what a client gets whose host is unknown")
LATER(GLOBAL, shared, "sizes of the shared segment")
LATER(GLOBAL, trusted_proxies, "whose X-Forwarded fields are believed")
LATER(GLOBAL, proxy_protocol_from, "who speaks the PROXY protocol")
LATER(GLOBAL, metrics, "where metrics are served")
LATER(GLOBAL, tracing, "where spans are sent")
LATER(GLOBAL, acme, "certificates by ACME")
LATER(GLOBAL, presets, "groups of settings for vhosts to use")
LATER(GLOBAL, pools, "pools for all vhosts")
LATER(GLOBAL, resolvers, "name servers")
LATER(GLOBAL, sandbox, "the sandbox of the workers")
LATER(GLOBAL, memory, "memory for bodies in flight, a worker")
LATER(GLOBAL, fibers, "fibers, a worker")
LATER(GLOBAL, tls, "TLS for all vhosts")
LATER(GLOBAL, headers, "fields set and removed, for all vhosts")
LATER(GLOBAL, cookies, "cookies rewritten, for all vhosts")
LATER(GLOBAL, cache, "caching for all vhosts")
LATER(GLOBAL, compress, "compression for all vhosts")
LATER(GLOBAL, limits, "limits for all vhosts")
LATER(GLOBAL, access, "who is let in, for all vhosts")
LATER(GLOBAL, auth, "authentication for all vhosts")
LATER(GLOBAL, buffering, "buffering for all vhosts")
LATER(GLOBAL, errors, "error pages for all vhosts")
LATER(GLOBAL, timeouts, "timeouts for all vhosts")

SETTING(CONTROL, socket, TEXT, 0, 0, CONF_RUN_DIR "/ctl.sock",
    "\"" CONF_RUN_DIR "/ctl.sock\"", "the path of the socket")
SETTING(CONTROL, mode, MODE, 0, 0, "0660", "\"0660\"",
    "its permissions")
SETTING(CONTROL, group, TEXT, 0, 0, NULL, "\"adm\"",
    "its group; else the master's")

SETTING(LOG, file, TEXT, 0, 0, CONF_LOG_DIR "/access.log",
    "\"" CONF_LOG_DIR "/access.log\"", "the file")
LATER(LOG, format, "logfmt or JSON")
LATER(LOG, rotate, "rotation by ourselves")
LATER(LOG, sample, "the share of exchanges that is logged")

SETTING(VHOST, host, TEXTS, 0, 10000, NULL, "\"app.example.com\"",
    "the host names of the vhost; \"*\": all others")
SETTING(VHOST, listen, LISTEN, 0, 1000, NULL, "[ \"80\", \"[::1]:8080\" ]",
    "the addresses of the vhost")
SETTING(VHOST, proxy, TEXTS, 0, 1000, NULL, "\"http://127.0.0.1:3000\"",
    "the origins of all paths")
SETTING(VHOST, pools, NAMED, 0, 0, NULL,
    "{ web = { servers = [ \"http://10.0.0.11:8080\" ]; }; }",
    "groups of servers, by name")
SETTING(VHOST, routes, GROUPS, 0, 10000, NULL,
    "( { path = \"/\"; pool = \"web\"; } )", "which path goes where")
LATER(VHOST, canonical, "the one name to redirect the others to")
LATER(VHOST, use, "presets")
LATER(VHOST, tls, "TLS for clients")
LATER(VHOST, root, "files")
LATER(VHOST, fallback, "the file for what is not found")
LATER(VHOST, headers, "fields set and removed")
LATER(VHOST, cookies, "cookies rewritten")
LATER(VHOST, cache, "caching")
LATER(VHOST, compress, "compression")
LATER(VHOST, limits, "limits of bodies, heads and rates")
LATER(VHOST, access, "who is let in")
LATER(VHOST, auth, "authentication")
LATER(VHOST, buffering, "buffering")
LATER(VHOST, errors, "error pages")
LATER(VHOST, log, "an access log of its own")
LATER(VHOST, timeouts, "timeouts of clients")
LATER(VHOST, client_cert, "certificates of clients")
LATER(VHOST, redirect, "a redirection")
LATER(VHOST, send_host, "the Host that origins get")
LATER(VHOST, schema, "the version of this language")
LATER(VHOST, tcp, "a TCP proxy")
LATER(VHOST, rewrite, "rewriting of paths")
LATER(VHOST, half_close, "exchanges that outlive the client's FIN")

SETTING(POOL, servers, SERVERS, 0, 1000, NULL, "[ \"http://10.0.0.11:8080\" ]",
    "the servers of the pool")
LATER(POOL, balance, "how a server is chosen")
LATER(POOL, prefer, "nearest servers first")
LATER(POOL, sticky, "clients that stay with a server")
LATER(POOL, health, "health checks")
LATER(POOL, outlier, "servers taken out for their errors")
LATER(POOL, retry, "retries")
LATER(POOL, hedge, "a second request when the first is slow")
LATER(POOL, slow_start, "little work for a server that comes back")
LATER(POOL, queue, "requests that wait for a server")
LATER(POOL, max_conns, "connections to one server")
LATER(POOL, keepalive, "idle connections to origins")
LATER(POOL, http, "the version of HTTP")
LATER(POOL, tls, "TLS to origins")
LATER(POOL, timeouts, "timeouts of origins")
LATER(POOL, proxy_protocol, "the PROXY protocol to origins")
LATER(POOL, resolve, "how often names are looked up")
LATER(POOL, breaker, "a circuit breaker")
LATER(POOL, limits, "limits of an origin's head")

SETTING(SERVER, url, TEXT, 0, 0, NULL, "\"http://10.0.0.11:8080\"",
    "where the server is")
SETTING(SERVER, weight, COUNT, 1, 1000, "1", "2",
    "its share of the requests")
LATER(SERVER, zone, "where it stands")
LATER(SERVER, backup, "used when no other is left")
LATER(SERVER, max_conns, "connections to this server")
LATER(SERVER, down, "not used for now")

SETTING(ROUTE, path, TEXT, 0, 0, NULL, "\"/api\"",
    "the paths at and below this one")
SETTING(ROUTE, pool, TEXT, 0, 0, NULL, "\"web\"",
    "the pool that gets the requests")
SETTING(ROUTE, proxy, TEXTS, 0, 1000, NULL, "\"http://127.0.0.1:3000\"",
    "the origins that get the requests: a pool without a name")
LATER(ROUTE, path_exact, "one path alone")
LATER(ROUTE, path_regex, "paths by a pattern")
LATER(ROUTE, first, "a pattern that beats longer paths")
LATER(ROUTE, method, "methods")
LATER(ROUTE, header, "a field that must be there")
LATER(ROUTE, query, "a parameter that must be there")
LATER(ROUTE, cookie, "a cookie that must be there")
LATER(ROUTE, from, "addresses of clients")
LATER(ROUTE, root, "files")
LATER(ROUTE, fallback, "the file for what is not found")
LATER(ROUTE, redirect, "a redirection")
LATER(ROUTE, respond, "a fixed answer")
LATER(ROUTE, split, "a split over pools")
LATER(ROUTE, compose, "an answer made of several")
LATER(ROUTE, strip, "the path without the route's")
LATER(ROUTE, rewrite, "rewriting of paths")
LATER(ROUTE, headers, "fields set and removed")
LATER(ROUTE, cookies, "cookies rewritten")
LATER(ROUTE, cache, "caching")
LATER(ROUTE, compress, "compression")
LATER(ROUTE, limits, "limits of bodies, heads and rates")
LATER(ROUTE, access, "who is let in")
LATER(ROUTE, auth, "authentication")
LATER(ROUTE, buffering, "buffering")
LATER(ROUTE, errors, "error pages")
LATER(ROUTE, log, "whether exchanges are logged")
LATER(ROUTE, timeouts, "timeouts of clients")
LATER(ROUTE, mirror, "a copy of each request")
LATER(ROUTE, client_cert, "certificates of clients")
LATER(ROUTE, send_host, "the Host that origins get")
LATER(ROUTE, websocket, "whether connections may be upgraded")

