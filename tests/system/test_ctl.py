"""sluicectl and the socket that it asks."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import BUILD, eventually, proxy_to
from harness_origin import reply
from harness_peer import DEADLINE

NOWHERE = "http://127.0.0.1:1"


def sluicectl(*args):
    return subprocess.run([str(BUILD / "sluicectl"), *map(str, args)],
                          text=True, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, timeout=60)


def connect(daemon):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(DEADLINE)
    one.connect(str(daemon.socket))
    return one


def read_all(one):
    data = b""
    try:
        while chunk := one.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


def ask(daemon, line):
    with connect(daemon) as one:
        one.sendall(line)
        return read_all(one)


# ---- exit codes ----

def test_done_is_0(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    for verb in ("status", "workers", "version", "reload", "reopen"):
        done = daemon.ctl(verb)
        assert done.returncode == 0 and done.stdout and not done.stderr, verb


def test_refused_is_1_with_the_reason(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    daemon.vhosts = {"main": "proxy = ;\n"}
    daemon.write_conf()
    done = daemon.ctl("reload")
    assert done.returncode == 1
    assert "main.conf:1:" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("args", [
    [], ["nonsense"], ["-x"], ["status", "surplus"], ["-s"]])
def test_usage_is_2(args):
    done = sluicectl(*args)
    assert done.returncode == 2 and "usage: sluicectl" in done.stderr


def test_no_daemon_is_3(workdir):
    done = sluicectl("-s", workdir / "no.sock", "status")
    assert done.returncode == 3 and "no daemon" in done.stderr
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(workdir / "dead.sock"))
    assert sluicectl("-s", workdir / "dead.sock", "status").returncode == 3
    assert sluicectl("-s", "x" * 200, "status").returncode == 3


def test_a_daemon_that_hangs_up_is_3(workdir):
    path = workdir / "mute.sock"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        with subprocess.Popen([str(BUILD / "sluicectl"), "-s", str(path),
                               "status"], stderr=subprocess.PIPE) as asker:
            mute.accept()[0].close()
            assert asker.wait(timeout=30) == 3


# ---- verbs ----

def test_status_counts(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=2)
    for _ in range(7):
        daemon.get()
    eventually(lambda: re.search(r"^requests +7$",
                                 daemon.ctl("status").stdout, re.M))
    text = daemon.ctl("status").stdout
    for pattern in (rf"^pid +{daemon.pid}$", r"^generation +1$",
                    r"^workers +2 of 2 ready, 0 draining$",
                    r"^accepted +7$", r"^state +running$", r"^uptime +\d+s$"):
        assert re.search(pattern, text, re.M), (pattern, text)


def test_workers_has_a_line_for_each_process(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE), workers=3)
    text = daemon.ctl("workers").stdout
    rows = re.findall(r"^(\d+) +1 +(\d+) +ready ", text, re.M)
    assert [int(slot) for slot, _ in rows] == [0, 1, 2]
    assert {int(pid) for _, pid in rows} == set(daemon.workers())


def test_workers_names_both_ends_of_draining(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1, conf=(
        'drain = "40s";\ndrain_websocket = "10m";\n'))
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        assert daemon.ctl("reload").returncode == 0
        text = daemon.ctl("workers").stdout
        assert re.search(r"draining .*exchanges end in [123]\ds, "
                         r"tunnels end in 9m\d+s$", text, re.M), text


def test_stop_ends_it(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    done = daemon.ctl("stop")
    assert done.returncode == 0 and "stopping" in done.stdout
    eventually(lambda: not daemon.alive(), what="it to end")
    assert daemon.stop() == 0
    assert not daemon.socket.exists()


def test_drain_ends_it_when_the_last_exchange_has_ended(sluice, origin):
    def script(peer):
        peer.read_head()
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(reply(b"hello"))

    behind = origin(script)
    daemon = sluice(start=False, conf='drain = "30s";\n')
    daemon.vhosts = {"main": proxy_to(behind)}
    daemon.start()
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        done = daemon.ctl("drain")
        assert done.returncode == 0 and "draining" in done.stdout
        status = daemon.ctl("status")
        assert re.search(r"^state +draining$", status.stdout, re.M)
        refused = daemon.ctl("reload")
        assert refused.returncode == 1 and "draining" in refused.stderr
        (daemon.path / "go").touch()
        assert client.read_reply().body == b"hello"
    eventually(lambda: not daemon.alive(), what="it to end")
    assert daemon.stop() == 0


def test_who_changes_something_is_logged(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    daemon.ctl("status")
    daemon.ctl("reopen")
    daemon.wait_error(
        rf"control: reopen, asked by pid \d+, uid {os.geteuid()}")
    assert "control: status" not in daemon.errors()


# ---- the socket ----

def test_mode_and_group_are_set(sluice):
    gid = os.getegid()
    daemon = sluice(vhost=proxy_to(NOWHERE), conf=(
        'control = { socket = "@DIR@/ctl.sock"; mode = "0640"; };\n'))
    found = daemon.socket.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o640
    assert found.st_gid == gid


@pytest.mark.parametrize("line", [
    b"\n", b"statu\n", b"status surplus\n", b"STATUS\n", b"\0\0\n",
    b"x" * 5000 + b"\n", b"\xff" * 100 + b"\n"])
def test_garbage_is_told_off(sluice, line):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    assert ask(daemon, line).startswith(b"usage\n")
    assert daemon.ctl("status").returncode == 0


@pytest.mark.parametrize("line", [
    b"x" * 8257, b"x" * 300000, b"status\n" + b"x" * 300000],
    ids=["long", "longer", "more"])
def test_what_is_left_unread_does_not_cost_the_answer(sluice, line):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    with connect(daemon) as one:
        one.sendall(line)
        answer = b""
        while chunk := one.recv(65536):     # raises when it is reset
            answer += chunk
    if line.startswith(b"status"):
        assert answer.startswith(b"done\n")
    else:
        assert answer == b"usage\na line is too long\n"


def test_who_never_ends_its_line_is_closed(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    with connect(daemon) as one, pytest.raises(OSError):
        for _ in range(10000):
            one.sendall(b"x" * 4096)
    assert daemon.ctl("status").returncode == 0


def test_a_line_may_come_in_pieces(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    with connect(daemon) as one:
        for byte in b"version\n":
            one.sendall(bytes([byte]))
            time.sleep(0.001)
        assert read_all(one).startswith(b"done\nsluiced ")


def test_a_client_without_a_line_is_closed(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    with connect(daemon) as mute, connect(daemon) as half:
        half.sendall(b"stat")
        assert daemon.ctl("status").returncode == 0
        assert read_all(mute) == b""
        assert read_all(half) == b""


def test_many_clients_hold_nobody_up(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    many = [connect(daemon) for _ in range(60)]
    refused = [one for one in many[16:] if b"refused" in read_all(one)]
    assert len(refused) == 44
    for one in many:
        one.close()
    eventually(lambda: daemon.ctl("status").returncode == 0)
    assert daemon.get("/").status == 502


@pytest.mark.parametrize("count", [16, 80])
def test_too_many_is_1_and_not_no_daemon(sluice, count):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    many = []
    while len(many) < count:
        many += [connect(daemon) for _ in range(16)]
        done = daemon.ctl("status")     # behind them: they are accepted
    for one in many:
        one.close()
    assert done.returncode == 1, done.stderr
    assert "too many are asking" in done.stderr
    eventually(lambda: daemon.ctl("status").returncode == 0)


def test_a_client_that_leaves_a_reload_is_forgotten(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    for _ in range(5):
        with connect(daemon) as one:
            one.sendall(b"reload\n")
    assert daemon.ctl("reload").returncode == 0
    assert daemon.ctl("status").returncode == 0


def test_without_descriptors_the_master_recovers(sluice):
    import resource
    daemon = sluice(vhost=proxy_to(NOWHERE))
    limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{daemon.pid}/fd"))
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (used, limits[1]))
    with connect(daemon) as one:
        one.sendall(b"status\n")
        daemon.wait_error("control: Too many open files")
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
        assert read_all(one).startswith(b"done\n")
    assert daemon.errors().count("Too many open files") < 10


def test_the_socket_of_another_daemon_is_left_alone(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE))
    other = sluice(start=False, vhost=proxy_to(NOWHERE),
                   conf=f'control = {{ socket = "{daemon.socket}"; }};\n')
    done = other.run("-d")
    assert done.returncode == 1 and "somebody answers" in done.stderr
    assert daemon.ctl("status").returncode == 0
    assert daemon.stop(signal.SIGTERM) == 0
