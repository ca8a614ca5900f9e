"""harness_scripts.py - what the tests of the proxy let origins do and send."""

import threading
import zlib

from harness import eventually
from harness_origin import reply
from harness_peer import DEADLINE


def pattern(n):
    """N bytes in which no piece can be missing or doubled unnoticed."""
    period = bytes(i * 7 % 251 for i in range(251)) + b"\r\n0\r\n\r\n"
    return (period * (n // len(period) + 1))[:n]


def crc(data):
    return f"{zlib.crc32(data):08x}"


def chunked(*pieces, trailers=b""):
    """PIECES as chunks, and the last chunk."""
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p) + \
        b"0\r\n" + trailers + b"\r\n"


def chunked_reply(*pieces):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + \
        chunked(*pieces)


def post(path, *pieces, length=None, fields=()):
    """A POST as bytes: one piece with its length, or chunks."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *fields]
    if len(pieces) == 1 and length is None:
        length = len(pieces[0])
    lines.append("Transfer-Encoding: chunked" if length is None
                 else f"Content-Length: {length}")
    head = "".join(line + "\r\n" for line in lines) + "\r\n"
    body = chunked(*pieces) if length is None else b"".join(pieces)
    return head.encode() + body


def get(path="/", *fields, version="1.1", host="localhost"):
    """A GET as bytes."""
    lines = [f"GET {path} HTTP/{version}", f"Host: {host}", *fields]
    return ("".join(line + "\r\n" for line in lines) + "\r\n").encode()


def tell(peer):
    """A script: says what it got, path and body."""
    while True:
        request = peer.read_request()
        peer.requests.append(request)
        path = request.start.split(" ")[1]
        peer.send(reply(f"{path} {len(request.body)} "
                        f"{crc(request.body)}".encode()))


# What the proxy tells each origin of a request's way: forward.c.
FORWARDING = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
              "x-forwarded-port", "x-request-id", "traceparent", "via")


def without_forwarding(request):
    """The fields of a request that an origin got, but for those."""
    return [(name, value) for name, value in request.fields
            if name.lower() not in FORWARDING]


class Gate:
    """Holds scripts until the test opens it."""

    def __init__(self):
        self.event = threading.Event()
        self.reached = threading.Semaphore(0)

    def wait(self):
        self.reached.release()
        assert self.event.wait(6 * DEADLINE), "the gate was never opened"

    def wait_reached(self, times=1):
        """Until a script stands at the gate."""
        for _ in range(times):
            assert self.reached.acquire(timeout=DEADLINE), \
                "no script came to the gate"

    def open(self):
        self.event.set()


def held(gate, data):
    """A script that reads a request, then waits at the gate to answer."""
    def script(peer):
        while True:
            peer.requests.append(peer.read_request())
            gate.wait()
            peer.send(data)
    return script


def counters(daemon):
    """{name: number} of `sluicectl status`."""
    words = (line.split() for line in
             daemon.ctl("status").stdout.splitlines())
    return {w[0]: int(w[1]) for w in words
            if len(w) == 2 and w[1].isdigit()}


def wait_counter(daemon, name, number):
    eventually(lambda: counters(daemon).get(name) == number,
               what=f"{name} to be {number}: {counters(daemon)}")


def rss_of(pid):
    """The resident size of a process, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS"))
