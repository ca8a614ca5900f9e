"""etc/init.d/sluiced, run for real: beside us, and in a clean chroot."""

import os
import signal
import subprocess

import pytest

import harness_processes as processes
from harness import AS_ROOT, BUILD, REPOSITORY, eventually, proxy_to
from harness_install import install
from harness_origin import reply

SCRIPT = REPOSITORY / "etc/init.d/sluiced"
NOWHERE = "http://127.0.0.1:1"
BROKEN = {"main": "proxy = ;\n"}


class Service:
    """The script, pointed at a daemon (made, not started) and its folder."""

    def __init__(self, daemon):
        self.daemon = daemon
        daemon.port = processes.free_port()
        daemon.write_conf()
        self.defaults = daemon.path / "defaults"
        self.settings = {
            "DAEMON": BUILD / "sluiced", "CONTROL": BUILD / "sluicectl",
            "CONFIG": daemon.conf_file, "PID_FILE": daemon.pid_file,
            "SOCKET": daemon.socket}

    def __call__(self, *verbs, shell="sh", **settings):
        """The exit status; what was said is in .out and .err."""
        self.defaults.write_text("".join(
            f"{name}='{value}'\n"
            for name, value in {**self.settings, **settings}.items()))
        done = subprocess.run(
            [shell, str(SCRIPT), *verbs], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
            env={**self.daemon._environment(), "SLUICED_DEFAULTS":
                 str(self.defaults)})
        self.out, self.err = done.stdout, done.stderr
        return done.returncode

    def pid(self):
        return int(self.daemon.pid_file.read_text())

    def break_configuration(self):
        self.daemon.vhosts = BROKEN
        self.daemon.write_conf()


@pytest.fixture
def service(sluice, origin):
    daemon = sluice(start=False, daemonize=True,
                    vhost=proxy_to(origin(reply(b"hello"))))
    one = Service(daemon)
    yield one
    if daemon.pid_file.exists():
        assert one("stop") == 0, one.err


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_start_status_and_stop(service, shell):
    assert service("status", shell=shell) == 3
    assert service("start", shell=shell) == 0, service.err
    assert service.daemon.get().body == b"hello"
    assert service("status", shell=shell) == 0
    assert f"pid {service.pid()}" in service.out
    pid = service.pid()
    assert service("stop", shell=shell) == 0
    assert not processes.is_alive(pid)
    assert service("status", shell=shell) == 3


def test_started_when_it_runs_and_stopped_when_not_is_0(service):
    assert service("stop") == 0
    assert service("start") == 0
    pid = service.pid()
    assert service("start") == 0 and "already" in service.out
    assert service.pid() == pid


def test_restart_makes_another_daemon(service):
    assert service("restart") == 0      # not running: it is started
    pid = service.pid()
    assert service("restart") == 0
    assert service.pid() != pid and service.daemon.get().body == b"hello"


def test_a_broken_configuration_never_stops_a_daemon(service):
    assert service("start") == 0
    pid = service.pid()
    service.break_configuration()
    for verb in ("restart", "try-restart", "configtest", "reload",
                 "force-reload"):
        assert service(verb) == 1, verb
        assert "main.conf:1:" in service.err, verb
        assert service.pid() == pid and processes.is_alive(pid)


def test_start_says_why_not(service):
    service.break_configuration()
    assert service("start") == 1
    assert "main.conf:1:" in service.err and service("status") == 3


def test_reload_returns_when_it_is_in_force(service, origin):
    assert service("start") == 0
    service.daemon.vhosts = {"main": proxy_to(origin(reply(b"new")))}
    service.daemon.write_conf()
    pid = service.pid()
    for verb in ("reload", "force-reload"):
        assert service(verb) == 0 and "is in force" in service.out
    assert service.daemon.get().body == b"new" and service.pid() == pid


def test_rotate_returns_when_all_write_to_the_new_file(service):
    assert service("start") == 0
    service.daemon.get()
    old = service.daemon.path / "access.log.1"
    service.daemon.access_log.rename(old)
    assert service("rotate") == 0
    service.daemon.get("/new")
    service.daemon.wait_exchanges(1)
    assert "/new" not in old.read_text()


@pytest.mark.parametrize("verb", ["reload", "rotate"])
def test_what_needs_a_daemon_is_7_without_one(service, verb):
    assert service(verb) == 7


def test_try_restart_starts_nothing(service):
    assert service("try-restart") == 0
    assert service("status") == 3


def test_force_reload_starts_it(service):
    assert service("force-reload") == 0 and service("status") == 0


def test_configtest_is_the_daemons_test(service):
    assert service("configtest") == 0
    assert "configuration is good" in service.out


@pytest.mark.parametrize("verbs", [[], ["nonsense"], ["start", "stop"]])
def test_usage_is_2(service, verbs):
    assert service(*verbs) == 2 and "usage" in service.err


@pytest.mark.parametrize("what", ["DAEMON", "CONTROL"])
@pytest.mark.parametrize("verb", [
    "start", "stop", "restart", "reload", "rotate", "configtest"])
def test_not_installed_is_5(service, verb, what):
    assert service(verb, **{what: "/nonexistent"}) == 5


@pytest.mark.parametrize("verb", ["start", "restart", "configtest"])
def test_not_configured_is_6(service, verb):
    assert service(verb, CONFIG="/nonexistent/sluiced.conf") == 6


def test_a_pid_file_of_the_dead_is_1_and_no_obstacle(service):
    assert service("start") == 0
    pids = processes.descendants(service.pid())
    os.kill(service.pid(), signal.SIGKILL)
    processes.kill(pids)
    eventually(lambda: service("status") == 1, what="it to be gone")
    assert service("stop") == 0 and service("reload") == 7
    assert service("start") == 0 and service("status") == 0


@pytest.mark.parametrize("text", ["", "nonsense\n", f"{os.getpid()}\n",
                                  "999999999\n"],
                         ids=["empty", "nonsense", "pytest", "nobody"])
def test_a_number_of_something_else_is_no_daemon(service, text):
    service.daemon.pid_file.write_text(text)
    assert service("status") == 1
    assert service("stop") == 0
    service.daemon.pid_file.unlink()


def test_one_that_does_not_end_is_asked_twice_and_then_reported(service):
    assert service("start") == 0
    pid = service.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        assert service("stop", STOP_SECONDS="1") == 1
        assert f"pid {pid} does not end" in service.err
    finally:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: not processes.is_alive(pid))


# ---- installed, in a chroot where nothing else is ----

# In namespaces of its own: port 80, /run and /proc are free there.  Each step
# says its name and exit status; the shell is process 1, so all ends with it.
CHROOT = r"""
set -eu
root=$1
for name in bin sbin lib lib64; do
	test ! -L /$name || cp -P /$name "$root/"
done
mkdir -p "$root/usr" "$root/proc" "$root/dev" "$root/run" "$root/var/log" \
    "$root/tmp"
mount --rbind /usr "$root/usr"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
exec chroot "$root" /bin/sh /steps
"""

STEPS = r"""
/usr/bin/python3 - <<'END'
import fcntl, socket, struct
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 1 | 64))
END
site=/etc/sluice/vhosts.d/site.conf
log=/var/log/sluice/access.log

step()
{
	/etc/init.d/sluiced "$@" >/dev/null 2>/said
	echo "$1 $?"
}

see()
{
	curl -s -m 20 http://127.0.0.1/
}

answer()
{
	cat >$site <<-END
	host = "*";
	routes = ( { path = "/"; respond = { status = 200; body = "$1\n"; }; } );
	END
}

step status
answer one
step start
step status
see
mv $log $log.1
step rotate
see
answer two
step reload
see
echo "proxy = ;" >$site
step configtest
step reload
step restart
see
answer three
step restart
see
step stop
step status
while ! test "$(cat $log.1 $log | wc -l)" -eq 5; do sleep 0.01; done
wc -l <$log.1
ls /run/sluice
"""

SEEN = """status 3
start 0
status 0
one
rotate 0
one
reload 0
two
configtest 1
reload 1
restart 1
two
restart 0
three
stop 0
status 3
1
"""


def test_installed_in_a_clean_chroot(workdir):
    root = workdir / "root"
    install(root, prefix="/opt/sluice")
    (root / "etc/passwd").write_text(
        "root:x:0:0::/:/bin/sh\nsluice:x:990:990::/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nsluice:x:990:\n")
    (root / "steps").write_text(STEPS)
    (workdir / "enter").write_text(CHROOT)
    done = subprocess.run(
        [*([] if AS_ROOT else ["sudo", "-n"]), "unshare", "--mount", "--net",
         "--pid", "--fork", "--kill-child", "sh", str(workdir / "enter"),
         str(root)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False)
    assert done.stdout == SEEN, done.stderr
    assert done.returncode == 0
