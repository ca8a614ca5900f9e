"""proxies.py - Sluice and its peers, started alike to be compared.

Each proxy is one worker (thread) pinned to PROXY_CORE, in front of one cheap
origin (origin.c), with one access-log line per request into a file and
connections to the origin kept open.  Load and origin run on LOAD_CORE.  All
live in a folder of their own below BUILD/bench, on free ports, and are ended
by their pid.

What differs from a proxy's defaults, and why:
- nginx closes a connection after 1000 requests: not here.  Its log is
  buffered, as ours is (one write a turn of the loop).
- HAProxy writes its log to its standard output, which is the file: it has no
  other way to a file, and a log server would cost it more.
- Both get idle timeouts that no measurement reaches.
- With TLS all have one ECDSA certificate (P-256), TLS 1.2 and 1.3, a session
  cache and tickets, and offer h2 and http/1.1.
- H2O has no tickets across a restart and its own way to add fields; it tells
  the origin less than the others.
- nginx and HAProxy tell the origin what Sluice tells it by default: X-Forwarded-For, -Proto,
  -Host, -Port, X-Request-Id, traceparent, Via.  Neither makes a span for
  traceparent or knows a name of its own for Via: they send a fixed text.
"""

import contextlib
import http.client
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

PROXY_CORE, LOAD_CORE = 0, 1

# What a process may open here, and the connections that this is good for:
# proxies reserve two descriptors for each.
NOFILE = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 24000)
# What Sluice keeps for itself, for pipes and for origins: worker/main.c.
CONNECTIONS = (NOFILE - NOFILE // 32 - 200) // 2

AS_ROOT = os.geteuid() == 0
os.environ["PATH"] += ":/usr/sbin:/sbin"


def die(text):
    sys.exit(f"bench: {text}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core):
    """For preexec_fn: children inherit it."""
    return lambda: os.sched_setaffinity(0, {core})


def prepare():
    """Two cores, precedence over whatever else runs if we may have it, and
    an orderly end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not {PROXY_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        die(f"this needs the cores {PROXY_CORE} and {LOAD_CORE}")
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


def wait_for(predicate, what):
    deadline = time.monotonic() + 10
    while not predicate():
        if time.monotonic() > deadline:
            die(f"waited in vain for {what}")
        time.sleep(0.02)


def end(popen):
    """By its pid: politely, then not."""
    popen.terminate()
    try:
        popen.wait(timeout=10)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()


@contextlib.contextmanager
def origin(build, size, msec=0):
    """The cheap origin, which answers MSEC late; its port."""
    popen = subprocess.Popen(
        [build / "tests/bench/origin", str(size), "0", str(msec)],
        stdout=subprocess.PIPE, preexec_fn=pinned(LOAD_CORE), text=True)
    try:
        yield int(popen.stdout.readline())
    finally:
        end(popen)


def read_stat(pid):
    """The words of /proc/PID/stat from the state on."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
        return stat.read().rpartition(")")[2].split()


class Proxy:
    """One running proxy; subclasses say how."""

    name = command_name = None
    stdout_is_log = False
    fields = ()         # more lines for its clients to send
    tls = False         # what its clients speak

    def __init__(self, build, origin_port):
        self.build = build
        self.origin_port = origin_port
        self.port = free_port()
        self.pem = build / "bench/server.pem"   # certificate and key
        self.folder = build / "bench" / self.name
        self.log = self.folder / "access.log"
        self.popen = None

    def configuration(self):
        """{file name: text}"""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    @classmethod
    def program(cls, build):
        """The program's path, or None if it is not there."""
        return shutil.which(cls.command_name)

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, text in self.configuration().items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        stdout = self.log if self.stdout_is_log else self.folder / "stdout"
        with open(stdout, "ab") as out, \
                open(self.folder / "stderr", "ab") as err:
            self.popen = subprocess.Popen(
                [str(word) for word in self.command()], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                preexec_fn=pinned(PROXY_CORE), start_new_session=True)
        try:
            self.await_answer()
        except BaseException:
            self.stop()
            raise

    def make_client(self):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port,
                                              timeout=5)
        context = ssl.create_default_context(cafile=self.pem)
        context.check_hostname = False
        return http.client.HTTPSConnection("localhost", self.port, timeout=5,
                                           context=context)

    def await_answer(self):
        deadline = time.monotonic() + 10
        why = None
        while time.monotonic() < deadline and self.popen.poll() is None:
            client = self.make_client()
            try:
                client.request("GET", "/", headers={"Host": "bench"})
                reply = client.getresponse()
                reply.read()
                if reply.status == 200:
                    return
                why = f"status {reply.status}"
            except (OSError, http.client.HTTPException) as error:
                why = error
            finally:
                client.close()
            time.sleep(0.05)
        text = (self.folder / "stderr").read_text(errors="replace")
        die(f"{self.name} does not answer: {why}\n{text}")

    def stop(self):
        end(self.popen)

    def processes(self):
        """Its pids: the one we started and all below it."""
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int(read_stat(name)[1])
                    parents.setdefault(parent, []).append(int(name))
        found = [self.popen.pid]
        for pid in found:
            found.extend(parents.get(pid, []))
        return found

    def threads(self):
        return [int(tid) for pid in self.processes()
                for tid in os.listdir(f"/proc/{pid}/task")]

    def ticks(self):
        """CPU time so far as (user, system), in clock ticks."""
        stats = [read_stat(pid) for pid in self.processes()]
        return (sum(int(s[11]) for s in stats), sum(int(s[12]) for s in stats))

    def pss(self):
        """Bytes of memory of all its processes, shared pages shared out."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) for line in rollup
                             if line.startswith("Pss:"))
        return total * 1024

    def take_log_lines(self):
        """How many lines there are; the log is empty afterwards."""
        with open(self.log, "rb") as log:
            lines = sum(block.count(b"\n")
                        for block in iter(lambda: log.read(1 << 20), b""))
        os.truncate(self.log, 0)
        return lines


class Sluice(Proxy):
    name = command_name = "sluice"

    @classmethod
    def program(cls, build):
        path = build / "sluiced"
        return path if path.exists() else None

    def configuration(self):
        user = 'user = "nobody";\ngroup = "nogroup";\n' if AS_ROOT else ""
        scheme = "https" if self.tls else "http"
        tls = f'tls = {{ cert = "{self.pem}"; }};' if self.tls else ""
        return {"sluiced.conf": f"""\
{user}workers = 1;
vhost_dir = "vhosts.d";
log = {{ file = "{self.log}"; }};
""", "vhosts.d/bench.conf": f"""\
host = "*";
listen = [ "{scheme}://127.0.0.1:{self.port}" ];
{tls}
proxy = "http://127.0.0.1:{self.origin_port}";
"""}

    def command(self):
        return [self.program(self.build), "-d", "-f",
                self.folder / "sluiced.conf"]


class Nginx(Proxy):
    name = command_name = "nginx"

    def configuration(self):
        user = "user nobody nogroup;\n" if AS_ROOT else ""
        tls = f"""\
        ssl_certificate {self.pem};
        ssl_certificate_key {self.pem};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:bench:16m;
""" if self.tls else ""
        paths = "".join(f"    {kind}_temp_path {self.folder}/tmp;\n"
                        for kind in ("client_body", "proxy", "fastcgi",
                                     "uwsgi", "scgi"))
        return {"nginx.conf": f"""\
{user}daemon off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log;
worker_processes 1;
worker_cpu_affinity {1 << PROXY_CORE:b};
worker_rlimit_nofile {NOFILE};
events {{ worker_connections {NOFILE - 100}; }}
http {{
{paths}\
    log_format bench '$time_iso8601 $remote_addr "$request" $status '
        '$body_bytes_sent $request_time $upstream_addr '
        '$upstream_response_time "$http_referer" "$http_user_agent"';
    access_log {self.log} bench buffer=64k flush=1s;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    upstream origin {{
        server 127.0.0.1:{self.origin_port};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{self.port} {"ssl http2 " if self.tls else ""}\
backlog=4096;
        http2_max_requests 1000000000;
        http2_max_concurrent_streams 128;
{tls}\
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Port $server_port;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header traceparent
                "00-$request_id-0123456789abcdef-00";
            proxy_set_header Via "1.1 sluice-0123456789abcdef";
        }}
    }}
}}
"""}

    def command(self):
        return [self.program(self.build), "-p", self.folder, "-e",
                self.folder / "error.log", "-c", self.folder / "nginx.conf"]


class HAProxy(Proxy):
    name = command_name = "haproxy"
    stdout_is_log = True

    def configuration(self):
        user = "    user nobody\n    group nogroup\n" if AS_ROOT else ""
        tls = f"ssl crt {self.pem} alpn h2,http/1.1 " if self.tls else ""
        return {"haproxy.cfg": f"""\
global
{user}    nbthread 1
    maxconn {CONNECTIONS}
    nosplice
    tune.ssl.cachesize 100000
    ssl-default-bind-options ssl-min-ver TLSv1.2
    tune.h2.max-concurrent-streams 128
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    http-reuse always
    timeout connect 5s
    timeout client 600s
    timeout server 600s
    timeout http-keep-alive 600s
frontend bench
    bind 127.0.0.1:{self.port} {tls}backlog 4096
    maxconn {CONNECTIONS}
    unique-id-format %[uuid]
    http-request del-header X-Forwarded-For
    option forwardfor
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Port %[dst_port]
    http-request set-header X-Request-Id %[unique-id]
    http-request set-header traceparent 00-%[unique-id]-0123456789abcdef-00
    http-request add-header Via "1.1 sluice-0123456789abcdef"
    default_backend origin
backend origin
    server origin 127.0.0.1:{self.origin_port} pool-max-conn 256
"""}

    def command(self):
        return [self.program(self.build), "-db", "-f",
                self.folder / "haproxy.cfg"]


class H2O(Proxy):
    name = command_name = "h2o"

    def configuration(self):
        user = "user: nobody\n" if AS_ROOT else ""
        tls = f"""\
  ssl:
    certificate-file: {self.pem}
    key-file: {self.pem}
    minimum-version: TLSv1.2
""" if self.tls else ""
        return {"h2o.conf": f"""\
{user}num-threads: 1
max-connections: {CONNECTIONS}
error-log: {self.folder}/error.log
access-log: {self.log}
http1-request-timeout: 600
http2-idle-timeout: 600
ssl-session-resumption:
  mode: all
listen:
  host: 127.0.0.1
  port: {self.port}
{tls}\
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:{self.origin_port}/
        proxy.preserve-host: ON
        proxy.timeout.keepalive: 600000
"""}

    def command(self):
        return [self.program(self.build), "-m", "worker", "-c",
                self.folder / "h2o.conf"]


PROXIES = {cls.name: cls for cls in (Sluice, Nginx, HAProxy, H2O)}


def choose(names, build):
    """The classes of those names (comma separated); all must be there."""
    chosen = []
    for name in names.split(","):
        if name not in PROXIES:
            die(f"{name}: not one of {', '.join(PROXIES)}")
        if PROXIES[name].program(build) is None:
            die(f"{name} is missing")
        chosen.append(PROXIES[name])
    return chosen


@contextlib.contextmanager
def running(classes, build, origin_port):
    """These proxies, started; stopped afterwards in any case."""
    with all_started(cls(build, origin_port) for cls in classes) as started:
        yield started


@contextlib.contextmanager
def all_started(made):
    with contextlib.ExitStack() as stack:
        started = []
        for proxy in made:
            proxy.start()
            stack.callback(proxy.stop)
            started.append(proxy)
        yield started


def with_tls(classes, build):
    """The same proxies, whose clients speak TLS."""
    pem = build / "bench/server.pem"
    pem.parent.mkdir(exist_ok=True)
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", "-", "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    pem.write_bytes(made.stdout)
    return [type(cls.__name__, (cls,), {"tls": True}) for cls in classes]


def folder_of(argument):
    return Path(argument).resolve()
