"""sluicectl --json: each verb's answer is one object, on stdout."""

import json
import subprocess

import pytest

from harness import BUILD, eventually, proxy_to
from harness_origin import reply

NOWHERE = "http://127.0.0.1:1"


def ask(daemon, *args):
    """Status and object of an answer; nothing else is written."""
    done = daemon.ctl("--json", *args)
    assert done.stderr == "" and done.stdout.count("\n") == 1, done
    answer = json.loads(done.stdout)
    assert answer["ok"] is (done.returncode == 0)
    return done.returncode, answer


def counters_of(daemon):
    return ask(daemon, "status")[1]["counters"]


def test_status_has_numbers_as_numbers(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))))
    daemon.get()
    eventually(lambda: counters_of(daemon)["requests"] == 1)
    status, answer = ask(daemon, "status")
    assert status == 0
    assert answer["pid"] == daemon.pid and answer["state"] == "running"
    assert answer["workers"] == answer["ready"] == 2
    assert answer["draining"] == 0 and answer["generation"] == 1
    assert answer["configuration"] == str(daemon.conf_file)
    assert 0 <= answer["uptime"] < 300


def test_status_has_what_its_text_has(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    answer = ask(daemon, "status")[1]
    names = {line.split()[0] for line in
             daemon.ctl("status").stdout.splitlines()}
    assert names == (set(answer) - {"ok", "ready", "draining", "counters"} |
                     set(answer["counters"]))


def test_workers_is_an_array_of_processes(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1,
                    conf='drain = "40s";\ndrain_websocket = "10m";\n')
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        assert ask(daemon, "reload")[0] == 0
        old, new = ask(daemon, "workers")[1]["workers"]
        assert (old["state"], new["state"]) == ("draining", "ready")
        assert (old["generation"], new["generation"]) == (1, 2)
        assert {old["pid"], new["pid"]} == set(daemon.workers())
        assert old["exchanges"] == 1 and "tunnels_end_in" not in new
        assert 0 < old["exchanges_end_in"] <= 40 < old["tunnels_end_in"]


def test_version_names_libraries_and_features(sluice):
    answer = ask(sluice(vhost=proxy_to(NOWHERE)), "version")[1]
    assert set(answer["libraries"]) >= {"libconfig", "libbsd"}
    assert answer["compiler"] and isinstance(answer["features"], list)


def test_reload_carries_its_messages(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    status, answer = ask(daemon, "reload")
    assert status == 0
    assert answer["messages"] == ["generation 2 is in force"]
    daemon.vhosts = {"main": 'proxy = "\\";\n'}
    daemon.write_conf()
    status, answer = ask(daemon, "reload")
    assert status == 1
    assert any("main.conf:1:" in line for line in answer["messages"])


def test_reopen_stop_and_drain_carry_theirs(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    assert ask(daemon, "reopen") == (0, {"ok": True, "messages": [
        "every process writes to the new files"]})
    other = sluice(vhost=proxy_to(NOWHERE))
    assert "stopping" in ask(daemon, "stop")[1]["messages"][0]
    assert "draining" in ask(other, "drain")[1]["messages"][0]
    for one in (daemon, other):
        eventually(lambda one=one: not one.alive(), what="it to end")


def test_route_is_an_array_of_steps(sluice):
    daemon = sluice(vhost='host = "*";\nroutes = (\n'
                    ' { path = "/";    proxy = "http://127.0.0.1:1"; },\n'
                    ' { path = "/api"; proxy = "http://127.0.0.1:2"; });\n')
    status, answer = ask(daemon, "route", "http://a/api/x?q=%22")
    assert status == 0
    steps = {step["step"]: step for step in answer["steps"]}
    assert steps["route"]["text"] == "/api"
    assert steps["route"]["file"] == str(daemon.path / "vhosts.d/main.conf")
    assert steps["route"]["line"] == 4
    assert steps["not"]["text"].startswith("/: ") and steps["not"]["line"] == 3
    assert "127.0.0.1:2" in steps["forwards"]["text"]
    assert "file" not in steps["forwards"]


def test_route_that_is_refused_carries_the_reason(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    status, answer = ask(daemon, "route", "http://a/", "--from", "nobody")
    assert status == 1 and "--from" in answer["messages"][0]


@pytest.mark.parametrize("verb", ["status", "reload"])
def test_no_daemon_is_an_object_too(workdir, verb):
    done = subprocess.run(
        [str(BUILD / "sluicectl"), "-s", str(workdir / "no.sock"), "--json",
         verb], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "no daemon" in done.stderr
    assert json.loads(done.stdout) == {
        "ok": False, "messages": ["no daemon has answered"]}
