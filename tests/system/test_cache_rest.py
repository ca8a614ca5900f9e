"""Parts that are stored, and what is missing of them: RFC 9111, 3.3 and 3.4."""

import threading
from email.utils import formatdate

import pytest

from harness_cache import cached, fresh, Gate  # noqa: F401
from harness_peer import Closed
from harness_origin import reply

BODY = b"0123456789"
ETAG = 'ETag: "1"'
NOW = formatdate(usegmt=True)
LAST_MODIFIED = "Sat, 01 Jan 2022 00:00:00 GMT"
DATES = (f"Date: {NOW}", f"Last-Modified: {LAST_MODIFIED}")


def part(first, last, *fields, body=BODY):
    return reply(body[first:last + 1], "206 Partial Content",
                 ["Cache-Control: max-age=60",
                  f"Content-Range: bytes {first}-{last}/{len(body)}", *fields])


def with_part(cached, first, last, *fields):
    """A daemon that has stored this part, and its site."""
    daemon, site = cached()
    site.has("/a", part(first, last, *fields))
    got = daemon.get("/a", fields=[f"Range: bytes={first}-{last}"])
    assert got.status == 206 and got.body == BODY[first:last + 1]
    return daemon, site


def asked(site):
    """What the last request said of ranges."""
    last = site.requests()[-1]
    return last.get("Range"), last.get("If-Range")


@pytest.mark.parametrize("fields,condition", [
    ([ETAG], '"1"'), (DATES, LAST_MODIFIED)])
def test_the_end_is_asked_for_and_joined(cached, fields, condition):
    daemon, site = with_part(cached, 0, 4, "A: 1", "B: 1", *fields)
    site.has("/a", part(5, 9, "B: 2", *fields))
    got = daemon.get("/a")
    assert (got.start, got.body) == ("HTTP/1.1 200 OK", BODY)
    assert asked(site) == ("bytes=5-", condition)
    assert got.get("A") == "1" and got.all("B") == ["2"]
    assert got.get("Content-Range") is None
    again = daemon.get("/a")
    assert (again.status, again.body) == (200, BODY)
    assert daemon.get("/a", fields=["Range: bytes=3-6"]).body == b"3456"
    assert site.count() == 2


def test_the_beginning_is_asked_for_and_joined(cached):
    daemon, site = with_part(cached, 4, 9, ETAG)
    site.has("/a", part(0, 3, ETAG))
    assert daemon.get("/a").body == BODY
    assert asked(site) == ("bytes=0-3", '"1"')
    assert daemon.get("/a").body == BODY and site.count() == 2


def test_an_origin_that_has_something_else_sends_all(cached):
    daemon, site = with_part(cached, 0, 4, ETAG)
    site.has("/a", fresh(b"new", fields=['ETag: "2"']))
    assert daemon.get("/a").body == b"new"
    assert daemon.get("/a").body == b"new"
    assert site.count() == 2


@pytest.mark.parametrize("rest", [
    part(5, 9, 'ETag: "2"'), part(5, 9, 'ETag: W/"1"'), part(5, 9),
    part(6, 9, ETAG), part(4, 9, ETAG), part(5, 9, ETAG, body=BODY + b"x"),
    reply(b"", "416 Range Not Satisfiable", ["Content-Range: bytes */3"])])
def test_what_is_not_the_rest_is_not_joined(cached, rest):
    daemon, site = with_part(cached, 0, 4, ETAG)
    site.has("/a", rest, fresh(b"new"))
    assert daemon.get("/a").body == b"new"
    assert asked(site) == (None, None)
    assert daemon.get("/a").body == b"new" and site.count() == 3


@pytest.mark.parametrize("first,last,fields", [
    (0, 4, ['ETag: W/"1"']), (2, 4, [ETAG]),
    (0, 4, [f"Date: {NOW}", f"Last-Modified: {NOW}"])])
def test_what_cannot_be_joined_is_not_asked_for(cached, first, last, fields):
    daemon, site = with_part(cached, first, last, *fields)
    site.has("/a", fresh(BODY))
    assert daemon.get("/a").body == BODY
    assert asked(site) == (None, None) and site.count() == 2


def test_another_part_than_was_asked_for_is_given_as_it_is(cached):
    daemon, site = cached()
    site.has("/a", part(0, 4, ETAG))
    got = daemon.get("/a", fields=["Range: bytes=2-9"])
    assert (got.status, got.body) == (206, b"01234")
    assert got.get("Content-Range") == "bytes 0-4/10" and site.count() == 1
    assert daemon.get("/a", fields=["Range: bytes=1-2"]).body == b"12"
    assert site.count() == 1
    site.has("/a", part(5, 9, ETAG))
    assert daemon.get("/a", fields=["Range: bytes=5-9"]).body == b"56789"
    assert site.count() == 2


def test_who_wants_all_at_once_waits_for_one_rest(cached):
    daemon, site = with_part(cached, 0, 4, ETAG)
    rest = part(5, 9, ETAG)
    gate = Gate(rest[:-2], rest[-2:])
    bodies = []
    site.has("/a", gate)

    def ask():
        bodies.append(daemon.get("/a").body)

    clients = [threading.Thread(target=ask) for _ in range(5)]
    for client in clients:
        client.start()
    assert gate.began.wait(30)
    gate.open(2)
    for client in clients:
        client.join()
    assert bodies == [BODY] * 5 and site.count() == 2


def expect_new(daemon):
    """Not what was begun and broke off."""
    try:
        assert daemon.get("/a").body == b"new"
    except (Closed, OSError):
        pass
    assert daemon.get("/a").body == b"new"


def test_a_rest_that_breaks_off_is_no_whole(cached):
    daemon, site = with_part(cached, 0, 4, ETAG)
    gate = Gate(part(5, 9, ETAG)[:-2], close=True)
    gate.open()
    site.has("/a", gate, fresh(b"new"))
    expect_new(daemon)


def test_a_rest_without_a_length_is_counted(cached):
    rest = part(5, 9, ETAG).replace(b"Content-Length: 5",
                                    b"Transfer-Encoding: chunked")
    head = rest[:rest.index(b"\r\n\r\n") + 4]
    daemon, site = with_part(cached, 0, 4, ETAG)
    site.has("/a", head + b"5\r\n56789\r\n0\r\n\r\n")
    assert daemon.get("/a").body == BODY
    daemon, site = with_part(cached, 0, 4, ETAG)
    site.has("/a", head + b"4\r\n5678\r\n0\r\n\r\n", fresh(b"new"))
    expect_new(daemon)


def test_a_large_part_and_its_rest(cached):
    body = bytes(range(256)) * 8192
    cut = 1_500_001
    daemon, site = cached()
    site.has("/a", part(0, cut - 1, ETAG, body=body))
    daemon.get("/a", fields=[f"Range: bytes=0-{cut - 1}"])
    site.has("/a", part(cut, len(body) - 1, ETAG, body=body))
    assert daemon.get("/a").body == body
    assert daemon.get("/a").body == body and site.count() == 2
