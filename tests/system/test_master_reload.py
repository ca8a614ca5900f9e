"""Reload: from one generation to the next, or not at all."""

import re
import resource
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

import harness_processes as processes
from harness import eventually, proxy_to, size
from harness_origin import reply
from harness_peer import Client

NOWHERE = "http://127.0.0.1:1"


def listens(*addresses):
    return "listen = [ %s ];\n" % ", ".join(f'"{a}"' for a in addresses)


def generation(daemon):
    status = daemon.ctl("status").stdout
    return int(re.search(r"^generation +(\d+)$", status, re.M)[1])


def reload(daemon):
    daemon.write_conf()
    done = daemon.ctl("reload")
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused_reload(daemon):
    daemon.write_conf()
    done = daemon.ctl("reload")
    assert done.returncode == 1, done.stdout
    return done.stderr


def titles(daemon):
    return {processes.title_of(pid) for pid in daemon.workers()}


class Loop:
    """Asks again and again, a connection a request, until it is ended."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.good = 0
        self.failures = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.is_set():
            try:
                assert self.daemon.get("/").body == b"hello"
                self.good += 1
            except Exception as error:
                self.failures.append(error)
            time.sleep(0.001)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


# ---- good ones ----

def test_hup_brings_the_new_configuration(sluice, origin):
    one, two = origin(reply(b"one")), origin(reply(b"two"))
    daemon = sluice(vhost=proxy_to(one))
    assert daemon.get().body == b"one"
    daemon.vhosts = {"main": proxy_to(two)}
    daemon.write_conf()
    daemon.signal(signal.SIGHUP)
    daemon.wait_error("generation 2 is in force")
    assert daemon.get().body == b"two"


def test_reload_answers_when_it_is_in_force(sluice, origin):
    one, two = origin(reply(b"one")), origin(reply(b"two"))
    daemon = sluice(vhost=proxy_to(one))
    for turn in range(size(5, 50)):
        daemon.vhosts = {"main": proxy_to((one, two)[turn % 2])}
        assert f"generation {turn + 2} is in force" in reload(daemon)
        assert daemon.get().body == (b"one", b"two")[turn % 2]


def test_a_loop_of_requests_loses_none(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=2)
    with Loop(daemon) as loop:
        for workers in [3, 1, 4, 2] * size(1, 10):
            daemon.worker_count = workers
            reload(daemon)
            asked = loop.good
            eventually(lambda: loop.good > asked + 20 or loop.failures)
    assert loop.failures == []


def test_hups_during_a_reload_merge_into_one(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    for _ in range(20):
        daemon.signal(signal.SIGHUP)
    eventually(lambda: generation(daemon) >= 2)
    assert daemon.ctl("reload").returncode == 0
    assert generation(daemon) <= 5


def test_a_connection_of_the_old_generation_is_finished(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-")
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(b"-done")

    daemon = sluice(start=False, conf='drain = "20s";\n', workers=1)
    daemon.vhosts = {"main": proxy_to(origin(script))}
    daemon.start()
    old = set(daemon.workers())
    with daemon.client() as client:
        client.request("/")
        client.read_until(b"half-")
        reload(daemon)
        assert titles(daemon) >= {
            "sluiced: worker 0, generation 1, draining",
            "sluiced: worker 0, generation 2"}
        draining = daemon.ctl("workers").stdout
        assert re.search(r" 1 +\d+ +draining .*waits for", draining), draining
        (daemon.path / "go").touch()
        assert client.read_exactly(5) == b"-done"
    eventually(lambda: not old & set(daemon.workers()), what="the old to end")


def test_old_workers_end_at_their_drain_time(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(conf='drain = "1s";\n', vhost=proxy_to(behind))
    old = set(daemon.workers())
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        reload(daemon)
        eventually(lambda: not old & set(daemon.workers()),
                   what="the old to end")
    assert daemon.ctl("status").returncode == 0


# ---- refused ones ----

def test_a_broken_file_changes_nothing_and_says_why(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))))
    workers = daemon.workers()
    daemon.vhosts = {"main": 'host = "*";\nproxy = 5s;\n'}
    text = refused_reload(daemon)
    assert re.search(r"main\.conf:2:\d+: error:", text), text
    daemon.wait_error(r"reload: \S+main\.conf:2:\d+: error:")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: daemon.errors().count(
        "not reloaded: generation 1 goes on") == 2)
    assert daemon.get().body == b"hello"
    eventually(lambda: daemon.workers() == workers, what="the trial to end")
    assert generation(daemon) == 1


def test_a_missing_file_changes_nothing(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))))
    daemon.conf_file.unlink()
    done = daemon.ctl("reload")
    assert done.returncode == 1 and "sluiced.conf" in done.stderr
    assert daemon.get().body == b"hello"


def test_new_addresses_come_all_or_not_at_all(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind) + listens("127.0.0.1:@PORT@"))
    free = processes.free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon.vhosts = {"main": proxy_to(behind) + listens(
            "127.0.0.1:@PORT@", f"127.0.0.1:{free}", f"127.0.0.1:{port}")}
        text = refused_reload(daemon)
    assert f"127.0.0.1:{port} is taken" in text, text
    assert daemon.get().body == b"hello"
    with pytest.raises(ConnectionRefusedError):
        Client(free)
    reload(daemon)
    for each in (daemon.port, free, port):
        with Client(each) as client:
            assert client.get().body == b"hello"


def spare_memory(pid, spare):
    """From now on what PID forks may map only so much more than it has."""
    status = Path(f"/proc/{pid}/status").read_text()
    size_kib = int(re.search(r"^VmSize:\s+(\d+) kB", status, re.M)[1])
    unlimited = resource.RLIM_INFINITY
    limit = size_kib * 1024 + spare if spare else unlimited
    resource.prlimit(pid, resource.RLIMIT_AS, (limit, unlimited))


def test_workers_that_never_become_ready_roll_it_back(sluice, origin):
    """Their stacks are a reservation of a gibibyte or more, which fails."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=2)
    old = daemon.workers()
    free = processes.free_port()
    daemon.vhosts["more"] = proxy_to(NOWHERE, host="b") + listens(
        f"127.0.0.1:{free}")
    spare_memory(daemon.pid, 256 << 20)
    text = refused_reload(daemon)
    assert "before it was ready" in text, text
    daemon.wait_error("not reloaded: generation 1 goes on")
    assert daemon.get().body == b"hello"
    eventually(lambda: daemon.workers() == old, what="the new ones to end")
    with pytest.raises(ConnectionRefusedError):
        Client(free)
    spare_memory(daemon.pid, None)
    reload(daemon)
    Client(free).close()


# ---- many ----

def test_a_fifth_old_generation_waits(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(conf='drain = "3s";\n', vhost=proxy_to(behind), workers=1)
    clients = []
    for turn in range(4):
        clients.append(daemon.client())
        clients[-1].request("/")
        eventually(lambda: len(behind.peers) == turn + 1)
        reload(daemon)
    clients.append(daemon.client())
    clients[-1].request("/")
    eventually(lambda: len(behind.peers) == 5)
    assert daemon.ctl("workers").stdout.count("draining") == 4
    daemon.signal(signal.SIGHUP)
    eventually(lambda: "waits for an old generation" in
               daemon.ctl("workers").stdout, what="the reload to wait")
    assert generation(daemon) == 5
    assert len(daemon.workers()) == 5
    eventually(lambda: generation(daemon) == 6, what="the reload to go on")
    for client in clients:
        client.close()


# ---- tunnels ----

UPGRADE = ["Connection: Upgrade", "Upgrade: test"]
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Connection: Upgrade\r\nUpgrade: test\r\n\r\n")


def echo_tunnel(peer):
    peer.read_head()
    peer.send(SWITCHED)
    while True:
        peer.send(peer.read_exactly(4))


def open_tunnel(daemon):
    client = daemon.client()
    client.request("/", fields=UPGRADE)
    assert client.read_reply().status == 101
    return client


def echoes(client):
    client.send(b"ping")
    return client.read_exactly(4) == b"ping"


def test_tunnels_outlive_the_drain_time(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(echo_tunnel)), workers=1,
                    conf='drain = "1s"; drain_websocket = "3s";\n')
    with open_tunnel(daemon) as client:
        reload(daemon)
        eventually(lambda: "waits for tunnels" in
                   daemon.ctl("workers").stdout, what="drain to be over")
        assert echoes(client)
        client.wait_close()
    eventually(lambda: len(daemon.workers()) == 1, what="the old to end")


def test_tunnels_of_the_oldest_make_room_for_a_fifth(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(echo_tunnel)), workers=1,
                    conf='drain = "1s"; drain_websocket = "1h";\n')
    tunnels = []
    for _ in range(4):
        tunnels.append(open_tunnel(daemon))
        reload(daemon)
    assert daemon.ctl("workers").stdout.count("draining") == 4
    assert all(echoes(tunnel) for tunnel in tunnels)
    reload(daemon)
    tunnels[0].wait_close()
    assert all(echoes(tunnel) for tunnel in tunnels[1:])
    eventually(lambda: daemon.ctl("workers").stdout.count("draining") == 3)
    for tunnel in tunnels:
        tunnel.close()


# ---- settings that need a restart ----

def test_what_a_reload_cannot_change_is_said(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    assert "warning" not in reload(daemon)
    daemon.conf = f'pid_file = "{daemon.path}/other.pid";\n'
    text = reload(daemon)
    assert "warning: pid_file has changed: that needs a restart" in text
    assert not (daemon.path / "other.pid").exists()
