"""What a 304, or a reply to HEAD, brings into the store: nothing that is for
one client alone."""

from harness_cache import cached  # noqa: F401
from harness_origin import reply

FRESH = ["Cache-Control: max-age=60", 'ETag: "x"']
STALE = ["Cache-Control: max-age=60", "Age: 100", 'ETag: "x"']


def not_modified(*fields):
    lines = ["HTTP/1.1 304 Not Modified", *fields, "", ""]
    return "\r\n".join(lines).encode()


def if_asked(yes, no):
    """YES to who asks whether it is still good, else NO."""
    def answer(peer, request):
        peer.send(yes if request.get("If-None-Match") else no)
    return answer


def test_a_cookie_of_a_304_is_for_who_asked(cached):
    daemon, site = cached()
    mine = if_asked(not_modified(*STALE, "Set-Cookie: id=1"),
                    reply(b"one", fields=[*STALE, "Set-Cookie: id=1"]))
    site.has("/a", reply(b"one", fields=STALE), mine, mine,
             if_asked(not_modified(*FRESH), reply(b"two", fields=FRESH)))
    assert not daemon.get("/a").all("Set-Cookie")
    first = daemon.get("/a")
    assert (first.body, first.all("Set-Cookie")) == (b"one", ["id=1"])
    for _ in range(3):
        assert not daemon.get("/a").all("Set-Cookie")


def test_a_named_cookie_of_a_304_is_set_once(cached):
    daemon, site = cached()
    named = 'Cache-Control: max-age=60, private="Set-Cookie"'
    site.has("/a", reply(b"one", fields=[named, "Age: 100", 'ETag: "x"']),
             not_modified(named, 'ETag: "x"', "Set-Cookie: id=1"))
    assert not daemon.get("/a").all("Set-Cookie")
    first, second = daemon.get("/a"), daemon.get("/a")
    assert (first.body, first.all("Set-Cookie")) == (b"one", ["id=1"])
    assert (second.body, second.all("Set-Cookie")) == (b"one", [])
    assert site.count("/a") == 2


def test_a_named_cookie_that_is_taken_off_is_nobodys(cached):
    daemon, site = cached('{ set_cookie = "remove"; }')
    site.has("/a", reply(b"one", fields=[
        *FRESH, 'Cache-Control: no-cache="Set-Cookie, X-One"',
        "Set-Cookie: id=1", "X-One: 1"]))
    first, second = daemon.get("/a"), daemon.get("/a")
    assert not first.all("Set-Cookie") and first.all("X-One") == ["1"]
    assert not second.all("Set-Cookie") and not second.all("X-One")


def test_what_a_304_says_is_not_to_be_stored_is_not(cached):
    for word in ("no-store", "private"):
        daemon, site = cached()
        said = [f"Cache-Control: {word}", 'ETag: "x"', "X-Mine: 1"]
        mine = if_asked(not_modified(*said), reply(b"one", fields=said))
        site.has("/a", reply(b"one", fields=STALE), mine, mine,
                 if_asked(not_modified(*FRESH), reply(b"two", fields=FRESH)))
        daemon.get("/a")
        mine = daemon.get("/a")
        assert (mine.body, mine.all("X-Mine")) == (b"one", ["1"])
        assert mine.get("Cache-Control") == word
        assert not daemon.get("/a").all("X-Mine")


def test_a_304_for_one_with_a_password_is_not_for_others(cached):
    daemon, site = cached()
    mine = if_asked(not_modified(*FRESH, "X-Mine: 1"),
                    reply(b"mine", fields=[*FRESH, "X-Mine: 1"]))
    site.has("/a", reply(b"one", fields=[
        "Cache-Control: public, max-age=60", "Age: 100", 'ETag: "x"']),
        mine, mine,
        if_asked(not_modified(*FRESH), reply(b"two", fields=FRESH)))
    daemon.get("/a")
    mine = daemon.get("/a", fields=["Authorization: Basic YTpi"])
    assert mine.all("X-Mine") == ["1"]
    assert not daemon.get("/a").all("X-Mine")


def test_a_cookie_of_head_is_not_for_get(cached):
    daemon, site = cached()
    site.has("/a", reply(b"one", fields=FRESH),
             reply(b"one", fields=[*FRESH, "Set-Cookie: id=1"]),
             if_asked(not_modified(*FRESH), reply(b"one", fields=FRESH)))
    daemon.get("/a")
    head = daemon.get("/a", method="HEAD", fields=["Cache-Control: no-cache"])
    assert head.all("Set-Cookie") == ["id=1"]
    for _ in range(2):
        assert not daemon.get("/a").all("Set-Cookie")
