"""tests/cases/requests over the wire: each request is refused, logged and
counted with its own reason, or what the origin gets is what was written down,
byte by byte."""

import re

import pytest

from cases import load
from harness import eventually, proxy_to
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import get

ROWS = load("requests")
REFUSED = [row for row in ROWS if row.word not in ("", "-")]
SMUGGLED = get("/smuggled")

# What we add to requests by ourselves: not what these tables are about.
OURS = re.compile(
    rb"^(?:X-Forwarded-[A-Za-z]+|Forwarded|Via|X-Request-Id|traceparent|"
    rb"tracestate):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


def without_ours(head):
    return OURS.sub(b"", head)


def record(peer):
    """A script: keeps what it got, and says that it did."""
    while True:
        peer.requests.append(peer.read_request())
        peer.send(reply(b"got it"))


def counter(daemon, name):
    for line in daemon.ctl("status").stdout.splitlines():
        if line.split()[:1] == [name]:
            return int(line.split()[1])
    raise AssertionError(f"no counter {name}")


def ask(daemon, row, method="GET"):
    """Sends the row and a request behind it; the reply, and all behind."""
    with daemon.client() as client:
        try:
            client.send(row.sent + SMUGGLED)
        except Closed:
            pass
        answer = client.read_reply(method)
        return answer, client.read_to_close()


def check_refused(daemon, row):
    method = "HEAD" if row.sent.startswith(b"HEAD ") else "GET"
    answer, rest = ask(daemon, row, method)
    assert (str(answer.status), rest) == (row.words[0], b""), row.title
    assert answer.tokens("Connection") == ["close"], row.title


def test_each_refusal_is_answered_logged_and_counted(sluice, origin):
    """Nothing of one reaches the origin whole, nor does what stands behind
    it: neither can be read as a request by anybody."""
    behind = origin(record)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for row in REFUSED:
        check_refused(daemon, row)
    lines = daemon.wait_exchanges(len(REFUSED))
    assert [(line["status"], line["end"], line["fault"]) for line in lines] \
        == [(row.words[0], "malformed", row.word) for row in REFUSED]
    eventually(lambda: counter(daemon, "refused") == len(REFUSED),
               what="all refusals to be counted")
    assert behind.requests == []


def test_each_good_request_arrives_as_written_down(sluice, origin):
    behind = origin(record)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for row in ROWS:
        if row.words != ["ok"]:
            continue
        with daemon.client() as client:
            client.send(row.sent)
            assert client.read_reply().body == b"got it", row.title
        got = behind.requests[-1]
        assert (without_ours(got.head), got.body) == \
            (row.head, row.payload), row.title
        for peer in behind.peers:
            peer.requests.clear()
    assert {line["end"] for line in daemon.exchanges()} == {"done"}


def test_requests_of_our_own_answer_go_nowhere(sluice, origin):
    behind = origin(record)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for row in ROWS:
        if row.word == "-":
            with daemon.client() as client:
                client.send(row.sent)
                assert str(client.read_reply().status) == row.words[0]
    assert behind.requests == []


@pytest.mark.parametrize("step", [1, 7])
def test_verdicts_do_not_depend_on_how_bytes_arrive(sluice, origin, step):
    """Every tenth row, a few bytes a segment."""
    behind = origin(record)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    rows = [row for row in ROWS if row.word != "-" and len(row.sent) < 300]
    for row in rows[step::10]:
        with daemon.client() as client:
            try:
                client.send_slowly(row.sent, step=step, pause=0)
            except Closed:
                pass
            status = client.read_reply(
                "HEAD" if row.sent.startswith(b"HEAD ") else "GET").status
        assert status == (200 if row.words == ["ok"] else
                          int(row.words[0])), row.title
