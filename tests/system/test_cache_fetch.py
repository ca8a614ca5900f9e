"""What the cache fetches: stored, handed over, or not."""

from harness_cache import cached, fresh, Gate  # noqa: F401
from harness_origin import reply


def test_what_was_fetched_is_found(cached):
    daemon, site = cached()
    site.has("/a", fresh(b"hello"))
    for _ in range(3):
        assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 1


def test_what_is_not_storable_is_asked_for_once_each(cached):
    daemon, site = cached()
    site.has("/a", reply(b"hello", fields=["Cache-Control: no-store"]))
    for n in range(3):
        assert daemon.get("/a").body == b"hello"
        assert site.count("/a") == n + 1
