"""FIN and RST in every phase of an exchange, from either side.

A row of PHASES brings client and origin into a phase.  Then one of them ends
in one of two ways, and the table says what the other one hears and what the
access log says.  Whatever it is: a reply that was cut never looks whole,
nothing is left behind, and the next client is served.
"""

import socket
import threading
import time
from dataclasses import dataclass

import pytest

from harness import UNBUFFERED, eventually, proxy_to
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import counters, get, post, tell, wait_counter

LAST = get("/", "Connection: close")
OLD = get(version="1.0")
UPGRADE = get("/", "Connection: upgrade", "Upgrade: test")
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
          b"Upgrade: test\r\n\r\n")
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"

# What one side may hear of the other's end.
FIN, RST = "FIN", "RST"
ANY = (FIN, RST)        # it ends: how is of no consequence there
R502 = "502"            # an answer of ours


@dataclass
class Phase:
    """SENT by the client and ANSWERED by the origin make the phase; the client
    has then got GOT behind the head.  For each end: (what the other side
    hears, status=, end=); None: there is no such other side."""
    sent: bytes
    answered: bytes = None          # None: the origin is not yet there
    got: bytes = None               # None: the client has no head yet
    client_fin: tuple = None
    client_rst: tuple = None
    origin_fin: tuple = None
    origin_rst: tuple = None
    whole: bytes = None             # what the client has, if a FIN is the end


LEFT = (ANY, "499", "client_closed")
CUT = (ANY, "400", "malformed")
FAILED = (R502, "502", "origin_closed")

PHASES = {
    "in the request head": Phase(
        b"GET / HTTP/1.1\r\nHo",
        client_fin=(None, "499", "client_closed"),
        client_rst=(None, "499", "client_closed")),
    "after the head, before its body": Phase(
        post("/", b"", length=9), b"",
        client_fin=CUT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "in a body with a length": Phase(
        post("/", b"abc", length=9), b"",
        client_fin=CUT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "in a chunk of the request": Phase(
        post("/", length=None)[:-5] + b"9\r\nabc", b"",
        client_fin=CUT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "in the request's trailers": Phase(
        post("/", length=None)[:-2] + b"X-A: b", b"",
        client_fin=CUT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "before the first byte": Phase(
        LAST, b"",
        client_fin=LEFT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "in the reply's head": Phase(
        LAST, b"HTTP/1.1 200 OK\r\nX-",
        client_fin=LEFT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "behind an interim reply": Phase(
        LAST, b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n", b"",
        client_fin=LEFT, client_rst=LEFT, origin_fin=FAILED,
        origin_rst=FAILED),
    "in a body of known length": Phase(
        LAST, LENGTH + b"abc", b"abc",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=(ANY, "200", "origin_closed"),
        origin_rst=(ANY, "200", "origin_closed")),
    "in a chunk of the reply": Phase(
        LAST, CHUNKED + b"9\r\nabc", b"3\r\nabc\r\n",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=(ANY, "200", "origin_closed"),
        origin_rst=(ANY, "200", "origin_closed")),
    "in a chunk, to a client of 1.0": Phase(
        OLD, CHUNKED + b"9\r\nabc", b"abc",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=(RST, "200", "origin_closed"),
        origin_rst=(RST, "200", "origin_closed")),
    "in the reply's trailers": Phase(
        get("/", "TE: trailers", "Connection: close"), CHUNKED + b"3\r\nabc\r\n0\r\nX-A: b",
        b"3\r\nabc\r\n",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=(ANY, "200", "origin_closed"),
        origin_rst=(ANY, "200", "origin_closed")),
    "in a body that the close ends": Phase(
        LAST, CLOSE + b"abc", b"3\r\nabc\r\n", whole=b"0\r\n\r\n",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=("whole", "200", "done"),
        origin_rst=(ANY, "200", "origin_closed")),
    "in a body that the close ends, to 1.0": Phase(
        OLD, CLOSE + b"abc", b"abc", whole=b"",
        client_fin=(ANY, "200", "client_closed"),
        client_rst=(ANY, "200", "client_closed"),
        origin_fin=("whole", "200", "done"),
        origin_rst=(RST, "200", "origin_closed")),
    "in a tunnel": Phase(
        UPGRADE, SWITCH + b"abc", b"abc",
        client_fin=(FIN, "101", "done"),
        client_rst=(RST, "101", "client_closed"),
        origin_fin=(FIN, "101", "done"),
        origin_rst=(RST, "101", "origin_closed")),
}

ENDS = [(name, end) for name, phase in PHASES.items()
        for end in ("client_fin", "client_rst", "origin_fin", "origin_rst")
        if getattr(phase, end) is not None]


def ending(peer):
    """How the other side ends, and what it sent before."""
    rest = bytes(peer.received[peer.at:])
    peer.sock.settimeout(peer.deadline)
    try:
        while data := peer.sock.recv(65536):
            rest += data
    except ConnectionResetError:
        return RST, rest
    return FIN, rest


class Stage:
    """An origin that plays PHASE and then END, or hears how its peer ends."""

    def __init__(self, phase, end):
        self.phase = phase
        self.end = end
        self.reached = threading.Event()
        self.go = threading.Event()
        self.heard = None

    def script(self, peer):
        head = peer.read_head()
        if head.start.startswith("GET /next"):
            peer.send(reply(b"next"))
            return
        peer.send(self.phase.answered)
        self.reached.set()
        if self.end.startswith("client"):
            self.heard, _ = ending(peer)
            return
        assert self.go.wait(10)
        if self.end == "origin_fin":
            peer.shutdown()
            ending(peer)
        else:
            peer.reset()


def enter(phase, stage, client, daemon):
    """Brings both into the phase."""
    before = counters(daemon)["bytes_in"]
    client.send(phase.sent)
    eventually(lambda: counters(daemon)["bytes_in"] >= before + len(phase.sent),
               what="the request to be read")
    if phase.answered is not None:
        assert stage.reached.wait(10), "the request did not reach the origin"
    if phase.got is not None:
        client.read_head()
        assert client.read_exactly(len(phase.got)) == phase.got


def end_client(stage, client, how):
    """What the origin hears."""
    if how == "client_rst":
        client.reset()
    else:
        client.shutdown()
    if stage.phase.answered is None:
        return None
    return eventually(lambda: stage.heard, what="the origin to hear the end")


def end_origin(stage, client):
    """What the client hears."""
    stage.go.set()
    how, rest = ending(client)
    if stage.phase.whole is not None and (how, rest) == (
            FIN, stage.phase.whole):
        return "whole"
    if rest.startswith(b"HTTP/1.1 502 "):
        return R502
    assert rest in (b"", b"\r\n"), "more than was there"
    return how


def at_rest(daemon):
    """The fibers that are left behind one exchange: what was there before."""
    assert daemon.get("/next").body == b"next"
    wait_counter(daemon, "clients", 0)
    wait_counter(daemon, "exchanges", 0)
    return counters(daemon)["fibers"]


@pytest.mark.parametrize("name, end", ENDS)
def test_an_end_is_heard_and_leaves_nothing(sluice, origin, name, end):
    phase = PHASES[name]
    heard, status, word = getattr(phase, end)
    stage = Stage(phase, end)
    daemon = sluice(vhost=proxy_to(origin(stage.script)) + UNBUFFERED,
                    workers=1)
    fibers = at_rest(daemon)
    client = daemon.client()
    enter(phase, stage, client, daemon)
    if end.startswith("client"):
        told = end_client(stage, client, end)
    else:
        told = end_origin(stage, client)
        client.close()
    assert told in heard if isinstance(heard, tuple) else told == heard
    line = daemon.wait_exchanges(2)[1]
    assert (line["status"], line["end"]) == (status, word)
    client.close()
    assert daemon.get("/next").body == b"next"
    for gauge, left in (("exchanges", 0), ("clients", 0), ("fibers", fibers)):
        wait_counter(daemon, gauge, left)


@pytest.mark.parametrize("how", ["client_fin", "client_rst"])
def test_an_end_before_the_first_byte_is_no_exchange(sluice, origin, how):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        if how == "client_rst":
            client.reset()
        else:
            client.shutdown()
            client.wait_close()
    eventually(lambda: counters(daemon)["clients"] == 0)
    assert daemon.get("/next").status == 200
    assert len(daemon.wait_exchanges(1)) == 1


class Deaf:
    """Listens, and accepts nobody: connecting to it takes for ever."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        address = self.listener.getsockname()
        self.url = f"http://127.0.0.1:{address[1]}"
        self.fillers = [socket.socket() for _ in range(3)]
        for filler in self.fillers:
            filler.setblocking(False)
            filler.connect_ex(address)

    def close(self):
        for one in (*self.fillers, self.listener):
            one.close()


@pytest.mark.parametrize("how", ["client_fin", "client_rst"])
def test_an_end_while_the_origin_is_connected_to(sluice, origin, how):
    deaf = Deaf()
    daemon = sluice(workers=1, vhosts={
        "a": proxy_to(deaf, host="deaf"),
        "b": proxy_to(origin(reply(b"next")), host="next")})
    began = time.monotonic()
    client = daemon.client()
    client.request(host="deaf")
    eventually(lambda: counters(daemon)["exchanges"] == 1)
    if how == "client_rst":
        client.reset()
    else:
        client.shutdown()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("499", "client_closed")
    assert time.monotonic() - began < 2, "only the deadline ended it"
    client.close()
    assert daemon.get(host="next").body == b"next"
    deaf.close()


# ---- half_close ----


def test_a_fin_behind_the_request_cancels_it(sluice, origin):
    """By default; the origin hears of it, if it heard of the request."""
    stage = Stage(PHASES["before the first byte"], "client_fin")
    daemon = sluice(vhost=proxy_to(origin(stage.script)), workers=1)
    with daemon.client() as client:
        client.send(get())
        client.shutdown()
        client.wait_close()
    eventually(lambda: stage.heard or not stage.reached.is_set())
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("499", "client_closed")


@pytest.mark.parametrize("when", ["with the request", "later"])
@pytest.mark.parametrize("body", [None, b"abc"])
def test_half_close_keeps_an_exchange_whose_client_sent_fin(sluice, origin,
                                                            when, body):
    reached = threading.Event()
    go = threading.Event()

    def script(peer):
        peer.requests.append(peer.read_request())
        reached.set()
        assert go.wait(10)
        peer.send(reply(b"after all"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind) + "half_close = true;", workers=1)
    with daemon.client() as client:
        client.request(method="POST" if body else "GET", body=body)
        if when == "with the request":
            client.shutdown()
        assert reached.wait(10)
        if when == "later":
            client.shutdown()
        assert counters(daemon)["exchanges"] == 1
        go.set()
        assert client.read_reply().body == b"after all"
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("200", "done")
    assert behind.requests[0].body == (body or b"")


def test_half_close_is_no_excuse_for_a_reset(sluice, origin):
    stage = Stage(PHASES["before the first byte"], "client_rst")
    daemon = sluice(vhost=proxy_to(origin(stage.script)) +
                    "half_close = true;", workers=1)
    client = daemon.client()
    enter(stage.phase, stage, client, daemon)
    client.reset()
    eventually(lambda: stage.heard)
    assert daemon.wait_exchanges(1)[0]["end"] == "client_closed"


# ---- pipelines ----


def test_fin_behind_pipelined_requests_cancels_none_of_them(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        client.send(b"".join(get(f"/{i}") for i in range(5)) +
                    post("/body", b"abc") + get("/last"))
        client.shutdown()
        bodies = [client.read_reply().body.split()[0] for _ in range(7)]
        assert bodies == [b"/0", b"/1", b"/2", b"/3", b"/4", b"/body",
                          b"/last"]
        client.wait_close()
    assert {line["end"] for line in daemon.wait_exchanges(7)} == {"done"}


def test_reset_behind_pipelined_requests_ends_the_one_that_waits(sluice,
                                                                 origin):
    stage = Stage(PHASES["before the first byte"], "client_rst")
    daemon = sluice(vhost=proxy_to(origin(stage.script)), workers=1)
    client = daemon.client()
    client.send(get("/next") + get("/waits") + get("/never"))
    assert client.read_reply().body == b"next"
    assert stage.reached.wait(10)
    client.reset()
    eventually(lambda: stage.heard)
    ends = [line["end"] for line in daemon.wait_exchanges(2)]
    assert ends == ["done", "client_closed"]


def test_peers_that_close_before_they_are_sent_to(sluice, origin):
    """An origin that closes each connection at once: never a reply."""
    def script(peer):
        raise Closed("at once")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    for _ in range(3):
        assert daemon.get().status == 502
    for line in daemon.wait_exchanges(3):
        assert line["end"] == "origin_closed"
