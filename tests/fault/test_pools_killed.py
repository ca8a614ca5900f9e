"""Workers are killed and stopped, and what all share stays right: checks go on,
and no request is counted in flight for ever."""

import os
import signal
import time

from harness import eventually, size
from harness_pools import (Load, fleet, pool_vhost,  # noqa: F401
                           server_verb, wait_idle)
from victims import halt, tell

WORKERS = 3
MAX_CONNS = 5
SETTINGS = f"""
  max_conns = {MAX_CONNS};
  queue = {{ size = 500; timeout = "30s"; }};
  health = {{ path = "/health"; every = "100ms"; timeout = "2s"; }};
"""


def wait_checks(origins, more=3):
    """Until each was checked so much more often."""
    goals = [one.count("CHECK") + more for one in origins]
    for one, goal in zip(origins, goals):
        eventually(lambda: one.count("CHECK") >= goal, deadline=20,
                   what=f"{one.name} to be checked")


def kill_one(daemon, turn):
    before = sorted(daemon.workers())
    victim = before[turn % len(before)]
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in daemon.workers() and
               len(daemon.workers()) == WORKERS, what="another worker")


def test_killed_workers_leave_no_check_undone_and_no_count_behind(
        sluice, fleet):
    origins = fleet(3)
    for one in origins:
        one.be("slow", 0.01)
    daemon = sluice(vhost=pool_vhost(origins, SETTINGS), workers=WORKERS)
    with Load(daemon.port, clients=24, pause=0) as load:
        load.wait_answers(100)
        for turn in range(size(check=20, soak=200)):
            kill_one(daemon, turn)
            load.wait_answers(30)
            wait_checks(origins, more=1)
    assert {one.status for one in load.failures()} <= {0}
    assert load.wrong == []
    wait_idle(daemon, *origins)
    before = [one.count() for one in origins]
    with Load(daemon.port, clients=40, total=10, pause=0) as load:
        load.join()
    assert load.failures() == []
    for one, count in zip(origins, before):
        assert max(line.number for line in one.asked()[count:]) == MAX_CONNS


def test_a_stopped_worker_s_checks_are_made_by_the_others(sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins, SETTINGS), workers=WORKERS,
                    conf='watchdog = "10m";\n')
    for victim in sorted(daemon.workers()):
        assert halt(victim)
        wait_checks(origins)
        assert tell(victim, signal.SIGCONT)
    wait_checks(origins)


def test_each_server_is_checked_once_not_by_each_worker(sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins, """
  health = { path = "/health"; every = "200ms"; timeout = "2s"; };
"""), workers=4)
    wait_checks(origins)
    before = [one.count("CHECK") for one in origins]
    began = time.monotonic()
    wait_checks(origins, more=10)
    due = (time.monotonic() - began) / 0.2
    for one, count in zip(origins, before):
        assert one.count("CHECK") - count <= 1.5 * due + 3
    assert len(daemon.workers()) == 4


def test_a_killed_worker_takes_no_state_with_it(sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins), workers=WORKERS)
    server_verb(daemon, origins[0], "down")
    for turn in range(WORKERS):
        kill_one(daemon, turn)
    with Load(daemon.port, clients=4, total=20) as load:
        load.join()
    assert load.failures() == []
    assert set(load.shares()) == {"b"}
