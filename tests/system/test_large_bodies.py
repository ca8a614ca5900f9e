"""Bodies far larger than any buffer: whole, and without memory for them.

64 MiB in `make check`, 2 GiB in `make soak`.  The bytes come from a block
that is repeated, and are compared, not kept.
"""

import os
import signal
import threading
import zlib

import pytest

from harness import eventually, proxy_to, size
from harness_origin import reply
from harness_scripts import pattern, rss_of

MIB = 1 << 20
SIZE = size(64 * MIB, 2048 * MIB)
BLOCK = pattern(MIB)
GROWTH = 6 * 1024   # KiB that a worker may grow by, whatever the body's size
PATIENCE = size(60, 600)
LARGE = 'limits = { body = "16g"; };\n'


class Memory:
    """Samples the resident size of processes while something goes on."""

    def __init__(self, pids):
        self.pids = pids
        self.done = threading.Event()
        self.before = self.now()
        self.most = self.before
        self.thread = threading.Thread(target=self._watch)

    def now(self):
        return sum(rss_of(pid) for pid in self.pids)

    def _watch(self):
        while not self.done.wait(0.02):
            self.most = max(self.most, self.now())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        self.most = max(self.most, self.now())

    @property
    def growth(self):
        return self.most - self.before


def swallow(peer, total):
    """Reads TOTAL raw bytes; were they BLOCK again and again?"""
    good = bytes(peer.received[peer.at:]) == \
        BLOCK[:len(peer.received) - peer.at]
    at = len(peer.received) - peer.at
    view = memoryview(bytearray(MIB))
    peer.sock.settimeout(PATIENCE)
    while at < total:
        place = at % MIB
        got = peer.sock.recv_into(view, min(MIB - place, total - at))
        if got == 0:
            return False
        good = good and view[:got] == BLOCK[place:place + got]
        at += got
    del peer.received[peer.at:]
    return good and at == total


def swallow_chunks(peer, total):
    """The same for a chunked body."""
    crc, at = 0, 0
    while (n := int(peer.read_until(b"\r\n"), 16)) > 0:
        crc = zlib.crc32(peer.read_exactly(n), crc)
        assert peer.read_exactly(2) == b"\r\n"
        at += n
        del peer.received[:peer.at]
        peer.at = 0
    assert peer.read_exactly(2) == b"\r\n"
    return at == total and crc == crc_of(total)


def crc_of(total):
    crc = 0
    for _ in range(total // MIB):
        crc = zlib.crc32(BLOCK, crc)
    return crc


def pour(peer, total, chunks):
    for _ in range(total // MIB):
        peer.send(b"100000\r\n" + BLOCK + b"\r\n" if chunks else BLOCK)
    if chunks:
        peer.send(b"0\r\n\r\n")


def framing(chunks, total):
    return "Transfer-Encoding: chunked" if chunks else \
        f"Content-Length: {total}"


def head(start, *fields):
    return "".join(line + "\r\n" for line in (start, *fields, "")).encode()


@pytest.mark.parametrize("chunks", [False, True], ids=["length", "chunked"])
def test_large_download_arrives_with_flat_memory(sluice, origin, chunks):
    def script(peer):
        peer.deadline = PATIENCE
        while True:
            peer.read_request()
            peer.send(head("HTTP/1.1 200 OK", framing(chunks, SIZE)))
            pour(peer, SIZE, chunks)

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client(deadline=PATIENCE) as client, \
            Memory(daemon.workers()) as memory:
        for _ in range(size(2, 1)):
            client.request("/large")
            client.read_head()
            take = swallow_chunks if chunks else swallow
            assert take(client, SIZE)
    assert memory.growth < GROWTH
    line = daemon.wait_exchanges(1)[0]
    assert (line["end"], line["bytes"]) == ("done", str(SIZE))
    assert len(behind.peers) == 1


@pytest.mark.parametrize("chunks", [False, True], ids=["length", "chunked"])
def test_large_upload_arrives_with_flat_memory(sluice, origin, chunks):
    verdicts = []

    def script(peer):
        peer.deadline = PATIENCE
        while True:
            peer.read_head()
            take = swallow_chunks if chunks else swallow
            verdicts.append(take(peer, SIZE))
            peer.send(reply(b"taken"))

    behind = origin(script)
    daemon = sluice(conf=LARGE, vhost=proxy_to(behind), workers=1)
    with daemon.client(deadline=PATIENCE) as client, \
            Memory(daemon.workers()) as memory:
        for _ in range(size(2, 1)):
            client.send(head("POST /large HTTP/1.1", "Host: a",
                             framing(chunks, SIZE)))
            pour(client, SIZE, chunks)
            assert client.read_reply().body == b"taken"
    assert all(verdicts)
    assert memory.growth < GROWTH
    line = daemon.wait_exchanges(1)[0]
    assert (line["end"], line["received"]) == ("done", str(SIZE))
    assert len(behind.peers) == 1


def test_large_bodies_both_ways_at_once(sluice, origin):
    """The reply ends last: its end is the end of the exchange."""
    verdicts = []

    def script(peer):
        peer.deadline = PATIENCE
        peer.read_head()
        peer.send(head("HTTP/1.1 200 OK", framing(False, SIZE)))
        writer = threading.Thread(target=pour,
                                  args=(peer, SIZE - MIB, False))
        writer.start()
        verdicts.append(swallow(peer, SIZE))
        writer.join()
        pour(peer, MIB, False)

    daemon = sluice(conf=LARGE, vhost=proxy_to(origin(script)), workers=1)
    with daemon.client(deadline=PATIENCE) as client, \
            Memory(daemon.workers()) as memory:
        client.send(head("POST / HTTP/1.1", "Host: a",
                         framing(False, SIZE)))
        writer = threading.Thread(target=pour, args=(client, SIZE, False))
        writer.start()
        client.read_head()
        assert swallow(client, SIZE)
        writer.join()
        eventually(lambda: verdicts)
    assert verdicts == [True]
    assert memory.growth < GROWTH


def test_stalled_uploads_hold_no_window(sluice, origin):
    """Also not behind a read that was as large as it could be, which left
    open whether there was more."""
    def script(peer):
        peer.read_head()
        peer.requests.append(len(peer.read_exactly(65_536)))
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    pid, = daemon.workers()
    clients = [daemon.client() for _ in range(200)]
    for client in clients:
        client.send(head("POST / HTTP/1.1", "Host: a", framing(True, 0)))
    eventually(lambda: len(behind.peers) == len(clients))
    before = rss_of(pid)
    os.kill(pid, signal.SIGSTOP)
    for client in clients:
        client.send(b"100000\r\n" + BLOCK[:65_536 - 8])
    os.kill(pid, signal.SIGCONT)
    eventually(lambda: len(behind.requests) == len(clients))
    assert rss_of(pid) - before < 40 * len(clients)     # a window: 64
    for client in clients:
        client.reset()
    daemon.wait_exchanges(len(clients))


def test_many_slow_readers_share_one_budget(sluice, origin):
    """Each holds at most a window, however much the origin would send."""
    def script(peer):
        peer.read_request()
        peer.send(head("HTTP/1.1 200 OK", framing(True, 0)))
        pour(peer, 64 * MIB, chunks=True)

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    slow = []
    with Memory(daemon.workers()) as memory:
        for _ in range(size(50, 200)):
            client = daemon.client(receive_buffer=4096)
            client.request("/")
            client.read_head()
            slow.append(client)
        assert memory.growth < len(slow) * 160 + GROWTH
        for client in slow:
            client.reset()
        daemon.wait_exchanges(len(slow))
    assert daemon.alive()
