"""Heads of requests: their limits, what is malformed, what is refused."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import get, post, tell


def ask_raw(daemon, data):
    """Sends DATA on a connection of its own; the reply and what came after."""
    with daemon.client() as client:
        client.send(data)
        answer = client.read_reply()
        return answer, client.read_to_close()


def head(*lines, start="GET / HTTP/1.1", host="Host: localhost"):
    lines = [start, *([host] if host is not None else []), *lines]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def sized_head(size):
    """A request head of SIZE bytes in all."""
    raw = head("A: ")
    return raw[:-4] + b"a" * (size - len(raw)) + raw[-4:]


# ---- limits ----


@pytest.mark.parametrize("size", [
    100, 4095, 4096, 8191, 8192, 8193, 8194, 16_384, 40_000, 65_535, 65_536])
def test_heads_up_to_64_kib_are_forwarded(sluice, origin, size):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for data in (sized_head(size), get("/next")):
            client.send(data)
            assert client.read_reply().status == 200
    assert len(behind.requests[0].get("A")) == size - len(head("A: "))


@pytest.mark.parametrize("size", [65_537, 70_000, 300_000])
def test_larger_heads_are_refused(sluice, origin, size):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    answer, rest = ask_raw(daemon, sized_head(size))
    assert (answer.status, rest) == (431, b"")
    assert answer.tokens("Connection") == ["close"]
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("malformed", "head_large")
    assert behind.peers == []


def test_large_heads_with_bodies_and_requests_behind_them(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    large = "A: " + "a" * 20_000
    with daemon.client() as client:
        client.send(post("/1", b"x" * 100_000, fields=[large]) +
                    post("/2", b"y" * 9, b"z" * 70_000, fields=[large]) +
                    get("/3", large) + get("/4"))
        for path, size in ((b"/1", 100_000), (b"/2", 70_009), (b"/3", 0),
                           (b"/4", 0)):
            assert client.read_reply().body.split()[:2] == \
                [path, b"%d" % size]


def test_a_hundred_fields_are_forwarded_one_more_is_not(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    lines = [f"F{i}:{i}" for i in range(100)]
    with daemon.client() as client:
        client.send(head(*lines[1:]))
        assert client.read_reply().status == 200
    assert [v for n, v in behind.requests[0].fields if n[0] == "F"] == \
        [str(i) for i in range(1, 100)]
    answer, _ = ask_raw(daemon, head(*lines))
    assert answer.status == 431
    assert daemon.wait_exchanges(2)[1]["fault"] == "fields_many"


def test_targets_up_to_16_kib_are_forwarded(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    path = "/" + "p" * (16 * 1024 - 1)
    assert daemon.get(path).status == 200
    assert behind.heads[0].split(b" ")[1] == path.encode()
    answer, _ = ask_raw(daemon, get(path + "p"))
    assert answer.status == 414
    assert daemon.wait_exchanges(2)[1]["fault"] == "target_large"


@pytest.mark.parametrize("length", [2000, 3700, 5000, 7400, 16_000])
def test_long_targets_have_room_to_be_normalised(sluice, origin, length):
    """However little of its window a head leaves for the copies."""
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    path = "/a//%7e" + "b" * (length - 7)
    answer = daemon.get(path, fields=["A: " + "a" * 700])
    assert answer.status == 200
    assert behind.heads[0].split(b" ")[1] == \
        path.replace("%7e", "~").encode()


# ---- what is malformed ----


MALFORMED = [
    (b"GET /\r\n\r\n", 400, "request_line"),
    (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request_line"),
    (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request_line"),
    (b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"),
    (b"M" * 33 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "method"),
    (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "method"),
    (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"),
    (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"),
    (b"GET foo HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"),
    (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"),
    (b"GET / HTTP/1.\r\nHost: a\r\n\r\n", 400, "version"),
    (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "version"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version_unknown"),
    (b"PRI * HTTP/2.0\r\n\r\n", 505, "version_unknown"),
    (b"GET / HTTP/1.1\nHost: a\n\n", 400, "line_end"),
    (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "line_end"),
    (head("A : b"), 400, "field_name"),
    (head(": b"), 400, "field_name"),
    (head("Nothing"), 400, "field_name"),
    (head("A: b\x00c"), 400, "field_value"),
    (head("A: b\x7fc"), 400, "field_value"),
    (head("A: b", " c"), 400, "obs_fold"),
    (head(host=None), 400, "host_missing"),
    (head("Host: b"), 400, "host_several"),
    (head(host="Host: a/b"), 400, "host_malformed"),
    (head(host="Host:"), 400, "host_malformed"),
    (head(host="Host: a:99999"), 400, "host_malformed"),
    (head(start="GET http://b/ HTTP/1.1"), 400, "host_differs"),
    (head("Content-Length: +1"), 400, "length_malformed"),
    (head("Content-Length: 1,1"), 400, "length_malformed"),
    (head("Content-Length: 0x1"), 400, "length_malformed"),
    (head("Content-Length: 99999999999999999999"), 400, "length_malformed"),
    (head("Content-Length: 1", "Content-Length: 1"), 400, "length_several"),
    (head("Content-Length: 1", "Transfer-Encoding: chunked"), 400,
     "length_and_coding"),
    (head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400,
     "coding_several"),
    (head("Transfer-Encoding: gzip, chunked"), 501, "coding_unknown"),
    (head("Transfer-Encoding: identity"), 400, "coding_malformed"),
    (head("Transfer-Encoding: chunked", start="POST / HTTP/1.0"), 400,
     "coding_version"),
    (head("Content-Length: 5", start="GET / HTTP/1.0"), 400, "body_refused"),
    (head(start="GET /%zz HTTP/1.1"), 400, "path_escape"),
    (head(start="GET /%00 HTTP/1.1"), 400, "path_escape"),
    (head(start="GET /a/../../b HTTP/1.1"), 400, "path_above_root"),
    (head(start="GET /%2e%2e/b HTTP/1.1"), 400, "path_above_root"),
    (head(start="GET /a/%252e%252e/b HTTP/1.1"), 400, "path_ambiguous"),
    (head(start="GET /a/..;/b HTTP/1.1"), 400, "path_ambiguous"),
    (head("Connection: Host"), 400, "connection"),
    (head("Connection: content-length"), 400, "connection"),
    (head("Expect: 200-maybe"), 417, "expect_unknown"),
]


def test_malformed_heads_are_refused_and_logged(sluice, origin):
    """Each with its own status and reason; none reaches the origin, and
    nothing that stood behind one is read as a request."""
    behind = origin(reply(b"never"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for data, status, fault in MALFORMED:
        answer, rest = ask_raw(daemon, data + get("/smuggled"))
        assert (answer.status, rest) == (status, b""), data
        assert answer.tokens("Connection") == ["close"], data
    lines = daemon.wait_exchanges(len(MALFORMED))
    assert [(int(line["status"]), line["end"], line["fault"])
            for line in lines] == \
        [(status, "malformed", fault) for _, status, fault in MALFORMED]
    assert behind.peers == []


def test_a_malformed_head_is_refused_behind_good_requests(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/1") + get("/2") + head("A : b") + get("/4"))
        assert client.read_reply().body.startswith(b"/1 ")
        assert client.read_reply().body.startswith(b"/2 ")
        assert client.read_reply().status == 400
        client.wait_close()
    assert len(behind.requests) == 2


def test_refusals_of_head_requests_have_no_body(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x")), host="here"),
                    workers=1)
    with daemon.client() as client:
        for _ in range(2):
            answer = client.get(method="HEAD", host="elsewhere")
            assert answer.status == 421
            assert int(answer.get("Content-Length")) > 0
        assert client.get(host="here").status == 200


# ---- what is not served ----


@pytest.mark.parametrize("start, status", [
    ("CONNECT localhost:80 HTTP/1.1", 405), ("TRACE / HTTP/1.1", 405)])
def test_connect_and_trace_are_refused(sluice, origin, start, status):
    behind = origin(reply(b"never"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    target = "Host: localhost:80" if "CONNECT" in start else "Host: localhost"
    with daemon.client() as client:
        client.send(head(start=start, host=target))
        assert client.read_reply().status == status
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "method_refused"
    assert behind.peers == []


def test_unknown_methods_are_forwarded(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for method in ("PROPFIND", "purge", "M-SEARCH", "X" * 32):
        assert daemon.get(method=method).status == 200
    assert [h.split(b" ")[0] for h in behind.heads] == [
        b"PROPFIND", b"purge", b"M-SEARCH", b"X" * 32]


def test_an_empty_connection_is_not_logged(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    for _ in range(5):
        daemon.client().close()
    assert daemon.get("/real").status == 200
    assert [line["target"] for line in daemon.wait_exchanges(1)] == ["/real"]
