"""Clients that leave, stop in the middle, or stop reading."""

import socket
import struct
import threading

import pytest

from harness import UNBUFFERED, eventually, proxy_to
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import (Gate, chunked_reply, get, held, pattern, post,
                             rss_of, tell)


def leave(client, how):
    if how == "FIN":
        client.close()
    elif how == "half":
        client.shutdown()
    else:
        client.reset()


def awaits_the_end(reached):
    """A script: a request, which REACHED is told of; then only the end."""
    def script(peer):
        peer.requests.append(peer.read_head())
        peer.read_until(b"$")
        reached.set()
        peer.wait_close()
        peer.requests.append("gone")
    return script


# ---- while the origin thinks ----


@pytest.mark.parametrize("how", ["FIN", "half", "RST"])
def test_origin_is_let_go_when_the_client_leaves(sluice, origin, how):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.open()
        peer.wait_close()
        peer.requests.append("gone")

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client = daemon.client()
    client.request("/thinking", fields=["User-Agent: gone"])
    gate.wait()
    leave(client, how)
    eventually(lambda: behind.requests[-1] == "gone",
               what="the origin's connection to end")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"], line["bytes"]) == (
        "499", "client_closed", "0")
    assert (line["target"], line["agent"]) == ("/thinking", "gone")
    client.close()


@pytest.mark.parametrize("how", ["FIN", "RST"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_client_that_leaves_behind_its_upload_is_noticed(sluice, origin,
                                                         framing, how):
    gate = Gate()
    behind = origin(held(gate, reply(b"late")))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    body = pattern(300_000)
    client = daemon.client()
    client.send(post("/", body) if framing == "length" else
                post("/", body[:9], body[9:]))
    gate.wait_reached()
    leave(client, how)
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("499", "client_closed")
    assert line["received"] == "300000"
    gate.open()


def test_client_that_leaves_while_it_is_sent_to(sluice, origin):
    """The reply's length is known, its end never comes."""
    gate = Gate()

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        gate.open()
        peer.wait_close()
        peer.requests.append("gone")

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client = daemon.client()
    client.request()
    client.read_head()
    assert client.read_exactly(3) == b"abc"
    client.close()
    eventually(lambda: behind.requests == ["gone"])
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"], line["bytes"]) == (
        "200", "client_closed", "3")


@pytest.mark.parametrize("size", [50_000, 20_000_000])
def test_client_that_resets_in_the_middle_of_a_reply(sluice, origin, size):
    """Copied or spliced; the origin's connection is not used again, since
    half a reply is left in it."""
    behind = origin(reply(pattern(size)))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for _ in range(3):
        client = daemon.client(receive_buffer=4096)
        client.request()
        client.read_head()
        client.reset()
    daemon.wait_exchanges(3)
    assert daemon.get().body == pattern(size)


def test_client_that_leaves_in_an_upload_is_a_cut_body(sluice, origin):
    reached = threading.Event()
    behind = origin(awaits_the_end(reached))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    client = daemon.client()
    client.send(post("/", b"abc$", length=1000))
    assert reached.wait(10)
    client.close()
    eventually(lambda: behind.requests[-1] == "gone")
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("malformed", "body_cut")


def test_client_that_resets_in_an_upload(sluice, origin):
    reached = threading.Event()
    behind = origin(awaits_the_end(reached))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    client = daemon.client()
    client.send(post("/", b"abc$", length=1000))
    assert reached.wait(10)
    client.reset()
    eventually(lambda: behind.requests[-1] == "gone")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("499", "client_closed")


# ---- a FIN that is no farewell ----


@pytest.mark.parametrize("count", [2, 3, 500])
def test_fin_behind_pipelined_requests_loses_no_answer(sluice, origin, count):
    """However many of them were in the window when it came."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"".join(get(f"/{i}") for i in range(count)))
        client.shutdown()
        for i in range(count):
            assert client.read_reply().body.startswith(f"/{i} ".encode())
        client.wait_close()
    assert {line["end"] for line in daemon.wait_exchanges(count)} == {"done"}


def test_fin_that_comes_while_pipelined_requests_wait(sluice, origin):
    gate = Gate()
    behind = origin(held(gate, reply(b"x")))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/1") + post("/2", pattern(100_000)) + get("/3"))
        gate.wait_reached()
        client.shutdown()
        gate.open()
        for _ in range(3):
            assert client.read_reply().body == b"x"
        client.wait_close()


def test_fin_behind_a_chunked_request_and_another(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        data = post("/1", pattern(9), pattern(20_000))
        client.send(data[:200])
        eventually(lambda: behind.peers)
        client.send(data[200:] + get("/2"))
        client.shutdown()
        assert client.read_reply().body.startswith(b"/1 20009 ")
        assert client.read_reply().body.startswith(b"/2 ")
        client.wait_close()


def test_a_client_that_was_kept_alive_may_leave_later(sluice, origin):
    """The pipelining of earlier requests says nothing of a later one."""
    gate = Gate()

    def script(peer):
        for _ in range(3):
            peer.read_request()
            peer.send(reply(b"x"))
        peer.read_request()
        gate.wait()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    client = daemon.client()
    client.send(get("/1") + get("/2") + get("/3"))
    for _ in range(3):
        client.read_reply()
    client.request("/4")
    gate.wait_reached()
    client.close()
    assert daemon.wait_exchanges(4)[3]["status"] == "499"
    gate.open()


@pytest.mark.parametrize("part", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\n\r"])
def test_half_a_request_and_fin_are_no_request(sluice, origin, part):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/whole") + part)
        client.shutdown()
        assert client.read_reply().status == 200
        client.wait_close()
    line = daemon.wait_exchanges(2)[1]
    assert (line["status"], line["end"]) == ("499", "client_closed")
    assert len(behind.requests) == 1


# ---- clients that do not read ----


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_client_that_does_not_read_stops_the_origin(sluice, origin, framing):
    """Nothing piles up in the worker; TCP holds the origin back, and when
    the client reads at last, everything is there."""
    size = 100_000_000
    body = pattern(1_000_000)
    sent = []

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n" + (
            b"Content-Length: %d" % size if framing == "length" else
            b"Transfer-Encoding: chunked") + b"\r\n\r\n")
        for _ in range(size // len(body)):
            peer.send(body if framing == "length" else
                      chunked_reply(body)[47:-5])
            sent.append(len(body))
        peer.send(b"" if framing == "length" else b"0\r\n\r\n")
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    pid, = daemon.workers()
    before = rss_of(pid)
    with daemon.client(receive_buffer=65_536, deadline=60) as client:
        client.request()
        client.read_head()
        settle(sent)
        assert sum(sent) < size / 2
        assert rss_of(pid) - before < 4096
        got, crc = drain(client, framing, size)
        assert got == size and crc
        assert rss_of(pid) - before < 4096


def settle(sent):
    """Until the origin is stopped: nothing was sent for a while."""
    seen = []

    def quiet():
        seen.append(len(sent))
        return len(seen) > 12 and seen[-1] == seen[-12]
    eventually(quiet, deadline=30)


def drain(client, framing, size):
    """The bytes that were received, counted; and whether they were right."""
    piece = pattern(1_000_000)
    whole = bytearray()
    got = 0
    good = True
    if framing == "length":
        while got < size:
            whole = client.read_exactly(min(len(piece), size - got))
            good &= whole == piece
            got += len(whole)
            forget(client)
        return got, good
    rest = b""
    while (n := int(client.read_until(b"\r\n"), 16)) > 0:
        rest += client.read_exactly(n)
        client.read_exactly(2)
        forget(client)
        while len(rest) >= len(piece):
            good &= rest[:len(piece)] == piece
            got += len(piece)
            rest = rest[len(piece):]
    return got + len(rest), good


def forget(client):
    """A Peer keeps all that it ever read, which is too much here."""
    del client.received[:client.at]
    client.at = 0


def test_origin_is_free_while_a_slow_client_still_reads(sluice, origin):
    """It has sent all; the rest is between us and the client.  Another
    client's request goes over the same connection."""
    behind = origin(reply(pattern(200_000)))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client(receive_buffer=4096) as slow:
        slow.request()
        slow.read_head()
        assert daemon.get().status == 200
        eventually(lambda: len(behind.requests) == 2)
        slow.read_exactly(200_000)
    assert len(behind.peers) == 1


def test_client_that_stops_reading_does_not_stop_others(sluice, origin):
    behind = origin(reply(pattern(30_000_000)))
    small = origin(tell)
    daemon = sluice(workers=1, vhosts={
        "a": proxy_to(behind, host="big"), "b": proxy_to(small, host="small")})
    stuck = [daemon.client(receive_buffer=4096) for _ in range(20)]
    for client in stuck:
        client.request(host="big")
        client.read_head()
    for _ in range(20):
        assert daemon.get(host="small").status == 200
    for client in stuck:
        client.reset()
    for line in daemon.wait_exchanges(20, vhost="big"):
        assert line["end"] == "client_closed"


def test_many_leave_at_once(sluice, origin):
    gate = Gate()
    behind = origin(held(gate, reply(b"x")))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    clients = [daemon.client() for _ in range(200)]
    for client in clients:
        client.request()
    gate.wait_reached(200)
    for number, client in enumerate(clients):
        leave(client, "RST" if number % 2 else "FIN")
    assert len(daemon.wait_exchanges(200, status="499")) == 200
    gate.open()
    assert daemon.get().body == b"x"


def test_reset_between_requests_is_nobodys_failure(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    for _ in range(20):
        client = daemon.client()
        assert client.get().status == 200
        client.reset()
    assert daemon.get().status == 200
    assert {line["end"] for line in daemon.wait_exchanges(21)} == {"done"}


def test_linger_zero_right_behind_the_request(sluice, origin):
    """The reset may overtake everything: no reply can be sent, nothing
    breaks."""
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    for _ in range(100):
        client = daemon.client()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        try:
            client.send(get() * 3)
        except Closed:
            pass
        client.close()
    assert daemon.get().status == 200
