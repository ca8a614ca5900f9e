"""Which HTTP is spoken to servers with https://, as ALPN and the pool say."""

import pytest

from harness import eventually
from harness_h2_origin import echo, tls_context
from harness_origin import reply
from harness_scripts import Gate, crc, pattern, post

HELLO = reply(b"over 1.1")


def one_by_one(data=HELLO):
    def script(peer):
        while True:
            peer.requests.append(peer.read_request())
            peer.send(data)
    return script


@pytest.fixture
def pooled(sluice, certs):
    """Daemons with one pool, which trust our CA."""
    def make(*origins, settings="", workers=1):
        urls = ", ".join(f'"{one.url}"' for one in origins)
        vhost = (f'host = "*";\npools = {{ web = {{ servers = [ {urls} ];\n'
                 f'  balance = "rr"; tls = {{ ca = "{certs.ca.cert}"; }};\n'
                 f'  {settings} }}; }};\n'
                 f'routes = ( {{ path = "/"; pool = "web"; }} );\n')
        return sluice(vhost=vhost, workers=workers)
    return make


@pytest.fixture
def chooser(h2_origin, certs):
    """Origins behind TLS that speak these, the first that is offered."""
    def make(*alpn, script=echo, **options):
        context = tls_context(certs.leaf("127.0.0.1"), *alpn)
        options.setdefault("http1", one_by_one())
        return h2_origin(script, context=context, **options)
    return make


def test_a_server_that_may_choose_is_spoken_to_in_http_2(pooled, chooser):
    behind = chooser("h2", "http/1.1")
    daemon = pooled(behind)
    body = pattern(200_000)
    with daemon.client() as client:
        client.send(post("/a", body))
        assert client.read_reply().body == \
            f"POST /a 200000 {crc(body)}".encode()
        assert client.get("/b").body.startswith(b"GET /b 0")
    assert behind.alpn == ["h2"]
    assert [s.get(":scheme") for s in behind.streams] == ["https", "https"]


def test_one_that_prefers_http_1_is_spoken_to_in_that(pooled, chooser):
    behind = chooser("http/1.1", "h2")
    daemon = pooled(behind)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get("/").body == b"over 1.1"
    assert behind.alpn == ["http/1.1"]
    assert len(behind.peers[0].requests) == 3


def test_one_without_alpn_is_spoken_to_in_http_1(pooled, chooser):
    behind = chooser()
    daemon = pooled(behind)
    assert daemon.get("/").body == b"over 1.1"
    assert behind.alpn == [None]


def test_http_1_alone_is_offered_where_the_pool_says_so(pooled, chooser):
    behind = chooser("h2", "http/1.1")
    daemon = pooled(behind, settings='http = "1";')
    assert daemon.get("/").body == b"over 1.1"
    assert behind.alpn == ["http/1.1"]


def test_http_2_alone_is_offered_where_the_pool_says_so(pooled, chooser):
    behind = chooser("http/1.1", "h2")
    daemon = pooled(behind, settings='http = "2";')
    assert daemon.get("/").status == 200
    assert behind.alpn == ["h2"]


@pytest.mark.parametrize("alpn", [(), ("http/1.1",)])
def test_a_server_without_it_fails_there_and_is_named(pooled, chooser, alpn):
    behind = chooser(*alpn)
    daemon = pooled(behind, settings='http = "2";')
    assert daemon.get("/").status == 502
    daemon.wait_error(f"{behind.url} does not speak HTTP/2, but http = \"2\"")
    daemon.wait_exchanges(1, end="origin_version")


def test_many_who_come_at_once_share_the_first_connection(pooled, chooser):
    gate = Gate()

    def script(stream):
        gate.wait()
        stream.answer(200, b"ok")

    behind = chooser("h2", script=script)
    daemon = pooled(behind)
    clients = [daemon.client() for _ in range(50)]
    for client in clients:
        client.request("/")
    behind.wait_streams(50)
    gate.event.set()
    assert {client.read_reply().body for client in clients} == {b"ok"}
    for client in clients:
        client.close()
    assert behind.alpn == ["h2"]


def test_many_who_come_at_once_do_not_wait_for_http_1(pooled, chooser):
    """One of them finds out what is spoken; then each has a connection."""
    gate = Gate()

    def script(peer):
        peer.read_request()
        gate.wait()
        peer.send(HELLO)

    behind = chooser("http/1.1", http1=script)
    daemon = pooled(behind)
    clients = [daemon.client() for _ in range(20)]
    for client in clients:
        client.request("/")
    for _ in clients:
        assert gate.reached.acquire(timeout=10)
    gate.event.set()
    assert {client.read_reply().body for client in clients} == {b"over 1.1"}
    for client in clients:
        client.close()
    assert len(behind.peers) == 20


def test_a_server_may_change_its_mind(pooled, chooser):
    behind = chooser("h2", "http/1.1")
    daemon = pooled(behind)
    assert daemon.get("/").body.startswith(b"GET")
    for alpn, body in [(["http/1.1"], b"over 1.1"), (["h2"], b"GET")]:
        behind.context.set_alpn_protocols(alpn)
        for conn in behind.living() + behind.peers:
            conn.sock.shutdown(2)
        eventually(lambda: not behind.living(), what="them to close")
        eventually(lambda: daemon.get("/").body.startswith(body),
                   what=f"an answer in {alpn[0]}")


def test_a_websocket_has_a_connection_of_http_1_beside(pooled, chooser):
    def script(peer):
        request = peer.read_head()
        assert request.get("Upgrade") == "websocket"
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                  b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        peer.send(peer.read_exactly(5)[::-1])
        peer.read_to_close()

    behind = chooser("h2", "http/1.1", http1=script)
    daemon = pooled(behind)
    assert daemon.get("/").status == 200
    with daemon.client() as client:
        client.request("/ws", fields=("Connection: upgrade",
                                      "Upgrade: websocket"))
        assert client.read_head().status == 101
        client.send(b"hello")
        assert client.read_exactly(5) == b"olleh"
        assert daemon.get("/").status == 200
    assert behind.alpn == ["h2", "http/1.1"]


def test_a_websocket_fails_where_http_2_has_none(pooled, chooser):
    daemon = pooled(chooser("h2"), settings='http = "2";')
    with daemon.client() as client:
        answer = client.get("/ws", fields=("Connection: upgrade",
                                           "Upgrade: websocket"))
        assert answer.status == 502
        assert client.get("/", fields=("Connection: upgrade",
                                       "Upgrade: other")).status == 200
    daemon.wait_exchanges(1, end="origin_version")


def test_a_check_of_grpc_asks_over_tls(pooled, chooser):
    asked = []

    def script(stream):
        asked.append(stream.path)
        stream.head(200, [("content-type", "application/grpc")])
        stream.send(b"\0\0\0\0\2\x08\1")
        stream.finish([("grpc-status", "0")])

    behind = chooser("h2", script=script)
    daemon = pooled(behind, settings=(
        'health = { type = "grpc"; every = "100ms"; };'))
    eventually(lambda: len(asked) >= 2, what="checks")
    assert daemon.get("/x").status == 200
    assert "/grpc.health.v1.Health/Check" in asked
