"""harness_fixtures.py - the fixtures of all tests of the running daemon."""

import os
import signal
import subprocess

import pytest

import harness_processes as processes
from harness import BUILD, SOAK, Sluiced, Workdir, eventually
from harness_dns import Dns
from harness_origin import Origin


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "soak: takes long; only part of the run when SOAK=1")
    processes.become_reaper()


def pytest_collection_modifyitems(config, items):
    if SOAK:
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(autouse=True)
def no_process_left():
    """Whatever a test starts, it ends."""
    before = processes.children(os.getpid())
    yield
    ours = processes.children(os.getpid())
    try:
        eventually(lambda: not processes.survivors(ours - before),
                   what=f"these to end: {ours - before}")
    except AssertionError:
        processes.kill(ours - before)
        raise


@pytest.fixture
def sluice(no_process_left):
    """Makes and starts daemons: sluice(conf=..., vhost=...), see Sluiced.

    start=False leaves the starting to the test.
    """
    made = []

    def make(start=True, **options):
        daemon = Sluiced(**options)
        made.append(daemon)
        return daemon.start() if start else daemon

    yield make
    clean_all(daemon.clean for daemon in reversed(made))


@pytest.fixture
def origin(no_process_left):
    """Makes origins: origin(script or reply bytes), see Origin."""
    made = []

    def make(script, **options):
        made.append(Origin(script, **options))
        return made[-1]

    yield make
    clean_all(one.close for one in reversed(made))


@pytest.fixture
def dns():
    """Makes name servers: dns(), see Dns."""
    made = []

    def make():
        made.append(Dns())
        return made[-1]

    yield make
    clean_all(one.close for one in made)


def clean_all(steps):
    """All steps, and then the first failure of any."""
    failures = []
    for step in steps:
        try:
            step()
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]


class DemoOrigin:
    """tests/demo/origin in one of its modes."""

    def __init__(self, mode):
        self.popen = subprocess.Popen(
            [str(BUILD / "tests/demo/origin"), mode], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.port = int(self.popen.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self):
        alive = self.popen.poll() is None
        self.popen.terminate()
        self.popen.stdout.close()
        status = self.popen.wait()
        assert alive and status == -signal.SIGTERM, "the demo origin died"


@pytest.fixture
def demo_origin(no_process_left):
    """Starts a demo origin: demo_origin("site"), "echo" or "slow"."""
    made = []

    def make(mode):
        made.append(DemoOrigin(mode))
        return made[-1]

    yield make
    clean_all(one.close for one in made)


@pytest.fixture
def workdir():
    """A folder directly under /tmp, which the user nobody may enter."""
    folder = Workdir()
    yield folder.path
    folder.remove()
