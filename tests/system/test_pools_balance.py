"""Who gets how much, by each way of balancing: from what the origins saw."""

import pytest

from harness import eventually
from harness_pools import (Load, fleet, in_zones, owners,  # noqa: F401
                           pool_vhost)

def weighted(*weights):
    """For pool_vhost: a weight for each origin, by its name."""
    return lambda one: f"weight = {weights[ord(one.name) - ord('a')]};"


def shares(sluice, origins, settings, more=None, requests=400, workers=2,
           clients=8, **options):
    """How many of so many requests each got."""
    daemon = sluice(vhost=pool_vhost(origins, settings, more),
                    workers=workers)
    with Load(daemon.port, clients=clients, total=requests // clients,
              pause=0, **options) as load:
        load.join()
    assert load.failures() == [] and load.wrong == []
    return [one.count() for one in origins]


def test_rr_goes_round_by_weight(sluice, fleet):
    assert shares(sluice, fleet(3), 'balance = "rr";', weighted(3, 2, 1),
                  requests=120, workers=1) == [60, 40, 20]


def test_random_keeps_to_the_weights(sluice, fleet):
    a, b = shares(sluice, fleet(2), 'balance = "random";', weighted(3, 1),
                  requests=800)
    assert 520 <= a <= 680 and b == 800 - a


@pytest.mark.parametrize("balance", ["p2c", "least_conn", "latency", "rr",
                                     "random"])
def test_equal_servers_all_work(sluice, fleet, balance):
    """Soon or later: to a busy machine's eye they are not always equal."""
    origins = fleet(3)
    daemon = sluice(vhost=pool_vhost(origins, f'balance = "{balance}";'))
    with Load(daemon.port) as load:
        eventually(lambda: min(one.count() for one in origins) >= 20,
                   deadline=30, what="all to have had some work")
    assert load.failures() == [] and load.wrong == []


@pytest.mark.parametrize("balance", ["p2c", "least_conn", "latency"])
def test_a_slow_server_gets_less(sluice, fleet, balance):
    origins = fleet(3)
    origins[0].be("slow", 0.2)
    got = shares(sluice, origins, f'balance = "{balance}";', requests=480)
    assert got[0] < 480 * 0.15 and min(got[1:]) > 0, got


def test_p2c_is_the_default(sluice, fleet):
    origins = fleet(3)
    origins[0].be("slow", 0.2)
    got = shares(sluice, origins, "", requests=480)
    assert got[0] < 480 * 0.15, got


@pytest.mark.parametrize("balance", ["p2c", "least_conn"])
def test_weights_hold_among_equals(sluice, fleet, balance):
    origins = fleet(2)
    for one in origins:
        one.be("slow", 0.02)
    a, b = shares(sluice, origins, f'balance = "{balance}";', weighted(4, 1),
                  requests=320, clients=16)
    assert a > 1.8 * b, (a, b)


def test_least_conn_counts_for_all_workers(sluice, fleet):
    """16 at a time over 4 servers, from 4 workers which each see a few."""
    origins = fleet(4)
    for one in origins:
        one.be("slow", 0.1)
    shares(sluice, origins, 'balance = "least_conn";', requests=160,
           workers=4, clients=16)
    assert max(one.most_in_flight() for one in origins) <= 6


def test_first_fills_one_before_the_next(sluice, fleet):
    origins = fleet(3)
    for one in origins:
        one.be("slow", 0.01)
    got = shares(sluice, origins, 'balance = "first"; max_conns = 4;',
                 requests=160, clients=6)
    assert got[0] > got[1] > 0 and got[2] == 0, got
    assert origins[0].most_in_flight() == 4


def test_hash_sends_a_key_to_one_server_from_any_worker(sluice, fleet):
    daemon = sluice(vhost=pool_vhost(
        fleet(4), 'balance = "hash:header:X-User";'), workers=3)
    found = owners(daemon)
    assert all(len(one) == 1 for one in found.values()), found
    assert len(set.union(*found.values())) == 4


def test_hash_moves_few_keys_when_a_server_comes(sluice, fleet):
    """A fifth of them, to the new one; nothing moves among the others."""
    origins = fleet(5)
    daemon = sluice(vhost=pool_vhost(origins[:4],
                                     'balance = "hash:header:X-User";'))
    before = owners(daemon, users=100, again=1)
    daemon.vhosts["main"] = pool_vhost(origins,
                                       'balance = "hash:header:X-User";')
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    after = owners(daemon, users=100, again=1)
    moved = [user for user in before if before[user] != after[user]]
    assert all(after[user] == {b"e"} for user in moved), (before, after)
    assert 5 <= len(moved) <= 40


def test_a_full_zone_spills_over(sluice, fleet):
    origins = fleet(3)
    for one in origins:
        one.be("slow", 0.02)
    daemon = sluice(vhost=pool_vhost(
        origins, 'prefer = "zone"; max_conns = 2;', in_zones),
        conf='zone = "fra";\n')
    with Load(daemon.port, clients=6, total=20, pause=0) as load:
        load.join()
    assert load.failures() == []
    assert origins[2].count() > 10
    assert [one.most_in_flight() for one in origins[:2]] == [2, 2]
