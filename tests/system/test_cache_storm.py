"""A cache under everything at once: replies of all kinds that come, break off,
change and are purged, clients that leave, workers that are killed.  Each body
carries its checksum in its head, so a head with another body is seen; and at
the end nothing is left."""

import os
import random
import signal
import threading
import time
import zlib

import pytest

from harness import eventually
from harness_cache import counter
from harness_peer import Closed
from harness_scripts import chunked

PAGES = 60
SIZES = [0, 1, 100, 5000, 20000, 70000, 300000, 1500000, 50, 3000]
KEPT = ["max-age=1", "max-age=60", "private", "no-store", "no-cache",
        "max-age=0, stale-while-revalidate=5", "max-age=1, stale-if-error=20"]
BREAKS_OFF = 0.03


def page(path, dice):
    """A new body for PATH, and the field lines of its head."""
    size = SIZES[int(path[2:]) % len(SIZES)]
    seed = f"{path} {dice.randrange(1000)} ".encode()
    body = (seed * (size // len(seed) + 1))[:size]
    lines = [f"Cache-Control: {dice.choice(KEPT)}",
             f"X-Crc: {zlib.crc32(body)}"]
    if dice.random() < 0.5:
        lines.append(f'ETag: "{zlib.crc32(body)}"')
    if dice.random() < 0.2:
        lines.append("Vary: X-V")
    return body, lines


def head(status, *lines):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def whole(body, lines, dice):
    if dice.random() < 0.5:
        return head("200 OK", *lines, f"Content-Length: {len(body)}") + body
    pieces = [body[i:i + 9000] for i in range(0, len(body), 9000)]
    return head("200 OK", *lines, "Transfer-Encoding: chunked") + \
        chunked(*pieces)


def answer(peer, request, dice):
    method, path, _ = request.start.split(" ")
    body, lines = page(path, dice)
    tag = request.get("if-none-match")
    if method == "POST":
        peer.send(head("200 OK", "Content-Length: 0"))
    elif tag and dice.random() < 0.5:
        peer.send(head("304 Not Modified", lines[0], f"ETag: {tag}"))
    elif dice.random() < BREAKS_OFF:
        raise Closed("by dice")
    elif dice.random() < 0.05:
        peer.send(head("503 Busy", "Content-Length: 2") + b"no")
    elif method == "HEAD":
        peer.send(head("200 OK", f"Content-Length: {len(body)}"))
    else:
        data = whole(body, lines, dice)
        if dice.random() < BREAKS_OFF:
            peer.send(data[:len(data) // 2])
            raise Closed("by dice")
        for i in range(0, len(data), len(data) // 4 + 1):
            peer.send(data[i:i + len(data) // 4 + 1])


def script(peer):
    dice = random.Random()
    while True:
        answer(peer, peer.read_request(), dice)


def ask(client, dice):
    """One request; False: the client has left."""
    path = f"/p{dice.randrange(PAGES)}"
    method = dice.choice(["GET"] * 12 + ["HEAD", "POST"])
    lines = [f"{method} {path} HTTP/1.1", "Host: x",
             f"X-V: {dice.randrange(3)}"]
    if dice.random() < 0.1:
        lines.append("Cache-Control: no-cache")
    if method == "POST":
        lines.append("Content-Length: 0")
    client.send("\r\n".join([*lines, "", ""]).encode())
    if dice.random() < 0.08:
        client.reset()
        return False
    message = client.read_reply(method)
    assert message.status in (200, 502, 503), message.head
    if method == "GET" and message.status == 200:
        assert zlib.crc32(message.body) == int(message.get("X-Crc")), \
            message.head
        begin = f"{path} ".encode()
        assert message.body.startswith(begin[:len(message.body)])
    return True


def visit(daemon, over, wrong, answered):
    dice = random.Random()
    while not over.is_set():
        try:
            with daemon.client(deadline=20) as client:
                for _ in range(dice.randrange(1, 8)):
                    if not ask(client, dice):
                        break
                    answered.append(1)
        except (Closed, ConnectionError):
            pass
        except Exception as error:
            wrong.append(repr(error))
            return


def storm(sluice, origin, seconds):
    daemon = sluice(
        vhost=f'host = "*"; proxy = "{origin(script).url}";\n'
              'cache = { max_object = "1m"; };',
        workers=3, crash=True,
        conf='shared = { cache = "32m"; };\nwatchdog = "2s";\n')
    over, wrong, answered = threading.Event(), [], []
    visitors = [threading.Thread(target=visit, args=(
        daemon, over, wrong, answered)) for _ in range(16)]
    for visitor in visitors:
        visitor.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not wrong:
        time.sleep(0.5)
        pids = daemon.workers()
        if pids:
            os.kill(random.choice(pids), signal.SIGKILL)
    over.set()
    for visitor in visitors:
        visitor.join()
    assert not wrong, wrong
    assert len(answered) > 100
    eventually(lambda: counter(daemon, "exchanges") == 0 and
               counter(daemon, "cache_fetches") == 0,
               what="all exchanges and fetches to end")
    held = daemon.ctl("cache", "status").stdout
    assert "held      0.0m by clients that read it, 0.0m by fetches" in held


def test_each_head_has_its_own_body(sluice, origin):
    storm(sluice, origin, 3)


@pytest.mark.soak
def test_each_head_has_its_own_body_for_long(sluice, origin):
    storm(sluice, origin, 120)
