"""Connections that go on: kept alive on both sides, pipelined, cut anywhere."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import get, pattern, post, tell


def paths(origin):
    return [head.split(b" ")[1].decode() for head in origin.heads]


def test_one_origin_connection_serves_all_requests_of_a_client(sluice,
                                                               origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for i in range(50):
            assert client.get(f"/{i}").body.startswith(f"/{i} ".encode())
    assert len(behind.peers) == 1
    assert paths(behind) == [f"/{i}" for i in range(50)]


def test_clients_take_turns_on_one_origin_connection(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for i in range(10):
        assert daemon.get(f"/{i}").status == 200
    assert len(behind.peers) == 1


def test_clients_at_once_get_connections_of_their_own(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    clients = [daemon.client() for _ in range(20)]
    for turn in range(3):
        for client in clients:
            client.request(f"/{turn}")
        for client in clients:
            assert client.read_reply().body.startswith(f"/{turn} ".encode())
    for client in clients:
        client.close()
    assert 1 <= len(behind.peers) <= 20


def test_two_requests_in_one_segment_are_both_answered(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        client.send(get("/a") + get("/b"))
        assert client.read_reply().body.startswith(b"/a ")
        assert client.read_reply().body.startswith(b"/b ")
        assert client.get("/c").body.startswith(b"/c ")


def test_pipelined_requests_are_answered_in_order(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"".join(get(f"/{i}") for i in range(500)))
        for i in range(500):
            assert client.read_reply().body.startswith(f"/{i} ".encode())
    assert paths(behind) == [f"/{i}" for i in range(500)]
    assert len(behind.peers) == 1


def test_pipelined_requests_with_bodies_are_told_apart(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    bodies = [pattern(n) for n in (0, 1, 3000, 8192, 20000, 150_000, 7)]
    with daemon.client() as client:
        client.send(b"".join(
            post(f"/{i}", body) + get(f"/get{i}") + post(f"/c{i}", body[:9],
                                                          body[9:] or b"x")
            for i, body in enumerate(bodies)))
        for i, body in enumerate(bodies):
            told = client.read_reply().body.split()
            assert told[:2] == [b"/%d" % i, b"%d" % len(body)]
            assert client.read_reply().body.startswith(b"/get%d 0 " % i)
            assert client.read_reply().body.startswith(b"/c%d " % i)
    for i, body in enumerate(bodies):
        assert behind.requests[3 * i].body == body
        assert behind.requests[3 * i + 2].body == body[:9] + (body[9:] or b"x")


@pytest.mark.parametrize("size", [3000, 9000, 20_000, 25_000, 60_000])
def test_pipelined_large_heads_are_not_taken_for_one(sluice, origin, size):
    """Whatever stands in the window before a head does not count as it."""
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        client.send(b"".join(get(f"/{i}", "A: " + "a" * size)
                             for i in range(8)))
        for i in range(8):
            answer = client.read_reply()
            assert answer.status == 200
            assert answer.body.startswith(f"/{i} ".encode())


def test_request_may_come_byte_by_byte(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send_slowly(post("/slow", b"abcdefgh"))
        assert client.read_reply().body.startswith(b"/slow 8 ")
        client.send_slowly(post("/chunks", b"abc", b"defgh"))
        assert client.read_reply().body.startswith(b"/chunks 8 ")
    assert [r.body for r in behind.requests] == [b"abcdefgh"] * 2


def test_reply_may_come_byte_by_byte(sluice, origin):
    def script(peer):
        peer.read_request()
        peer.send_slowly(reply(b"hello"))
        peer.read_request()
        peer.send_slowly(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                         b"\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n")

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        assert client.get().body == b"hello"
        assert client.get().body == b"abcde"
    assert len(behind.peers) == 1


def test_requests_cut_at_every_byte_are_understood(sluice, origin):
    """In two segments each, the cut moving on through head and body."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    request = post("/cut", b"0123456789")
    with daemon.client() as client:
        for at in range(1, len(request)):
            client.send(request[:at])
            client.send_slowly(request[at:], step=len(request))
            assert client.read_reply().body.startswith(b"/cut 10 ")
    assert {r.body for r in behind.requests} == {b"0123456789"}


def test_close_of_the_client_is_honoured(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        answer = client.get(fields=["Connection: close"])
        assert answer.tokens("Connection") == ["close"]
        client.wait_close()


def test_close_of_the_origin_is_not_passed_on(sluice, origin):
    behind = origin(reply(b"x", fields=["Connection: close"]))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            answer = client.get()
            assert answer.body == b"x" and answer.tokens("Connection") == []
    assert len(behind.peers) == 3


def test_http_1_0_ends_with_the_connection(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1)
    with daemon.client() as client:
        client.send(get(version="1.0"))
        answer = client.read_reply()
        assert answer.body == b"hello"
        assert answer.tokens("Connection") == ["close"]
        client.wait_close()


def test_http_1_0_is_kept_alive_when_it_asks(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            client.send(get("/", "Connection: keep-alive", version="1.0"))
            answer = client.read_reply()
            assert answer.body == b"hello"
            assert answer.tokens("Connection") == ["keep-alive"]
    assert all(b" HTTP/1.1\r\n" in head for head in behind.heads)
    assert len(behind.peers) == 1


@pytest.mark.parametrize("fields, reused", [
    ([], False), (["Connection: keep-alive"], True)])
def test_origin_of_http_1_0_is_reused_when_it_agrees(sluice, origin, fields,
                                                     reused):
    answer = reply(b"x", fields=fields).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    behind = origin(answer)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            answer = client.get()
            assert answer.start == "HTTP/1.1 200 OK"
            assert answer.tokens("Connection") == []
    assert len(behind.peers) == (1 if reused else 3)


def test_last_reply_survives_requests_behind_it(sluice, origin):
    """What a client pipelined behind its "close" is not answered; it must
    not reset the reply that is still on its way to a slow reader either."""
    body = pattern(400_000)
    daemon = sluice(vhost=proxy_to(origin(reply(body))), workers=1)
    with daemon.client(receive_buffer=4096) as client:
        client.send(get("/", "Connection: close") + get("/x") * 2000)
        daemon.wait_exchanges(1)
        assert client.read_reply().body == body
