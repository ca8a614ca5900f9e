"""h2_cases.py - the table tests/cases/h2: frames, and what counts as right.

As a command it tries them on any server, whose requests must end at the
origin that it starts itself:

    h2_cases.py --origin 8081                 only the origin
    h2_cases.py [--tls] [--origin 8081] PORT [ID...]

It prints the cases that were answered wrong, and how many were right.
"""

import argparse
import re
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cases import ESCAPES
from harness import REPOSITORY
from harness_h2 import (ACK, EH, ERRORS, ES, FLAGS, H2, MAGIC, MAX_FRAME,
                        MAX_STREAMS, TYPE, Broken, block, frame, request,
                        settings)
from harness_origin import Origin, reply
from harness_peer import Closed

PATIENCE = 5.0          # with a server that owes us something
MARK = b"the mark"
TOKEN = re.compile(r"""
    "(?P<text>(?:[^"\\]|\\.)*)"(?:\*(?P<times>[0-9]+))? |
    \[(?P<fields>[^]]*)\] | {(?P<word>[a-z0-9_-]+)} | x(?P<hex>[0-9a-f]*)\b |
    (?P<big>most)\+(?P<more>[0-9]+) |
    u(?P<bits>8|16|32):(?P<number>[0-9]+) |
    (?P<key>[0-9]+)=(?P<value>[0-9]+) |
    f:0x(?P<flags>[0-9a-f]+) | len:(?P<length>[0-9]+) | (?P<flag>[A-Z]+)
    """, re.VERBOSE)


@dataclass
class Case:
    name: str
    section: str
    title: str
    verdict: str = ""
    steps: list = field(default_factory=list)   # (kind, text)

    def streams(self):
        """Those that it opens."""
        return [int(m[1]) for _, text in self.steps if (m := re.match(
            r"(?:HEADERS|GET|POST) ([0-9]+)", text))]


def unescape(text):
    return re.sub(rb"\\(?:x([0-9a-f]{2})|(.))", lambda m: bytes(
        [int(m[1], 16)]) if m[1] else ESCAPES.get(m[2].decode(), m[2]),
        text.encode("latin-1"))


def parse_fields(text):
    for line in text.split(" | "):
        line = line.strip(" ")
        at = line.index(":", 1)
        yield unescape(line[:at]), unescape(line[at + 1:].strip())


def load():
    """The cases, and their words."""
    words, rows = {}, []
    text = (REPOSITORY / "tests/cases/h2").read_text(encoding="utf-8")
    for line in text.replace("\n  ", " ").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("= "):
            rows[-1].verdict = line[2:]
        elif line[:2] in ("< ", "? "):
            rows[-1].steps.append((line[0], line[2:]))
        elif " | " in line and not re.match("[a-z]+ += ", line):
            rows.append(Case(*line.split(" | ", 2)))
        else:
            word, text = line.split("=", 1)
            words[word.strip()] = text.strip()
    return rows, words


class Run:
    """One case on one connection."""

    def __init__(self, case, words, connection):
        self.case = case
        self.words = words
        self.h2 = connection
        self.pings = []         # that must be answered
        self.settings = 0       # that must be acknowledged
        self.last = max([101, *case.streams()])
        self.impossible = False     # this server has no such limit
        self.is_slow = any(re.match("RAW|SLOWLY", text)
                           for _, text in case.steps)   # and not counted

    # ---- what is sent ----

    def expand(self, text):
        """The payload that TEXT says, its flags and its length."""
        out, flags, length, at = b"", 0, None, 0
        for m in TOKEN.finditer(text):
            assert not text[at:m.start()].strip(), (self.case.name, text)
            at = m.end()
            if m["text"] is not None:
                out += unescape(m["text"]) * int(m["times"] or 1)
            elif m["fields"] is not None:
                out += block(self.substitute(parse_fields(m["fields"])))
            elif m["word"]:
                out += self.expand(self.words[m["word"]])[0]
            elif m["hex"]:
                out += bytes.fromhex(m["hex"])
            elif m["big"]:
                out += b"\0" * self.beyond(int(m["more"]))
            elif m["bits"]:
                out += int(m["number"]).to_bytes(int(m["bits"]) // 8, "big")
            elif m["key"]:
                out += struct.pack(">HI", int(m["key"]), int(m["value"]))
            elif m["flags"]:
                flags |= int(m["flags"], 16)
            elif m["length"]:
                length = int(m["length"])
            elif m["flag"]:
                flags |= FLAGS[m["flag"]]
        assert not text[at:].strip(), (self.case.name, text[at:])
        return out, flags, length

    def substitute(self, fields):
        for name, value in fields:
            yield name, value.replace(b"@scheme", self.h2.scheme.encode()
                                      ).replace(b"@id",
                                                self.case.name.encode())

    def beyond(self, more):
        size = self.h2.settings.get(MAX_FRAME, 16384) + more
        self.impossible |= size >= 1 << 24
        return 0 if self.impossible else size

    def bytes_of(self, text):
        kind, _, rest = text.partition(" ")
        if kind == "RAW":
            return self.expand(rest)[0]
        if kind in ("GET", "POST"):
            rest = f"{rest} EH {'ES ' * (kind == 'GET')}{{{kind.lower()}}}"
            kind = "HEADERS"
        stream, _, rest = rest.partition(" ")
        payload, flags, length = self.expand(rest)
        if kind == "PING" and not int(stream, 0) << 1 & 0xffffffff and \
                not flags & ACK:
            self.pings.append(payload)
        if kind == "SETTINGS" and not flags & ACK:
            self.settings += 1
        kind = TYPE[kind] if kind in TYPE else int(kind, 16)
        return frame(kind, int(stream, 0), flags, payload, length)

    def send_too_many(self):
        """As many requests as are allowed at a time, and one more."""
        most = self.h2.settings.get(MAX_STREAMS, 1 << 31)
        if most > 1000:
            self.impossible = True
            return
        fields = block(request("/@hold", scheme=self.h2.scheme))
        self.last = 2 * most + 1
        self.h2.send(b"".join(frame("HEADERS", i, ES | EH, fields)
                              for i in range(1, self.last + 1, 2)))

    def pause_for(self, what, stream=0, number=0):
        """Waits for a frame; in vain if there is none."""
        replies, stream = self.h2.replies, int(stream)
        self.h2.until({
            "SETTINGS": lambda: self.h2.settings is not None,
            "ACK": lambda: self.h2.settings_acks >= self.settings,
            "HEADERS": lambda: self.h2.reply(stream).fields,
            "DATA": lambda: self.h2.reply(stream).flowed >= int(number),
            "END": lambda: self.h2.reply(stream).ended,
            "RESET": lambda: self.h2.reply(stream).reset is not None or
                replies[stream].ended}[what], PATIENCE)

    def play(self):
        if not self.case.steps[0][1].startswith("RAW"):
            self.h2.greet()
            self.settings += 1
        for kind, text in self.case.steps:
            if kind == "?":
                self.pause_for(*text.split())
            elif text == "TOO MANY":
                self.send_too_many()
            elif text.startswith("SLOWLY "):
                for byte in self.expand(text[7:])[0]:
                    self.h2.send(bytes([byte]))
            else:
                self.h2.send(self.bytes_of(text))
        if "alive" in self.case.verdict:
            self.last += 2
            self.h2.send(frame("HEADERS", self.last, ES | EH, block(
                request(f"/{self.case.name}/probe", scheme=self.h2.scheme))))
        self.pings.append(MARK)
        self.h2.send(frame("PING", payload=MARK))

    # ---- what came: True, False, or None while it may still come ----

    @property
    def read_all(self):
        return MARK in self.h2.pongs

    def is_connection(self, *codes):
        if self.h2.goaways:
            return ERRORS[self.h2.goaways[0][1]] in codes
        if self.h2.closed:
            return True
        return False if self.read_all else None

    def is_stream(self, stream, *codes):
        one = self.h2.reply(self.last if stream == "last" else int(stream))
        if one.reset is not None and ERRORS[one.reset] in codes:
            return True
        if self.h2.goaways or self.h2.closed:
            return self.is_connection(*codes)
        if one.reset is not None or one.ended and self.read_all:
            return False
        return None

    def is_refused(self, stream, *codes):
        one = self.h2.reply(int(stream))
        if one.status:
            return 400 <= one.status < 600
        return self.is_stream(stream, "PROTOCOL_ERROR", *codes)

    def is_quiet(self, stream):
        """Neither an answer nor an error, or an error."""
        one = self.h2.reply(int(stream))
        return (one.fields is None if self.read_all else
                True if self.h2.closed else None)

    def in_peace(self):
        h2 = self.h2
        if h2.goaways or h2.closed or any(
                r.reset for r in h2.replies.values()):
            return False
        if not self.read_all or h2.settings_acks < self.settings:
            return None
        return self.is_slow or (h2.pongs == self.pings and
                                h2.settings_acks == self.settings)

    def is_answered(self, *streams):
        replies = [self.h2.reply(int(s)) for s in streams]
        if any(r.status and r.status != 200 for r in replies):
            return False
        if self.in_peace() is False:
            return False
        return (self.in_peace() and all(r.ended for r in replies)) or None

    def is_alive(self):
        return self.is_answered(self.last)

    def is_status(self, stream, *statuses):
        one = self.h2.reply(int(stream))
        if one.status:
            return str(one.status) in statuses
        return False if self.h2.closed or one.reset else None

    def is_body(self, stream, *words):
        """The origin, whose reply is what it got, got WORDS."""
        one = self.h2.reply(int(stream))
        text = unescape(" ".join(words))
        if not one.ended:
            return False if self.h2.closed else None
        return text in bytes(one.data)

    def is_data(self, stream, size):
        one = self.h2.reply(int(stream))
        if one.flowed > int(size) or self.h2.closed:
            return False
        if one.flowed < int(size) or not self.read_all:
            return None
        self.h2.ping(b"nothing?")
        return one.flowed == int(size)

    def is_settling(self):
        return (self.read_all or self.h2.closed or bool(self.h2.goaways)
                ) or None

    def is_closed(self):
        return True if self.h2.closed else None

    def judge(self):
        choices = [all_of([
            getattr(self, f"is_{word}")(*more)
            for word, *more in map(str.split, choice.split(" and "))])
            for choice in self.case.verdict.split(" or ")]
        if any(choices):
            return True
        return None if None in choices else False

    def finish(self):
        """What is wrong, or None."""
        try:
            self.play()
        except Closed:
            pass
        if self.impossible:
            return None
        verdict = None

        def decided():
            nonlocal verdict
            verdict = self.judge()
            return verdict is not None
        self.h2.until(decided, PATIENCE)
        return None if verdict else self.story()

    def story(self):
        h2 = self.h2
        words = [f"reply {s}: {r.status}{' end' * r.ended} {r.flowed}"
                 f"{'' if r.reset is None else ' ' + ERRORS[r.reset]}"
                 for s, r in list(h2.replies.items())[:4]]
        words += [f"goaway {ERRORS[code]} {text!r}"
                  for _, code, text in h2.goaways]
        return "; ".join(words + ["pong"] * len(h2.pongs) +
                         ["closed"] * h2.closed + ["HTTP/1"] * h2.http1)


def all_of(values):
    if False in values:
        return False
    return None if None in values else True


def attempt(case, words, port, **options):
    """What PORT does wrong in CASE, or None."""
    try:
        with H2(port, deadline=PATIENCE, **options) as connection:
            return Run(case, words, connection).finish()
    except Broken as error:
        return f"broken: {error}"
    except Closed as error:
        return f"closed: {error}"


def attempt_all(port, names=(), threads=32, **options):
    """{case name: what is wrong}, and the cases."""
    rows, words = load()
    rows = [row for row in rows if not names or row.name in names]
    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(
            lambda row: attempt(row, words, port, **options), rows))
    return {row.name: wrong for row, wrong in zip(rows, results)
            if wrong}, rows


# ---- the origin ----

def echo(peer):
    """Replies with what it got; or as the path says."""
    while True:
        got = peer.read_request()
        peer.requests.append(got)
        method, path, _ = got.start.split(" ")
        last = path.split("/")[-1]
        if last == "@hold":
            peer.wait_close()
        elif last == "@big":
            peer.send(reply(b"x" * 200_000))
        elif last == "@204":
            peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif last == "@early":
            peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                      reply(b"x"))
        elif last == "@trailers":
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                      b"Trailer: X-End\r\n\r\n1\r\nx\r\n0\r\n"
                      b"X-End: yes\r\n\r\n")
        elif last == "@hop":
            peer.send(reply(b"x", fields=[
                "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=60",
                "X-Hop: 1", "UPPER-Case: yes"]))
        else:
            body = got.head + got.body
            peer.send(reply(b"" if method == "HEAD" else body))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", nargs="?", type=int)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--origin", type=int)
    options = parser.parse_args()
    if options.origin:
        Origin(echo, port=options.origin)
    if not options.port:
        time.sleep(1e9)
    wrong, rows = attempt_all(options.port, options.names, tls=options.tls)
    for row in rows:
        if row.name in wrong:
            print(f"{row.name} ({row.section}, {row.title}): "
                  f"wants {row.verdict}; {wrong[row.name]}")
    print(f"{len(rows) - len(wrong)} of {len(rows)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
