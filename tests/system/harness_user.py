"""harness_user.py - a daemon that is not root's, even when root tests.

Limits of processes and the rights of folders do not hold for root.
"""

import os

import pytest

import harness

UID = 61234     # a user without any other process

# For subprocess: what may change the limits of its processes.
AS_USER = {"user": UID, "group": UID} if harness.AS_ROOT else {}


@pytest.fixture
def users_sluice(sluice, monkeypatch):
    """As the fixture sluice, but run by a user of its own if root tests."""
    def start(**options):
        daemon = sluice(start=False, **options)
        if harness.AS_ROOT:
            monkeypatch.setattr(harness, "AS_ROOT", False)
            command = daemon.command
            daemon.command = lambda *args: [
                "setpriv", f"--reuid={UID}", f"--regid={UID}",
                "--clear-groups", *command(*args)]
            os.chown(daemon.path, UID, UID)
        return daemon.start()
    return start
