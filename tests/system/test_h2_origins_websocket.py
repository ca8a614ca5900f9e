"""WebSockets over streams of HTTP/2 to origins (RFC 8441), whatever the client
speaks."""

import base64
import hashlib

import pytest

from harness import eventually
from harness_h2_front import client, data
from harness_h2_origin import Errors, Settings, h2_to

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ANSWER = base64.b64encode(hashlib.sha1(
    KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
WEBSOCKET = ("Connection: Upgrade", "Upgrade: websocket",
             f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13")


def taking(h2_origin, script):
    return h2_origin(script, settings={Settings.ENABLE_CONNECT_PROTOCOL: 1})


def echo(stream):
    stream.head(200, [("sec-websocket-protocol", "chat")])
    while piece := stream.read():
        stream.send(piece.upper())
    stream.finish()


def test_an_upgrade_becomes_an_extended_connect(sluice, h2_origin):
    behind = taking(h2_origin, echo)
    daemon = sluice(vhost=h2_to(behind, prefix="/base"), workers=1)
    with daemon.client() as peer:
        peer.request("/chat?a=b", host="app.test", fields=WEBSOCKET)
        head = peer.read_head()
        assert head.status == 101
        assert head.tokens("Connection") == ["upgrade"]
        assert head.get("Upgrade") == "websocket"
        assert head.get("Sec-WebSocket-Accept") == ANSWER
        assert head.get("Sec-WebSocket-Protocol") == "chat"
        assert head.all("Content-Length") == []
        assert head.all("Transfer-Encoding") == []
        for text in b"hello", b"x" * 200_000:
            peer.send(text)
            assert peer.read_exactly(len(text)) == text.upper()
        assert daemon.get("/", fields=("X: y",)).status == 200
        peer.shutdown()
        assert peer.read_to_close() == b""
    stream = behind.streams[0]
    assert stream.get(":method") == "CONNECT"
    assert stream.get(":protocol") == "websocket"
    assert stream.get(":scheme") == "http"
    assert stream.get(":path") == "/base/chat?a=b"
    assert stream.get(":authority") == "app.test"
    assert stream.get("sec-websocket-version") == "13"
    for name in ("sec-websocket-key", "upgrade", "connection"):
        assert stream.all(name) == []
    assert len(behind.conns) == 1
    daemon.wait_exchanges(1, end="done", status=101)


def test_a_client_of_http_2_has_a_stream_at_both_ends(sluice, h2_origin):
    behind = taking(h2_origin, echo)
    daemon = sluice(vhost=h2_to(behind) +
                    'listen = [ "h2c://127.0.0.1:@PORT@" ];\n', workers=1)
    with client(daemon) as h2:
        stream = h2.open([
            (":method", "CONNECT"), (":protocol", "websocket"),
            (":scheme", "http"), (":path", "/ws"),
            (":authority", "localhost"), ("sec-websocket-version", "13")],
            end=False)
        h2.wait(lambda: h2.reply(stream).fields)
        assert h2.reply(stream).status == 200
        assert h2.reply(stream).get("sec-websocket-accept") is None
        h2.send(data(stream, b"hello"))
        h2.wait(lambda: bytes(h2.reply(stream).data) == b"HELLO")
        h2.send(data(stream, b"", end=True))
        h2.wait(lambda: h2.reply(stream).ended)
    assert behind.streams[0].get(":protocol") == "websocket"
    assert behind.streams[0].all("sec-websocket-key") == []
    daemon.wait_exchanges(1, end="done", status=101)


def test_a_refusal_is_passed_on(sluice, h2_origin):
    behind = taking(h2_origin, lambda stream: stream.answer(403, b"no"))
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as peer:
        answer = peer.get("/", fields=WEBSOCKET)
        assert (answer.status, answer.body) == (403, b"no")


def test_a_client_that_leaves_ends_the_stream(sluice, h2_origin):
    ends = []

    def script(stream):
        stream.head(200)
        ends.append(stream.wait_reset())

    behind = taking(h2_origin, script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as peer:
        peer.request("/", fields=WEBSOCKET)
        assert peer.read_head().status == 101
        peer.reset()
    eventually(lambda: ends, what="the stream to be reset")
    daemon.wait_exchanges(1, end="client_closed")


@pytest.mark.parametrize("how", ["reset", "finish"])
def test_an_origin_that_ends_ends_the_tunnel(sluice, h2_origin, how):
    def script(stream):
        stream.head(200)
        stream.send(b"bye")
        if how == "reset":
            stream.read_exactly(1)
            stream.reset(Errors.INTERNAL_ERROR)
        else:
            stream.finish()
            stream.read_all()

    behind = taking(h2_origin, script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as peer:
        peer.request("/", fields=WEBSOCKET)
        assert peer.read_head().status == 101
        assert peer.read_exactly(3) == b"bye"
        if how == "reset":
            peer.send(b"x")
        peer.wait_close()
    daemon.wait_exchanges(1, end="origin_closed" if how == "reset"
                          else "done")


def test_a_server_that_takes_none_is_502(sluice, h2_origin):
    daemon = sluice(vhost=h2_to(h2_origin(echo)), workers=1)
    with daemon.client() as peer:
        assert peer.get("/", fields=WEBSOCKET).status == 502
    daemon.wait_exchanges(1, end="origin_version")
