"""One fetch for all who wait, in all workers; and what becomes of them when it
does not go well."""

import os
import signal
import time

import pytest

from harness import eventually
from harness_cache import Gate, cached, counter, fresh, stale  # noqa: F401
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import chunked, get, pattern

WAITING = 12


def ask(daemon, path="/a", count=WAITING):
    """So many clients that have asked, and wait."""
    clients = [daemon.client() for _ in range(count)]
    for client in clients:
        client.send(get(path))
    return clients


def bodies(clients):
    return [client.read_reply().body for client in clients]


def close(clients):
    for client in clients:
        client.close()


def wait_asked(daemon, count=WAITING):
    eventually(lambda: counter(daemon, "exchanges") == count,
               what=f"{count} exchanges")


def nothing_is_left(daemon):
    """No exchange, no fiber, no connection of an origin that is in use."""
    eventually(lambda: counter(daemon, "exchanges") == 0 and
               counter(daemon, "cache_fetches") == 0,
               what="all exchanges and fetches to end")


def test_all_workers_wait_for_one_fetch(cached):
    daemon, site = cached(workers=3)
    gate = Gate(fresh(b"hello"))
    site.has("/a", gate)
    clients = ask(daemon)
    wait_asked(daemon)
    gate.open()
    assert bodies(clients) == [b"hello"] * WAITING
    assert site.count("/a") == 1
    close(clients)
    nothing_is_left(daemon)
    uses = [line["cache"] for line in daemon.wait_exchanges(WAITING)]
    assert uses.count("miss") == 1
    assert uses.count("collapsed") + uses.count("hit") == WAITING - 1


def test_all_stream_it_as_it_grows(cached):
    daemon, site = cached(workers=3)
    body = pattern(300_000)
    head = (b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
            b"Content-Length: 300000\r\n\r\n")
    gate = Gate(head + body[:100_000], body[100_000:200_000], body[200_000:])
    site.has("/a", gate)
    clients = ask(daemon)
    for part in range(3):
        gate.open()
        for client in clients:
            if part == 0:
                client.read_head()
            assert client.read_exactly(100_000) == \
                body[part * 100_000:][:100_000]
    assert site.count("/a") == 1
    assert daemon.get("/a").body == body
    close(clients)
    nothing_is_left(daemon)


def test_it_goes_on_when_who_began_it_leaves(cached):
    daemon, site = cached(workers=2)
    gate = Gate(fresh(b"hello"))
    site.has("/a", gate)
    first, = ask(daemon, count=1)
    gate.began.wait(10)
    others = ask(daemon, count=5)
    wait_asked(daemon, 6)
    first.reset()
    wait_asked(daemon, 5)
    gate.open()
    assert bodies(others) == [b"hello"] * 5
    assert site.count("/a") == 1
    close(others)
    nothing_is_left(daemon)


def test_it_is_stored_though_everybody_has_left(cached):
    daemon, site = cached(workers=2)
    gate = Gate(fresh(b"hello"))
    site.has("/a", gate)
    clients = ask(daemon, count=3)
    wait_asked(daemon, 3)
    for client in clients:
        client.reset()
    wait_asked(daemon, 0)
    gate.open()
    eventually(lambda: counter(daemon, "cache_stored") == 1,
               what="the reply to be stored")
    assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 1
    nothing_is_left(daemon)


def test_a_slow_first_client_does_not_slow_others(cached):
    daemon, site = cached(workers=1)
    body = pattern(8_000_000)
    site.has("/a", fresh(body))
    slow = daemon.client()
    slow.send(get("/a"))
    slow.read_head()
    assert daemon.get("/a").body == body
    assert site.count("/a") == 1
    assert slow.read_exactly(len(body)) == body
    slow.close()
    nothing_is_left(daemon)


def test_what_is_not_stored_releases_all_at_once(cached):
    daemon, site = cached(workers=3)
    private = reply(b"mine", fields=["Cache-Control: private"])
    first, others = Gate(private), Gate(private)
    site.has("/a", first, others)
    clients = ask(daemon)
    wait_asked(daemon)
    first.open()
    # All others are at the origin while none of them is answered.
    site.wait_count(WAITING, "/a")
    others.open(WAITING - 1)
    assert bodies(clients) == [b"mine"] * WAITING
    assert site.count("/a") == WAITING
    close(clients)
    nothing_is_left(daemon)


def test_what_varies_by_everything_is_waited_for_by_nobody(cached):
    daemon, site = cached(workers=1)
    anything = fresh(b"hello", fields=["Vary: *"])
    gate = Gate(anything)
    site.has("/a", anything, anything, gate)
    for _ in range(2):
        assert daemon.get("/a").body == b"hello"
    clients = ask(daemon, count=4)
    site.wait_count(6, "/a")
    gate.open(4)
    assert bodies(clients) == [b"hello"] * 4
    close(clients)
    nothing_is_left(daemon)


def test_who_must_ask_by_himself_does_so_in_parallel(cached):
    daemon, site = cached(workers=2)
    checked = reply(b"hello", fields=["Cache-Control: no-cache", 'ETag: "1"'])
    first, others = Gate(checked), Gate(checked)
    site.has("/a", first, others)
    clients = ask(daemon, count=6)
    wait_asked(daemon, 6)
    first.open()
    site.wait_count(6, "/a")
    others.open(5)
    assert bodies(clients) == [b"hello"] * 6
    close(clients)
    nothing_is_left(daemon)


def test_all_have_the_end_of_the_fetch(cached):
    daemon, site = cached(workers=2, vhost="")
    gate = Gate(b"", close=True)

    def hang_up(peer, request):
        gate(peer, request)

    site.has("/a", hang_up)
    clients = ask(daemon, count=6)
    wait_asked(daemon, 6)
    gate.open(10)
    assert [client.read_reply().status for client in clients] == [502] * 6
    close(clients)
    nothing_is_left(daemon)


def test_a_reply_that_breaks_off_is_broken_off_and_not_kept(cached):
    daemon, site = cached(workers=2)
    half = (b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
            b"Content-Length: 1000\r\n\r\n" + b"x" * 500)
    gate = Gate(half, b"y", close=True)
    site.has("/a", gate, fresh(b"whole"))
    clients = ask(daemon, count=4)
    gate.open()
    for client in clients:
        client.read_head()
        client.read_exactly(500)
    gate.open()
    for client in clients:
        with pytest.raises(Closed):
            client.read_exactly(500)
    close(clients)
    assert daemon.get("/a").body == b"whole"
    nothing_is_left(daemon)


def fetching_worker(daemon, site):
    """The pid of the worker that has a connection to the origin."""
    def find():
        for pid in daemon.workers():
            if connects_to(pid, site.origin.port):
                return pid
        return None
    return eventually(find, what="a worker to fetch")


def connects_to(pid, port):
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            words = line.split()
            if int(words[2].split(":")[1], 16) == port and \
                    words[9] in inodes:
                return True
    return False


def test_a_fetcher_that_is_killed_is_replaced(cached):
    daemon, site = cached(workers=3, crash=True)
    first, second = Gate(fresh(b"never")), Gate(fresh(b"hello"))
    site.has("/a", first, second)
    clients = ask(daemon)
    wait_asked(daemon)
    pid = fetching_worker(daemon, site)
    os.kill(pid, signal.SIGKILL)
    site.wait_count(2, "/a")
    second.open()
    answered = 0
    for client in clients:
        try:
            assert client.read_reply().body == b"hello"
            answered += 1
        except Closed:
            pass
    assert 0 < answered < WAITING
    assert site.count("/a") == 2
    first.open()
    close(clients)
    nothing_is_left(daemon)


def test_who_waits_for_a_stopped_worker_is_answered_in_time(cached):
    """The watchdog ends it, and what it had claimed is given back."""
    daemon, site = cached(workers=3, crash=True, conf='watchdog = "1s";\n')
    first, second = Gate(fresh(b"never")), Gate(fresh(b"hello"))
    site.has("/a", first, second)
    clients = ask(daemon)
    wait_asked(daemon)
    pid = fetching_worker(daemon, site)
    os.kill(pid, signal.SIGSTOP)
    site.wait_count(2, "/a")
    second.open()
    answered = 0
    for client in clients:
        try:
            assert client.read_reply().body == b"hello"
            answered += 1
        except Closed:
            pass
    assert 0 < answered < WAITING
    first.open()
    close(clients)
    nothing_is_left(daemon)


def test_the_log_says_what_it_waited_for(cached):
    daemon, site = cached(workers=1)
    gate = Gate(fresh(b"hello"))
    site.has("/a", gate)
    clients = ask(daemon, count=2)
    wait_asked(daemon, 2)
    site.wait_count(1, "/a")
    close(clients)
    lines = daemon.wait_exchanges(2)
    assert [line["waiting_for"] for line in lines] == ["fetch"] * 2
    gate.open()
    nothing_is_left(daemon)
