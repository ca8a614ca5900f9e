"""Sockets that were handed to us: LISTEN_FDS, and systemd's own hand."""

import os
import re
import signal
import socket
import subprocess

import pytest

import harness_processes as processes
from harness import BUILD, eventually, proxy_to
from harness_origin import reply
from harness_peer import Client

NOWHERE = "http://127.0.0.1:1"

# Sockets are handed over as descriptors 3, 4, ... of the process that we are
# after the exec: LISTEN_PID is that of the shell.
HAND_OVER = 'LISTEN_PID=$$ exec "$@"'


def listen(address, family=socket.AF_INET):
    """As a service manager does it: blocking, and nothing about reuse."""
    one = socket.socket(family)
    one.bind(address)
    one.listen(64)
    return one


class Handed:
    """A daemon (made, not started) that gets SOCKETS."""

    def __init__(self, daemon, sockets, names="", count=None):
        self.daemon = daemon
        self.sockets = sockets
        self.env = {"LISTEN_FDNAMES": names,
                    "LISTEN_FDS": str(len(sockets) if count is None
                                      else count)}

    def _hand(self):
        """In the child: ours become 3, 4, ..., and outlive the exec."""
        high = [os.dup2(one.fileno(), 200 + i)
                for i, one in enumerate(self.sockets)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
            os.close(fd)

    def spawn(self):
        daemon = self.daemon
        daemon.write_conf()
        with open(daemon.stderr, "wb") as stderr:
            daemon.popen = subprocess.Popen(
                ["sh", "-c", HAND_OVER, "sh", str(BUILD / "sluiced"), "-d",
                 "-f", str(daemon.conf_file)], stdin=subprocess.DEVNULL,
                stdout=stderr, stderr=stderr, preexec_fn=self._hand,
                close_fds=False, env={**daemon._environment(), **self.env})
        daemon.pid = daemon.popen.pid
        return daemon

    def start(self):
        daemon = self.spawn()
        daemon.wait_error("is in force|error:")
        return daemon


@pytest.fixture
def hand(sluice):
    """Starts a daemon with SOCKETS: hand(vhost, sockets)."""
    def make(vhost, sockets, conf="", workers=2, **options):
        daemon = sluice(start=False, vhost=vhost, conf=conf, workers=workers)
        daemon.port = sockets[0].getsockname()[1]
        return Handed(daemon, sockets, **options)

    return make


def test_a_socket_that_was_handed_over_is_used(hand, origin):
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(proxy_to(origin(reply(b"hello"))), [one]).start()
        assert daemon.get().body == b"hello"
        assert "was handed over" not in daemon.errors()


def test_one_who_came_before_the_daemon_is_served(hand, origin):
    with listen(("127.0.0.1", 0)) as one:
        handed = hand(proxy_to(origin(reply(b"hello"))), [one])
        with Client(handed.daemon.port) as client:
            client.request("/")
            handed.start()
            assert client.read_reply().body == b"hello"


def test_all_workers_share_it(hand, origin):
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(proxy_to(origin(reply(b"hello"))), [one],
                      workers=3).start()
        for victim in daemon.workers()[:2]:
            daemon.get()
            os.kill(victim, signal.SIGSTOP)
        try:
            assert daemon.get().body == b"hello"
        finally:
            for pid in daemon.workers():
                os.kill(pid, signal.SIGCONT)


def test_it_is_kept_over_reloads_and_lost_by_none(hand, origin):
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(proxy_to(origin(reply(b"hello"))), [one]).start()
        for _ in range(3):
            assert daemon.ctl("reload").returncode == 0
            assert daemon.get().body == b"hello"


def test_an_address_that_left_can_come_back(hand, origin):
    vhost = proxy_to(origin(reply(b"hello")))
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(vhost, [one]).start()
        elsewhere = processes.free_port()
        daemon.vhosts = {"main": vhost + "listen = "
                         f'[ "http://127.0.0.1:{elsewhere}" ];\n'}
        daemon.write_conf()
        assert daemon.ctl("reload").returncode == 0
        daemon.wait_error(f"127.0.0.1:{daemon.port} was handed over, and no")
        with Client(daemon.port) as waiting:
            waiting.request("/")
            with Client(elsewhere) as client:
                assert client.get("/").body == b"hello"
            daemon.vhosts = {"main": vhost}
            daemon.write_conf()
            assert daemon.ctl("reload").returncode == 0
            assert waiting.read_reply().body == b"hello"


def test_it_goes_on_listening_when_the_daemon_has_ended(hand, origin):
    vhost = proxy_to(origin(reply(b"hello")))
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(vhost, [one]).start()
        assert daemon.stop() == 0
        with Client(daemon.port) as client:
            client.request("/")
            hand(vhost, [one]).start()
            assert client.read_reply().body == b"hello"


def test_it_goes_on_listening_when_the_master_was_killed(hand):
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(proxy_to(NOWHERE), [one]).start()
        daemon.workers()
        daemon.kill()
        with Client(daemon.port):
            pass


def test_orphans_leave_it_listening(hand):
    with listen(("127.0.0.1", 0)) as one:
        daemon = hand(proxy_to(NOWHERE), [one]).start()
        orphans = processes.descendants(daemon.pid)
        os.kill(daemon.pid, signal.SIGKILL)
        eventually(lambda: not processes.survivors(orphans),
                   what="the orphans to end")
        with Client(daemon.port):
            pass
        daemon.popen.wait()
        daemon.pid = None


def test_a_unix_socket_is_used_and_its_file_stays(hand, origin, workdir):
    path = str(workdir / "web.sock")
    with listen(path, socket.AF_UNIX) as one, \
            listen(("127.0.0.1", 0)) as other:
        os.chmod(path, 0o666)
        daemon = hand(proxy_to(origin(reply(b"hello"))) + "listen = "
                      f'[ "http://127.0.0.1:@PORT@", "unix:{path}" ];\n',
                      [other, one]).start()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n"
                           b"Connection: close\r\n\r\n")
            data = b""
            while chunk := client.recv(4096):
                data += chunk
        assert data.endswith(b"hello")
        daemon.stop()
        assert os.path.exists(path)


def test_one_that_no_vhost_listens_on_is_a_warning_with_its_name(hand):
    with listen(("127.0.0.1", 0)) as one, listen(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
        daemon = hand(proxy_to(NOWHERE), [one, spare], names="web:spare")
        found = daemon.start().wait_error(r"warning.*the socket .* left wait")
        assert f"127.0.0.1:{port} (spare)" in found[0]


def test_workers_hold_only_what_they_serve(hand):
    with listen(("127.0.0.1", 0)) as one, listen(("127.0.0.1", 0)) as spare:
        daemon = hand(proxy_to(NOWHERE), [one, spare]).start()
        for pid in daemon.workers():
            held = {os.readlink(f"/proc/{pid}/fd/{fd}")
                    for fd in os.listdir(f"/proc/{pid}/fd")}
            for two, wanted in ((one, True), (spare, False)):
                name = os.readlink(f"/proc/self/fd/{two.fileno()}")
                assert (name in held) is wanted


def test_those_of_another_process_are_not_taken(sluice):
    daemon = sluice(vhost=proxy_to(NOWHERE),
                    env={"LISTEN_PID": "1", "LISTEN_FDS": "5"})
    assert daemon.ctl("status").returncode == 0


def refused(handed):
    daemon = handed.spawn()
    assert daemon.popen.wait(timeout=30) == 1
    daemon.pid = None
    return daemon.errors()


def test_one_for_both_families_is_refused_with_help(hand):
    with socket.socket(socket.AF_INET6) as one:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.bind(("::", 0))
        one.listen()
        text = refused(hand(proxy_to(NOWHERE), [one]))
    assert re.search(r"the socket \[::\]:\d+ was handed over for IPv4", text)
    assert "help: BindIPv6Only=ipv6-only" in text


def test_what_is_no_listener_is_refused(hand):
    with listen(("127.0.0.1", 0)) as one, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        text = refused(hand(proxy_to(NOWHERE), [one, other]))
    assert "descriptor 4, which was handed over, is no listening" in text


def test_more_than_there_is_room_for_is_refused(hand):
    with listen(("127.0.0.1", 0)) as one:
        text = refused(hand(proxy_to(NOWHERE), [one], count=129))
    assert "more than 128 sockets" in text


def test_by_systemd_itself(sluice, origin):
    """It waits for the first to come, and then becomes the daemon."""
    daemon = sluice(start=False, vhost=proxy_to(origin(reply(b"hello"))))
    daemon.port = processes.free_port()
    daemon.write_conf()
    with open(daemon.stderr, "wb") as stderr:
        daemon.popen = subprocess.Popen(
            ["systemd-socket-activate", "-l", f"127.0.0.1:{daemon.port}",
             "--fdname=web", str(BUILD / "sluiced"), "-d", "-f",
             str(daemon.conf_file)], stdin=subprocess.DEVNULL, stdout=stderr,
            stderr=stderr, env=daemon._environment())
    daemon.pid = daemon.popen.pid
    eventually(lambda: processes.is_listening(daemon.port))
    assert daemon.get().body == b"hello"
    assert processes.title_of(daemon.pid) == "sluiced: master"
