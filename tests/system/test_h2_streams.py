"""HTTP/2 for clients, frame by frame: messages, and how fast they may flow."""

import struct

import pytest

from harness_h2 import EH, ES, WINDOW, block, frame, request
from harness_h2_front import client, credit, data, start
from harness_origin import reply
from harness_scripts import Gate, chunked, pattern


# ---- messages ----


def test_h2c_begins_at_once_and_http1_is_served_beside(start):
    daemon, _ = start(reply(b"hello"))
    with client(daemon) as h2:
        assert bytes(h2.get().data) == b"hello"
    with daemon.client() as old:
        assert old.get("/").body == b"hello"


def test_crumbs_of_a_cookie_are_one_field(start):
    daemon, behind = start(reply(b"ok"))
    fields = request() + [("cookie", "a=1"), ("cookie", "b=2"),
                          ("x-between", "x"), ("cookie", "c=3")]
    with client(daemon) as h2:
        stream = h2.open(fields)
        h2.wait(lambda: h2.reply(stream).ended)
    assert behind.requests[0].all("cookie") == ["a=1; b=2; c=3"]


def test_trailers_of_an_origin_arrive(start):
    daemon, _ = start(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"Trailer: X-Sum\r\n\r\n" + chunked(b"body", trailers=b"X-Sum: 7\r\n"))
    with client(daemon) as h2:
        stream = h2.open(request() + [("te", "trailers")])
        h2.wait(lambda: h2.reply(stream).ended)
        assert bytes(h2.reply(stream).data) == b"body"
        assert h2.reply(stream).trailers == [("x-sum", "7")]


def test_trailers_of_a_request_end_it(start):
    daemon, behind = start(reply(b"ok"))
    with client(daemon) as h2:
        stream = h2.open(request(method="POST"), end=False)
        h2.send(data(stream, b"abc") +
                frame("HEADERS", stream, EH | ES, block([("x-sum", "7")])))
        h2.wait(lambda: h2.reply(stream).ended)
    assert behind.requests[0].body == b"abc"


def test_interim_replies_are_passed_on(start):
    daemon, _ = start(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                      reply(b"late"))
    with client(daemon) as h2:
        answer = h2.get()
        assert [dict(i)[":status"] for i in answer.interim] == ["103"]
        assert dict(answer.interim[0])["link"] == "</a>"
        assert bytes(answer.data) == b"late"


def test_who_waits_for_100_gets_it(start):
    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert peer.read_exactly(3) == b"abc"
        peer.send(reply(b"ok"))
    daemon, _ = start(script)
    with client(daemon) as h2:
        stream = h2.open(request(method="POST") + [
            ("expect", "100-continue"), ("content-length", "3")], end=False)
        h2.wait(lambda: h2.reply(stream).interim)
        h2.send(data(stream, b"abc", end=True))
        h2.wait(lambda: h2.reply(stream).ended)
        assert h2.reply(stream).status == 200


def test_a_head_of_40_kilobytes_arrives(start):
    daemon, behind = start(reply(b"ok"), more='limits = { header = "60000"; };')
    long = [(f"x-long-{i}", "v" * 10_000) for i in range(4)]
    blob = block(request() + long)
    with client(daemon) as h2:
        h2.send(frame("HEADERS", 1, ES, blob[:16384]) +
                frame("CONTINUATION", 1, 0, blob[16384:32768]) +
                frame("CONTINUATION", 1, EH, blob[32768:]))
        h2.wait(lambda: h2.reply(1).ended)
        assert h2.reply(1).status == 200
    assert behind.requests[0].get("x-long-3") == "v" * 10_000


@pytest.mark.parametrize("fields, status", [
    ([("x-a", "v" * 40_000)], 431),
    ([(f"x-{i}", "v") for i in range(200)], 431),
    ([("content-type", "a, b")], 400),
    ([("content_length", "7")], 400),
    ([("expect", "miracles")], 417),
])
def test_what_http1_refuses_is_refused_here(start, fields, status):
    daemon, behind = start(reply(b"ok"), 'limits = { header = "16k"; };')
    blob = block(request() + fields)
    with client(daemon) as h2:
        h2.next_stream = 3
        pieces = [blob[i:i + 16384] for i in range(0, len(blob), 16384)]
        h2.send(frame("HEADERS", 1, ES | (EH if len(pieces) == 1 else 0),
                      pieces[0]))
        for i, piece in enumerate(pieces[1:], 2):
            h2.send(frame("CONTINUATION", 1, EH if i == len(pieces) else 0,
                          piece))
        h2.wait(lambda: h2.reply(1).ended)
        assert h2.reply(1).status == status
        assert h2.get(path="/ours").status == 200
    assert not behind.requests
    daemon.wait_exchanges(1, end="malformed", status=status)


def test_what_http2_calls_malformed_is_reset_and_logged(start):
    daemon, _ = start(reply(b"ok"))
    with client(daemon) as h2:
        stream = h2.open(request() + [("X-Upper", "1")])
        h2.wait(lambda: h2.reply(stream).reset is not None)
        assert h2.reply(stream).reset == 1
        assert h2.get(path="/ours").status == 200
    daemon.wait_exchanges(1, end="malformed", fault="stream")


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_connect_and_trace_are_not_served(start, method):
    daemon, _ = start(reply(b"ok"))
    fields = request(method=method)
    if method == "CONNECT":
        fields = [(":method", "CONNECT"), (":authority", "localhost:80")]
    with client(daemon) as h2:
        stream = h2.open(fields)
        h2.wait(lambda: h2.reply(stream).ended)
        assert h2.reply(stream).status == 405


# ---- flow control ----


def test_a_reply_waits_for_the_windows_of_stream_and_connection(start):
    body = pattern(300_000)
    daemon, _ = start(reply(body))
    with client(daemon, (WINDOW, 1000)) as h2:
        stream = h2.open()
        h2.wait(lambda: len(h2.reply(stream).data) == 1000)
        h2.ping()
        assert len(h2.reply(stream).data) == 1000
        h2.send(credit(stream, 400_000))
        h2.wait(lambda: len(h2.reply(stream).data) == 65_535)
        h2.ping()
        assert len(h2.reply(stream).data) == 65_535
        h2.send(credit(0, 400_000))
        h2.wait(lambda: h2.reply(stream).ended)
        assert bytes(h2.reply(stream).data) == body


def test_a_slow_origin_stops_its_stream_and_not_its_neighbours(start):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_head())
        if " /slow " in peer.requests[-1].start:
            gate.wait()
            peer.read_exactly(64 * 1024 + 100_000)
        peer.send(reply(b"ok"))
    daemon, _ = start(script)
    with client(daemon) as h2:
        h2.ping()   # our SETTINGS have been read: windows of 64 KiB
        stream = h2.open(request("/slow", method="POST"), end=False)
        for _ in range(4):
            h2.send(data(stream, bytes(16384)))
        for _ in range(5):
            assert h2.get(path="/quick").status == 200
        gate.open()
        h2.wait(lambda: h2.updates.get(stream, 0) >= 32768)
        h2.send(b"".join(data(stream, bytes(10_000)) for _ in range(3)))
        h2.wait(lambda: h2.updates.get(stream, 0) >= 64 * 1024)
        h2.send(b"".join(data(stream, bytes(10_000)) for _ in range(3)))
        h2.wait(lambda: h2.updates.get(stream, 0) >= 96 * 1024)
        h2.send(b"".join(data(stream, bytes(10_000)) for _ in range(3)))
        h2.send(data(stream, bytes(10_000), end=True))
        h2.wait(lambda: h2.reply(stream).ended)


def test_who_gives_no_window_is_cut_and_only_that_stream(start):
    daemon, _ = start(reply(pattern(100_000)),
                      more='limits = { min_rate = "1000/2s"; };')
    with client(daemon, (WINDOW, 0)) as h2:
        stream = h2.open()
        h2.wait(lambda: h2.reply(stream).reset is not None)
        h2.send(frame("SETTINGS", payload=struct.pack(">HI", WINDOW, 65535)))
        assert h2.get(path="/ours").status == 200
    daemon.wait_exchanges(1, end="client_deadline")


def test_who_reads_nothing_at_all_is_cut(start):
    daemon, _ = start(reply(pattern(8_000_000)),
                      conf='limits = { min_rate = "100000/2s"; };')
    with client(daemon, (WINDOW, 1 << 30), receive_buffer=4096) as h2:
        h2.send(credit(0, 1 << 30))
        h2.open()
        line, = daemon.wait_exchanges(1, end="client_deadline")
        assert line["limit"] == "limits.min_rate:100000/2s"
        h2.until(lambda: h2.closed)
        assert h2.closed


def take(h2, n):
    """Gives a window of N bytes to the connection; they come."""
    before = sum(reply.flowed for reply in h2.replies.values())
    h2.send(credit(0, n))
    h2.wait(lambda: sum(reply.flowed for reply in h2.replies.values()) ==
            before + n)


@pytest.mark.parametrize("how", ["field", "frame"])
def test_the_more_urgent_reply_goes_first(sluice, origin, how):
    """RFC 9218.  The urgent one is ours, so that all of it is there: what an
    origin has still to send has no turn kept for it."""
    behind = origin(reply(pattern(200_000)))
    daemon = sluice(vhost=f'''host = "*";
        listen = "h2c://127.0.0.1:@PORT@";
        routes = ( {{ path = "/urgent"; respond = "{"x" * 60_000}"; }},
                   {{ path = "/"; proxy = "{behind.url}"; }} );''')
    with client(daemon, (WINDOW, 1 << 20)) as h2:
        late = h2.open(request() + [("priority", "u=1")])
        h2.wait(lambda: h2.reply(late).flowed == 65_535)
        fields = request("/urgent")
        if how == "field":
            fields.append(("priority", "u=0"))
        urgent = h2.open(fields)
        if how == "frame":
            h2.send(frame("PRIORITY_UPDATE", payload=struct.pack(
                ">I", urgent) + b"u=0"))
        h2.wait(lambda: h2.reply(urgent).fields)
        for _ in range(5):
            h2.ping()
            take(h2, 10_000)
        assert h2.reply(urgent).flowed == 50_000
        assert h2.reply(late).flowed == 65_535
