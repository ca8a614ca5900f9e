"""Access logs of vhosts and routes: whose line goes where."""

import json
import re
import signal
import threading

from harness import eventually, proxy_to, size
from harness_logs import parse_logfmt
from harness_origin import reply
from harness_scripts import get

HELLO = reply(b"hello")


def lines_of(path):
    return path.read_text().splitlines() if path.exists() else []


def targets(path):
    return [parse_logfmt(line).get("target") for line in lines_of(path)]


def ask(daemon, host, path="/"):
    return daemon.get(path, host=host)


def vhost(origin, host, log):
    return proxy_to(origin, host=host) + f"log = {log};\n"


def test_each_line_goes_to_its_vhost_s_file(sluice, origin):
    behind = origin(HELLO)
    daemon = sluice(workers=1, vhosts={
        "a": vhost(behind, "a.test", '"@DIR@/a.log"'),
        "b": vhost(behind, "b.test", '{ file = "@DIR@/b.log"; }'),
        "c": proxy_to(behind, host="c.test")})
    with daemon.client() as client:
        for i in range(20):
            for host in ("a", "b", "c", "nobody"):
                client.send(get(f"/{host}{i}", host=f"{host}.test"))
        for _ in range(80):
            client.read_reply()
    eventually(lambda: len(daemon.exchanges()) == 40)
    assert targets(daemon.path / "a.log") == [f"/a{i}" for i in range(20)]
    assert targets(daemon.path / "b.log") == [f"/b{i}" for i in range(20)]
    assert targets(daemon.access_log) == [
        f"/{host}{i}" for i in range(20) for host in ("c", "nobody")]


def test_a_route_may_have_no_log_or_another_one(sluice, origin):
    behind = origin(HELLO)
    daemon = sluice(workers=1, vhost=f'''
        host = "*";
        log = {{ file = "@DIR@/vhost.log"; }};
        routes = (
          {{ path = "/healthz"; proxy = "{behind.url}"; log = false; }},
          {{ path = "/api"; proxy = "{behind.url}"; log = "@DIR@/api.log"; }},
          {{ path = "/json"; proxy = "{behind.url}";
             log = {{ format = "json"; }}; }},
          {{ path = "/"; proxy = "{behind.url}"; }} );''')
    for path in ("/healthz", "/api", "/json", "/", "/healthz/x"):
        daemon.get(path)
    eventually(lambda: len(lines_of(daemon.path / "vhost.log")) == 2)
    as_json, other = lines_of(daemon.path / "vhost.log")
    assert json.loads(as_json)["target"] == "/json"
    assert parse_logfmt(other)["target"] == "/"
    assert targets(daemon.path / "api.log") == ["/api"]
    assert lines_of(daemon.access_log) == []


def many_logs(origin, count):
    behind = origin(HELLO)
    return {f"v{i:03}": vhost(behind, f"v{i}.test", f'"@DIR@/v{i}.log"')
            for i in range(count)}


def test_two_hundred_logs_are_reopened_together(sluice, origin):
    """More than a channel holds messages: and all are swapped in time."""
    count = 200
    daemon = sluice(workers=2, vhosts=many_logs(origin, count))
    logs = [daemon.path / f"v{i}.log" for i in range(count)]
    for path in logs:
        path.rename(path.with_suffix(".1"))
    done = daemon.ctl("reopen")
    assert done.returncode == 0, done.stderr
    with daemon.client() as client:
        for i in range(count):
            client.get(f"/{i}", host=f"v{i}.test")
    for i, path in enumerate(logs):
        eventually(lambda path=path: lines_of(path))
        assert targets(path) == [f"/{i}"]
        assert path.with_suffix(".1").stat().st_size == 0


def test_no_line_of_a_vhost_is_lost_while_logs_rotate(sluice, origin):
    daemon = sluice(workers=2, vhosts=many_logs(origin, 3))
    asked = 0
    over = threading.Event()

    def ask_all():
        nonlocal asked
        while not over.is_set():
            with daemon.client() as client:
                for _ in range(20):
                    client.get(f"/{asked}", host=f"v{asked % 3}.test")
                    asked += 1

    asker = threading.Thread(target=ask_all)
    asker.start()
    for turn in range(size(10, 100)):
        for i in range(3):
            path = daemon.path / f"v{i}.log"
            path.rename(daemon.path / f"v{i}.log.{turn}")
        assert daemon.ctl("reopen").returncode == 0
    over.set()
    asker.join()

    def found(i):
        return sorted(
            int(n) for path in daemon.path.glob(f"v{i}.log*")
            for n in re.findall(r'target="/(\d+)"', path.read_text()))

    for i in range(3):
        wanted = list(range(i, asked, 3))
        eventually(lambda i=i, n=len(wanted): len(found(i)) >= n)
        assert found(i) == wanted


def test_a_reload_brings_new_logs_and_lets_old_ones_go(sluice, origin):
    behind = origin(HELLO)
    daemon = sluice(workers=1, vhosts={
        "a": vhost(behind, "a.test", '"@DIR@/a.log"')})
    ask(daemon, "a.test", "/1")
    eventually(lambda: targets(daemon.path / "a.log") == ["/1"])
    daemon.vhosts["a"] = vhost(behind, "a.test", '"@DIR@/new.log"')
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    ask(daemon, "a.test", "/2")
    eventually(lambda: targets(daemon.path / "new.log") == ["/2"])
    eventually(lambda: len(daemon.workers()) == 1)
    daemon.signal(signal.SIGUSR1)
    daemon.wait_error("every process writes to the new files")
    held = [path.readlink().name for path in
            (type(daemon.path)(f"/proc/{daemon.pid}/fd")).iterdir()]
    assert "new.log" in held and "a.log" not in held
    assert targets(daemon.path / "a.log") == ["/1"]


def test_a_log_that_cannot_be_made_refuses_the_reload(sluice, origin):
    behind = origin(HELLO)
    daemon = sluice(workers=1, vhosts={
        "a": vhost(behind, "a.test", '"@DIR@/a.log"')})
    daemon.vhosts["a"] = vhost(behind, "a.test", '"@DIR@/a.log/x/y/z.log"')
    daemon.write_conf()
    refused = daemon.ctl("reload")
    assert refused.returncode == 1
    assert "a.log/x" in refused.stderr
    ask(daemon, "a.test", "/goes-on")
    eventually(lambda: targets(daemon.path / "a.log") == ["/goes-on"])
