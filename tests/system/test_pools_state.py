"""What is known of servers outlives a reload: states, weights, checks."""

from harness import eventually
from harness_pools import (QUICK_CHECKS, Load, fleet,  # noqa: F401
                           pool_vhost, queued, server_state, server_verb,
                           wait_idle)

def ask(daemon, requests=60):
    with Load(daemon.port, clients=4, total=requests // 4, pause=0) as load:
        load.join()
    assert load.failures() == []
    return load.shares()


def reload(daemon):
    before = daemon.workers()
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    eventually(lambda: not set(before) & set(daemon.workers()), deadline=30,
               what="the old workers to end")


def test_a_drained_server_stays_drained_over_a_reload(sluice, fleet):
    origins = fleet(3)
    daemon = sluice(vhost=pool_vhost(origins, 'balance = "rr";'))
    server_verb(daemon, origins[0], "drain")
    assert set(ask(daemon)) == {"b", "c"}
    reload(daemon)
    assert set(ask(daemon)) == {"b", "c"}
    server_verb(daemon, origins[0], "up")
    assert set(ask(daemon)) == {"a", "b", "c"}


def test_a_weight_stays_over_a_reload(sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins, 'balance = "rr";'), workers=1)
    server_verb(daemon, origins[0], "weight", 5)
    assert ask(daemon) == {"a": 50, "b": 10}
    reload(daemon)
    assert ask(daemon) == {"a": 50, "b": 10}


def test_a_server_that_is_down_is_down_for_new_workers_at_once(sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins, QUICK_CHECKS))
    origins[0].be("status", 500)
    eventually(lambda: server_state(daemon, origins[0])["state"] == "down",
               what="the check to fail")
    before = origins[0].count()
    reload(daemon)
    assert set(ask(daemon)) == {"b"}
    assert origins[0].count() == before


def test_reloads_under_load_keep_count_of_what_is_in_flight(sluice, fleet):
    """Several generations share the places while servers are replaced."""
    origins = fleet(3)
    for one in origins:
        one.be("slow", 0.01)
    daemon = sluice(workers=3, vhost=pool_vhost(origins, """
  max_conns = 3;
  queue = { size = 100; timeout = "30s"; };
""" + QUICK_CHECKS))
    with Load(daemon.port, clients=24, posts=5) as load:
        for one in origins:
            load.wait_answers(50)
            assert daemon.ctl("reload").returncode == 0
            server_verb(daemon, one, "drain")
            load.wait_turn()
            wait_idle(daemon, one)
            one.end()
            one.start()
            one.be("slow", 0.01)
            server_verb(daemon, one, "up")
    assert load.failures() == [] and load.wrong == []
    assert max(one.most_in_flight() for one in origins) == 3
    wait_idle(daemon, *origins)
    assert queued(daemon) == 0
