"""How much a client may send, and an origin: bodies, heads, fields, targets.

Whatever is refused names the setting that did it in the log."""

import pytest

from harness import UNBUFFERED, eventually, proxy_to
from harness_limits import takes, vhost_of
from harness_peer import Closed
from harness_scripts import chunked, get, pattern, post, tell

KIB = 1024


def refused(daemon, data, status):
    """Sends DATA; the log's line of what must be refused with STATUS, after
    which the connection is closed."""
    with daemon.client() as client:
        client.send(data)
        assert client.read_reply().status == status
        client.wait_close()
    line, = daemon.wait_exchanges(1, status=status)
    return line


# ---- bodies ----

def test_a_body_that_says_it_is_too_large_is_refused_at_once(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(behind, more='limits = { body = "1k"; };'),
                    workers=1)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n"
    line = refused(daemon, head, 413)
    assert line["end"] == "body_large"
    assert line["limit"] == "limits.body:1k"
    assert not behind.peers


def test_a_body_of_just_the_limit_passes(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='limits = { body = "1k"; };'))
    body = pattern(KIB)
    for data in (post("/", body), post("/", body[:1000], body[1000:])):
        with daemon.client() as client:
            client.send(data)
            assert client.read_reply().body.startswith(b"/ 1024 ")
    assert all("limit" not in line for line in daemon.wait_exchanges(2))


@pytest.mark.parametrize("pieces", [[pattern(1025), b""], [pattern(100)] * 11,
                                    [pattern(1000), pattern(200_000)]])
def test_chunks_are_counted_and_broken_off(sluice, origin, pieces):
    """The origin never sees the end: it can't take what it got for whole."""
    seen = []

    def script(peer):
        peer.read_head()
        seen.append(peer.read_to_close())

    more = 'limits = { body = "1k"; };' + UNBUFFERED
    daemon = sluice(vhost=vhost_of(origin(script), more=more), workers=1)
    line = refused(daemon, post("/", *pieces), 413)
    assert line["end"] == "body_large"
    assert line["limit"] == "limits.body:1k"
    eventually(lambda: seen, what="the origin to see an end")
    assert not seen[0].endswith(b"0\r\n\r\n")
    assert len(seen[0]) < 1100


def test_a_reply_that_has_begun_is_broken_off(sluice, origin):
    """There is no way to say 413 any more."""
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
        peer.wait_close()

    daemon = sluice(vhost=vhost_of(origin(script),
                                   more='limits = { body = "1k"; };'),
                    workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        assert client.read_head().status == 200
        client.send(chunked(pattern(2000)))
        with pytest.raises(Closed):
            client.read_exactly(100)
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "body_large"
    assert line["limit"] == "limits.body:1k"


def test_with_0_no_request_has_a_body(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='limits = { body = "0"; };'),
                    workers=1)
    for data in (get(), post("/", b""), post("/", b"", b"")):
        with daemon.client() as client:
            client.send(data)
            assert client.read_reply().status == 200
    for data in (post("/", b"x"), post("/", b"x", b"")):
        with daemon.client() as client:
            client.send(data)
            assert client.read_reply().status == 413
    lines = daemon.wait_exchanges(2, status=413)
    assert {line["limit"] for line in lines} == {"limits.body:0"}


def test_who_asks_first_is_refused_without_100(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(behind, more='limits = { body = "1k"; };'))
    interim = []
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n"
                    b"Expect: 100-continue\r\n\r\n")
        assert client.read_reply(interim=interim).status == 413
        client.wait_close()
    assert not interim
    assert not behind.peers


def test_the_default_is_10_mib(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    assert refused(daemon, head % (10 * KIB * KIB + 1),
                   413)["limit"] == "limits.body:10m"
    with daemon.client() as client:
        client.send(head % (10 * KIB * KIB) + pattern(10 * KIB * KIB))
        assert client.read_reply().status == 200


def test_a_route_may_allow_more(sluice, origin):
    behind = origin(tell)
    text = (f'host = "*"; limits = {{ body = "1k"; }};\n'
            f'routes = ( {{ path = "/"; proxy = "{behind.url}"; }},\n'
            f'  {{ path = "/up"; proxy = "{behind.url}";\n'
            f'    limits = {{ body = "10k"; }}; }} );\n')
    daemon = sluice(vhost=text, workers=1)
    for path, size, status in (("/", 2000, 413), ("/up", 2000, 200),
                               ("/up/x", 10241, 413)):
        with daemon.client() as client:
            client.send(post(path, pattern(size)))
            assert client.read_reply().status == status
    limits = {line["target"]: line.get("limit")
              for line in daemon.wait_exchanges(3)}
    assert limits == {"/": "limits.body:1k", "/up": None,
                      "/up/x": "limits.body:10k"}


# ---- heads ----

def test_a_head_is_not_read_beyond_its_limit(sluice, origin):
    """Not even if it never ends."""
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='limits = { header = "1k"; };'),
                    workers=1)
    with daemon.client() as client, takes(0, 3):
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * KIB)
        assert client.read_reply().status == 431
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["fault"] == "head_large"
    assert line["limit"] == "limits.header:1k"


def test_an_answer_to_head_has_no_body_even_if_its_head_is_too_large(
        sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='limits = { header = "1k"; };'),
                    workers=1)
    with daemon.client() as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * KIB)
        assert client.read_head().status == 431
        client.wait_close()         # fails on bytes before the end


def head_of(size):
    start = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


def test_a_head_of_just_the_limit_passes(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='limits = { header = "1k"; };'),
                    workers=1)
    with daemon.client() as client:
        client.send(head_of(KIB))
        assert client.read_reply().status == 200
    assert refused(daemon, head_of(KIB + 1), 431)["fault"] == "head_large"


@pytest.mark.parametrize("setting, data, status, fault", [
    ('header = "1k"', head_of(2 * KIB), 431, "head_large"),
    ("fields = 3", get("/", "A: 1", "B: 2", "C: 3"), 431, "fields_many"),
    ('url = "64"', get("/" + "x" * 64), 414, "target_large"),
])
def test_a_vhost_may_be_stricter_than_its_address(sluice, origin, setting,
                                                  data, status, fault):
    """The other vhost takes such heads: nobody knows for whom they are until
    they are read."""
    behind = origin(tell)
    daemon = sluice(workers=1, vhosts={
        "strict": vhost_of(behind, host="localhost",
                           more=f"limits = {{ {setting}; }};"),
        "other": proxy_to(behind, host="other")})
    line = refused(daemon, data, status)
    assert line["fault"] == fault
    name, value = setting.replace('"', "").split(" = ")
    assert line["limit"] == f"limits.{name}:{value}"
    with daemon.client() as client:
        client.send(data.replace(b"Host: localhost", b"Host: other"))
        assert client.read_reply().status == 200


def test_a_route_may_be_stricter_than_its_vhost(sluice, origin):
    behind = origin(tell)
    text = (f'host = "*"; routes = ( {{ path = "/"; proxy = "{behind.url}"; }},'
            f'  {{ path = "/a"; proxy = "{behind.url}";\n'
            f'    limits = {{ fields = 2; }}; }} );\n')
    daemon = sluice(vhost=text, workers=1)
    line = refused(daemon, get("/a", "A: 1", "B: 2"), 431)
    assert line["limit"] == "limits.fields:2"
    with daemon.client() as client:
        client.send(get("/b", "A: 1", "B: 2"))
        assert client.read_reply().status == 200


# ---- what an origin sends ----

@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * KIB + b"\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * KIB,
])
def test_the_head_of_a_reply_has_a_limit(sluice, origin, head):
    def script(peer):
        peer.read_head()
        peer.send(head)
        peer.wait_close()

    daemon = sluice(vhost=vhost_of(origin(script),
                                   'limits = { header = "1k"; };'), workers=1)
    with takes(0, 3):
        assert daemon.get().status == 502
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "origin_malformed"
    assert line["fault"] == "head_large"
    assert line["limit"] == "pools.web.limits.header:1k"


def test_a_pool_without_a_name_has_the_defaults(sluice, origin):
    head = b"HTTP/1.1 200 OK\r\nX: " + b"x" * (64 * KIB) + b"\r\n\r\n"
    daemon = sluice(vhost=proxy_to(origin(head)), workers=1)
    assert daemon.get().status == 502
    line, = daemon.wait_exchanges(1)
    assert line["limit"] == "pool.limits.header:64k"
    assert line["fault"] == "head_large"
