"""The same store behind every wire: HTTP/1, TLS, HTTP/2; and what becomes of
it when clients are slow, leave, or somebody purges meanwhile."""

import json
import struct
import threading

import pytest

from harness import eventually, size
from harness_cache import cached, fresh, Gate  # noqa: F401
from harness_h2 import H2, WINDOW, frame
from harness_tls import TlsClient

# More than sockets hold, and as much as an object may have.
LARGE = bytes(range(256)) * 28672         # 7 MiB
ROOM = 'shared = { cache = "512m"; };\n'
SMALL = b"0123456789"


class Wire1:
    """A client of HTTP/1, perhaps over TLS, that speaks as Wire2 does."""

    def __init__(self, client):
        self.client = client

    def get(self, path="/a", method="GET", fields=()):
        return self.client.get(path, method, fields=fields)

    def ask(self, path):
        self.client.request(path)

    def read_slowly(self, n):
        """The body, in small pieces."""
        self.client.read_head()
        return b"".join(self.client.read_exactly(min(65536, n - at))
                        for at in range(0, n, 65536))

    def leave(self):
        self.client.reset()


class Got:
    def __init__(self, reply):
        self.status, self.body = reply.status, bytes(reply.data)
        self.get = lambda name: reply.get(name.lower())


class Wire2:
    """A client of HTTP/2, with a small window."""

    def __init__(self, client):
        self.client = client.greet((WINDOW, 65536))
        self.scheme = client.scheme

    def head(self, path, method="GET", fields=()):
        return [(":method", method), (":scheme", self.scheme),
                (":path", path), (":authority", "localhost"),
                *[tuple(f.lower().split(": ", 1)) for f in fields]]

    def get(self, path="/a", method="GET", fields=()):
        self.stream = self.client.open(self.head(path, method, fields))
        self.read_slowly()
        return Got(self.client.reply(self.stream))

    def ask(self, path):
        self.stream = self.client.open(self.head(path))

    def read_slowly(self, _=None):
        """The body, a window at a time."""
        reply, credited = self.client.reply(self.stream), 0
        while not reply.ended:
            self.client.wait(lambda: reply.ended or reply.flowed > credited,
                             "DATA")
            if reply.flowed == credited:
                continue
            more = struct.pack(">I", reply.flowed - credited)
            credited = reply.flowed
            self.client.send(frame("WINDOW_UPDATE", 0, 0, more))
            if not reply.ended:
                self.client.send(
                    frame("WINDOW_UPDATE", self.stream, 0, more))
        return bytes(reply.data)

    def leave(self):
        self.client.wait(lambda: self.client.reply(self.stream).flowed > 0)
        self.client.send(frame("RST_STREAM", self.stream, 0,
                               struct.pack(">I", 8)))
        self.client.ping()


@pytest.fixture(params=["http", "https", "h2c", "h2"])
def front(request, cached, certs):      # noqa: F811
    """front() -> a daemon, its site, and a function that makes clients."""
    def start():
        tls = request.param in ("https", "h2")
        pair = certs.leaf("localhost")
        scheme = {"h2": "https"}.get(request.param, request.param)
        vhost = f'listen = "{scheme}://127.0.0.1:@PORT@";\n' + (
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; }};\n'
            if tls else "")
        daemon, site = cached('{ purge_from = [ "127.0.0.1" ]; }',
                              vhost=vhost, conf=ROOM, workers=1)

        def client():
            if request.param in ("h2c", "h2"):
                return Wire2(H2(daemon.port, tls=tls, receive_buffer=65536))
            if tls:
                return Wire1(TlsClient(daemon.port, ca=certs.ca))
            return Wire1(daemon.client(receive_buffer=65536))
        return daemon, site, client
    return start


def pinned(daemon):
    return json.loads(
        daemon.ctl("--json", "cache", "status").stdout)["bytes_pinned"]


def test_all_kinds_of_replies(front):
    daemon, site, client = front()
    site.has("/a", fresh(SMALL, fields=['ETag: "x"']))
    one = client()
    for _ in range(2):
        assert one.get().body == SMALL
    got = one.get(method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert got.get("Content-Length") == "10"
    got = one.get(fields=['If-None-Match: "x"'])
    assert (got.status, got.body, got.get("ETag")) == (304, b"", '"x"')
    got = one.get(fields=["Range: bytes=2-4"])
    assert (got.status, got.body) == (206, b"234")
    got = one.get(fields=["Range: bytes=2-4,8-"])
    assert got.status == 206 and b"\r\n\r\n89\r\n--" in got.body
    assert one.get(fields=["Range: bytes=10-"]).status == 416
    assert one.get().body == SMALL
    assert site.count() == 1


def test_slow_readers_of_what_is_purged(front):
    """All of them get all of it, and then nothing is held."""
    daemon, site, client = front()
    site.has("/a", *[fresh(LARGE) for _ in range(9)])
    warmer = client()
    readers, bodies = [client() for _ in range(3)], []
    for reader in readers:
        assert len(warmer.get().body) == len(LARGE)
        reader.ask("/a")
        eventually(lambda: pinned(daemon) > 0)
        assert warmer.get(method="PURGE").status == 200
    threads = [threading.Thread(target=lambda r=r: bodies.append(
        r.read_slowly(len(LARGE)))) for r in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [body == LARGE for body in bodies] == [True] * 3
    eventually(lambda: pinned(daemon) == 0, what="nothing to be held")


def test_who_leaves_lets_go(front):
    daemon, site, client = front()
    site.has("/a", fresh(LARGE))
    assert client().get().body == LARGE
    readers = [client() for _ in range(3)]
    for reader in readers:
        reader.ask("/a")
    eventually(lambda: pinned(daemon) > 0)
    for reader in readers:
        reader.leave()
    eventually(lambda: pinned(daemon) == 0, what="nothing to be held")
    assert client().get().body == LARGE
    assert site.count() == 1


def test_what_still_grows(front):
    daemon, site, client = front()
    gate = Gate(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n",
                b"5\r\n56789\r\n0\r\n\r\n")
    site.has("/a", gate)
    results = []
    readers = [client() for _ in range(3)]
    threads = [threading.Thread(
        target=lambda r=r: results.append(r.get().body)) for r in readers]
    for thread in threads:
        thread.start()
    gate.began.wait(10)
    gate.open(2)
    for thread in threads:
        thread.join(10)
    assert results == [SMALL] * 3 and site.count() == 1


def test_small_things_are_copied_when_too_much_is_held(cached):  # noqa: F811
    """Clients that never read can't keep others from the cache."""
    daemon, site = cached('{ purge_from = [ "127.0.0.1" ]; }', workers=1,
                          conf='shared = { cache = "16m"; };\n',
                          vhost='listen = "h2c://127.0.0.1:@PORT@";\n')
    body = bytes(range(256)) * 6144             # 1.5 MiB
    site.has("/large", fresh(body))
    site.has("/small", fresh(SMALL))
    holders = []
    try:
        for _ in range(4):
            assert daemon.get("/large").body == body
            holders.append(H2(daemon.port).greet((WINDOW, 0)))
            stream = holders[-1].open(path="/large")
            holders[-1].wait(lambda h=holders[-1], s=stream:
                             h.reply(s).fields, "head")
            assert daemon.get("/large", method="PURGE").status == 200
        for path, want in (("/small", SMALL), ("/large", body)):
            for _ in range(2):
                assert daemon.get(path).body == want
        lines = daemon.wait_exchanges(8, method="GET", protocol="HTTP/1.1")
        assert [line["cache"] for line in lines[-4:]] == [
            "miss", "hit", "miss", "bypass"]
    finally:
        for holder in holders:
            holder.close()
    eventually(lambda: pinned(daemon) == 0, what="nothing to be held")
    assert daemon.get("/large").body == body
    lines = daemon.wait_exchanges(9, method="GET", protocol="HTTP/1.1")
    assert lines[-1]["cache"] == "hit"


def test_slow_readers_hold_a_quarter_at_most(cached):   # noqa: F811
    """However many there are, and whatever is purged meanwhile."""
    daemon, site = cached('{ purge_from = [ "127.0.0.1" ]; }', workers=1,
                          conf='shared = { cache = "16m"; };\n',
                          vhost='listen = "h2c://127.0.0.1:@PORT@";\n')
    body = bytes(range(256)) * 1024             # 256 KiB
    for n in range(8):
        site.has(f"/{n}", fresh(body))
    holders = []
    try:
        for n in range(size(96, 1000)):
            if n % 48 == 0:
                holders.append(H2(daemon.port).greet((WINDOW, 0)))
            stream = holders[-1].open(path=f"/{n % 8}")
            holders[-1].wait(lambda h=holders[-1], s=stream:
                             h.reply(s).fields, "head")
            if n % 4 == 0:
                daemon.get(f"/{n % 8}", method="PURGE")
            assert pinned(daemon) <= 4 << 20
        assert pinned(daemon) > 3 << 20
        assert daemon.get("/1").body == body
    finally:
        for holder in holders:
            holder.close()
    eventually(lambda: pinned(daemon) == 0, what="nothing to be held")
