"""The method PURGE."""

import pytest

from harness_cache import cached, counter, fresh, Gate  # noqa: F401

ALLOWED = '{ purge_from = [ "127.0.0.1" ]; }'


def purge(daemon, path="/a", fields=(), **options):
    return daemon.get(path, method="PURGE", fields=fields, **options)


def test_what_is_purged_is_fetched_anew(cached):
    daemon, site = cached(ALLOWED)
    site.has("/a", fresh(b"one"), fresh(b"two"))
    site.has("/b", fresh(b"other"))
    assert [daemon.get(p).body for p in ("/a", "/b")] == [b"one", b"other"]
    got = purge(daemon)
    assert (got.status, got.body) == (200, b"purged 1\n")
    assert daemon.get("/a").body == b"two"
    assert daemon.get("/b").body == b"other"
    assert (site.count("/a"), site.count("/b")) == (2, 1)
    assert counter(daemon, "cache_purged") == 1
    assert all(r.start.startswith("GET ") for r in site.requests())


def test_nothing_there_is_404(cached):
    daemon, _ = cached(ALLOWED)
    got = purge(daemon, "/nothing")
    assert (got.status, got.body) == (404, b"purged 0\n")


def test_all_variants_go(cached):
    daemon, site = cached(ALLOWED)
    site.has("/a", *[fresh(b"x%d" % n, fields=["Vary: X-Kind"])
                     for n in range(4)])
    kinds = [["X-Kind: a"], ["X-Kind: b"]]
    assert [daemon.get("/a", fields=k).body for k in kinds] == [b"x0", b"x1"]
    assert purge(daemon).body == b"purged 2\n"
    assert [daemon.get("/a", fields=k).body for k in kinds] == [b"x2", b"x3"]


def test_a_soft_purge_makes_stale(cached):
    daemon, site = cached(ALLOWED)
    site.has("/a", fresh(b"one", fields=['ETag: "x"']),
             b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n'
             b"Cache-Control: max-age=60\r\n\r\n")
    daemon.get("/a")
    got = purge(daemon, fields=["Purge: soft"])
    assert (got.status, got.body) == (200, b"made stale 1\n")
    assert daemon.get("/a").body == b"one"
    assert 'If-None-Match: "x"' in site.requests()[1].head.decode()
    assert daemon.get("/a").body == b"one" and site.count() == 2


@pytest.mark.parametrize("cache", [
    "true", '{ purge_from = [ "192.0.2.0/24" ]; }'])
def test_others_get_405(cached, cache):
    daemon, site = cached(cache)
    site.has("/a", fresh(b"one"))
    daemon.get("/a")
    got = purge(daemon)
    assert got.status == 405 and "PURGE" not in got.get("Allow")
    assert daemon.get("/a").body == b"one" and site.count() == 1
    daemon.wait_exchanges(1, end="method_refused", method="PURGE")


def test_without_a_cache_it_is_a_method_like_any(cached):
    daemon, site = cached("false")
    site.has("/a", fresh(b"one"))
    assert purge(daemon).body == b"one"
    assert site.requests()[0].start.startswith("PURGE /a ")


def test_a_url_with_several_keys(cached):
    daemon, site = cached('''{ purge_from = [ "127.0.0.1" ];
        key = { cookies = [ "currency" ]; }; }''')
    site.has("/a", *[fresh(b"x%d" % n) for n in range(4)])
    cookies = [["Cookie: currency=eur"], ["Cookie: currency=usd"]]
    assert [daemon.get("/a", fields=c).body
            for c in cookies] == [b"x0", b"x1"]
    assert purge(daemon).body == b"purged 2\n"
    assert [daemon.get("/a", fields=c).body
            for c in cookies] == [b"x2", b"x3"]


def test_the_query_is_part_of_it(cached):
    daemon, site = cached(ALLOWED)
    site.has("/a", fresh(b"x"))
    daemon.get("/a?p=1")
    assert purge(daemon).status == 404
    assert purge(daemon, "/a?p=2").status == 404
    assert purge(daemon, "/a?p=1").status == 200


def test_readers_of_what_is_purged_go_on(cached):
    daemon, site = cached(ALLOWED)
    body = bytes(range(256)) * 4096
    site.has("/a", fresh(body), fresh(b"new"))
    daemon.get("/a")
    with daemon.client(receive_buffer=4096) as slow:
        slow.request("/a")
        slow.read_head()
        assert purge(daemon).status == 200
        assert daemon.get("/a").body == b"new"
        assert slow.read_exactly(len(body)) == body


def test_what_is_being_fetched_is_not_kept(cached):
    daemon, site = cached(ALLOWED)
    gate = Gate(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                b"Content-Length: 10\r\n\r\nfirst", b"later")
    site.has("/a", gate, fresh(b"new"))
    with daemon.client() as client:
        client.request("/a")
        gate.open()
        client.read_head()
        assert purge(daemon).status == 200
        gate.open()
        assert client.read_exactly(10) == b"firstlater"
    assert daemon.get("/a").body == b"new"
