"""HTTP/2 for clients, frame by frame: how streams and connections end, and
streams that are WebSockets (RFC 8441)."""

import base64
import hashlib
import signal
import time

import pytest

from harness import eventually
from harness_h2 import EH, ES, block, frame, request
from harness_h2_front import client, credit, data, rst, start
from harness_origin import reply
from harness_scripts import Gate, pattern

MOST = 2 ** 31 - 1
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# ---- ends ----


def test_a_reset_cancels_what_was_asked_of_the_origin(start):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        gate.ended = peer.read_to_close()
    daemon, behind = start(script)
    with client(daemon) as h2:
        stream = h2.open()
        gate.wait_reached()
        h2.send(rst(stream))
        gate.open()
        eventually(lambda: getattr(gate, "ended", None) is not None)
        assert h2.get(path="/ours").status == 200
    daemon.wait_exchanges(1, end="client_closed")


def test_a_lost_connection_cancels_all_its_streams(start):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.read_to_close()
    daemon, _ = start(script)
    h2 = client(daemon)
    for _ in range(5):
        h2.open()
    gate.wait_reached(5)
    h2.close()
    gate.open()
    daemon.wait_exchanges(5, end="client_closed")


def test_a_body_that_is_said_to_be_empty_must_turn_out_so(start):
    """Content-Length: 0 without END_STREAM: nothing is asked of the origin
    before the end has come."""
    daemon, behind = start(reply(b"hello"))
    fields = [*request(method="POST"), ("content-length", "0")]
    with client(daemon) as h2:
        false, true = h2.open(fields, end=False), h2.open(fields, end=False)
        h2.ping()
        assert behind.requests == []
        h2.send(frame("DATA", false, ES, b"x") + frame("DATA", true, ES))
        h2.wait(lambda: h2.reply(true).ended)
        h2.wait(lambda: h2.reply(false).reset is not None)
        assert h2.reply(true).status == 200
    assert len(behind.requests) == 1


def test_a_cut_reply_is_a_reset(start):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        peer.close()
    daemon, _ = start(script)
    with client(daemon) as h2:
        stream = h2.open()
        h2.wait(lambda: h2.reply(stream).reset is not None)
        assert not h2.reply(stream).ended
        assert h2.get(path="/ours").status == 200


def test_a_reply_before_the_end_of_the_request_asks_to_stop(start):
    daemon, _ = start(reply(b"no"))
    with client(daemon) as h2:
        stream = h2.open(request("/ours", method="POST"), end=False)
        h2.wait(lambda: h2.reply(stream).reset is not None)
        assert h2.reply(stream).ended and h2.reply(stream).reset == 0


def test_a_body_shorter_than_its_length_is_malformed(start):
    daemon, _ = start(reply(b"no"))
    with client(daemon) as h2:
        stream = h2.open(request(method="POST") + [
            ("content-length", "10")], end=False)
        h2.send(data(stream, b"abc", end=True))
        h2.wait(lambda: h2.reply(stream).reset is not None)
        assert h2.reply(stream).reset == 1


# ---- draining ----


def test_a_drain_says_goaway_twice_and_serves_what_has_come(start):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.send(reply(b"done"))
    daemon, _ = start(script)
    with client(daemon) as h2, client(daemon) as idle:
        assert idle.get(path="/ours").status == 200
        stream = h2.open()
        gate.wait_reached()
        daemon.signal(signal.SIGQUIT)
        h2.wait(lambda: len(h2.goaways) == 1, "GOAWAY")
        assert h2.goaways[0][:2] == (0x7fffffff, 0)
        late = h2.open(path="/ours")
        h2.wait(lambda: h2.reply(late).ended)
        h2.wait(lambda: len(h2.goaways) == 2, "second GOAWAY")
        assert h2.goaways[1][:2] == (late, 0)
        gate.open()
        h2.wait(lambda: h2.reply(stream).ended)
        h2.wait_close()
        idle.wait_close()
        assert [g[1] for g in idle.goaways] == [0, 0]
    assert daemon.stop(signum=None) == 0


@pytest.mark.parametrize("who", ["client", "server"])
def test_who_went_away_gets_all_that_was_sent(start, who):
    """The last of it is in the kernel's buffers when the session is over, and
    the client gives credit as it reads."""
    body = pattern(300_000)
    daemon, _ = start(reply(body), workers=1)
    with client(daemon, (4, MOST), receive_buffer=4096) as h2:
        h2.send(credit(0, MOST - 65535))
        stream = h2.open()
        daemon.wait_exchanges(1, end="done")
        if who == "client":
            h2.send(frame("GOAWAY", 0, payload=bytes(8)))
        else:
            daemon.signal(signal.SIGQUIT)
        time.sleep(0.3 if who == "client" else 1.5)
        for _ in range(3):
            h2.send(credit(0, 1))
        h2.wait(lambda: h2.reply(stream).ended)
        assert bytes(h2.reply(stream).data) == body


# ---- WebSocket: RFC 8441 ----


def accepting(then, key_of=lambda key: key):
    def script(peer):
        head = peer.read_head()
        peer.requests.append(head)
        key = key_of(head.get("sec-websocket-key").encode())
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                  b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                  b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        then(peer)
    return script


def echo(peer):
    while peer._fill(time.monotonic() + 60):
        peer.send(bytes(peer.received[peer.at:]))
        peer.at = len(peer.received)
    peer.shutdown()


def connect():
    return [(":method", "CONNECT"), (":protocol", "websocket"),
            (":scheme", "http"), (":path", "/ws"),
            (":authority", "localhost"), ("sec-websocket-version", "13")]


def test_a_websocket_is_a_stream(start):
    daemon, behind = start(accepting(echo))
    with client(daemon) as h2:
        h2.until(lambda: h2.settings is not None)
        assert h2.settings[8] == 1
        stream = h2.open(connect(), end=False)
        h2.wait(lambda: h2.reply(stream).fields)
        assert h2.reply(stream).status == 200
        assert h2.reply(stream).get("sec-websocket-accept") is None
        h2.send(data(stream, b"hello"))
        h2.wait(lambda: bytes(h2.reply(stream).data) == b"hello")
        big = pattern(200_000)
        for at in range(0, len(big), 16384):
            h2.send(credit(0, 16384) + credit(stream, 16384) +
                    data(stream, big[at:at + 16384]))
            h2.wait(lambda: len(h2.reply(stream).data) >=
                    5 + min(at + 16384, len(big)))
        assert bytes(h2.reply(stream).data[5:]) == big
        assert h2.get(path="/ours").status == 200
        h2.send(data(stream, b"", end=True))
        h2.wait(lambda: h2.reply(stream).ended)
    head, = behind.requests
    assert head.start == "GET /ws HTTP/1.1"
    assert head.get("upgrade") == "websocket"
    daemon.wait_exchanges(1, end="done", status=101)


def test_a_wrong_answer_to_the_key_is_no_websocket(start):
    daemon, _ = start(accepting(echo, key_of=lambda key: b"no" + key))
    with client(daemon) as h2:
        stream = h2.open(connect(), end=False)
        h2.wait(lambda: h2.reply(stream).fields)
        assert h2.reply(stream).status == 502


def test_an_origin_without_websocket_is_not_taken_for_one(start):
    daemon, _ = start(reply(b"a page"))
    with client(daemon) as h2:
        stream = h2.open(connect(), end=False)
        h2.wait(lambda: h2.reply(stream).fields)
        assert h2.reply(stream).status == 502


def test_malformed_trailers_make_a_request_malformed(start):
    """Though nobody wants them."""
    def script(peer):
        peer.read_request()
        peer.send(reply(b"ok"))
    daemon, _ = start(script)
    for name in ("a b", "a:b", ":path"):
        with client(daemon) as h2:
            stream = h2.open(request(method="POST"), end=False)
            h2.send(data(stream, b"x") + frame(
                "HEADERS", stream, EH | ES, block([(name, "1")])))
            h2.wait(lambda s=stream: h2.reply(s).ended or
                    h2.reply(s).reset is not None)
            assert not h2.reply(stream).ended, name
            assert h2.get(path="/ours").status == 200
