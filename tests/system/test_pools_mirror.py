"""mirror: copies of requests go to another pool, and nobody waits for them."""

import re
import threading
import time

import pytest

from harness import eventually
from harness_origin import reply
from harness_processes import free_port

HELLO = reply(b"hello")


def vhost(main, other, percent=100, more=""):
    return ('host = "*";\n'
            f'pools = {{ web = {{ servers = "{main}"; }};\n'
            f'          new = {{ servers = "{other}"; '
            'timeouts = { first_byte = "20s"; }; }; };\n'
            'routes = ( { path = "/"; pool = "web"; '
            f'mirror = {{ pool = "new"; percent = {percent}; }}; {more} }} );'
            '\n')


def counter(daemon, name):
    text = daemon.ctl("status").stdout
    return int(re.search(rf"^{name} +(\d+)$", text, re.M)[1])


def count_is(daemon, name, wanted):
    eventually(lambda: counter(daemon, name) == wanted,
               what=f"{name} to be {wanted}")


def hanging(peer):
    peer.requests.append(peer.read_request())
    peer.wait_close()


def test_a_copy_is_the_request_as_it_is_forwarded(sluice, origin):
    main, other = origin(HELLO), origin(reply(b"nobody reads this"))
    daemon = sluice(vhost=vhost(main.url, other.url + "/base",
                                more='strip = false; rewrite = "/new${path}";'))
    with daemon.client() as client:
        client.send(b"POST /a%20b?q=1 HTTP/1.1\r\nHost: www.test\r\n"
                    b"X-One: 1\r\nX-Mirrored: me\r\nx_mirrored: me\r\n"
                    b"Expect: 100-continue\r\nConnection: X-Hop\r\n"
                    b"X-Hop: 1\r\nContent-Length: 4\r\n\r\nbody")
        assert client.read_reply("POST").body == b"hello"
    eventually(lambda: other.requests and main.requests)
    one, = main.requests
    copy, = other.requests
    assert one.start == "POST /new/a%20b?q=1 HTTP/1.1"
    assert copy.start == "POST /base/new/a%20b?q=1 HTTP/1.1"
    assert copy.body == one.body == b"body"
    for name in ("Host", "X-One", "X-Forwarded-For", "X-Forwarded-Host",
                 "X-Request-Id", "Via", "Content-Length"):
        assert copy.get(name) == one.get(name) is not None, name
    assert copy.all("X-Mirrored") == ["1"] and not copy.all("x_mirrored")
    assert not copy.all("X-Hop") and not copy.all("Expect")
    count_is(daemon, "mirrors", 1)
    assert counter(daemon, "mirrors_failed") == 0


def test_its_connection_is_used_again(sluice, origin):
    main, other = origin(HELLO), origin(reply(b"x" * 100_000))
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    for n in range(5):
        assert daemon.get("/").body == b"hello"
        eventually(lambda: len(other.requests) == n + 1)
        eventually(lambda: counter(daemon, "origin_idle") == 2)
    assert len(other.peers) == 1


def test_so_many_of_a_hundred_are_copied(sluice, origin):
    main, other = origin(HELLO), origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, other.url, 25))
    with daemon.client() as client:
        for _ in range(1000):
            assert client.get("/").status == 200
    copies = counter(daemon, "mirrors")
    assert 150 < copies < 350   # seven standard deviations
    eventually(lambda: len(other.requests) == copies)


def test_none_of_a_hundred_is_none(sluice, origin):
    main, other = origin(HELLO), origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, other.url, 0))
    for _ in range(50):
        daemon.get("/")
    assert counter(daemon, "mirrors") == 0 and other.peers == []


def test_a_mirror_that_never_answers_delays_nobody(sluice, origin):
    main, other = origin(HELLO), origin(hanging)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    with daemon.client() as client:
        for _ in range(20):
            assert client.get("/").body == b"hello"
        eventually(lambda: len(other.requests) == 20)
        assert client.get("/").body == b"hello"
    assert counter(daemon, "mirrors_failed") == 0
    assert counter(daemon, "exchanges") == 0


def test_a_dead_mirror_is_counted_and_told_once(sluice, origin):
    main = origin(HELLO)
    daemon = sluice(vhost=vhost(main.url,
                                f"http://127.0.0.1:{free_port()}"), workers=1)
    for _ in range(20):
        assert daemon.get("/").body == b"hello"
    count_is(daemon, "mirrors_failed", 20)
    lines = re.findall(r'a mirror to http.* of the pool "new" failed: .*',
                       daemon.errors())
    assert len(lines) == 1 and "Connection refused" in lines[0]
    assert counter(daemon, "origin_failures") == 0


@pytest.mark.parametrize("answer", [
    b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
    b"", b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
         b"Upgrade: x\r\n\r\n"])
def test_a_bad_answer_is_counted(sluice, origin, answer):
    def script(peer):
        peer.read_head()
        peer.send(answer)

    main, other = origin(HELLO), origin(script)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    assert daemon.get("/").body == b"hello"
    count_is(daemon, "mirrors_failed", 1)


def test_an_endless_answer_is_left_and_no_failure(sluice, origin):
    left = threading.Event()

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                peer.send(b"x" * 65536)
        finally:
            left.set()

    main, other = origin(HELLO), origin(script)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    assert daemon.get("/").body == b"hello"
    assert left.wait(10)
    assert counter(daemon, "mirrors_failed") == 0


def test_interim_replies_and_chunks_are_read(sluice, origin):
    main = origin(HELLO)
    other = origin(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                   b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    for _ in range(3):
        assert daemon.get("/").body == b"hello"
        eventually(lambda: counter(daemon, "origin_idle") == 2)
    assert len(other.peers) == 1 and counter(daemon, "mirrors_failed") == 0


def test_many_that_hang_are_bounded(sluice, origin):
    main, other = origin(HELLO), origin(hanging)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    with daemon.client() as client:
        for _ in range(300):
            assert client.get("/").body == b"hello"
    assert counter(daemon, "mirrors") == 256
    assert counter(daemon, "mirrors_skipped") == 44


def test_their_memory_is_bounded(sluice, origin):
    main, other = origin(HELLO), origin(hanging)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    fields = ["X-Large: " + "y" * 6000] * 9
    with daemon.client() as client:
        for _ in range(150):
            assert client.get("/", fields=fields).body == b"hello"
    assert 60 < counter(daemon, "mirrors") < 140
    assert counter(daemon, "mirrors_skipped") > 0


def test_a_body_that_is_not_kept_as_a_whole_is_not_copied(sluice, origin):
    main, other = origin(HELLO), origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000)
        assert client.read_reply("POST").body == b"hello"
    assert main.requests[0].body == b"x" * 200_000
    assert counter(daemon, "mirrors_skipped") == 1 and other.peers == []


@pytest.mark.parametrize("framing, buffering, pieces", [
    (b"Content-Length: 10", "stream", (b"\r\n\r\n", b"12345", b"67890")),
    (b"Transfer-Encoding: chunked", "stream",
     (b"\r\n\r\n5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n",)),
    (b"Transfer-Encoding: chunked", "full",
     (b"\r\n\r\n5\r\n12345\r\n", b"5\r\n67890\r\n0\r\n", b"\r\n"))])
def test_a_body_is_copied_when_it_is_whole(sluice, origin, framing, buffering,
                                           pieces):
    main, other = origin(HELLO), origin(HELLO)
    daemon = sluice(workers=1, vhost=vhost(
        main.url, other.url,
        more=f'buffering = {{ request = "{buffering}"; }};'))
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + framing)
        for piece in pieces:
            time.sleep(0.02)
            client.send(piece)
        assert client.read_reply("POST").body == b"hello"
    eventually(lambda: other.requests)
    assert other.requests[0].body == main.requests[0].body == b"1234567890"
    assert other.requests[0].get("Content-Length") == "10"


def test_a_mirror_can_hash(sluice, origin):
    main, one, two = origin(HELLO), origin(HELLO), origin(HELLO)
    text = vhost(main.url, one.url).replace(
        f'servers = "{one.url}";',
        f'servers = [ "{one.url}", "{two.url}" ]; balance = "hash:uri";')
    daemon = sluice(vhost=text, workers=1)
    for n in range(40):
        daemon.get(f"/{n % 10}")
        eventually(lambda: len(one.requests + two.requests) == n + 1)
        # with one under way the other may have to help out
        eventually(lambda: '"in_flight":1' not in
                   daemon.ctl("--json", "pools").stdout)
    starts = [{r.start for r in there.requests} for there in (one, two)]
    assert all(starts) and not starts[0] & starts[1]


def test_all_servers_of_a_mirror_may_be_down(sluice, origin):
    main, other = origin(HELLO), origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    assert daemon.ctl("server", f"*/new/{other.url}", "down").returncode == 0
    assert daemon.get("/").body == b"hello"
    count_is(daemon, "mirrors_failed", 1)
    assert 'a mirror to the pool "new" failed: no server may be used' in (
        daemon.errors())


def test_an_upgrade_is_not_copied(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                  b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        peer.wait_close()

    main, other = origin(script), origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
                    b"Upgrade: websocket\r\n\r\n")
        assert client.read_head().status == 101
    assert counter(daemon, "mirrors") == 0
    assert counter(daemon, "mirrors_skipped") == 0 and other.peers == []


def test_a_worker_that_ends_does_not_wait_for_mirrors(sluice, origin):
    main, other = origin(HELLO), origin(hanging)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    assert daemon.get("/").body == b"hello"
    eventually(lambda: other.requests)
    old = daemon.workers()
    assert daemon.ctl("reload").returncode == 0
    eventually(lambda: not set(old) & set(daemon.workers()),
               what="the old worker to end")


def test_it_is_told_by_route(sluice, origin):
    main = origin(HELLO)
    daemon = sluice(vhost=vhost(main.url, main.url, 7))
    assert re.search(r"^mirror    new, 7 of a hundred$",
                     daemon.ctl("route", "http://a.test/").stdout, re.M)


def test_a_connection_that_was_closed_meanwhile_is_replaced(sluice, origin):
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(HELLO)

    main, other = origin(HELLO), origin(script)
    daemon = sluice(vhost=vhost(main.url, other.url), workers=1)
    with daemon.client() as client:
        for n in range(20):
            assert client.get("/").body == b"hello"
            eventually(lambda: len(other.requests) == n + 1)
    assert counter(daemon, "mirrors_failed") == 0


def test_a_request_that_goes_to_another_arm_is_copied_once(sluice, origin):
    """Its first arm can't be connected to: if_down sends it to the other."""
    stable, copies = origin(HELLO), origin(HELLO)
    daemon = sluice(workers=1, vhost=f'''
        host = "*";
        pools = {{ stable = {{ servers = "{stable.url}"; }};
                  beta = {{ servers = "http://127.0.0.1:{free_port()}"; }};
                  new = {{ servers = "{copies.url}"; }}; }};
        routes = ( {{ path = "/"; mirror = {{ pool = "new"; }};
            split = {{ name = "exp"; if_down = "stable";
                arms = ( {{ pool = "stable"; weight = 0; }},
                         {{ pool = "beta"; weight = 1; }} ); }}; }} );''')
    assert daemon.get().body == b"hello"
    count_is(daemon, "mirrors", 1)
    eventually(lambda: copies.requests, what="the copy")
    assert daemon.get().body == b"hello"
    eventually(lambda: len(copies.requests) == 2, what="the second copy")
    count_is(daemon, "mirrors", 2)
