"""harness.py - the running daemon, as the system tests see it.

A test gets one by the fixture `sluice` of conftest.py:

    def test_forwards_the_path(sluice, origin):
        behind = origin(reply(b"hello"))
        daemon = sluice(vhost=proxy_to(behind))
        assert daemon.get("/a").body == b"hello"
        assert behind.heads[0].startswith(b"GET /a HTTP/1.1\r\n")

Every daemon has a folder of its own, directly under /tmp: workers run as
nobody when root tests, and sockets of the unix kind have short names.  Ports
are free ones; @PORT@ in a configuration is the daemon's.  When a daemon ends
nothing of it may be left: no process, no last words, no sanitizer report.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import harness_processes as processes
from harness_logs import parse_logfmt
from harness_peer import Client, DEADLINE

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SLUICE_BUILD", REPOSITORY / "build")).resolve()
SOAK = bool(os.environ.get("SOAK"))
AS_ROOT = os.geteuid() == 0

# A process that says one of these has a bug.
TROUBLE = re.compile(r"last words|Sanitizer|runtime error:|INSIST|SIGSEGV",
                     re.IGNORECASE)
PORT_TAKEN = re.compile(r"is taken|in use|EADDRINUSE", re.IGNORECASE)


def size(check, soak):
    """How much of something: little in `make check`, more in `make soak`."""
    return soak if SOAK else check


class StartFailed(AssertionError):
    """It says why on stderr, which is this error's text."""


def eventually(predicate, deadline=DEADLINE, what="a condition"):
    """Polls until PREDICATE() is true; its value."""
    end = time.monotonic() + deadline
    pause = 0.002
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline} s for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def proxy_to(*origins, host="*"):
    """A vhost of two lines; each origin is a URL or has one."""
    urls = ", ".join(f'"{getattr(o, "url", o)}"' for o in origins)
    proxy = f"[ {urls} ]" if len(origins) > 1 else urls
    return f'host = "{host}";\nproxy = {proxy};\n'


def in_turn(*origins):
    """A vhost whose origins take turns, whatever becomes of them."""
    urls = ", ".join(f'"{getattr(o, "url", o)}"' for o in origins)
    return f"""host = "*";
pools = {{ web = {{ servers = [ {urls} ];
                  balance = "rr"; outlier = false; }}; }};
routes = ( {{ path = "/"; pool = "web"; }} );
"""


# Behind a vhost's text: request bodies are passed on from their first byte.
UNBUFFERED = 'buffering = { request = "off"; };\n'


def has_setting(text, name):
    return re.search(rf"^\s*{name}\s*[=:]", text, re.MULTILINE) is not None


class Workdir:
    """A folder for one daemon's files; all may enter it, see above."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="sluice-"))
        self.path.chmod(0o755)

    def remove(self):
        if not os.environ.get("SLUICE_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)


class Sluiced:
    """One sluiced: with -d under our eyes, or as a daemon.

    conf        text of sluiced.conf.  What it leaves out of user, group,
                workers, vhost_dir, log, control and, for a daemon, pid_file
                and error_log is added, so that tests meet no files of the
                system.
    vhost       text of the only vhost file; or
    vhosts      {"name": text}.  `listen` is added if it is left out, unless
                there is `tcp`.
    quick       quick mode to this URL: no file is read
    args        more arguments
    env         more environment
    daemonize   without -d
    crash       bugs may show in the log: this test provokes them
    """

    def __init__(self, conf="", vhost=None, vhosts=None, quick=None, args=(),
                 env=None, daemonize=False, workers=2, crash=False):
        self.workdir = Workdir()
        self.path = self.workdir.path
        self.conf = conf
        self.vhosts = vhosts if vhosts is not None else {}
        if vhost is not None:
            self.vhosts = dict(self.vhosts, main=vhost)
        self.quick = quick
        self.args = [str(a) for a in args]
        self.env = env or {}
        self.daemonize = daemonize
        self.worker_count = workers
        self.crash = crash
        self.port = 0
        self.pid = None
        self.popen = None       # with -d, or while it daemonizes
        self.seen = set()       # processes that were ever noticed
        self.stderr = self.path / "stderr"
        self.conf_file = self.path / "sluiced.conf"
        self.access_log = self.path / "access.log"
        self.error_log = self.path / "error.log" if daemonize else self.stderr
        self.pid_file = self.path / "sluiced.pid"
        self.socket = self.path / "ctl.sock"

    # ---- configuration ----

    def _global_text(self):
        lines = {
            "workers": str(self.worker_count),
            "vhost_dir": f'"{self.path}/vhosts.d"',
            "log": f'{{ file = "{self.access_log}"; }}',
            "control": f'{{ socket = "{self.socket}"; }}',
        }
        if AS_ROOT:
            lines.update(user='"nobody"', group='"nogroup"')
        if self.daemonize:
            lines.update(pid_file=f'"{self.pid_file}"',
                         error_log=f'"{self.error_log}"')
        text = "".join(f"{name} = {value};\n" for name, value in lines.items()
                       if not has_setting(self.conf, name))
        return text + self.conf

    def _vhost_text(self, text):
        if not has_setting(text, "listen") and not has_setting(text, "tcp"):
            text += '\nlisten = [ "http://127.0.0.1:@PORT@" ];\n'
        return text

    def write_conf(self):
        """Writes the files anew: change conf or vhosts before, reload after."""
        folder = self.path / "vhosts.d"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        self._write(self.conf_file, self._global_text())
        for name, text in self.vhosts.items():
            self._write(folder / f"{name}.conf", self._vhost_text(text))

    def _write(self, path, text):
        text = text.replace("@PORT@", str(self.port))
        path.write_text(text.replace("@DIR@", str(self.path)))

    # ---- life ----

    def command(self, *args):
        return [str(BUILD / "sluiced"), *args]

    def run(self, *args):
        """sluiced with ARGS and the configuration, to its end: -t, -V ..."""
        if not self.port:
            self.port = processes.free_port()
            self.write_conf()
        return subprocess.run(
            self.command("-f", str(self.conf_file), *args), text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
            env=self._environment(), check=False)

    def start(self, tries=5):
        """Starts, until it listens; with another port if ours got lost."""
        for attempt in range(tries):
            self.port = processes.free_port()
            self.write_conf()
            if self._try_start():
                return self
            text = self.errors()
            if attempt + 1 == tries or not PORT_TAKEN.search(text):
                raise StartFailed(text)
        return self

    def _environment(self):
        env = dict(os.environ, LC_ALL="C")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
        env.update(self.env)
        return env

    def _try_start(self):
        supervised = "--supervised" in self.args
        args = [] if self.daemonize or supervised else ["-d"]
        if self.quick:
            args += ["--listen", f"127.0.0.1:{self.port}", "--to", self.quick]
        else:
            args += ["-f", str(self.conf_file)]
        with open(self.stderr, "wb") as stderr:
            self.popen = subprocess.Popen(
                self.command(*args, *self.args), stdin=subprocess.DEVNULL,
                stdout=stderr, stderr=stderr, env=self._environment(),
                cwd=self.path, start_new_session=True)
        if self.daemonize:
            if self.popen.wait(timeout=30) != 0:
                return False
            self.pid = self._read_pid()
        else:
            self.pid = self.popen.pid
        eventually(lambda: not self.alive() or self._is_up(),
                   what="sluiced to listen", deadline=30)
        return self.alive()

    def _read_pid(self):
        return eventually(lambda: self.pid_file.exists() and
                          int(self.pid_file.read_text().strip() or 0),
                          what="the pid file")

    def _is_up(self):
        texts = [self.conf, *self.vhosts.values()]
        elsewhere = (any(has_setting(text, "listen") for text in texts) and
                     not any("@PORT@" in text for text in texts))
        return self.workers() and (elsewhere or
                                   processes.is_listening(self.port))

    def alive(self):
        if self.pid is None:
            return False
        if self.popen.pid == self.pid:
            return self.popen.poll() is None
        return processes.is_alive(self.pid)

    def stop(self, signum=signal.SIGTERM, deadline=20):
        """Ends it and looks for what it left.  Its exit status."""
        if self.pid is None:
            return None
        self.seen |= processes.descendants(self.pid)
        if signum is not None and self.alive():
            os.kill(self.pid, signum)
        try:
            eventually(lambda: not self.alive(), deadline, "sluiced to end")
        except AssertionError:
            self.kill()
            raise
        status = self._status()
        self.pid = None
        eventually(lambda: not processes.survivors(self.seen),
                   what="the last process to end")
        self.check_logs()
        return status

    def _status(self):
        if self.popen.pid == self.pid:
            return self.popen.returncode
        return processes.reaped_status(self.pid)

    def kill(self):
        """Whatever is left of it, without mercy."""
        if self.pid is not None:
            self.seen |= processes.descendants(self.pid)
            if self.alive():
                os.kill(self.pid, signal.SIGKILL)
        processes.kill(self.seen)
        if self.popen is not None:
            self.popen.wait()

    def clean(self):
        """The fixture's end: stops it if the test did not."""
        try:
            if self.pid is not None:
                self.stop()
        finally:
            self.kill()
            self.workdir.remove()

    # ---- talking to it ----

    def signal(self, signum):
        os.kill(self.pid, signum)

    def workers(self):
        """The pids of the master's children, in order of age."""
        found = processes.children(self.pid)
        self.seen |= found
        return [p.pid for p in sorted(found, key=lambda p: p.started)]

    def ctl(self, *args):
        return subprocess.run(
            [str(BUILD / "sluicectl"), "-s", str(self.socket), *args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False)

    def client(self, **options):
        """A raw connection to it."""
        return Client(self.port, **options)

    def get(self, path="/", **options):
        """One GET on a connection of its own."""
        with self.client() as client:
            return client.get(path, **options)

    # ---- what it wrote ----

    def errors(self):
        """The error log, and what went to stderr before there was one."""
        texts = [p.read_text(errors="replace")
                 for p in dict.fromkeys([self.stderr, self.error_log])
                 if p.is_file()]
        return "".join(texts)

    def exchanges(self, **wanted):
        """The access log's lines as dicts; only those with these values."""
        if not self.access_log.exists():
            return []
        text = self.access_log.read_text()
        whole = text[:text.rfind("\n") + 1]
        lines = [parse_logfmt(line) for line in whole.splitlines()]
        return [line for line in lines
                if all(line.get(k) == str(v) for k, v in wanted.items())]

    def wait_exchanges(self, count, **wanted):
        """The same, as soon as there are COUNT of them."""
        try:
            eventually(lambda: len(self.exchanges(**wanted)) >= count,
                       what=f"{count} access-log lines {wanted or ''}")
        except AssertionError as error:
            lines = "\n".join(map(str, self.exchanges()))
            raise AssertionError(f"{error}; there are:\n{lines}") from None
        return self.exchanges(**wanted)

    def wait_error(self, pattern):
        """The first match of a regular expression in the error log."""
        return eventually(lambda: re.search(pattern, self.errors()),
                          what=f"{pattern!r} in the error log")

    def check_logs(self):
        if not self.crash:
            trouble = [line for line in self.errors().splitlines()
                       if TROUBLE.search(line)]
            assert not trouble, "\n".join(trouble) + "\n" + self.errors()
