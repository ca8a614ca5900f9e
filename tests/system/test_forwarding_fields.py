"""What an origin is told of a request's way, byte by byte; and what a client
that nobody trusts can't make it believe."""

import re
import socket

import pytest

from harness import eventually, proxy_to
from harness_origin import reply
from harness_peer import Client, parse_head
from harness_processes import free_port, is_listening
from harness_scripts import get

ID = re.compile(rb"[0-9a-f]{32}")
SPAN = re.compile(rb"(traceparent: 00-ID-)[0-9a-f]{16}-00")
PSEUDONYM = re.compile(rb"sluice-[0-9a-f]{16}\r\n")


def plain(head):
    """HEAD with words for what is random in it."""
    head = ID.sub(b"ID", head)
    head = SPAN.sub(rb"\1SPAN-00", head)
    return PSEUDONYM.sub(b"sluice-WE\r\n", head).decode()


def told(*lines, client="127.0.0.1", host="localhost", port=0, version="1.1"):
    """The lines of ours that end a head."""
    ours = [
        *([f"X-Forwarded-For: {client}"] if client else []),
        "X-Forwarded-Proto: http",
        *([f"X-Forwarded-Host: {host}"] if host else []),
        *([f"X-Forwarded-Port: {port}"] if port else []),
        "X-Request-Id: ID",
        "traceparent: 00-ID-SPAN-00",
        f"Via: {version} sluice-WE",
    ]
    return "".join(line + "\r\n" for line in (*lines, *ours)) + "\r\n"


def send(daemon, data):
    with daemon.client() as client:
        client.send(data)
        return client.read_reply()


# ---- by default ----


def test_an_origin_gets_seven_fields(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    send(daemon, get("/a", "A: b", host="App.test:81"))
    assert plain(behind.heads[0]) == told(
        "GET /a HTTP/1.1", "Host: App.test:81", "A: b", host="App.test:81",
        port=daemon.port)


def test_one_id_names_the_request_and_its_trace(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for _ in range(2):
        daemon.get()
    first, second = behind.requests
    for request in first, second:
        version, trace, _, flags = request.get("traceparent").split("-")
        assert (version, trace, flags) == \
            ("00", request.get("X-Request-Id"), "00")
    assert first.get("X-Request-Id") != second.get("X-Request-Id")
    assert first.get("Via") == second.get("Via")


def test_framing_and_upgrade_come_behind(sluice, origin):
    """Ours are among the fields, whatever else a head ends with."""
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        assert client.get(body=b"1234").status == 200
    head = plain(behind.heads[0])
    assert head.endswith("Via: 1.1 sluice-WE\r\nContent-Length: 4\r\n\r\n")


def test_a_request_of_http_1_0_gets_the_servers_host(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    send(daemon, b"GET /a HTTP/1.0\r\n\r\n")
    assert plain(behind.heads[0]) == told(
        "GET /a HTTP/1.1", f"Host: 127.0.0.1:{behind.port}", host=None,
        port=daemon.port, version="1.0")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_client_of_ipv6(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind) +
                    'listen = "[::1]:@PORT@";\nforwarded = true;\n',
                    workers=1)
    with Client(daemon.port, host="::1") as client:
        client.get(host="[::1]")
    request = behind.requests[0]
    assert request.get("X-Forwarded-For") == "::1"
    assert request.get("X-Forwarded-Host") == "[::1]"
    assert request.get("X-Forwarded-Port") == str(daemon.port)
    assert request.get("Forwarded") == \
        'for="[::1]";host="[::1]";proto=http'


def test_a_client_on_a_unix_socket_has_no_address(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind) + 'listen = [ "127.0.0.1:@PORT@", '
                    '"unix:@DIR@/in.sock" ];\n', workers=1)
    with Client(path=daemon.path / "in.sock") as client:
        client.send(get("/a", "X-Forwarded-For: 1.1.1.1"))
        client.read_reply()
    assert plain(behind.heads[0]) == told(
        "GET /a HTTP/1.1", "Host: localhost", client=None)
    assert daemon.wait_exchanges(1)[0]["client"] == "unix"


# ---- what is forged ----


FORGED = """\
X-Forwarded-For: 1.1.1.1
x-forwarded-for: 10.0.0.1, unknown
X-Forwarded-Proto: https
X-Forwarded-Host: evil.test
X-Forwarded-Port: 443
X-Forwarded-Prefix: /admin
X-Forwarded-Server: evil.test
X-Forwarded-By: 1.1.1.1
X-Forwarded-Scheme: https
X-Forwarded-Ssl: on
X-Forwarded-Protocol: ssl
X-Forwarded-User: root
X-Forwarded-Client-Cert: Subject="CN=root"
X-Forwarded-Whatever-Comes: 1
X-Forwarded: for=1.1.1.1
Forwarded: for=1.1.1.1;proto=https
X-Real-IP: 1.1.1.1
X-Client-IP: 1.1.1.1
Client-IP: 1.1.1.1
True-Client-IP: 1.1.1.1
X-Cluster-Client-IP: 1.1.1.1
CF-Connecting-IP: 1.1.1.1
Fastly-Client-IP: 1.1.1.1
Front-End-Https: on
X-Url-Scheme: https
X-Scheme: https
X-Original-URL: /admin
X-Rewrite-URL: /admin
X-Original-Host: evil.test
X-Request-Id: evil
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: evil=1
""".splitlines()


@pytest.mark.parametrize("line", FORGED)
def test_a_forged_field_does_not_arrive(sluice, origin, line):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    send(daemon, get("/", "A: b", line, "C: d"))
    assert plain(behind.heads[0]) == told(
        "GET / HTTP/1.1", "Host: localhost", "A: b", "C: d",
        port=daemon.port)
    assert daemon.wait_exchanges(1)[0]["client"] == "127.0.0.1"


def test_all_of_them_at_once(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    send(daemon, get("/", *FORGED))
    assert plain(behind.heads[0]) == told(
        "GET / HTTP/1.1", "Host: localhost", port=daemon.port)


def test_names_with_underscores_are_refused(sluice, origin):
    """What makes variables of names reads "_" and "-" as one."""
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    ours = ["Content_Length: 5", "Transfer_Encoding: chunked",
            "Proxy_Authorization: x"]
    refused = 0
    for line in [*FORGED, *ours]:
        name, _, value = line.partition(":")
        for spelling in {name.replace("-", "_"), name.replace("-", "_", 1)}:
            if spelling == name:
                continue
            answer = send(daemon, get("/", f"{spelling}:{value}"))
            assert answer.status == 400, spelling
            refused += 1
    assert behind.peers == []
    assert len(daemon.wait_exchanges(refused, fault="field_disguised")) == \
        refused
    assert send(daemon, get("/", "snake_case: y")).status == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-request-id", "Via"])
def test_connection_can_not_remove_what_we_say(sluice, origin, name):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    assert send(daemon, get("/", f"Connection: {name}")).status == 400
    assert behind.peers == []


# ---- Forwarded ----


def test_forwarded_is_said_where_it_is_asked_for(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost=f"""
host = "*";
pools = {{ p = {{ servers = [ "{behind.url}" ]; }}; }};
forwarded = true;
routes = ( {{ path = "/"; pool = "p"; }},
           {{ path = "/off"; pool = "p"; forwarded = false; }} );
""")
    send(daemon, get("/", "Forwarded: for=1.1.1.1", host="a.test:81"))
    send(daemon, get("/off", "Forwarded: for=1.1.1.1"))
    assert behind.requests[0].all("Forwarded") == [
        'for=127.0.0.1;host="a.test:81";proto=http']
    assert behind.requests[0].get("X-Forwarded-For") == "127.0.0.1"
    assert behind.requests[1].all("Forwarded") == []


# ---- Host ----


@pytest.mark.parametrize("setting, expected", [
    ('send_host = "client";', "a.test:81"),
    ('send_host = "server";', "SERVER"),
    ('send_host = "App.internal";', "app.internal"),
    ('send_host = "app.internal:8080";', "app.internal:8080"),
    ('send_host = "[::1]:8080";', "[::1]:8080"),
])
def test_the_host_that_an_origin_gets(sluice, origin, setting, expected):
    """And the client's is told beside it."""
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind) + setting, workers=1)
    send(daemon, get("/", host="a.test:81"))
    request = behind.requests[0]
    assert request.get("Host") == \
        expected.replace("SERVER", f"127.0.0.1:{behind.port}")
    assert request.get("X-Forwarded-Host") == "a.test:81"


def test_send_host_is_inherited(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf='send_host = "global.test";', workers=1, vhosts={
        "a": proxy_to(behind, host="a"),
        "b": f"""
host = "b";
send_host = "vhost.test";
pools = {{ p = {{ servers = [ "{behind.url}" ]; }}; }};
routes = ( {{ path = "/"; pool = "p"; }},
           {{ path = "/r"; pool = "p"; send_host = "client"; }} );
"""})
    for host, path in (("a", "/"), ("b", "/"), ("b", "/r")):
        send(daemon, get(path, host=host))
    assert [r.get("Host") for r in behind.requests] == [
        "global.test", "vhost.test", "b"]


# ---- loops ----


def test_a_request_that_comes_back_is_refused(sluice, origin):
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:@PORT@"))
    answer = daemon.get("/round")
    assert answer.status == 508
    lines = daemon.wait_exchanges(2)
    assert sorted(line["end"] for line in lines) == ["done", "loop"]


def test_a_circle_of_two_daemons_is_cut(sluice):
    ports = [free_port(), free_port()]
    daemons = [
        sluice(vhost=proxy_to(f"http://127.0.0.1:{theirs}") +
               f'listen = "127.0.0.1:{ours}";\n')
        for ours, theirs in (ports, ports[::-1])]
    for port in ports:
        eventually(lambda: is_listening(port), what="the circle")
    with Client(ports[0]) as client:
        assert client.get("/round").status == 508
    lines = daemons[0].wait_exchanges(2)
    assert sorted(line["end"] for line in lines) == ["done", "loop"]
    assert [line["end"] for line in daemons[1].wait_exchanges(1)] == ["done"]


def test_a_chain_of_daemons_is_no_loop(sluice, origin):
    """Each is in Via, in the order of the way."""
    behind = origin(reply(b"x"))
    second = sluice(vhost=proxy_to(behind), workers=1)
    first = sluice(vhost=proxy_to(f"http://127.0.0.1:{second.port}"),
                   workers=1)
    send(first, get("/", "Via: 1.0 before"))
    via = behind.requests[0].all("Via")
    assert via[0] == "1.0 before"
    assert len(set(via)) == len(via) == 3
    assert all(re.fullmatch(r"1\.1 sluice-[0-9a-f]{16}", v)
               for v in via[1:])


def test_our_pseudonym_never_reaches_a_client(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x")), host="here"))
    for host, status in (("here", 200), ("elsewhere", 421), ("..", 400)):
        answer = daemon.get(host=host)
        assert answer.status == status
        assert answer.all("Via") == []
        assert b"sluice-" not in answer.head + answer.body


# ---- ids ----


def test_the_pseudonym_outlives_reloads_and_is_that_of_all_workers(
        sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=4)
    for _ in range(20):
        daemon.get()
    assert daemon.ctl("reload").returncode == 0
    for _ in range(20):
        daemon.get()
    assert len({r.get("Via") for r in behind.requests}) == 1
    other = sluice(vhost=proxy_to(behind), workers=1)
    other.get()
    assert behind.requests[-1].get("Via") != behind.requests[0].get("Via")


def test_no_id_comes_twice(sluice, origin):
    """10,000 requests, over connections that several workers serve."""
    def script(peer):
        while True:
            peer.requests.append(peer.read_until(b"\r\n\r\n"))
            peer.send(reply(b"x"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=4)
    for _ in range(40):
        with daemon.client(deadline=60) as client:
            client.send(get("/") * 250)
            for _ in range(250):
                client.read_until(b"\r\n\r\nx")
    found = [parse_head(head) for head in behind.requests]
    ids = {head.get("X-Request-Id") for head in found}
    spans = {head.get("traceparent")[36:52] for head in found}
    assert len(found) == len(ids) == len(spans) == 10_000
