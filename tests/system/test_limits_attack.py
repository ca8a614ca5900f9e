"""Many clients at once that keep what they are given for as long as they may:
heads that never end, bodies that trickle, replies that nobody reads.  The
others are served all the same."""

import resource
import time

import pytest

from harness import eventually, size
from harness_limits import takes, vhost_of
from harness_peer import Closed
from harness_origin import reply
from harness_scripts import Gate, held, tell
from test_proxy_idle import counters, wait_counter


@pytest.fixture(autouse=True)
def many_files():
    """Room for as many descriptors as the test's process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def many(daemon, count, **options):
    return [daemon.client(**options) for _ in range(count)]


def close(clients):
    for client in clients:
        client.close()


def send_each(clients, data):
    """To those that are still there."""
    for client in clients:
        try:
            client.send(data)
        except (OSError, Closed):
            pass


def test_heads_that_never_end(sluice, origin):
    """Slowloris."""
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='timeouts = { header = "1s"; };'),
                    workers=1)
    count = size(300, 5000)
    attackers = many(daemon, count)
    send_each(attackers, b"GET / HTTP/1.1\r\nHost: a\r\n")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        send_each(attackers, b"X: y\r\n")
        with takes(0, 1):
            assert daemon.get().status == 200
    lines = daemon.wait_exchanges(count, status=408)
    assert {line["limit"] for line in lines} == {"timeouts.header:1s"}
    close(attackers)


def test_bodies_that_trickle_hold_no_memory(sluice, origin):
    """Far more of them than there are blocks for bodies."""
    daemon = sluice(conf='memory = "16m";\n', vhost=vhost_of(
        origin(tell), more='limits = { min_rate = "1k/2s"; };'), workers=1)
    count = size(400, 3000)
    attackers = many(daemon, count)
    send_each(attackers, b"POST / HTTP/1.1\r\nHost: a\r\n"
              b"Content-Length: 100000\r\n\r\n")
    wait_counter(daemon, "exchanges", count)
    for _ in range(5):
        send_each(attackers, b"x")
        with takes(0, 1):
            assert daemon.get().status == 200
    lines = daemon.wait_exchanges(count, status=408)
    assert {line["limit"] for line in lines} == {"limits.min_rate:1k/2s"}
    close(attackers)


def chunks_without_end(peer):
    """What can't go through a pipe, so that blocks hold it; a small reply to
    everybody else."""
    head = peer.read_head()
    if head.start.startswith("GET /small"):
        peer.send(reply(b"small"))
        return
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def asks_in_vain(daemon):
    """A client that is not served at once, but is when it waits."""
    with daemon.client(deadline=30) as client:
        client.request("/small")
        waited = client.is_quiet(0.3)
        assert client.read_reply().body == b"small"
    return waited


def test_replies_that_nobody_reads_do_not_keep_the_memory(sluice, origin):
    """More readers than blocks: 16 MiB are 256.  They have all the time of
    limits.min_rate, but not while others want the memory that they hold."""
    behind = origin(chunks_without_end, deadline=120)
    daemon = sluice(conf='memory = "16m";\n', workers=1,
                    vhost=vhost_of(behind, 'limits = { header = "8k"; };',
                                   'limits = { min_rate = "10/1h"; };'))
    attackers = many(daemon, size(400, 2000), receive_buffer=4096)
    for client in attackers:
        client.request()
    eventually(lambda: asks_in_vain(daemon), deadline=30,
               what="the memory to be spent")
    for _ in range(3):
        with daemon.client(deadline=30) as client:
            assert client.get("/small").body == b"small"
    lines = daemon.wait_exchanges(1, end="client_hurried")
    assert {line["limit"] for line in lines} == {"memory:16m"}
    assert counters(daemon)["reading_paused"] > 0
    daemon.wait_error(r'memory for bodies is spent \(setting "memory"\)')
    assert not daemon.exchanges(status=503)
    close(attackers)
    wait_counter(daemon, "exchanges", 0)


def test_when_fibers_are_spent_the_next_ones_wait(sluice, origin):
    """What has begun is never refused for it: not even an upload, which needs
    a second fiber."""
    gate = Gate()
    daemon = sluice(conf="fibers = 64;\n", workers=1,
                    vhost=vhost_of(origin(held(gate, reply(b"late")))))
    clients = many(daemon, 80, deadline=30)
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
    for client in clients:
        client.send(post)
    eventually(lambda: counters(daemon)["exchanges"] == 64,
               what="64 exchanges")
    daemon.wait_error(r'64 exchanges are under way.*"fibers"')
    for client in clients:
        client.send(b"hello")
    gate.wait_reached(64)
    assert counters(daemon)["exchanges"] == 64
    gate.open()
    for client in clients:
        assert client.read_reply().body == b"late"
        client.close()
    assert len(daemon.wait_exchanges(80, end="done")) == 80
