"""Upgraded connections: bytes both ways, half-closes, ends."""

import os
import signal
import threading
import time

import pytest

from harness import eventually, proxy_to
from harness_peer import Closed
from harness_scripts import (Gate, get, pattern, rss_of, tell,
                             without_forwarding)

UPGRADE = ["Connection: Upgrade", "Upgrade: websocket",
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
          b"Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBi\r\n\r\n")


def switching(then, extra=b""):
    """A script: agrees to an upgrade, sends EXTRA along, then does THEN."""
    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(SWITCH + extra)
        then(peer)
    return script


def echo(peer):
    """Sends back what comes, until its end; then ends too."""
    while peer._fill(time.monotonic() + 60):
        peer.send(bytes(peer.received[peer.at:]))
        peer.at = len(peer.received)
    peer.shutdown()


def upgraded(daemon, behind=b""):
    """A client whose upgrade was agreed to; BEHIND came with its request."""
    client = daemon.client(deadline=30)
    client.send(get("/ws", *UPGRADE) + behind)
    answer = client.read_reply()
    assert answer.status == 101
    return client, answer


def tunnel_line(daemon):
    line, = daemon.wait_exchanges(1)
    return line


# ---- the handshake ----


def test_handshake_is_passed_on_both_ways(sluice, origin):
    behind = origin(switching(echo))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client, answer = upgraded(daemon)
    assert sorted(without_forwarding(behind.requests[0])) == sorted([
        ("Host", "localhost"), ("Connection", "upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])
    assert sorted(answer.fields) == sorted([
        ("Connection", "upgrade"), ("Upgrade", "websocket"),
        ("Sec-WebSocket-Accept", "s3pPLMBi")])
    client.close()


def test_refused_upgrade_is_an_ordinary_reply(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for path in ("/a", "/b"):
            answer = client.get(path, fields=UPGRADE)
            assert answer.status == 200
            assert answer.body.startswith(path.encode())
            assert answer.tokens("Connection") == []
        assert client.get("/c").status == 200
    assert len(behind.peers) == 1


@pytest.mark.parametrize("fields", [
    [], ["Upgrade: websocket"], ["Connection: upgrade"],
    ["Connection: upgrade", "Upgrade: h2c"],
    ["Connection: upgrade", "Upgrade: websocket", "Content-Length: 1"]])
def test_switch_that_was_not_asked_for_is_502(sluice, origin, fields):
    daemon = sluice(vhost=proxy_to(origin(switching(echo))), workers=1)
    with daemon.client() as client:
        client.send(get("/", *fields) + b"x" * ("Length" in str(fields)))
        assert client.read_reply().status == 502
    line = tunnel_line(daemon)
    assert (line["end"], line["fault"]) == ("origin_malformed", "status_line")


@pytest.mark.parametrize("switch", [
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.0 101 Switching Protocols\r\nConnection: upgrade\r\n"
    b"Upgrade: websocket\r\n\r\n"])
def test_switch_that_does_not_say_to_what_is_502(sluice, origin, switch):
    """And no end of the worker."""
    daemon = sluice(vhost=proxy_to(origin(switch)), workers=1)
    with daemon.client() as client:
        answer = client.get(fields=UPGRADE)
        assert answer.status == 502
    line = tunnel_line(daemon)
    assert (line["end"], line["fault"]) == ("origin_malformed", "status_line")


def test_interim_replies_may_come_before_the_switch(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + SWITCH)
        echo(peer)

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get("/", *UPGRADE))
        interim = []
        assert client.read_reply(interim=interim).status == 101
        assert [m.status for m in interim] == [103]
        client.send(b"abc")
        assert client.read_exactly(3) == b"abc"


# ---- bytes ----


def test_bytes_pass_both_ways(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(switching(echo))), workers=1)
    client, _ = upgraded(daemon)
    total = 0
    for size in (1, 2, 125, 126, 65_535, 65_536, 200_000, 3):
        client.send(pattern(size))
        assert client.read_exactly(size) == pattern(size)
        total += size
    client.shutdown()
    client.wait_close()
    line = tunnel_line(daemon)
    assert (line["status"], line["end"], line["bytes"]) == (
        "101", "done", str(total))
    client.close()


@pytest.mark.parametrize("size", [1, 5000, 60_000])
def test_bytes_right_behind_request_and_switch_arrive(sluice, origin, size):
    """Before either side knew that the other had agreed."""
    early = pattern(size)
    daemon = sluice(workers=1, vhost=proxy_to(
        origin(switching(echo, extra=early[::-1]))))
    client, _ = upgraded(daemon, behind=early)
    client.send(b"!")
    got = client.read_exactly(2 * size + 1)
    assert got == early[::-1] + early + b"!"
    client.close()


def test_both_directions_may_be_full_at_once(sluice, origin):
    size = 20_000_000
    sent = Gate()

    def pour(peer):
        reader = threading.Thread(
            target=lambda: peer.requests.append(peer.read_exactly(size)))
        reader.start()
        peer.sock.settimeout(60)
        peer.sock.sendall(pattern(size))
        reader.join()
        sent.open()
        peer.wait_close()

    behind = origin(switching(pour))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client, _ = upgraded(daemon)
    writer = threading.Thread(target=client.sock.sendall,
                              args=(pattern(size),))
    writer.start()
    assert client.read_exactly(size) == pattern(size)
    writer.join()
    sent.wait()
    assert behind.requests[1] == pattern(size)
    client.close()


def test_many_tunnels_at_once(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(switching(echo))), workers=2)
    clients = [upgraded(daemon)[0] for _ in range(100)]
    for number, client in enumerate(clients):
        client.send(b"%d\n" % number * 100)
    for number, client in enumerate(clients):
        expected = b"%d\n" % number * 100
        assert client.read_exactly(len(expected)) == expected
    for client in clients:
        client.close()
    assert len(daemon.wait_exchanges(100, status="101")) == 100


# ---- ends ----


def test_half_close_of_the_client_is_passed_on(sluice, origin):
    def answer_at_end(peer):
        got = peer.read_to_close()
        peer.send(got[::-1])

    daemon = sluice(vhost=proxy_to(origin(switching(answer_at_end))),
                    workers=1)
    client, _ = upgraded(daemon)
    client.send(b"abc")
    client.shutdown()
    assert client.read_to_close() == b"cba"
    assert tunnel_line(daemon)["end"] == "done"
    client.close()


def test_half_close_of_the_origin_is_passed_on(sluice, origin):
    def say_and_listen(peer):
        peer.send(b"bye")
        peer.shutdown()
        peer.requests.append(peer.read_to_close())

    behind = origin(switching(say_and_listen))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client, _ = upgraded(daemon)
    assert client.read_to_close() == b"bye"
    client.send(pattern(100_000))
    client.shutdown()
    eventually(lambda: len(behind.requests) == 2)
    assert behind.requests[1] == pattern(100_000)
    assert tunnel_line(daemon)["end"] == "done"
    client.close()


def test_half_close_right_behind_the_request(sluice, origin):
    """The client says all it has to say, and listens."""
    def answer_at_end(peer):
        peer.send(peer.read_to_close()[::-1])

    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(SWITCH)
        gate.wait()
        answer_at_end(peer)

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    client, _ = upgraded(daemon, behind=b"xyz")
    client.shutdown()
    gate.open()
    assert client.read_to_close() == b"zyx"
    client.close()


@pytest.mark.parametrize("who", ["client", "origin"])
def test_reset_of_either_side_ends_the_other(sluice, origin, who):
    gate = Gate()
    ended = threading.Event()

    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(SWITCH)
        gate.wait()
        if who == "origin":
            peer.reset()
            return
        try:
            peer.read_to_close()
        except Closed:
            pass
        ended.set()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    client, _ = upgraded(daemon)
    gate.wait_reached()
    gate.open()
    if who == "client":
        client.reset()
        assert ended.wait(10)
    else:
        client.read_to_close()
    assert tunnel_line(daemon)["status"] == "101"
    client.close()


def test_a_reset_reaches_a_side_that_is_blocked_in_sending(sluice, origin):
    """One direction stands still because nobody reads; the other breaks."""
    stuck = threading.Event()

    def pour(peer):
        try:
            while True:
                peer.send(pattern(1_000_000))
        except (Closed, TimeoutError):
            stuck.set()

    daemon = sluice(vhost=proxy_to(origin(switching(pour))), workers=1)
    client, _ = upgraded(daemon)
    client.read_exactly(1000)
    assert not stuck.wait(0.3)
    client.reset()
    assert stuck.wait(10), "the origin was not told"
    tunnel_line(daemon)


def test_nothing_follows_a_tunnel(sluice, origin):
    """What comes when it has ended is no request."""
    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(SWITCH)
        peer.requests.append(peer.read_to_close())

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    client, _ = upgraded(daemon, behind=get("/smuggled"))
    client.send(get("/also"))
    client.shutdown()
    client.wait_close()
    assert behind.requests[1] == get("/smuggled") + get("/also")
    assert len(daemon.wait_exchanges(1)) == 1
    client.close()


def test_tunnels_are_counted(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(switching(echo))), workers=1)
    clients = [upgraded(daemon)[0] for _ in range(3)]
    eventually(lambda: counter(daemon, "tunnels") == 3)
    for client in clients:
        client.close()


def test_idle_tunnels_hold_no_window(sluice, origin):
    """Also not behind a read that was as large as it could be, which left
    open whether there was more."""
    def swallow(peer):
        peer.requests.append(len(peer.read_exactly(65_536)))
        peer.wait_close()

    behind = origin(switching(swallow))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    clients = [upgraded(daemon)[0] for _ in range(200)]
    pid, = daemon.workers()
    before = rss_of(pid)
    os.kill(pid, signal.SIGSTOP)
    for client in clients:
        client.send(pattern(65_536))
    os.kill(pid, signal.SIGCONT)
    eventually(lambda: len(behind.requests) == 2 * len(clients))
    assert rss_of(pid) - before < 20 * len(clients)
    for client in clients:
        client.close()


def counter(daemon, name):
    for line in daemon.ctl("status").stdout.splitlines():
        words = line.split()
        if words[:1] == [name]:
            return int(words[1])
    return None
