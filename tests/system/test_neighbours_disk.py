"""A disk that is full, a folder that may not be written to: requests are
served all the same, the error log says which log takes no lines and why, and
lines are written again by themselves.

What else can happen to a log stands in test_master_logs.py (a folder that is
not there, a pipe that nobody reads), test_log_formats.py (a line that fits in
part) and test_log_vhosts.py (a log that can't be made).
"""

import subprocess

import pytest

from harness import AS_ROOT, eventually, proxy_to
from harness_origin import reply
from harness_scripts import wait_counter
from harness_user import users_sluice  # noqa: F401

# Only its own user may.
AS_WORKER = {"user": "nobody", "group": "nogroup"} if AS_ROOT else {}


def limit_file_size(pid, size):
    subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={size}:"],
                   check=True, **AS_WORKER)


def fill_disk(daemon):
    """From now on the access log can't grow; the error log, which has much
    fewer bytes, can."""
    limit_file_size(daemon.workers()[0], daemon.access_log.stat().st_size)


def free_disk(daemon):
    limit_file_size(daemon.workers()[0], "unlimited")


def start(sluice, origin):
    """A daemon with more lines in its access log than in the other one."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    sent = 0
    with daemon.client() as client:
        while size_of(daemon.access_log) < size_of(daemon.stderr) + 8192:
            client.get("/first")
            sent += 1
    daemon.wait_exchanges(sent)
    return daemon


def size_of(path):
    return path.stat().st_size


def test_a_full_disk_is_named_and_served_on(sluice, origin):
    daemon = sluice(start=False, vhost=proxy_to(origin(reply(b"x"))),
                    workers=1)
    daemon.access_log.symlink_to("/dev/full")
    daemon.start()
    with daemon.client() as client:
        for i in range(50):
            assert client.get(f"/{i}").body == b"x"
    daemon.wait_error(rf"warning worker 0.*: log {daemon.access_log}: "
                      "No space left on device: lines are dropped")
    wait_counter(daemon, "log_lines_dropped", 50)
    assert daemon.errors().count("lines are dropped") <= 2
    daemon.access_log.unlink()
    assert daemon.ctl("reopen").returncode == 0
    daemon.get("/there-is-room")
    assert len(daemon.wait_exchanges(1)) == 1


def test_lines_go_out_again_when_there_is_room(sluice, origin):
    daemon = start(sluice, origin)
    workers = daemon.workers()
    fill_disk(daemon)
    daemon.get("/lost")
    daemon.wait_error("File too large: lines are dropped")
    free_disk(daemon)
    daemon.get("/last")
    daemon.wait_exchanges(1, target="/last")
    assert daemon.exchanges(target="/lost") == []
    assert daemon.workers() == workers


def test_a_line_that_is_torn_is_ended_by_whoever_is_next(sluice, origin):
    """Here a worker of the next generation."""
    daemon = start(sluice, origin)
    whole = size_of(daemon.access_log)
    limit_file_size(daemon.workers()[0], whole + 10)
    daemon.get("/torn")
    eventually(lambda: size_of(daemon.access_log) == whole + 10)
    assert daemon.ctl("reload").returncode == 0
    daemon.get("/next")
    eventually(lambda: daemon.access_log.read_text().endswith("end=done\n"))
    torn, following = daemon.access_log.read_text()[whole:].splitlines()
    assert len(torn) == 10
    assert following.startswith("time=") and '"/next"' in following


@pytest.mark.soak
def test_how_many_lines_were_dropped_is_told_in_the_end(sluice, origin):
    """At most every ten seconds, however often the disk changes."""
    daemon = start(sluice, origin)
    for turn in range(3):
        fill_disk(daemon)
        daemon.get("/lost")
        wait_counter(daemon, "log_lines_dropped", turn + 1)
        free_disk(daemon)
        daemon.get(f"/{turn}")
        daemon.wait_exchanges(1, target=f"/{turn}")
    assert daemon.errors().count("lines are dropped") == 1

    def takes_lines():
        daemon.get("/again")
        return "takes lines again: 3 were dropped" in daemon.errors()

    eventually(takes_lines, deadline=20, what="the end to be told")


def test_a_folder_without_rights_keeps_the_old_file(users_sluice,  # noqa: F811
                                                    origin):
    daemon = users_sluice(
        vhost=proxy_to(origin(reply(b"x"))), workers=1,
        conf='log = { file = "@DIR@/logs/access.log"; };\n')
    logs = daemon.path / "logs"
    new = logs / "access.log"
    daemon.access_log = logs / "old.log"
    new.rename(daemon.access_log)
    logs.chmod(0o555)
    refused = daemon.ctl("reopen")
    assert refused.returncode == 1
    daemon.wait_error(rf"log {new} stays the old file: Permission denied")
    daemon.get("/still")
    daemon.wait_exchanges(1, target="/still")
    logs.chmod(0o755)
    assert daemon.ctl("reopen").returncode == 0
    daemon.access_log = new
    daemon.get("/again")
    daemon.wait_exchanges(1, target="/again")
