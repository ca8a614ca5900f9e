"""Who is out for other people's pages, or has bad luck."""

import signal

import pytest

from harness import eventually
from harness_cache import Gate, Site, cached, fresh, stale  # noqa: F401
from harness_origin import reply
from harness_scripts import get, post
from test_cache_revalidate import not_modified


def ask(daemon, path="/a", method="GET", **fields):
    with daemon.client() as client:
        return client.get(path, method=method, fields=[
            f"{name.replace('_', '-')}: {value}"
            for name, value in fields.items()])


def telling(name, *fields):
    """A page that shows a field of its request."""
    def answer(peer, request):
        peer.send(fresh(str(request.get(name)).encode(), fields=fields))
    return answer


def reload(daemon, text):
    old = set(daemon.workers())
    daemon.vhosts["main"] = text
    daemon.write_conf()
    daemon.signal(signal.SIGHUP)
    eventually(lambda: daemon.workers() and not old & set(daemon.workers()),
               what="new workers")


@pytest.mark.parametrize("field", [
    "Set-Cookie: id=alice", "Cache-Control: private\r\nX-User: alice",
    'Cache-Control: private="X-User"\r\nX-User: alice\r\nSet-Cookie: id=alice',
    "Cache-Control: no-store\r\nX-User: alice"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_said_to_one_is_not_kept(cached, method, field):
    daemon, site = cached()
    plain = not_modified(0).replace(b"Cache-Control: max-age=0\r\n", b"")
    if method == "HEAD":
        mine = stale(b"hello", ['ETag: "1"', field])
    else:
        mine = plain.replace(b"\r\n\r\n", f"\r\n{field}\r\n\r\n".encode())
    again = stale(b"hello", ['ETag: "1"', field]) if method == "GET" else plain

    def answer(peer, request):
        if request.get("X-Who") != "alice":
            peer.send(plain if request.get("If-None-Match")
                      else stale(b"hello", ['ETag: "1"']))
        elif method == "HEAD":
            peer.send(mine[:-5])
        else:
            peer.send(mine if request.get("If-None-Match") else again)

    site.has("/a", stale(b"hello", ['ETag: "1"']), answer)
    assert ask(daemon).body == b"hello"
    first = ask(daemon, method=method, X_Who="alice")
    print(first.head)
    for _ in range(3):
        other = ask(daemon, X_Who="bob")
        assert other.body == b"hello"
        assert b"alice" not in other.head


def test_a_304_about_what_was_replaced_is_not_put_on_the_new_one(cached):
    daemon, site = cached(cache="{ collapse = false; }")
    gate = Gate(not_modified(3600, "X-Old: 1"))
    new = fresh(b"other", fields=['ETag: "2"'])
    site.has("/a", stale(b"hello", ['ETag: "1"']), gate, new)
    assert ask(daemon).body == b"hello"
    with daemon.client() as client:
        client.send(get("/a"))
        assert gate.began.wait(10)
        assert ask(daemon, Cache_Control="no-cache").body == b"other"
        gate.open()
        assert client.read_reply().body == b"other"
    got = ask(daemon)
    assert (got.body, got.get("ETag"), got.get("X-Old")) == (
        b"other", '"2"', None)


def test_what_is_behind_a_semicolon_is_no_ignored_parameter(cached):
    daemon, site = cached(cache='{ key = { ignore_query = "utm_*"; }; }')
    site.has("/a", fresh(b"evil"), fresh(b"good"))
    assert ask(daemon, "/a?x=1&utm_source=1;x=2").body == b"evil"
    assert ask(daemon, "/a?x=1").body == b"good"
    assert ask(daemon, "/a?x=1&utm_source=1").body == b"good"


def test_a_post_with_a_bypass_cookie_is_for_nobody_else(cached):
    daemon, site = cached(cache='{ bypass_cookies = "session"; }')
    site.has("/a", telling("Cookie", "Content-Location: /a"))
    with daemon.client() as client:
        client.send(post("/a", b"x", fields=["Cookie: session=alice"]))
        assert client.read_reply().body == b"session=alice"
    assert ask(daemon).body == b"None"


def test_a_reload_that_moves_routes_mixes_no_pages(sluice):
    def route(when, plan):
        return f'''{{ path = "/"; {when} pool = "web"; headers = {{
            request = {{ set = {{ X-As = "{plan}"; }}; }}; }}; }}'''

    def text(*routes):
        return f'''host = "*"; cache = true;
            pools = {{ web = {{ servers = "{site.url}"; }}; }};
            routes = ( {", ".join(routes)} );'''

    def check():
        assert ask(daemon, X_Plan="gold").body == b"gold"
        assert ask(daemon).body == b"plain"

    site = Site()
    site.has("/a", telling("X-As"))
    both = [route('header = "X-Plan=gold";', "gold"), route("", "plain")]
    daemon = sluice(vhost=text(*both))
    check()
    reload(daemon, text(route('header = "X-More";', "more"), *both))
    check()
    site.close()


def test_cookies_that_were_kept_are_for_nobody_after_a_reload(cached):
    daemon, site = cached(cache='{ set_cookie = "store"; }')
    site.has("/a", fresh(b"a", fields=["Set-Cookie: id=alice"]),
             fresh(b"b", fields=["Set-Cookie: id=bob"]))
    assert ask(daemon).get("Set-Cookie") == "id=alice"
    assert ask(daemon).get("Set-Cookie") == "id=alice"
    reload(daemon, daemon.vhosts["main"].replace("store", "refuse"))
    assert ask(daemon).get("Set-Cookie") == "id=bob"
