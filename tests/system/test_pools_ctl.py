"""sluicectl pools and server: what an operator sees of servers, and orders."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from harness import BUILD, eventually
from harness_origin import Origin, reply

DEADLINE = 10


def vhost(*servers, more=""):
    urls = ", ".join(f'{{ url = "{s}"; }}' for s in servers)
    return (f'host = "a.test";\npools = {{ web = {{ servers = ( {urls} ); '
            f'{more} }}; }};\nroutes = ( {{ path = "/"; pool = "web"; }} );\n'
            'listen = [ "http://127.0.0.1:@PORT@" ];\n')


def get(daemon, **options):
    return daemon.get("/", host="a.test", **options)


def pools(daemon, *words):
    done = daemon.ctl("--json", "pools", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["pools"]


def servers(daemon):
    """Of the pool web, by URL."""
    pool, = pools(daemon, "a.test/web")
    return {s["url"]: s for s in pool["servers"]}


def order(daemon, server, *what):
    return daemon.ctl("server", f"a.test/web/{server}", *what)


@pytest.fixture
def two(sluice, origin):
    """A daemon with two servers, which say who they are."""
    one, other = origin(reply(b"one")), origin(reply(b"other"))
    daemon = sluice(vhost=vhost(one.url, other.url, more='balance = "rr";'),
                    workers=2)
    return daemon, one, other


def answers(daemon, count=40):
    return {get(daemon).body for _ in range(count)}


def test_the_table_tells_all_of_a_server(two):
    daemon, one, other = two
    for _ in range(20):
        get(daemon)
    eventually(lambda: sum(s["requests"] for s in servers(daemon).values())
               == 20)
    text = daemon.ctl("pools").stdout
    lines = text.splitlines()
    assert re.fullmatch(r"SERVER +STATE +WEIGHT  IN FLIGHT    REQUESTS  "
                        r"FAILURES  LATENCY", lines[0])
    assert re.fullmatch(r"a\.test/web  rr", lines[1])
    for line, server in zip(lines[2:], (one, other)):
        assert re.fullmatch(rf"  {server.url} +up +1 +0 +\d+ +0 +"
                            r"(-|\d+(\.\d)?ms) *", line), text
    assert len(lines) == 4


def test_columns_are_aligned(sluice, origin):
    short, long = origin(reply(b"x")), "http://127.0.0.1:59999/a/long/path"
    daemon = sluice(vhost=vhost(short.url, long))
    assert order(daemon, long, "drain").returncode == 0
    lines = daemon.ctl("pools").stdout.splitlines()
    states = [lines[0].index("STATE"), lines[2].index(" up ") + 1,
              lines[3].index("draining")]
    assert len(set(states)) == 1
    weights = {lines[0].index("WEIGHT") + len("WEIGHT")}
    weights |= {re.search(r"(?:up|draining) +1\b", line).end()
                for line in lines[2:]}
    assert len(weights) == 1


def test_json_tells_the_same(two):
    daemon, one, _ = two
    pool, = pools(daemon)
    assert pool["vhost"] == "a.test" and pool["pool"] == "web"
    assert pool["balance"] == "rr" and pool["queued"] == 0
    server = servers(daemon)[one.url]
    assert server["state"] == "up" and server["weight"] == 1
    assert server["in_flight"] == 0 and server["backup"] is False


def test_in_flight_is_that_of_all_workers(sluice, origin):
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=vhost(behind.url), workers=3)
    clients = [daemon.client() for _ in range(12)]
    for client in clients:
        client.request("/", host="a.test")
    eventually(lambda: servers(daemon)[behind.url]["in_flight"] == 12)
    for client in clients:
        client.close()
    eventually(lambda: servers(daemon)[behind.url]["in_flight"] == 0)


def test_a_vhost_or_a_pool_can_be_named(sluice, origin):
    one = origin(reply(b"x"))
    daemon = sluice(vhosts={
        "a": vhost(one.url), "b": 'host = "b.test"; pools = '
        f'{{ p = {{ servers = "{one.url}"; }}; }};'
        'routes = ( { path = "/p"; pool = "p"; }, '
        f'{{ path = "/"; proxy = "{one.url}"; }} );\n'
        'listen = [ "http://127.0.0.1:@PORT@" ];\n'})
    names = [(p["vhost"], p.get("pool")) for p in pools(daemon)]
    assert sorted(names, key=str) == [
        ("a.test", "web"), ("b.test", "p"), ("b.test", None)]
    assert len(pools(daemon, "b.test")) == 2
    assert len(pools(daemon, "b.test/p")) == 1
    done = daemon.ctl("pools", "c.test")
    assert done.returncode == 1 and '"c.test"' in done.stderr
    assert json.loads(daemon.ctl("--json", "pools", "c.test").stdout) == {
        "ok": False, "messages": [
            'error: there is no vhost and no pool "c.test"']}
    assert daemon.ctl("pools", "a.test", "b.test").returncode == 2


# ---- orders ----

@pytest.mark.parametrize("word, state", [("drain", "draining"),
                                         ("down", "down")])
def test_no_new_client_gets_a_server_that_is(two, word, state):
    daemon, one, other = two
    assert answers(daemon) == {b"one", b"other"}
    done = order(daemon, one.url, word)
    assert done.returncode == 0 and one.url in done.stdout
    assert answers(daemon) == {b"other"}
    seen = servers(daemon)
    assert seen[one.url]["state"] == state
    assert seen[one.url]["why"] == "by sluicectl"
    assert seen[other.url]["state"] == "up"
    assert order(daemon, one.url, "up").returncode == 0
    assert answers(daemon) == {b"one", b"other"}
    assert servers(daemon)[one.url]["state"] == "up"


def test_an_exchange_ends_though_its_server_goes_down(sluice, origin):
    def script(peer):
        peer.requests.append(peer.read_request())
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(reply(b"late"))

    behind = origin(script)
    daemon = sluice(vhost=vhost(behind.url))
    with daemon.client() as client:
        client.request("/", host="a.test")
        eventually(lambda: behind.requests)
        assert order(daemon, behind.url, "down").returncode == 0
        assert get(daemon).status == 503
        (daemon.path / "go").touch()
        assert client.read_reply().body == b"late"


def test_it_holds_in_all_workers_after_a_reload_and_a_crash(two):
    daemon, one, _ = two
    assert order(daemon, one.url, "drain").returncode == 0
    assert answers(daemon) == {b"other"}
    assert daemon.ctl("reload").returncode == 0
    assert answers(daemon) == {b"other"}
    old = daemon.workers()
    for worker in old:
        os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(set(daemon.workers()) - set(old)) == 2)
    eventually(lambda: daemon.ctl("status").stdout.count("2 of 2 ready"))
    assert answers(daemon) == {b"other"}
    assert servers(daemon)[one.url]["state"] == "draining"


def test_a_weight_is_changed_and_given_back(two):
    daemon, one, other = two
    done = order(daemon, one.url, "weight", "99")
    assert done.returncode == 0 and "weight is now 99" in done.stdout
    assert servers(daemon)[one.url]["weight"] == 99
    assert servers(daemon)[other.url]["weight"] == 1
    done = order(daemon, one.url, "weight", "default")
    assert done.returncode == 0 and "weight is now 1" in done.stdout
    assert servers(daemon)[one.url]["weight"] == 1


def test_a_server_that_is_down_as_configured_can_be_told_up(sluice, origin):
    one, other = origin(reply(b"one")), origin(reply(b"other"))
    text = vhost(one.url, other.url, more='balance = "rr";').replace(
        f'url = "{one.url}";', f'url = "{one.url}"; down = true;')
    daemon = sluice(vhost=text, workers=1)
    assert answers(daemon) == {b"other"}
    seen = servers(daemon)[one.url]
    assert (seen["state"], seen["why"]) == ("down", "as configured")
    assert order(daemon, one.url, "up").returncode == 0
    assert answers(daemon) == {b"one", b"other"}


def test_who_comes_back_comes_slowly(sluice, origin):
    one, other = origin(reply(b"one")), origin(reply(b"other"))
    daemon = sluice(vhost=vhost(one.url, other.url,
                                more='slow_start = "1h";'))
    assert order(daemon, other.url, "up").returncode == 0
    assert order(daemon, one.url, "down").returncode == 0
    assert order(daemon, one.url, "up").returncode == 0
    seen = servers(daemon)
    assert seen[one.url]["state"] == "slow start"
    assert seen[one.url]["share"] == 10
    assert re.search(r"  slow start 10% ", daemon.ctl("pools").stdout)
    assert seen[other.url]["state"] == "up"   # it was up all the time


def test_a_full_table_is_told(sluice):
    many = [[f"http://127.0.{net}.{n % 250 + 1}:{n // 250 + 1}"
             for n in range(1000)] for net in (1, 2, 3)]
    daemon = sluice(workers=1, conf='shared = { health = "1m"; };\n', vhosts={
        f"v{n}": vhost(*urls).replace("a.test", f"{n}.test")
        for n, urls in enumerate(many)})
    private = [(p["vhost"], s["url"]) for p in pools(daemon)
               for s in p["servers"] if s["one_worker"]]
    assert 0 < len(private) < 3000
    vhost_, url = private[0]
    done = daemon.ctl("server", f"{vhost_}/web/{url}", "drain")
    assert done.returncode == 1
    assert "the health table is full" in done.stderr
    assert "of one worker" in daemon.ctl("pools").stdout


def test_who_asked_is_logged(two):
    daemon, one, _ = two
    order(daemon, one.url, "drain")
    order(daemon, one.url, "weight", "7")
    log = daemon.errors()
    server = re.escape(f"control: server a.test/web/{one.url}")
    for what in ("drain", "weight 7"):
        assert re.search(rf"{server} {what}, asked by pid \d+, "
                         rf"uid {os.getuid()}\b", log), log


def test_a_server_that_is_not_there_is_an_error_that_lists_them(two):
    daemon, one, other = two
    done = order(daemon, one.url[:-1], "drain")
    assert done.returncode == 1
    assert one.url in done.stderr and other.url in done.stderr
    assert "a.test/web has these servers" in done.stderr
    done = daemon.ctl("server", "b.test/web/x", "drain")
    assert done.returncode == 1 and "\n  a.test/web\n" in done.stderr
    assert {s["state"] for s in servers(daemon).values()} == {"up"}


@pytest.mark.parametrize("what", [
    ["sleep"], ["weight"], ["weight", "0"], ["weight", "1001"],
    ["weight", "-1"], ["up", "now"]])
def test_an_order_that_is_none_is_refused(two, what):
    daemon, one, _ = two
    done = order(daemon, one.url, *what)
    assert done.returncode == 1 and '"drain"' in done.stderr
    assert servers(daemon)[one.url]["state"] == "up"


@pytest.mark.parametrize("args", [
    [], ["a.test/web/x"], ["x", "weight", "1", "2"], ["x\ny", "up"]])
def test_too_few_and_too_many_words_are_usage(args):
    done = subprocess.run([str(BUILD / "sluicectl"), "server", *args],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "usage: sluicectl server" in done.stderr


def test_orders_answer_in_json(two):
    daemon, one, _ = two
    done = daemon.ctl("--json", "server", f"a.test/web/{one.url}", "drain")
    answer = json.loads(done.stdout)
    assert answer["ok"] and one.url in answer["messages"][0]


def test_a_pool_without_a_name_is_called_like_its_vhost(sluice, origin):
    one = origin(reply(b"x"))
    daemon = sluice(vhost=f'host = "a.test"; proxy = "{one.url}";\n')
    assert daemon.ctl("pools").stdout.splitlines()[1] == "a.test  p2c"
    assert daemon.ctl("server", f"a.test/{one.url}", "down").returncode == 0
    assert get(daemon).status == 503


# ---- names ----

def on_one_port(origin):
    while True:
        one = origin(reply(b"one"), address="127.0.0.2")
        try:
            return one, origin(reply(b"other"), address="127.0.0.3",
                               port=one.port)
        except OSError:
            continue


def test_each_address_of_a_name_is_a_server(sluice, dns, origin):
    names = dns()
    one, other = on_one_port(origin)
    url = f"http://app.test:{one.port}"
    daemon = sluice(conf=f'resolvers = "{names.address}";\n',
                    vhost=vhost(url, more='balance = "rr";'))
    server, = pools(daemon)[0]["servers"]
    assert server["state"] == "no address" and server["url"] == url
    assert "why" in server and "address" not in server
    done = order(daemon, url, "drain")
    assert done.returncode == 1 and f"{url} (no address now)" in done.stderr
    names.set("app.test", A=["127.0.0.2", "127.0.0.3"])
    eventually(lambda: len(pools(daemon)[0]["servers"]) == 2, 30)
    addresses = [f"127.0.0.{n}:{one.port}" for n in (2, 3)]
    assert [s["address"] for s in pools(daemon)[0]["servers"]] == addresses
    for address in addresses:
        assert f"  {url} {address}  up " in daemon.ctl("pools").stdout
    eventually(lambda: answers(daemon, 10) == {b"one", b"other"})
    done = order(daemon, addresses[0], "down")
    assert done.returncode == 0 and f"{url} ({addresses[0]}): " in done.stdout
    assert answers(daemon) == {b"other"}
    assert order(daemon, url, "down").stdout.count(url) == 2
    assert get(daemon).status == 503
    assert other.requests


# ---- --watch ----

def watching(daemon, stdout, *more):
    return subprocess.Popen(
        [str(BUILD / "sluicectl"), *more, "-s", str(daemon.socket), "pools",
         "--watch"], stdout=stdout, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL)


def read_until(fd, wanted):
    seen = b""
    end = time.monotonic() + DEADLINE
    while wanted not in seen:
        assert time.monotonic() < end, seen
        if select.select([fd], [], [], 0.1)[0]:
            seen += os.read(fd, 65536)
    return seen


def test_watch_paints_and_gives_the_terminal_back(two):
    daemon, one, _ = two
    ours, theirs = pty.openpty()
    with watching(daemon, theirs) as asker:
        os.close(theirs)
        try:
            seen = read_until(ours, one.url.encode())
            assert seen.startswith(b"\033[?1049h\033[?25l")
            assert order(daemon, one.url, "drain").returncode == 0
            read_until(ours, b"draining")
            asker.send_signal(signal.SIGINT)
            seen = read_until(ours, b"\033[?1049l")
            assert seen.endswith(b"\033[?25h\033[?1049l")
            assert asker.wait(DEADLINE) == 0
        finally:
            asker.kill()
            os.close(ours)


def test_watch_without_a_terminal_repeats(two):
    daemon, _, _ = two
    with watching(daemon, subprocess.PIPE) as asker:
        try:
            seen = b""
            while seen.count(b"SERVER") < 3:
                seen += os.read(asker.stdout.fileno(), 65536)
            assert b"\033" not in seen
            asker.send_signal(signal.SIGTERM)
            assert asker.wait(DEADLINE) == 0
        finally:
            asker.kill()


def test_watch_with_json_has_an_object_in_each_line(two):
    daemon, _, _ = two
    with watching(daemon, subprocess.PIPE, "--json") as asker:
        try:
            for _ in range(3):
                assert json.loads(asker.stdout.readline())["ok"]
        finally:
            asker.kill()


def test_watch_ends_with_the_daemon(two):
    daemon, _, _ = two
    with watching(daemon, subprocess.PIPE) as asker:
        os.read(asker.stdout.fileno(), 65536)
        daemon.stop()
        assert asker.wait(DEADLINE) == 3
        assert b"the daemon is gone" in asker.stderr.read()


# ---- many ----

def test_a_thousand_servers_are_told_and_more_are_counted(sluice):
    urls = [f"http://127.0.{n // 250}.{n % 250 + 1}:{p}/{'x' * 600}"
            for n in range(500) for p in (1, 2)]
    daemon = sluice(vhost=vhost(*urls), workers=1)
    text = daemon.ctl("pools").stdout
    told = text.count("\n  http://")
    more = re.search(r"^\.\.\. (\d+) servers more$", text, re.M)
    assert told + (int(more[1]) if more else 0) == 1000
    answer = json.loads(daemon.ctl("--json", "pools").stdout)
    told = len(answer["pools"][0]["servers"])
    assert told + answer.get("untold", 0) == 1000


# ---- who is stuck ----

def test_who_is_stuck_stays_when_it_drains_and_not_when_it_is_down(sluice,
                                                                   origin):
    one, other = origin(reply(b"one")), origin(reply(b"other"))
    daemon = sluice(vhost=vhost(
        one.url, other.url, more='balance = "rr"; sticky = { cookie = "s"; };'))
    first = get(daemon)
    stuck = one if first.body == b"one" else other
    cookie = first.get("Set-Cookie").split(";")[0]

    def mine():
        return {get(daemon, fields=[f"Cookie: {cookie}"]).body
                for _ in range(10)}

    assert mine() == {first.body}
    assert order(daemon, stuck.url, "drain").returncode == 0
    assert mine() == {first.body}
    assert first.body not in answers(daemon, 10)
    assert order(daemon, stuck.url, "down").returncode == 0
    assert first.body not in mine()
