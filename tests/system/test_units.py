"""etc/systemd and etc/logrotate.d, as `make install` places them."""

import re
import subprocess

import pytest

from harness import BUILD, REPOSITORY, proxy_to
from harness_install import install

SECURITY = re.compile(r"exposure level for sluiced\.service: ([\d.]+)")


@pytest.fixture
def units(workdir):
    """The folder of the units; their programs are those that are tested."""
    install(workdir / "root")
    folder = workdir / "root/usr/lib/systemd/system"
    for unit in folder.iterdir():
        unit.write_text(unit.read_text().replace("/usr/sbin/", f"{BUILD}/"))
    return folder


def analyze(*args):
    return subprocess.run(["systemd-analyze", *map(str, args)], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)


def test_units_are_as_systemd_wants_them(units):
    done = analyze("verify", "--man=no", *units.iterdir())
    assert done.returncode == 0 and done.stdout + done.stderr == ""


def test_the_manual_names_the_exposure(units):
    done = analyze("security", "--offline=true", units / "sluiced.service")
    exposure = SECURITY.search(done.stdout)[1]
    manual = (REPOSITORY / "man/sluiced.8").read_text()
    assert f"\n.Ql {exposure} OK\n" in manual


def test_memory_may_be_made_code_for_patterns(units):
    text = (units / "sluiced.service").read_text()
    assert not re.search("^MemoryDenyWriteExecute", text, re.MULTILINE)


def system_calls(*groups):
    """What SystemCallFilter= means by these names."""
    found = set()
    todo = list(groups)
    seen = set()
    while todo:
        group = todo.pop()
        seen.add(group)
        for line in analyze("syscall-filter", group).stdout.splitlines()[1:]:
            name = line.strip()
            if name.startswith("@") and name not in seen:
                todo.append(name)
            elif name and not name.startswith(("#", "@")):
                found.add(name)
    return found


def allowed_calls(text):
    filters = re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)
    allowed = set()
    for one in filters:
        if one.startswith("~"):
            allowed -= system_calls(*one[1:].split())
        else:
            allowed |= system_calls(*one.split())
    return allowed


def test_the_filter_has_all_that_is_called(units, sluice, workdir):
    """From the first breath to the last: start, reload, rotation, crash."""
    trace = workdir / "trace"
    daemon = sluice(start=False, vhost=proxy_to("http://127.0.0.1:1"))
    daemon.command = lambda *args: [
        "strace", "-f", "-qq", "-e", "signal=none", "-o", str(trace),
        str(BUILD / "sluiced"), *args]
    daemon.start()
    assert daemon.get("/").status == 502
    assert daemon.ctl("reload").returncode == 0
    assert daemon.ctl("reopen").returncode == 0
    assert daemon.ctl("stop").returncode == 0
    daemon.popen.wait(timeout=30)
    daemon.pid = None
    called = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    allowed = allowed_calls((units / "sluiced.service").read_text())
    assert {"setresuid", "epoll_wait", "accept4"} & called
    called.discard("seccomp")       # of --enable-traps
    assert called - allowed == set()


def test_the_sample_socket_is_one_that_is_taken():
    """Both families, each by a socket of its own: see test_activation."""
    text = (REPOSITORY / "etc/systemd/sluiced.socket").read_text()
    assert re.findall("^ListenStream=(.*)$", text, re.MULTILINE) == [
        "0.0.0.0:80", "[::]:80"]
    assert "\nBindIPv6Only=ipv6-only\n" in text


def test_places_are_those_of_the_prefix(workdir):
    install(workdir, prefix="/opt/sluice")
    for name in ("opt/sluice/lib/systemd/system/sluiced.service",
                 "etc/init.d/sluiced", "etc/logrotate.d/sluice"):
        text = (workdir / name).read_text()
        assert "/opt/sluice/sbin/sluice" in text, name
        assert "/usr/sbin/sluice" not in text, name


def test_logrotate_reopens_only_where_a_daemon_is(workdir, sluice):
    """Its postrotate, by the shell that logrotate would call."""
    text = (REPOSITORY / "etc/logrotate.d/sluice").read_text()
    script = re.search(r"postrotate\n(.*)\n\tendscript", text, re.DOTALL)[1]
    daemon = sluice(vhost=proxy_to("http://127.0.0.1:1"))
    for socket, reopened in (("nobody.sock", 0), ("ctl.sock", 1)):
        here = script.replace("/run/sluice/ctl.sock", str(daemon.path / socket))
        here = here.replace(
            "/usr/sbin/sluicectl",
            f"{BUILD}/sluicectl -s {daemon.path / socket}")
        done = subprocess.run(["sh", "-ec", here], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 0 and done.stdout + done.stderr == ""
        assert daemon.errors().count("logs reopened") == reopened
