"""Clients of HTTP/2 that take their time are cut by the same settings as those
of HTTP/1; and many streams cost no more than is allowed."""

import re
import shutil
import struct
import subprocess
import threading

import pytest

from h2_cases import echo
from harness import UNBUFFERED, eventually, proxy_to
from harness_h2 import (EH, ERRORS, ES, H2, MAGIC, WINDOW, block, frame,
                        request, settings)
from harness_limits import takes, trickle
from harness_origin import reply
from harness_peer import Closed

PLAIN = 'listen = [ "h2c://127.0.0.1:@PORT@" ];\n'
SLOW_RATE = 'limits = { min_rate = "1k/1s"; };\n'
HEADER = 'timeouts = { header = "1s"; };\n'


def u32(number):
    return struct.pack(">I", number)


def start(sluice, origin, more, script=echo):
    return sluice(vhost=proxy_to(origin(script)) + PLAIN + more, workers=1)


def endless(peer):
    peer.read_head()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


# ---- replies that are not taken ----

@pytest.mark.parametrize("script", [echo, endless])
def test_a_stream_without_a_window_is_cut(sluice, origin, script):
    """Its connection is alive, and goes on."""
    daemon = start(sluice, origin, SLOW_RATE, script)
    with H2(daemon.port) as client, takes(0.9, 8):
        client.greet((WINDOW, 0))
        streams = [client.open(path="/@big") for _ in range(10)]
        client.wait(lambda: all(client.reply(s).reset is not None
                                for s in streams), "resets")
        client.ping()
        lines = daemon.wait_exchanges(10)
    assert {line["end"] for line in lines} == {"client_deadline"}
    assert {line["limit"] for line in lines} == {"limits.min_rate:1k/1s"}


def test_a_stream_whose_window_drips_is_cut(sluice, origin):
    """A byte ten times a second is not 1 KiB a second."""
    daemon = start(sluice, origin, SLOW_RATE)
    with H2(daemon.port) as client, takes(0.9, 8):
        client.greet((WINDOW, 0))
        stream = client.open(path="/@big")
        client.wait(lambda: client.reply(stream).fields)
        trickle(client.send, frame("WINDOW_UPDATE", stream, 0, u32(1)), 1.5)
        client.wait(lambda: client.reply(stream).reset is not None)
    assert daemon.wait_exchanges(1)[0]["limit"] == "limits.min_rate:1k/1s"


def test_a_connection_whose_window_is_spent_is_no_excuse(sluice, origin):
    daemon = start(sluice, origin, SLOW_RATE)
    with H2(daemon.port) as client, takes(0.9, 8):
        client.greet((WINDOW, 2**31 - 1))
        streams = [client.open(path="/@big") for _ in range(3)]
        client.wait(lambda: all(client.reply(s).reset is not None or
                                client.reply(s).ended for s in streams))
    assert "client_deadline" in {
        line["end"] for line in daemon.wait_exchanges(3)}


def test_a_client_that_stops_reading_is_cut(sluice, origin):
    """It gives windows, but does not read what comes.  (Of a connection it is
    sluiced.conf's limits.min_rate.)"""
    daemon = sluice(vhost=proxy_to(origin(endless)) + PLAIN, workers=1,
                    conf=SLOW_RATE)
    with H2(daemon.port, receive_buffer=4096) as client, takes(0.9, 8):
        client.greet((WINDOW, 2**31 - 1))
        client.send(frame("WINDOW_UPDATE", payload=u32(2**30)))
        for _ in range(5):
            client.open()
        lines = daemon.wait_exchanges(5)
    assert {line["end"] for line in lines} <= {"client_deadline",
                                               "client_closed"}
    assert "client_deadline" in {line["end"] for line in lines}


def test_a_client_that_reads_steadily_is_never_cut(sluice, origin):
    """A window of 2 KiB a time, for twice the patience."""
    daemon = start(sluice, origin, SLOW_RATE)
    with H2(daemon.port) as client:
        client.greet((WINDOW, 0))
        stream = client.open(path="/@big")
        client.wait(lambda: client.reply(stream).fields)
        trickle(client.send, frame("WINDOW_UPDATE", stream, 0, u32(2048)), 2,
                pause=0.3)
        client.send(frame("WINDOW_UPDATE", 0, 0, u32(200_000)) +
                    frame("WINDOW_UPDATE", stream, 0, u32(200_000)))
        client.wait(lambda: client.reply(stream).ended)
        assert len(client.reply(stream).data) == 200_000


# ---- requests that do not come ----

def test_bodies_that_stop_are_cut_each_by_itself(sluice, origin):
    """Half-open streams with slow bodies: the others go on."""
    daemon = start(sluice, origin, SLOW_RATE)
    with H2(daemon.port) as client, takes(0.9, 8):
        client.greet()
        slow = [client.open(method="POST", end=False) for _ in range(50)]
        for stream in slow:
            client.send(frame("DATA", stream, 0, b"hello"))
        assert client.get().status == 200
        client.wait(lambda: all(
            client.reply(s).status == 408 or
            client.reply(s).reset is not None for s in slow))
        client.ping()
        lines = daemon.wait_exchanges(50, end="body_deadline")
    assert {line["limit"] for line in lines} == {"limits.min_rate:1k/1s"}


def wait_end(client, *codes):
    client.until(lambda: client.closed)
    assert client.closed
    assert {ERRORS[code] for _, code, _ in client.goaways} <= set(codes)


def test_a_head_that_never_ends_is_cut(sluice, origin):
    daemon = start(sluice, origin, HEADER)
    with H2(daemon.port) as client, takes(0.9, 6):
        client.greet()
        client.wait(lambda: client.settings)
        client.send(frame("HEADERS", 1, ES, block(request())))
        trickle(client.send, frame("CONTINUATION", 1, 0, b""), 0.8, 0.2)
        wait_end(client, "ENHANCE_YOUR_CALM", "PROTOCOL_ERROR", "NO_ERROR",
                 "CANCEL")
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "header_deadline"
    assert line["limit"] == "timeouts.header:1s"


def test_a_preface_must_be_whole_in_time(sluice, origin):
    daemon = start(sluice, origin, HEADER)
    clients = [H2(daemon.port) for _ in range(4)]
    with takes(0.9, 6):
        for client, sent in zip(clients, [b"PRI", MAGIC[:20], MAGIC,
                                          MAGIC + settings()[:5]]):
            client.acks = False
            client.send(sent)
        for client in clients:
            client.wait_close()
            client.close()
    lines = daemon.wait_exchanges(4, end="header_deadline")
    assert {line["limit"] for line in lines} == {"timeouts.header:1s"}


def test_settings_must_be_acknowledged_in_time(sluice, origin):
    daemon = start(sluice, origin, HEADER)
    with H2(daemon.port) as client, takes(0.9, 6):
        client.acks = False
        client.greet()
        stream = client.open(path="/@hold")
        wait_end(client, "SETTINGS_TIMEOUT")
        assert client.goaways and not client.reply(stream).fields
    daemon.wait_exchanges(1)


# ---- much of everything ----

def resident(daemon):
    """KiB of the only worker."""
    pid, = daemon.workers()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+([0-9]+)", status.read())[1])


def test_replies_that_nobody_takes_are_not_gathered(sluice, origin):
    """4 connections of 25 streams, each with an endless reply."""
    daemon = start(sluice, origin, "", endless)
    clients = [H2(daemon.port).greet((WINDOW, 1000)) for _ in range(4)]
    before = resident(daemon)
    for client in clients:
        for _ in range(25):
            client.open()
    for client in clients:
        client.wait(lambda: all(len(client.reply(s).data) == 1000
                                for s in range(1, 50, 2)))
    assert resident(daemon) - before < 100 * 180
    for client in clients:
        client.close()
    daemon.wait_exchanges(100, end="client_closed")


def test_a_body_that_nobody_reads_is_not_gathered(sluice, origin):
    """The windows are what is kept, whatever is sent."""
    over = threading.Event()

    def script(peer):
        peer.read_head()
        over.wait(30)

    daemon = start(sluice, origin, UNBUFFERED, script)
    with H2(daemon.port) as client:
        client.greet()
        streams = [client.open(method="POST", end=False) for _ in range(20)]
        client.wait(lambda: client.settings)
        room = 65535 + client.updates.get(0, 0)
        sent = 0
        while sent < room:
            n = min(16000, room - sent)
            client.send(frame("DATA", streams[sent // 64000 % 20], 0,
                              bytes(n)))
            sent += n
        client.ping()
        assert client.updates.get(0, 0) < 3_000_000
        assert client.goaways == []
    over.set()


H2LOAD = shutil.which("h2load")


def h2load(port, *args):
    done = subprocess.run(
        [H2LOAD, *args, f"http://127.0.0.1:{port}/"], text=True,
        capture_output=True, timeout=120, check=True)
    return re.search(r"requests: (.*)", done.stdout)[1], \
        re.search(r"status codes: (.*)", done.stdout)[1]


@pytest.mark.skipif(H2LOAD is None, reason="there is no h2load")
def test_20000_requests_without_an_error(sluice):
    """And memory stays where it is: of each stream not 400 bytes are left,
    where what it had was 16 KiB."""
    daemon = sluice(workers=1, vhost=PLAIN + """host = "*"; log = false;
        routes = ( { path = "/"; respond = { status = 200; body = "ok"; }; } );
        """)
    h2load(daemon.port, "-n", "20000", "-c", "20", "-m", "100")
    before = resident(daemon)
    requests, codes = h2load(daemon.port, "-n", "20000", "-c", "20", "-m",
                             "100")
    assert "20000 succeeded, 0 failed, 0 errored" in requests
    assert codes.startswith("20000 2xx, 0 3xx")
    assert resident(daemon) < before + 20000 * 400 // 1024


@pytest.mark.skipif(H2LOAD is None, reason="there is no h2load")
def test_2000_requests_through_an_origin(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x" * 5000))) + PLAIN)
    requests, codes = h2load(daemon.port, "-n", "2000", "-c", "10", "-m",
                             "10")
    assert "2000 succeeded, 0 failed, 0 errored" in requests
    assert codes.startswith("2000 2xx")
    assert len(daemon.wait_exchanges(2000, end="done")) == 2000
