"""Servers with names: they come and go with what name servers say."""

import os
import re
import signal
import socket
import threading
import time

import pytest

from harness import eventually
from harness_origin import reply

PATIENT = 30


def conf(names, more=""):
    return f'resolvers = "{names.address}";\n{more}'


def vhost(*urls, more=""):
    servers = ", ".join(f'"{url}"' for url in urls)
    return (f'host = "*";\npools = {{ web = {{ servers = [ {servers} ];\n'
            f'{more} }}; }};\n'
            'routes = ( { path = "/"; pool = "web"; } );\n')


@pytest.fixture
def neighbours(origin):
    """Origins on one port of 127.0.0.2, 127.0.0.3 ..., each says who it is."""
    def make(count):
        while True:
            first = origin(reply(b"127.0.0.2"), address="127.0.0.2")
            try:
                return first.port, [first] + [
                    origin(reply(address.encode()), address=address,
                           port=first.port)
                    for address in (f"127.0.0.{n}"
                                    for n in range(3, count + 2))]
            except OSError:
                continue
    return make


def who(daemon):
    answer = daemon.get("/")
    return answer.body.decode() if answer.status == 200 else answer.status


def becomes(daemon, answer, deadline=PATIENT):
    eventually(lambda: who(daemon) == answer, deadline, f"{answer}")


def log_lines(daemon, name):
    return [line.split(": ", 1)[1] for line in daemon.errors().splitlines()
            if f"{name}" in line and "worker" in line]


# ---- addresses ----

def test_a_server_that_moves_is_followed_without_a_reload(sluice, dns,
                                                          neighbours):
    names = dns()
    port, _ = neighbours(2)
    names.set("app.test", A="127.0.0.2")
    daemon = sluice(conf=conf(names), vhost=vhost(f"http://app.test:{port}"))
    assert who(daemon) == "127.0.0.2"
    names.set("app.test", A="127.0.0.3")
    becomes(daemon, "127.0.0.3")
    eventually(lambda: log_lines(daemon, "app.test") ==
               ["app.test is 127.0.0.2", "app.test is 127.0.0.3"],
               what="one line for each change, by one worker")
    daemon.wait_exchanges(1, server=f"127.0.0.2:{port}")
    daemon.wait_exchanges(1, server=f"127.0.0.3:{port}")


def test_moving_under_load_loses_nothing(sluice, dns, neighbours):
    names = dns()
    port, _ = neighbours(3)
    names.set("app.test", A=["127.0.0.2", "127.0.0.3"])
    daemon = sluice(conf=conf(names), vhost=vhost(f"http://app.test:{port}"))
    seen, over = [], threading.Event()

    def load():
        with daemon.client() as client:
            while not over.is_set():
                answer = client.get("/")
                seen.append((answer.status, answer.body))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for addresses in (["127.0.0.4"], ["127.0.0.2", "127.0.0.4"],
                      ["127.0.0.3"]):
        names.set("app.test", A=addresses)
        eventually(lambda: f"app.test is {', '.join(addresses)}\n" in
                   daemon.errors(), PATIENT, "the move")
        time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} == {200}
    assert {body for _, body in seen} == {b"127.0.0.2", b"127.0.0.3",
                                          b"127.0.0.4"}


def test_all_addresses_of_a_name_get_requests(sluice, dns, neighbours):
    names = dns()
    port, origins = neighbours(3)
    names.set("app.test", A=["127.0.0.2", "127.0.0.3", "127.0.0.4"])
    daemon = sluice(conf=conf(names), vhost=vhost(
        f"http://app.test:{port}", more='balance = "rr";'), workers=1)
    assert len({who(daemon) for _ in range(6)}) == 3
    assert all(one.requests for one in origins)


def test_no_more_servers_than_the_pool_allows(sluice, dns, neighbours):
    names = dns()
    port, _ = neighbours(3)
    names.set("app.test", A=["127.0.0.4", "127.0.0.3", "127.0.0.2"])
    daemon = sluice(conf=conf(names), vhost=vhost(
        f"http://app.test:{port}", more='resolve = { max = 2; };'))
    assert {who(daemon) for _ in range(20)} == {"127.0.0.2", "127.0.0.3"}


def test_aliases_and_both_families_are_followed(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"six"), address="::1")
    names.set("app.test", CNAME="real.test", ttl=60)
    names.set("real.test", AAAA="::1", ttl=1)
    daemon = sluice(conf=conf(names),
                    vhost=vhost(f"http://App.Test:{behind.port}"))
    assert who(daemon) == "six"
    eventually(lambda: names.count("app.test") >= 4, PATIENT,
               "the least time to live to count")


def test_the_origin_gets_the_name_as_it_is_written(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A="127.0.0.1")
    daemon = sluice(conf=conf(names, 'send_host = "server";\n'),
                    vhost=vhost(f"http://App.test:{behind.port}/below"))
    assert who(daemon) == "ok"
    head = behind.heads[0].decode().lower()
    assert f"host: app.test:{behind.port}\r\n" in head
    assert head.startswith("get /below/ ")


# ---- nothing to be found ----

def test_a_name_without_an_address_is_no_error_and_is_found_later(
        sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"here"))
    daemon = sluice(conf=conf(names),
                    vhost=vhost(f"http://app.test:{behind.port}"))
    assert who(daemon) == 503
    told = daemon.ctl("route", "http://localhost/")
    assert "addresses none: no such name\n" in told.stdout
    told = daemon.ctl("pools")
    assert re.search(r"app\.test:\d+ +no address .* no such name\n",
                     told.stdout)
    eventually(lambda: log_lines(daemon, "app.test") ==
               ["app.test: no such name"], what="one warning")
    names.set("app.test", A="127.0.0.1")
    becomes(daemon, "here")
    eventually(lambda: log_lines(daemon, "app.test") ==
               ["app.test: no such name", "app.test is 127.0.0.1"],
               what="and one line when it is there")


def test_resolv_conf_is_read_before_the_worker_is_ready(sluice, origin):
    """Whoever is asked then: nothing is opened for it."""
    behind = origin(reply(b"literal"))
    daemon = sluice(vhost=vhost("http://app.invalid", "http://single",
                                "srv+http://_http._tcp.app.invalid",
                                behind.url))
    workers = daemon.workers()
    eventually(lambda: all(f"{name}: " in daemon.errors() for name in (
        "app.invalid", "single", "_http._tcp.app.invalid")), PATIENT,
        "three answers, or none")
    assert who(daemon) == "literal"
    assert daemon.workers() == workers


def test_other_servers_of_the_pool_take_the_requests(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"literal"))
    daemon = sluice(conf=conf(names),
                    vhost=vhost("http://app.test:1", behind.url))
    assert {who(daemon) for _ in range(8)} == {"literal"}


@pytest.mark.parametrize("trouble", ["gone", "nothing", "silent", "servfail",
                                     "refused", "wrong-id"])
def test_addresses_that_vanish_are_kept(sluice, dns, origin, trouble):
    names = dns()
    behind = origin(reply(b"kept"))
    names.set("app.test", A="127.0.0.1")
    daemon = sluice(conf=conf(names),
                    vhost=vhost(f"http://app.test:{behind.port}"))
    assert who(daemon) == "kept"
    if trouble == "gone":
        names.forget("app.test")
    else:
        names.mode("app.test", trouble)
    eventually(lambda: "what it was is kept" in daemon.errors(), PATIENT,
               "the failure to be noticed")
    for _ in range(4):
        began = time.monotonic()
        assert who(daemon) == "kept"
        assert time.monotonic() - began < 1
    daemon.ctl("reload")
    assert who(daemon) == "kept"
    names.set("app.test", A="127.0.0.1")
    names.mode("app.test", "")
    eventually(lambda: "app.test resolves again" in daemon.errors(), PATIENT,
               "its end to be noticed")
    assert daemon.errors().count("is kept") == 1


# ---- one query for all ----

def test_workers_ask_once_for_all(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A="127.0.0.1", ttl=2)
    daemon = sluice(conf=conf(names), workers=4,
                    vhost=vhost(f"http://app.test:{behind.port}"))
    eventually(lambda: names.count("app.test", "A") >= 4, PATIENT,
               "four times to live")
    times = names.times("app.test", "A")
    assert all(b - a > 1.9 for a, b in zip(times, times[1:])), times
    assert {who(daemon) for _ in range(20)} == {"ok"}


def test_a_pool_may_ask_more_often(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A="127.0.0.1", ttl=3600)
    sluice(conf=conf(names), workers=2, vhost=vhost(
        f"http://app.test:{behind.port}", more='resolve = { every = "1s"; };'))
    eventually(lambda: names.count("app.test", "A") >= 3, PATIENT,
               "three questions")


def test_a_killed_worker_does_not_end_the_asking(sluice, dns, neighbours):
    names = dns()
    port, _ = neighbours(2)
    names.set("app.test", A="127.0.0.2")
    daemon = sluice(conf=conf(names), vhost=vhost(f"http://app.test:{port}"))
    assert who(daemon) == "127.0.0.2"
    for pid in daemon.workers():
        os.kill(pid, signal.SIGKILL)
    names.set("app.test", A="127.0.0.3")
    becomes(daemon, "127.0.0.3")


def test_a_stopped_worker_does_not_end_the_asking(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A="127.0.0.1")
    daemon = sluice(conf=conf(names, 'watchdog = "1h";\n'),
                    vhost=vhost(f"http://app.test:{behind.port}"))
    for pid, address in zip(daemon.workers(), ["127.0.0.2", "127.0.0.3"]):
        os.kill(pid, signal.SIGSTOP)
        try:
            names.set("app.test", A=address)
            eventually(lambda: f"app.test is {address}\n" in daemon.errors(),
                       PATIENT, "another worker to ask")
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_reload_knows_what_was_known(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A="127.0.0.1", ttl=3600)
    daemon = sluice(conf=conf(names),
                    vhost=vhost(f"http://app.test:{behind.port}"))
    assert who(daemon) == "ok"
    names.mode("app.test", "silent")
    asked = names.count("app.test")
    assert daemon.ctl("reload").returncode == 0
    assert who(daemon) == "ok"
    assert names.count("app.test") == asked


def test_addresses_are_checked_one_by_one(sluice, dns, neighbours, origin):
    names = dns()
    port, _ = neighbours(2)
    origin(reply(b"ill", "500 Oops"), address="127.0.0.4", port=port)
    names.set("app.test", A=["127.0.0.2", "127.0.0.4"])
    daemon = sluice(conf=conf(names), vhost=vhost(
        f"http://app.test:{port}",
        more='health = { every = "100ms"; rise = 1; fall = 1; };'))
    becomes(daemon, "127.0.0.2")
    eventually(lambda: "127.0.0.4" in daemon.errors() and
               {who(daemon) for _ in range(8)} == {"127.0.0.2"},
               what="the ill one to be left out")
    for address in ("127.0.0.3", "127.0.0.2") * 2:
        names.set("app.test", A=[address, "127.0.0.4"])
        becomes(daemon, address)
        eventually(lambda: {who(daemon) for _ in range(8)} == {address},
                   what="the others to be gone")


# ---- services ----

def test_a_service_says_hosts_ports_and_weights(sluice, dns, origin):
    names = dns()
    heavy, light = origin(reply(b"heavy")), origin(reply(b"light"))
    names.set("_http._tcp.app.test", SRV=[
        (10, 30, heavy.port, "one.test"), (10, 10, light.port, "two.test")])
    names.set("one.test", A="127.0.0.1")
    names.set("two.test", A="127.0.0.1")
    daemon = sluice(conf=conf(names), workers=1, vhost=vhost(
        "srv+http://_http._tcp.app.test", more='balance = "rr";'))
    seen = [who(daemon) for _ in range(40)]
    assert seen.count("heavy") == 30 and seen.count("light") == 10
    third = origin(reply(b"third"))
    names.set("_http._tcp.app.test", SRV=[(10, 1, third.port, "two.test")])
    becomes(daemon, "third")
    eventually(lambda: {who(daemon) for _ in range(8)} == {"third"},
               what="the others to be gone")


def test_the_next_priority_is_used_when_the_first_is_gone(sluice, dns, origin):
    names = dns()
    near, far = origin(reply(b"near")), origin(reply(b"far"))
    names.set("_http._tcp.app.test", SRV=[
        (20, 1000, far.port, "one.test"), (10, 1, near.port, "one.test")])
    names.set("one.test", A="127.0.0.1")
    daemon = sluice(conf=conf(names),
                    vhost=vhost("srv+http://_http._tcp.app.test"))
    assert {who(daemon) for _ in range(8)} == {"near"}
    near.close()
    assert {who(daemon) for _ in range(8)} == {"far"}


# ---- name servers that misbehave ----

def test_a_long_answer_comes_by_tcp(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("app.test", A=["127.0.0.1"])
    names.mode("app.test", "truncated")
    daemon = sluice(conf=conf(names),
                    vhost=vhost(f"http://app.test:{behind.port}"))
    becomes(daemon, "ok")
    assert names.count("app.test", by="tcp") >= 1


def test_malformed_answers_harm_nobody(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    urls = []
    for i in range(12):
        mode = ["malformed", "half", "looping", "no-bytes"][i % 4]
        for name in (f"app{i}.test", f"_s._tcp.app{i}.test"):
            names.mode(name, mode)
        names.set(f"app{i}.test", A=["127.0.0.1"] * 3, AAAA="::1")
        names.set(f"_s._tcp.app{i}.test", SRV=[(1, 1, 1, "app.test")] * 3)
        urls += [f"http://app{i}.test:{behind.port}",
                 f"srv+http://_s._tcp.app{i}.test"]
    daemon = sluice(conf=conf(names), vhost=vhost(
        behind.url, *urls, more='resolve = { every = "1s"; };'))
    workers = daemon.workers()
    eventually(lambda: all(names.count(f"app{i}.test", "A") >= 3 and
                           names.count(f"_s._tcp.app{i}.test") >= 3
                           for i in range(12)), PATIENT, "three questions each")
    assert daemon.get("/").status in (200, 502)
    assert daemon.workers() == workers


# ---- addresses that do not answer ----

@pytest.fixture
def deaf():
    """Listens on an address and lets nobody in: connects hang."""
    sockets = []

    def make(address, port):
        listener = socket.socket()
        sockets.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            sockets.append(filler)
            filler.setblocking(False)
            filler.connect_ex((address, port))
    yield make
    for one in sockets:
        one.close()


def test_an_address_that_does_not_answer_costs_a_quarter_second(
        sluice, dns, origin, deaf):
    names = dns()
    behind = origin(reply(b"ok"), address="127.0.0.2")
    deaf("127.0.0.1", behind.port)
    names.set("app.test", A=["127.0.0.1", "127.0.0.2"])
    daemon = sluice(conf=conf(names), workers=1, vhost=vhost(
        f"http://app.test:{behind.port}", more='balance = "first";'
        'keepalive = { idle = 0; };'))
    for _ in range(6):
        began = time.monotonic()
        assert who(daemon) == "ok"
        assert time.monotonic() - began < 2.5
    assert all(line["server"] == f"127.0.0.2:{behind.port}"
               for line in daemon.wait_exchanges(6))


# ---- sluiced -t ----

def test_connect_dials_names_too(sluice, dns, origin):
    names = dns()
    behind = origin(reply(b"ok"))
    names.set("good.test", A="127.0.0.1")
    names.set("dead.test", A="127.0.0.1")
    names.set("_s._tcp.test", SRV=[(1, 1, 1, "dead.test")])
    daemon = sluice(start=False, conf=conf(names), vhost=vhost(
        f"http://good.test:{behind.port}", "http://dead.test:1",
        "http://none.test", "srv+http://_s._tcp.test"))
    plain = daemon.run("-t")
    assert plain.returncode == 0 and plain.stderr == ""
    told = daemon.run("-t", "--connect")
    assert told.returncode == 0
    assert "good.test" not in told.stderr.replace('"http://good.test', "")
    assert "dead.test:1 (127.0.0.1) takes no connection: " in told.stderr
    assert "_s._tcp.test (127.0.0.1) takes no connection: " in told.stderr
    assert "none.test does not resolve now: " in told.stderr
    assert "[name-unknown]" in told.stderr


def test_a_service_of_very_many_records_keeps_its_servers(sluice, dns,
                                                          neighbours):
    names = dns()
    port, _ = neighbours(1)
    records = [(0, 1, port, f"a-pod-with-a-long-name-{n:02}.app.test")
               for n in range(60)] + [(0, 9, 0, "nobody.app.test")]
    for n in range(60):
        names.set(f"a-pod-with-a-long-name-{n:02}.app.test",
                  A=f"127.0.1.{n + 1}", ttl=60)

    def shuffle():
        names.random.shuffle(records)
        names.set("_http._tcp.app.test", SRV=records, ttl=1)

    shuffle()
    daemon = sluice(conf=conf(names),
                    vhost=vhost("srv+http://_http._tcp.app.test"))
    for _ in range(4):
        asked = names.count("_http._tcp.app.test")
        eventually(lambda asked=asked:
                   names.count("_http._tcp.app.test") > asked + 1,
                   PATIENT, "another answer")
        shuffle()
    lines = [line for line in log_lines(daemon, "_http._tcp.app.test")
             if " is " in line]
    assert len(lines) == 1, lines
    assert "nobody" not in lines[0] and "name-00" in lines[0]
