"""harness_processes.py - processes and ports, read from /proc.

The test run makes itself the reaper of its descendants' orphans, so nothing
that a daemon leaves behind can hide under init: after each test the only
children of ours are those that we had before.
"""

import ctypes
import os
import signal
import socket
from collections import namedtuple

PR_SET_CHILD_SUBREAPER = 36
LISTEN = "0A"

# The start time tells a process from a later one with its number.
Process = namedtuple("Process", "pid started")


def become_reaper():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_stat(pid):
    """(state, parent, start time), or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as stat:
            words = stat.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[0], int(words[1]), int(words[19])


def title_of(pid):
    """As ps shows it.  A title that is just as long as the command line was
    ends with a space: setproctitle(3bsd) separates the two."""
    with open(f"/proc/{pid}/cmdline", "rb") as line:
        return line.read().split(b"\0")[0].decode().rstrip()


def is_alive(pid):
    """Is it there, and not a zombie?"""
    stat = read_stat(pid)
    return stat is not None and stat[0] not in "ZX"


def family():
    """{parent: {Process}} of all living processes."""
    parents = {}
    for name in os.listdir("/proc"):
        stat = read_stat(name) if name.isdigit() else None
        if stat is not None and stat[0] not in "ZX":
            process = Process(int(name), stat[2])
            parents.setdefault(stat[1], set()).add(process)
    return parents


def children(pid):
    return family().get(pid, set())


def descendants(pid):
    """All below PID, without itself."""
    parents = family()
    found = set()
    todo = [pid]
    while todo:
        below = parents.get(todo.pop(), set()) - found
        found |= below
        todo.extend(p.pid for p in below)
    return found


def survivors(processes):
    """Those that still run; zombies that came to us are reaped."""
    left = set()
    for process in processes:
        stat = read_stat(process.pid)
        if stat is None or stat[2] != process.started:
            continue
        if stat[0] in "ZX":
            if stat[1] == os.getpid():
                reaped_status(process.pid)
        else:
            left.add(process)
    return left


def kill(processes):
    for process in survivors(processes):
        os.kill(process.pid, signal.SIGKILL)


def reaped_status(pid):
    """The exit status of an orphan of ours (as Popen.returncode), or None."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if found else None


# ---- ports ----

def free_port():
    """A port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    """Does anybody listen on PORT?  Without connecting: that would count."""
    wanted = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[1].endswith(wanted) and words[3] == LISTEN:
                    return True
    return False
