"""cache_rows.py - what a cache does, as rows of steps.

    row("9111 4.2 a fresh reply is used again",
        ask(ok("Cache-Control: max-age=60")),
        ask(says=0))

Each step is a request; its first argument is what the origin says if it is
asked (a step without one takes that of the step before).  A step that says
nothing else wants its own reply, from the origin; `says=0` wants that of step
0, and that the origin is not asked.  Every reply that the origin sends has
Step: N and the body "step N", unless it has another body.

In fields "@-3600" is the date an hour ago: nothing here has to wait.  Every
row has a path of its own ("@PATH@" in replies), so that all share one daemon;
its vhosts (CACHES) are chosen by `host`.
"""

import re
import threading
from dataclasses import dataclass
from email.utils import formatdate
from time import time

from harness import Sluiced
from harness_origin import Origin

# What their operators wrote.
CACHES = {
    "plain": "true",
    "guess": '{ heuristic = "10%"; heuristic_max = "1d"; }',
    "errors": '{ negative_ttl = "1m"; }',
    "always": '{ default_ttl = "1m"; }',
    "stale": '{ stale = { if_error = "10m"; }; }',
    "deaf": "{ request_directives = false; }",
    "shared": '{ set_cookie = "store"; }',
    "stripped": '{ set_cookie = "remove"; }',
    "surrogate": '{ targets = [ "CDN-Cache-Control", "Surrogate-Control" ]; }',
    "told": "{ status_header = true; }",
    "keyed": '{ key = { ignore_query = "utm_*"; cookies = "currency";'
             ' headers = "X-Country"; }; bypass_cookies = "session*"; }',
    "off": "false",
}


@dataclass
class Reply:
    status: str
    fields: tuple
    body: bytes = None

    def bytes(self, step, method, path):
        code = int(self.status.split()[0])
        body = self.body if self.body is not None else b"step %d" % step
        lines = [f"HTTP/1.1 {self.status}"]
        if code == 304:
            body = b""
        else:
            lines.append(f"Step: {step}")
        lines += [dated(line).replace("@PATH@", path)
                  for line in self.fields]
        if code not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        else:
            body = b""
        head = "".join(line + "\r\n" for line in lines) + "\r\n"
        return head.encode("latin-1") + (b"" if method == "HEAD" else body)


def ok(*fields, body=None):
    return Reply("200 OK", fields, body)


def status(code, *fields, body=None):
    return Reply(f"{code} Whatever", fields, body)


CUT = "cut"         # instead of a reply: the origin closes


def dated(line):
    return re.sub(r"@([-+]?\d+)", lambda match: formatdate(
        time() + int(match[1]), usegmt=True), line)


@dataclass
class Step:
    origin: Reply
    fields: tuple = ()          # of the request
    method: str = "GET"
    path: str = ""              # behind the row's
    host: str = None            # other than the row's
    body: bytes = None
    says: int = None            # of which step the reply is; None: of this
    asks: bool = None           # whether the origin is; None: if says is
    status: int = None          # None: as the origin said
    text: bytes = None          # the body; None: as the origin said
    has: tuple = ()             # lines of the reply
    lacks: tuple = ()           # names of fields that it has not
    told: tuple = ()            # lines of the origin's request
    untold: tuple = ()


def ask(origin=None, **rest):
    for name in ("fields", "has", "lacks", "told", "untold"):
        if isinstance(rest.get(name), str):
            rest[name] = (rest[name],)
    return Step(origin, **rest)


@dataclass
class Row:
    title: str
    steps: list
    host: str = "plain"


def row(title, *steps, host="plain"):
    steps = list(steps)
    for before, step in zip(steps, steps[1:]):
        if step.origin is None:
            step.origin = before.origin
    return Row(title, steps, host)


def again(title, *fields, first=(), second=None, code=200, used=True,
          host="plain"):
    """The same twice: is the first reply, with these fields, used?"""
    second = first if second is None else second
    return row(title, ask(status(code, *fields), fields=first),
               ask(status(code, *fields), fields=second,
                   says=0 if used else None), host=host)


class Stage:
    """The daemon and the origin of all rows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = None         # (step number, Reply, path of the row)
        self.kept = []          # requests of this step
        self.origin = Origin(self._serve)
        self.daemon = Sluiced(vhosts={
            name: f'host = "{name}.test";\nproxy = "{self.origin.url}";\n'
                  f"cache = {cache};\n" +
                  ('listen = [ "http://127.0.0.1:@PORT@" ];\n')
            for name, cache in CACHES.items()})

    def _serve(self, peer):
        while True:
            request = peer.read_request()
            with self.lock:
                self.kept.append(request)
                number, reply, path = self.now
            if reply is CUT:
                return
            peer.send(reply.bytes(number, request.start.split(" ")[0], path))

    def play(self, played, path):
        for number, step in enumerate(played.steps):
            with self.lock:
                self.now = (number, step.origin, path)
                self.kept = []
            request = [dated(line) for line in step.fields]
            got = self.daemon.get(
                path + step.path, method=step.method, fields=request,
                host=f"{step.host or played.host}.test", body=step.body)
            with self.lock:
                kept = list(self.kept)
            self._judge(played, number, got, kept)

    def _judge(self, played, number, got, kept):
        step = played.steps[number]
        where = f"step {number} got {got.start!r}, {got.fields}, {got.body!r}"
        says = number if step.says is None else step.says
        asks = step.says is None if step.asks is None else step.asks
        assert bool(kept) == asks, f"origin asked: {bool(kept)}; {where}"
        self._judge_reply(played, step, says, got, where)
        if kept:
            self._judge_request(step, kept[-1], where)

    @staticmethod
    def _judge_reply(played, step, says, got, where):
        origin = played.steps[says].origin if says >= 0 else None
        wanted = step.status or int(origin.status.split()[0])
        assert got.status == wanted, where
        if origin and wanted not in (304, 416):
            assert got.get("Step") == str(says), where
        if origin and wanted == int(origin.status.split()[0]) and \
                step.method != "HEAD" and wanted not in (204, 304):
            text = origin.body if origin.body is not None else \
                b"step %d" % says
            assert got.body == (step.text or text), where
        elif step.text is not None:
            assert got.body == step.text, where
        check_lines(got, step.has, step.lacks, where)

    @staticmethod
    def _judge_request(step, request, where):
        check_lines(request, step.told, step.untold,
                    f"{request.fields} in {where}")

    def close(self):
        try:
            self.daemon.clean()
        finally:
            self.origin.close()


def check_lines(message, present, absent, where):
    for line in present:
        name, _, value = dated(line).partition(": ")
        values = message.all(name)
        if value.startswith(">="):
            assert int(message.get(name, "-1")) >= int(value[2:]), where
        elif value.startswith("~"):
            assert re.search(value[1:], ", ".join(values)), where
        else:
            assert value in values, f"no {line!r}: {where}"
    for name in absent:
        assert not message.all(name), f"{name}: {where}"
