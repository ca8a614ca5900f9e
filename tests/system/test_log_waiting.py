"""waiting_for=: what an exchange waited for when its client left."""

import re
import time

from harness import UNBUFFERED, REPOSITORY, eventually, proxy_to
from harness_origin import reply
from harness_scripts import (Gate, chunked_reply, counters, get, held,
                             pattern, post)


def left(daemon):
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "client_closed"
    return line


def test_the_words_are_those_of_the_table():
    text = (REPOSITORY / "common/tbl/waiting.h").read_text()
    assert re.findall(r"^WAITING\((\w+)", text, re.M) == [
        "request_head", "request_body", "queue", "origin_connect",
        "origin_first_byte", "origin_body", "fetch", "client"]


def test_for_a_server_to_have_room(sluice, origin):
    gate = Gate()
    behind = origin(held(gate, reply(b"x")))
    daemon = sluice(workers=1, vhost=f'''
        host = "*";
        pools = {{ web = {{ servers = [ "{behind.url}" ];
                          max_conns = 1; }}; }};
        routes = ( {{ path = "/"; pool = "web"; }} );''')
    with daemon.client() as first:
        first.request()
        gate.wait_reached()
        with daemon.client() as second:
            second.request()
            eventually(lambda: counters(daemon)["exchanges"] == 2,
                       what="the second to wait")
        line = left(daemon)
        assert (line["status"], line["waiting_for"]) == ("499", "queue")
        gate.open()
        assert first.read_reply().body == b"x"
    assert len(behind.requests) == 1


def test_for_the_first_byte_of_the_origin(sluice, origin):
    gate = Gate()
    daemon = sluice(vhost=proxy_to(origin(held(gate, reply(b"x")))),
                    workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached()
    line = left(daemon)
    assert (line["status"], line["waiting_for"]) == (
        "499", "origin_first_byte")
    gate.open()


def test_for_the_rest_of_the_head(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost:")
        client.shutdown()
        client.read_to_close()
    assert left(daemon)["waiting_for"] == "request_head"


def test_for_the_rest_of_the_request(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.read_to_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(post("/", b"12345", length=10))
        eventually(lambda: behind.peers, what="the request to arrive")
        client.reset()
    assert left(daemon)["waiting_for"] == "request_body"


def test_for_the_rest_of_the_reply(sluice, origin):
    gate = Gate()

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        gate.wait()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get())
        assert client.read_until(b"abc")
        gate.wait_reached()
    line = left(daemon)
    assert (line["status"], line["waiting_for"]) == ("200", "origin_body")
    gate.open()


def wait_until_stuck(daemon):
    """No more goes out."""
    def is_stuck():
        before = counters(daemon)["bytes_out"]
        time.sleep(0.05)
        return 0 < before == counters(daemon)["bytes_out"]
    eventually(is_stuck)


def test_for_the_client_to_take_the_reply(sluice, origin):
    body = chunked_reply(pattern(30_000_000))
    daemon = sluice(vhost=proxy_to(origin(body)), workers=1)
    with daemon.client() as client:
        client.send(get())
        wait_until_stuck(daemon)
        client.reset()
    assert left(daemon)["waiting_for"] == "client"


def test_who_stays_is_not_waited_for(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    daemon.get()
    line, = daemon.wait_exchanges(1)
    assert "waiting_for" not in line
