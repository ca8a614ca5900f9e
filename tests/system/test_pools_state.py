"""What is known of servers outlives a reload: states, weights, checks."""

from harness import eventually
from harness_pools import (QUICK_CHECKS, Load, fleet,  # noqa: F401
                           pool_vhost, server_state, server_verb)

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
