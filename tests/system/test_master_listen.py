"""Listening sockets: taken, kept, left."""

import os
import re
import signal
import socket
import stat
import threading

import pytest

import harness_processes as processes
from harness import eventually, proxy_to, size
from harness_origin import reply
from harness_peer import Client, Closed

NOWHERE = "http://127.0.0.1:1"


def listens(*addresses):
    return "listen = [ %s ];\n" % ", ".join(f'"{a}"' for a in addresses)


def reload(daemon):
    daemon.write_conf()
    done = daemon.ctl("reload")
    assert done.returncode == 0, done.stderr


def listening_sockets(port):
    """How many sockets listen on PORT of 127.0.0.1."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    return len([row for row in rows
                if row[1] == f"0100007F:{port:04X}" and row[3] == "0A"])


# ---- taken ----

@pytest.mark.parametrize("shared", [False, True])
def test_a_taken_port_names_place_and_holder(sluice, shared):
    with socket.socket() as taken:
        if shared:      # as another daemon of the same user would
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = sluice(start=False, vhost=proxy_to(NOWHERE) +
                        listens(f"127.0.0.1:{port}"))
        done = daemon.run("-d")
    text = done.stderr
    assert done.returncode == 1
    assert re.search(rf"main\.conf:3:\d+: error: 127\.0\.0\.1:{port} is taken "
                     rf"by \S+ \(pid {os.getpid()}\)", text), text
    assert text.count("is taken by") == 1
    assert "help:" in text


def test_the_wildcard_is_taken_by_any_address(sluice):
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = sluice(start=False, vhost=proxy_to(NOWHERE) +
                        listens(f"0.0.0.0:{port}"))
        done = daemon.run("-d")
    assert done.returncode == 1
    assert f":{port} is taken by" in done.stderr


def test_addresses_of_our_own_overlap(sluice, origin):
    """What we hold ourselves is no obstacle to the wildcard."""
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind) + listens("127.0.0.1:@PORT@"))
    daemon.vhosts = {"main": proxy_to(behind) + listens("0.0.0.0:@PORT@")}
    reload(daemon)
    eventually(lambda: listening_sockets(daemon.port) == 0)
    for host in ("127.0.0.1", "127.0.0.2"):
        with Client(daemon.port, host=host) as client:
            assert client.get().body == b"hello"


def test_time_wait_is_no_obstacle(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind) + listens("127.0.0.1:@PORT@"))
    port = daemon.port
    with daemon.client() as client:
        client.request("/", fields=["Connection: close"])
        client.read_reply()     # the daemon closes first
        client.wait_close()
    daemon.stop()
    daemon.vhosts = {"main": proxy_to(behind) + listens(f"127.0.0.1:{port}")}
    daemon.start(tries=1)
    eventually(lambda: listening_sockets(port) > 0)
    with Client(port) as client:
        assert client.get().body == b"hello"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as six:
            six.bind(("::1", 0))
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_ipv6_sockets_leave_ipv4_alone(sluice, origin):
    behind = origin(reply(b"six"))
    with socket.socket() as four:
        four.bind(("127.0.0.1", 0))
        four.listen()
        port = four.getsockname()[1]
        daemon = sluice(vhost=proxy_to(behind) + listens(f"[::]:{port}"))
        daemon.wait_error("is in force")
        with Client(port, host="::1") as client:
            assert client.get().body == b"six"
    assert daemon.alive()


# ---- kept ----

def test_one_socket_a_slot_and_none_is_ever_closed(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE), workers=2)
    assert listening_sockets(daemon.port) == 2
    for workers, sockets in ((4, 4), (1, 4), (3, 4), (5, 5)):
        daemon.worker_count = workers
        reload(daemon)
        assert listening_sockets(daemon.port) == sockets


def test_what_is_queued_outlives_a_worker(sluice, origin):
    """Connections that nobody has accepted yet belong to the socket, not to
    the worker that was about to."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1)
    worker, = daemon.workers()
    os.kill(worker, signal.SIGSTOP)
    clients = [daemon.client() for _ in range(50)]
    for client in clients:
        client.request("/")
    os.kill(worker, signal.SIGKILL)
    for client in clients:
        assert client.read_reply().body == b"hello"
        client.close()


# ---- left ----

def test_an_address_that_left_refuses(sluice, origin):
    behind = origin(reply(b"hello"))
    other = processes.free_port()
    both = proxy_to(behind) + listens("127.0.0.1:@PORT@", f"127.0.0.1:{other}")
    daemon = sluice(vhost=both)
    with Client(other) as kept:
        assert kept.get().body == b"hello"
        daemon.vhosts = {"main": proxy_to(behind) +
                         listens("127.0.0.1:@PORT@")}
        reload(daemon)
        eventually(lambda: listening_sockets(other) == 0)
        with pytest.raises(ConnectionRefusedError):
            Client(other)
        assert kept.get().body == b"hello", "its connections were not cut"
    assert daemon.get().body == b"hello"
    daemon.vhosts = {"main": both}
    reload(daemon)
    with Client(other) as again:
        assert again.get().body == b"hello"


def test_what_is_queued_when_an_address_leaves_is_served(sluice, origin):
    behind = origin(reply(b"hello"))
    other = processes.free_port()
    daemon = sluice(workers=1, vhost=proxy_to(behind) +
                    listens("127.0.0.1:@PORT@", f"127.0.0.1:{other}"))
    worker, = daemon.workers()
    daemon.vhosts = {"main": proxy_to(behind) + listens("127.0.0.1:@PORT@")}
    daemon.write_conf()
    os.kill(worker, signal.SIGSTOP)
    clients = [Client(other) for _ in range(20)]
    for client in clients:
        client.request("/")
    daemon.signal(signal.SIGHUP)
    daemon.wait_error(r"worker 0 \(pid \d+, generation 2\) is ready")
    os.kill(worker, signal.SIGCONT)
    for client in clients:
        assert client.read_reply().body == b"hello"
        client.close()


def test_addresses_that_come_and_go_cost_the_others_nothing(sluice, origin):
    behind = origin(reply(b"hello"))
    other = processes.free_port()
    one = proxy_to(behind) + listens("127.0.0.1:@PORT@")
    two = proxy_to(behind) + listens("127.0.0.1:@PORT@", f"127.0.0.1:{other}")
    daemon = sluice(vhost=one)
    failures = []
    over = threading.Event()

    def ask():
        while not over.is_set():
            try:
                assert daemon.get().body == b"hello"
            except (OSError, Closed, AssertionError) as error:
                failures.append(error)

    asker = threading.Thread(target=ask)
    asker.start()
    for turn in range(size(8, 80)):
        daemon.vhosts = {"main": (two, one)[turn % 2]}
        reload(daemon)
    over.set()
    asker.join()
    assert failures == []


# ---- unix sockets ----

def test_a_unix_listener_serves_and_goes_with_the_daemon(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind) + listens("unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    for _ in range(10):
        with Client(path=path) as client:
            assert client.get().body == b"hello"
    reload(daemon)
    with Client(path=path) as client:
        assert client.get().body == b"hello"
    daemon.stop()
    assert not path.exists()


def test_a_dead_unix_socket_is_replaced(sluice, origin):
    daemon = sluice(start=False, vhost=proxy_to(origin(reply(b"hello"))) +
                    listens("unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    daemon.start()
    with Client(path=path) as client:
        assert client.get().body == b"hello"


def test_a_living_unix_socket_is_not_replaced(sluice):
    daemon = sluice(start=False, vhost=proxy_to(NOWHERE) +
                    listens("unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen()
        done = daemon.run("-d")
    assert done.returncode == 1
    assert "somebody answers on it" in done.stderr
    assert path.exists()


def test_a_file_is_not_replaced_by_a_unix_socket(sluice):
    daemon = sluice(start=False, vhost=proxy_to(NOWHERE) +
                    listens("unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    path.write_text("precious")
    done = daemon.run("-d")
    assert done.returncode == 1
    assert "is no socket" in done.stderr
    assert path.read_text() == "precious"


def test_a_unix_socket_that_left_is_removed(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind) +
                    listens("127.0.0.1:@PORT@", "unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    daemon.vhosts = {"main": proxy_to(behind) + listens("127.0.0.1:@PORT@")}
    reload(daemon)
    eventually(lambda: not path.exists(), what="the socket file to go")
    assert daemon.get().body == b"hello"


@pytest.mark.parametrize("by_rename", [False, True])
def test_a_reload_restores_a_removed_unix_socket(sluice, origin, by_rename):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))) +
                    listens("unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    for _ in range(3):
        if by_rename:
            path.rename(daemon.path / "elsewhere")
        else:
            path.unlink()
        reload(daemon)
        daemon.wait_error("its file was removed, binding anew")
        for _ in range(10):
            with Client(path=path) as client:
                assert client.get().body == b"hello"
    reload(daemon)
    with Client(path=path) as client:
        assert client.get().body == b"hello"
    assert daemon.stop() == 0
    assert not path.exists()


def test_a_refused_reload_leaves_a_replaced_socket_file_alone(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))) +
                    listens("127.0.0.1:@PORT@", "unix:@DIR@/web.sock"))
    path = daemon.path / "web.sock"
    path.unlink()
    path.write_text("precious")
    done = daemon.ctl("reload")
    assert done.returncode == 1 and "is no socket" in done.stderr
    assert daemon.get().body == b"hello"
    path.unlink()
    reload(daemon)
    with Client(path=path) as client:
        assert client.get().body == b"hello"
