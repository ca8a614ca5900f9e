"""Parts of what is stored: RFC 9110, 14."""

import re

import pytest

from harness_cache import cached, fresh, Gate  # noqa: F401

BODY = b"0123456789" * 10
LAST_MODIFIED = "Sat, 01 Jan 2022 00:00:00 GMT"


def stored(cached, body=BODY, fields=()):
    daemon, site = cached()
    site.has("/a", fresh(body, fields=["Content-Type: text/plain",
                                       'ETag: "x"', *fields]))
    assert daemon.get("/a").body == body
    return daemon, site


def ask(daemon, range_, *fields):
    return daemon.get("/a", fields=[f"Range: {range_}", *fields])


@pytest.mark.parametrize("asked,first,last", [
    ("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19), ("bytes=95-", 95, 99),
    ("bytes=95-1000", 95, 99), ("bytes=-5", 95, 99), ("bytes=-500", 0, 99),
    ("bytes=0-99", 0, 99), ("BYTES=5-6", 5, 6), ("bytes=5-6,7-8", 5, 8),
    ("bytes=5-50, 20-60", 5, 60), ("bytes=5-6,200-", 5, 6)])
def test_one_part(cached, asked, first, last):
    daemon, site = stored(cached)
    got = ask(daemon, asked)
    assert got.start == "HTTP/1.1 206 Partial Content"
    assert got.get("Content-Range") == f"bytes {first}-{last}/100"
    assert got.body == BODY[first:last + 1]
    assert got.get("Content-Type") == "text/plain"
    assert got.get("ETag") == '"x"' and got.get("Age") is not None
    assert site.count() == 1


def test_a_content_range_of_the_whole_is_not_that_of_a_part(cached):
    daemon, _ = stored(cached, fields=["Content-Range: bytes 50-59/60"])
    assert daemon.get("/a").get("Content-Range") == "bytes 50-59/60"
    assert ask(daemon, "bytes=0-4").all("Content-Range") == ["bytes 0-4/100"]
    got = ask(daemon, "bytes=0-4,10-14")
    assert got.status == 206 and got.get("Content-Range") is None


@pytest.mark.parametrize("asked", [
    "bytes=5-4", "bytes=a-b", "bytes=", "bytes=-", "lines=1-2", "bytes 1-2",
    "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 60, 2))])
def test_what_is_no_range_is_answered_with_all(cached, asked):
    daemon, site = stored(cached)
    got = ask(daemon, asked)
    assert (got.status, got.body) == (200, BODY)
    assert got.get("Content-Range") is None and site.count() == 1


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=200-300", "bytes=-0"])
def test_416(cached, asked):
    daemon, site = stored(cached)
    with daemon.client() as client:
        got = client.get("/a", fields=[f"Range: {asked}"])
        assert got.start == "HTTP/1.1 416 Range Not Satisfiable"
        assert got.get("Content-Range") == "bytes */100"
        assert client.get("/a").body == BODY
    assert site.count() == 1


def test_several_parts(cached):
    daemon, site = stored(cached)
    got = ask(daemon, "bytes=50-51,0-1,-3")
    boundary, = re.fullmatch(r"multipart/byteranges; boundary=(\w+)",
                             got.get("Content-Type")).groups()
    assert got.status == 206 and got.get("Content-Range") is None
    want = "".join(
        f"{'' if n == 0 else chr(13) + chr(10)}--{boundary}\r\n"
        f"Content-Type: text/plain\r\nContent-Range: bytes {a}-{b}/100\r\n"
        f"\r\n{BODY[a:b + 1].decode()}"
        for n, (a, b) in enumerate([(50, 51), (0, 1), (97, 99)]))
    assert got.body.decode() == want + f"\r\n--{boundary}--\r\n"
    assert int(got.get("Content-Length")) == len(got.body)
    assert site.count() == 1


def test_a_part_that_lies_in_several_pieces(cached):
    body = bytes(range(256)) * 8192             # 2 MiB
    daemon, site = stored(cached, body)
    got = ask(daemon, "bytes=65535-1500000")
    assert got.body == body[65535:1500001]
    got = ask(daemon, "bytes=1048575-1048577,3-4,-1")
    assert got.status == 206 and body[1048575:1048578] in got.body


@pytest.mark.parametrize("validator,status", [
    ('"x"', 206), ('"y"', 200), ('W/"x"', 200), (LAST_MODIFIED, 206),
    ("Sun, 02 Jan 2022 00:00:00 GMT", 200), ("nonsense", 200)])
def test_if_range(cached, validator, status):
    daemon, site = stored(cached, fields=[f"Last-Modified: {LAST_MODIFIED}"])
    got = ask(daemon, "bytes=0-4", f"If-Range: {validator}")
    assert got.status == status
    assert got.body == (BODY[:5] if status == 206 else BODY)
    assert site.count() == 1


def test_conditions_come_before_ranges(cached):
    daemon, site = stored(cached)
    assert ask(daemon, "bytes=0-4", 'If-None-Match: "x"').status == 304
    assert ask(daemon, "bytes=0-4", 'If-None-Match: "y"').status == 206
    assert site.count() == 1


def test_head_has_no_parts(cached):
    daemon, site = stored(cached)
    got = daemon.get("/a", method="HEAD", fields=["Range: bytes=0-4"])
    assert (got.status, got.get("Content-Length")) == (200, "100")
    assert site.count() == 1


def test_no_part_of_a_404(cached):
    daemon, site = cached()
    site.has("/a", fresh(BODY, status="404 Not Found"))
    daemon.get("/a")
    got = ask(daemon, "bytes=0-4")
    assert (got.status, got.body) == (404, BODY)
    assert site.count() == 1


def test_a_part_of_what_still_grows(cached):
    daemon, site = cached()
    gate = Gate(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                b"Content-Length: 100\r\n\r\n" + BODY[:20],
                BODY[20:60], BODY[60:])
    site.has("/a", gate)
    with daemon.client() as first, daemon.client() as second:
        first.request("/a")
        gate.open()
        first.read_head()
        second.request("/a", fields=["Range: bytes=10-69"])
        head = second.read_head()
        assert head.get("Content-Range") == "bytes 10-69/100"
        assert second.read_exactly(10) == BODY[10:20]
        gate.open()
        assert second.read_exactly(40) == BODY[20:60]
        gate.open()
        assert second.read_exactly(10) == BODY[60:70]
        assert first.read_exactly(100) == BODY
    assert site.count() == 1
