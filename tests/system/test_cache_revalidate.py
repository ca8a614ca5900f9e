"""What is stale is validated: by one, for all who want it."""

from harness_cache import Gate, cached, counter, fresh, stale  # noqa: F401
from harness_origin import reply
from harness_scripts import get


def not_modified(seconds=3600, *fields):
    return reply(b"", "304 Not Modified",
                 [f"Cache-Control: max-age={seconds}", *fields]
                 ).replace(b"Content-Length: 0\r\n", b"")


def test_a_304_makes_it_fresh(cached):
    daemon, site = cached()
    site.has("/a", stale(b"hello", ['ETag: "1"']), not_modified())
    for _ in range(4):
        assert daemon.get("/a").body == b"hello"
    asked = site.requests("/a")
    assert len(asked) == 2 and asked[1].get("if-none-match") == '"1"'


def test_a_304_about_something_else_is_not_believed(cached):
    daemon, site = cached()
    dated = "Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT"
    site.has("/a", stale(b"hello", ['ETag: "1"', dated]),
             not_modified(3600, 'ETag: "2"', dated), fresh(b"other"))
    assert daemon.get("/a").body == b"hello"
    assert daemon.get("/a").body == b"other"
    assert daemon.get("/a").body == b"other"
    asked = site.requests("/a")
    assert len(asked) == 3 and asked[2].get("if-none-match") is None


def test_a_200_replaces_it(cached):
    daemon, site = cached()
    site.has("/a", stale(b"hello", ['ETag: "1"']), fresh(b"other"))
    assert [daemon.get("/a").body for _ in range(3)] == [
        b"hello", b"other", b"other"]


def test_what_is_stale_hides_an_error(cached):
    daemon, site = cached()
    site.has("/a", stale(b"hello", ['ETag: "1"']).replace(
        b"max-age=10", b"max-age=10, stale-if-error=600"),
        reply(b"broken", "503 Service Unavailable"))
    assert [daemon.get("/a").body for _ in range(3)] == [b"hello"] * 3
    assert site.count("/a") == 3


def test_an_error_is_told_if_it_may_not_be_hidden(cached):
    daemon, site = cached()
    site.has("/a", stale(b"hello", ['ETag: "1"']),
             reply(b"broken", "503 Service Unavailable"))
    assert [daemon.get("/a").body for _ in range(3)] == [
        b"hello", b"broken", b"broken"]


def test_what_may_be_stale_is_sent_and_validated_behind(cached):
    daemon, site = cached()
    gate = Gate(not_modified())
    site.has("/a", stale(b"hello", ['ETag: "1"']).replace(
        b"max-age=10", b"max-age=10, stale-while-revalidate=600"), gate)
    for _ in range(5):
        assert daemon.get("/a").body == b"hello"
    site.wait_count(2, "/a")
    gate.open()
    daemon.wait_exchanges(5)
    assert site.count("/a") == 2


def test_a_304_leaves_the_connection_to_the_origin_open(cached):
    daemon, site = cached(workers=1)
    site.has("/a", stale(b"hello", ['ETag: "1"']), not_modified(0))
    for _ in range(5):
        assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 5
    assert counter(daemon, "origin_connects") == 1
