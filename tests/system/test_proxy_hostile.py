"""Hostile peers: valid messages with random damage, cut anywhere, from both
sides at once.

Whatever is thrown at it, the daemon lives, forgets nothing and nobody, and
lets through only what is well-formed: the origins read strictly, and so do
the clients.  A failure names its seed.
"""

import random
import re
import socket
import threading
import time

import pytest

from harness import eventually, proxy_to, size
from harness_origin import reply
from harness_peer import Closed, Malformed
from harness_scripts import chunked_reply, get, pattern, post

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
TARGET = re.compile(r"/[!-~]*")
VALUE = re.compile(r"[\t -~\x80-\xff]*")
STATUS = re.compile(r"HTTP/1\.1 [1-5][0-9][0-9] [\t -~\x80-\xff]*")
HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer",
       "proxy", "proxy-authorization", "proxy-authenticate"}
MESSAGES = size(800, 40_000)
CLIENTS = 8

REQUESTS = [
    get("/"), get("/a/b?c=d", "User-Agent: x", "Accept: */*"),
    get("/", "Connection: close"), get("/x", version="1.0"),
    get("/ws", "Connection: upgrade", "Upgrade: websocket"),
    get("/e", "Expect: 100-continue", "Content-Length: 0"),
    post("/len", b"0123456789"), post("/chunk", b"abc", b"defgh"),
    post("/chunk", pattern(9000), b"x"), post("/len", pattern(20_000)),
    post("/len", pattern(200_000)), post("/chunk", *[pattern(7000)] * 20),
    post("/x", b"a", fields=["Expect: 100-continue"]),
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n",
    get("/large", "Cookie: " + "c" * 9000),
    get("http://localhost/abs"), get("/%7e/../%2e/./x//y"),
]

REPLIES = [
    reply(b"hello"), reply(b""), reply(pattern(70_000)),
    reply(pattern(200_000)), chunked_reply(b"abc", pattern(9000)),
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply(b"x"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"x"),
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    reply(b"x", fields=["Connection: close", "Keep-Alive: 5"]),
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
    b"Upgrade: websocket\r\n\r\nframes",
    reply(b"x", fields=[f"F{i}: {i}" for i in range(95)]),
]

PIECES = [b"\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b":", b";", b",",
          b"0", b"1", b"f", b"-", b"%", b"%00", b"%2e", b"/", b"..", b"\xff",
          b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
          b"Connection: close\r\n", b"Connection: Host\r\n", b"Host: b\r\n",
          b"\r\n\r\n", b"0\r\n\r\n", b"HTTP/1.1", b"GET / HTTP/1.1\r\n",
          b"99999999999999999999", b"Upgrade: websocket\r\n",
          b"Expect: 100-continue\r\n", b"a" * 300, b"a" * 70_000]


def damaged(rng, data):
    """DATA with up to four accidents in it."""
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        at = rng.randrange(min(len(data), 400) + 1)
        end = min(len(data), at + rng.choice([0, 1, 1, 2, 8, 40]))
        what = rng.randrange(4)
        if what == 0:
            data = data[:at] + rng.choice(PIECES) + data[at:]
        elif what == 1:
            data = data[:at] + rng.choice(PIECES) + data[end:]
        elif what == 2:
            data = data[:at] + data[end:]
        else:
            data = data[:end] + data[at:]
    return data


def send_in_pieces(rng, peer, data):
    how = rng.randrange(4)
    if how < 2 or len(data) > 30_000:
        peer.send(data)
        return
    while data:
        n = rng.choice([1, 2, 7, 100, 5000])
        peer.send(data[:n])
        data = data[n:]
        if how == 3 and rng.random() < 0.1:
            time.sleep(0.001)


# ---- the origins ----


def check_request(message):
    """Strict: anything else must not have come through."""
    words = message.start.split(" ")
    if len(words) != 3 or words[2] != "HTTP/1.1" or \
            not TOKEN.fullmatch(words[0]) or not TARGET.fullmatch(words[1]):
        raise Malformed(f"request line {message.start!r}")
    check_fields(message)
    if "/../" in words[1] or "/./" in words[1].partition("?")[0]:
        raise Malformed(f"path {words[1]!r}")
    if len(message.all("Host")) != 1:
        raise Malformed("Host")
    for name, value in message.fields:
        if name.lower() in HOP and (name, value.lower()) != (
                "Connection", "upgrade"):
            raise Malformed(f"{name}: {value}")


def check_fields(message):
    for name, value in message.fields:
        if not TOKEN.fullmatch(name) or not VALUE.fullmatch(value):
            raise Malformed(f"field {name!r}: {value!r}")
    framing = message.all("Content-Length") + \
        message.all("Transfer-Encoding")
    if len(framing) > 1 or not re.fullmatch("[0-9]+|chunked",
                                            (framing or ["0"])[0]):
        raise Malformed(f"framing {framing}")


def hostile_origin(seed):
    """A script that reads strictly and answers with damaged replies."""
    numbers = iter(range(1 << 30))

    def script(peer):
        number = next(numbers)
        rng = random.Random(f"{seed}/{number}")
        while True:
            message = peer.read_head()
            check_request(message)
            whole = rng.random() < 0.9
            if whole:
                peer.read_body(message, to_close=False)
            if message.trailers:
                raise Malformed(f"trailers {message.trailers}")
            if rng.random() < 0.05:
                return
            if rng.random() < 0.05:
                peer.reset()
                return
            answer = damaged(rng, rng.choice(REPLIES))
            send_in_pieces(rng, peer, answer)
            if b" 101 " in answer:
                peer.read_to_close()    # no more messages, whatever comes
            if not whole or rng.random() < 0.3:
                return
    return script


def quiet(script):
    """A reset under a script's hands is no failure of it."""
    def run(peer):
        try:
            script(peer)
        except (TimeoutError, OSError):
            pass
    return run


# ---- the clients ----


def read_replies(client, seconds):
    """Each head that comes within so long must be strict."""
    client.deadline = seconds
    while True:
        message = client.read_head()
        if not STATUS.fullmatch(message.start):
            raise Malformed(f"status line {message.start!r}")
        check_fields(message)
        if message.status == 101:
            return
        if message.status >= 200 and message.status not in (204, 304):
            client.read_body(message, to_close=True)


def one_client(daemon, rng):
    data = b"".join(damaged(rng, rng.choice(REQUESTS))
                    for _ in range(rng.choice([1, 1, 1, 2, 5])))
    head_asked = b"HEAD" in data
    with daemon.client() as client:
        try:
            send_in_pieces(rng, client, data)
            end = rng.randrange(6)
            if end == 0:
                client.reset()
                return
            if end == 1:
                client.shutdown()
            if not head_asked:
                read_replies(client, rng.choice([0.01, 0.05, 0.2]))
        except (Closed, TimeoutError, OSError):
            pass


def attack(daemon, seed, count, failures):
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        try:
            one_client(daemon, rng)
        except (Malformed, ValueError) as error:
            failures.append(f"seed {seed}/{number}: {error!r}")
            return


def gauge(daemon, name):
    for line in daemon.ctl("status").stdout.splitlines():
        words = line.split()
        if words[:1] == [name] and len(words) == 2:
            return int(words[1])
    return None


@pytest.mark.parametrize("origin_is_hostile", [False, True])
def test_random_damage_lets_only_good_messages_through(sluice, origin,
                                                       origin_is_hostile):
    seed = random.SystemRandom().randrange(1 << 32)
    script = hostile_origin(seed) if origin_is_hostile else strict_origin
    behind = origin(quiet(script), deadline=2)
    daemon = sluice(vhost=proxy_to(behind), workers=2)
    pids = daemon.workers()
    failures = []
    threads = [threading.Thread(target=attack, args=(
        daemon, f"{seed}.{i}", MESSAGES // CLIENTS, failures))
        for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert not behind.failures, f"seed {seed}: {behind.failures[0]!r}"
    assert daemon.workers() == pids, f"seed {seed}: a worker died"
    for name in ("clients", "exchanges", "origin_idle"):
        eventually(lambda name=name: gauge(daemon, name) == 0, deadline=30,
                   what=f"no {name} (seed {seed})")
    eventually(lambda: gauge(daemon, "fibers") == 2, what="no fiber")
    assert {line["end"] for line in daemon.exchanges()} >= {
        "done", "malformed", "client_closed"}


def strict_origin(peer):
    """A script that answers each strictly read request well."""
    while True:
        message = peer.read_head()
        check_request(message)
        peer.read_body(message, to_close=False)
        peer.send(reply(message.start.encode("latin-1")))


def test_slow_peers_do_not_stop_the_others(sluice, origin):
    """Hundreds that drip a byte at a time, and one that is in a hurry."""
    behind = origin(strict_origin)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    slow = [daemon.client(deadline=30) for _ in range(300)]
    request = post("/slow", b"abc", b"d")
    for at in range(0, len(request), 8):
        for client in slow:
            client.send(request[at:at + 8])
        begun = time.monotonic()
        with daemon.client() as quick:
            assert quick.get("/quick").status == 200
        assert time.monotonic() - begun < 5
    for client in slow:
        assert client.read_reply().body == b"POST /slow HTTP/1.1"
        client.close()


def test_garbage_floods_are_ended(sluice, origin):
    """Nobody reads for ever what has no end."""
    daemon = sluice(vhost=proxy_to(origin(strict_origin)), workers=1)
    for start in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"\x00",
                  b"POST / HTTP/1.1\r\nHost: a\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n"):
        with daemon.client(deadline=20) as client:
            client.sock.settimeout(20)
            with pytest.raises((ConnectionError, socket.timeout)) as ended:
                client.sock.sendall(start)
                while True:
                    client.sock.sendall(b"x" * 10_000)
            assert not isinstance(ended.value, socket.timeout)
    assert daemon.get().status == 200
