"""harness_cache.py - a daemon with a cache, in front of an origin that counts.

    from harness_cache import cached, fresh

    def test_a_hit(cached):
        daemon, site = cached()
        site.has("/a", fresh(b"hello"))
        assert daemon.get("/a").body == b"hello"
        assert daemon.get("/a").body == b"hello"
        assert site.count("/a") == 1
"""

import threading

import pytest

from harness import eventually
from harness_origin import Origin, reply
from harness_peer import Closed


def fresh(body=b"", seconds=3600, fields=(), status="200 OK"):
    """A reply that may be used again for so long."""
    return reply(body, status, [f"Cache-Control: max-age={seconds}", *fields])


def stale(body=b"", fields=(), status="200 OK"):
    """A reply that was fresh ten seconds ago, and can be validated if FIELDS
    have an ETag."""
    return reply(body, status,
                 ["Cache-Control: max-age=10", "Age: 20", *fields])


class Site:
    """What the origin has, by path (without the query).

    site.has("/a", one, two)    the first request gets ONE, all others TWO

    Each is the bytes of a reply, or a function of (peer, request) that sends
    one itself.  What it does not have is 404, which is not to be stored.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.replies = {}
        self.kept = []          # (path, request), in order
        self.origin = Origin(self._serve)
        self.url = self.origin.url

    def has(self, path, *replies):
        with self.lock:
            self.replies[path] = list(replies)

    def _next(self, path, request):
        with self.lock:
            self.kept.append((path, request))
            left = self.replies.get(path)
            if not left:
                return reply(b"not here", "404 Not Found",
                             ["Cache-Control: no-store"])
            return left.pop(0) if len(left) > 1 else left[0]

    def _serve(self, peer):
        while True:
            request = peer.read_request()
            path = request.start.split(" ")[1].partition("?")[0]
            answer = self._next(path, request)
            if callable(answer):
                answer(peer, request)
            elif request.start.startswith("HEAD "):
                peer.send(answer[:answer.index(b"\r\n\r\n") + 4])
            else:
                peer.send(answer)

    def requests(self, path=None):
        """The messages that came, for PATH or all."""
        with self.lock:
            return [r for p, r in self.kept if path in (None, p)]

    def count(self, path=None):
        return len(self.requests(path))

    def wait_count(self, count, path=None):
        eventually(lambda: self.count(path) >= count,
                   what=f"{count} requests for {path or 'anything'}")

    def close(self):
        self.origin.close()


class Gate:
    """A reply that goes on when the test says so.

        gate = Gate(b"HTTP/1.1 200 OK...", b"first", b"second")
        site.has("/a", gate)
        gate.open()     # one piece more
    """

    def __init__(self, *pieces, close=False):
        self.pieces = pieces
        self.close = close      # the connection, after the last one
        self.turns = threading.Semaphore(0)
        self.began = threading.Event()

    def __call__(self, peer, request):
        self.began.set()
        for piece in self.pieces:
            assert self.turns.acquire(timeout=30), "nobody opened the gate"
            peer.send(piece)
        if self.close:
            raise Closed("by the test")

    def open(self, pieces=1):
        for _ in range(pieces):
            self.turns.release()


def counter(daemon, name):
    """What all workers have counted."""
    lines = daemon.ctl("status").stdout.splitlines()
    return next(int(line.split()[1]) for line in lines
                if line.split()[:1] == [name])


@pytest.fixture
def cached(sluice):
    """Starts a daemon and its site: cached(cache="true", vhost="", ...).

    CACHE is what `cache =` says, VHOST more lines of the vhost; other options
    are Sluiced's.
    """
    sites = []

    def make(cache="true", vhost="", **options):
        site = Site()
        sites.append(site)
        text = f'host = "*";\nproxy = "{site.url}";\ncache = {cache};\n{vhost}'
        return sluice(vhost=text, **options), site

    yield make
    for site in sites:
        site.close()
