"""Origins that are spoken to in HTTP/2: what they are sent, and how their
replies come back."""

import pytest

from harness import eventually
from harness_h2_origin import Errors, echo, h2_to
from harness_origin import reply
from harness_scripts import crc, pattern, post

TE = ("Connection: TE", "TE: trailers")


# ---- requests ----


def test_a_request_becomes_a_stream(sluice, h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        answer = client.get("/a/b?c=d", host="app.example",
                            fields=("X-Mine: One",
                                    "Cookie: a=b; c=d",
                                    "Connection: close, x-gone",
                                    "X-Gone: 1"))
    assert answer.status == 200
    assert answer.body.startswith(b"GET /a/b?c=d 0 ")
    stream, = behind.streams
    assert [n for n, _ in stream.headers][:4] == [
        ":method", ":scheme", ":authority", ":path"]
    assert stream.get(":scheme") == "http"
    assert stream.get(":authority") == "app.example"
    assert stream.get("x-mine") == "One"
    assert stream.get("cookie") == "a=b; c=d"
    assert stream.get("x-forwarded-proto") == "http"
    assert stream.get("via").startswith("1.1 sluice-")
    for name in ("host", "connection", "x-gone", "keep-alive", "te",
                 "transfer-encoding", "upgrade", "content-length"):
        assert stream.all(name) == [], name


def test_the_prefix_of_the_server_stands_before_the_path(
        sluice, h2_origin):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(behind, prefix="/base"))
    assert daemon.get("/x?y").status == 200
    assert behind.streams[0].path == "/base/x?y"


@pytest.mark.parametrize("n", [0, 1, 1000, 16384, 70_000, 1_000_000])
def test_bodies_go_up_whole(sluice, h2_origin, n):
    behind = h2_origin(echo)
    daemon = sluice(vhost=h2_to(behind))
    body = pattern(n)
    with daemon.client() as client:
        client.send(post("/up", body))
        assert client.read_reply().body == f"POST /up {n} {crc(body)}".encode()
        client.send(post("/up", body[:n // 2], body[n // 2:]))
        assert client.read_reply().body == f"POST /up {n} {crc(body)}".encode()
    one, two = behind.streams
    assert one.get("content-length") == str(n)
    assert two.all("content-length") == []
    assert two.all("transfer-encoding") == []


@pytest.mark.parametrize("n", [0, 1, 16384, 70_000, 3_000_000])
def test_bodies_come_down_whole(sluice, h2_origin, n):
    body = pattern(n)
    lengths = {"/length": [("content-length", str(n))], "/none": []}
    behind = h2_origin(lambda stream: stream.answer(
        200, body, lengths[stream.path]))
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        for path in lengths:
            answer = client.get(path)
            assert answer.body == body
            if path == "/length":
                assert answer.get("Content-Length") == str(n)


def test_a_head_is_asked_for_and_has_no_body(sluice,
                                             h2_origin):
    behind = h2_origin(lambda stream: stream.head(
        200, [("content-length", "1234")], end=True))
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        answer = client.get("/", method="HEAD")
        assert answer.get("Content-Length") == "1234"
        assert client.get("/", method="HEAD").status == 200
    assert behind.streams[0].method == "HEAD"


@pytest.mark.parametrize("status", [204, 304])
def test_replies_without_a_body_end_with_their_head(
        sluice, h2_origin, status):
    behind = h2_origin(lambda stream: stream.head(status, end=True))
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        for _ in range(2):
            assert client.get("/").status == status


def test_interim_replies_are_passed_on(sluice, h2_origin):
    def script(stream):
        stream.head(103, [("link", "</a.css>; rel=preload")])
        stream.answer(200, b"done")

    daemon = sluice(vhost=h2_to(h2_origin(script)))
    interim = []
    with daemon.client() as client:
        client.request("/")
        assert client.read_reply(interim=interim).body == b"done"
    assert [m.status for m in interim] == [103]
    assert interim[0].get("link") == "</a.css>; rel=preload"


def test_100_comes_from_the_origin(sluice, h2_origin):
    def script(stream):
        assert stream.get("expect") == "100-continue"
        stream.head(100)
        stream.answer(200, stream.read_all())

    daemon = sluice(vhost=h2_to(h2_origin(script)))
    with daemon.client() as client:
        client.send(post("/", length=5, fields=("Expect: 100-continue",)))
        assert client.read_head().status == 100
        client.send(b"hello")
        assert client.read_reply().body == b"hello"


def test_trailers_come_down_to_who_takes_them(sluice,
                                              h2_origin):
    def script(stream):
        stream.answer(200, b"hello", [("trailer", "x-sum")],
                      trailers=[("x-sum", "5d41")])

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind))
    with daemon.client() as client:
        answer = client.get("/", fields=TE)
        assert answer.body == b"hello"
        assert answer.trailers == [("x-sum", "5d41")]
        assert behind.streams[0].get("te") == "trailers"
        answer = client.get("/")
        assert answer.body == b"hello" and answer.trailers == []
    assert behind.streams[1].all("te") == []


def test_both_directions_stream_at_once(sluice, h2_origin):
    """An answer to each piece before the next one is sent."""
    def script(stream):
        stream.head(200)
        while piece := stream.read():
            stream.send(b"<" + piece + b">")
        stream.finish()

    daemon = sluice(vhost=h2_to(h2_origin(script),
                                more='buffering = { request = "off"; };'))
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        assert client.read_head().status == 200
        for i in range(20):
            client.send(b"2\r\n%02d\r\n" % i)
            assert client.read_until(b">\r\n") == b"4\r\n<%02d>\r\n" % i
        client.send(b"0\r\n\r\n")
        assert client.read_exactly(5) == b"0\r\n\r\n"


# ---- the rest of the house ----


def test_a_mirror_speaks_http_2_too(sluice, origin, h2_origin):
    copy = h2_origin(echo)
    main = origin(reply(b"main"))
    daemon = sluice(vhost=(
        f'host = "*";\npools = {{ web = {{ servers = [ "{main.url}" ]; }};\n'
        f'copy = {{ servers = [ "{copy.url}" ]; http = "2"; }}; }};\n'
        f'routes = ( {{ path = "/"; pool = "web";\n'
        f'  mirror = {{ pool = "copy"; }}; }} );\n'))
    with daemon.client() as client:
        client.send(post("/x", b"hello"))
        assert client.read_reply().body == b"main"
    stream, = copy.wait_streams(1)
    assert stream.path == "/x"
    eventually(lambda: stream.ended, what="its body")


def test_a_check_by_http_is_made_in_http_2(sluice, h2_origin):
    state = {"status": 200}

    def script(stream):
        if stream.path == "/health":
            stream.answer(state["status"], b"ok")
        else:
            echo(stream)

    behind = h2_origin(script)
    daemon = sluice(vhost=h2_to(behind, settings=(
        'health = { path = "/health"; every = "100ms"; rise = 1; fall = 1;'
        ' body = "ok"; };')))
    assert daemon.get("/").status == 200
    state["status"] = 500
    eventually(lambda: daemon.get("/").status == 503, what="it to be down")
    daemon.wait_error("check got status 500")
    state["status"] = 200
    eventually(lambda: daemon.get("/").status == 200, what="it to be up")


def test_a_hedge_takes_a_second_server(sluice, h2_origin):
    codes = []

    def slow(stream):
        codes.append(stream.wait_reset())

    one, two = h2_origin(slow), h2_origin(echo)
    daemon = sluice(vhost=h2_to(one, two, settings='hedge = "100ms";'),
                    workers=1)
    for _ in range(2):
        assert daemon.get("/").status == 200
    eventually(lambda: codes == [Errors.CANCEL], what="the loser's reset")
