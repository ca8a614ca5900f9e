"""Origins fail and are deployed, under load, and clients do not notice.

What is asked for by GET is always answered 200; a POST may fail with its origin,
but it is never executed twice.
"""

from harness import eventually
from harness_pools import (Load, executed_twice, fleet,  # noqa: F401
                           pool_vhost, server_verb, wait_idle)

WATCHFUL = """
  timeouts = { first_byte = "500ms"; };
  retry = { attempts = 5; on = [ "connect", "reset", "timeout", "500" ];
            budget = "100%"; };
  health = { path = "/health"; every = "200ms"; timeout = "1s";
             rise = 2; fall = 2; };
  outlier = { errors = 3; within = "10s"; eject = "500ms"; };
"""
CHECKED = """
  health = { path = "/health"; every = "100ms"; timeout = "2s";
             rise = 1; fall = 2; };
"""


def test_two_healthy_ones_of_five_are_enough(sluice, fleet):
    origins = fleet(5)
    killed, hanging, failing = origins[:3]
    daemon = sluice(vhost=pool_vhost(origins, WATCHFUL))
    with Load(daemon.port, clients=12, posts=5) as load:
        load.wait_answers(200)
        killed.kill()
        hanging.be("hang")
        failing.be("status", 500)
        load.wait_answers(600)
        eventually(lambda: all(one.status == 200
                               for one in load.outcomes[-200:]),
                   deadline=30, what="the bad ones to be taken out")
        killed.start()
        hanging.be("answer")
        failing.be("answer")
        for one in origins[:3]:
            before = one.count()
            eventually(lambda: one.count() > before + 5, deadline=30,
                       what=f"{one.name} to be asked again")
    assert load.failures("GET") == [] and load.wrong == []
    assert executed_twice(origins) == []


def test_a_rolling_restart_loses_nothing(sluice, fleet):
    """With what holds by default."""
    origins = fleet(4)
    daemon = sluice(vhost=pool_vhost(origins))
    with Load(daemon.port, clients=8, posts=5) as load:
        load.wait_answers(100)
        for one in origins:
            one.end()
            one.start()
            load.wait_answers(100)
    assert load.failures("GET") == [] and load.wrong == []
    assert executed_twice(origins) == []


def test_a_rolling_restart_of_drained_servers_loses_not_even_posts(
        sluice, fleet):
    """Who had chosen the server at the moment of the order is waited for."""
    origins = fleet(3)
    daemon = sluice(vhost=pool_vhost(origins, CHECKED))
    with Load(daemon.port, clients=8, posts=3) as load:
        load.wait_answers(100)
        for one in origins:
            server_verb(daemon, one, "drain")
            load.wait_turn()
            wait_idle(daemon, one)
            one.end()
            one.start()
            server_verb(daemon, one, "up")
            before = one.count()
            eventually(lambda: one.count() > before + 5, deadline=30,
                       what=f"{one.name} to be asked again")
    assert load.failures() == [] and load.wrong == []
    assert executed_twice(origins) == []


def test_a_full_server_is_waited_for_when_another_is_gone(sluice, fleet):
    """Who is gone always has room: nobody is sent there twice for that."""
    gone, busy = fleet(2)
    busy.be("slow", 0.01)
    daemon = sluice(vhost=pool_vhost([gone, busy], """
  max_conns = 2;
  queue = { size = 100; timeout = "30s"; };
  outlier = false;
"""))
    gone.kill()
    with Load(daemon.port, clients=12, total=20, pause=0) as load:
        load.join()
    assert load.failures() == [] and load.wrong == []
    assert busy.most_in_flight() == 2
