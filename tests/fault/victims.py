"""victims.py - processes that are stopped and killed, and what they held."""

import os
import re
import signal
from pathlib import Path

from harness import eventually
from harness_processes import read_stat


def tell(pid, signum):
    """False: it has ended meanwhile."""
    if pid == 0:
        return False
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def halt(pid):
    """Stops a process; when this returns, it does stand still."""
    if not tell(pid, signal.SIGSTOP):
        return False
    eventually(lambda: (read_stat(pid) or "Z")[0] in "TZX", what="the stop")
    return (read_stat(pid) or "Z")[0] == "T"


def sockets_of(pid):
    inodes = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry))
            if found:
                inodes.add(found.group(1))
    except FileNotFoundError:
        pass
    return inodes


def address(text):
    """("127.0.0.1", 80) of the kernel's 0100007F:0050."""
    host, port = text.split(":")
    return (".".join(str(b) for b in reversed(bytes.fromhex(host))),
            int(port, 16))


def clients_of(pid, port):
    """The far ends of the connections to PORT that PID has accepted.  Read
    twice: a table that changes meanwhile may be short of a line."""
    mine = sockets_of(pid)
    found = set()
    for _ in range(2):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            cells = line.split()
            if cells[9] in mine and address(cells[1])[1] == port:
                found.add(address(cells[2]))
    return found
