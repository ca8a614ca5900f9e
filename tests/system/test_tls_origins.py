"""test_tls_origins.py - requests to origins over TLS, and what they carry."""

import os
import socket
import ssl
import subprocess
import time

import pytest

from harness import eventually, proxy_to
from harness_certs import DAY
from harness_origin import reply
from harness_processes import free_port
from harness_scripts import (Gate, chunked_reply, counters, crc, pattern,
                             tell, wait_counter)

HELLO = reply(b"hello")
SIZE = 3 << 20


@pytest.fixture
def trusting(sluice, certs):
    """Daemons to whom our CA is one of the system's."""
    def make(*origins, vhost=None, **options):
        return sluice(vhost=vhost or proxy_to(*origins), workers=1,
                      env={"SSL_CERT_FILE": str(certs.ca.cert)}, **options)
    return make


@pytest.fixture
def good(tls_origin, certs):
    """Origins at 127.0.0.1 with a certificate for that."""
    def make(script, **options):
        return tls_origin(script, certs.leaf("127.0.0.1"), **options)
    return make


def named(behind, name="localhost"):
    return f"https://{name}:{behind.port}"


# ---- who they must be ----

def test_an_address_is_verified_and_not_asked_for(trusting, good):
    behind = good(HELLO)
    daemon = trusting(behind)
    assert daemon.get("/a", host="app.test").body == b"hello"
    request, = behind.requests
    assert request.start == "GET /a HTTP/1.1"
    assert request.get("Host") == "app.test"
    assert request.get("X-Forwarded-Proto") == "http"
    assert behind.peers[0].sni is None


def test_a_name_is_verified_and_asked_for(trusting, tls_origin, certs):
    behind = tls_origin(HELLO, certs.leaf("localhost"),
                        alpn=["http/1.1", "h2"])
    daemon = trusting(named(behind))
    assert daemon.get("/", host="app.test").status == 200
    peer, = behind.peers
    assert (peer.sni, peer.alpn) == ("localhost", "http/1.1")
    assert peer.version == "TLSv1.3"


WRONG = [
    (["a.test", "b.test"], {}, "tls_name",
     r"other names \(it is for a.test, b.test; asked for 127.0.0.1\); .*"
     r"tls.name"),
    (["a.test", *(f"{c * 60}.test" for c in "bcdefg")], {}, "tls_name",
     r"it is for a.test, b{60}, c{60}, d{60}, \.\.\.; asked"),
    (["127.0.0.1"], {"ends": -DAY, "begins": -2 * DAY}, "tls_expired",
     r"expired \(/CN=127.0.0.1 ended on \d{4}-\d\d-\d\d; "),
    (["127.0.0.1"], {"begins": DAY}, "tls_early",
     r"not valid yet \(/CN=127.0.0.1 begins on "),
    (["127.0.0.1"], {"usage": "clientAuth"}, "tls_certificate",
     r"can't be accepted \(.* purpose"),
]


@pytest.mark.parametrize("names, options, fault, message", WRONG,
                         ids=[row[2] + str(len(row[0])) for row in WRONG])
def test_a_bad_certificate_is_refused(trusting, tls_origin, certs, names,
                                      options, fault, message):
    behind = tls_origin(HELLO, certs.leaf(*names, **options))
    daemon = trusting(behind)
    assert daemon.get("/").status == 502
    line, = daemon.wait_exchanges(1, end="origin_tls")
    assert line["fault"] == fault
    daemon.wait_error(f"pool \\*: server {behind.url}: .*" + message)
    assert not behind.requests
    assert counters(daemon)["origin_tls_failures"] == 2, "it was tried twice"


def test_an_unknown_issuer_is_refused(trusting, tls_origin, certs):
    behind = tls_origin(HELLO, certs.stranger.leaf("127.0.0.1"))
    daemon = trusting(behind)
    assert daemon.get("/").status == 502
    assert daemon.wait_exchanges(1)[0]["fault"] == "tls_issuer"
    daemon.wait_error(r"believed \(signed by /CN=Test stranger; .*tls.ca")


def test_an_intermediate_that_is_sent_along_is_enough(trusting, tls_origin,
                                                      certs):
    pair = certs.leaf("127.0.0.1", issuer=certs.middle)
    daemon = trusting(tls_origin(HELLO, pair))
    assert daemon.get("/").status == 200


def test_without_authorities_nobody_is_believed(sluice, good, workdir):
    daemon = sluice(vhost=proxy_to(good(HELLO)), workers=1,
                    env={"SSL_CERT_FILE": str(workdir / "none")})
    daemon.wait_error("holds no certificates of authorities: .*"
                      "install ca-certificates")
    assert daemon.get("/").status == 502


# ---- who is no good server ----

def test_who_speaks_no_tls_is_refused(trusting, origin):
    def garbage(peer):
        peer.send(b"220 mail.test ready\r\n" * 10)
        peer.read_to_close()
    behind = origin(garbage)
    daemon = trusting(f"https://127.0.0.1:{behind.port}")
    assert daemon.get("/").status == 502
    assert daemon.wait_exchanges(1)[0]["fault"] == "tls_absent"
    daemon.wait_error("does not speak TLS .*write http://")


def test_who_hangs_up_in_the_handshake_is_refused(trusting, origin):
    behind = origin(lambda peer: peer.read_exactly(1))
    daemon = trusting(f"https://127.0.0.1:{behind.port}")
    assert daemon.get("/").status == 502
    assert daemon.wait_exchanges(1)[0]["fault"] == "tls_broken"


def test_who_is_silent_in_the_handshake_has_a_deadline(trusting, origin):
    behind = origin(lambda peer: peer.read_to_close())
    daemon = trusting(vhost=f'''host = "*";
pools = {{ web = {{ servers = [ "https://127.0.0.1:{behind.port}" ];
                  timeouts = {{ connect = "200ms"; }}; retry = false; }}; }};
routes = ( {{ path = "/"; pool = "web"; }} );''')
    assert daemon.get("/").status == 504
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "connect_deadline"
    assert line["limit"] == "pools.web.timeouts.connect:200ms"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(trusting, good):
    behind = good(HELLO, most=ssl.TLSVersion.TLSv1_1,
                  least=ssl.TLSVersion.TLSv1)
    behind.context.set_ciphers("ALL:@SECLEVEL=0")
    daemon = trusting(behind)
    assert daemon.get("/").status == 502
    assert daemon.wait_exchanges(1)[0]["fault"] == "tls_disagreed"


def test_another_server_takes_the_request(trusting, good, tls_origin, certs):
    bad = tls_origin(HELLO, certs.leaf("a.test"))
    behind = good(tell)
    daemon = trusting(vhost=f'''host = "*";
pools = {{ web = {{ servers = [ "{bad.url}", "{behind.url}" ];
                  balance = "rr"; outlier = false; }}; }};
routes = ( {{ path = "/"; pool = "web"; }} );''')
    for _ in range(4):
        assert daemon.get("/", method="POST", body=b"abc").status == 200
    tried = [line["tried"] for line in daemon.wait_exchanges(4)
             if "tried" in line]
    assert tried and all("/origin_tls/" in one for one in tried)
    assert len(behind.requests) == 4 and not bad.requests


def test_outliers_are_taken_out_for_it(trusting, good, tls_origin, certs):
    bad = tls_origin(HELLO, certs.leaf("a.test"))
    daemon = trusting(vhost=f'''host = "*";
pools = {{ web = {{ servers = [ "{bad.url}", "{good(HELLO).url}" ];
                  balance = "rr"; outlier = {{ errors = 2; }}; }}; }};
routes = ( {{ path = "/"; pool = "web"; }} );''')
    for _ in range(6):
        assert daemon.get("/").status == 200
    daemon.wait_error(f"{bad.url} is taken out for 10s: 2 errors in a row "
                      r"\(last: the TLS handshake failed\)")


# ---- connections ----

def test_connections_are_used_again_though_tickets_came(trusting, good):
    behind = good(HELLO, tickets=4)
    daemon = trusting(behind)
    with daemon.client() as client:
        for _ in range(5):
            assert client.get("/").status == 200
    assert len(behind.peers) == 1 and len(behind.requests) == 5
    assert counters(daemon)["origin_handshakes"] == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(trusting, good, version):
    behind = good(reply(b"x", fields=["Connection: close"]), most=version)
    daemon = trusting(behind)
    for _ in range(5):
        assert daemon.get("/").status == 200
    assert behind.handshakes == 5 and behind.resumptions == 4
    seen = counters(daemon)
    assert (seen["origin_handshakes"], seen["origin_resumptions"]) == (5, 4)


def test_bytes_unasked_end_an_idle_connection(trusting, good):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(HELLO)
        if len(behind.peers) == 1:
            gate.wait()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        peer.read_to_close()
    behind = good(script)
    daemon = trusting(behind)
    assert daemon.get("/").body == b"hello"
    wait_counter(daemon, "origin_idle", 1)
    gate.open()
    wait_counter(daemon, "origin_idle", 0)
    assert daemon.get("/").body == b"hello"
    assert behind.handshakes == 2


def test_a_close_notify_ends_an_idle_connection(trusting, good):
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(HELLO)
        peer.sock.close_notify()
        peer.read_to_close()
        assert peer.sock.notified, "we say goodbye, too"
    behind = good(script)
    daemon = trusting(behind)
    for _ in range(3):
        assert daemon.get("/").body == b"hello"
        wait_counter(daemon, "origin_idle", 0)
    assert behind.handshakes == 3


def test_an_origin_that_died_is_connected_to_again(trusting, good):
    """Its connection breaks without a word, as by kill -9."""
    behind = good(HELLO)
    daemon = trusting(behind)
    for count in (1, 2, 3):
        assert daemon.get("/").body == b"hello"
        assert behind.handshakes == count
        behind.peers[-1].sock.raw.shutdown(socket.SHUT_RDWR)


# ---- bodies ----

def test_large_bodies_go_both_ways(trusting, good):
    body = pattern(SIZE)

    def echo(peer):
        while True:
            request = peer.read_request()
            peer.send(reply(request.body))
    daemon = trusting(good(echo), conf="limits = { body = \"8m\"; };\n")
    for fields in ([], ["Connection: close"]):
        answer = daemon.get("/", method="POST", body=body, fields=fields)
        assert crc(answer.body) == crc(body)


def test_chunks_come_through(trusting, good):
    daemon = trusting(good(chunked_reply(pattern(70000), b"x", pattern(9))))
    assert daemon.get("/").body == pattern(70000) + b"x" + pattern(9)


@pytest.mark.parametrize("end, whole", [("close_notify", True),
                                        ("close", False)])
def test_only_a_close_notify_ends_a_reply_without_length(trusting, good, end,
                                                         whole):
    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" + pattern(100000))
        getattr(peer.sock, end)()
        peer.read_to_close() if whole else None
    daemon = trusting(good(script))
    with daemon.client() as client:
        client.request("/")
        data = client.read_to_close() if not whole else \
            client.read_reply().body
    line, = daemon.wait_exchanges(1)
    assert line["end"] == ("done" if whole else "origin_closed")
    assert whole == (data == pattern(100000))


def test_a_tunnel_passes_half_closes(trusting, good):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                  b"Connection: upgrade\r\nUpgrade: echo\r\n\r\n")
        data = peer.read_to_close()
        assert peer.sock.notified
        peer.send(data[::-1])
        peer.shutdown()
    daemon = trusting(good(script))
    with daemon.client() as client:
        client.request("/", fields=["Connection: upgrade", "Upgrade: echo"])
        assert client.read_head().status == 101
        client.send(b"abc")
        client.shutdown()
        assert client.read_to_close() == b"cba"


def test_redirects_to_the_origin_are_the_client_s(trusting, tls_origin, certs):
    behind = tls_origin(lambda peer: None, certs.leaf("localhost"))
    behind.script = lambda peer: (peer.read_request(), peer.send(reply(
        status="302 Found",
        fields=[f"Location: {named(behind)}/login", "Connection: close"])))
    daemon = trusting(named(behind))
    found = daemon.get("/", host="app.test").get("Location")
    assert found == "http://app.test/login"


# ---- checks, and requests of our own ----

def checked(url, health):
    return f'''host = "*";
pools = {{ web = {{ servers = [ "{url}" ];
                  health = {{ every = "100ms"; fall = 1; {health} }}; }}; }};
routes = ( {{ path = "/"; pool = "web"; }} );'''


@pytest.mark.parametrize("health", ['path = "/health";', 'type = "tls";'])
def test_checks_verify_as_requests_do(trusting, tls_origin, certs, health):
    bad = tls_origin(HELLO, certs.leaf("a.test"))
    daemon = trusting(vhost=checked(bad.url, health))
    daemon.wait_error(r"is down: check failed at the TLS handshake: .* other "
                      r"names \(it is for a.test")
    assert not bad.requests


def test_checks_ask_through_tls(trusting, good):
    behind = good(tell)
    daemon = trusting(vhost=checked(behind.url, 'path = "/health";'))
    eventually(lambda: len(behind.requests) >= 3, what="checks")
    assert {r.start for r in behind.requests} == {"GET /health HTTP/1.1"}
    assert "is down" not in daemon.errors()


def test_mirrors_may_speak_tls(trusting, good):
    behind, copies = good(HELLO), good(HELLO)
    daemon = trusting(vhost=f'''host = "*";
pools = {{ web = {{ servers = [ "{behind.url}" ]; }};
          copy = {{ servers = [ "{copies.url}" ]; }}; }};
routes = ( {{ path = "/"; pool = "web"; mirror = {{ pool = "copy"; }}; }} );''')
    assert daemon.get("/both").body == b"hello"
    eventually(lambda: copies.requests, what="the copy")
    assert copies.requests[0].start == "GET /both HTTP/1.1"


# ---- new keys ----

class TypedOrigin:
    """`openssl s_server`, which sends what is typed, or new keys for K."""

    def __init__(self, pair):
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.popen = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}",
             "-cert", pair.full, "-key", pair.key], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.await_text(b"ACCEPT")

    def await_text(self, text):
        seen = b""
        while text not in seen:
            data = os.read(self.popen.stdout.fileno(), 4096)
            assert data, f"{text} did not come: {seen}"
            seen += data

    def type(self, data):
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def answer(self, client):
        """One exchange with CLIENT, which the daemon passes on."""
        client.request("/")
        self.await_text(b"GET / HTTP/1.1")
        self.type(HELLO)
        return client.read_reply().body

    def close(self):
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture
def typed(no_process_left, certs):
    origin = TypedOrigin(certs.leaf("127.0.0.1"))
    yield origin
    origin.close()


def test_keys_may_change_while_a_connection_is_idle(trusting, typed):
    daemon = trusting(typed)
    with daemon.client() as client:
        for _ in range(3):
            assert typed.answer(client) == b"hello"
            wait_counter(daemon, "origin_idle", 1)
            typed.type(b"K\n")      # and we are asked for ours
            time.sleep(0.05)        # likely, it is there before more is asked
    seen = counters(daemon)
    assert (seen["origin_handshakes"], seen["origin_reuses"]) == (1, 2)
