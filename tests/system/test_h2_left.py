"""Streams that nobody holds any more, when frames for them still come or ours
cannot leave: they harm nobody, and nothing is kept for them."""

import time

from harness import eventually
from harness_h2 import EH, ES, block, frame, request
from harness_h2_front import client, credit, start
from harness_h2_origin import Settings, h2_origin, h2_to
from harness_peer import Closed

__all__ = ["h2_origin", "start"]
MOST = 2 ** 31 - 1
MEGABYTE = bytes(1 << 20)


def test_a_header_block_may_go_on_for_a_stream_that_was_left(start):
    """Trailers come in two parts, the origin fails between them, and the reset
    is still behind what the client does not read."""
    sent = []
    left = []

    def script(peer):
        if "/left" in peer.read_head().start:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")
            left.append(peer)
            peer.read_to_close()
            return
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        try:
            while True:
                peer.send(MEGABYTE)
                sent.append(time.monotonic())
        except (Closed, OSError):
            pass
    daemon, _ = start(script, workers=1)
    workers = daemon.workers()
    fields = block([(f"a{i}", "b" * 90) for i in range(100)])
    with client(daemon, (4, MOST), receive_buffer=4096) as h2:
        stream = h2.open(request("/left", method="POST"), end=False)
        h2.wait(lambda: h2.reply(stream).data)
        h2.send(credit(0, MOST - 65535))
        h2.open(path="/big")
        eventually(lambda: sent and time.monotonic() > sent[-1] + 0.3,
                   what="all to be full on the way here")
        h2.send(frame("HEADERS", stream, ES, fields[:500]))
        time.sleep(0.1)
        left[0].shutdown()
        daemon.wait_exchanges(1, target="/left")
        h2.send(frame("CONTINUATION", stream, EH, fields[500:]))
        with client(daemon) as other:
            assert other.get(path="/ours").status == 200
    assert daemon.workers() == workers


def test_a_connection_that_takes_no_stream_is_not_kept(sluice, h2_origin):
    """Nobody waits for it any more."""
    behind = h2_origin(lambda stream: stream.answer(200, b"ok"),
                       settings={Settings.MAX_CONCURRENT_STREAMS: 0})
    daemon = sluice(vhost=h2_to(behind), workers=1)
    for _ in range(3):
        with daemon.client() as one:
            before = len(behind.conns)
            one.request("/")
            eventually(lambda n=before: len(behind.conns) > n)
            time.sleep(0.1)
    daemon.wait_exchanges(3, end="client_closed")
    eventually(lambda: not behind.living(), what="the connections to end")


def test_a_client_that_takes_no_streams_of_ours_is_served(start):
    """Its SETTINGS_MAX_CONCURRENT_STREAMS says nothing of its own streams."""
    daemon, _ = start(lambda peer: peer.read_to_close())
    with client(daemon, (3, 0)) as h2:
        for _ in range(10):
            stream = h2.open(request("/ours", method="POST"), end=False)
            h2.wait(lambda s=stream: h2.reply(s).ended)
            assert h2.get(path="/ours").status == 200
        assert not h2.goaways and not h2.closed


def test_streams_that_were_never_sent_are_dropped_once(sluice, origin):
    """The server sends no SETTINGS; more often than there are streams that are
    kept for the next."""
    behind = origin(lambda peer: peer.read_to_close())
    daemon = sluice(vhost=h2_to(behind, settings="""outlier = false;
        timeouts = { connect = "5ms"; };"""), workers=1)
    workers = daemon.workers()
    with daemon.client() as one:
        for _ in range(300):
            assert one.get("/").status in (502, 504)
    assert daemon.workers() == workers
