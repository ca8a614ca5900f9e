"""Pipes, sockets and syslog as logs: whole lines, and nobody waits."""

import os
import re
import socket
import threading

import pytest

from harness import eventually, proxy_to
from harness_logs import parse_logfmt
from harness_origin import reply
from harness_scripts import counters
from test_master_logs import fill

HELLO = reply(b"hello")
LINE_MAX = 4096


class Fifo:
    """A FIFO as the access log, which is read when the test says so."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.text = b""

    def read(self):
        try:
            while True:
                self.text += os.read(self.fd, 65536)
        except BlockingIOError:
            return self.text

    def lines(self):
        return self.read().decode().splitlines()


@pytest.fixture(name="fifo")
def make_fifo(workdir):
    fifo = Fifo(workdir / "access.fifo")
    yield fifo
    os.close(fifo.fd)


def log_to(path):
    return f'log = {{ file = "{path}"; }};\n'


# ---- FIFOs ----


def test_a_full_fifo_stops_no_worker(sluice, origin, fifo):
    fill(fifo.fd)
    os.set_blocking(fifo.fd, False)
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=log_to(fifo.path))
    with daemon.client() as client:
        for _ in range(10):
            assert client.get().body == b"hello"
    eventually(lambda: counters(daemon)["log_lines_dropped"] == 10)
    fifo.read()
    fifo.text = b""
    daemon.get("/again")
    eventually(lambda: fifo.read())
    line, = fifo.lines()
    assert parse_logfmt(line)["target"] == "/again"


def test_lines_too_long_for_a_pipe_have_shorter_values(sluice, origin, fifo):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=log_to(fifo.path))
    daemon.get("/" + "t" * 5000, fields=["User-Agent: " + "\xff" * 5000,
                                         "Referer: " + "r" * 100])
    eventually(lambda: b"\n" in fifo.read())
    line, = fifo.lines()
    assert len(line) < LINE_MAX
    found = parse_logfmt(line)
    assert found["target"] == "/" + "t" * 255 + "..."
    assert found["agent"] == "\xff" * 256 + "..."
    assert found["referer"] == "r" * 100
    assert found["end"] == "done"


def test_workers_do_not_mix_their_lines_in_a_fifo(sluice, origin, fifo):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=2,
                    conf=log_to(fifo.path))

    def ask(number):
        with daemon.client(deadline=60) as client:
            for turn in range(20):
                client.get(f"/{number}/{turn}",
                           fields=["User-Agent: " + "u" * 1500])

    threads = [threading.Thread(target=ask, args=(number,))
               for number in range(20)]
    over = threading.Event()

    def keep_reading():
        while not over.wait(0.001):
            fifo.read()

    reader = threading.Thread(target=keep_reading)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    reader.join()
    eventually(lambda: len(fifo.lines()) == 400 -
               counters(daemon)["log_lines_dropped"])
    lines = [parse_logfmt(line) for line in fifo.lines()]
    assert all(line["agent"] == "u" * 1500 for line in lines)


# ---- syslog ----


class Syslog:
    """A syslog daemon: a datagram socket at a path."""

    def __init__(self, path):
        self.path = path
        self.open()

    def open(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)
        self.socket.settimeout(20)

    def close(self):
        self.socket.close()
        self.path.unlink()

    def receive(self, wanted):
        """The next line in which WANTED, a regular expression, is found."""
        while True:
            line = self.socket.recv(65536).decode()
            if re.search(wanted, line):
                return line


@pytest.fixture(name="syslog")
def make_syslog(workdir):
    syslog = Syslog(workdir / "log.sock")
    yield syslog
    syslog.socket.close()


def test_syslog_gets_each_line_as_a_message(sluice, origin, syslog):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=log_to(f"syslog:local0@{syslog.path}"))
    worker, = daemon.workers()
    with daemon.client() as client:
        for i in range(5):
            client.get(f"/{i}")
    for i in range(5):
        head, line = syslog.receive("time=").split(": ", 1)
        assert head == f"<134>sluiced[{worker}]"
        assert parse_logfmt(line)["target"] == f"/{i}"
        assert not line.endswith("\n")


def test_the_error_log_may_be_syslog(sluice, origin, syslog):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=f'error_log = "syslog@{syslog.path}";\n')
    line = syslog.receive("generation 1 is in force")
    assert line == f"<30>sluiced[{daemon.pid}]: info master: " \
        "generation 1 is in force"
    daemon.ctl("reopen")
    syslog.receive("every process writes to the new files")


def test_a_syslog_that_restarts_gets_lines_again(sluice, origin, syslog):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=2,
                    conf=log_to(f"syslog:local7@{syslog.path}"))
    daemon.get("/before")
    syslog.receive("/before")
    syslog.close()
    assert daemon.get("/away").body == b"hello"
    syslog.open()

    def arrives():
        daemon.get("/after")
        syslog.socket.settimeout(0.05)
        try:
            return syslog.receive("/after")
        except TimeoutError:
            return None

    assert eventually(arrives).startswith("<190>")


def test_no_syslog_is_no_reason_not_to_start(sluice, origin, workdir):
    path = workdir / "nobody.sock"
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=log_to(f"syslog@{path}"))
    daemon.wait_error("warning .*syslog .*nobody.sock: No such file")
    assert daemon.get().body == b"hello"
    eventually(lambda: counters(daemon)["log_lines_dropped"] == 1)


def test_a_syslog_that_does_not_read_stops_no_worker(sluice, origin, syslog):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1,
                    conf=log_to(f"syslog@{syslog.path}"))
    with daemon.client() as client:
        while not counters(daemon)["log_lines_dropped"]:
            for _ in range(100):
                assert client.get("/x").body == b"hello"
    syslog.receive("/x")


# ---- levels ----


@pytest.mark.parametrize("level, has_info", [("warning", False),
                                             ("info", True)])
def test_the_error_log_has_a_level(sluice, origin, level, has_info):
    daemon = sluice(daemonize=True, vhost=proxy_to(origin(HELLO)), conf=(
        f'error_log = {{ file = "@DIR@/error.log"; level = "{level}"; }};\n'))
    assert daemon.ctl("reload").returncode == 0
    assert ("generation 2 is in force" in daemon.errors()) == has_info


def test_a_reload_changes_level_and_file(sluice, origin):
    daemon = sluice(daemonize=True, workers=1,
                    vhost=proxy_to(origin(HELLO)), conf=(
                        'error_log = { file = "@DIR@/error.log"; '
                        'level = "error"; };\n'))
    assert daemon.error_log.read_text() == ""
    daemon.conf = 'error_log = { file = "@DIR@/other.log"; };\n'
    daemon.error_log = daemon.path / "other.log"
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    daemon.wait_error("master.*generation 2 is in force")
    worker = daemon.workers()[-1]
    held = {os.readlink(f"/proc/{worker}/fd/{fd}")
            for fd in os.listdir(f"/proc/{worker}/fd")}
    assert str(daemon.error_log) in held
    assert str(daemon.path / "error.log") not in held
