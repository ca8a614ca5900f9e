/*
 * foreign.h - settings of other proxies that people write by habit:
 *
 *   FOREIGN("name", "whose", "what to write here")
 *
 * Compared without case.  Looked up where a name is unknown or has no "=".
 */
FOREIGN("proxy_pass", "nginx", "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("server_name", "nginx", "host = \"app.example.com\";")
FOREIGN("server", "nginx and HAProxy",
    "a vhost is a file of its own; an origin stands in pools, servers")
FOREIGN("location", "nginx",
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("upstream", "nginx",
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("http", "nginx", "no group around a vhost: a file is one vhost")
FOREIGN("events", "nginx", "nothing: it needs no tuning")
FOREIGN("worker_processes", "nginx", "workers = 0;")
FOREIGN("worker_connections", "nginx",
    "nothing: it follows from the limit of open files")
FOREIGN("worker_rlimit_nofile", "nginx",
    "nothing: the limit of open files is raised to what is allowed")
FOREIGN("pid", "nginx", "pid_file = \"/run/sluice/sluiced.pid\";")
FOREIGN("include", "nginx", "vhost_dir, or @include \"FILE\" on its own line")
FOREIGN("access_log", "nginx",
    "log = { file = \"/var/log/sluice/access.log\"; };")
FOREIGN("worker_shutdown_timeout", "nginx", "drain = \"60s\";")
FOREIGN("daemon", "nginx and HAProxy", "the option -d keeps it in front")
FOREIGN("proxy_set_header", "nginx", "headers (not built yet)")
FOREIGN("add_header", "nginx", "headers (not built yet)")
FOREIGN("client_max_body_size", "nginx", "limits.body (not built yet)")
FOREIGN("keepalive_timeout", "nginx", "timeouts.idle (not built yet)")
FOREIGN("proxy_read_timeout", "nginx", "timeouts (not built yet)")
FOREIGN("proxy_connect_timeout", "nginx", "timeouts (not built yet)")
FOREIGN("proxy_send_timeout", "nginx", "timeouts (not built yet)")
FOREIGN("proxy_buffering", "nginx", "buffering (not built yet)")
FOREIGN("proxy_cache", "nginx", "cache (not built yet)")
FOREIGN("gzip", "nginx", "compress (not built yet)")
FOREIGN("return", "nginx", "redirect or respond (not built yet)")
FOREIGN("try_files", "nginx", "root and fallback (not built yet)")
FOREIGN("ssl_certificate", "nginx", "tls.cert (not built yet)")
FOREIGN("ssl_certificate_key", "nginx", "tls.key (not built yet)")
FOREIGN("bind", "HAProxy", "listen = \"80\";")
FOREIGN("frontend", "HAProxy", "a vhost is a file of its own")
FOREIGN("backend", "HAProxy",
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
FOREIGN("default_backend", "HAProxy",
    "routes = ( { path = \"/\"; pool = \"web\"; } );")
FOREIGN("use_backend", "HAProxy",
    "routes = ( { path = \"/api\"; pool = \"api\"; } );")
FOREIGN("defaults", "HAProxy", "global settings stand in sluiced.conf")
FOREIGN("global", "HAProxy", "global settings stand in sluiced.conf")
FOREIGN("nbproc", "HAProxy", "workers = 0;")
FOREIGN("nbthread", "HAProxy", "workers = 0;")
FOREIGN("maxconn", "HAProxy", "max_conns of a pool (not built yet)")
FOREIGN("pidfile", "HAProxy and Apache",
    "pid_file = \"/run/sluice/sluiced.pid\";")
FOREIGN("option", "HAProxy", "nothing of this kind: each setting has a name")
FOREIGN("timeout", "HAProxy", "timeouts (not built yet)")
FOREIGN("acl", "HAProxy", "routes, each with a path")
FOREIGN("ServerName", "Apache", "host = \"app.example.com\";")
FOREIGN("ServerAlias", "Apache",
    "host = [ \"www.example.com\", \"example.com\" ];")
FOREIGN("ProxyPass", "Apache", "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("ProxyPassReverse", "Apache",
    "nothing: rewriting Location by itself is not built yet")
FOREIGN("DocumentRoot", "Apache", "root (not built yet)")
FOREIGN("CustomLog", "Apache",
    "log = { file = \"/var/log/sluice/access.log\"; };")
FOREIGN("ErrorLog", "Apache", "error_log = \"/var/log/sluice/error.log\";")
FOREIGN("reverse_proxy", "Caddy", "proxy = \"http://127.0.0.1:3000\";")
FOREIGN("entryPoints", "Traefik", "listen = \"80\";")
FOREIGN("loadBalancer", "Traefik",
    "pools = { web = { servers = [ \"http://10.0.0.11:8080\" ]; }; };")
