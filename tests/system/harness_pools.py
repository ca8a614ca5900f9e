"""harness_pools.py - pools of real origins, and clients that keep count.

A test gets origins by the fixture `fleet`, each a process of its own
(pools_origin.py) that can be killed, restarted on its port and told to hang,
and loads the daemon by Load, which knows what became of each request:

    one, two = fleet(2)
    daemon = sluice(vhost=pool_vhost([one, two]))
    with Load(daemon.port, clients=8) as load:
        load.wait_answers(200)
        one.kill()
        load.wait_answers(200)
    assert load.failures("GET") == []
    assert not executed_twice([one, two])
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, namedtuple
from pathlib import Path

import pytest

from harness import eventually
from harness_peer import Client, Closed, Malformed

PROGRAM = Path(__file__).with_name("pools_origin.py")
PATIENCE = 30           # of a client, for one answer

# One line of an origin's log: NUMBER requests were in flight, with this one.
Asked = namedtuple("Asked", "origin method target number")

# What became of a request.  STATUS: 0 if there was no answer, and ERROR says
# why; ORIGIN: who answered; TOOK: seconds.
Outcome = namedtuple("Outcome", "method target status origin error took")


class PoolOrigin:
    """One process of pools_origin.py, and its successors on the same port."""

    def __init__(self, name, log):
        self.name = name
        self.log = log
        self.port = 0
        self.popen = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.popen = subprocess.Popen(
            [sys.executable, "-B", "-S", str(PROGRAM), self.name,
             str(self.log), str(self.port)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        line = self.popen.stdout.readline()
        assert line, f"origin {self.name} does not start"
        self.port = int(line)

    def be(self, *words):
        """be("hang"), be("status", 500), be("slow", 0.1), be("answer")"""
        self.popen.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.popen.stdin.flush()
        assert self.popen.stdout.readline() == "ok\n"

    def _reap(self):
        self.popen.stdin.close()
        self.popen.stdout.close()
        return self.popen.wait(PATIENCE)

    def kill(self):
        """-9: its connections are reset, its port refuses."""
        self.popen.kill()
        self._reap()

    def end(self):
        """SIGTERM; returns when it has answered what it had, and is gone."""
        self.popen.terminate()
        assert self.popen.wait(PATIENCE) in (0, -signal.SIGTERM)
        self._reap()

    def close(self):
        if self.popen.poll() is None:
            self.kill()

    # ---- what it was asked ----

    def asked(self, *methods):
        """Its log; only of METHODS, if there are some, else no checks."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        every = [Asked(name, method, target, int(number)) for
                 name, method, target, number in map(str.split, lines)]
        return [one for one in every if
                (one.method in methods if methods else one.method != "CHECK")]

    def count(self, *methods):
        return len(self.asked(*methods))

    def most_in_flight(self):
        return max((one.number for one in self.asked()), default=0)


@pytest.fixture
def fleet(no_process_left):
    """Makes origins: fleet(3), named a, b, c ..."""
    made = []
    with tempfile.TemporaryDirectory(prefix="sluice-fleet-") as folder:
        def make(count):
            for _ in range(count):
                name = chr(ord("a") + len(made))
                made.append(PoolOrigin(name, Path(folder) / name))
            return made[-count:]

        yield make
        for one in made:
            one.close()


def executed_twice(origins):
    """Targets of POSTs that more than one log line has."""
    seen = Counter(one.target for origin in origins
                   for one in origin.asked("POST"))
    return sorted(target for target, n in seen.items() if n > 1)


# ---- configurations ----

def pool_vhost(origins, settings="", more=None, host="*", extra=""):
    """A vhost with one pool, "web": SETTINGS are the pool's, MORE a function
    of an origin that says more of its server, EXTRA is the vhost's."""
    servers = ",\n    ".join(
        f'{{ url = "{one.url}"; {more(one) if more else ""} }}'
        for one in origins)
    return f"""
host = "{host}";
pools = {{ web = {{
  servers = ( {servers} );
  {settings}
}}; }};
routes = ( {{ path = "/"; pool = "web"; }} );
{extra}
"""


# For pool_vhost: who fails is down within a moment, and up as soon; nobody is
# taken out for longer than that.
QUICK_CHECKS = """
  outlier = false;
  health = { path = "/health"; every = "100ms"; timeout = "2s";
             rise = 1; fall = 1; };
"""


def in_zones(one):
    """a and b stand in fra, c in ams."""
    return f'zone = "{"ams" if one.name == "c" else "fra"}";'


# ---- what the daemon says of them ----

def pool_state(daemon, name="web"):
    """The pool, as `sluicectl --json pools` has it."""
    answer = daemon.ctl("--json", "pools")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return next(pool for pool in json.loads(answer.stdout)["pools"]
                if pool.get("pool") == name)


def server_state(daemon, origin):
    return next(one for one in pool_state(daemon)["servers"]
                if one["url"] == origin.url)


def queued(daemon):
    return pool_state(daemon)["queued"]


def wait_idle(daemon, *origins):
    """Until nothing is in flight to them, in any worker."""
    for one in origins:
        eventually(lambda: server_state(daemon, one)["in_flight"] == 0,
                   deadline=30, what=f"nothing to be in flight to {one.name}")


def server_verb(daemon, origin, *words, host="*"):
    """sluicectl server HOST/web/URL drain, and the like."""
    answer = daemon.ctl("server", f"{host}/web/{origin.url}",
                        *(str(word) for word in words))
    assert answer.returncode == 0, answer.stdout + answer.stderr


# ---- clients ----

class Load:
    """CLIENTS threads that ask, one request at a time each, until the end of
    the `with`.

    posts       every so many-th request is a POST (0: none)
    keep_alive  share of clients that keep their connection
    pause       seconds between an answer and the next request
    target      "/NUMBER" of the client and its count go behind it
    total       stop by itself after so many requests of each client
    fields      lines of each request's head
    """

    def __init__(self, port, clients=8, posts=0, keep_alive=0.5, pause=0.002,
                 target="", total=None, fields=()):
        self.port = port
        self.posts = posts
        self.pause = pause
        self.target = target
        self.total = total
        self.fields = list(fields)
        self.ending = threading.Event()
        self.outcomes = []      # append is atomic
        self.wrong = []         # answers to what nobody asked
        self.threads = [
            threading.Thread(target=self._run,
                             args=(n, n < clients * keep_alive), daemon=True)
            for n in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive(), "a client hangs"

    def wait_answers(self, more, deadline=60):
        """Until MORE requests than now have an outcome."""
        goal = len(self.outcomes) + more
        eventually(lambda: len(self.outcomes) >= goal, deadline,
                   f"{more} more answers")

    def wait_turn(self):
        """Until every client has begun a request after now, and ended it."""
        def turns():
            return Counter(int(one.target[len(self.target):].split("/")[1])
                           for one in list(self.outcomes))

        before = turns()
        eventually(lambda: all(turns()[n] >= before[n] + 2 for n in
                               range(len(self.threads))), deadline=60,
                   what="each client to ask again")

    # ---- a thread's ----

    def _run(self, number, keep):
        client = None
        count = 0
        while not self.ending.is_set() and count != self.total:
            count += 1
            post = self.posts and (number + count) % self.posts == 0
            method = "POST" if post else "GET"
            target = f"{self.target}/{number}/{count}"
            client = self._once(client, method, target)
            if client is not None and not keep:
                client.close()
                client = None
            if self.pause:
                self.ending.wait(self.pause)
        if client is not None:
            client.close()

    def _once(self, client, method, target):
        """Asks; the connection, if it can be used again."""
        began = time.monotonic()
        status, who, error = 0, "", ""
        keep = False
        try:
            client = client or Client(self.port, deadline=PATIENCE)
            body = target.encode() if method == "POST" else None
            client.request(target, method, fields=self.fields, body=body)
            answer = client.read_reply(method)
            status = answer.status
            keep = "close" not in answer.tokens("Connection")
            who = self._who(answer, method, target)
        except (Closed, OSError, Malformed) as problem:
            error = repr(problem)
            status = 0
        self.outcomes.append(Outcome(method, target, status, who, error,
                                     time.monotonic() - began))
        if keep and not error:
            return client
        if client is not None:
            client.close()
        return None

    def _who(self, answer, method, target):
        """The origin that says so; that it answers somebody else is an error
        of the proxy's, whatever else is going on."""
        words = answer.body.decode("latin-1").split()
        if answer.status != 200:
            return ""
        if words[1:] != [method, target]:
            self.wrong.append((method, target, answer.body))
        return words[0] if words else ""

    # ---- what became of them ----

    def failures(self, *methods):
        """What was not answered 200."""
        return [one for one in self.outcomes if one.status != 200 and
                (not methods or one.method in methods)]

    def shares(self):
        """{origin's name: answers}"""
        return Counter(one.origin for one in self.outcomes
                       if one.status == 200)


def owners(daemon, users=40, again=3):
    """{user: the set of origins that answered}"""
    found = {}
    for _ in range(again):
        for user in range(users):
            answer = daemon.get("/", fields=[f"X-User: u{user}"])
            found.setdefault(user, set()).add(answer.body.split()[0])
    return found
