"""What the cache fetches: stored, handed over, or not; and by whose ways."""

import pytest

from harness import eventually
from harness_cache import Gate, Site, cached, counter, fresh  # noqa: F401
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import chunked, get, pattern
from test_cache_collapse import nothing_is_left
from test_failover import refusing

KEPT = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"


def test_what_was_fetched_is_found(cached):
    daemon, site = cached()
    site.has("/a", fresh(b"hello"))
    for _ in range(3):
        assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 1
    nothing_is_left(daemon)


def test_what_is_not_stored_is_asked_for_once_by_each(cached):
    daemon, site = cached()
    site.has("/a", reply(b"hello", fields=["Cache-Control: no-store"]))
    for n in range(3):
        assert daemon.get("/a").body == b"hello"
        assert site.count("/a") == n + 1
    uses = [line["cache"] for line in daemon.wait_exchanges(3)]
    assert uses == ["uncacheable"] * 3
    nothing_is_left(daemon)


def test_what_may_be_stored_at_last_is(cached):
    """The first such reply says so, the next one is stored."""
    daemon, site = cached(workers=1)
    site.has("/a", reply(b"secret", fields=["Cache-Control: no-store"]))
    for _ in range(2):
        assert daemon.get("/a").body == b"secret"
    site.has("/a", fresh(b"hello"))
    for _ in range(4):
        assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 4
    uses = [line["cache"] for line in daemon.wait_exchanges(6)]
    assert uses == ["uncacheable"] * 3 + ["miss", "hit", "hit"]
    nothing_is_left(daemon)


@pytest.mark.parametrize("body", [
    b"", b"x", pattern(100_000), pattern(3_000_000)], ids=len)
@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "handed"])
def test_bodies_of_all_sizes_come_whole(cached, body, framing, kept):
    daemon, site = cached(workers=1)
    head = KEPT if kept else KEPT.replace(b"max-age=60", b"private")
    if framing == "length":
        site.has("/a", head + b"Content-Length: %d\r\n\r\n" % len(body) +
                 body)
    elif framing == "chunks":
        site.has("/a", head + b"Transfer-Encoding: chunked\r\n\r\n" +
                 chunked(body))
    else:
        def send(peer, request):
            peer.send(head + b"Connection: close\r\n\r\n" + body)
            raise Closed("by the test")
        site.has("/a", send)
    for _ in range(2):
        assert daemon.get("/a").body == body
    assert site.count("/a") == (1 if kept else 2)
    nothing_is_left(daemon)


def test_the_log_says_where_it_was_fetched(cached):
    daemon, site = cached(workers=1)
    site.has("/a", fresh(b"hello"))
    daemon.get("/a")
    daemon.get("/a")
    first, second = daemon.wait_exchanges(2)
    assert first["cache"] == "miss" and second["cache"] == "hit"
    assert first["server"] == f"127.0.0.1:{site.origin.port}"
    assert first["attempts"] == "1" and "first_byte" in first
    assert "server" not in second


def test_a_fetch_goes_to_another_server(cached, sluice):
    site = Site()
    down = refusing()
    vhost = (f'host = "*"; cache = true;\npools = {{ web = {{ servers = '
             f'[ "{down.url}", "{site.url}" ]; balance = "first"; '
             'outlier = false; }; };\n'
             'routes = ( { path = "/"; pool = "web"; } );\n')
    daemon = sluice(vhost=vhost, workers=1)
    site.has("/a", fresh(b"hello"))
    assert daemon.get("/a").body == b"hello"
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "2" and "connect_failed" in line["tried"]
    nothing_is_left(daemon)
    site.close()


def test_a_failure_is_told_as_without_a_cache(cached, sluice):
    down = refusing()
    daemon = sluice(vhost=f'host = "*"; cache = true; proxy = "{down.url}";',
                    workers=1)
    assert daemon.get("/a").status == 502
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "connect_failed" and line["cache"] == "miss"
    nothing_is_left(daemon)


def test_a_cookie_of_ours_is_not_stored(cached, sluice):
    site = Site()
    vhost = (f'host = "*"; cache = true;\npools = {{ web = {{ servers = '
             f'[ "{site.url}" ]; sticky = {{ cookie = "at"; }}; }}; }};\n'
             'routes = ( { path = "/"; pool = "web"; } );\n')
    daemon = sluice(vhost=vhost, workers=1)
    site.has("/a", fresh(b"hello"))
    assert daemon.get("/a").get("set-cookie").startswith("at=")
    assert daemon.get("/a").get("set-cookie") is None
    assert site.count("/a") == 1
    site.close()


def test_nothing_that_tells_of_the_origin_is_stored(cached):
    daemon, site = cached(workers=1)
    site.has("/a", fresh(b"hello", fields=[
        "Server: apache", "X-Powered-By: PHP", "Via: 1.1 inside",
        f"Content-Location: {site.url}/a"]))
    for _ in range(2):
        message = daemon.get("/a")
        assert message.get("server") is None
        assert message.get("x-powered-by") is None
        assert str(site.origin.port) not in message.head.decode()
        assert message.get("date") is not None
    assert site.count("/a") == 1


def test_a_part_is_fetched_as_a_part_and_kept_as_one(cached):
    daemon, site = cached(workers=1)
    part = (b"HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\n"
            b'ETag: "1"\r\nContent-Range: bytes 2-5/10\r\n'
            b"Content-Length: 4\r\n\r\n2345")
    site.has("/a", part, fresh(b"0123456789", fields=['ETag: "1"']))

    def ask(parts):
        with daemon.client() as client:
            client.send(get("/a", f"Range: bytes={parts}"))
            return client.read_reply()

    first = ask("2-5")
    assert first.status == 206 and first.body == b"2345"
    assert site.requests("/a")[0].get("range") == "bytes=2-5"
    again = ask("3-4")
    assert again.status == 206 and again.body == b"34"
    assert again.get("content-range") == "bytes 3-4/10"
    assert site.count("/a") == 1
    assert daemon.get("/a").body == b"0123456789"
    assert site.requests("/a")[1].get("range") is None
    assert ask("0-1").body == b"01"
    assert site.count("/a") == 2


def test_what_is_larger_than_said_goes_on_without_new_readers(cached):
    """A stream without a length, beyond max_object: who reads it gets all of
    it, and who comes then asks for himself."""
    daemon, site = cached(cache='{ max_object = "100k"; }', workers=2)
    piece = pattern(60_000)
    gate = Gate(KEPT + b"Transfer-Encoding: chunked\r\n\r\n" +
                b"%x\r\n" % len(piece) + piece + b"\r\n",
                chunked(piece, piece, piece))
    site.has("/a", gate, fresh(b"other"))
    clients = [daemon.client() for _ in range(3)]
    for client in clients:
        client.send(get("/a"))
    gate.open()
    heads = [client.read_head() for client in clients]
    assert site.count("/a") == 1
    gate.open()
    for client, head in zip(clients, heads):
        assert client.read_chunks(head) == piece * 4
        client.close()
    assert site.count("/a") == 1
    assert daemon.get("/a").body == b"other"
    nothing_is_left(daemon)


def test_a_worker_that_ends_finishes_its_fetches(cached):
    daemon, site = cached(workers=1)
    gate = Gate(fresh(b"hello"))
    site.has("/a", gate)
    client = daemon.client()
    client.send(get("/a"))
    site.wait_count(1, "/a")
    old = daemon.workers()
    client.reset()
    eventually(lambda: counter(daemon, "exchanges") == 0, what="it to leave")
    assert daemon.ctl("reload").returncode == 0
    gate.open()
    eventually(lambda: counter(daemon, "cache_stored") == 1,
               what="the reply to be stored")
    eventually(lambda: not set(old) & set(daemon.workers()),
               what="the old worker to end")
    assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 1


def test_a_failure_that_nobody_waits_for_is_logged(cached):
    daemon, site = cached(workers=1)
    gate = Gate(b"", close=True)
    site.has("/a", gate)
    client = daemon.client()
    client.send(get("/a"))
    site.wait_count(1, "/a")
    client.reset()
    daemon.wait_exchanges(1, end="client_closed")
    gate.open(5)
    daemon.wait_exchanges(1, end="origin_closed")
    assert counter(daemon, "cache_fetches_failed") == 1
    nothing_is_left(daemon)
