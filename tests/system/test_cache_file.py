"""cache.path: what the cache has outlives the daemon, if it ended well; what
nobody should believe is refused, and the daemon starts all the same.
"""

import os
import signal
import subprocess

import pytest

from harness import AS_ROOT
from harness_cache import cached, fresh  # noqa: F401

@pytest.fixture
def saved(cached, tmp_path):  # noqa: F811
    """A daemon that has stored /a, its site, and the file of its cache."""
    path = tmp_path / "cache"

    def make(**options):
        daemon, site = cached(conf=f'cache = {{ path = "{path}"; }};\n',
                              **options)
        site.has("/a", fresh(b"a" * 100000), fresh(b"another"))
        assert ask(daemon) == b"a" * 100000
        return daemon, site, path

    return make


def ask(daemon):
    """Whose port may be another each time, which is of no matter here."""
    return daemon.get("/a", host="www.example").body


def stop(daemon, signum=signal.SIGTERM):
    """Ends it; what the log said.  (A start begins a new one.)"""
    assert daemon.stop(signum) == 0
    return daemon.errors()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
def test_what_was_stored_is_a_hit_after_a_restart(saved, signum):
    daemon, site, path = saved()
    assert f"the cache is saved in {path}: 1 objects" in stop(daemon, signum)
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["cache"]
    daemon.start()
    assert f"the cache was read from {path}: 1 objects" in daemon.errors()
    assert not path.exists()
    assert ask(daemon) == b"a" * 100000
    assert site.count("/a") == 1


def test_a_reload_reads_and_writes_nothing(saved):
    daemon, site, path = saved()
    assert daemon.ctl("reload").returncode == 0
    assert not path.exists()
    assert "cache was read" not in daemon.errors()
    assert ask(daemon) == b"a" * 100000
    assert site.count("/a") == 1


def test_after_a_crash_it_begins_empty(saved):
    daemon, site, path = saved()
    stop(daemon)
    daemon.start()
    daemon.kill()
    daemon.pid = None
    assert not path.exists()
    daemon.start()
    assert ask(daemon) == b"another"
    assert site.count("/a") == 2


def change(path, at, byte):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(byte)


@pytest.mark.parametrize("harm, why", [
    (lambda path: change(path, 65600, b"\xff\xfe\xfd"),
     "its content is damaged"),
    (lambda path: change(path, 20, b"\xff\xfe"), "its seal is damaged"),
    (lambda path: os.truncate(path, path.stat().st_size - 4096),
     "it has another size than its seal says"),
])
def test_a_damaged_file_is_refused_and_removed(saved, harm, why):
    daemon, site, path = saved()
    stop(daemon)
    harm(path)
    daemon.start()
    daemon.wait_error(f"the cache begins empty: {path}: {why}")
    assert not path.exists()
    assert ask(daemon) == b"another"
    assert "1 objects" in stop(daemon)


def test_what_is_no_cache_is_left_alone(saved):
    daemon, site, path = saved()
    path.write_text("my diary\n" * 100)
    assert (f"the cache can't be saved in {path}: what is there is something "
            "else") in stop(daemon)
    daemon.start()
    daemon.wait_error(f"begins empty: {path}: it is no saved cache, or not "
                      "whole")
    assert path.read_text() == "my diary\n" * 100
    assert os.listdir(path.parent) == ["cache"]


def test_a_file_with_nothing_in_it_is_replaced(saved):
    daemon, site, path = saved()
    path.touch()
    assert "1 objects" in stop(daemon)
    assert path.stat().st_size > 0


def test_what_a_stop_that_was_cut_short_left_is_removed(saved):
    daemon, site, path = saved()
    stop(daemon)
    half = path.with_suffix(".new")
    half.write_bytes(path.read_bytes()[:70000])
    daemon.start()
    assert not half.exists()
    assert ask(daemon) == b"a" * 100000


def test_what_others_could_have_written_is_not_read(saved):
    daemon, site, path = saved()
    stop(daemon)
    path.chmod(0o666)
    daemon.start()
    daemon.wait_error(f"begins empty: {path}: others may write to it")
    assert ask(daemon) == b"another"


@pytest.mark.skipif(not AS_ROOT, reason="makes a file of another user")
def test_a_file_of_somebody_else_is_not_read(saved):
    daemon, site, path = saved()
    stop(daemon)
    os.chown(path, 65534, 65534)
    daemon.start()
    daemon.wait_error(f"begins empty: {path}: it belongs to another user")


def test_a_link_is_not_followed(saved):
    daemon, site, path = saved()
    stop(daemon)
    path.rename(path.parent / "elsewhere")
    path.symlink_to("elsewhere")
    daemon.start()
    daemon.wait_error(f"begins empty: {path}: Too many levels of symbolic")
    assert (path.parent / "elsewhere").exists()


def test_a_full_disk_is_a_warning(saved):
    daemon, site, path = saved()
    subprocess.run(["prlimit", f"--pid={daemon.pid}", "--fsize=70000:"],
                   check=True)
    assert (f"the cache can't be saved in {path}: File too large"
            in stop(daemon))
    assert os.listdir(path.parent) == []
    daemon.start()
    assert ask(daemon) == b"another"


def test_a_folder_that_has_gone_is_a_warning(saved):
    daemon, site, path = saved()
    path.parent.rename(path.parent.with_suffix(".gone"))
    assert (f"the cache can't be saved in {path}: No such file"
            in stop(daemon))




def test_a_vhost_has_no_more_than_its_share(cached):
    """One MiB for each of eight shards, and the rest for others."""
    daemon, site = cached(
        cache='{ max_size = "8m"; }',
        conf='shared = { cache = "256m"; };\ncache = { all = true; };\n')
    for i in range(300):
        site.has(f"/{i}", fresh(b"x" * 100000))
        assert daemon.get(f"/{i}").status == 200
    for i in reversed(range(300)):
        daemon.get(f"/{i}")
    again = site.count() - 300
    assert 210 <= again <= 250
