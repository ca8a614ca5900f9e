"""What a service manager is told: sd_notify, with us as the manager."""

import os
import socket
import subprocess
import time

import pytest

from harness import BUILD, eventually, proxy_to
from harness_origin import reply
from harness_peer import DEADLINE

NOWHERE = "http://127.0.0.1:1"


class Manager:
    """The socket of NOTIFY_SOCKET: a path, or with "@" an abstract name."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        self.socket.bind(name.replace("@", "\0", 1))
        if name[0] == "/":
            os.chmod(name, 0o777)

    def env(self, **more):
        return {"NOTIFY_SOCKET": self.name, **more}

    def next(self):
        """The next message, as a dict."""
        text = self.socket.recv(4096).decode()
        assert text.endswith("\n")
        return dict(line.split("=", 1) for line in text.splitlines())


@pytest.fixture
def manager(workdir):
    one = Manager(str(workdir / "notify"))
    yield one
    one.socket.close()


@pytest.fixture
def abstract():
    one = Manager(f"@sluice-test-{os.getpid()}")
    yield one
    one.socket.close()


def test_ready_comes_once_it_serves(sluice, origin, manager):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))),
                    env=manager.env())
    assert manager.next() == {"READY": "1", "STATUS": "running"}
    assert daemon.get().body == b"hello"


def test_an_abstract_socket_is_told_too(sluice, abstract):
    sluice(vhost=proxy_to(NOWHERE), env=abstract.env())
    assert abstract.next()["READY"] == "1"


def test_a_reload_is_told_with_its_time_and_its_end(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE), env=manager.env())
    manager.next()
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    assert daemon.ctl("reload").returncode == 0
    told = manager.next()
    assert told["RELOADING"] == "1"
    assert (before * 1e6 - 1 <= int(told["MONOTONIC_USEC"]) <=
            time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)
    assert manager.next() == {"READY": "1", "STATUS": "running"}


def test_a_refused_reload_ends_ready_and_says_so(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE), env=manager.env())
    manager.next()
    daemon.vhosts = {"main": "proxy = ;\n"}
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 1
    assert manager.next()["RELOADING"] == "1"
    told = manager.next()
    assert told["READY"] == "1" and "refused" in told["STATUS"]


def test_stopping_is_the_last_word(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE), env=manager.env())
    manager.next()
    daemon.stop()
    assert manager.next() == {"STOPPING": "1", "STATUS": "stopping"}
    manager.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.next()


def test_saving_the_cache_may_take_longer(sluice, manager, tmp_path):
    daemon = sluice(conf=f'cache = {{ path = "{tmp_path}/cache"; }};\n',
                    vhost=proxy_to(NOWHERE), env=manager.env())
    manager.next()
    daemon.stop()
    assert manager.next()["STATUS"] == "stopping"
    told = manager.next()
    assert told["STOPPING"] == "1" and told["STATUS"] == "saving the cache"
    assert int(told["EXTEND_TIMEOUT_USEC"]) >= 10e6
    daemon.start()
    told = manager.next()
    assert told["STATUS"] == "reading the saved cache"
    assert int(told["EXTEND_TIMEOUT_USEC"]) >= 10e6
    assert manager.next()["READY"] == "1"


def test_draining_is_no_stop_that_the_manager_would_end(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE), env=manager.env())
    manager.next()
    assert daemon.ctl("drain").returncode == 0
    assert manager.next() == {"STATUS": "draining"}
    eventually(lambda: not daemon.alive(), what="it to end")


def test_the_managers_watchdog_is_fed(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE),
                    env=manager.env(WATCHDOG_USEC="40000"))
    told = [manager.next() for _ in range(6)]
    assert told.count({"WATCHDOG": "1"}) == 5
    daemon.stop()


def test_the_watchdog_of_another_process_is_not(sluice, manager):
    daemon = sluice(vhost=proxy_to(NOWHERE), env=manager.env(
        WATCHDOG_USEC="40000", WATCHDOG_PID="1"))
    daemon.stop()
    assert [list(manager.next())[0] for _ in range(2)] == ["READY", "STOPPING"]


@pytest.mark.parametrize("name", ["", "x", "relative/path", "/" + "x" * 200])
def test_what_is_no_address_is_ignored(sluice, name):
    daemon = sluice(vhost=proxy_to(NOWHERE), env={"NOTIFY_SOCKET": name})
    assert daemon.ctl("reload").returncode == 0
    assert "can't be told" not in daemon.errors()


def test_a_manager_that_is_gone_is_a_warning(sluice, workdir):
    daemon = sluice(vhost=proxy_to(NOWHERE),
                    env={"NOTIFY_SOCKET": str(workdir / "nobody")})
    daemon.wait_error("the service manager can't be told: No such file")


# ---- --supervised ----

def test_supervised_is_a_daemon_in_the_foreground(sluice):
    daemon = sluice(start=False, vhost=proxy_to(NOWHERE),
                    args=["--supervised"],
                    conf='pid_file = "@DIR@/sluiced.pid";\n'
                    'error_log = "@DIR@/error.log";\n')
    daemon.error_log = daemon.path / "error.log"
    daemon.start()
    assert daemon.popen.pid == daemon.pid and daemon.popen.poll() is None
    assert int(daemon.pid_file.read_text()) == daemon.pid
    assert "is in force" in daemon.error_log.read_text()
    assert daemon.stderr.read_text() == ""
    assert daemon.stop() == 0


@pytest.mark.parametrize("args", [["-d"], ["--listen", "1", "--to", "a"]])
def test_supervised_is_for_a_daemon(args):
    done = subprocess.run([str(BUILD / "sluiced"), "--supervised", *args],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 2 and "--supervised is for" in done.stderr
