/*
 * foreign.h - settings of other proxies that people write by habit:
 *
 *   FOREIGN("name", "whose", SETTING, "what to write here")
 *
 * Compared without case.  Looked up where a name is unknown or has no "=".
 * SETTING is the one that the hint is about (or NONE): while it is LATER in
 * settings.h, the hint says so.
 */
FOREIGN("proxy_pass", "nginx", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("fastcgi_pass", "nginx", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("uwsgi_pass", "nginx", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("grpc_pass", "nginx", VHOST_proxy, "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("server_name", "nginx", VHOST_host, "host = \"app.example.com\";")
FOREIGN("server", "nginx and HAProxy", NONE,
    "a vhost is a file of its own; an origin stands in pools, servers")
FOREIGN("location", "nginx", VHOST_routes,
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("upstream", "nginx", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("split_clients", "nginx", ROUTE_split,
    "split = { name = \"exp\"; arms = ( { pool = \"a\"; }, { pool = \"b\"; } ); };  "
    "in a route")
FOREIGN("http", "nginx", NONE, "no group around a vhost: a file is one vhost")
FOREIGN("stream", "nginx", NONE, "no group around a vhost: a file is one vhost")
FOREIGN("events", "nginx", NONE,
    "nothing: it follows from the machine and the limit of open files")
FOREIGN("worker_connections", "nginx", NONE,
    "nothing: it follows from the machine and the limit of open files")
FOREIGN("worker_rlimit_nofile", "nginx", NONE,
    "nothing: it follows from the machine and the limit of open files")
FOREIGN("multi_accept", "nginx", NONE,
    "nothing: it follows from the machine and the limit of open files")
FOREIGN("accept_mutex", "nginx", NONE,
    "nothing: it follows from the machine and the limit of open files")
FOREIGN("sendfile", "nginx", NONE, "nothing: it does that by itself")
FOREIGN("tcp_nopush", "nginx", NONE, "nothing: it does that by itself")
FOREIGN("tcp_nodelay", "nginx", NONE, "nothing: it does that by itself")
FOREIGN("aio", "nginx", NONE, "nothing: it does that by itself")
FOREIGN("worker_processes", "nginx", GLOBAL_workers, "workers = 0;")
FOREIGN("pid", "nginx", GLOBAL_pid_file,
    "pid_file = \"/run/sluice/sluiced.pid\";")
FOREIGN("include", "nginx and Apache", NONE,
    "vhost_dir, or @include \"FILE\" on a line of its own")
FOREIGN("Include", "nginx and Apache", NONE,
    "vhost_dir, or @include \"FILE\" on a line of its own")
FOREIGN("IncludeOptional", "nginx and Apache", NONE,
    "vhost_dir, or @include \"FILE\" on a line of its own")
FOREIGN("access_log", "nginx", GLOBAL_log,
    "log = { file = \"/var/log/sluice/access.log\"; };")
FOREIGN("log_format", "nginx", LOG_format, "log = { format = \"combined\"; };")
FOREIGN("worker_shutdown_timeout", "nginx and HAProxy", GLOBAL_drain,
    "drain = \"60s\";")
FOREIGN("hard-stop-after", "nginx and HAProxy", GLOBAL_drain,
    "drain = \"60s\";")
FOREIGN("daemon", "nginx and HAProxy", NONE, "the option -d keeps it in front")
FOREIGN("proxy_set_header", "nginx", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };  (Host and "
    "X-Forwarded-* are set without it)")
FOREIGN("add_header", "nginx", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("more_set_headers", "nginx", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("proxy_hide_header", "nginx", VHOST_headers,
    "headers = { response = { remove = [ \"X-Powered-By\" ]; }; };")
FOREIGN("more_clear_headers", "nginx", VHOST_headers,
    "headers = { response = { remove = [ \"X-Powered-By\" ]; }; };")
FOREIGN("client_max_body_size", "nginx", LIMITS_body,
    "limits = { body = \"10m\"; };")
FOREIGN("LimitRequestBody", "Apache", LIMITS_body,
    "limits = { body = \"10m\"; };")
FOREIGN("large_client_header_buffers", "nginx", LIMITS_header,
    "limits = { header = \"64k\"; };")
FOREIGN("client_header_buffer_size", "nginx", LIMITS_header,
    "limits = { header = \"64k\"; };")
FOREIGN("client_header_timeout", "nginx", TIMEOUTS_header,
    "timeouts = { header = \"10s\"; };")
FOREIGN("client_body_timeout", "nginx", LIMITS_min_rate,
    "limits = { min_rate = \"256/30s\"; };")
FOREIGN("send_timeout", "nginx", LIMITS_min_rate,
    "limits = { min_rate = \"256/30s\"; };")
FOREIGN("keepalive_timeout", "nginx", TIMEOUTS_idle,
    "timeouts = { idle = \"60s\"; };")
FOREIGN("KeepAliveTimeout", "Apache", TIMEOUTS_idle,
    "timeouts = { idle = \"60s\"; };")
FOREIGN("keepalive_requests", "nginx", NONE,
    "nothing: a connection serves as many requests as it likes")
FOREIGN("proxy_read_timeout", "nginx", POOL_TIMEOUTS_idle,
    "timeouts of a pool: { first_byte = \"60s\"; idle = \"60s\"; }")
FOREIGN("proxy_send_timeout", "nginx", POOL_TIMEOUTS_idle,
    "timeouts of a pool: { idle = \"60s\"; }")
FOREIGN("proxy_connect_timeout", "nginx", POOL_TIMEOUTS_connect,
    "timeouts of a pool: { connect = \"3s\"; }")
FOREIGN("proxy_buffering", "nginx", VHOST_buffering, "buffering")
FOREIGN("proxy_request_buffering", "nginx", VHOST_buffering, "buffering")
FOREIGN("proxy_buffers", "nginx", VHOST_buffering, "buffering")
FOREIGN("proxy_buffer_size", "nginx", VHOST_buffering, "buffering")
FOREIGN("proxy_cache", "nginx", VHOST_cache, "cache = true;")
FOREIGN("proxy_cache_path", "nginx", SHARED_cache,
    "cache = true; in a vhost, and shared = { cache = \"1g\"; }; in sluiced.conf")
FOREIGN("proxy_cache_valid", "nginx", CACHE_default_ttl,
    "cache = { default_ttl = \"10m\"; negative_ttl = \"1m\"; };")
FOREIGN("proxy_cache_key", "nginx", CACHE_key,
    "cache = { key = { cookies = \"currency\"; }; };  (scheme, host and URL are in "
    "it)")
FOREIGN("proxy_cache_bypass", "nginx", CACHE_bypass_cookies,
    "cache = { bypass_cookies = \"session\"; };")
FOREIGN("proxy_no_cache", "nginx", CACHE_bypass_cookies,
    "cache = { bypass_cookies = \"session\"; };")
FOREIGN("proxy_cache_use_stale", "nginx", CACHE_STALE_if_error,
    "cache = { stale = { if_error = \"10m\"; }; };")
FOREIGN("proxy_cache_background_update", "nginx", CACHE_STALE_while_revalidate,
    "cache = { stale = { while_revalidate = \"30s\"; }; };")
FOREIGN("proxy_cache_lock", "nginx", CACHE_collapse,
    "nothing: clients that want the same wait for one request")
FOREIGN("proxy_cache_purge", "nginx", CACHE_purge_from,
    "cache = { purge_from = \"127.0.0.1\"; };  or sluicectl cache purge URL")
FOREIGN("proxy_cache_methods", "nginx", NONE,
    "nothing: replies to GET are kept, and used for HEAD")
FOREIGN("proxy_cache_min_uses", "nginx", NONE,
    "nothing: what is asked for once only is the first to go")
FOREIGN("proxy_cache_revalidate", "nginx", NONE,
    "nothing: what is stale is asked for with its ETag")
FOREIGN("proxy_ignore_headers", "nginx", CACHE_targets,
    "cache = { set_cookie = \"remove\"; };  and of Cache-Control: the origin says "
    "CDN-Cache-Control")
FOREIGN("grace", "Varnish", CACHE_stale,
    "cache = { stale = { while_revalidate = \"30s\"; if_error = \"1h\"; }; };")
FOREIGN("CacheEnable", "Apache", VHOST_cache, "cache = true;")
FOREIGN("CacheRoot", "Apache", CACHE_path,
    "cache = { path = \"/var/lib/sluice/cache\"; };  in sluiced.conf")
FOREIGN("CacheDefaultExpire", "Apache", CACHE_default_ttl,
    "cache = { default_ttl = \"1h\"; };")
FOREIGN("CacheLastModifiedFactor", "Apache", CACHE_heuristic,
    "cache = { heuristic = \"10%\"; };")
FOREIGN("CacheMaxFileSize", "Apache", CACHE_max_object,
    "cache = { max_object = \"1m\"; };")
FOREIGN("CacheLock", "Apache", CACHE_collapse,
    "nothing: clients that want the same wait for one request")
FOREIGN("CacheIgnoreURLSessionIdentifiers", "Apache", CACHE_KEY_ignore_query,
    "cache = { key = { ignore_query = \"sid\"; }; };")
FOREIGN("max-object-size", "HAProxy", CACHE_max_object,
    "cache = { max_object = \"1m\"; };")
FOREIGN("total-max-size", "HAProxy", SHARED_cache,
    "shared = { cache = \"1g\"; };  in sluiced.conf")
FOREIGN("process-vary", "HAProxy", NONE, "nothing: Vary is always obeyed")
FOREIGN("gzip", "nginx", VHOST_compress, "compress")
FOREIGN("brotli", "nginx", VHOST_compress, "compress")
FOREIGN("return", "nginx", ROUTE_redirect,
    "a route with redirect = \"/new${path_rest}\"; or respond = { status = "
    "404; };")
FOREIGN("try_files", "nginx", VHOST_root, "root and fallback")
FOREIGN("index", "nginx", VHOST_root, "root and fallback")
FOREIGN("alias", "nginx", VHOST_root, "root and fallback")
FOREIGN("error_page", "nginx", VHOST_errors,
    "errors = ( { status = [ 502, 503 ]; file = \"/srv/busy.html\"; } );")
FOREIGN("proxy_intercept_errors", "nginx", ERROR_origin,
    "an entry of errors with origin = true;")
FOREIGN("proxy_redirect", "nginx", NONE,
    "nothing: a Location that names the origin is rewritten")
FOREIGN("proxy_cookie_domain", "nginx", COOKIES_rewrite_domain,
    "cookies = { rewrite_domain = \".example.com\"; };")
FOREIGN("proxy_cookie_path", "nginx", COOKIES_rewrite_path,
    "cookies = { rewrite_path = \"/app\"; };")
FOREIGN("proxy_next_upstream", "nginx", POOL_retry, "retry of a pool")
FOREIGN("proxy_http_version", "nginx", NONE, "nothing: it is right without it")
FOREIGN("set_real_ip_from", "nginx", GLOBAL_trusted_proxies,
    "trusted_proxies = [ \"10.0.0.0/8\" ]; in sluiced.conf")
FOREIGN("real_ip_header", "nginx", GLOBAL_trusted_proxies,
    "trusted_proxies = [ \"10.0.0.0/8\" ]; in sluiced.conf")
FOREIGN("limit_req", "nginx", LIMITS_rate, "limits.rate")
FOREIGN("limit_req_zone", "nginx", LIMITS_rate, "limits.rate")
FOREIGN("limit_conn", "nginx", LIMITS_conns_per_ip, "limits.conns_per_ip")
FOREIGN("limit_conn_zone", "nginx", LIMITS_conns_per_ip, "limits.conns_per_ip")
FOREIGN("allow", "nginx", VHOST_access, "access")
FOREIGN("deny", "nginx", VHOST_access, "access")
FOREIGN("satisfy", "nginx", VHOST_access, "access")
FOREIGN("auth_basic", "nginx", VHOST_auth, "auth")
FOREIGN("auth_request", "nginx", VHOST_auth, "auth")
FOREIGN("auth_basic_user_file", "nginx", VHOST_auth, "auth")
FOREIGN("map", "nginx", NONE,
    "no variables and conditions: a route asks for what must hold (header, "
    "query, cookie, method, from)")
FOREIGN("geo", "nginx", NONE,
    "no variables and conditions: a route asks for what must hold (header, "
    "query, cookie, method, from)")
FOREIGN("if", "nginx", NONE,
    "no variables and conditions: a route asks for what must hold (header, "
    "query, cookie, method, from)")
FOREIGN("set", "nginx", NONE,
    "no variables and conditions: a route asks for what must hold (header, "
    "query, cookie, method, from)")
FOREIGN("resolver", "nginx", GLOBAL_resolvers, "resolvers")
FOREIGN("server_tokens", "nginx", NONE,
    "nothing: no version is told to anybody")
FOREIGN("ServerTokens", "Apache", NONE,
    "nothing: no version is told to anybody")
FOREIGN("ServerSignature", "Apache", NONE,
    "nothing: no version is told to anybody")
FOREIGN("default_server", "nginx", VHOST_host,
    "host = \"*\"; in the vhost that takes what no other does")
FOREIGN("merge_slashes", "nginx", NONE,
    "nothing: sluiced.conf(5) says how paths and fields are read")
FOREIGN("underscores_in_headers", "nginx", NONE,
    "nothing: sluiced.conf(5) says how paths and fields are read")
FOREIGN("stub_status", "nginx", GLOBAL_metrics, "sluicectl status, and metrics")
FOREIGN("ssl_certificate", "nginx", TLS_cert,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("ssl_certificate_key", "nginx", TLS_key,
    "tls = { cert = \"/etc/ssl/www.pem\"; key = \"/etc/ssl/www.key\"; };")
FOREIGN("ssl_protocols", "nginx", TLS_min, "tls = { min = \"1.2\"; };")
FOREIGN("ssl_ciphers", "nginx", TLS_ciphers,
    "nothing: the default is good; or ciphers of tls")
FOREIGN("ssl_prefer_server_ciphers", "nginx", NONE,
    "nothing: the default is good")
FOREIGN("ssl_ecdh_curve", "nginx", NONE, "nothing: the default is good")
FOREIGN("ssl_dhparam", "nginx", NONE,
    "nothing: key exchange is by elliptic curves")
FOREIGN("ssl_session_cache", "nginx", SHARED_sessions,
    "nothing: sessions are resumed by all workers; shared.sessions is the size")
FOREIGN("ssl_session_tickets", "nginx", NONE,
    "nothing: their keys change by themselves")
FOREIGN("ssl_session_timeout", "nginx", NONE, "nothing: the default is good")
FOREIGN("ssl_trusted_certificate", "nginx", TLS_chain, "chain of tls")
FOREIGN("ssl_client_certificate", "nginx", TLS_client_ca,
    "tls = { client_ca = \"/etc/ssl/ca.pem\"; };")
FOREIGN("ssl_verify_client", "nginx", TLS_client_cert,
    "tls = { client_cert = \"require\"; };")
FOREIGN("ssl_stapling", "nginx", TLS_ocsp_staple,
    "tls = { ocsp_staple = true; };")
FOREIGN("ssl_early_data", "nginx", TLS_early_data,
    "tls = { early_data = true; };")
FOREIGN("ssl_reject_handshake", "nginx", NONE,
    "nothing: names that no vhost has are refused")
FOREIGN("ssl_preread", "nginx", VHOST_tls, "tls = \"passthrough\";")
FOREIGN("proxy_ssl_verify", "nginx", POOL_TLS_verify,
    "nothing: servers with https:// are verified  (tls of a pool)")
FOREIGN("proxy_ssl_trusted_certificate", "nginx", POOL_TLS_ca,
    "tls = { ca = \"/etc/ssl/ca.pem\"; };  (of a pool)")
FOREIGN("proxy_ssl_name", "nginx", POOL_TLS_name,
    "tls = { name = \"app.internal\"; };  (of a pool)")
FOREIGN("proxy_ssl_server_name", "nginx", NONE,
    "nothing: the name is always asked for  (tls of a pool)")
FOREIGN("proxy_ssl_certificate", "nginx", POOL_TLS_cert,
    "tls = { cert = \"/etc/ssl/proxy.pem\"; };  (of a pool)")
FOREIGN("grpc_pass", "nginx", POOL_http,
    "a pool with http = \"2\";")
FOREIGN("http2_max_concurrent_streams", "nginx", LIMITS_streams,
    "limits = { streams = 128; };")
FOREIGN("ssl", "nginx", VHOST_tls,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("http2", "nginx", TLS_alpn, "nothing: it comes with tls")
FOREIGN("bind", "HAProxy", VHOST_listen, "listen = \"80\";")
FOREIGN("crt", "HAProxy", TLS_cert,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("ca-file", "HAProxy", TLS_client_ca,
    "client_ca of tls for clients, ca of tls for servers of a pool")
FOREIGN("ssl-min-ver", "HAProxy", TLS_min, "tls = { min = \"1.2\"; };")
FOREIGN("accept-proxy", "HAProxy", GLOBAL_proxy_protocol_from,
    "proxy_protocol_from = [ \"10.0.0.0/8\" ];  (in sluiced.conf)")
FOREIGN("send-proxy", "HAProxy", POOL_proxy_protocol,
    "proxy_protocol = \"v1\";  (of a pool)")
FOREIGN("send-proxy-v2", "HAProxy", POOL_proxy_protocol,
    "proxy_protocol = \"v2\";  (of a pool)")
FOREIGN("sni", "HAProxy", POOL_TLS_name,
    "tls = { name = \"app.internal\"; };  (of a pool)")
FOREIGN("frontend", "HAProxy", NONE, "a vhost is a file of its own")
FOREIGN("backend", "HAProxy", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("default_backend", "HAProxy", VHOST_routes,
    "routes = ( { path = \"/\"; pool = \"web\"; } );")
FOREIGN("use_backend", "HAProxy", VHOST_routes,
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("use-server", "HAProxy", VHOST_routes,
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("defaults", "HAProxy", NONE, "global settings stand in sluiced.conf")
FOREIGN("global", "HAProxy", NONE, "global settings stand in sluiced.conf")
FOREIGN("nbproc", "HAProxy", GLOBAL_workers, "workers = 0;")
FOREIGN("nbthread", "HAProxy", GLOBAL_workers, "workers = 0;")
FOREIGN("maxconn", "HAProxy", POOL_max_conns, "max_conns of a pool")
FOREIGN("fullconn", "HAProxy", POOL_max_conns, "max_conns of a pool")
FOREIGN("pidfile", "HAProxy and Apache", GLOBAL_pid_file,
    "pid_file = \"/run/sluice/sluiced.pid\";")
FOREIGN("option", "HAProxy", NONE,
    "nothing of this kind: each setting has a name")
FOREIGN("mode", "HAProxy", VHOST_tcp,
    "nothing: a vhost is for HTTP; or tcp = \"5432\";")
FOREIGN("timeout", "HAProxy", VHOST_timeouts,
    "timeouts = { idle = \"60s\"; }; of clients, and timeouts of a pool")
FOREIGN("acl", "HAProxy", VHOST_routes,
    "routes, each with a path and what must hold")
FOREIGN("http-request", "HAProxy", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };")
FOREIGN("reqadd", "HAProxy", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };")
FOREIGN("reqrep", "HAProxy", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };")
FOREIGN("http-response", "HAProxy", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("rspadd", "HAProxy", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("errorfile", "HAProxy", VHOST_errors,
    "errors = ( { status = 503; file = \"/srv/busy.html\"; } );")
FOREIGN("errorloc", "HAProxy", VHOST_errors,
    "errors = ( { status = 503; file = \"/srv/busy.html\"; } );")
FOREIGN("stick-table", "HAProxy", LIMITS_rate, "limits.rate")
FOREIGN("stick", "HAProxy", LIMITS_rate, "limits.rate")
FOREIGN("stats", "HAProxy", GLOBAL_metrics, "sluicectl status, and metrics")
FOREIGN("chroot", "HAProxy", GLOBAL_sandbox, "user = \"sluice\"; and sandbox")
FOREIGN("retries", "HAProxy", POOL_retry, "retry of a pool")
FOREIGN("redispatch", "HAProxy", POOL_retry, "retry of a pool")
FOREIGN("compression", "HAProxy", VHOST_compress, "compress")
FOREIGN("monitor-uri", "HAProxy", ROUTE_respond,
    "{ path_exact = \"/up\"; respond = { status = 200; }; }")
FOREIGN("ServerName", "Apache", VHOST_host, "host = \"app.example.com\";")
FOREIGN("ServerAlias", "Apache", VHOST_host,
    "host = [ \"www.example.com\", \"example.com\" ];")
FOREIGN("ProxyPass", "Apache", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("ProxyPassMatch", "Apache", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("ProxyPassReverse", "Apache", NONE,
    "nothing: what names the origin is rewritten")
FOREIGN("ProxyPassReverseCookieDomain", "Apache", NONE,
    "nothing: what names the origin is rewritten")
FOREIGN("ProxyPreserveHost", "Apache", VHOST_send_host,
    "nothing: the Host is the client's; or send_host = \"server\";")
FOREIGN("ProxyTimeout", "Apache", POOL_TIMEOUTS_first_byte,
    "timeouts of a pool: { first_byte = \"60s\"; }")
FOREIGN("BalancerMember", "Apache", POOL_servers,
    "servers = [ \"http://10.0.0.11:8080\" ];")
FOREIGN("RequestHeader", "Apache", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };")
FOREIGN("Header", "Apache", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("RewriteEngine", "Apache", NONE, "nothing: rewrite is enough")
FOREIGN("RewriteRule", "Apache", VHOST_rewrite,
    "rewrite = ( { match = \"^/old/(.*)$\"; to = \"/new/${1}\"; } );")
FOREIGN("RewriteCond", "Apache", VHOST_rewrite,
    "rewrite = ( { match = \"^/old/(.*)$\"; to = \"/new/${1}\"; } );")
FOREIGN("RedirectMatch", "Apache", ROUTE_redirect,
    "{ path = \"/old\"; redirect = \"/new${path_rest}\"; }")
FOREIGN("RedirectPermanent", "Apache", ROUTE_redirect,
    "{ path = \"/old\"; redirect = \"/new${path_rest}\"; }")
FOREIGN("DocumentRoot", "Apache", VHOST_root, "root")
FOREIGN("CustomLog", "Apache", GLOBAL_log,
    "log = { file = \"/var/log/sluice/access.log\"; };")
FOREIGN("TransferLog", "Apache", GLOBAL_log,
    "log = { file = \"/var/log/sluice/access.log\"; };")
FOREIGN("LogFormat", "Apache", LOG_format, "log = { format = \"combined\"; };")
FOREIGN("ErrorLog", "Apache", GLOBAL_error_log,
    "error_log = \"/var/log/sluice/error.log\";")
FOREIGN("ServerRoot", "Apache", NONE, "nothing of this kind")
FOREIGN("ServerAdmin", "Apache", NONE, "nothing of this kind")
FOREIGN("LogLevel", "Apache", ERROR_LOG_level,
    "error_log = { level = \"warning\"; };")
FOREIGN("ErrorDocument", "Apache", VHOST_errors,
    "errors = ( { status = 503; file = \"/srv/busy.html\"; } );")
FOREIGN("SSLEngine", "Apache", VHOST_tls,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("SSLCertificateFile", "Apache", TLS_cert,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("SSLCertificateKeyFile", "Apache", TLS_key,
    "tls = { cert = \"/etc/ssl/www.pem\"; key = \"/etc/ssl/www.key\"; };")
FOREIGN("SSLCertificateChainFile", "Apache", TLS_chain, "chain of tls")
FOREIGN("SSLProtocol", "Apache", TLS_min, "tls = { min = \"1.2\"; };")
FOREIGN("SSLCipherSuite", "Apache", TLS_ciphers,
    "nothing: the default is good; or ciphers of tls")
FOREIGN("SSLHonorCipherOrder", "Apache", NONE, "nothing: the default is good")
FOREIGN("SSLCACertificateFile", "Apache", TLS_client_ca,
    "tls = { client_ca = \"/etc/ssl/ca.pem\"; };")
FOREIGN("SSLVerifyClient", "Apache", TLS_client_cert,
    "tls = { client_cert = \"require\"; };")
FOREIGN("SSLUseStapling", "Apache", TLS_ocsp_staple,
    "tls = { ocsp_staple = true; };")
FOREIGN("Protocols", "Apache", TLS_alpn, "nothing: HTTP/2 comes with tls")
FOREIGN("RemoteIPProxyProtocol", "Apache", GLOBAL_proxy_protocol_from,
    "proxy_protocol_from = [ \"10.0.0.0/8\" ];  (in sluiced.conf)")
FOREIGN("SSLProxyEngine", "Apache", POOL_servers,
    "servers = [ \"https://10.0.0.11\" ];")
FOREIGN("SSLProxyVerify", "Apache", POOL_TLS_verify,
    "nothing: servers with https:// are verified  (tls of a pool)")
FOREIGN("SSLProxyCACertificateFile", "Apache", POOL_TLS_ca,
    "tls = { ca = \"/etc/ssl/ca.pem\"; };  (of a pool)")
FOREIGN("LoadModule", "Apache", NONE, "nothing: all is built in")
FOREIGN("MaxRequestWorkers", "Apache", GLOBAL_fibers, "fibers = 16384;")
FOREIGN("Require", "Apache", VHOST_access, "access")
FOREIGN("AuthType", "Apache", VHOST_auth, "auth")
FOREIGN("AuthName", "Apache", VHOST_auth, "auth")
FOREIGN("AuthUserFile", "Apache", VHOST_auth, "auth")
FOREIGN("<VirtualHost", "Apache", VHOST_host,
    "a vhost is a file of its own: host = \"app.example.com\";")
FOREIGN("</VirtualHost>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("</Location>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("</LocationMatch>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("</Proxy>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("</Directory>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("</IfModule>", "Apache", NONE, "nothing: groups stand in braces")
FOREIGN("<Location", "Apache", VHOST_routes,
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("<LocationMatch", "Apache", VHOST_routes,
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("<Proxy", "Apache", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("<Directory", "Apache", VHOST_root, "root")
FOREIGN("<IfModule", "Apache", NONE, "nothing: all is built in")
FOREIGN("reverse_proxy", "Caddy", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("php_fastcgi", "Caddy", VHOST_proxy,
    "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("handle", "Caddy", VHOST_routes,
    "routes = ( { path = \"/api\"; strip = true; pool = \"api\"; } );")
FOREIGN("handle_path", "Caddy", VHOST_routes,
    "routes = ( { path = \"/api\"; strip = true; pool = \"api\"; } );")
FOREIGN("redir", "Caddy", ROUTE_redirect,
    "{ path = \"/old\"; redirect = \"/new${path_rest}\"; }")
FOREIGN("file_server", "Caddy", VHOST_root, "root")
FOREIGN("client_auth", "Caddy", TLS_client_cert,
    "tls = { client_ca = \"/etc/ssl/ca.pem\"; client_cert = \"require\"; };")
FOREIGN("auto_https", "Caddy", TLS_redirect, "tls = { redirect = false; };")
FOREIGN("tls_insecure_skip_verify", "Caddy", POOL_TLS_verify,
    "tls = { verify = false; };  (of a pool)")
FOREIGN("tls_trusted_ca_certs", "Caddy", POOL_TLS_ca,
    "tls = { ca = \"/etc/ssl/ca.pem\"; };  (of a pool)")
FOREIGN("tls_server_name", "Caddy", POOL_TLS_name,
    "tls = { name = \"app.internal\"; };  (of a pool)")
FOREIGN("encode", "Caddy", VHOST_compress, "compress")
FOREIGN("header_up", "Caddy", VHOST_headers,
    "headers = { request = { set = { X-Env = \"prod\"; }; }; };")
FOREIGN("header_down", "Caddy", VHOST_headers,
    "headers = { response = { set = { X-Frame-Options = \"DENY\"; }; }; };")
FOREIGN("basicauth", "Caddy", VHOST_auth, "auth")
FOREIGN("basic_auth", "Caddy", VHOST_auth, "auth")
FOREIGN("forward_auth", "Caddy", VHOST_auth, "auth")
FOREIGN("import", "Caddy", VHOST_use,
    "use = [ \"PRESET\" ]; or @include \"FILE\" on a line of its own")
FOREIGN("lb_policy", "Caddy", POOL_balance, "balance of a pool")
FOREIGN("health_uri", "Caddy", POOL_health, "health of a pool")
FOREIGN("health_path", "Caddy", POOL_health, "health of a pool")
FOREIGN("health_interval", "Caddy", HEALTH_every, "health = { every = \"5s\"; };")
FOREIGN("health_timeout", "Caddy", HEALTH_timeout,
    "health = { timeout = \"2s\"; };")
FOREIGN("health_status", "Caddy", HEALTH_expect, "health = { expect = 200; };")
FOREIGN("health_check", "nginx", POOL_health,
    "health = { path = \"/healthz\"; };  (of a pool)")
FOREIGN("healthCheck", "Traefik", POOL_health,
    "health = { path = \"/healthz\"; };  (of a pool)")
FOREIGN("httpchk", "HAProxy", POOL_health,
    "health = { path = \"/healthz\"; };  (of a pool)")
FOREIGN("inter", "HAProxy", HEALTH_every, "health = { every = \"5s\"; };")
FOREIGN("max_fails", "nginx and Caddy", OUTLIER_errors,
    "outlier = { errors = 5; };  (of a pool)")
FOREIGN("fail_timeout", "nginx", OUTLIER_eject,
    "outlier = { within = \"10s\"; eject = \"10s\"; };  (of a pool)")
FOREIGN("fail_duration", "Caddy", OUTLIER_within,
    "outlier = { within = \"10s\"; };  (of a pool)")
FOREIGN("outlier_detection", "Envoy", POOL_outlier, "outlier of a pool")
FOREIGN("circuitBreaker", "Traefik", POOL_breaker,
    "breaker = { error_rate = \"50%\"; };  (of a pool)")
FOREIGN("flush_interval", "Caddy", NONE,
    "nothing: what an origin sends is passed on at once")
FOREIGN("request_body", "Caddy", LIMITS_body, "limits = { body = \"10m\"; };")
FOREIGN("handle_errors", "Caddy", VHOST_errors,
    "errors = ( { status = 503; file = \"/srv/busy.html\"; } );")
FOREIGN("entryPoints", "Traefik", VHOST_listen, "listen = \"80\";")
FOREIGN("routers", "Traefik", VHOST_routes,
    "host = \"app.example.com\"; and routes")
FOREIGN("rule", "Traefik", VHOST_routes,
    "host = \"app.example.com\"; and routes")
FOREIGN("services", "Traefik", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("loadBalancer", "Traefik", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("middlewares", "Traefik", NONE,
    "nothing of this kind: what they do are settings of vhosts and routes")
FOREIGN("certificatesResolvers", "Traefik", GLOBAL_acme, "acme")
FOREIGN("certFile", "Traefik", TLS_cert,
    "tls = { cert = \"/etc/ssl/www.pem\"; };")
FOREIGN("keyFile", "Traefik", TLS_key,
    "tls = { cert = \"/etc/ssl/www.pem\"; key = \"/etc/ssl/www.key\"; };")
FOREIGN("minVersion", "Traefik", TLS_min, "tls = { min = \"1.2\"; };")
FOREIGN("cipherSuites", "Traefik", TLS_ciphers,
    "nothing: the default is good; or ciphers of tls")
FOREIGN("clientAuth", "Traefik", TLS_client_cert,
    "tls = { client_ca = \"/etc/ssl/ca.pem\"; client_cert = \"require\"; };")
FOREIGN("insecureSkipVerify", "Traefik", POOL_TLS_verify,
    "tls = { verify = false; };  (of a pool)")
FOREIGN("rootCAs", "Traefik", POOL_TLS_ca,
    "tls = { ca = \"/etc/ssl/ca.pem\"; };  (of a pool)")
FOREIGN("proxyProtocol", "Traefik", GLOBAL_proxy_protocol_from,
    "proxy_protocol_from in sluiced.conf; to servers, proxy_protocol of a pool")
FOREIGN("passthrough", "Traefik", VHOST_tls, "tls = \"passthrough\";")
FOREIGN("passHostHeader", "Traefik", VHOST_send_host,
    "nothing: the Host is the client's; or send_host = \"server\";")
FOREIGN("static_resources", "Envoy", NONE,
    "no group around: a file is one vhost")
FOREIGN("clusters", "Envoy", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("load_assignment", "Envoy", VHOST_pools,
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("virtual_hosts", "Envoy", VHOST_host,
    "a vhost is a file of its own: host = \"app.example.com\";")
FOREIGN("domains", "Envoy", VHOST_host,
    "a vhost is a file of its own: host = \"app.example.com\";")
FOREIGN("route_config", "Envoy", VHOST_routes,
    "routes = ( { path = \"/api\"; strip = true; pool = \"api\"; } );")
FOREIGN("prefix_rewrite", "Envoy", VHOST_routes,
    "routes = ( { path = \"/api\"; strip = true; pool = \"api\"; } );")
