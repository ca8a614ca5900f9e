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
 * bound a COUNT, a SIZE, a DURATION, and the time of a RATE; MOST bounds the
 * elements of an array or list; LEAST of what may be a group is the context
 * of what is in it.  DEFAULT: as written, or NULL.
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
SETTING(GLOBAL, control, GROUP, CONTEXT_CONTROL, 0, NULL, "{ mode = \"0660\"; }",
    "the socket that sluicectl talks to")
SETTING(GLOBAL, drain, DURATION, 0, 30 * USEC_PER_DAY, "60s", "\"60s\"",
    "how long an old worker may finish its exchanges")
SETTING(GLOBAL, drain_websocket, DURATION, 0, 30 * USEC_PER_DAY, "1h",
    "\"1h\"", "how long an old worker may keep its tunnels")
SETTING(GLOBAL, watchdog, DURATION, USEC_PER_SEC, USEC_PER_HOUR, "10s",
    "\"10s\"", "a worker that stands still for so long is killed")
SETTING(GLOBAL, certificate_watch, DURATION, 0, USEC_PER_DAY, "5s", "\"1m\"",
    "how often the files of certificates are looked at")
SETTING(GLOBAL, log, LOG, CONTEXT_LOG, 0, NULL, "{ format = \"json\"; }",
    "the access log")
SETTING(GLOBAL, error_log, FILE, CONTEXT_ERROR_LOG, 0, NULL,
    "\"" CONF_LOG_DIR "/error.log\"", "the error log")
SETTING(GLOBAL, memory, SIZE, 16 << 20, (uint64_t)64 << 30, "256m",
    "\"512m\"", "memory for bodies in flight, a worker")
SETTING(GLOBAL, fibers, COUNT, 64, 16384, "16384", "4096",
    "exchanges and tunnels at a time, a worker")
SETTING(GLOBAL, limits, GROUP, CONTEXT_LIMITS, 0, NULL, "{ body = \"50m\"; }",
    "limits of bodies, heads and rates, for all vhosts")
SETTING(GLOBAL, timeouts, GROUP, CONTEXT_TIMEOUTS, 0, NULL,
    "{ idle = \"30s\"; }", "timeouts of clients, for all vhosts")
SETTING(GLOBAL, trusted_proxies, TEXTS, 0, 1000, NULL,
    "[ \"10.0.0.0/8\", \"2001:db8::1\" ]",
    "whose word on who the client is is believed")
SETTING(GLOBAL, send_host, TEXT, 0, 0, "client", "\"server\"",
    "the Host that origins get, for all vhosts")
SETTING(GLOBAL, forwarded, BOOL, 0, 0, "false", "true",
    "the field Forwarded for origins, for all vhosts")
SETTING(GLOBAL, websocket, BOOL, 0, 0, "true", "false",
    "whether connections may be upgraded, for all vhosts")
SETTING(GLOBAL, presets, NAMED, CONTEXT_VHOST, 0, NULL,
    "{ patient = { timeouts = { idle = \"5m\"; }; }; }",
    "groups of settings for vhosts to use")
SETTING(GLOBAL, zone, TEXT, 0, 0, NULL, "\"fra\"",
    "where this proxy stands: the zone that prefer = \"zone\" asks first")
SETTING(GLOBAL, unknown_host, TEXT, 0, 0, "reject", "\"reject\"",
    "what a client gets whose host no vhost has")
SETTING(GLOBAL, shared, GROUP, CONTEXT_SHARED, 0, NULL, "{ health = \"16m\"; }",
    "sizes of the areas that all workers share")
SETTING(GLOBAL, proxy_protocol_from, TEXTS, 0, 1000, NULL,
    "[ \"10.0.0.0/8\", \"2001:db8::1\" ]",
    "whose connections begin with a header of the PROXY protocol")
LATER(GLOBAL, metrics, "where metrics are served")
LATER(GLOBAL, tracing, "where spans are sent")
LATER(GLOBAL, acme, "certificates by ACME")
LATER(GLOBAL, pools, "pools for all vhosts")
SETTING(GLOBAL, resolvers, TEXTS, 0, 8, NULL,
    "[ \"10.0.0.2\", \"127.0.0.1:5353\" ]",
    "name servers; else those of /etc/resolv.conf")
LATER(GLOBAL, sandbox, "the sandbox of the workers")
SETTING(GLOBAL, tls, TLS, CONTEXT_TLS, 0, NULL, "{ min = \"1.3\"; }",
    "TLS for clients, for all vhosts")
SETTING(GLOBAL, headers, GROUP, CONTEXT_HEADERS, 0, NULL,
    "{ response = { set = { X-Frame-Options = \"DENY\"; }; }; }",
    "fields set, added and removed, for all vhosts")
SETTING(GLOBAL, cookies, GROUP, CONTEXT_COOKIES, 0, NULL,
    "{ secure = true; }", "what is done to cookies that origins set, for all vhosts")
SETTING(GLOBAL, cache, FEATURE, CONTEXT_CACHE, 0, "false",
    "{ path = \"/var/lib/sluice/cache\"; }",
    "caching: for all vhosts, or its settings for those that cache")
LATER(GLOBAL, compress, "compression for all vhosts")
LATER(GLOBAL, access, "who is let in, for all vhosts")
LATER(GLOBAL, auth, "authentication for all vhosts")
SETTING(GLOBAL, buffering, GROUP, CONTEXT_BUFFERING, 0, NULL,
    "{ request = \"full\"; }", "how much is read before it is sent on, for all vhosts")
SETTING(GLOBAL, buffer_dir, TEXT, 0, 0, "/var/tmp", "\"/var/spool/sluice\"",
    "the directory of bodies that are too large for memory")
SETTING(GLOBAL, errors, GROUPS, 0, 200, NULL,
    "( { status = 503; file = \"/srv/errors/busy.html\"; } )",
    "error pages, for all vhosts")

SETTING(SHARED, health, SIZE, 1 << 20, (uint64_t)4 << 30, "4m", "\"16m\"",
    "of the table of servers, checks and pools")
SETTING(SHARED, sticky, SIZE, 64 << 10, (uint64_t)4 << 30, "4m", "\"16m\"",
    "of the stick table")
SETTING(SHARED, names, SIZE, 64 << 10, (uint64_t)1 << 30, "1m", "\"4m\"",
    "of the table of names of servers")
SETTING(SHARED, staples, SIZE, 256 << 10, (uint64_t)1 << 30, "1m", "\"4m\"",
    "of the table of OCSP responses")
SETTING(SHARED, cache, SIZE, 4 << 20, (uint64_t)512 << 30, "256m", "\"2g\"",
    "of the cache")
LATER(SHARED, limits, "of what rates are counted by")
SETTING(SHARED, sessions, SIZE, 1 << 20, (uint64_t)4 << 30, "8m", "\"32m\"",
    "of the table of TLS sessions")

SETTING(CONTROL, socket, TEXT, 0, 0, CONF_RUN_DIR "/ctl.sock",
    "\"" CONF_RUN_DIR "/ctl.sock\"", "the path of the socket")
SETTING(CONTROL, mode, MODE, 0, 0, "0660", "\"0660\"",
    "its permissions")
SETTING(CONTROL, group, TEXT, 0, 0, NULL, "\"adm\"",
    "its group; else the master's")

SETTING(LOG, file, TEXT, 0, 0, CONF_LOG_DIR "/access.log",
    "\"" CONF_LOG_DIR "/access.log\"", "the file")
SETTING(LOG, format, TEMPLATE, 0, 0, "logfmt", "\"json\"",
    "what a line looks like")
SETTING(LOG, sample, SHARE, 0, 0, "100%", "\"1%\"",
    "the share of the exchanges that went well which is logged")
LATER(LOG, rotate, "rotation by ourselves")

SETTING(ERROR_LOG, file, TEXT, 0, 0, CONF_LOG_DIR "/error.log",
    "\"" CONF_LOG_DIR "/error.log\"", "the file")
SETTING(ERROR_LOG, level, TEXT, 0, 0, "info", "\"warning\"",
    "how much is written: \"error\", \"warning\", \"info\", \"debug\"")

SETTING(TLS, cert, TEXT, 0, 0, NULL, "\"/etc/ssl/www.pem\"",
    "the file of the certificate, in PEM")
SETTING(TLS, key, TEXT, 0, 0, NULL, "\"/etc/ssl/www.key\"",
    "the file of its key; else in the same file, or in NAME.key beside it")
SETTING(TLS, chain, TEXT, 0, 0, NULL, "\"/etc/ssl/ca.pem\"",
    "the file of what leads to its issuer; else in the file of the certificate")
SETTING(TLS, certs, GROUPS, 0, 8, NULL,
    "( { cert = \"/etc/ssl/ecdsa.pem\"; }, { cert = \"/etc/ssl/rsa.pem\"; } )",
    "several certificates, with different kinds of keys")
LATER(TLS, acme, "a certificate by ACME")
SETTING(TLS, min, TEXT, 0, 0, "1.2", "\"1.3\"",
    "the lowest version of TLS: \"1.2\" or \"1.3\"")
SETTING(TLS, ciphers, TEXT, 0, 0, CONF_CIPHERS, "\"ECDHE+AESGCM\"",
    "ciphers, as OpenSSL writes them; names with TLS_ are those of TLS 1.3")
SETTING(TLS, hsts, TERM, CONTEXT_HSTS, 0, "false", "\"180d\"",
    "how long browsers come by TLS only (Strict-Transport-Security)")
SETTING(TLS, ocsp_staple, BOOL, 0, 0, "false", "true",
    "what the issuer says of the certificate goes with it (OCSP)")
SETTING(TLS, client_ca, TEXT, 0, 0, NULL, "\"/etc/ssl/partners-ca.pem\"",
    "the file of those who issue certificates of clients")
SETTING(TLS, client_cert, TEXT, 0, 0, NULL, "\"optional\"",
    "certificates of clients: \"none\", \"optional\" or \"require\"")
SETTING(TLS, alpn, TEXTS, 0, 2, NULL, "[ \"http/1.1\" ]",
    "the versions of HTTP that are offered")
SETTING(TLS, redirect, BOOL, 0, 0, "true", "false",
    "whether plain clients are sent to https://")
SETTING(TLS, early_data, BOOL, 0, 0, "false", "true",
    "whether requests may come before the handshake has ended (0-RTT)")
SETTING(TLS, handshake_timeout, DURATION, 100 * USEC_PER_MSEC,
    USEC_PER_HOUR, "10s", "\"5s\"", "for a whole handshake")
SETTING(TLS, provider, TEXT, 0, 0, NULL, "\"pkcs11\"",
    "a provider of OpenSSL, for keys in hardware")

SETTING(CERT, cert, TEXT, 0, 0, NULL, "\"/etc/ssl/www.pem\"",
    "the file of the certificate, in PEM")
SETTING(CERT, key, TEXT, 0, 0, NULL, "\"/etc/ssl/www.key\"",
    "the file of its key; else in the same file, or in NAME.key beside it")
SETTING(CERT, chain, TEXT, 0, 0, NULL, "\"/etc/ssl/ca.pem\"",
    "the file of what leads to its issuer; else in the file of the certificate")

SETTING(HSTS, max_age, DURATION, 0, 3650 * USEC_PER_DAY, "180d", "\"365d\"",
    "for how long; \"0s\": browsers are to forget it")
SETTING(HSTS, include_subdomains, BOOL, 0, 0, "false", "true",
    "the names below the host's, too")
SETTING(HSTS, preload, BOOL, 0, 0, "false", "true",
    "browsers may know it before they first come")

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
SETTING(VHOST, limits, GROUP, CONTEXT_LIMITS, 0, NULL, "{ body = \"50m\"; }",
    "limits of bodies, heads and rates")
SETTING(VHOST, timeouts, GROUP, CONTEXT_TIMEOUTS, 0, NULL,
    "{ idle = \"30s\"; }", "timeouts of clients")
SETTING(VHOST, send_host, TEXT, 0, 0, "client", "\"server\"",
    "the Host that origins get")
SETTING(VHOST, forwarded, BOOL, 0, 0, "false", "true",
    "the field Forwarded for origins")
SETTING(VHOST, websocket, BOOL, 0, 0, "true", "false",
    "whether connections may be upgraded")
SETTING(VHOST, half_close, BOOL, 0, 0, "false", "true",
    "whether exchanges outlive the client's FIN")
SETTING(VHOST, log, LOG, CONTEXT_LOG, 0, NULL, "{ format = \"json\"; }",
    "the access log of the vhost")
SETTING(VHOST, canonical, TEXT, 0, 0, NULL, "\"www.example.com\"",
    "the one host name: clients of the others are sent there")
SETTING(VHOST, use, TEXTS, 0, 16, NULL, "[ \"patient\" ]",
    "the presets whose settings the vhost takes")
SETTING(VHOST, tls, TLS, CONTEXT_TLS, 0, NULL,
    "{ cert = \"/etc/ssl/www.pem\"; key = \"/etc/ssl/www.key\"; }",
    "TLS for clients; \"passthrough\": between client and origin")
LATER(VHOST, root, "files")
LATER(VHOST, fallback, "the file for what is not found")
SETTING(VHOST, headers, GROUP, CONTEXT_HEADERS, 0, NULL,
    "{ response = { set = { X-Frame-Options = \"DENY\"; }; }; }",
    "fields set, added and removed")
SETTING(VHOST, cookies, GROUP, CONTEXT_COOKIES, 0, NULL,
    "{ secure = true; }", "what is done to cookies that origins set")
SETTING(VHOST, cache, FEATURE, CONTEXT_CACHE, 0, "false", "true",
    "replies are kept, and used again")
LATER(VHOST, compress, "compression")
LATER(VHOST, access, "who is let in")
LATER(VHOST, auth, "authentication")
SETTING(VHOST, buffering, GROUP, CONTEXT_BUFFERING, 0, NULL,
    "{ request = \"full\"; }", "how much is read before it is sent on")
SETTING(VHOST, errors, GROUPS, 0, 200, NULL,
    "( { status = 503; file = \"/srv/errors/busy.html\"; } )",
    "error pages")
SETTING(VHOST, client_cert, TEXT, 0, 0, NULL, "\"require\"",
    "certificates of clients: \"none\", \"optional\" or \"require\"")
SETTING(VHOST, redirect, BRIEF, CONTEXT_REDIRECT, 0, NULL,
    "\"https://www.example.com${path}\"", "where all clients are sent")
LATER(VHOST, schema, "the version of this language")
SETTING(VHOST, tcp, LISTEN, 0, 1000, NULL, "\"[::]:5432\"",
    "the addresses of a TCP proxy, instead of \"host\" and \"listen\"")
SETTING(VHOST, rewrite, RULES, 0, 10000, NULL,
    "( { match = \"^/old/(.*)$\"; to = \"/new/${1}\"; } )",
    "what becomes of paths, before a route is looked for")

SETTING(POOL, servers, SERVERS, 0, 1000, NULL, "[ \"http://10.0.0.11:8080\" ]",
    "the servers of the pool")
SETTING(POOL, timeouts, GROUP, CONTEXT_POOL_TIMEOUTS, 0, NULL,
    "{ first_byte = \"5m\"; }", "timeouts of origins")
SETTING(POOL, keepalive, GROUP, CONTEXT_KEEPALIVE, 0, NULL,
    "{ idle = 64; timeout = \"50s\"; }", "idle connections to origins")
SETTING(POOL, limits, GROUP, CONTEXT_POOL_LIMITS, 0, NULL,
    "{ header = \"16k\"; }", "limits of what an origin sends")
SETTING(POOL, balance, TEXT, 0, 0, "p2c", "\"least_conn\"",
    "how a server is chosen")
SETTING(POOL, prefer, TEXTS, 0, 100, NULL, "\"zone\"",
    "whose servers are asked first: \"zone\", or names of zones")
SETTING(POOL, health, FEATURE, CONTEXT_HEALTH, 0, "false",
    "{ path = \"/healthz\"; }", "checks of the servers, by themselves")
SETTING(POOL, outlier, FEATURE, CONTEXT_OUTLIER, 0, "true",
    "{ errors = 10; eject = \"30s\"; }", "servers taken out for their errors")
SETTING(POOL, sticky, GROUP, CONTEXT_STICKY, 0, NULL,
    "{ cookie = \"srv\"; ttl = \"8h\"; }", "clients that stay with a server")
SETTING(POOL, retry, FEATURE, CONTEXT_RETRY, 0, "true",
    "{ on = [ \"connect\", \"reset\", \"503\" ]; }",
    "what failed is sent to another server")
SETTING(POOL, hedge, DURATION, 0, 60 * USEC_PER_SEC, "0s", "\"200ms\"",
    "a second server is asked when the first is silent for so long; \"0s\": never")
SETTING(POOL, slow_start, DURATION, 0, USEC_PER_DAY, "0s", "\"30s\"",
    "how long a server that comes back has less to do")
SETTING(POOL, queue, GROUP, CONTEXT_QUEUE, 0, NULL,
    "{ size = 500; timeout = \"5s\"; }", "requests that wait for a server to have room")
SETTING(POOL, max_conns, COUNT, 0, 65535, "0", "200",
    "exchanges at a time with each server, of all workers; 0: any number")
SETTING(POOL, http, TEXT, 0, 0, "auto", "\"2\"",
    "the version of HTTP: \"1\", \"2\", or \"auto\": what a server with https:// chooses")
SETTING(POOL, tls, GROUP, CONTEXT_POOL_TLS, 0, NULL,
    "{ ca = \"/etc/ssl/internal-ca.pem\"; }", "TLS to servers with https://")
SETTING(POOL, proxy_protocol, OFF, 0, 0, "false", "\"v2\"",
    "the header that connections to servers begin with: \"v1\" or \"v2\"")
SETTING(POOL, resolve, GROUP, CONTEXT_RESOLVE, 0, NULL,
    "{ every = \"10s\"; }", "how names of servers become addresses")
SETTING(POOL, breaker, FEATURE, CONTEXT_BREAKER, 0, "false",
    "{ error_rate = \"50%\"; open = \"5s\"; }",
    "requests are refused while most of them fail")

SETTING(POOL_TLS, ca, TEXT, 0, 0, "system", "\"/etc/ssl/internal-ca.pem\"",
    "the file of those who issue certificates of servers; \"system\": the system's")
SETTING(POOL_TLS, name, TEXT, 0, 0, NULL, "\"api.internal\"",
    "the name that is asked for and must be in the certificate; else the server's")
SETTING(POOL_TLS, verify, BOOL, 0, 0, "true", "false",
    "whether certificates of servers are verified")
SETTING(POOL_TLS, cert, TEXT, 0, 0, NULL, "\"/etc/ssl/proxy.pem\"",
    "the file of a certificate for servers that ask for one")
SETTING(POOL_TLS, key, TEXT, 0, 0, NULL, "\"/etc/ssl/proxy.key\"",
    "the file of its key; else in the same file, or in NAME.key beside it")
SETTING(POOL_TLS, chain, TEXT, 0, 0, NULL, "\"/etc/ssl/ca.pem\"",
    "the file of what leads to its issuer; else in the file of the certificate")
SETTING(POOL_TLS, min, TEXT, 0, 0, "1.2", "\"1.3\"",
    "the lowest version of TLS: \"1.2\" or \"1.3\"")
SETTING(POOL_TLS, ciphers, TEXT, 0, 0, CONF_CIPHERS, "\"ECDHE+AESGCM\"",
    "ciphers, as OpenSSL writes them; names with TLS_ are those of TLS 1.3")

SETTING(SERVER, url, TEXT, 0, 0, NULL, "\"http://10.0.0.11:8080\"",
    "where the server is")
SETTING(SERVER, weight, COUNT, 1, 1000, "1", "2",
    "its share of the requests")
SETTING(SERVER, zone, TEXT, 0, 0, NULL, "\"fra\"", "where it stands")
SETTING(SERVER, backup, BOOL, 0, 0, "false", "true",
    "asked only when no other can be")
SETTING(SERVER, max_conns, COUNT, 0, 65535, "0", "50",
    "exchanges at a time; 0: what the pool says")
SETTING(SERVER, down, BOOL, 0, 0, "false", "true",
    "not used until an operator says so")

SETTING(ROUTE, path, TEXT, 0, 0, NULL, "\"/api\"",
    "the paths at and below this one")
SETTING(ROUTE, pool, TEXT, 0, 0, NULL, "\"web\"",
    "the pool that gets the requests")
SETTING(ROUTE, proxy, TEXTS, 0, 1000, NULL, "\"http://127.0.0.1:3000\"",
    "the origins that get the requests: a pool without a name")
SETTING(ROUTE, limits, GROUP, CONTEXT_LIMITS, 0, NULL, "{ body = \"50m\"; }",
    "limits of bodies, heads and rates")
SETTING(ROUTE, timeouts, GROUP, CONTEXT_TIMEOUTS, 0, NULL,
    "{ idle = \"30s\"; }", "timeouts of clients")
SETTING(ROUTE, send_host, TEXT, 0, 0, "client", "\"server\"",
    "the Host that origins get")
SETTING(ROUTE, forwarded, BOOL, 0, 0, "false", "true",
    "the field Forwarded for origins")
SETTING(ROUTE, websocket, BOOL, 0, 0, "true", "false",
    "whether connections may be upgraded")
SETTING(ROUTE, path_exact, TEXT, 0, 0, NULL, "\"/health\"",
    "this path alone, and nothing below it")
SETTING(ROUTE, path_regex, TEXT, 0, 0, NULL, "\"^/p/([0-9]+)$\"",
    "the paths that match a pattern")
SETTING(ROUTE, first, BOOL, 0, 0, "false", "true",
    "the pattern is tried before all paths")
SETTING(ROUTE, method, TEXTS, 0, 100, NULL, "[ \"GET\", \"HEAD\" ]",
    "only requests with one of these methods")
SETTING(ROUTE, header, TEXTS, 0, 100, NULL, "\"X-Env=test\"",
    "only requests with these fields: \"Name=value\", or \"Name\"")
SETTING(ROUTE, query, TEXTS, 0, 100, NULL, "\"debug=1\"",
    "only requests with these parameters")
SETTING(ROUTE, cookie, TEXTS, 0, 100, NULL, "\"beta=yes\"",
    "only requests with these cookies")
SETTING(ROUTE, from, TEXTS, 0, 1000, NULL, "[ \"10.0.0.0/8\", \"::1\" ]",
    "only clients in one of these networks")
LATER(ROUTE, root, "files")
LATER(ROUTE, fallback, "the file for what is not found")
SETTING(ROUTE, redirect, BRIEF, CONTEXT_REDIRECT, 0, NULL,
    "{ to = \"/blog${path_rest}\"; status = 308; }",
    "where clients are sent")
SETTING(ROUTE, respond, BRIEF, CONTEXT_RESPOND, 0, NULL,
    "{ status = 200; body = \"ok\\n\"; }", "an answer of our own")
SETTING(ROUTE, split, SPLITS, CONTEXT_SPLIT, 8, NULL,
    "{ name = \"exp\"; arms = ( { pool = \"a\"; }, { pool = \"b\"; } ); }",
    "visitors are divided among arms, and each keeps its own")
LATER(ROUTE, compose, "an answer made of several")
SETTING(ROUTE, strip, BOOL, 0, 0, "false", "true",
    "the route's path is taken off before forwarding")
SETTING(ROUTE, rewrite, RULES, 0, 10000, NULL, "\"/products/${1}\"",
    "what becomes of the path before forwarding")
SETTING(ROUTE, headers, GROUP, CONTEXT_HEADERS, 0, NULL,
    "{ request = { remove = \"X-Debug\"; }; }",
    "fields set, added and removed")
SETTING(ROUTE, cookies, GROUP, CONTEXT_COOKIES, 0, NULL,
    "{ secure = true; }", "what is done to cookies that origins set")
SETTING(ROUTE, cache, FEATURE, CONTEXT_CACHE, 0, "false", "true",
    "replies are kept, and used again")
LATER(ROUTE, compress, "compression")
LATER(ROUTE, access, "who is let in")
LATER(ROUTE, auth, "authentication")
SETTING(ROUTE, buffering, GROUP, CONTEXT_BUFFERING, 0, NULL,
    "{ request = \"full\"; }", "how much is read before it is sent on")
SETTING(ROUTE, errors, GROUPS, 0, 200, NULL,
    "( { status = 503; file = \"/srv/errors/busy.html\"; } )",
    "error pages")
SETTING(ROUTE, log, LOG, CONTEXT_LOG, 0, NULL, "false",
    "the access log of the route")
SETTING(ROUTE, mirror, FEATURE, CONTEXT_MIRROR, 0, "false",
    "{ pool = \"api\"; percent = 1; }",
    "copies of requests to another pool")
SETTING(ROUTE, client_cert, TEXT, 0, 0, NULL, "\"require\"",
    "certificates of clients: \"none\", \"optional\" or \"require\"")

SETTING(SPLIT, name, TEXT, 0, 0, NULL, "\"new-checkout\"",
    "its name: of the cookie, too, and in logs")
SETTING(SPLIT, sticky, TEXT, 0, 0, "cookie", "\"header:X-User-Id\"",
    "what a visitor is known by: \"cookie\", \"ip\", \"header:X\", \"cookie:x\"")
SETTING(SPLIT, ttl, DURATION, USEC_PER_SEC, 400 * USEC_PER_DAY, "30d",
    "\"7d\"", "how long the cookie lives")
SETTING(SPLIT, arms, GROUPS, 0, CONF_ARMS_MAX, NULL,
    "( { pool = \"stable\"; weight = 90; }, { pool = \"beta\"; weight = 10; } )",
    "what visitors are divided among")
SETTING(SPLIT, if_down, TEXT, 0, 0, NULL, "\"stable\"",
    "the arm taken when the pool of a visitor's own has no server")

SETTING(ARM, pool, TEXT, 0, 0, NULL, "\"beta\"",
    "the pool that gets the requests")
SETTING(ARM, name, TEXT, 0, 0, NULL, "\"beta\"",
    "its name; else that of its pool")
SETTING(ARM, weight, COUNT, 0, CONF_ARM_WEIGHT_MAX, "1", "10",
    "its share of the visitors; 0: none")
SETTING(ARM, force, TEXT, 0, 0, NULL, "\"?arm=beta\"",
    "who gets it whatever its weight: \"?name=value\", "
    "\"header:Name=value\", \"cookie:name=value\"")

SETTING(LIMITS, body, SIZE, 0, (uint64_t)1 << 40, "10m", "\"50m\"",
    "bytes of a request's body; \"0\": none may have one")
SETTING(LIMITS, header, SIZE, 1024, 65536, "64k", "\"16k\"",
    "bytes of a request's head")
SETTING(LIMITS, fields, COUNT, 1, 100, "100", "50",
    "fields of a request's head")
SETTING(LIMITS, url, SIZE, 64, 65536, "16k", "\"4k\"",
    "bytes of a request's target")
SETTING(LIMITS, min_rate, RATE, USEC_PER_SEC, USEC_PER_HOUR, "256/30s",
    "\"1k/10s\"", "bytes a second that a client sends or takes, averaged over a time")
LATER(LIMITS, rate, "requests a second")
LATER(LIMITS, burst, "requests at once, above the rate")
LATER(LIMITS, per, "what a rate is counted by")
LATER(LIMITS, conns_per_ip, "connections of one address")
SETTING(LIMITS, streams, COUNT, 1, 10000, "128", "256",
    "streams of an HTTP/2 connection at a time")
LATER(LIMITS, bandwidth, "bytes a second that a client gets at most")
SETTING(LIMITS, resets, FLOOD, USEC_PER_SEC, USEC_PER_HOUR, "100/10s",
    "\"20/1s\"", "streams of an HTTP/2 connection that end before their reply does")
SETTING(LIMITS, settings, FLOOD, USEC_PER_SEC, USEC_PER_HOUR, "100/10s",
    "\"20/1s\"", "SETTINGS frames of an HTTP/2 connection")
SETTING(LIMITS, pings, FLOOD, USEC_PER_SEC, USEC_PER_HOUR, "1000/10s",
    "\"20/1s\"", "PING frames of an HTTP/2 connection")
SETTING(LIMITS, frames, FLOOD, USEC_PER_SEC, USEC_PER_HOUR, "1000/10s",
    "\"200/1s\"", "frames of an HTTP/2 connection that move nothing")
SETTING(LIMITS, continuations, COUNT, 0, 1000, "16", "4",
    "CONTINUATION frames of a head")
SETTING(LIMITS, handshakes, FLOOD, USEC_PER_SEC, USEC_PER_HOUR, "0",
    "\"100/10s\"", "TLS handshakes of one address")

SETTING(BUFFERING, request, TEXT, 0, 0, "stream", "\"full\"",
    "of a request's body: the first of it, \"full\": all, \"off\": nothing")
SETTING(BUFFERING, window, SIZE, 1024, 65536, "64k", "\"16k\"",
    "bytes of a body that are kept in memory")

SETTING(TIMEOUTS, header, DURATION, USEC_PER_SEC, USEC_PER_HOUR, "10s",
    "\"5s\"", "for a whole head, from its first byte")
SETTING(TIMEOUTS, idle, DURATION, USEC_PER_SEC, USEC_PER_DAY, "60s",
    "\"30s\"", "between two requests on a connection")
SETTING(TIMEOUTS, websocket, DURATION, USEC_PER_SEC, 30 * USEC_PER_DAY, "1h",
    "\"12h\"", "for an upgraded connection on which nothing moves")

SETTING(POOL_LIMITS, header, SIZE, 1024, 65536, "64k", "\"16k\"",
    "bytes of a reply's head")

SETTING(POOL_TIMEOUTS, connect, DURATION, USEC_PER_MSEC, USEC_PER_HOUR, "3s",
    "\"500ms\"", "for a new connection to a server")
SETTING(POOL_TIMEOUTS, first_byte, DURATION, USEC_PER_MSEC, USEC_PER_DAY, "60s",
    "\"5m\"", "from the end of the request to the reply's head")
SETTING(POOL_TIMEOUTS, idle, DURATION, USEC_PER_MSEC, USEC_PER_DAY, "60s",
    "\"5m\"", "between two pieces of a reply")
SETTING(POOL_TIMEOUTS, total, DURATION, 0, 30 * USEC_PER_DAY, "0s",
    "\"10m\"", "for a whole exchange; \"0s\": none")

SETTING(KEEPALIVE, idle, COUNT, 0, 100000, "32", "64",
    "connections that lie idle, a worker")
SETTING(KEEPALIVE, timeout, DURATION, USEC_PER_MSEC, USEC_PER_DAY, "4s",
    "\"50s\"", "for how long, unless the origin says so (Keep-Alive: timeout=)")

SETTING(HEALTH, type, TEXT, 0, 0, "http", "\"tcp\"",
    "what is tried: \"http\", \"tcp\", \"tls\" or \"grpc\"")
SETTING(HEALTH, service, TEXT, 0, 0, "", "\"shop.Cart\"",
    "of gRPC: the service that is asked for")
SETTING(HEALTH, path, TEXT, 0, 0, "/", "\"/healthz\"",
    "the path that is asked for")
SETTING(HEALTH, host, TEXT, 0, 0, NULL, "\"app.internal\"",
    "the Host that is asked for; of \"tls\" the name")
SETTING(HEALTH, method, TEXT, 0, 0, "GET", "\"HEAD\"", "the method")
SETTING(HEALTH, headers, FIELDS, 0, 0, NULL, "{ X-Check = \"sluice\"; }",
    "fields of the request")
SETTING(HEALTH, expect, STATUSES, 0, 100, "200-299", "( 200, \"301-302\" )",
    "the statuses of a server that is well")
SETTING(HEALTH, body, TEXT, 0, 0, NULL, "\"\\\"ready\\\": *true\"",
    "a pattern that the reply's body must match")
SETTING(HEALTH, port, COUNT, 0, 65535, "0", "8081",
    "the port that is tried; 0: the server's own")
SETTING(HEALTH, every, DURATION, 100 * USEC_PER_MSEC, USEC_PER_DAY, "5s",
    "\"10s\"", "from one check to the next")
SETTING(HEALTH, timeout, DURATION, 10 * USEC_PER_MSEC, USEC_PER_HOUR, "2s",
    "\"500ms\"", "for a whole check")
SETTING(HEALTH, rise, COUNT, 1, 100, "2", "3",
    "checks in a row that pass before a server is up")
SETTING(HEALTH, fall, COUNT, 1, 100, "3", "1",
    "checks in a row that fail before a server is down")
SETTING(HEALTH, jitter, SHARE, 0, 0, "10%", "\"0%\"",
    "the share of every by which checks are moved, at random")

SETTING(RETRY, attempts, COUNT, 1, 8, "2", "3",
    "how often a request is sent at most")
SETTING(RETRY, on, TEXTS, 0, 100, NULL, "[ \"connect\", \"reset\", \"503\" ]",
    "what it is sent again for")
SETTING(RETRY, methods, TEXTS, 0, 100, NULL, "[ \"GET\", \"HEAD\", \"PUT\" ]",
    "the methods of requests that may be sent twice")
SETTING(RETRY, budget, SHARE, 0, 0, "20%", "\"10%\"",
    "the share of requests that are sent again")

SETTING(OUTLIER, errors, COUNT, 0, 1000, "5", "10",
    "errors in a row for which a server is taken out; 0: it is not")
SETTING(OUTLIER, within, DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, "10s",
    "\"1m\"", "the time in which errors are counted")
SETTING(OUTLIER, eject, DURATION, 100 * USEC_PER_MSEC, USEC_PER_DAY, "10s",
    "\"30s\"", "for how long, the first time")
SETTING(OUTLIER, max_ejected, SHARE, 0, 0, "50%", "\"30%\"",
    "the share of the servers that may be out")
SETTING(OUTLIER, error_rate, SHARE, 0, 0, "0%", "\"50%\"",
    "the share of errors for which a server is taken out; \"0%\": it is not")
SETTING(OUTLIER, requests, COUNT, 1, 1000000, "20", "100",
    "requests before error_rate says anything")
SETTING(OUTLIER, latency, DURATION, 0, USEC_PER_HOUR, "0s", "\"5s\"",
    "replies that take longer are errors; \"0s\": none is")

SETTING(BREAKER, error_rate, SHARE, 0, 0, "50%", "\"80%\"",
    "the share of errors for which the pool is shut")
SETTING(BREAKER, requests, COUNT, 1, 1000000, "20", "100",
    "requests before error_rate says anything")
SETTING(BREAKER, within, DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, "10s",
    "\"30s\"", "the time in which they are counted")
SETTING(BREAKER, open, DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, "5s",
    "\"30s\"", "for how long, until a request is let through to try")

SETTING(QUEUE, size, COUNT, 0, 65535, "1000", "500",
    "requests that may wait, of all workers; 0: none")
SETTING(QUEUE, timeout, DURATION, USEC_PER_MSEC, USEC_PER_HOUR, "5s",
    "\"10s\"", "for how long")
SETTING(RESOLVE, every, DURATION, 0, USEC_PER_HOUR, "0s", "\"10s\"",
    "how often a name is asked for; \"0s\": as its name server says")
SETTING(RESOLVE, max, COUNT, 1, 256, "16", "4",
    "servers that one name may stand for")

SETTING(STICKY, cookie, TEXT, 0, 0, NULL, "\"srv\"",
    "clients are known by a signed cookie of ours")
SETTING(STICKY, key, TEXT, 0, 0, NULL, "\"header:X-User\"",
    "clients are known by something of their requests")
SETTING(STICKY, learn, TEXT, 0, 0, NULL, "\"JSESSIONID\"",
    "clients are known by a cookie that their server sets")
SETTING(STICKY, ttl, DURATION, 0, 30 * USEC_PER_DAY, "1h", "\"8h\"",
    "how long a client is known that does not come back")
SETTING(STICKY, if_down, TEXT, 0, 0, "other", "\"fail\"",
    "what a client gets whose server is down: another one, or 503")
SETTING(STICKY, secret, TEXT, 0, 0, NULL, "\"${file:/etc/sluice/sticky.key}\"",
    "what the cookie is signed with, to be known by several daemons")

SETTING(COOKIES, rewrite_domain, TEXT, 0, 0, NULL, "\".example.com\"",
    "instead of a Domain that names the origin")
SETTING(COOKIES, rewrite_path, TEXT, 0, 0, NULL, "\"/app\"",
    "put before the Path of each cookie")
SETTING(COOKIES, secure, BOOL, 0, 0, "false", "true",
    "all cookies are for TLS only")
SETTING(COOKIES, http_only, BOOL, 0, 0, "false", "true",
    "no cookie is for scripts")
SETTING(COOKIES, same_site, TEXT, 0, 0, NULL, "\"Lax\"",
    "which requests of other sites carry cookies")
SETTING(COOKIES, remove, TEXTS, 0, 100, NULL, "[ \"debug\" ]",
    "cookies that clients don't get")

SETTING(CACHE, all, BOOL, 0, 0, "false", "true",
    "all vhosts cache that do not say otherwise")
SETTING(CACHE, path, TEXT, 0, 0, NULL, "\"/var/lib/sluice/cache\"",
    "the file in which the cache outlives the daemon")
SETTING(CACHE, max_size, SIZE, 0, (uint64_t)1 << 40, "0", "\"64m\"",
    "bytes that the vhost may have of the cache; \"0\": all")
SETTING(CACHE, max_object, SIZE, 0, (uint64_t)1 << 40, "0", "\"1m\"",
    "bytes of the largest body that is kept; \"0\": what the cache can take")
SETTING(CACHE, default_ttl, DURATION, 0, 365 * USEC_PER_DAY, "0s", "\"1m\"",
    "for how long a reply is fresh that does not say so")
SETTING(CACHE, negative_ttl, DURATION, 0, 30 * USEC_PER_DAY, "0s", "\"10s\"",
    "the same of errors, such as 404")
SETTING(CACHE, heuristic, SHARE, 0, 0, "0%", "\"10%\"",
    "the share of the time since Last-Modified for which it is fresh")
SETTING(CACHE, heuristic_max, DURATION, 0, 365 * USEC_PER_DAY, "1d", "\"1h\"",
    "at most for so long")
SETTING(CACHE, stale, GROUP, CONTEXT_CACHE_STALE, 0, NULL,
    "{ if_error = \"10m\"; }", "for how long a reply is used that is not fresh")
SETTING(CACHE, key, GROUP, CONTEXT_CACHE_KEY, 0, NULL,
    "{ ignore_query = \"utm_*\"; }", "which requests get the same reply")
SETTING(CACHE, tag_header, OFF, 0, 0, "Cache-Tag", "\"Surrogate-Key\"",
    "the field of replies that has their tags, for purging")
SETTING(CACHE, bypass_cookies, TEXTS, 0, 100, NULL, "[ \"session\" ]",
    "requests with one of these cookies are not for the cache")
SETTING(CACHE, set_cookie, TEXT, 0, 0, "refuse", "\"remove\"",
    "replies that set cookies are not kept, or without them, or with them")
SETTING(CACHE, status_header, BOOL, 0, 0, "false", "true",
    "clients are told what came from the cache (Cache-Status)")
SETTING(CACHE, purge_from, TEXTS, 0, 1000, NULL, "[ \"10.0.0.0/8\", \"::1\" ]",
    "who may send the method PURGE")
SETTING(CACHE, targets, TEXTS, 0, 8, NULL,
    "[ \"CDN-Cache-Control\", \"Surrogate-Control\" ]",
    "fields of replies that count instead of Cache-Control")
SETTING(CACHE, request_directives, BOOL, 0, 0, "true", "false",
    "whether clients may say which replies they take (Cache-Control)")
SETTING(CACHE, collapse, BOOL, 0, 0, "true", "false",
    "whether clients that want the same wait for one request")

SETTING(CACHE_STALE, while_revalidate, DURATION, 0, 30 * USEC_PER_DAY, "0s",
    "\"30s\"", "while it is asked for again")
SETTING(CACHE_STALE, if_error, DURATION, 0, 30 * USEC_PER_DAY, "0s",
    "\"10m\"", "when no origin answers, or with an error")

SETTING(CACHE_KEY, ignore_query, TEXTS, 0, 100, NULL,
    "[ \"utm_*\", \"fbclid\", \"gclid\" ]",
    "parameters of the query that change nothing")
SETTING(CACHE_KEY, cookies, TEXTS, 0, 16, NULL, "[ \"currency\" ]",
    "cookies whose values make different replies")
SETTING(CACHE_KEY, headers, TEXTS, 0, 16, NULL, "[ \"X-Country\" ]",
    "fields of requests whose values make different replies")

SETTING(ERROR, status, STATUSES, 0, 200, NULL, "[ 502, 503, 504 ]",
    "the statuses that the entry is for")
SETTING(ERROR, file, TEXT, 0, 0, NULL, "\"/srv/errors/busy.html\"",
    "the page")
SETTING(ERROR, retry_after, DURATION, 0, 30 * USEC_PER_DAY, "0s", "\"30s\"",
    "when clients are to try again")
SETTING(ERROR, origin, BOOL, 0, 0, "false", "true",
    "errors of origins, too")

SETTING(RULE, match, TEXT, 0, 0, NULL, "\"^/old/(.*)$\"",
    "the pattern that a path must match")
SETTING(RULE, to, TEMPLATE, 0, 0, NULL, "\"/new/${1}\"",
    "what stands instead of what matched")
SETTING(RULE, redirect, COUNT, 301, 308, NULL, "308",
    "the client is sent there with this status")
SETTING(RULE, then, TEXT, 0, 0, "stop", "\"continue\"",
    "whether further rules are tried")

SETTING(MIRROR, pool, TEXT, 0, 0, NULL, "\"api\"",
    "the pool that gets the copies")
SETTING(MIRROR, percent, COUNT, 0, 100, "100", "1",
    "how many of a hundred requests are copied")

SETTING(REDIRECT, to, TEMPLATE, 0, 0, NULL, "\"/blog${path_rest}\"",
    "where: a path, or a URL")
SETTING(REDIRECT, status, COUNT, 301, 308, "308", "307",
    "the status: 301, 302, 303, 307 or 308")

SETTING(RESPOND, status, COUNT, 200, 599, "200", "404", "the status")
SETTING(RESPOND, body, TEMPLATE, 0, 0, "", "\"ok\\n\"", "the body")
SETTING(RESPOND, type, TEXT, 0, 0, "text/plain; charset=utf-8",
    "\"application/json\"", "the media type of the body")

SETTING(HEADERS, request, GROUP, CONTEXT_FIELDS, 0, NULL,
    "{ set = { X-Env = \"prod\"; }; }", "of requests to origins")
SETTING(HEADERS, response, GROUP, CONTEXT_FIELDS, 0, NULL,
    "{ remove = [ \"X-Cache\" ]; }", "of replies to clients")

SETTING(FIELDS, set, FIELDS, 0, 0, NULL, "{ X-Env = \"prod\"; }",
    "fields that stand instead of those of their names")
SETTING(FIELDS, add, FIELDS, 0, 0, NULL, "{ Link = \"</a.css>\"; }",
    "fields beside those of their names")
SETTING(FIELDS, remove, TEXTS, 0, 100, NULL, "[ \"X-Debug\" ]",
    "names of fields that are removed")
