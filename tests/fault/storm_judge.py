"""storm_judge.py - what must hold when the storm is over."""

import collections
import os
import re
from pathlib import Path

from harness_logs import parse_logfmt

# One line from its first byte to its last; much faster than parsing it.
LINE = re.compile(rb'time=\S+(?: [a-z_]+=(?:"(?:[^"\\\n]|\\.)*"|[^\s"=]+))+')
# A download's is the end of what it asked for.
TARGET = re.compile(rb' target="?(?:/big\?[^\s"]*&is=)?([^\s"]+)')
SEAT_COUNT, SEAT_SIZE = 256, 16384      # common/shm/seat.h
NEARBY, SOON = 5000, 500                # msec


def seats_taken(pid):
    """Seats of the segment that are not free, as the master has them."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if "memfd:" in os.readlink(entry) and "seat" in os.readlink(entry):
            data = entry.read_bytes()
            head = len(data) - SEAT_COUNT * SEAT_SIZE
            return sum(data[head + i * SEAT_SIZE] != 0
                       for i in range(SEAT_COUNT))
    raise AssertionError("the master has no seats")


def descriptors(pid):
    """What they are of, without the numbers of sockets."""
    links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return sorted(re.sub(r"\[\d+\]", "", link) for link in links)


class Logs:
    """All lines of all files, by target."""

    def __init__(self, paths):
        self.torn = []
        self.lines = collections.defaultdict(list)
        for path in paths:
            if path.exists():
                self.read(path)

    def read(self, path):
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            self.torn.append((path.name, data[-200:]))
        for line in data.splitlines():
            target = TARGET.search(line)
            if LINE.fullmatch(line) and target and line.count(b"time=") == 1:
                self.lines[target[1].decode()].append(line)
            else:
                self.torn.append((path.name, line))

    def end_of(self, target):
        line, = self.lines[target]
        return parse_logfmt(line.decode())["end"]


class Judge:
    """Asks of each record: was it right, and if not, whose fault was it?"""

    def __init__(self, deaths, logs):
        self.deaths = deaths
        self.logs = logs
        self.counts = collections.Counter()
        self.complaints = []

    def complain(self, why, record):
        self.complaints.append((why, record))

    def was_killed(self, r):
        """Had a worker accepted its connection that was killed then?"""
        return any(r.connection in death.connections and
                   abs(r.msec - death.killed) < NEARBY
                   for death in self.deaths)

    def hardly_logged(self, r):
        """A worker that answers with "Connection: close" closes at once, and
        writes the line at the end of its turn: it may die between the two,
        and then no longer holds the connection."""
        return r.what == "last" and any(
            death.stopped - SOON < r.msec < death.killed + SOON
            for death in self.deaths)

    def judge(self, r):
        lines = len(self.logs.lines.get(r.target, ()))
        self.counts[r.kind] += 1
        if lines > 1:
            self.complain(f"{lines} lines", r)
        if r.what in ("answered", "last"):
            self.judge_line(r, lines)
        elif r.what == "broken" and self.was_killed(r):
            self.counts["broken with their worker"] += 1
        elif r.kind == "guest" and r.what in ("refused", "broken"):
            self.counts[f"guests {r.what}"] += 1
        elif r.kind == "long_tunnel" and r.what == "broken" and lines == 1 \
                and self.logs.end_of(r.target) == "stopped":
            self.counts["tunnels ended with their generation"] += 1
        else:
            self.complain(r.what, r)

    def judge_line(self, r, lines):
        if lines == 1:
            self.counts["lines"] += 1
        elif lines == 0 and (self.was_killed(r) or self.hardly_logged(r)):
            self.counts["lines lost with their worker"] += 1
        elif lines == 0:
            self.complain("no line", r)

