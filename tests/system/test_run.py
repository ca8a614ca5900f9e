"""`make run`: the demonstration starts, answers, and leaves nothing behind."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import termios

import pytest

import harness_processes as processes
from harness import BUILD, REPOSITORY, eventually
from harness_peer import Client

RUN = str(REPOSITORY / "tests/demo/run")


def clean_environment():
    """Without what a make above us says to the makes below it."""
    ours = ("MAKE", "MFLAGS", "SLUICE_", "BUILD", "CONFIG", "CI", "ONCE")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


class Demonstration:
    """tests/demo/run on a build folder that shares only programs with ours."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "tests/demo").mkdir(parents=True)
        for name in ("sluiced", "sluicectl", "tests/demo/origin"):
            (folder / name).symlink_to(BUILD / name)
        self.output = folder / "output"
        self.popen = None

    def start(self, command, **options):
        with open(self.output, "wb") as output:
            self.popen = subprocess.Popen(
                command, stdout=output, stderr=output,
                env=clean_environment(), **options)
        return self.text_with("ends it all")

    def text(self):
        return self.output.read_text(errors="replace")

    def text_with(self, words):
        eventually(lambda: words in self.text() or self.popen.poll(),
                   what=words, deadline=30)
        assert words in self.text(), self.text()
        return self.text()

    def processes(self):
        return processes.descendants(self.popen.pid)

    def wait(self):
        return self.popen.wait(timeout=30)


@pytest.fixture
def demonstration(workdir):
    one = Demonstration(workdir)
    yield one
    if one.popen is not None:
        left = one.processes()
        one.popen.kill()
        one.popen.wait()
        eventually(lambda: not processes.survivors(left))


def run(demonstration):
    return [RUN, str(demonstration.folder)]


def terminal():
    """(our end, Popen options): a terminal that is the child's own."""
    ours, theirs = pty.openpty()

    def take():
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    return ours, {"stdin": theirs, "start_new_session": True,
                  "preexec_fn": take, "pass_fds": (theirs,)}


def test_make_run_once_asks_each_origin():
    done = subprocess.run(
        ["make", "-C", str(REPOSITORY), "--no-print-directory", "run",
         "ONCE=1", f"BUILD={os.path.relpath(BUILD, REPOSITORY)}"],
        env=clean_environment(), stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in ("/", "/echo/once", "/slow/"):
        assert re.search(rf"^http://127\.0\.0\.1:\d+{path}\S*: HTTP/1\.1 200",
                         done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT,
                                    signal.SIGHUP])
def test_a_signal_ends_everything_well(demonstration, signum):
    text = demonstration.start(run(demonstration))
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", text).group(1))
    with Client(port) as client:
        assert b"GET /echo/x" in client.get("/echo/x").body
    left = demonstration.processes()
    assert len(left) >= 5       # three origins, a master, a worker
    demonstration.popen.send_signal(signum)
    assert demonstration.wait() == 0
    assert not processes.survivors(left)
    assert "/echo/x" in (demonstration.folder / "run/access.log").read_text()


def test_ctrl_c_is_success_for_make_too(demonstration):
    makefile = demonstration.folder / "Makefile"
    makefile.write_text(f"run:\n\t@exec {' '.join(run(demonstration))}\n")
    keyboard, options = terminal()
    demonstration.start(["make", "-f", str(makefile), "run"], **options)
    left = demonstration.processes()
    os.write(keyboard, b"\x03")
    assert demonstration.wait() == 0, demonstration.text()
    assert not processes.survivors(left)
    os.close(options["stdin"])
    os.close(keyboard)


def test_says_so_when_sluiced_dies(demonstration):
    demonstration.start(run(demonstration))
    left = demonstration.processes()
    parents = processes.family()
    master, = (p for p in parents[demonstration.popen.pid]
               if p.pid in parents)     # the only one with children
    os.kill(master.pid, signal.SIGKILL)
    assert demonstration.wait() == 1
    assert "sluiced ended by itself, status 137" in demonstration.text()
    eventually(lambda: not processes.survivors(left))


def test_nothing_outlives_a_killed_script(demonstration):
    demonstration.start(run(demonstration))
    left = demonstration.processes()
    demonstration.popen.kill()
    demonstration.wait()
    eventually(lambda: not processes.survivors(left),
               what="the demonstration to end")


def test_a_second_one_is_refused(demonstration):
    demonstration.start(run(demonstration))
    second = subprocess.run(run(demonstration), env=clean_environment(),
                            capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "another one runs already" in second.stderr
