"""The storm: everything at once that happens to a daemon in its life.

Clients ask on 200 connections, upload, download slowly and talk through
tunnels, while the configuration changes every second (every tenth time it is
broken), workers are killed and stopped, and logs are renamed.  Afterwards
each exchange and each line is accounted for.  STORM_SEED=N repeats the dice.
tests/fault/README has the figures of a long one.
"""

import dataclasses
import os
import random
import re

import pytest

from harness import eventually, size
from harness_processes import free_port
from harness_scripts import counters, rss_of
from storm_clients import Askers, Slow
from storm_judge import Judge, Logs, descriptors, seats_taken
from storm_weather import WORKERS_MAX, Climate, Files, Watch, Weather

WORKERS = 3
GENERATIONS_MAX = 4
GROWTH_KIB = 1024

CLIMATE = size(
    check=Climate(lasts=8, reload_every=1, rotate_every=1, kill_every=2,
                  stop_every=4, stop_for=1, drain=5, longest=2),
    soak=Climate(lasts=60, reload_every=1, rotate_every=2, kill_every=3,
                 stop_every=10, stop_for=2, drain=10, longest=6))


def begin(sluice, demo_origin, dice):
    """A daemon, and the hand that changes its files."""
    daemon = sluice(start=False, workers=WORKERS, conf=f"""
drain = "{CLIMATE.drain}s";
drain_websocket = "{CLIMATE.drain}s";
vhost_dir = "@DIR@/vhosts";
""")
    files = Files(daemon, {"ECHO": demo_origin("echo").url,
                           "SITE": demo_origin("site").url,
                           "GUEST": free_port()}, dice)
    usual = daemon.write_conf

    def write_conf():
        usual()
        files.settle(WORKERS)

    daemon.write_conf = write_conf
    return daemon.start(), files


def figures(daemon):
    """What must be the same when nobody asks for anything."""
    now = counters(daemon)
    return {"descriptors": descriptors(daemon.pid),
            "seats": seats_taken(daemon.pid),
            **{name: now[name]
               for name in ("clients", "exchanges", "fibers")}}


def calm_down(daemon, files, workers=WORKERS):
    """Only workers of the newest generation are left, which is the simplest;
    what logs and addresses were for the others is closed."""
    files.settle(workers)
    assert daemon.ctl("reload").returncode == 0
    eventually(lambda: " draining " not in daemon.ctl("workers").stdout,
               deadline=3 * CLIMATE.drain, what="the old generations to end")
    assert daemon.ctl("reopen").returncode == 0


def warm_up(daemon, files):
    """What the first reloads and rotations take for good is no leak, nor are
    the sockets of slots that there were once."""
    for workers in (WORKERS_MAX, 2, WORKERS):
        calm_down(daemon, files, workers)


def rain(daemon, files, seed, climate):
    """The storm, from its first client to its last.  Who took part."""
    askers = Askers(daemon.port, daemon.path, seed)
    slow = Slow(daemon, files.ports["GUEST"], climate.longest, seed)
    watch = Watch(daemon)
    weather = Weather(daemon, climate, files, random.Random(seed))
    try:
        weather.run()
    finally:
        askers.stop()
        slow.stop()
        watch.stop()
    return askers, slow, watch, weather


def count_told(daemon, text):
    return len(re.findall(text, daemon.errors()))


def one_storm(sluice, demo_origin, climate):
    seed = int(os.environ.get("STORM_SEED") or random.randrange(1 << 32))
    print(f"STORM_SEED={seed}")
    daemon, files = begin(sluice, demo_origin, random.Random(~seed))
    warm_up(daemon, files)
    before = figures(daemon)
    rss = rss_of(daemon.pid)
    askers, slow, watch, weather = rain(daemon, files, seed, climate)
    calm_down(daemon, files)
    eventually(lambda: figures(daemon) == before, deadline=15,
               what=f"{before}: {figures(daemon)}")
    grown = rss_of(daemon.pid) - rss
    assert daemon.stop() == 0

    logs = Logs([daemon.access_log, daemon.path / "guest.log",
                 *weather.logs])
    judge = Judge(weather.deaths, logs)
    for record in [*askers.records(), *slow.found]:
        judge.judge(record)
    report(daemon, judge, watch, weather, files)
    print(f"{'the master has grown by':36} {grown} KiB")
    assert grown < GROWTH_KIB
    assert slow.wrong == []
    assert judge.complaints == []
    assert logs.torn == []
    assert watch.most <= GENERATIONS_MAX
    assert watch.unexplained == []
    return judge.counts


def report(daemon, judge, watch, weather, files):
    told = {"reloads in force": r"generation \d+ is in force",
            "reloads refused": "not reloaded",
            "trials killed": "loading the configuration ended by signal 9"}
    counts = {**{name: count_told(daemon, text)
                 for name, text in told.items()},
              "changes": files.steps, "broken changes": files.broken,
              "old generations at most": watch.most,
              "reloads seen to wait for room": watch.waits,
              "kills": len(weather.deaths), "stops": weather.stops,
              "logs renamed": len(weather.logs),
              **dict(sorted(judge.counts.items()))}
    print("\n".join(f"{name:36} {count}" for name, count in counts.items()))


def test_nothing_is_lost_but_what_a_killed_worker_had(sluice, demo_origin):
    counts = one_storm(sluice, demo_origin, CLIMATE)
    for kind in ("page", "upload", "download", "tunnel", "guest"):
        assert counts[kind] > 0


@pytest.mark.soak
def test_reloads_rotations_and_slots_lose_nothing(sluice, demo_origin):
    """A guest may be cut: whoever connects in the moment in which its address
    leaves is accepted by nobody."""
    counts = one_storm(sluice, demo_origin, dataclasses.replace(
        CLIMATE, lasts=20, kill_every=0))
    assert counts["broken with their worker"] == 0, counts
    assert counts["lines lost with their worker"] == 0, counts
