"""sluicectl pools: what checks, errors and breakers say of servers."""

import json
import re

from harness import eventually
from harness_health import CHECKED, ward, ward_vhost  # noqa: F401


def pools(daemon, *words):
    return json.loads(daemon.ctl("--json", "pools", *words).stdout)["pools"]


def servers(daemon):
    pool, = pools(daemon, "a.test/web")
    return {s["url"]: s for s in pool["servers"]}


def get(daemon):
    return daemon.get("/", host="a.test")

def test_what_checks_find_is_told(sluice, ward):
    well, ill = ward(2)
    ill.check = 503
    daemon = sluice(vhost=ward_vhost([well, ill], CHECKED, "a.test"))
    eventually(lambda: servers(daemon)[ill.url]["state"] == "down")
    seen = servers(daemon)
    assert seen[ill.url]["check"] == (
        "check got status 503, expected 200-299")
    assert seen[well.url]["state"] == "up"
    assert seen[well.url]["check"] == "check passed"
    text = daemon.ctl("pools").stdout
    assert re.search(rf"^  {ill.url} +down \d+s .*  check got status 503, "
                     r"expected 200-299", text, re.M), text
    ill.check = 200
    eventually(lambda: servers(daemon)[ill.url]["state"] == "up")


def test_what_errors_did_is_told_and_up_ends_it(sluice, ward):
    one, other = ward(2)
    other.status = 500
    daemon = sluice(vhost=ward_vhost(
        [one, other], 'outlier = { errors = 2; eject = "1m"; };', "a.test"))
    for _ in range(8):
        get(daemon)
    seen = servers(daemon)[other.url]
    assert seen["state"] == "ejected" and seen["why"] == "last: status 500"
    assert 50 <= seen["left"] <= 60 and seen["failures"] == 2
    assert re.search(rf"^  {other.url} +ejected \d+s left .*  "
                     "last: status 500$", daemon.ctl("pools").stdout, re.M)
    assert daemon.ctl("server", f"a.test/web/{other.url}",
                      "up").returncode == 0
    assert servers(daemon)[other.url]["state"] == "up"


def test_an_open_breaker_is_told(sluice, ward):
    one, = ward(1)
    one.status = 500
    daemon = sluice(vhost=ward_vhost(
        [one], 'breaker = { requests = 3; open = "1m"; };', "a.test"))
    assert pools(daemon)[0]["breaker"] == "closed"
    for _ in range(5):
        get(daemon)
    assert pools(daemon)[0]["breaker"] == "open"
    assert re.search(r"^a.test/web  rr, breaker open \d+s more$",
                     daemon.ctl("pools").stdout, re.M)


def test_mirrors_say_something_of_servers_too(sluice, ward):
    one, other, third = ward(3)
    other.status = 500
    text = ward_vhost([one], host="a.test").replace(
        "pools = {", f'pools = {{ new = {{ servers = [ "{other.url}", '
        f'"{third.url}" ]; balance = "rr"; '
        'outlier = { errors = 2; eject = "1m"; }; };').replace(
            'pool = "web"; }', 'pool = "web"; mirror = { pool = "new"; }; }')
    daemon = sluice(vhost=text)

    def state():
        get(daemon)
        pool, = pools(daemon, "a.test/new")
        return [s["state"] for s in pool["servers"]]

    eventually(lambda: state() == ["ejected", "up"])
