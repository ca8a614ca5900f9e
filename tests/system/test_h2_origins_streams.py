"""Connections of HTTP/2 to origins: who shares them, and how streams and
connections end."""

import threading

import hyperframe.frame
import pytest

from harness import eventually, size
from harness_h2_origin import Errors, Gone, Settings, echo, h2_to
from harness_origin import reply
from harness_scripts import Gate, get, pattern, post


# ---- connections ----


def test_many_exchanges_share_a_connection(sluice, h2_origin):
    gate = Gate()

    def script(stream):
        gate.wait()
        stream.answer(200, b"ok")

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    clients = [daemon.client() for _ in range(100)]
    for client in clients:
        client.request("/")
    behind.wait_streams(100)
    gate.event.set()
    assert {client.read_reply().body for client in clients} == {b"ok"}
    for client in clients:
        client.close()
    assert len(behind.conns) == 1
    assert behind.conns[0].most_open == 100


def test_a_full_connection_is_given_a_second(sluice,
                                             h2_origin):
    gate = Gate()

    def script(stream):
        gate.wait()
        stream.answer(200, b"ok")

    behind = h2_origin(script,
                       settings={Settings.MAX_CONCURRENT_STREAMS: 3})
    daemon = sluice(vhost=h2_to(behind), workers=1)
    clients = [daemon.client() for _ in range(10)]
    for client in clients:
        client.request("/")
    behind.wait_streams(10)
    gate.event.set()
    assert {client.read_reply().body for client in clients} == {b"ok"}
    for client in clients:
        client.close()
    assert len(behind.conns) == 4
    assert max(conn.most_open for conn in behind.conns) == 3


def test_a_connection_is_used_again_and_again(sluice,
                                              h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as client:
        for i in range(size(50, 5000)):
            assert client.get(f"/{i}").status == 200
    assert len(behind.conns) == 1


def test_an_idle_connection_is_closed_with_goaway(sluice,
                                                  h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(
        behind, settings='keepalive = { timeout = "200ms"; };'), workers=1)
    assert daemon.get("/").status == 200
    conn, = behind.conns
    eventually(lambda: conn.closed, what="the connection to be closed")
    assert conn.goaway is not None and conn.goaway.error_code == 0
    assert daemon.get("/").status == 200
    assert len(behind.conns) == 2


def test_a_connection_that_is_closed_while_idle_harms_nobody(
        sluice, h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    for i in range(10):
        with daemon.client() as client:
            client.send(post("/", b"x"))
            assert client.read_reply().status == 200
        behind.conns[-1].sock.shutdown(2)
    assert len(behind.conns) == 10


def test_a_ping_of_an_idle_connection_is_answered(sluice,
                                                  h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(
        behind, settings='keepalive = { timeout = "60s"; };'), workers=1)
    assert daemon.get("/").status == 200
    conn, = behind.conns
    got = threading.Event()
    conn.on_ping_ack = got.set
    conn.raw(hyperframe.frame.PingFrame(stream_id=0, opaque_data=b"12345678"))
    assert got.wait(10)
    assert daemon.get("/").status == 200
    assert len(behind.conns) == 1


def test_behind_a_goaway_a_new_connection_is_made(sluice,
                                                  h2_origin):
    gate = Gate()

    def script(stream):
        if stream.path == "/slow":
            gate.wait()
        stream.answer(200, stream.path.encode())

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as slow:
        slow.request("/slow")
        gate.reached.acquire()
        behind.conns[0].send_goaway(1)
        assert daemon.get("/next").body == b"/next"
        assert len(behind.conns) == 2
        gate.event.set()
        assert slow.read_reply().body == b"/slow"
    eventually(lambda: behind.conns[0].closed, what="the old one to close")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_goaway_leaves_out_is_sent_again(sluice, h2_origin,
                                                method):
    """Whatever its method: the origin says that it has not looked at it."""
    def script(stream):
        if len(behind.conns) == 1:
            stream.conn.send_goaway(0)
            stream.gone.wait(10)
            return
        stream.answer(200, stream.read_all())

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"hello") if method == "POST" else get("/"))
        answer = client.read_reply()
        assert answer.status == 200
        assert answer.body == (b"hello" if method == "POST" else b"")
    assert len(behind.conns) == 2


def test_a_refused_stream_is_sent_to_another_server(sluice,
                                                    h2_origin):
    def refuse(stream):
        stream.reset(Errors.REFUSED_STREAM)

    busy = h2_origin(refuse)
    free = h2_origin(echo)
    daemon = sluice(vhost=h2_to(busy, free), workers=1)
    for _ in range(6):
        with daemon.client() as client:
            client.send(post("/", b"hello"))
            assert client.read_reply().status == 200
    assert len(free.streams) == 6


def test_a_stream_that_is_refused_everywhere_is_503(sluice,
                                                    h2_origin):
    busy = h2_origin(lambda stream: stream.reset(Errors.REFUSED_STREAM))
    daemon = sluice(vhost=h2_to(busy), workers=1)
    assert daemon.get("/").status == 503
    daemon.wait_exchanges(1, end="origin_refused", status=503)


# ---- ends ----


@pytest.mark.parametrize("code", [Errors.INTERNAL_ERROR, Errors.CANCEL,
                                  Errors.PROTOCOL_ERROR])
def test_a_reset_before_the_head_is_502(sluice, h2_origin,
                                        code):
    behind = h2_origin(lambda stream: stream.reset(code))
    daemon = sluice(vhost=h2_to(behind, settings="retry = false;"))
    with daemon.client() as client:
        client.send(post("/", b"hello"))
        assert client.read_reply().status == 502
    daemon.wait_exchanges(1, end="origin_closed")
    assert len(behind.streams) == 1


def test_a_reset_in_the_middle_cuts_the_reply(sluice,
                                              h2_origin):
    def script(stream):
        stream.head(200, [("content-length", "100")])
        stream.send(b"x" * 50)
        stream.reset(Errors.INTERNAL_ERROR)

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        client.request("/")
        assert client.read_head().status == 200
        assert client.read_to_close() in (b"x" * 50, b"")
    daemon.wait_exchanges(1, end="origin_closed")


def test_an_early_answer_may_end_with_no_error(sluice,
                                               h2_origin):
    """RFC 9113, 8.1: a whole reply, then RST_STREAM with NO_ERROR."""
    def script(stream):
        stream.answer(413, b"too much")
        stream.reset(Errors.NO_ERROR)

    daemon = sluice(vhost=h2_to(h2_origin(script),
                                more='buffering = { request = "off"; };'))
    with daemon.client() as client:
        client.send(post("/", b"hello", length=1000))
        answer = client.read_reply()
        assert (answer.status, answer.body) == (413, b"too much")


def test_a_client_that_leaves_cancels_its_stream(sluice,
                                                 h2_origin):
    codes = []

    def script(stream):
        codes.append(stream.wait_reset())

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client() as client:
        client.request("/")
        behind.wait_streams(1)
    eventually(lambda: codes, what="a reset")
    assert codes == [Errors.CANCEL]
    daemon.wait_exchanges(1, end="client_closed")
    assert behind.living(), "the connection goes on"


def test_a_body_that_is_cut_is_never_taken_for_whole(sluice,
                                                     h2_origin):
    ends = []

    def script(stream):
        try:
            stream.read_all()
            ends.append("whole")
        except Gone:
            ends.append(stream.reset_code)

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind,
                                more='buffering = { request = "off"; };'),
                    workers=1)
    with daemon.client() as client:
        client.send(post("/", b"hello", length=1000))
        behind.wait_streams(1)
    eventually(lambda: ends, what="an end")
    assert ends == [Errors.CANCEL]


def test_an_origin_that_is_silent_is_504(sluice, h2_origin):
    behind = h2_origin(lambda stream: stream.gone.wait(10))
    daemon = sluice(vhost=h2_to(
        behind, settings='timeouts = { first_byte = "200ms"; };'
                         ' retry = false;'))
    assert daemon.get("/").status == 504
    daemon.wait_exchanges(1, end="origin_deadline")


def test_an_origin_that_stops_in_its_reply_is_cut(sluice,
                                                  h2_origin):
    def script(stream):
        stream.head(200)
        stream.send(b"hello")
        stream.gone.wait(10)

    daemon = sluice(vhost=h2_to(
        h2_origin(script), settings='timeouts = { idle = "200ms"; };'))
    with daemon.client() as client:
        client.request("/")
        assert client.read_head().status == 200
        assert client.read_to_close() == b"5\r\nhello\r\n"
    daemon.wait_exchanges(1, end="origin_idle")


def test_an_origin_that_gives_no_window_stalls_its_own_stream_only(
        sluice, h2_origin):
    def script(stream):
        if stream.path == "/":
            echo(stream)
        else:
            stream.gone.wait(30)

    daemon = sluice(vhost=h2_to(
        h2_origin(script), settings='timeouts = { idle = "1s"; };'
                                    ' retry = false;'), workers=1)
    with daemon.client() as client:
        client.send(post("/stuck", pattern(300_000)))
        assert daemon.get("/").status == 200
        assert client.read_reply().status == 504
    daemon.wait_exchanges(1, end="origin_stalled")


def test_a_slow_reader_stops_its_own_stream_only(sluice,
                                                 h2_origin):
    sent = {}

    def script(stream):
        if stream.path == "/":
            echo(stream)
            return
        stream.head(200)
        for i in range(1000):
            stream.send(b"x" * 65536)
            sent[stream.path] = i
        stream.finish()

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    with daemon.client(receive_buffer=4096) as client:
        client.request("/large")
        client.read_head()
        last = -1

        def is_stuck():
            nonlocal last
            now = sent.get("/large", -1)
            stuck, last = now == last and now >= 0, now
            assert daemon.get("/").status == 200
            return stuck
        eventually(is_stuck, what="the large one to wait")
    assert last < 500
    assert len(behind.conns) == 1


# ---- what is not HTTP/2 ----


def test_an_origin_that_speaks_http_1_is_named(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=h2_to(behind))
    assert daemon.get("/").status == 502
    daemon.wait_exchanges(1, end="origin_version")
    daemon.wait_error(f"{behind.url} does not speak HTTP/2, but http = \"2\"")


@pytest.mark.parametrize("fields", [
    [("x-A", "1")], [("connection", "close")], [("transfer-encoding", "x")],
    [("content-length", "5"), ("content-length", "6")], [("x", "a\nb")],
    [("keep-alive", "1")]])
def test_a_malformed_reply_is_502(sluice, h2_origin, fields):
    def script(stream):
        encoded = stream.conn.h2.encoder.encode([(":status", "200"), *fields])
        frame = hyperframe.frame.HeadersFrame(stream.number, encoded)
        frame.flags.add("END_HEADERS")
        with stream.conn.lock:
            stream.conn.raw(frame)
        stream.gone.wait(10)

    daemon = sluice(vhost=h2_to(h2_origin(script), settings="retry = false;"))
    assert daemon.get("/").status == 502
