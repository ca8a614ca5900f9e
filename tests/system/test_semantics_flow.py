"""What goes through at once, and what goes on behind an early reply.

Nothing here is measured in time: each side sends its next piece only when it
was told, past the proxy, that the last one arrived.  A proxy that keeps
anything back makes the test stand still.
"""

import threading

import pytest

from harness import UNBUFFERED, eventually, proxy_to
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import chunked, get, pattern, post, tell

HEADS = {
    "chunked": "Transfer-Encoding: chunked\r\n",
    "length": "Content-Length: {total}\r\n",
    "close": "",
}


class Relay:
    """A side channel: what arrived here is known there."""

    def __init__(self):
        self.arrived = threading.Semaphore(0)

    def tell(self):
        self.arrived.release()

    def wait(self):
        assert self.arrived.acquire(timeout=10), "a piece was kept back"


def framed(kind, piece):
    return b"%x\r\n%s\r\n" % (len(piece), piece) if kind == "chunked" \
        else piece


# ---- replies ----


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_each_event_arrives_before_the_next_is_sent(sluice, origin, kind,
                                                    version):
    events = [b"id: %d\ndata: %s\n\n" % (i, b"x" * i) for i in range(20)]
    confirmed = Relay()

    def script(peer):
        peer.read_head()
        total = sum(map(len, events))
        peer.send(("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
                   HEADS[kind].format(total=total) + "\r\n").encode())
        confirmed.wait()
        for event in events:
            peer.send(framed(kind, event))
            confirmed.wait()
        if kind == "chunked":
            peer.send(b"0\r\n\r\n")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get("/", "Accept: text/event-stream", version=version))
        head = client.read_head()
        confirmed.tell()
        out = "chunked" if head.all("Transfer-Encoding") else "plain"
        assert (out == "chunked") == (version == "1.1" and kind != "length")
        for event in events:
            data = framed(out, event)
            assert client.read_exactly(len(data)) == data
            confirmed.tell()
        if out == "chunked":
            assert client.read_exactly(5) == b"0\r\n\r\n"
        elif kind != "length":
            client.wait_close()
    assert daemon.wait_exchanges(1)[0]["end"] == "done"


@pytest.mark.parametrize("begun", [b"1", b"1;a=b", b"1\r"])
def test_a_head_does_not_wait_for_a_chunk_that_has_only_begun(sluice, origin,
                                                              begun):
    confirmed = Relay()

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                  begun)
        confirmed.wait()
        peer.send(b"\r\n"[begun.count(b"\r"):] + b"x\r\n0\r\n\r\n")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get("/"))
        assert client.read_head().status == 200
        confirmed.tell()
        assert client.read_exactly(11) == b"1\r\nx\r\n0\r\n\r\n"


def test_a_single_byte_is_not_waited_behind(sluice, origin):
    """Neither the byte that ends a head, nor the first of a body."""
    confirmed = Relay()
    pieces = [b"H", b"TTP/1.1 200 OK\r\nContent-Length: 2\r\n\r", b"\n"]

    def script(peer):
        peer.read_head()
        for piece in pieces:
            peer.send(piece)
        confirmed.wait()
        peer.send(b"a")
        confirmed.wait()
        peer.send(b"b")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.request()
        client.read_head()
        confirmed.tell()
        assert client.read_exactly(1) == b"a"
        confirmed.tell()
        assert client.read_exactly(1) == b"b"


# ---- requests ----


@pytest.mark.parametrize("kind", ["chunked", "length"])
def test_each_piece_of_a_request_arrives_before_the_next(sluice, origin,
                                                         kind):
    pieces = [b"%d" % i * (i + 1) for i in range(20)]
    confirmed = Relay()

    def script(peer):
        peer.read_head()
        confirmed.tell()
        for piece in pieces:
            data = framed(kind, piece)
            assert peer.read_exactly(len(data)) == data
            confirmed.tell()
        if kind == "chunked":
            assert peer.read_exactly(5) == b"0\r\n\r\n"
        peer.send(reply(b"all of it"))

    daemon = sluice(vhost=proxy_to(origin(script)) + UNBUFFERED,
                    workers=1)
    with daemon.client() as client:
        total = sum(map(len, pieces))
        client.send(("POST / HTTP/1.1\r\nHost: localhost\r\n" +
                     HEADS[kind].format(total=total) + "\r\n").encode())
        confirmed.wait()
        for piece in pieces:
            client.send(framed(kind, piece))
            confirmed.wait()
        if kind == "chunked":
            client.send(b"0\r\n\r\n")
        assert client.read_reply().body == b"all of it"


# ---- interim replies ----


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing",
                                    "103 Early Hints", "199 Odd"])
def test_interim_replies_are_passed_on_although_unasked(sluice, origin,
                                                        status):
    """RFC 9110, 15.2: all that we have not asked for ourselves.  Each arrives
    before the next is sent."""
    confirmed = Relay()

    def script(peer):
        peer.requests.append(peer.read_head())
        for number in range(3):
            peer.send(f"HTTP/1.1 {status}\r\nX-Number: {number}\r\n"
                      "\r\n".encode())
            confirmed.wait()
        peer.send(reply(b"final"))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.request()
        for number in range(3):
            assert client.read_until(b"\r\n\r\n") == (
                f"HTTP/1.1 {status}\r\nX-Number: {number}\r\n\r\n".encode())
            confirmed.tell()
        assert client.read_reply().body == b"final"


def test_continue_reaches_the_client_before_its_body_is_asked_for(sluice,
                                                                  origin):
    """End to end: the client sends nothing before the origin's word, the
    origin says nothing before it has the head."""
    seen = []

    def script(peer):
        seen.append(peer.read_head().get("Expect"))
        assert len(peer.received) == peer.at, "the body came unasked"
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.append(peer.read_exactly(3))
        peer.send(reply(b"thanks"))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"", length=3,
                         fields=["Expect: 100-continue"]))
        assert client.read_until(b"\r\n\r\n") == \
            b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"abc")
        assert client.read_reply().body == b"thanks"
    assert seen == ["100-continue", b"abc"]


# ---- early replies ----


def early(fields, then):
    """A script: answers behind the head and the first piece, then THEN."""
    def script(peer):
        peer.requests.append(peer.read_head())
        if peer.requests[-1].start.startswith("GET"):
            peer.send(reply(b"next"))
            return
        peer.read_until(b"abc")
        peer.send(reply(b"early", fields=fields))
        then(peer)
    return script


def half(kind):
    """The first half of a request, and the second."""
    if kind == "length":
        return post("/", b"abc", length=300_003), pattern(300_000)
    return post("/", b"abc", b"")[:-5], chunked(pattern(300_000))


@pytest.mark.parametrize("kind", ["chunked", "length"])
def test_an_origin_that_answers_early_gets_the_rest(sluice, origin, kind):
    """It has not said that it closes: what it was sent may matter to it.  Its
    connection is good for another request then."""
    first, second = half(kind)
    rest = []

    def read_on(peer):
        while sum(map(len, rest)) < 300_000:
            rest.append(peer.read_exactly(
                int(peer.read_until(b"\r\n"), 16) + 2)[:-2]
                if kind == "chunked" else peer.read_exactly(300_000))
        if kind == "chunked":
            assert peer.read_until(b"0\r\n\r\n") in (b"0\r\n\r\n",
                                                     b"\r\n0\r\n\r\n")
        peer.requests.append(peer.read_head())
        peer.send(reply(b"next"))

    def answered(peer):
        if kind == "chunked":
            peer.read_exactly(2)
        read_on(peer)

    behind = origin(early([], answered))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(first)
        answer = client.read_reply()
        assert answer.body == b"early"
        assert answer.tokens("Connection") == ["close"]
        client.send(second)
        client.wait_close()
    eventually(lambda: b"".join(rest) == pattern(300_000))
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("200", "done")
    assert daemon.get("/next").body == b"next"
    assert len(behind.peers) == 1


@pytest.mark.parametrize("kind", ["chunked", "length"])
def test_an_origin_that_says_that_it_closes_gets_no_more(sluice, origin,
                                                         kind):
    """The client hears the reply and then the end, whatever it still sends."""
    first, second = half(kind)
    rest = []
    behind = origin(early(["Connection: close"],
                          lambda peer: rest.append(peer.read_to_close())))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(first)
        assert client.read_reply().body == b"early"
        client.send(second)
        client.wait_close()
    eventually(lambda: rest, what="the origin's end")
    assert not rest[0].endswith(b"0\r\n\r\n")
    assert daemon.wait_exchanges(1)[0]["end"] == "done"
    assert daemon.get("/next").body == b"next"


def test_an_early_reply_and_then_a_close_lose_nothing(sluice, origin):
    """It did not say so, but it closes: the reply is the client's before."""
    first, second = half("length")
    behind = origin(early([], lambda peer: peer.close()))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(first)
        answer = client.read_reply()
        assert (answer.status, answer.body) == (200, b"early")
        try:
            client.send(second)
            client.send(b"x" * 1000)
        except Closed:
            pass
        client.wait_close()
    assert daemon.wait_exchanges(1)[0]["end"] == "done"


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_client_that_stops_behind_an_early_reply_has_left(sluice, origin,
                                                            how):
    """Which is its right: it was told that the connection ends.  The origin
    does not take the half for the whole."""
    first, _ = half("chunked")
    rest = []
    behind = origin(early([], lambda peer: rest.append(peer.read_to_close())))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    client = daemon.client()
    client.send(first)
    assert client.read_reply().body == b"early"
    if how == "FIN":
        client.close()
    else:
        client.reset()
    eventually(lambda: rest, what="the origin's end")
    assert not rest[0].endswith(b"0\r\n\r\n")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("200", "client_closed")
    assert daemon.get("/next").body == b"next"


def test_what_is_malformed_behind_an_early_reply_goes_nowhere(sluice, origin):
    first, _ = half("chunked")
    rest = []
    behind = origin(early([], lambda peer: rest.append(peer.read_to_close())))
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(first)
        assert client.read_reply().body == b"early"
        client.send(b"nonsense\r\n0\r\n\r\n")
        client.wait_close()
    eventually(lambda: rest, what="the origin's end")
    assert b"nonsense" not in rest[0] and not rest[0].endswith(b"0\r\n\r\n")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"], line["fault"]) == (
        "200", "malformed", "chunk_size")


def test_a_refused_expectation_is_not_waited_for(sluice, origin):
    """The client was told something else than to send its body: it need not,
    and nobody waits for it."""
    behind = origin(lambda peer: [
        peer.read_head(),
        peer.send(reply(b"no", status="417 Expectation Failed")),
        peer.wait_close()])
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"", length=9,
                         fields=["Expect: 100-continue"]))
        answer = client.read_reply()
        assert (answer.status, answer.tokens("Connection")) == (417, ["close"])
        client.wait_close()
    assert daemon.wait_exchanges(1)[0]["end"] == "done"


# ---- one connection, many requests ----


def test_mixed_pipelines_are_answered_in_order(sluice, origin):
    """Bodies of both framings, refusals that keep the connection, answers of
    our own, methods nobody knows; in one segment and byte by byte."""
    mix = [(get("/1"), 200), (post("/2", b"abc"), 200),
           (get("/3").replace(b"GET", b"HEAD"), 200),
           (get("*").replace(b"GET", b"OPTIONS"), 204),
           (post("/4", b"a", b"bc"), 200),
           (get("/5", host="unknown"), 421),
           (get("/6").replace(b"GET", b"TRACE"), 405),
           (get("/7").replace(b"GET", b"QUERY"), 200),
           (get("/8", "Connection: upgrade", "Upgrade: test"), 200),
           (get("/9", "Connection: close"), 200), (get("/10"), None)]
    daemon = sluice(vhost=proxy_to(origin(tell), host="localhost"),
                    workers=1)
    data = b"".join(request for request, _ in mix)
    for step in (len(data), 7):
        with daemon.client() as client:
            sender = threading.Thread(target=quietly, args=(
                lambda: client.send_slowly(data, step, 0),))
            sender.start()
            for request, status in mix:
                if status is None:
                    client.wait_close()
                    continue
                answer = client.read_reply(request.split(b" ")[0].decode())
                assert answer.status == status
                if status == 200 and answer.body:
                    path = request.split(b" ")[1]
                    assert answer.body.startswith(path + b" ")
            sender.join()


def quietly(act):
    try:
        act()
    except (Closed, OSError):
        pass


# ---- large ----


@pytest.mark.parametrize("length, status", [
    (1 << 62, 200), ((1 << 62) + 1, 502), (1 << 64, 502)])
def test_a_reply_may_say_up_to_2_to_the_62(sluice, origin, length, status):
    """Which nobody can send: but what comes of it is passed on."""
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nabc" % length)
        peer.wait_close()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.request()
        head = client.read_head()
        assert head.status == status
        if status == 200:
            assert head.get("Content-Length") == str(length)
            assert client.read_exactly(3) == b"abc"


@pytest.mark.parametrize("length, status", [
    (1 << 40, 200), ((1 << 40) + 1, 413), (1 << 62, 413),
    ((1 << 62) + 1, 400)])
def test_a_request_may_say_as_much_as_its_limit(sluice, origin, length,
                                                status):
    def script(peer):
        head = peer.read_head()
        assert head.get("Content-Length") == str(length)
        peer.send(reply(b"", fields=["Connection: close"]))

    daemon = sluice(vhost=proxy_to(origin(script)) + UNBUFFERED +
                    'limits = { body = "1024g"; };', workers=1)
    with daemon.client() as client:
        client.send(post("/", b"", length=length))
        assert client.read_reply().status == status
