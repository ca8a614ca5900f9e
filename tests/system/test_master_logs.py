"""Log files: reopened in every process, without a line lost or torn."""

import os
import re
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import harness_processes as processes
from harness import eventually, proxy_to, size
from harness_origin import reply

HELLO = reply(b"hello")


def lines(path):
    return path.read_text().splitlines()


def test_usr1_moves_every_line_to_the_new_file(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=3)
    old = daemon.path / "access.log.1"
    daemon.get("/before")
    daemon.wait_exchanges(1)
    daemon.access_log.rename(old)
    daemon.signal(signal.SIGUSR1)
    daemon.wait_error("every process writes to the new files")
    for _ in range(30):
        daemon.get("/after")
    daemon.wait_exchanges(30)
    assert len(lines(old)) == 1 and "/before" in lines(old)[0]
    assert all("/after" in line for line in lines(daemon.access_log))


def test_the_error_log_of_the_master_moves_too(sluice, origin):
    daemon = sluice(daemonize=True, vhost=proxy_to(origin(HELLO)))
    old = daemon.path / "error.log.1"
    daemon.error_log.rename(old)
    assert daemon.ctl("reopen").returncode == 0
    count = len(lines(old))
    assert daemon.ctl("reload").returncode == 0
    assert "generation 2 is in force" in daemon.error_log.read_text()
    assert len(lines(old)) == count


def test_draining_workers_get_the_new_file(sluice, origin):
    def script(peer):
        peer.read_head()
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(HELLO)

    behind = origin(script)
    daemon = sluice(start=False, conf='drain = "30s";\n')
    daemon.vhosts = {"main": proxy_to(behind)}
    daemon.start()
    old = daemon.path / "access.log.1"
    with daemon.client() as client:
        client.request("/slow")
        eventually(lambda: behind.peers, what="the request to arrive")
        assert daemon.ctl("reload").returncode == 0
        assert "draining" in daemon.ctl("workers").stdout
        daemon.access_log.rename(old)
        assert daemon.ctl("reopen").returncode == 0
        (daemon.path / "go").touch()
        assert client.read_reply().body == b"hello"
        daemon.wait_exchanges(1, target="/slow")
    assert lines(old) == []


def test_no_line_is_lost_or_torn(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=2)
    asked = 0
    over = threading.Event()

    def ask():
        nonlocal asked
        while not over.is_set():
            with daemon.client() as client:
                for _ in range(20):
                    client.get(f"/{asked}")
                    asked += 1

    asker = threading.Thread(target=ask)
    asker.start()
    files = []
    for turn in range(size(10, 100)):
        files.append(daemon.path / f"access.log.{turn}")
        daemon.access_log.rename(files[-1])
        done = daemon.ctl("reopen")
        assert done.returncode == 0, done.stderr
        size_then = files[-1].stat().st_size
        time.sleep(0.02)
        assert files[-1].stat().st_size == size_then
    over.set()
    asker.join()

    def all_targets():
        text = "".join(path.read_text()
                       for path in [*files, daemon.access_log])
        assert text.endswith("\n")
        return sorted(int(n) for n in re.findall(r'target="/(\d+)"', text))

    eventually(lambda: len(all_targets()) >= asked, what="all lines")
    assert all_targets() == list(range(asked))


def test_a_stopped_worker_is_reported_and_catches_up(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1)
    worker, = daemon.workers()
    old = daemon.path / "access.log.1"
    daemon.get("/before")
    daemon.wait_exchanges(1)
    daemon.access_log.rename(old)
    os.kill(worker, signal.SIGSTOP)
    done = daemon.ctl("reopen")
    assert done.returncode == 1
    assert "may still write to the old files" in done.stderr
    daemon.wait_error(rf"worker 0 \(pid {worker}, generation 1\) has not")
    os.kill(worker, signal.SIGCONT)
    daemon.get("/after")
    daemon.wait_exchanges(1, target="/after")
    assert daemon.workers() == [worker]
    assert daemon.ctl("reopen").returncode == 0


def test_a_file_that_cannot_be_made_keeps_the_old_one(sluice, origin):
    folder = "@DIR@/logs"
    daemon = sluice(vhost=proxy_to(origin(HELLO)),
                    conf=f'log = {{ file = "{folder}/a.log"; }};\n')
    logs = daemon.path / "logs"
    moved = daemon.path / "moved"
    daemon.access_log = moved / "a.log"
    logs.rename(moved)
    done = daemon.ctl("reopen")
    assert done.returncode == 1
    daemon.wait_error(r"logs/a\.log stays the old file: No such file")
    daemon.get("/still")
    daemon.wait_exchanges(1, target="/still")
    moved.rename(logs)
    assert daemon.ctl("reopen").returncode == 0


def test_a_reload_may_change_the_log(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(HELLO)))
    daemon.get("/one")
    daemon.wait_exchanges(1)
    first = daemon.access_log
    daemon.access_log = daemon.path / "second.log"
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    daemon.get("/two")
    daemon.wait_exchanges(1, target="/two")
    assert len(lines(first)) == 1


# ---- nobody reads ----

def fill(fd):
    """Until not another byte goes in; then as blocking as before."""
    os.set_blocking(fd, False)
    for chunk in (b"x" * 65536 + b"\n", b"\n"):
        try:
            while True:
                os.write(fd, chunk)
        except BlockingIOError:
            pass
    os.set_blocking(fd, True)


def socket_ends():
    return [end.detach() for end in socket.socketpair()]


@pytest.mark.parametrize("ends", [os.pipe, socket_ends])
def test_a_stderr_that_nobody_reads_stops_nobody(sluice, origin, ends):
    daemon = sluice(start=False, vhost=proxy_to(origin(HELLO)))
    daemon.port = processes.free_port()
    daemon.write_conf()
    unread, stderr = ends()
    fill(stderr)
    daemon.popen = subprocess.Popen(
        daemon.command("-d", "-f", str(daemon.conf_file)), stderr=stderr,
        stdin=subprocess.DEVNULL, cwd=daemon.path)
    daemon.pid = daemon.popen.pid
    try:
        eventually(lambda: processes.is_listening(daemon.port))
        assert daemon.get().body == b"hello"
        assert daemon.ctl("reload").returncode == 0
        assert daemon.ctl("reopen").returncode == 0
        assert daemon.get().body == b"hello"
        assert os.get_blocking(stderr)      # it is not ours alone
        assert daemon.stop() == 0
    finally:
        os.close(unread)
        os.close(stderr)


def test_a_fifo_that_nobody_reads_stops_nobody(sluice, origin):
    daemon = sluice(start=False, daemonize=True,
                    vhost=proxy_to(origin(HELLO)))
    daemon.error_log = daemon.path / "fifo"
    os.mkfifo(daemon.error_log)
    reader = os.open(daemon.error_log, os.O_RDWR)
    try:
        fill(reader)
        daemon.start()
        assert daemon.get().body == b"hello"
        assert daemon.ctl("reload").returncode == 0
        assert daemon.ctl("reopen").returncode == 0
        assert daemon.get().body == b"hello"
        daemon.error_log = daemon.stderr    # for who looks for bugs there
        assert daemon.stop() == 0
    finally:
        os.close(reader)


def test_an_unread_pipe_gets_whole_lines_once_it_is_read(sluice, origin):
    daemon = sluice(start=False, daemonize=True,
                    vhost=proxy_to(origin(HELLO)))
    daemon.error_log = daemon.path / "fifo"
    os.mkfifo(daemon.error_log)
    reader = os.open(daemon.error_log, os.O_RDWR | os.O_NONBLOCK)
    try:
        daemon.start()
        for _ in range(size(60, 300)):
            assert daemon.ctl("reopen").returncode == 0
        text = b""
        while select.select([reader], [], [], 0)[0]:
            text += os.read(reader, 65536)
        assert daemon.ctl("reload").returncode == 0
        text += os.read(reader, 65536)
        for line in text.decode().splitlines():
            assert re.match(r"\d{4}-\S+Z \w+ \S+( \d+)?\[\d+\]: ", line)
        daemon.error_log = daemon.stderr
        assert daemon.stop() == 0
    finally:
        os.close(reader)
