"""Bodies of all framings and sizes, byte for byte, in both directions."""

import pytest

from harness import UNBUFFERED, eventually, proxy_to
from harness_origin import reply
from harness_scripts import (Gate, chunked, chunked_reply, crc, get, held,
                             pattern, post, tell)

# Around what a body is cut at: the window that it shares with its head, a
# BODY block, what is worth a splice, a pipe.
SIZES = [0, 1, 2, 4095, 8000, 8100, 8130, 8191, 8192, 8193, 16_384, 65_535,
         65_536, 65_537, 131_071, 131_072, 131_073, 196_608, 262_144, 262_145,
         1_000_000]


def cut(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


# ---- to the origin ----


def test_bodies_with_a_length_arrive_whole(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for size in SIZES:
            body = pattern(size)
            client.send(post("/", body))
            assert client.read_reply().body.decode() == \
                f"/ {size} {crc(body)}"
    for size, request in zip(SIZES, behind.requests):
        assert request.get("Content-Length") == str(size)
        assert request.get("Transfer-Encoding") is None
        assert request.body == pattern(size)
    assert len(behind.peers) == 1


@pytest.mark.parametrize("chunk", [1, 100, 8192, 65_536, 1_000_000])
def test_chunked_bodies_arrive_whole(sluice, origin, chunk):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    sizes = [s for s in SIZES if 0 < s <= chunk * 5000]
    with daemon.client() as client:
        for size in sizes:
            body = pattern(size)
            client.send(post("/", body[:1], *cut(body[1:], chunk)))
            assert client.read_reply().status == 200
    for size, request in zip(sizes, behind.requests):
        assert request.body == pattern(size)
        assert size == 1 or request.get("Transfer-Encoding") == "chunked"
    assert len(behind.peers) == 1


def test_chunks_without_a_byte_are_an_empty_body(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n"
                    b"0;x=\"y\"\r\nTrailer-Field: z\r\n\r\n" + get("/next"))
        assert client.read_reply().body.startswith(b"/ 0 ")
        assert client.read_reply().body.startswith(b"/next ")
    assert behind.requests[0].trailers == []


def test_body_pieces_arrive_before_the_body_is_whole(sluice, origin):
    """Nothing is collected: the origin sees each piece as it comes."""
    pieces = [pattern(n) for n in (1, 5000, 1)]
    gates = [Gate() for _ in pieces]

    def script(peer):
        peer.requests.append(peer.read_head())
        for piece, gate in zip(pieces, gates):
            assert int(peer.read_until(b"\r\n"), 16) == len(piece)
            assert peer.read_exactly(len(piece) + 2) == piece + b"\r\n"
            gate.open()
        assert peer.read_until(b"\r\n\r\n") == b"0\r\n\r\n"
        peer.send(reply(b"got it"))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        for piece, gate in zip(pieces, gates):
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            gate.wait()
        client.send(b"0\r\n\r\n")
        assert client.read_reply().body == b"got it"


def test_chunked_body_and_requests_behind_it_in_one_segment(sluice, origin):
    """The chunked body ends in the middle of what was read off the wire."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for size in (10, 5000, 20_000, 60_000):
            body = pattern(size)
            head, _, rest = post("/", body[:5], body[5:]).partition(
                b"\r\n\r\n")
            client.send(head + b"\r\n\r\n")
            eventually(lambda: behind.peers)
            client.send(rest + get("/1") + post("/2", b"abc") + get("/3"))
            told = [client.read_reply().body for _ in range(4)]
            assert told[0].decode() == f"/ {size} {crc(body)}"
            assert [t.split(b" ")[0] for t in told[1:]] == [
                b"/1", b"/2", b"/3"]


@pytest.mark.parametrize("behind_it", [9_000, 40_000, 63_000, 200_000])
def test_much_may_be_pipelined_behind_a_chunked_body(sluice, origin,
                                                     behind_it):
    gate = Gate()
    behind = origin(held(gate, reply(b"x")))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    requests = [get(f"/{i}") for i in range(behind_it // len(get("/100")))]
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        eventually(lambda: behind.peers)
        client.send(chunked(b"abc") + b"".join(requests))
        gate.wait_reached()
        gate.open()
        for _ in range(len(requests) + 1):
            assert client.read_reply().body == b"x"
    assert [r.start.split(" ")[1] for r in behind.requests[1:]] == \
        [f"/{i}" for i in range(len(requests))]


CHUNKS = [
    (b"5\r\nabcde\r\nx\r\n", "chunk_size"),
    (b"5\r\nabcde\r\n-1\r\n", "chunk_size"),
    (b"5\r\nabcde\r\n0x3\r\nabc\r\n", "chunk_size"),
    (b"5\r\nabcde\r\n\r\n", "chunk_size"),
    (b"5\r\nabcde\r\nfffffffffffffffff\r\n", "chunk_size"),
    (b"5\r\nabcdefg\r\n0\r\n\r\n", "chunk_end"),
    (b"5\nabcde\r\n0\r\n\r\n", "chunk_size"),
    (b"5;\x00\r\nabcde\r\n0\r\n\r\n", "chunk_extension"),
    (b"5;a=" + b"b" * 300 + b"\r\nabcde\r\n0\r\n\r\n", "chunk_extension"),
    (b"5\r\nabcde\r\n0\r\nContent-Length: 5\r\n\r\n", "trailer"),
    (b"5\r\nabcde\r\n0\r\nA: b\n\r\n", "trailer"),
]


@pytest.mark.parametrize("together", [True, False])
def test_malformed_chunks_never_look_whole_to_the_origin(sluice, origin,
                                                         together):
    """Whether they come with the head or behind it: 400, and the origin's
    connection ends in the middle of the body."""
    bodies = []

    def script(peer):
        peer.read_head()
        bodies.append(peer.read_to_close())

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    head = post("/", b"x", b"y").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    for number, (chunks, fault) in enumerate(CHUNKS):
        with daemon.client() as client:
            if not together:
                client.send(head)
                eventually(lambda: len(behind.peers) > number)
            client.send((head if together else b"") + chunks + get("/next"))
            assert client.read_reply().status == 400, chunks
            client.wait_close()
        line = daemon.wait_exchanges(number + 1)[number]
        assert (line["end"], line.get("fault")) == ("malformed", fault), chunks
    eventually(lambda: len(bodies) == len(CHUNKS))
    assert not [body for body in bodies if body.endswith(b"0\r\n\r\n")]


@pytest.mark.parametrize("sent, total", [(3, 5), (20_000, 30_000),
                                         (300_000, 500_000)])
def test_a_body_that_ends_too_early_is_no_request(sluice, origin, sent,
                                                  total):
    bodies = []

    def script(peer):
        assert peer.read_head().get("Content-Length") == str(total)
        bodies.append(peer.read_to_close())

    daemon = sluice(vhost=proxy_to(origin(script)) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(post("/", pattern(sent), length=total))
        client.shutdown()
        assert client.read_reply().status == 400
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("malformed", "body_cut")
    eventually(lambda: bodies)
    assert pattern(sent).startswith(bodies[0])


# ---- to the client ----


def test_replies_with_a_length_arrive_whole(sluice, origin):
    answers = {f"/{size}": reply(pattern(size)) for size in SIZES}
    serving = origin(lambda peer: serve(peer, answers))
    daemon = sluice(vhost=proxy_to(serving), workers=1)
    with daemon.client() as client:
        for size in SIZES:
            answer = client.get(f"/{size}")
            assert answer.get("Content-Length") == str(size)
            assert answer.body == pattern(size)
    assert len(serving.peers) == 1


def serve(peer, answers):
    """A script: the answer of each path."""
    while True:
        request = peer.read_request()
        peer.requests.append(request)
        peer.send(answers[request.start.split(" ")[1]])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("chunk", [1, 1000, 65_536, 1_000_000])
def test_chunked_replies_arrive_whole(sluice, origin, chunk, version):
    """As chunks, or for HTTP/1.0 up to the end of the connection."""
    sizes = [s for s in SIZES if s <= chunk * 2000]
    answers = {f"/{s}": chunked_reply(*cut(pattern(s), chunk)) for s in sizes}
    behind = origin(lambda peer: serve(peer, answers))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for size in sizes:
        with daemon.client() as client:
            client.send(get(f"/{size}", "Connection: keep-alive",
                            version=version))
            answer = client.read_reply()
            assert answer.body == pattern(size)
            coding = answer.get("Transfer-Encoding")
            assert answer.get("Content-Length") is None
            if version == "1.1":
                assert coding == "chunked"
                assert client.get("/1").body == pattern(1)
            else:
                assert coding is None
                assert answer.tokens("Connection") == ["close"]
                client.wait_close()
    assert len(behind.peers) == 1


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_replies_that_end_with_the_connection_arrive_whole(sluice, origin,
                                                           version):
    def script(peer):
        size = int(peer.read_request().start.split(" ")[1][1:])
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" + pattern(size))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for size in SIZES:
        with daemon.client() as client:
            client.send(get(f"/{size}", version=version))
            answer = client.read_reply()
            assert answer.body == pattern(size)
            chunks = answer.get("Transfer-Encoding") == "chunked"
            assert chunks == (version == "1.1")
    assert {line["end"] for line in daemon.wait_exchanges(len(SIZES))} == \
        {"done"}


def test_reply_pieces_arrive_before_the_body_is_whole(sluice, origin):
    pieces = [pattern(n) for n in (1, 100, 70_000, 1)]
    gates = [Gate() for _ in pieces]

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece, gate in zip(pieces, gates):
            peer.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            gate.wait()
        peer.send(b"0\r\n\r\n")

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.request()
        assert client.read_head().get("Transfer-Encoding") == "chunked"
        for piece, gate in zip(pieces, gates):
            got = b""
            while len(got) < len(piece):
                size = int(client.read_until(b"\r\n"), 16)
                got += client.read_exactly(size)
                assert client.read_exactly(2) == b"\r\n"
            assert got == piece
            gate.open()
        assert client.read_exactly(5) == b"0\r\n\r\n"


# ---- without a body ----


def test_replies_without_a_body_frame_nothing(sluice, origin):
    """Whatever their fields say of one; the connections go on."""
    answers = {
        "/204": b"HTTP/1.1 204 No Content\r\n\r\n",
        "/304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
        "/304c": b"HTTP/1.1 304 Not Modified\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n",
        "/head": b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
        "/headc": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "/0": reply(b""),
    }
    behind = origin(lambda peer: serve(peer, answers))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            assert client.get("/204").get("Content-Length") is None
            assert client.get("/304").get("Content-Length") == "77"
            assert client.get("/304c").status == 304
            answer = client.get("/head", method="HEAD")
            assert answer.get("Content-Length") == "1234"
            assert client.get("/headc", method="HEAD").status == 200
            assert client.get("/0").get("Content-Length") == "0"
    assert len(behind.peers) == 1


def test_body_behind_a_reply_that_has_none_goes_nowhere(sluice, origin):
    """It would be the reply to the next request of somebody else."""
    evil = b"HTTP/1.1 204 No Content\r\nContent-Length: 60\r\n\r\n" + \
        reply(b"forged")
    behind = origin(lambda peer: serve(peer, {"/1": evil, "/2": reply(b"2")}))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get("/1").status == 204
            assert client.get("/2").body == b"2"


@pytest.mark.parametrize("length", [1, 70_000, 500_000])
def test_bytes_behind_a_reply_are_not_the_next_one(sluice, origin, length):
    """Whether they were read along with it, or left unread behind a body of
    known length; however soon the next request comes."""
    body = pattern(length)
    evil = reply(body) + reply(b"forged")
    behind = origin(lambda peer: serve(peer, {"/1": evil, "/2": reply(b"2")}))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(20):
            assert client.get("/1").body == body
            assert client.get("/2").body == b"2"
        client.send((get("/1") + get("/2")) * 20)
        for _ in range(20):
            assert client.read_reply().body == body
            assert client.read_reply().body == b"2"
