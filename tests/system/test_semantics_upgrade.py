"""Upgrades: which are offered to origins, which are believed, how tunnels
end."""

import threading

import pytest

from harness import eventually, proxy_to
from harness_origin import reply
from harness_scripts import get, pattern, post, tell

UPGRADE = ("Connection: Upgrade", "Upgrade: websocket",
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def switch(protocol="websocket"):
    return (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
            b"Upgrade: " + protocol.encode() + b"\r\n\r\n")


def switches(protocol="websocket", then=lambda peer: peer.wait_close()):
    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(switch(protocol))
        then(peer)
    return script


# ---- who may ----


@pytest.mark.parametrize("where", ["global", "vhost", "route"])
def test_upgrades_may_be_refused(sluice, origin, where):
    """The origin is not told of them, and answers as it likes; the connection
    goes on."""
    no = "websocket = false;\n"
    behind = origin(tell)
    vhost = (f'host = "*";\n{no if where == "vhost" else ""}'
             f'routes = ( {{ path = "/"; proxy = "{behind.url}";'
             f'{no if where == "route" else ""} }} );\n')
    daemon = sluice(conf=no if where == "global" else "", vhost=vhost,
                    workers=1)
    with daemon.client() as client:
        for _ in range(2):
            client.send(get("/ws", *UPGRADE))
            answer = client.read_reply()
            assert answer.status == 200
            assert answer.all("Connection") == []
    for request in behind.requests:
        assert request.all("Upgrade") == request.all("Connection") == []
        assert request.get("Sec-WebSocket-Key")


def test_the_nearest_word_on_upgrades_counts(sluice, origin):
    behind = origin(switches())
    daemon = sluice(workers=1, conf="websocket = false;\n", vhost=(
        'host = "*"; websocket = true;\n'
        f'routes = ( {{ path = "/"; proxy = "{behind.url}"; }},\n'
        f'{{ path = "/no"; proxy = "{behind.url}"; websocket = false; }} );'))
    with daemon.client() as client:
        client.send(get("/ws", *UPGRADE))
        assert client.read_reply().status == 101
    with daemon.client() as client:
        client.send(get("/no", *UPGRADE))
        assert client.read_reply().status == 502  # a 101 that is not asked for


@pytest.mark.parametrize("fields, version", [
    (("Connection: upgrade, HTTP2-Settings", "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQAAP__"), "1.1"),
    (("Connection: upgrade", "Upgrade: H2C"), "1.1"),
    (("Connection: upgrade", "Upgrade: websocket, h2c"), "1.1"),
    (("Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c"), "1.1"),
    (("Connection: upgrade",), "1.1"),
    (("Upgrade: websocket",), "1.1"),
    (("Connection: upgrade", "Upgrade: websocket"), "1.0")])
def test_what_is_not_offered_to_origins(sluice, origin, fields, version):
    """h2c above all: behind it requests would pass that no rule has seen."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/", *fields, version=version))
        assert client.read_head().status in (200, 400)
    for request in behind.requests:
        assert request.all("Upgrade") == request.all("Connection") == []
        assert request.all("HTTP2-Settings") == []


def test_an_upgrade_with_a_body_is_an_ordinary_request(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"abc", fields=UPGRADE))
        assert client.read_reply().body.startswith(b"/ 3 ")
    assert behind.requests[0].all("Upgrade") == []


# ---- which switch is believed ----


@pytest.mark.parametrize("asked, agreed", [
    ("websocket", "WebSocket"), ("WebSocket", "websocket"),
    ("test/2", "test"), ("test", "test/2"), ("ipp/2.0", "IPP/2.1")])
def test_a_switch_to_what_was_asked_for_is_passed_on(sluice, origin, asked,
                                                     agreed):
    behind = origin(switches(agreed, lambda peer: peer.send(b"raw")))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/", "Connection: upgrade", f"Upgrade: {asked}"))
        answer = client.read_reply()
        assert (answer.status, answer.get("Upgrade")) == (101, agreed)
        assert client.read_to_close() == b"raw"
    assert behind.requests[0].get("Upgrade") == asked


@pytest.mark.parametrize("agreed", ["h2c", "websocke", "websocket2", "test",
                                    "websocket, test"])
def test_a_switch_to_something_else_is_502(sluice, origin, agreed):
    """RFC 9110, 7.8."""
    daemon = sluice(vhost=proxy_to(origin(switches(agreed))), workers=1)
    with daemon.client() as client:
        client.send(get("/", *UPGRADE))
        assert client.read_reply().status == 502
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "origin_malformed"


# ---- upgrades among other requests ----


def test_requests_behind_a_refused_upgrade_are_requests(sluice, origin):
    """What lies behind it belongs to the tunnel only if there is one."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/ws", *UPGRADE) + get("/1") + get("/2"))
        for path in (b"/ws ", b"/1 ", b"/2 "):
            assert client.read_reply().body.startswith(path)


def test_requests_before_an_upgrade_are_answered_first(sluice, origin):
    """Eight of them in one segment, and what is behind the last goes into its
    tunnel, although it looks like a request."""
    tunnelled = []

    def script(peer):
        while True:
            request = peer.read_request()
            if request.all("Upgrade"):
                break
            peer.send(reply(request.start.encode()))
        peer.send(switch() + b"hello")
        tunnelled.append(peer.read_until(b"!"))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    inside = get("/inside") + b"!"
    with daemon.client() as client:
        client.send(b"".join(get(f"/{i}") for i in range(8)) +
                    get("/ws", *UPGRADE) + inside)
        for i in range(8):
            assert client.read_reply().body == b"GET /%d HTTP/1.1" % i
        assert client.read_reply().status == 101
        assert client.read_to_close() == b"hello"
    assert tunnelled == [inside]


def test_a_tunnels_end_is_its_clients(sluice, origin):
    """The word in the log: done only if both directions ended."""
    go = threading.Event()

    def script(peer):
        peer.read_head()
        peer.send(switch())
        peer.read_until(b"!")
        go.wait(10)
        peer.reset()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get("/", *UPGRADE) + b"!")
        assert client.read_reply().status == 101
        go.set()
        client.read_to_close()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("101", "origin_closed")


def test_what_came_before_a_reset_still_arrives(sluice, origin):
    data = pattern(200_000)

    def say(peer):
        peer.read_until(b"!")
        peer.send(data)
        peer.read_until(b"?")
        peer.reset()

    daemon = sluice(vhost=proxy_to(origin(switches(then=say))), workers=1)
    with daemon.client() as client:
        client.send(get("/", *UPGRADE) + b"!")
        assert client.read_reply().status == 101
        assert client.read_exactly(len(data)) == data
        client.send(b"?")
        with pytest.raises(ConnectionResetError):
            client.sock.settimeout(10)
            assert client.sock.recv(1) == b"unreachable"
    eventually(lambda: daemon.exchanges(end="origin_closed"))
