"""The demo origins: tests rely on what they refuse and what they report."""

import zlib

import pytest

from harness_peer import Client

HOST = b"Host: a\r\n"


@pytest.fixture
def echo(demo_origin):
    with Client(demo_origin("echo").port) as client:
        yield client


@pytest.mark.parametrize("raw", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://a/ HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\nC: d\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: +1\r\n\r\nx",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 1\r\n\r\nx",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"0x1\r\nx\r\n0\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"1\r\nxy\r\n0\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"1\nx\r\n0\r\n\r\n",
])
def test_refuses_what_can_be_read_in_two_ways(echo, raw):
    echo.send(raw)
    echo.shutdown()
    reply = echo.read_reply()
    assert reply.status == 400
    assert reply.get("Connection") == "close"
    echo.wait_close()


def test_echo_reports_head_and_body(echo):
    body = bytes(range(256)) * 1000
    echo.request("/echo/x?y=1", "PUT", fields=["X-A: b"], body=body)
    text = echo.read_reply().body.decode()
    assert text.startswith("PUT /echo/x?y=1 HTTP/1.1\n")
    assert "\nX-A: b\n" in text
    assert f"\nbody: 256000 bytes, crc32 {zlib.crc32(body):08x}\n" in text


def test_echo_reads_chunks_and_counts_requests(echo):
    request = (b"POST / HTTP/1.1\r\nHost: a\r\n"
               b"Transfer-Encoding: chunked\r\n\r\n"
               b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nA: b\r\n\r\n")
    echo.send_slowly(request * 2)
    for number in (1, 2):
        text = echo.read_reply().body.decode()
        assert f"body: 3 bytes, crc32 {zlib.crc32(b'abc'):08x}\n" in text
        assert f"trailers: 1\nconnection 1, request {number}\n" in text


def test_echo_upgrades_to_plain_bytes(echo):
    echo.send(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
              b"Upgrade: echo\r\n\r\nearly")
    assert echo.read_reply().status == 101
    assert echo.read_exactly(5) == b"early"
    echo.send(b"\0\r\n\r\n")
    echo.shutdown()
    assert echo.read_to_close() == b"\0\r\n\r\n"


def test_site_streams_downloads(demo_origin):
    expected = (bytes(range(251)) * 2000)[:500_000]
    with Client(demo_origin("site").port) as client:
        assert client.get("/big?size=500000").body == expected
        chunked = client.get("/big?size=500000&chunked=1")
        assert chunked.get("Transfer-Encoding") == "chunked"
        assert chunked.body == expected
        head = client.get("/big?size=500000", method="HEAD")
        assert head.get("Content-Length") == "500000"
        assert client.get("/page/41").status == 404


def test_slow_drips_and_never_answers(demo_origin):
    port = demo_origin("slow").port
    with Client(port) as client:
        text = client.get("/drip?n=3&every=1").body
        assert text == b"drop 1 of 3\ndrop 2 of 3\ndrop 3 of 3\n"
        client.request("/never")
        assert client.is_quiet()
