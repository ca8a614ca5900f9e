"""What clients get of what is stored: heads, bodies, fields of ours."""

import re
from email.utils import formatdate

import pytest

from harness import eventually
from harness_cache import cached, counter, fresh, Gate  # noqa: F401
from harness_origin import reply

LARGE = bytes(range(256)) * 4096 * 3        # 3 MiB


def warm(daemon, site, path="/a", body=b"hello", **options):
    """PATH is stored; the first reply."""
    site.has(path, fresh(body, **options))
    first = daemon.get(path)
    assert first.body == body
    daemon.wait_exchanges(1)
    return first


def head_without(message, *names):
    """The lines of its head, without these fields."""
    return [line for line in message.head.decode("latin-1").split("\r\n")
            if line.partition(":")[0].lower() not in names]


def test_a_hit_is_what_the_first_client_got(cached):
    daemon, site = cached()
    date = formatdate(usegmt=True)
    first = warm(daemon, site, fields=[
        f"Date: {date}", "ETag: \"x\"",
        "Content-Type: text/css", "X-Two:  a ", "x-two: b", "Server: secret",
        "Via: 1.1 somebody", "Connection: X-Hop", "X-Hop: 1"])
    second = daemon.get("/a")
    assert site.count() == 1
    assert second.get("Age") is not None and first.get("Age") is None
    assert head_without(first) == head_without(second, "age")
    assert second.head.startswith(
        b"HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\n"
        + f"Date: {date}\r\nETag: \"x\"\r\n".encode() +
        b"Content-Type: text/css\r\nX-Two: a\r\nx-two: b\r\n"
        b"Content-Length: 5\r\n")
    for name in ("Server", "Via", "X-Hop", "Connection"):
        assert second.get(name) is None


def test_age_is_that_of_the_reply(cached):
    daemon, site = cached()
    warm(daemon, site, fields=["Age: 1000"])
    assert 1000 <= int(daemon.get("/a").get("Age")) < 1060


def test_a_reply_without_a_date_gets_the_one_that_it_came_with(cached):
    daemon, site = cached()
    first = warm(daemon, site)
    assert daemon.get("/a").get("Date") == first.get("Date") is not None


@pytest.mark.parametrize("body", [b"", b"x", b"y" * 65537, LARGE],
                         ids=["none", "one", "64k", "3m"])
def test_bodies_are_whole(cached, body):
    daemon, site = cached()
    site.has("/a", fresh(body))
    for _ in range(3):
        assert daemon.get("/a").body == body
    assert site.count() == 1


def test_many_hits_on_one_connection(cached):
    daemon, site = cached()
    warm(daemon, site)
    with daemon.client() as client:
        for _ in range(20):
            client.request("/a")
        for _ in range(20):
            assert client.read_reply().body == b"hello"
    assert site.count() == 1


def test_head_is_answered_from_what_get_stored(cached):
    daemon, site = cached()
    warm(daemon, site, fields=["ETag: \"x\""])
    with daemon.client() as client:
        head = client.get("/a", method="HEAD")
        assert (head.status, head.get("Content-Length")) == (200, "5")
        assert head.get("ETag") == '"x"'
        assert client.get("/a").body == b"hello"
    assert site.count() == 1


def test_a_client_of_http_1_0(cached):
    daemon, site = cached()
    warm(daemon, site)
    with daemon.client() as client:
        client.send(b"GET /a HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert client.read_reply().body == b"hello"
        client.wait_close()
    assert site.count() == 1


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved Permanently",
                                    "204 No Content", "410 Gone"])
def test_other_statuses(cached, status):
    daemon, site = cached()
    body = b"" if status.startswith("204") else b"words"
    bytes_ = fresh(body, status=status, fields=["Location: /b"])
    if status.startswith("204"):
        bytes_ = bytes_.replace(b"Content-Length: 0\r\n", b"")
    site.has("/a", bytes_)
    first, second = daemon.get("/a"), daemon.get("/a")
    assert site.count() == 1
    assert first.start == second.start == f"HTTP/1.1 {status}"
    assert first.body == second.body == body
    assert head_without(first) == head_without(second, "age")


def test_fields_of_the_operator_are_on_hits_too(cached):
    daemon, site = cached(vhost='''
        headers = { response = { set = {
            X-Id = "${request_id}"; X-Old = "new"; };
            remove = [ "X-Gone", "Age" ]; }; };''')
    site.has("/a", fresh(b"hello", fields=["X-Old: old", "X-Gone: 1"]))
    ids = set()
    for _ in range(2):
        got = daemon.get("/a")
        assert got.get("X-Old") == "new"
        assert got.get("X-Gone") is None and got.get("Age") is None
        ids.add(got.get("X-Id"))
    assert len(ids) == 2 and site.count() == 1


def test_our_page_stands_for_a_stored_error(cached, workdir):
    page = workdir / "page.html"
    page.write_text("<p>ours</p>")
    daemon, site = cached(vhost=f'''
        errors = ( {{ status = [ 404 ]; file = "{page}"; origin = true; }} );
        ''')
    site.has("/a", fresh(b"theirs", status="404 Not Found"))
    for _ in range(2):
        got = daemon.get("/a")
        assert (got.status, got.body) == (404, b"<p>ours</p>")


def test_the_log_and_the_counters_say_what_the_cache_did(cached):
    daemon, site = cached(workers=1)
    warm(daemon, site)
    daemon.get("/a")
    daemon.get("/a")
    site.has("/no", reply(b"x", fields=["Cache-Control: no-store"]))
    daemon.get("/no")
    daemon.wait_exchanges(4)
    words = [line["cache"] for line in daemon.exchanges()]
    assert words == ["miss", "hit", "hit", "uncacheable"]
    assert counter(daemon, "cache_hits") == 2
    assert counter(daemon, "cache_misses") == 1
    assert counter(daemon, "cache_uncacheable") == 1


def test_a_hit_has_no_server(cached):
    daemon, site = cached()
    warm(daemon, site)
    daemon.get("/a")
    line, = daemon.wait_exchanges(1, cache="hit")
    assert "server" not in line and "attempts" not in line
    assert (line["status"], line["bytes"], line["end"]) == ("200", "5", "done")


def test_cache_status(cached):
    daemon, site = cached(cache="{ status_header = true; }")
    first = warm(daemon, site, seconds=100)
    assert re.fullmatch(r"sluice; fwd=uri-miss; ttl=(100|9\d); stored",
                        first.get("Cache-Status"))
    assert re.fullmatch(r"sluice; hit; ttl=(100|9\d)",
                        daemon.get("/a").get("Cache-Status"))


def test_nothing_tells_of_the_cache_unless_it_is_said_so(cached):
    daemon, site = cached()
    warm(daemon, site)
    assert daemon.get("/a").get("Cache-Status") is None


# ---- what still grows ----

HEAD = (b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
        b"Content-Length: 10\r\n\r\n")
CHUNKS = (b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
          b"Transfer-Encoding: chunked\r\n\r\n")


def two_readers(daemon, gate, first_piece):
    """A client that fetches /a, and one that has joined; both have the first
    bytes."""
    clients = [daemon.client(), daemon.client()]
    heads = []
    for client in clients:
        client.request("/a")
        gate.began.wait(10)
        gate.open(1 if client is clients[0] else 0)
        heads.append(client.read_head())
        if "chunked" in heads[-1].tokens("Transfer-Encoding"):
            assert client.read_until(b"\r\n") == b"5\r\n"
        assert client.read_exactly(len(first_piece)) == first_piece
    return clients, heads


def test_a_second_client_streams_what_the_first_fetches(cached):
    daemon, site = cached()
    gate = Gate(HEAD + b"first", b"later")
    site.has("/a", gate)
    clients, heads = two_readers(daemon, gate, b"first")
    assert [h.get("Content-Length") for h in heads] == ["10", "10"]
    gate.open()
    for client in clients:
        assert client.read_exactly(5) == b"later"
        client.close()
    assert site.count() == 1


def test_a_body_of_unknown_length_grows_in_chunks(cached):
    daemon, site = cached()
    gate = Gate(CHUNKS + b"5\r\nfirst\r\n", b"5\r\nlater\r\n0\r\n\r\n")
    site.has("/a", gate)
    clients, heads = two_readers(daemon, gate, b"first")
    gate.open()
    for client in clients:
        assert client.read_exactly(17) == b"\r\n5\r\nlater\r\n0\r\n\r\n"
        client.close()
    assert daemon.get("/a").get("Content-Length") == "10"
    assert site.count() == 1


def test_what_breaks_off_breaks_off_for_all(cached):
    daemon, site = cached()
    gate = Gate(HEAD + b"first", b"la", close=True)
    site.has("/a", gate)
    clients, _ = two_readers(daemon, gate, b"first")
    gate.open()
    for client in clients:
        assert client.read_to_close() == b"la"
        client.close()
    lines = daemon.wait_exchanges(2)
    assert {line["end"] for line in lines} <= {"fetch_broken",
                                               "origin_closed"}
    site.has("/a", fresh(b"again"))
    assert daemon.get("/a").body == b"again"


def test_the_fetch_goes_on_when_its_client_leaves(cached):
    daemon, site = cached()
    gate = Gate(HEAD + b"first", b"later")
    site.has("/a", gate)
    clients, _ = two_readers(daemon, gate, b"first")
    clients[0].reset()
    daemon.wait_exchanges(1, end="client_closed")
    gate.open()
    assert clients[1].read_exactly(5) == b"later"
    clients[1].close()
    assert daemon.get("/a").body == b"firstlater"
    assert site.count() == 1


def test_a_client_that_leaves_lets_go(cached):
    daemon, site = cached()
    site.has("/a", fresh(LARGE))
    assert daemon.get("/a").body == LARGE
    with daemon.client(receive_buffer=4096) as client:
        client.request("/a")
        client.read_head()
        client.reset()
    daemon.wait_exchanges(1, cache="hit", end="client_closed")
    eventually(lambda: daemon.get("/a").body == LARGE)
    assert site.count() == 1
