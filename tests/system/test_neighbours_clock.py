"""A wall clock that jumps, by hours and back: the logs and the field Date
follow it, and nothing else does."""

import datetime
import os
import re
import struct
import subprocess
from email.utils import parsedate_to_datetime

import pytest

from harness import BUILD, REPOSITORY, eventually
from harness_origin import reply
from harness_scripts import Gate, get, held

DAY = 24 * 3600
SOURCE = REPOSITORY / "tests/fault/preload/clock.c"


class Clock:
    """The environment of a daemon whose wall clock we can set."""

    def __init__(self, folder):
        self.file = folder / "shift"
        library = folder / "clock.so"
        self.set(0)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1",
                        "-o", library, SOURCE], check=True)
        self.env = {"LD_PRELOAD": str(library),
                    "CLOCK_SHIFT": str(self.file)}

    def set(self, seconds):
        """In one write of a file that is mapped: never half of it."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


@pytest.fixture
def clock(workdir):
    if b"__asan_init" in (BUILD / "sluiced").read_bytes():
        pytest.skip("AddressSanitizer must be the first library")
    return Clock(workdir)


def hours_away(date):
    """Whole hours from now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return round((date - now).total_seconds() / 3600)


def date_of_line(line):
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))


def respond_or_proxy(behind):
    return (f'host = "*";\nroutes = ( {{ path = "/ours"; respond = "us"; }},'
            f' {{ path = "/"; proxy = "{behind.url}"; }} );\n')


@pytest.mark.parametrize("seconds", [DAY, -DAY])
def test_a_clock_that_jumps_ends_nothing(sluice, origin, clock, seconds):
    gate = Gate()
    behind = origin(held(gate, reply(b"late")))
    daemon = sluice(vhost=respond_or_proxy(behind), env=clock.env)
    workers = daemon.workers()
    with daemon.client() as idle, daemon.client() as waiting:
        assert idle.get("/ours").body == b"us"
        waiting.send(get("/waits"))
        gate.wait_reached()
        clock.set(seconds)
        daemon.wait_error("the clock was set.* has jumped by "
                          + re.escape(f"{seconds:+} s"))
        assert idle.get("/ours").body == b"us"
        gate.open()
        assert waiting.read_reply().body == b"late"
    line, = daemon.wait_exchanges(1, target="/waits")
    assert line["end"] == "done" and float(line["total"]) < 60_000
    assert daemon.workers() == workers
    assert daemon.ctl("reload").returncode == 0


def test_what_tells_the_time_follows_the_clock(sluice, origin, clock):
    daemon = sluice(vhost=respond_or_proxy(origin(reply(b"x"))), workers=1,
                    env=clock.env)
    for turn, hours in enumerate((0, 24, -24, 0), 1):
        clock.set(hours * 3600)
        eventually(lambda hours=hours: hours_away(parsedate_to_datetime(
            daemon.get("/ours").get("Date"))) == hours, what="the Date")
        daemon.get(f"/{turn}")
        line, = daemon.wait_exchanges(1, target=f"/{turn}")
        assert hours_away(date_of_line(line)) == hours
