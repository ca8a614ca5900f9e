"""Descriptors, processes and memory that run out while the daemon runs: the
error log names the cause, who can be served is, and it recovers by itself.

The master without descriptors stands in test_ctl.py, more clients than there
is room for in test_proxy_idle.py, a reload without memory for its workers in
test_master_reload.py, memory for bodies in test_limits_attack.py.
"""

import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from harness import AS_ROOT, eventually, proxy_to
from harness_origin import reply
from harness_scripts import counters
from harness_user import AS_USER, users_sluice  # noqa: F401

HELLO = reply(b"hello")
AS_WORKER = {"user": "nobody", "group": "nogroup"} if AS_ROOT else {}


def limit(pid, name, number, user):
    """The soft limit, which only the process's own user may set."""
    subprocess.run(["prlimit", f"--pid={pid}", f"--{name}={number}:"],
                   check=True, **user)


def soft_limit(pid, name):
    text = Path(f"/proc/{pid}/limits").read_text()
    return re.search(rf"^{name} +(\d+)", text, re.M)[1]


@pytest.fixture
def short_of_files():
    """short_of_files(pid): the worker may open nothing more; and again."""
    usual = {}

    def change(pid, none):
        usual.setdefault(pid, soft_limit(pid, "Max open files"))
        limit(pid, "nofile", 3 if none else usual[pid], AS_WORKER)
    return change


# ---- descriptors ----

def test_without_descriptors_accepting_waits(sluice, origin, short_of_files):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=1)
    worker, = daemon.workers()
    with daemon.client() as before:
        assert before.get().body == b"hello"
        short_of_files(worker, True)
        with daemon.client() as late:
            late.request("/late")
            daemon.wait_error(rf"accepting on .*:{daemon.port}.* waits: "
                              "Too many open files")
            assert before.get().body == b"hello"    # its origin is kept
            assert late.is_quiet()
            short_of_files(worker, False)
            assert late.read_reply().body == b"hello"
    assert counters(daemon)["accept_paused"] > 0
    assert daemon.errors().count("accepting on") == 1
    assert daemon.workers() == [worker]


def test_without_descriptors_connecting_is_503(sluice, origin,
                                               short_of_files):
    behind = origin(HELLO)
    daemon = sluice(vhost='host = "*";\nroutes = ( '
                    '{ path = "/ours"; respond = "us"; }, '
                    f'{{ path = "/"; proxy = "{behind.url}"; }} );\n',
                    workers=1)
    worker, = daemon.workers()
    with daemon.client() as client:
        assert client.get("/ours").body == b"us"
        short_of_files(worker, True)
        for _ in range(3):
            assert client.get("/theirs").status == 503
            assert client.get("/ours").body == b"us"
        daemon.wait_error(rf"warning worker 0.*: can't connect to "
                          rf"{behind.url}: Too many open files")
        short_of_files(worker, False)
        assert client.get("/theirs").body == b"hello"
    lines = daemon.wait_exchanges(3, status=503)
    assert {line["end"] for line in lines} == {"overloaded"}
    assert daemon.errors().count("can't connect") == 1


def test_without_descriptors_no_worker_is_forked(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=2)
    usual = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    os.kill(daemon.workers()[0], signal.SIGKILL)
    daemon.wait_error(r"worker \d can't be started: channel: "
                      "Too many open files")
    for _ in range(20):     # both queues are served
        assert daemon.get().body == b"hello"
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, usual)
    eventually(lambda: "2 of 2 ready" in daemon.ctl("status").stdout,
               deadline=30, what="another worker")


# ---- processes ----

def test_when_fork_fails_the_others_serve(users_sluice,  # noqa: F811
                                          origin):
    daemon = users_sluice(vhost=proxy_to(origin(HELLO)), workers=2)
    usual = soft_limit(daemon.pid, "Max processes")
    limit(daemon.pid, "nproc", 1, AS_USER)
    killed, other = daemon.workers()
    os.kill(killed, signal.SIGKILL)
    daemon.wait_error(r"worker \d can't be started: fork: "
                      "Resource temporarily unavailable")
    for _ in range(20):     # both queues are served
        assert daemon.get().body == b"hello"
    refused = daemon.ctl("reload")
    assert refused.returncode == 1
    assert ("nothing can be forked now: Resource temporarily unavailable"
            in refused.stderr + refused.stdout)
    daemon.wait_error("not reloaded: generation 1 goes on")
    assert daemon.workers() == [other]
    limit(daemon.pid, "nproc", usual, AS_USER)
    eventually(lambda: len(daemon.workers()) == 2, deadline=30,
               what="another worker")
    assert daemon.ctl("reload").returncode == 0
    assert daemon.get().body == b"hello"


# ---- memory ----

def limit_memory(pid, spare):
    """From now on what PID forks may map only so much more than it has."""
    text = Path(f"/proc/{pid}/status").read_text()
    has = 1024 * int(re.search(r"^VmSize:\s+(\d+) kB", text, re.M)[1])
    most = resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_AS,
                     (has + spare if spare else most, most))


def test_without_memory_for_a_worker_the_others_serve(sluice, origin):
    """Its stacks are a reservation of a gibibyte or more, which fails."""
    daemon = sluice(vhost=proxy_to(origin(HELLO)), workers=2)
    limit_memory(daemon.pid, 256 << 20)
    killed, other = daemon.workers()
    os.kill(killed, signal.SIGKILL)
    daemon.wait_error(r"error worker \d.*: can't start: "
                      "Cannot allocate memory")
    for _ in range(20):
        assert daemon.get().body == b"hello"
    assert other in daemon.workers()
    limit_memory(daemon.pid, None)
    eventually(lambda: "2 of 2 ready" in daemon.ctl("status").stdout,
               deadline=30, what="another worker")
    assert daemon.get().body == b"hello"
