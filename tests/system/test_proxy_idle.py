"""Clients that are only connected: they own no fiber, and cost next to
nothing; many that come at once; more than there is room for."""

import os
import resource
import signal
import socket

import pytest

from harness import proxy_to, size
from harness_origin import reply
from harness_scripts import (Gate, counters, get, held, tell,
                             wait_counter)


@pytest.fixture
def many_files():
    """Room for as many descriptors as the test's process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_parked_clients_hold_no_fiber(sluice, origin, many_files):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    wait_counter(daemon, "clients", 0)
    alone = counters(daemon)["fibers"]
    clients = [daemon.client() for _ in range(size(300, 3000))]
    for client in clients:
        assert client.get().status == 200
    wait_counter(daemon, "clients", len(clients))
    wait_counter(daemon, "fibers", alone)
    assert counters(daemon)["exchanges"] == 0
    for client in clients:
        assert client.get("/again").body.startswith(b"/again ")
    for client in clients:
        client.close()
    wait_counter(daemon, "clients", 0)


def test_exchanges_hold_a_fiber_each_and_give_it_back(sluice, origin):
    gate = Gate()
    daemon = sluice(vhost=proxy_to(origin(held(gate, reply(b"x")))),
                    workers=1)
    wait_counter(daemon, "clients", 0)
    alone = counters(daemon)["fibers"]
    clients = [daemon.client() for _ in range(20)]
    for client in clients:
        client.request()
    gate.wait_reached(20)
    wait_counter(daemon, "exchanges", 20)
    assert counters(daemon)["fibers"] == alone + 20
    gate.open()
    for client in clients:
        client.read_reply()
        client.close()
    wait_counter(daemon, "fibers", alone)
    wait_counter(daemon, "exchanges", 0)


def test_two_hundred_in_one_turn_are_all_served(sluice, origin):
    """They connect, and send, while the worker stands still."""
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    pid, = daemon.workers()
    os.kill(pid, signal.SIGSTOP)
    clients = [daemon.client() for _ in range(200)]
    for number, client in enumerate(clients):
        client.send(get(f"/{number}") * 2)
    os.kill(pid, signal.SIGCONT)
    for number, client in enumerate(clients):
        for _ in range(2):
            assert client.read_reply().body.startswith(b"/%d " % number)
        client.close()


def test_counters_add_up(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind, host="a.test"), workers=2)
    for i in range(10):
        with daemon.client() as client:
            for _ in range(3):
                assert client.get(host="a.test").status == 200
            assert client.get(host="b.test").status == 421
    for name, number in (("accepted", 10), ("requests", 40),
                         ("refused", 10), ("clients", 0), ("exchanges", 0),
                         ("origin_failures", 0), ("client_left", 0)):
        wait_counter(daemon, name, number)
    now = counters(daemon)
    assert now["origin_connects"] + now["origin_reuses"] == 30
    assert now["origin_connects"] == len(behind.peers)


def test_more_clients_than_descriptors_wait_and_are_served(sluice, origin,
                                                           many_files):
    """The kernel's queue holds those for whom there is no room; nobody is
    refused, and it is not said for each of them."""
    daemon = limited(sluice(vhost=proxy_to(origin(tell)), workers=1,
                            start=False), 600)
    clients = [daemon.client(deadline=30) for _ in range(300)]
    room = counters(daemon)["clients"]
    assert 100 < room < 300
    for client in clients[:room]:
        assert client.get(fields=["Connection: close"]).status == 200
        client.close()
    for client in clients[room:]:
        assert client.get(fields=["Connection: close"]).status == 200
        client.close()
    assert len(daemon.wait_exchanges(300, status="200")) == 300
    told = daemon.errors().count("accepting waits")
    assert 1 <= told <= 3


def test_silent_clients_give_way_to_who_has_something_to_say(
        sluice, origin, many_files):
    """And long before timeouts.idle: that is 60 s here."""
    daemon = limited(sluice(vhost=proxy_to(origin(tell)), workers=1,
                            start=False), 400)
    silent = [daemon.client() for _ in range(300)]
    with daemon.client(deadline=30) as client:
        assert client.get().status == 200
    assert counters(daemon)["idle_displaced"] > 0
    assert len(silent) == 300


def limited(daemon, number):
    """Starts DAEMON with a hard limit of NUMBER descriptors."""
    command = daemon.command

    def prlimit(*args):
        return ["prlimit", f"--nofile={number}:{number}", *command(*args)]

    daemon.command = prlimit
    return daemon.start()


def test_a_client_that_never_speaks_is_no_exchange(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    silent = socket.create_connection(("127.0.0.1", daemon.port))
    assert daemon.get().status == 200
    wait_counter(daemon, "clients", 1)
    silent.close()
    wait_counter(daemon, "clients", 0)
    assert len(daemon.wait_exchanges(1)) == 1
