"""Interim replies to what the cache fetches: RFC 9110, 15.2."""

from harness_cache import Gate, cached, fresh  # noqa: F401

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Early: 1\r\n\r\n"
WORKING = b"HTTP/1.1 102 Processing\r\n\r\n"


def ask(client, path="/a", **options):
    """The reply, and the interim ones before it."""
    interim = []
    client.request(path, **options)
    return client.read_reply(interim=interim), interim


def test_interim_replies_are_passed_on_and_not_stored(cached):
    daemon, site = cached()
    site.has("/a", WORKING + HINTS + HINTS + fresh(b"hello"))
    with daemon.client() as client:
        reply, interim = ask(client)
        assert [one.status for one in interim] == [102, 103, 103]
        assert interim[1].all("Link") == ["</a.css>"]
        assert reply.body == b"hello" and not reply.all("X-Early")
        reply, interim = ask(client)
        assert (reply.body, interim) == (b"hello", [])
        assert not reply.all("Link") and not reply.all("X-Early")
    assert site.count("/a") == 1


def test_interim_replies_come_before_the_rest_does(cached):
    daemon, site = cached()
    gate = Gate(HINTS, fresh(b"hello"))
    site.has("/a", gate)
    with daemon.client() as client:
        client.request("/a")
        gate.open()
        assert client.read_head().status == 103
        assert client.is_quiet()
        gate.open()
        assert client.read_reply().body == b"hello"


def test_who_waits_for_another_gets_the_final_reply_only(cached):
    daemon, site = cached()
    gate = Gate(HINTS, fresh(b"hello"))
    site.has("/a", gate)
    with daemon.client() as first, daemon.client() as second:
        first.request("/a")
        assert gate.began.wait(10)
        second.request("/a")
        gate.open(2)
        assert first.read_head().status == 103
        assert first.read_reply().body == b"hello"
        interim = []
        assert second.read_reply(interim=interim).body == b"hello"
        assert interim == [] and site.count("/a") == 1


def test_what_is_not_stored_has_interim_replies_too(cached):
    daemon, site = cached()
    site.has("/a", HINTS + fresh(b"hello", fields=["Set-Cookie: a=1"]))
    for _ in range(2):
        with daemon.client() as client:
            reply, interim = ask(client)
            assert [one.status for one in interim] == [103]
            assert reply.body == b"hello"


def test_http_1_0_knows_no_interim_replies(cached):
    daemon, site = cached()
    site.has("/a", HINTS + fresh(b"hello"))
    with daemon.client() as client:
        client.send(b"GET /a HTTP/1.0\r\nHost: a\r\n\r\n")
        assert client.read_reply().status == 200
