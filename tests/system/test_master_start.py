"""sluiced from the command line to the moment it is ready, and its end."""

import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest

import harness_processes as processes
from harness import BUILD, eventually, proxy_to
from harness_origin import reply


def sluiced(*args, **options):
    return subprocess.run([str(BUILD / "sluiced"), *args], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False, **options)


def process_state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


# ---- the command line ----

@pytest.mark.parametrize("args", [
    ["--no-such-option"], ["-x"], ["-f"], ["surplus"],
    ["--listen", "8080"], ["--to", "http://127.0.0.1:1"],
    ["-f", "a", "--listen", "8080", "--to", "http://127.0.0.1:1"]])
def test_a_wrong_command_line_is_usage_and_2(args):
    done = sluiced(*args)
    assert done.returncode == 2
    assert "usage: sluiced" in done.stderr
    assert done.stdout == ""


def test_version_names_libraries():
    for option in ("-V", "--version"):
        done = sluiced(option)
        assert done.returncode == 0
        assert re.search(r"^sluiced \d+\.\d+", done.stdout)
        assert "libconfig" in done.stdout and "libbsd" in done.stdout


def test_help_is_on_stdout_and_0():
    done = sluiced("--help")
    assert done.returncode == 0 and "--listen" in done.stdout


# ---- -t ----

def test_a_good_configuration_is_0_and_binds_nothing(sluice):
    daemon = sluice(start=False, vhost=proxy_to("http://127.0.0.1:1"))
    with socket.socket() as taken:
        daemon.port = processes.free_port()
        daemon.write_conf()
        taken.bind(("127.0.0.1", daemon.port))
        taken.listen()
        done = daemon.run("-t")
    assert done.returncode == 0, done.stderr
    assert "configuration is good" in done.stdout
    assert not daemon.socket.exists() and not daemon.pid_file.exists()
    assert not daemon.access_log.exists()


def test_a_bad_configuration_is_1_with_place(sluice):
    daemon = sluice(start=False, vhost='host = "*";\nproxxy = "nowhere";\n')
    done = daemon.run("--test")
    assert done.returncode == 1
    assert re.search(r"main\.conf:2:\d+: error:", done.stderr), done.stderr
    assert "good" not in done.stdout


# ---- the background ----

def test_daemon_is_ready_when_its_start_returns(sluice, origin):
    daemon = sluice(daemonize=True, vhost=proxy_to(origin(reply(b"hello"))))
    assert daemon.popen.returncode == 0
    assert daemon.get().body == b"hello"
    assert daemon.errors().count("is in force") == 1
    assert daemon.stderr.read_text() == ""


def test_daemon_has_no_terminal_and_stands_in_root(sluice):
    daemon = sluice(daemonize=True, vhost=proxy_to("http://127.0.0.1:1"))
    for pid in [daemon.pid, *daemon.workers()]:
        state = process_state(pid)
        assert state[4] == "0", "it has a terminal"
        assert state[3] != str(pid), "it leads a session"
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        for fd in range(3):
            assert os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/null"


def test_pid_file_is_the_masters_and_goes_with_it(sluice):
    daemon = sluice(daemonize=True, vhost=proxy_to("http://127.0.0.1:1"))
    assert int(daemon.pid_file.read_text()) == daemon.pid
    assert processes.title_of(daemon.pid) == "sluiced: master"
    assert daemon.socket.exists()
    daemon.stop()
    assert not daemon.pid_file.exists()
    assert not daemon.socket.exists()


def test_missing_folders_are_made(sluice):
    daemon = sluice(start=False, daemonize=True,
                    conf='control = { socket = "@DIR@/run/ctl.sock"; };\n'
                    'log = { file = "@DIR@/log/access.log"; };\n',
                    vhost=proxy_to("http://127.0.0.1:1"))
    daemon.socket = daemon.path / "run/ctl.sock"
    daemon.start()
    assert daemon.ctl("status").returncode == 0
    for name in ("run", "log"):
        found = (daemon.path / name).stat()
        assert stat.S_IMODE(found.st_mode) == 0o755
        assert found.st_uid == os.geteuid()
    log = (daemon.path / "log/access.log").stat()
    assert stat.S_IMODE(log.st_mode) == 0o640


def test_a_second_start_is_refused_and_names_the_pid(sluice):
    daemon = sluice(daemonize=True, vhost=proxy_to("http://127.0.0.1:1"))
    done = daemon.run()
    assert done.returncode == 1
    assert f"already running, pid {daemon.pid}" in done.stderr
    assert int(daemon.pid_file.read_text()) == daemon.pid
    assert daemon.ctl("status").returncode == 0


def test_a_pid_file_left_by_a_killed_master_is_no_obstacle(sluice):
    daemon = sluice(daemonize=True, vhost=proxy_to("http://127.0.0.1:1"))
    old = daemon.pid
    daemon.workers()
    os.kill(old, signal.SIGKILL)
    eventually(lambda: not processes.survivors(daemon.seen),
               what="workers to follow their master")
    assert daemon.pid_file.exists() and daemon.socket.exists()
    daemon.start()
    assert daemon.pid != old
    assert daemon.ctl("status").returncode == 0


def test_a_failing_start_is_1_and_says_why_on_stderr(sluice):
    daemon = sluice(start=False, daemonize=True,
                    conf='control = { socket = "@DIR@"; };\n',
                    vhost=proxy_to("http://127.0.0.1:1"))
    done = daemon.run()
    assert done.returncode == 1
    assert "is no socket" in done.stderr
    assert not daemon.pid_file.exists()


def test_a_log_that_cannot_be_opened_refuses_the_start(sluice):
    daemon = sluice(start=False, daemonize=True,
                    conf='log = { file = "@DIR@/no/such/folder/log"; };\n',
                    vhost=proxy_to("http://127.0.0.1:1"))
    done = daemon.run()
    assert done.returncode == 1
    assert "no/such" in done.stderr
    assert not daemon.pid_file.exists()


# ---- the foreground ----

def test_foreground_logs_to_stderr_and_makes_no_pid_file(sluice):
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:1"))
    assert "is in force" in daemon.stderr.read_text()
    assert not daemon.pid_file.exists()


def test_quick_mode_proxies_without_a_file(sluice, origin):
    behind = origin(reply(b"quick"))
    daemon = sluice(quick=behind.url.removeprefix("http://"))
    reply_ = daemon.get("/x", host="anything.example")
    assert reply_.body == b"quick"
    assert behind.heads[0].startswith(b"GET /x HTTP/1.1\r\n")


def test_a_reload_works_in_quick_mode(sluice, origin):
    daemon = sluice(quick=origin(reply(b"quick")).url)
    daemon.signal(signal.SIGHUP)
    daemon.wait_error("generation 2 is in force")
    assert daemon.get("/").body == b"quick"


def test_descriptors_are_raised_and_logged(sluice):
    """A worker keeps two back, for those that the master sends it."""
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:1"))
    found = daemon.wait_error(r"(\d+) descriptors a process")
    for pid in [daemon.pid, *daemon.workers()]:
        limits = Path(f"/proc/{pid}/limits").read_text()
        soft, hard = re.search(r"open files +(\d+) +(\d+)", limits).groups()
        assert hard == found[1]
        assert int(soft) == int(hard) - (0 if pid == daemon.pid else 2)


def test_titles_tell_slot_and_generation(sluice):
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:1"), workers=2)
    assert processes.title_of(daemon.pid) == "sluiced: master"
    assert sorted(processes.title_of(pid) for pid in daemon.workers()) == [
        "sluiced: worker 0, generation 1", "sluiced: worker 1, generation 1"]
    assert daemon.ctl("reload").returncode == 0
    eventually(lambda: len(daemon.workers()) == 2, what="old ones to end")
    assert sorted(processes.title_of(pid) for pid in daemon.workers()) == [
        "sluiced: worker 0, generation 2", "sluiced: worker 1, generation 2"]


# ---- what a worker holds ----

def descriptors(pid):
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            pass
    return found


def test_workers_hold_nothing_of_the_masters(sluice):
    daemon = sluice(daemonize=True, vhost=proxy_to("http://127.0.0.1:1"),
                    workers=3)
    daemon.ctl("reload")
    eventually(lambda: len(daemon.workers()) == 3, what="old ones to end")
    master = set(descriptors(daemon.pid).values())
    shared = {"/dev/null", str(daemon.access_log), str(daemon.error_log)}
    sockets = {text for text in master if text.startswith("socket:")}
    for pid in daemon.workers():
        held = descriptors(pid)
        both = master & set(held.values())
        anonymous = {t for t in both if t.startswith("anon_inode:")}
        assert both - sockets - anonymous == shared
        # Of the master's sockets a worker has those that listen: one a slot.
        assert len(both & sockets) == 3
        assert not any("pid" in text or "memfd" in text
                       for text in held.values()), held


# ---- the end ----

@pytest.mark.parametrize("signum",
                         [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_ends_with_0(sluice, signum):
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:1"))
    assert daemon.stop(signum) == 0


def test_quit_finishes_what_is_under_way(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-")
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(b"-done")

    daemon = sluice(start=False, conf='drain = "20s";\n')
    daemon.vhosts = {"main": proxy_to(origin(script))}
    daemon.start()
    with daemon.client() as client:
        client.request("/")
        client.read_until(b"half-")
        daemon.signal(signal.SIGQUIT)
        daemon.wait_error(r"127.0.0.1:\d+ is closed")
        with pytest.raises(OSError):
            daemon.client()
        assert daemon.alive()
        (daemon.path / "go").touch()
        assert client.read_exactly(5) == b"-done"
    eventually(lambda: not daemon.alive(), what="it to end")
    assert daemon.stop() == 0


def test_quit_ends_at_its_drain_time(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    daemon = sluice(conf='drain = "1s";\n', vhost=proxy_to(origin(script)))
    with daemon.client() as client:
        client.request("/")
        daemon.signal(signal.SIGQUIT)
        eventually(lambda: not daemon.alive(), what="it to end")
    assert daemon.stop() == 0


def test_a_second_term_ends_at_once(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(conf='drain = "60s";\n', vhost=proxy_to(behind))
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        daemon.signal(signal.SIGQUIT)
        daemon.wait_error("draining")
        daemon.signal(signal.SIGTERM)
        daemon.signal(signal.SIGINT)
        daemon.wait_error("all workers are killed")
        assert daemon.stop() == 0


# ---- a start right after a kill ----

def test_a_start_waits_a_moment_for_the_pid_file(sluice):
    daemon = sluice(start=False, daemonize=True,
                    vhost=proxy_to("http://127.0.0.1:1"))
    with open(daemon.pid_file, "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("1")
        held.flush()
        refused = daemon.run()
        assert refused.returncode == 1
        assert "already running, pid 1" in refused.stderr
        letting_go = threading.Timer(0.1, fcntl.flock, (held, fcntl.LOCK_UN))
        letting_go.start()
        daemon.start(tries=1)
        letting_go.join()
    assert daemon.ctl("status").returncode == 0
