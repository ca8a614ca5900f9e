"""harness_health.py - origins that are well or ill, as a test says.

    one, two = ward(2)
    daemon = sluice(vhost=ward_vhost([one, two], CHECKED))
    one.check = 503

Each answers /health with the status `check` (and the body `body`), everything
else with the status `status` and its own name, and counts both.
"""

import threading
import time

import pytest

from harness import eventually
from harness_fixtures import clean_all
from harness_origin import Origin, reply

# Checks in quick succession, and quick verdicts.
CHECKED = ('health = { path = "/health"; every = "100ms"; timeout = "2s"; '
           'rise = 2; fall = 2; };')


class Patient:
    """One origin."""

    def __init__(self, name, **options):
        self.name = name
        self.check = 200
        self.body = b"ok"
        self.status = 200
        self.checks = []        # when they came
        self.asked = 0
        self.targets = set()    # of checks
        self.lock = threading.Lock()
        self.origin = Origin(self.script, **options)

    @property
    def url(self):
        return self.origin.url

    @property
    def port(self):
        return self.origin.port

    def script(self, peer):
        while True:
            request = peer.read_request()
            if request.start.split(" ")[1].startswith("/health"):
                with self.lock:
                    self.checks.append(time.monotonic())
                    self.targets.add(request.start.split(" ")[1])
                peer.send(reply(self.body, f"{self.check} x"))
            else:
                with self.lock:
                    self.asked += 1
                peer.send(reply(self.name.encode(), f"{self.status} x"))

    def wait_checks(self, more):
        """MORE checks from now on; how many seconds they took."""
        began = time.monotonic()
        goal = len(self.checks) + more
        eventually(lambda: len(self.checks) >= goal, what=f"{more} checks")
        return time.monotonic() - began


@pytest.fixture
def ward(no_process_left):
    """Makes origins: ward(3), named a, b, c ..."""
    made = []

    def make(count):
        for _ in range(count):
            made.append(Patient(chr(ord("a") + len(made))))
        return made[-count:]

    yield make
    clean_all(one.origin.close for one in made)


def ward_vhost(origins, settings="", host="*"):
    servers = ", ".join(f'"{one.url}"' for one in origins)
    return (f'host = "{host}";\n'
            f'pools = {{ web = {{ servers = [ {servers} ];\n'
            f'  balance = "rr"; {settings} }}; }};\n'
            f'routes = ( {{ path = "/"; pool = "web"; }} );\n')


def answers(daemon, count, **options):
    """Who answers COUNT requests; statuses of those that are not 200."""
    got = [daemon.get("/x", **options) for _ in range(count)]
    return {one.body.decode() if one.status == 200 else one.status
            for one in got}


def wait_answers(daemon, wanted, count=8, **options):
    """Until COUNT requests in a row have just these."""
    eventually(lambda: answers(daemon, count, **options) == wanted,
               what=f"answers of {wanted}")
