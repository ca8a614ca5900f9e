"""Origins that fail: what the client sees, what is tried again, what never."""

import threading
import time
from pathlib import Path

import pytest

from harness import UNBUFFERED, eventually, in_turn, proxy_to
from harness_limits import full_origin, vhost_of
from harness_origin import reply
from harness_peer import Closed
from harness_processes import free_port
from harness_scripts import Gate, get, pattern, post, tell


def only_line(daemon):
    line, = daemon.wait_exchanges(1)
    return line


def then_close(data):
    """A script: a request, DATA, the end."""
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(data)
    return script


def refused_url():
    return f"http://127.0.0.1:{free_port()}"


# ---- no reply ----


def test_refused_connection_is_502(sluice):
    daemon = sluice(vhost=proxy_to(refused_url()), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            answer = client.get()
            assert answer.body.startswith(b"502 Bad Gateway\n")
    for line in daemon.wait_exchanges(2):
        assert (line["status"], line["end"]) == ("502", "connect_failed")
        assert "first_byte" not in line


def test_close_without_an_answer_is_502(sluice, origin):
    behind = origin(then_close(b""))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    requests = [get(), post("/", b"abc"), post("/", b"a", b"bc"),
                post("/", pattern(100_000))]
    for data in requests:
        with daemon.client() as client:
            client.send(data)
            assert client.read_reply().status == 502
    assert {line["end"] for line in daemon.wait_exchanges(len(requests))} == \
        {"origin_closed"}


def test_reset_without_an_answer_is_502(sluice, origin):
    def script(peer):
        peer.read_request()
        peer.reset()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    assert daemon.get().status == 502
    assert only_line(daemon)["end"] == "origin_closed"


@pytest.mark.parametrize("part", [b"H", b"HTTP/1.1 200 OK\r\n",
                                  b"HTTP/1.1 200 OK\r\nA: b\r\n"])
def test_half_a_head_is_502_and_not_tried_again(sluice, origin, part):
    behind = origin(then_close(part))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    assert daemon.get().status == 502
    line = only_line(daemon)
    assert (line["end"], line["attempts"]) == ("origin_closed", "1")
    assert len(behind.peers) == 1


GARBAGE = [
    (b"hello\r\n\r\n", "version"),
    (b"\x00\x01\x02\x03\r\n\r\n", "version"),
    (b"SSH-2.0-OpenSSH\r\n\r\n", "version"),
    (b"HTTP/1.1 20 OK\r\n\r\n", "status_line"),
    (b"HTTP/1.1 099 OK\r\n\r\n", "status_line"),
    (b"HTTP/1.1 600 OK\r\n\r\n", "status_line"),
    (b"HTTP/2.0 200 OK\r\n\r\n", "version_unknown"),
    (b"HTTP/1.1 200 O\x01K\r\n\r\n", "status_line"),
    (b"HTTP/1.1 200 OK\nA: b\n\n", "line_end"),
    (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "field_name"),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "obs_fold"),
    (b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", "field_value"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "length_malformed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
     "length_several"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n", "length_and_coding"),
    (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "coding_version"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
     "chunk_size"),
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "status_line"),
    (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n", "fields_many"),
    (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", "head_large"),
]


def test_malformed_replies_are_502_with_a_fault(sluice, origin):
    """None of their bytes gets out."""
    replies = [data for data, _ in GARBAGE]
    behind = origin(lambda peer: then_close(replies[len(behind.peers) - 1])
                    (peer))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for data, _ in GARBAGE:
            answer = client.get()
            ours, _, request_id = answer.body.rpartition(b": ")
            assert ours.startswith(b"502 Bad Gateway\n\nThe site did not"), \
                data
            assert ours.endswith(b"\n\nRequest ID") and len(request_id) == 33
    lines = daemon.wait_exchanges(len(GARBAGE))
    assert [(line["status"], line["end"], line["fault"]) for line in lines] \
        == [("502", "origin_malformed", fault) for _, fault in GARBAGE]
    assert len(behind.peers) == len(GARBAGE)


@pytest.mark.parametrize("size", [8000, 8192, 60_000, 65_536])
def test_large_reply_heads_are_passed_on(sluice, origin, size):
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: "
    head = start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"
    behind = origin(head + b"hello")
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            answer = client.get()
            assert answer.body == b"hello"
            assert len(answer.get("A")) == size - len(start) - 4
    assert len(behind.peers) == 1


def test_full_heads_both_ways_have_room_in_the_exchange(sluice, origin):
    """As many fields as may be, and a path that must be copied."""
    fields = [f"F{i}:{i}" for i in range(90)]
    answer = reply(b"x", fields=fields)
    behind = origin(answer)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for length in range(500, 8000, 250):
        path = "/%7e//" + "p" * length
        got = daemon.get(path, fields=fields)
        assert got.status == 200, length
        assert got.all("F89") == ["89"]


# ---- half a reply ----


def cut_reply(sluice, origin, data, version="1.1", request=None):
    """What a client received when the origin's reply was only DATA."""
    daemon = sluice(vhost=proxy_to(origin(then_close(data))), workers=1)
    with daemon.client() as client:
        client.send(request or get(version=version))
        got = client.read_to_close()
    line = only_line(daemon)
    assert (line["status"], line["end"]) == ("200", "origin_closed")
    return got, line


@pytest.mark.parametrize("sent, total", [(0, 5), (3, 5), (100_000, 200_000),
                                         (500_000, 1_000_000)])
def test_cut_length_reply_is_cut_for_the_client(sluice, origin, sent, total):
    got, line = cut_reply(
        sluice, origin, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" %
        total + pattern(sent))
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % total in head
    assert body == pattern(sent)
    assert line["bytes"] == str(sent)


@pytest.mark.parametrize("tail", [b"", b"5", b"5\r\n", b"5\r\nab", b"0\r\n"])
def test_cut_chunked_reply_has_no_last_chunk(sluice, origin, tail):
    got, _ = cut_reply(
        sluice, origin, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n3\r\nabc\r\n" + tail)
    body = got.partition(b"\r\n\r\n")[2]
    assert body in (b"3\r\nabc\r\n", b"3\r\nabc\r\n2\r\nab\r\n",
                    b"5\r\nabcab\r\n")


def resets(client):
    """Reads to the end: was it a reset?"""
    client.sock.settimeout(client.deadline)
    try:
        while client.sock.recv(1 << 16):
            pass
    except ConnectionResetError:
        return True
    return False


@pytest.mark.parametrize("unread", [b"", b"x" * 10])
def test_cut_reply_to_http_1_0_ends_with_a_reset(sluice, origin, unread):
    """A FIN would make it look whole, also where we would close gently: with
    a request that was not read to its end."""
    gate = Gate()

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"3\r\nabc\r\n")
        gate.wait()
        peer.reset()

    daemon = sluice(vhost=proxy_to(origin(script)) + UNBUFFERED,
                    workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
                    % (2 * len(unread)) + unread)
        assert client.read_head().status == 200
        assert client.read_exactly(3) == b"abc"
        gate.open()
        assert resets(client)
    assert only_line(daemon)["end"] == "origin_closed"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_reset_in_a_reply_without_a_length_is_no_end_of_it(sluice, origin,
                                                           version):
    """What ends with the connection ends with FIN, not with a reset."""
    gate = Gate()

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        gate.wait()
        peer.reset()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get(version=version))
        assert client.read_head().status == 200
        client.read_until(b"abc")
        gate.open()
        if version == "1.0":
            assert resets(client)
        else:
            assert client.read_to_close() == b"\r\n"
    assert only_line(daemon)["end"] == "origin_closed"


# ---- idle connections ----


def closing_after(count):
    """A script: COUNT replies a connection, then it closes silently."""
    def script(peer):
        for _ in range(count):
            peer.requests.append(peer.read_request())
            peer.send(reply(b"x"))
    return script


def test_closed_idle_connection_is_noticed(sluice, origin):
    """The origin closes behind each reply without a word: the event, or the
    peek before reuse, or the silent second try find out."""
    behind = origin(closing_after(1))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(50):
            assert client.get().status == 200
    assert len(behind.requests) == 50
    assert {line["attempts"] for line in daemon.wait_exchanges(50)} == {"1"}


def stale_at_reuse():
    """A script: one reply; the second request of a connection is met by a
    close, as if that had been on its way already."""
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(reply(b"x"))
        peer.read_head()
    return script


@pytest.mark.parametrize("method, body", [
    ("GET", None), ("PUT", b"abc"), ("DELETE", None), ("OPTIONS", b"a" * 5000)])
def test_stale_connection_is_replaced_silently(sluice, origin, method, body):
    behind = origin(stale_at_reuse())
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(5):
            assert client.get(method=method, body=body).status == 200
    assert len(behind.peers) == 5
    for line in daemon.wait_exchanges(5):
        assert (line["attempts"], line["end"]) == ("1", "done")


def test_post_is_never_sent_twice(sluice, origin):
    behind = origin(stale_at_reuse())
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        assert client.get(method="POST", body=b"1").status == 200
        assert client.get(method="POST", body=b"2").status == 502
    assert [r.body for r in behind.requests] == [b"1"]
    assert len(behind.peers) == 1


def test_only_what_can_be_repeated_takes_an_old_connection(sluice, origin):
    """After more than a second: a POST, and a PUT whose body can't be sent
    again, open a new one; a GET takes the old one."""
    requests = {
        "get": get(host="get"), "post": post("/", b"x"),
        "chunked": post("/", b"a", b"b"),
        "put": post("/", pattern(200_000)).replace(b"POST", b"PUT", 1)}
    behind = {name: origin(tell) for name in requests}
    daemon = sluice(workers=1, vhosts={
        name: proxy_to(one, host=name) for name, one in behind.items()})
    for name in requests:
        assert daemon.get(host=name).status == 200
    time.sleep(1.2)     # the age of the idle connections is the case
    with daemon.client() as client:
        for name, data in requests.items():
            client.send(data.replace(b"localhost", name.encode(), 1))
            assert client.read_reply().status == 200
    assert {name: len(one.peers) for name, one in behind.items()} == {
        "get": 1, "post": 2, "chunked": 2, "put": 2}


def test_a_fresh_connection_serves_posts(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(10):
            client.send(post("/", b"x"))
            assert client.read_reply().status == 200
    assert len(behind.peers) == 1


def test_unasked_bytes_end_an_idle_connection(sluice, origin):
    """A reply that nobody asked for is nobody's."""
    gate = Gate()

    def script(peer):
        peer.read_request()
        peer.send(reply(b"first"))
        gate.wait()
        peer.send(reply(b"forged"))
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        assert client.get().body == b"first"
        gate.wait_reached()
        gate.open()
        eventually(lambda: behind.peers[0].closed, what="the close")
        assert client.get().body == b"first"
    assert len(behind.peers) == 2


# ---- another server ----


def test_second_server_answers_when_the_first_refuses(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=in_turn(refused_url(), behind), workers=1)
    big = pattern(300_000)
    with daemon.client() as client:
        for data in (get(), post("/", b"abc"), post("/", b"a", b"bc"),
                     post("/", big), get(), post("/", big[:9], big[9:])):
            client.send(data)
            assert client.read_reply().status == 200
    lines = daemon.wait_exchanges(6)
    assert {line["server"] for line in lines} == {f"127.0.0.1:{behind.port}"}
    assert {line["end"] for line in lines} == {"done"}
    assert [line["attempts"] for line in lines] == ["2", "1"] * 3


def test_silent_close_is_tried_at_the_second_server_unless_post(sluice,
                                                                origin):
    broken, behind = origin(then_close(b"")), origin(tell)
    daemon = sluice(vhost=in_turn(broken, behind), workers=1)
    with daemon.client() as client:
        assert client.get().status == 200
        assert [client.get().status for _ in range(4)] == [200] * 4
        statuses = []
        for _ in range(4):
            client.send(post("/", b"x"))
            statuses.append(client.read_reply().status)
    assert sorted(statuses) == [200, 200, 502, 502]


def test_exhausted_queue_of_the_origin_does_not_stop_others(sluice, origin):
    """Connecting to one that does not accept: other requests go on."""
    behind = origin(tell)
    with full_origin() as full:
        daemon = sluice(workers=1, vhosts={
            "a": proxy_to(behind, host="good"),
            "b": vhost_of(full, 'timeouts = { connect = "500ms"; };',
                          host="full")})
        with daemon.client() as slow:
            slow.request(host="full")
            for _ in range(20):
                assert daemon.get(host="good").status == 200
            assert daemon.exchanges(vhost="full") == []
            assert slow.read_reply().status == 504
    line, = daemon.wait_exchanges(1, end="connect_deadline")
    assert line["attempts"] == "2"


def more_than_sockets_hold():
    """Bytes that two connections in a row can't swallow unread."""
    most = [int(Path(f"/proc/sys/net/ipv4/{name}").read_text().split()[2])
            for name in ("tcp_rmem", "tcp_wmem")]
    return 2 * sum(most) + 16_000_000


def test_origin_that_does_not_read_slows_the_upload_down(sluice, origin):
    """TCP stops the client; nothing is lost when the origin goes on."""
    gate = Gate()

    def script(peer):
        gate.wait()
        peer.requests.append(peer.read_request())
        peer.send(reply(b"x"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1,
                    conf='limits = { body = "1g"; };\n')
    body = pattern(more_than_sockets_hold())
    sent = threading.Event()

    def upload(client):
        try:
            client.send(post("/", body))
        except Closed:
            pass
        sent.set()

    with daemon.client(deadline=60) as client:
        thread = threading.Thread(target=upload, args=(client,))
        thread.start()
        gate.wait_reached()
        assert not sent.wait(0.5)
        gate.open()
        assert client.read_reply().status == 200
        thread.join()
    assert behind.requests[0].body == body
