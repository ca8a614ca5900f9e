"""Workers are killed and stopped while they check: nobody is left unchecked,
and nobody is checked much more often.

Each check is claimed in the health table.  A claim whose worker is gone is
given back or runs out a second after the check's deadline; so that is the
longest that a server is not checked.
"""

import os
import signal
import time

from harness import eventually, size
from harness_health import ward, ward_vhost  # noqa: F401
from victims import halt, tell

WORKERS = 3
EVERY = 0.1
TIMEOUT = 0.5
HEALTH = (f'health = {{ path = "/health"; every = "{int(EVERY * 1000)}ms"; '
          f'timeout = "{int(TIMEOUT * 1000)}ms"; }};')


def victim_of(daemon, number):
    workers = daemon.workers()
    return workers[number % len(workers)] if workers else 0


def checked_since(origins, when):
    return all(one.checks and one.checks[-1] > when for one in origins)


def not_too_often(origins, seconds):
    """Each kill may cost one check that was made and not stored."""
    for one in origins:
        assert len(one.checks) < 2 * seconds / EVERY + 20, len(one.checks)


def test_kills_leave_nobody_unchecked(sluice, ward):  # noqa: F811
    origins = ward(5)
    began = time.monotonic()
    daemon = sluice(vhost=ward_vhost(origins, HEALTH), workers=WORKERS)
    for number in range(size(check=8, soak=60)):
        now = time.monotonic()
        eventually(lambda: checked_since(origins, now), what="all checks")
        victim = victim_of(daemon, number)
        tell(victim, signal.SIGKILL)
        eventually(lambda: victim not in daemon.workers() and
                   len(daemon.workers()) == WORKERS, what="another worker")
    now = time.monotonic()
    eventually(lambda: checked_since(origins, now), what="all checks")
    not_too_often(origins, time.monotonic() - began)
    assert "is down" not in daemon.errors()


def test_who_stands_still_is_no_obstacle(sluice, ward):  # noqa: F811
    origins = ward(5)
    daemon = sluice(conf='watchdog = "1h";\n',
                    vhost=ward_vhost(origins, HEALTH), workers=WORKERS)
    for number in range(size(check=6, soak=40)):
        victim = victim_of(daemon, number)
        assert halt(victim)
        try:
            for _ in range(2):
                now = time.monotonic()
                eventually(lambda: checked_since(origins, now),
                           what="all checks")
        finally:
            os.kill(victim, signal.SIGCONT)
    now = time.monotonic()
    eventually(lambda: checked_since(origins, now), what="all checks")
    assert "is down" not in daemon.errors()
