"""tests/cases/replies over the wire: what is malformed is a 502 (or a cut
reply, if its head is on its way already) and its connection is thrown away;
what is well-formed arrives at the client as it was written down."""

import re
import threading

from cases import load
from harness import proxy_to
from harness_origin import reply
from harness_peer import Closed, Malformed

ROWS = load("replies")
AFTER = b"untouched"

# What we add to replies by ourselves.
OURS = re.compile(rb"^(?:Date|X-Request-Id):[^\r]*\r\n",
                  re.IGNORECASE | re.MULTILINE)


class Stage:
    """An origin's script: answers /row with the row that is on, and all else
    with AFTER; it knows over which connection each request came."""

    def __init__(self):
        self.row = None
        self.lock = threading.Lock()
        self.came = {}          # path: the last peer that was asked for it

    def __call__(self, peer):
        while True:
            request = peer.read_request()
            path = request.start.split(" ")[1]
            with self.lock:
                self.came[path] = peer
            if path == "/after":
                peer.send(reply(AFTER))
                continue
            peer.send(self.row.sent)
            if self.ends_by_close():
                return

    def ends_by_close(self):
        """Does the row's message end, or is it cut, by closing?"""
        coded = b"\nTransfer-Encoding"
        return self.row.words == ["cut"] or \
            coded in self.row.parts.get(">", b"") and \
            coded not in self.row.sent


def play(daemon, stage, row):
    """Asks for the row, then for another thing; what came, and whether it came
    over the same connection of the origin."""
    method = row.words[2] if len(row.words) > 2 else "GET"
    stage.row = row
    with daemon.client() as client:
        client.request("/row", method)
        try:
            answer = client.read_reply(method)
        except (Closed, Malformed):
            answer = None
    assert daemon.get("/after").body == AFTER, row.title
    return answer, stage.came["/row"] is stage.came["/after"]


def check(row, answer, kept):
    if row.words[0] == "cut":
        assert answer is None or answer.status == 502, row.title
    elif row.words[0] == "502":
        assert answer.status == 502, row.title
    else:
        assert (OURS.sub(b"", answer.head), answer.body) == \
            (row.head, row.payload), row.title
    assert kept == (row.words[:2] == ["ok", "keep"]), row.title


def test_each_reply_has_its_verdict_and_leaves_nothing_behind(sluice, origin):
    stage = Stage()
    daemon = sluice(vhost=proxy_to(origin(stage)), workers=1)
    for row in ROWS:
        check(row, *play(daemon, stage, row))
    lines = [line for line in daemon.wait_exchanges(2 * len(ROWS))
             if line["target"] == "/row"]
    for row, line in zip(ROWS, lines):
        if row.words == ["cut"]:
            expected = "origin_closed", None
        elif row.words[0] == "ok":
            expected = "done", None
        else:
            expected = "origin_malformed", row.word
        assert (line["end"], line.get("fault")) == expected, row.title
    assert {line["status"] for line in daemon.exchanges(target="/after")} == \
        {"200"}
