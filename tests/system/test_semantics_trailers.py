"""Trailer fields: who gets those of a reply, and that nobody gets those of a
request."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import chunked, get, tell

TE = ("Connection: TE", "TE: trailers")


def with_trailers(*lines, fields=("Trailer: X-Sum",), head_fields=()):
    head = ["HTTP/1.1 200 OK", *fields, "Transfer-Encoding: chunked",
            *head_fields]
    text = "".join(line + "\r\n" for line in head) + "\r\n"
    trailers = "".join(line + "\r\n" for line in lines)
    return text.encode() + chunked(b"hello", trailers=trailers.encode())


def asks(daemon, *fields, version="1.1"):
    """The reply of one request: its head, and all bytes behind it."""
    with daemon.client() as client:
        client.send(get("/", *fields, "Connection: close", version=version))
        return client.read_head(), client.read_to_close()


# ---- replies ----


@pytest.mark.parametrize("fields", [
    TE, ("TE: trailers",), ("TE: Trailers",), ("TE: gzip;q=0.5, trailers",),
    ("TE: gzip", "TE: trailers")])
def test_a_client_that_takes_trailers_gets_them(sluice, origin, fields):
    behind = origin(with_trailers("X-Sum: 5d41", "X-Last: yes"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    head, body = asks(daemon, *fields)
    assert head.get("Trailer") == "X-Sum"
    assert body == (b"5\r\nhello\r\n"
                    b"0\r\nX-Sum: 5d41\r\nX-Last: yes\r\n\r\n")


@pytest.mark.parametrize("fields", [(), ("TE: gzip",), ("TE: xtrailers",),
                                    ("TE:",), ("Connection: TE",)])
def test_a_client_that_does_not_say_so_gets_none(sluice, origin, fields):
    behind = origin(with_trailers("X-Sum: 5d41"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    head, body = asks(daemon, *fields)
    assert head.all("Trailer") == []
    assert body == b"5\r\nhello\r\n0\r\n\r\n"
    assert behind.requests[0].all("TE") == []
    assert behind.requests[0].all("Connection") == []


def test_the_origin_is_told_that_trailers_are_taken(sluice, origin):
    behind = origin(with_trailers("X-Sum: 1"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    asks(daemon, "TE: gzip, trailers", "Connection: TE")
    assert behind.requests[0].all("TE") == ["trailers"]
    assert behind.requests[0].all("Connection") == ["TE"]


def test_http_1_0_gets_no_trailers(sluice, origin):
    behind = origin(with_trailers("X-Sum: 1"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    head, body = asks(daemon, *TE, version="1.0")
    assert head.all("Trailer") == head.all("Transfer-Encoding") == []
    assert body == b"hello"
    assert behind.requests[0].all("TE") == []


def test_trailers_are_written_anew(sluice, origin):
    """Not one byte of the framing is the origin's."""
    behind = origin(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0005;a=b\r\nhello\r\n000;c=\"d\"\r\nx-A:1\r\nX-b: \t two \t\r\n"
        b"X-C:\r\n\r\n")
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    _, body = asks(daemon, *TE)
    assert body == (b"5\r\nhello\r\n"
                    b"0\r\nx-A: 1\r\nX-b: two\r\nX-C: \r\n\r\n")


@pytest.mark.parametrize("lines", [(), ("X-Sum: 1",)])
def test_the_connections_go_on_behind_trailers(sluice, origin, lines):
    behind = origin(with_trailers(*lines))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            answer = client.get(fields=TE)
            assert answer.body == b"hello"
            assert answer.trailers == [tuple(line.split(": "))
                                       for line in lines]
    assert len(behind.peers) == 1


def test_trailers_may_come_byte_by_byte(sluice, origin):
    data = with_trailers("X-Sum: 5d41", "X-Last:  yes")

    def script(peer):
        peer.read_head()
        peer.send_slowly(data)

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        answer = client.get(fields=TE)
    assert answer.body == b"hello"
    assert answer.trailers == [("X-Sum", "5d41"), ("X-Last", "yes")]


def test_trailers_of_8_kib_are_passed_on_larger_ones_cut_the_reply(sluice,
                                                                   origin):
    """All lines of them and the empty one count."""
    small = [f"a{i % 10}:{i % 10}" for i in range((8192 - 2) // 6)]
    behind = origin(lambda peer: [
        peer.send(with_trailers(*(small if "/fits" in peer.read_head().start
                                  else small + ["b:"])))
        for _ in range(2)])
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        answer = client.get("/fits", fields=TE)
        assert len(answer.trailers) == len(small)
        client.request("/large", fields=["TE: trailers", "Connection: close"])
        client.read_head()
        assert not client.read_to_close().endswith(b"0\r\n\r\n")
    line = daemon.wait_exchanges(2)[1]
    assert (line["end"], line["fault"]) == ("origin_malformed", "trailer")


FORBIDDEN = ["Content-Length: 5", "content-length: 0", "Host: a",
             "Transfer-Encoding: chunked", "Connection: close",
             "Trailer: X-Sum", "Upgrade: websocket", "TE: trailers",
             "Keep-Alive: timeout=5", "Proxy-Connection: close"]
MALFORMED = [" X-A: b", "X-A : b", "X-A", ": b", "X-A: b\x01", "X\x80: b",
             "X-A: b\r", "X-A: b\n"]


@pytest.mark.parametrize("fields", [TE, ()])
def test_forbidden_and_malformed_trailers_cut_the_reply(sluice, origin,
                                                        fields):
    """Whether anybody wanted them or not."""
    lines = FORBIDDEN + MALFORMED

    def script(peer):
        number = int(peer.read_head().start.split("/")[1].split()[0])
        peer.send(with_trailers("X-Good: 1").replace(
            b"X-Good: 1", lines[number].encode("latin-1")))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    for number, text in enumerate(lines):
        with daemon.client() as client:
            client.send(get(f"/{number}", *fields, "Connection: close"))
            head = client.read_to_close()
            assert not head.endswith(b"0\r\n\r\n"), text
    for line in daemon.wait_exchanges(len(lines)):
        assert line["end"] == "origin_malformed"
        assert line["fault"] == "trailer"


@pytest.mark.parametrize("names", ["Trailer", "close, trailer"])
def test_an_announcement_that_connection_names_goes_no_further(sluice, origin,
                                                               names):
    behind = origin(with_trailers("X-Sum: 1",
                                  head_fields=[f"Connection: {names}"]))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    head, body = asks(daemon, *TE)
    if head.status == 200:
        assert head.all("Trailer") == []
        assert body.endswith(b"0\r\nX-Sum: 1\r\n\r\n")
    else:
        assert head.status == 502


def test_replies_that_have_no_chunks_announce_nothing(sluice, origin):
    behind = origin(reply(b"hello", fields=["Trailer: X-Sum"]))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    head, body = asks(daemon, *TE)
    assert head.all("Trailer") == []
    assert body == b"hello"


def test_replies_to_head_announce_nothing(sluice, origin):
    behind = origin(b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        answer = client.get(method="HEAD", fields=TE)
        assert answer.all("Trailer") == []
        assert client.get(method="HEAD", fields=TE).status == 200


# ---- requests ----


def test_trailers_of_requests_are_dropped(sluice, origin):
    """An origin that took them for fields of the head would read another
    request than we did."""
    received = []

    def script(peer):
        peer.read_head()
        received.append(peer.read_until(b"0\r\n"))
        received.append(peer.read_exactly(2))
        peer.send(reply(b"ok"))
        tell(peer)

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n"
                    b"Trailer: X-Admin\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"3\r\nabc\r\n0\r\nX-Admin: yes\r\n\r\n" + get("/next"))
        assert client.read_reply().body == b"ok"
        assert client.read_reply().body.startswith(b"/next ")
    assert received == [b"3\r\nabc\r\n0\r\n", b"\r\n"]
    assert len(behind.peers) == 1


@pytest.mark.parametrize("text", FORBIDDEN + MALFORMED)
def test_forbidden_trailers_of_requests_never_look_whole(sluice, origin,
                                                         text):
    """The origin may have got the body, but not its end."""
    received = []

    def script(peer):
        peer.read_head()
        received.append(peer.read_to_close())

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" +
                    text.encode("latin-1") + b"\r\n\r\n")
        assert client.read_reply().status == 400
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("malformed", "trailer")
    assert not any(data.endswith(b"0\r\n\r\n") for data in received)
