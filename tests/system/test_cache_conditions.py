"""Conditions of clients, answered from what is stored: RFC 9110, 13."""

import pytest

from harness_cache import cached, fresh  # noqa: F401
from harness_origin import reply

MODIFIED = "Sat, 01 Jan 2022 00:00:00 GMT"
EARLIER = "Fri, 31 Dec 2021 23:59:59 GMT"
LATER = "Sat, 01 Jan 2022 00:00:01 GMT"


def stored(cached, etag='"x"', **options):
    daemon, site = cached(**options)
    site.has("/a", fresh(b"hello", fields=[
        f"ETag: {etag}", f"Last-Modified: {MODIFIED}", "Vary: Accept",
        "Content-Type: text/css", "Content-Language: en",
        "Content-Location: /b", "X-Other: 1"]))
    assert daemon.get("/a").body == b"hello"
    return daemon, site


@pytest.mark.parametrize("condition", [
    'If-None-Match: "x"', 'If-None-Match: W/"x"', 'If-None-Match: "a", "x"',
    "If-None-Match: *", f"If-Modified-Since: {MODIFIED}",
    f"If-Modified-Since: {LATER}"])
def test_304(cached, condition):
    daemon, site = stored(cached)
    with daemon.client() as client:
        got = client.get("/a", fields=[condition])
        assert got.start == "HTTP/1.1 304 Not Modified"
        assert got.get("ETag") == '"x"' and got.get("Vary") == "Accept"
        assert got.get("Cache-Control") == "max-age=3600"
        assert got.get("Content-Location") == "/b"
        assert got.get("Date") is not None and got.get("Age") is not None
        for name in ("Content-Type", "Content-Language", "Content-Length",
                     "Transfer-Encoding"):
            assert got.get(name) is None
        assert client.get("/a").body == b"hello"
    assert site.count() == 1
    daemon.wait_exchanges(1, cache="hit", status=304, bytes=0)


@pytest.mark.parametrize("conditions", [
    ['If-None-Match: "y"'], [f"If-Modified-Since: {EARLIER}"],
    ["If-Modified-Since: yesterday"],
    ['If-None-Match: "y"', f"If-Modified-Since: {LATER}"]])
def test_200(cached, conditions):
    daemon, site = stored(cached)
    got = daemon.get("/a", fields=conditions)
    assert (got.status, got.body) == (200, b"hello")
    assert site.count() == 1


def test_a_weak_tag_is_enough(cached):
    daemon, site = stored(cached, etag='W/"x"')
    for tag in ('"x"', 'W/"x"'):
        assert daemon.get("/a", fields=[
            f"If-None-Match: {tag}"]).status == 304
    assert site.count() == 1


def test_head_is_304_too(cached):
    daemon, site = stored(cached)
    got = daemon.get("/a", method="HEAD", fields=['If-None-Match: "x"'])
    assert got.status == 304 and site.count() == 1


@pytest.mark.parametrize("condition", [
    'If-Match: "y"', f"If-Unmodified-Since: {EARLIER}"])
def test_what_is_the_origins_to_judge_goes_there(cached, condition):
    daemon, site = stored(cached)
    site.has("/a", reply(b"no", "412 Precondition Failed"))
    assert daemon.get("/a", fields=[condition]).status == 412
    request, = site.requests()[1:]
    assert condition in request.head.decode()
    site.has("/a")
    assert daemon.get("/a").body == b"hello"


@pytest.mark.parametrize("condition", [
    'If-Match: "x"', f"If-Unmodified-Since: {MODIFIED}"])
def test_what_holds_is_answered(cached, condition):
    daemon, site = stored(cached)
    assert daemon.get("/a", fields=[condition]).body == b"hello"


def test_no_condition_of_a_404(cached):
    daemon, site = cached()
    site.has("/a", fresh(b"none", status="404 Not Found",
                         fields=['ETag: "x"']))
    for _ in range(2):
        got = daemon.get("/a", fields=['If-None-Match: "x"'])
        assert (got.status, got.body) == (404, b"none")


def test_fields_of_the_operator_are_on_a_304(cached):
    daemon, site = stored(cached, vhost='''
        headers = { response = { set = { X-New = "1"; }; }; };''')
    got = daemon.get("/a", fields=['If-None-Match: "x"'])
    assert got.status == 304 and got.get("X-New") == "1"
