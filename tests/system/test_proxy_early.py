"""Replies that do not wait for the request's end: interim ones, refusals,
answers while the request is still being sent."""

import pytest

from harness import eventually, proxy_to
from harness_origin import reply
from harness_scripts import Gate, get, pattern, post, tell

CHUNKED_HEAD = (b"POST / HTTP/1.1\r\nHost: a\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n")


def waiting_head(size):
    return (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            b"Content-Length: %d\r\n\r\n" % size)


# ---- interim replies ----


def test_continue_comes_from_the_origin(sluice, origin):
    gate = Gate()

    def script(peer):
        head = peer.read_head()
        peer.requests.append(head)
        gate.wait()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.read_body(head, to_close=False)
        peer.send(reply(b"thanks"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    body = pattern(100_000)
    with daemon.client() as client:
        client.send(waiting_head(len(body)))
        gate.wait_reached()
        assert client.is_quiet()
        gate.open()
        assert client.read_head().status == 100
        client.send(body)
        answer = client.read_reply()
        assert answer.body == b"thanks"
        assert answer.tokens("Connection") == []
    assert behind.requests[0].get("Expect") == "100-continue"
    assert behind.requests[0].body == body


def test_body_may_come_without_waiting_for_continue(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(waiting_head(5) + b"hello" + get("/next"))
        interim = []
        assert client.read_reply(interim=interim).body.startswith(b"/ 5 ")
        assert [m.status for m in interim] == [100]
        assert client.read_reply().body.startswith(b"/next ")


def test_expectation_can_be_refused(sluice, origin):
    """A final reply instead of 100: the client hears it, and that the
    connection ends, since nobody knows whether the body will come."""
    def script(peer):
        peer.read_head()
        peer.send(reply(b"too much", status="413 Content Too Large"))
        peer.wait_close()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(waiting_head(10_000_000))
        answer = client.read_reply()
        assert (answer.status, answer.body) == (413, b"too much")
        assert answer.tokens("Connection") == ["close"]
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("413", "done")


def test_early_hints_are_passed_on_however_large(sluice, origin):
    links = [f"Link: </style{i}.css>; rel=preload; as=style" +
             "; x=" + "y" * 500 for i in range(20)]
    hints = ("HTTP/1.1 103 Early Hints\r\n" + "\r\n".join(links) +
             "\r\n\r\n").encode()

    def script(peer):
        while True:
            peer.read_request()
            peer.send(hints + hints)
            peer.send(reply(b"page"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            interim = []
            client.request()
            assert client.read_reply(interim=interim).body == b"page"
            assert [m.status for m in interim] == [103, 103]
            assert interim[1].all("Link") == [link[6:] for link in links]
    assert len(behind.peers) == 1


def test_many_interim_replies_are_no_large_head(sluice, origin):
    """Together they are larger than any head may be, and use no memory."""
    fields = "".join(f"F{i}: {'x' * 100}\r\n" for i in range(50))
    interim_bytes = f"HTTP/1.1 102 Processing\r\n{fields}\r\n".encode()
    daemon = sluice(vhost=proxy_to(origin(interim_bytes * 64 +
                                          reply(b"done"))), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            interim = []
            client.request()
            assert client.read_reply(interim=interim).body == b"done"
            assert len(interim) == 64
            assert {len(m.fields) for m in interim} == {50}


def test_endless_interim_replies_are_ended(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(
        b"HTTP/1.1 102 Processing\r\n\r\n" * 1000 + reply(b"never"))),
        workers=1)
    with daemon.client() as client:
        interim = []
        client.request()
        assert client.read_reply(interim=interim).status == 502
        assert len(interim) <= 65
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("origin_malformed", "interims")


def test_http_1_0_gets_no_interim_replies(sluice, origin):
    behind = origin(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                    reply(b"page"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get(version="1.0"))
        assert client.read_head().status == 200


def test_hop_by_hop_fields_of_interim_replies_are_removed(sluice, origin):
    behind = origin(b"HTTP/1.1 103 Early Hints\r\nConnection: X-A\r\n"
                    b"X-A: 1\r\nKeep-Alive: timeout=5\r\nX-B: 2\r\n\r\n" +
                    reply(b"page"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        interim = []
        client.request()
        client.read_reply(interim=interim)
        assert interim[0].fields == [("X-B", "2")]


# ---- final replies before the request's end ----


@pytest.mark.parametrize("head", ["length", "chunked"])
def test_refusal_in_the_middle_of_an_upload_reaches_the_client(sluice, origin,
                                                               head):
    """The origin answers 413 and closes without reading on; the client is
    still sending, and hears it nevertheless."""
    def script(peer):
        peer.read_head()
        peer.send(reply(b"no", status="413 Content Too Large",
                        fields=["Connection: close"]))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        if head == "length":
            client.send(post("/", pattern(90_000), length=9_000_000))
        else:
            client.send(CHUNKED_HEAD + b"c350\r\n" + pattern(50_000) + b"\r\n")
        answer = client.read_reply()
        assert (answer.status, answer.body) == (413, b"no")
        assert answer.tokens("Connection") == ["close"]
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("413", "done")
    assert int(line["received"]) <= 90_000


def test_early_reply_and_close_end_the_upload_and_both_connections(sluice,
                                                                   origin):
    """A request that was not sent whole leaves an origin's connection that
    nobody may use again."""
    rest = []

    def script(peer):
        peer.requests.append(peer.read_head())
        peer.send(reply(b"early", fields=["Connection: close"]))
        rest.append(peer.read_to_close())

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for number in range(1, 4):
        with daemon.client() as client:
            client.send(CHUNKED_HEAD + b"3\r\nabc\r\n")
            assert client.read_reply().body == b"early"
            client.wait_close()
        eventually(lambda: len(rest) == number, what="the origin's end")
    assert len(behind.peers) == 3
    assert not [r for r in rest if r.endswith(b"0\r\n\r\n")]


def test_reply_and_request_may_flow_at_once(sluice, origin):
    """An origin that echoes piece by piece, each before the next is sent."""
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            size = int(peer.read_until(b"\r\n"), 16)
            piece = peer.read_exactly(size + 2)[:-2]
            peer.send(b"%x\r\n%s\r\n" % (size, piece))
            if size == 0:
                return

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    pieces = [pattern(n) for n in (1, 3, 20_000, 1)]
    with daemon.client() as client:
        client.send(CHUNKED_HEAD)
        assert client.read_head().status == 200
        for piece in pieces:
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            got = b""
            while len(got) < len(piece):
                got += client.read_exactly(int(client.read_until(b"\r\n"),
                                               16))
                assert client.read_exactly(2) == b"\r\n"
            assert got == piece
        client.send(b"0\r\n\r\n")
        assert client.read_exactly(5) == b"0\r\n\r\n"
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["bytes"]) == ("done", "20005")


@pytest.mark.parametrize("framing", ["", "Transfer-Encoding: chunked\r\n",
                                     "Content-Length: 1000\r\n"])
def test_reply_is_cut_when_the_request_turns_out_malformed(sluice, origin,
                                                           framing):
    """Its head went out already, so nothing can be answered; but in no
    framing may the half reply look whole."""
    def script(peer):
        peer.read_head()
        body = b"3\r\nabc\r\n" if "chunked" in framing else b"abc"
        peer.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode() + body)
        assert not peer.read_to_close().endswith(b"0\r\n\r\n")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(CHUNKED_HEAD + b"3\r\nabc\r\n")
        assert client.read_head().status == 200
        client.read_until(b"abc")
        client.send(b"nonsense\r\n")
        assert not client.read_to_close().endswith(b"0\r\n\r\n")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"], line["fault"]) == (
        "200", "malformed", "chunk_size")


def test_origin_that_stops_reading_may_still_answer(sluice, origin):
    """Its reply ends with the connection; that the upload broke is no reason
    not to believe that end."""
    gate = Gate()

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\n\r\nfirst ")
        gate.wait()
        peer.send(b"second")
        peer.shutdown()
        peer.read_to_close()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(CHUNKED_HEAD + b"3\r\nabc\r\n")
        assert client.read_head().status == 403
        gate.open()
        message = client.read_until(b"0\r\n\r\n")
        assert message.replace(b"c\r\nfirst second\r\n", b"") in (
            b"0\r\n\r\n", b"6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("403", "done")
