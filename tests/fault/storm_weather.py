"""storm_weather.py - what happens to the daemon in the storm.

One thread, one die: reloads with changing files, kill -9, SIGSTOP, renamed
logs.  Of each worker that is killed the connections are noted that it had
accepted: it is stopped first, so that they can't change meanwhile.
"""

import heapq
import itertools
import re
import signal
import threading
import time
from dataclasses import dataclass

from victims import clients_of, halt, tell

MAIN = """
host = "*";
listen = [ "http://127.0.0.1:@PORT@" ];
pools = { echo = { servers = [ "@ECHO@" ]; };
          site = { servers = [ "@SITE@" ]; }; };
routes = ( { path = "/big"; pool = "site"; },
           { path = "/"; pool = "echo"; } );
"""
GUEST = """
host = "guest.test";
listen = [ "http://127.0.0.2:@GUEST@" ];
log = { file = "@DIR@/guest.log"; };
routes = ( { path = "/"; respond = "guest"; } );
"""
# Of no use but that they come and go: names on the main address, an address.
MORE = """
host = [ "more.test", "*.more.test" ];
listen = [ "http://127.0.0.1:@PORT@", "http://127.0.0.3:@GUEST@" ];
routes = ( { path = "/"; respond = "more"; } );
"""
WORKERS_MAX = 4
BROKEN = 'host = "broken.test";\nproxy = ;\n'


@dataclass
class Climate:
    """How long, how often; all in seconds."""
    lasts: float
    reload_every: float
    rotate_every: float
    kill_every: float   # 0: never
    stop_every: float
    stop_for: float
    drain: int
    longest: float      # what a transfer may take; stops come on top


@dataclass
class Death:
    """A worker that was killed: from when on it stood still, what it held."""
    stopped: int
    killed: int
    connections: set


class Files:
    """The configuration; each step is in force as a whole, by renaming."""

    def __init__(self, daemon, ports, dice):
        self.daemon = daemon
        self.ports = ports
        self.dice = dice
        self.steps = 0
        self.broken = 0

    def fill_in(self, text):
        for name, value in self.ports.items():
            text = text.replace(f"@{name}@", str(value))
        return text.replace("@PORT@", str(self.daemon.port)).replace(
            "@DIR@", str(self.daemon.path))

    def vhosts(self):
        vhosts = {"main": MAIN}
        if self.dice.random() < 0.6:
            vhosts["guest"] = GUEST
        if self.dice.random() < 0.5:
            vhosts["more"] = MORE
        if self.steps % 10 == 9:
            vhosts["broken"] = BROKEN
            self.broken += 1
        return vhosts

    def write(self, vhosts, workers):
        daemon = self.daemon
        self.steps += 1
        folder = daemon.path / f"vhosts.{self.steps}"
        folder.mkdir()
        for name, text in vhosts.items():
            (folder / f"{name}.conf").write_text(self.fill_in(text))
        link = daemon.path / "vhosts.new"
        link.symlink_to(folder)
        link.rename(daemon.path / "vhosts")
        text = re.sub(r"(?m)^workers = \d+", f"workers = {workers}",
                      daemon.conf_file.read_text())
        new = daemon.path / "sluiced.conf.new"
        new.write_text(text)
        new.rename(daemon.conf_file)

    def change(self):
        self.write(self.vhosts(), self.dice.randint(2, WORKERS_MAX))

    def settle(self, workers):
        """The vhost that is always there, alone."""
        self.write({"main": MAIN}, workers)


class Weather:
    """Lets it rain until the storm is over, then clears up."""

    def __init__(self, daemon, climate, files, dice):
        self.daemon = daemon
        self.climate = climate
        self.files = files
        self.dice = dice
        self.deaths = []
        self.stopped = {}        # pid: since when
        self.stops = 0
        self.logs = []
        self.plan = []
        self.order = itertools.count()

    def run(self):
        c = self.climate
        begin = time.monotonic()
        for every, act in ((c.reload_every, self.reload),
                           (c.rotate_every, self.rotate),
                           (c.kill_every, self.kill),
                           (c.stop_every, self.stop)):
            for i in range(1, int(c.lasts / every) + 1 if every else 0):
                self.at(begin + (i - 0.5) * every, act)
        while self.plan:
            due, _, act = heapq.heappop(self.plan)
            time.sleep(max(0, due - time.monotonic()))
            act()

    def at(self, due, act):
        heapq.heappush(self.plan, (due, next(self.order), act))

    def reload(self):
        self.files.change()
        self.daemon.signal(signal.SIGHUP)

    def rotate(self):
        """What was not made anew since the last time has no line yet."""
        for name in ("access.log", "guest.log"):
            now = self.daemon.path / name
            if now.exists():
                self.logs.append(now.with_name(f"{name}.{len(self.logs)}"))
                now.rename(self.logs[-1])
        self.daemon.signal(signal.SIGUSR1)

    def victim(self):
        """Any worker, on its way in or out too."""
        return self.dice.choice(sorted(self.daemon.workers()) or [0])

    def stop(self):
        pid = self.victim()
        if halt(pid):
            self.stops += 1
            self.stopped[pid] = now_msec()
            self.at(time.monotonic() + self.climate.stop_for,
                    lambda: self.go_on(pid))

    def go_on(self, pid):
        self.stopped.pop(pid, None)
        tell(pid, signal.SIGCONT)

    def kill(self):
        pid = self.victim()
        stopped = self.stopped.get(pid, now_msec())
        if not halt(pid):
            return
        held = clients_of(pid, self.daemon.port) | \
            clients_of(pid, self.files.ports["GUEST"])
        killed = now_msec()
        if tell(pid, signal.SIGKILL):
            self.deaths.append(Death(stopped, killed, held))


def now_msec():
    return int(time.monotonic() * 1000)


class Watch(threading.Thread):
    """Looks at `sluicectl workers` again and again."""

    def __init__(self, daemon):
        super().__init__()
        self.daemon = daemon
        self.over = threading.Event()
        self.most = 0            # old generations at once
        self.unexplained = []
        self.waits = 0           # times that a reload waited for room
        self.start()

    def run(self):
        while not self.over.wait(0.2):
            self.look(self.daemon.ctl("workers").stdout)

    def look(self, text):
        old = [line for line in text.splitlines() if " draining " in line]
        self.most = max(self.most, len({line.split()[1] for line in old}))
        self.unexplained += [line for line in old if not re.search(
            r"waits for \d+ exchanges, \d+ clients; exchanges end in \d+"
            r"|waits for tunnels; tunnels end in \d+", line)]
        self.waits += "waits for an old generation" in text

    def stop(self):
        self.over.set()
        self.join()
