"""Weights of arms that change while the daemon runs."""

import json
import os
import re
import signal

import pytest

from harness import eventually
from harness_origin import reply
from test_split_arms import arms, body, two_pools

VISITORS = 300


def answering(host="*", weights="90 10"):
    one, two = weights.split()
    return (f'host = "{host}"; routes = ( {{ path = "/"; '
            'respond = "${split:exp}"; split = { name = "exp"; ' + arms(
                f'name = "stable"; weight = {one};',
                f'name = "beta"; weight = {two}; force = "?beta";')
            + " }; } );\n")


def arms_of(daemon, visitors=VISITORS):
    """The arm of each visitor, each on a connection of its own."""
    return [body(daemon.get(fields=[f"Cookie: exp={i:016x}"]))
            for i in range(visitors)]


def split(daemon, *words):
    got = daemon.ctl("split", *words)
    assert got.returncode == 0, got.stderr
    return got.stdout


def rows(text):
    """{arm: (weight, requests)} of what `sluicectl split` shows."""
    found = re.findall(r"^  (\S+) +(\d+) +[\d.]+% +(\d+)", text, re.MULTILINE)
    return {arm: (int(weight), int(n)) for arm, weight, n in found}


def test_a_weight_changes_in_all_workers_and_moves_nobody_back(sluice):
    daemon = sluice(workers=4, vhost=answering())
    first = arms_of(daemon)
    split(daemon, "*/exp", "beta=40", "stable=60")
    more = arms_of(daemon)
    assert more == arms_of(daemon)
    assert first.count("beta") < more.count("beta") < VISITORS
    assert all(new == "beta" for old, new in zip(first, more)
               if old == "beta")
    split(daemon, "*/exp", "beta=default", "stable=default")
    assert arms_of(daemon) == first


def test_all_or_nobody_get_an_arm(sluice):
    daemon = sluice(workers=2, vhost=answering())
    split(daemon, "*/exp", "beta=0")
    assert set(arms_of(daemon)) == {"stable"}
    assert body(daemon.get("/?beta")) == "beta"
    split(daemon, "*/exp", "stable=0", "beta=10000")
    assert set(arms_of(daemon)) == {"beta"}


def test_weights_and_counts_survive_reload_and_death(sluice):
    daemon = sluice(workers=2, vhost=answering())
    split(daemon, "*/exp", "beta=50", "stable=50")
    before = arms_of(daemon)
    counted = rows(split(daemon, "*/exp"))
    assert sum(n for _, n in counted.values()) == VISITORS
    assert counted["beta"] == (50, before.count("beta"))
    daemon.vhosts["main"] = answering(weights="80 20")
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    assert arms_of(daemon, 50) == before[:50]
    assert "configured: 20" in split(daemon)
    old = set(daemon.workers())
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(daemon.workers()) - old) == 2,
               what="new workers")
    eventually(lambda: daemon.ctl("split").returncode == 0,
               what="a worker to ask")
    assert arms_of(daemon, 50) == before[:50]
    counted = rows(split(daemon))
    assert sum(n for _, n in counted.values()) == VISITORS + 100
    split(daemon, "*/exp", "beta=default", "stable=default")
    assert rows(split(daemon))["beta"][0] == 20


def test_requests_are_counted_by_arm(sluice, origin):
    stable, beta = origin(reply(b"s")), origin(reply(b"b"))
    daemon = sluice(workers=2, vhost=two_pools(stable, beta))
    for i in range(20):
        daemon.get(f"/{i}")
        daemon.get(f"/{i}?arm=beta")
    counted = rows(split(daemon, "*/exp"))
    assert sum(n for _, n in counted.values()) == 40
    assert counted["beta"][1] == len(beta.requests)


def test_splits_are_shown_by_vhost_and_name(sluice):
    daemon = sluice(vhosts={"a": answering("a.test"), "b": answering("b.test")})
    every = split(daemon)
    assert "a.test/exp" in every and "b.test/exp" in every
    assert "b.test" not in split(daemon, "a.test")
    assert split(daemon, "a.test") == split(daemon, "a.test/exp")
    split(daemon, "a.test/exp", "beta=30")
    assert rows(split(daemon, "b.test"))["beta"][0] == 10
    said = json.loads(daemon.ctl("--json", "split", "a.test").stdout)
    assert said == {"ok": True, "splits": [{
        "vhost": "a.test", "name": "exp", "arms": [
            {"name": "stable", "weight": 90, "configured": 90, "requests": 0,
             "one_worker": False},
            {"name": "beta", "weight": 30, "configured": 10, "requests": 0,
             "one_worker": False}]}]}


@pytest.mark.parametrize("words, code, why", [
    (["*/no"], 1, "error: there is no split */no; there are: */exp"),
    (["no", "beta=1"], 1, "there is no split no"),
    (["*", "beta=1"], 1, "there is no split *; there are: */exp"),
    (["*/exp", "gamma=1"], 1, "error: there is no arm gamma; there are: "
                              "stable beta"),
    (["*/exp", "beta=10001"], 1, "a weight is a number from 0 to 10000"),
    (["*/exp", "beta="], 1, "a weight is a number"),
    (["*/exp", "beta=-1"], 1, "a weight is a number"),
    (["*/exp", "beta=5", "stable=x"], 1, "or default: stable=20"),
    (["*/exp", "beta=0", "stable=0"], 1, "error: all weights would be 0"),
    (["*/exp", "beta"], 2, "usage: sluicectl split"),
])
def test_what_makes_no_sense_is_refused_and_changes_nothing(sluice, words,
                                                            code, why):
    daemon = sluice(workers=1, vhost=answering())
    got = daemon.ctl("split", *words)
    assert got.returncode == code
    assert why in got.stderr
    assert "configured" not in split(daemon)


def test_a_full_table_is_told_and_nothing_changed(sluice):
    """Then each worker has arms of its own."""
    names = [f"split-{i}" for i in range(1000)]
    parts = [f'{{ path = "/{n}"; respond = "x"; split = {{ name = "{n}"; '
             + arms('name = "a";', 'name = "b";') + " }; }" for n in names]
    vhost = 'host = "*"; routes = ( ' + ", ".join(parts) + " );\n"
    daemon = sluice(workers=1, vhost=vhost,
                    conf='shared = { health = "1m"; };\n')
    full = re.findall(r"^\*/(\S+) .*\n.*\n.*  of one worker", split(daemon),
                      re.MULTILINE)
    assert full and len(full) < 1000
    got = daemon.ctl("split", f"*/{full[0]}", "a=5")
    assert got.returncode == 1
    assert "make shared.health larger" in got.stderr
    split(daemon, f"*/{next(n for n in names if n not in full)}", "b=5")


def test_who_changed_a_weight_is_logged(sluice):
    daemon = sluice(workers=1, vhost=answering())
    split(daemon)
    split(daemon, "*/exp", "beta=11")
    daemon.wait_error(r"control: split \*/exp beta=11, asked by pid \d+")
    assert "control: splits" not in daemon.errors()


def test_route_tells_the_weights_in_force(sluice):
    daemon = sluice(workers=2, vhost=answering())
    split(daemon, "*/exp", "beta=33")
    said = daemon.ctl("route", f"http://localhost:{daemon.port}/").stdout
    assert "(stable 90, beta 33)" in said
    assert rows(split(daemon))["beta"][1] == 0      # asking counts nothing
