"""How deep the stacks of fibers get: builds with --enable-census tell when a
worker ends, and what they tell is held to half of a stack."""

import re
import subprocess

import pytest

from harness import BUILD, proxy_to
from harness_origin import reply
from harness_scripts import chunked_reply, get, pattern, post

CEILING = 32 * 1024
SITES = {"accept", "client", "upload", "tunnel"}
LINE = re.compile(r" census: (\w+): (\d+) of (\d+) bytes, (\d+) fibers$", re.M)

FEATURES = subprocess.run([BUILD / "sluiced", "-V"], capture_output=True,
                          text=True, check=True).stdout
has_census = pytest.mark.skipif(
    "census" not in FEATURES, reason="the build is without --enable-census")


def everything(peer):
    """A script: replies of all kinds, by path."""
    while True:
        head = peer.read_head()
        path = head.start.split(" ")[1]
        if path == "/ws":
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                      b"Connection: upgrade\r\nUpgrade: x\r\n\r\n")
            peer.send(peer.read_to_close())
            return
        peer.read_body(head, to_close=False)
        peer.send({
            "/chunked": chunked_reply(pattern(100_000), b"x"),
            "/large": reply(pattern(3_000_000)),
            "/hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                      reply(b"x", fields=["A: b"] * 90),
            "/garbage": b"garbage\r\n\r\n",
        }.get(path, reply(b"hello")))
        if path == "/garbage":
            return


def exercise(daemon):
    fields = [f"F{i}: {i}" for i in range(90)]
    with daemon.client(deadline=30) as client:
        for path in ("/", "/chunked", "/large", "/hints", "/%7e//x/../y",
                     "/garbage"):
            client.send(get(path, *fields))
            client.read_reply()
        for body in (b"x", pattern(100_000), pattern(3_000_000)):
            client.send(post("/", body) + post("/", body[:1], body[1:] or b"y"))
            client.read_reply()
            client.read_reply()
        client.send(get("/ws", "Connection: upgrade", "Upgrade: x") + b"abc")
        assert client.read_reply().status == 101
        client.send(pattern(200_000))
        client.shutdown()
        assert len(client.read_to_close()) == 200_003
    for data in (b"nonsense\r\n\r\n", get("/../x"), b"x" * 70_000,
                 post("/", b"abc", b"d").replace(b"\r\nabc", b"\r\nabcdef")):
        with daemon.client() as client:
            client.send(data)
            client.read_reply()


@has_census
def test_stacks_stay_below_their_ceiling(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(everything)), workers=1)
    exercise(daemon)
    daemon.stop()
    told = {name: (int(deepest), int(room), int(fibers))
            for name, deepest, room, fibers in LINE.findall(daemon.errors())}
    assert set(told) == SITES
    for name, (deepest, room, fibers) in told.items():
        assert 0 < deepest <= min(CEILING, room), name
        assert fibers > 0
