"""Clients of HTTP/2 that send much of what costs them nothing: each is told
ENHANCE_YOUR_CALM, and the log names the setting."""

import struct

import pytest

from h2_cases import echo
from harness import eventually, proxy_to
from harness_h2 import (ACK, EH, ERRORS, ES, H2, PADDED, block, frame,
                        integer, request, settings)
from harness_peer import Closed
from test_strict_requests import counter

LIMITS = """
listen = [ "h2c://127.0.0.1:@PORT@" ];
limits = { resets = "20/60s"; settings = "20/60s"; pings = "20/60s";
           frames = "100/60s"; continuations = 4; header = "16k"; };
"""
HOLD = block(request("/@hold"))
KEEP = block(request("/@hold", method="POST"))


def u32(number):
    return struct.pack(">I", number)


def begin(stream, keep=False):
    """A request that is not answered."""
    return frame("HEADERS", stream, EH | (0 if keep else ES),
                 KEEP if keep else HOLD)


def reset_by_us(stream):
    return begin(stream) + frame("RST_STREAM", stream, 0, u32(8))


def longer_than_it_says(stream):
    fields = request("/@hold", method="POST") + [("content-length", "1")]
    return frame("HEADERS", stream, EH, block(fields)) + \
        frame("DATA", stream, 0, b"xx")


def trailers_that_do_not_end(stream):
    return begin(stream, keep=True) + \
        frame("HEADERS", stream, EH, block([("a", "b")]))


def no_path(stream):
    return frame("HEADERS", stream, EH | ES, block([(":method", "GET")]))


def capitals(stream):
    return frame("HEADERS", stream, EH | ES,
                 block(request("/@hold") + [("X-A", "b")]))


def continued(payload):
    def flood(stream):
        return frame("HEADERS", stream, ES, HOLD) + \
            frame("CONTINUATION", stream, 0, payload) * 10
    return flood


def bomb(stream):
    """4 kB are remembered, and named 4000 times, by a byte each."""
    large = b"\x40" + integer(3, 7) + b"x-a" + integer(4000, 7) + b"v" * 4000
    return frame("HEADERS", stream, ES | EH, HOLD + large + b"\xbe" * 4000)


def again(*what, **how):
    data = frame(*what, **how)
    return lambda _stream: data


ROWS = {
    "rapid-reset": ("resets", "20/1m", reset_by_us),
    "length": ("resets", "20/1m", longer_than_it_says),
    "trailers": ("resets", "20/1m", trailers_that_do_not_end),
    "no-path": ("resets", "20/1m", no_path),
    "capitals": ("resets", "20/1m", capitals),
    "settings": ("settings", "20/1m",
                 lambda _: settings((4, 65535))),
    "settings-empty": ("settings", "20/1m", lambda _: settings()),
    "pings": ("pings", "20/1m", again("PING", payload=b"12345678")),
    "ping-acks": ("pings", "20/1m",
                  again("PING", flags=ACK, payload=b"12345678")),
    "continuations": ("continuations", "4", continued(b"")),
    "continuations-long": ("continuations", "4",
                           continued(block([("a", "b" * 100)]))),
    "data-empty": ("frames", "100/1m", again("DATA", 1)),
    "data-padding": ("frames", "100/1m", again(
        "DATA", 1, flags=PADDED, payload=b"\xff" + bytes(255))),
    "priorities": ("frames", "100/1m",
                   again("PRIORITY", 3, payload=u32(0) + b"\x0f")),
    "priority-updates": ("frames", "100/1m", again(
        "PRIORITY_UPDATE", payload=u32(1) + b"u=1")),
    "updates": ("frames", "100/1m",
                again("WINDOW_UPDATE", payload=u32(1))),
    "updates-stream": ("frames", "100/1m",
                       again("WINDOW_UPDATE", 1, payload=u32(1))),
    "unknown": ("frames", "100/1m", again(0xee, payload=b"x")),
    "unknown-empty": ("frames", "100/1m", again(0xee, 1)),
    "bomb": ("header", "16k", bomb),
}


def flood(client, make, times=2000):
    """Sends MAKE of streams 3, 5, ... until that is refused."""
    try:
        for stream in range(3, 2 * times, 2):
            client.send(make(stream))
            if stream % 50 == 1 and client.until(
                    lambda: client.goaways, 0.001):
                break
    except Closed:
        pass
    client.until(lambda: client.closed)


@pytest.fixture(name="limited")
def fixture_limited(sluice, origin):
    return sluice(vhost=proxy_to(origin(echo)) + LIMITS, workers=1)


def test_floods_are_ended_and_logged_by_the_setting(limited):
    """One after the other, each on a connection that is otherwise in order."""
    for number, (name, row) in enumerate(ROWS.items(), 1):
        setting, value, make = row
        with H2(limited.port) as client:
            client.greet()
            client.send(begin(1, keep=True))
            flood(client, make)
            assert [ERRORS[code] for _, code, _ in client.goaways] == \
                ["ENHANCE_YOUR_CALM"], name
        lines = eventually(
            lambda: limited.exchanges(end="flooded")[number - 1:], what=name)
        assert lines[0]["limit"] == f"limits.{setting}:{value}", name
        assert len(lines) == 1
    assert counter(limited, "flooded") == len(ROWS)
    with H2(limited.port) as client:
        assert client.greet().get().status == 200


def test_who_keeps_to_the_limits_is_served(limited):
    """As much as there may be of everything, on one connection."""
    with H2(limited.port) as client:
        client.greet()
        client.send(begin(1, keep=True))
        for stream in range(3, 43, 2):
            client.send(reset_by_us(stream))
        client.send(settings() * 19)
        client.send(frame("PING", payload=b"12345678") * 18)
        client.send(frame("WINDOW_UPDATE", payload=u32(1)) * 75)
        client.send(frame("HEADERS", 43, ES, HOLD[:9]) + b"".join(
            frame("CONTINUATION", 43, flags, part) for flags, part in
            [(0, HOLD[9:12]), (0, b""), (0, HOLD[12:]), (EH, b"")]))
        client.next_stream = 45
        assert client.get().status == 200
        client.ping()
        assert client.goaways == []


def test_a_head_beyond_its_limit_is_answered(limited):
    """Not yet an attack: decoded to its end, and the connection goes on."""
    for fields, status in [([("a", "b" * 15000), ("c", "d" * 3000)], 431),
                           ([(f"a{i}", "b") for i in range(101)], 431)]:
        with H2(limited.port) as client:
            client.greet()
            data = block(request() + fields)
            client.send(frame("HEADERS", 1, ES, data[:16000]) +
                        frame("CONTINUATION", 1, EH, data[16000:]))
            client.wait(lambda: client.reply(1).ended)
            assert client.reply(1).status == status
            client.next_stream = 3
            assert client.get().status == 200


def test_streams_beyond_the_limit_are_refused(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(echo)) + """
        listen = [ "h2c://127.0.0.1:@PORT@" ]; limits = { streams = 3; };""",
                    workers=1)
    with H2(daemon.port) as client:
        client.greet()
        client.wait(lambda: client.settings)
        assert client.settings[3] == 3
        held = [client.open(path="/@hold") for _ in range(4)]
        client.wait(lambda: client.reply(held[3]).reset is not None or
                    client.goaways)
        assert not client.goaways or client.goaways[0][1]


def test_a_flood_costs_little(limited):
    """What comes behind the one that was too many is not looked at."""
    data = frame("PING", payload=b"12345678") * 60_000     # 1 MB
    for _ in range(20):
        with H2(limited.port) as client:
            client.greet()
            try:
                client.send(data)
            except Closed:
                pass
            client.until(lambda: client.closed)
            assert len(client.pongs) <= 20
    lines = limited.wait_exchanges(20, end="flooded")
    assert len(lines) == 20
