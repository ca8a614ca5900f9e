"""What the cache keeps whatever happens to workers."""

import json
import os
import signal

from harness import eventually
from harness_cache import cached, fresh  # noqa: F401
from harness_scripts import get, pattern


def test_workers_that_are_killed_take_nothing_with_them(cached):  # noqa: F811
    daemon, site = cached(workers=2, crash=True)
    site.has("/a", fresh(pattern(100_000)))
    assert daemon.get("/a").body == pattern(100_000)
    for _ in range(3):
        before = daemon.workers()
        os.kill(before[0], signal.SIGKILL)
        eventually(lambda: len(daemon.workers()) == 2 and
                   before[0] not in daemon.workers(),
                   what="another worker")
    assert daemon.get("/a").body == pattern(100_000)
    assert site.count("/a") == 1


def pinned(daemon):
    lines = daemon.ctl("--json", "cache", "status").stdout
    return json.loads(lines).get("bytes_pinned")  # none: no worker is ready


def test_readers_that_are_killed_hold_nothing(cached):  # noqa: F811
    daemon, site = cached(workers=2, crash=True)
    site.has("/a", fresh(pattern(4_000_000)))
    assert len(daemon.get("/a").body) == 4_000_000
    slow = [daemon.client(receive_buffer=4096) for _ in range(8)]
    for client in slow:
        client.send(get("/a"))
        client.read_head()
    eventually(lambda: (pinned(daemon) or 0) > 4_000_000, what="pins")
    for pid in daemon.workers():
        os.kill(pid, signal.SIGKILL)
    for client in slow:
        client.close()
    eventually(lambda: pinned(daemon) == 0, what="pins to go")
    assert daemon.get("/a").body == pattern(4_000_000)
    assert site.count("/a") == 1
