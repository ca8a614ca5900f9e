"""Origins never get more than max_conns at a time, from all workers together;
who is too many waits for its turn, and has one."""

import time

from harness import eventually
from harness_peer import Client
from harness_pools import (Load, fleet, pool_vhost,  # noqa: F401
                           queued, wait_idle)


def shielded(size=500, timeout="30s", max_conns=5):
    return f"""
  max_conns = {max_conns};
  queue = {{ size = {size}; timeout = "{timeout}"; }};
"""


def test_four_workers_keep_one_count(sluice, fleet):
    origins = fleet(2)
    for one in origins:
        one.be("slow", 0.02)
    daemon = sluice(vhost=pool_vhost(origins, shielded()), workers=4)
    with Load(daemon.port, clients=60, total=8, pause=0) as load:
        load.join()
    assert load.failures() == [] and load.wrong == []
    assert len(load.outcomes) == 480
    assert [one.most_in_flight() for one in origins] == [5, 5]
    wait_idle(daemon, *origins)
    assert queued(daemon) == 0


def test_the_queue_has_a_size_and_a_deadline(sluice, fleet):
    one, = fleet(1)
    one.be("hang")
    daemon = sluice(vhost=pool_vhost([one], shielded(
        size=3, timeout="1s", max_conns=1)), workers=1)
    clients = [Client(daemon.port) for _ in range(6)]
    for number, client in enumerate(clients):
        client.request(f"/{number}")
        if number == 0:
            eventually(lambda: one.count() == 1)
        elif number < 4:
            eventually(lambda: queued(daemon) == number)
    for client in clients[4:]:
        answer = client.read_reply()
        assert answer.status == 503 and answer.get("Retry-After")
    began = time.monotonic()
    for client in clients[1:4]:
        assert client.read_reply().status == 503
    assert time.monotonic() - began < 10
    for client in clients:
        client.close()
    ends = [line["end"] for line in daemon.wait_exchanges(6)]
    assert sorted(ends) == sorted(
        ["client_closed"] + 3 * ["queue_deadline"] + 2 * ["queue_full"])
    assert one.count() == 1


def test_a_client_that_leaves_leaves_the_queue(sluice, fleet):
    one, = fleet(1)
    one.be("hang")
    daemon = sluice(vhost=pool_vhost([one], shielded(max_conns=1)), workers=2)
    first = Client(daemon.port)
    first.request("/first")
    eventually(lambda: one.count() == 1)
    others = [Client(daemon.port) for _ in range(10)]
    for number, client in enumerate(others):
        client.request(f"/{number}")
    eventually(lambda: queued(daemon) == 10)
    for client in others:
        client.close()
    eventually(lambda: queued(daemon) == 0)
    first.close()
    wait_idle(daemon, one)
    assert one.count() == 1


def test_a_freed_place_is_taken_in_another_worker(sluice, fleet):
    """The waiters' worker is told: they do not sit out their deadline."""
    one, = fleet(1)
    one.be("slow", 0.01)
    daemon = sluice(vhost=pool_vhost([one], shielded(max_conns=1)), workers=4)
    with Load(daemon.port, clients=16, total=10, pause=0) as load:
        load.join()
    assert load.failures() == []
    assert one.most_in_flight() == 1
    assert max(outcome.took for outcome in load.outcomes) < 15


def test_a_greedy_client_does_not_starve_another(sluice, fleet):
    """One address has a hundred requests waiting; another asks one by one,
    and waits for its turn among clients, not among requests."""
    one, = fleet(1)
    one.be("slow", 0.02)
    daemon = sluice(vhost=pool_vhost([one], shielded(max_conns=2)), workers=1,
                    conf='trusted_proxies = [ "127.0.0.1" ];\n')
    with Load(daemon.port, clients=100, pause=0,
              fields=["X-Forwarded-For: 10.0.0.1"]) as greedy:
        greedy.wait_answers(100)
        with Load(daemon.port, clients=1, total=5, pause=0, target="/modest",
                  fields=["X-Forwarded-For: 10.0.0.2"]) as modest:
            modest.join()
    assert greedy.failures() == [] and modest.failures() == []
    # 100 before one of 2 at 20 ms each would be a second.
    typical = sorted(outcome.took for outcome in greedy.outcomes)
    assert max(outcome.took for outcome in modest.outcomes) < \
        typical[len(typical) // 2] / 2
