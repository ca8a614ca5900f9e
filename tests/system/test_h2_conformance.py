"""tests/cases/h2 over the wire, with and without TLS; and what no single row
can show."""

import socket

import pytest

from h2_cases import attempt_all, echo
from harness import proxy_to
from harness_h2 import (ACK, EH, ES, H2, MAGIC, block, frame, request,
                        settings)
from harness_peer import Closed
from harness_scripts import get, tell

PLAIN = 'listen = [ "h2c://127.0.0.1:@PORT@" ];\n'


def told(wrong, rows):
    titles = {row.name: row for row in rows}
    return [f"{name} ({titles[name].section}: {titles[name].title}) wants "
            f"{titles[name].verdict}: {what}" for name, what in wrong.items()]


def test_each_case_is_answered_right(sluice, origin):
    behind = origin(echo)
    daemon = sluice(vhost=proxy_to(behind) + PLAIN)
    wrong, rows = attempt_all(daemon.port)
    assert told(wrong, rows) == []
    assert len(rows) > 350


def test_each_case_is_answered_right_over_tls(sluice, origin, certs):
    pair = certs.leaf("localhost")
    behind = origin(echo)
    daemon = sluice(vhost=proxy_to(behind) + f"""
        tls = {{ cert = "{pair.cert}"; key = "{pair.key}"; }};
        listen = [ "https://127.0.0.1:@PORT@" ];""")
    wrong, rows = attempt_all(daemon.port, tls=True)
    assert told(wrong, rows) == []


def test_nothing_that_is_malformed_reaches_the_origin_whole(sluice, origin):
    """Of rows with one request that must be refused for what its head or its
    length says."""
    behind = origin(echo)
    daemon = sluice(vhost=proxy_to(behind) + PLAIN, workers=1)
    _, rows = attempt_all(daemon.port)
    refused = {row.name for row in rows if row.verdict == "refused 1" and
               len(row.streams()) == 1}
    arrived = {request.start.split(" ")[1].strip("/").split("/")[0]
               for request in behind.requests}
    assert len(refused) > 50
    assert arrived & refused == set()


def test_a_client_that_never_speaks_http_2_is_served(sluice, origin):
    """On a listener for h2c, too; and no Upgrade makes HTTP/2 of it (RFC 9113,
    3.1: h2c is obsolete)."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind) + PLAIN, workers=1)
    with daemon.client() as client:
        client.send(get("/", "Connection: Upgrade, HTTP2-Settings",
                        "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"))
        assert client.read_reply().status == 200
        assert client.get().status == 200


def test_replies_come_in_the_order_in_which_they_are_ready(sluice, origin):
    """A slow one keeps no other waiting."""
    daemon = sluice(vhost=proxy_to(origin(echo)) + PLAIN, workers=1)
    with H2(daemon.port) as client:
        client.greet()
        slow = client.open(path="/@hold")
        fast = [client.open(path=f"/{i}") for i in range(20)]
        client.wait(lambda: all(client.reply(i).ended for i in fast))
        assert not client.reply(slow).fields


def test_an_error_of_the_connection_ends_all_its_streams(sluice, origin):
    """Also those whose origin is silent."""
    daemon = sluice(vhost=proxy_to(origin(echo)) + PLAIN, workers=1)
    with H2(daemon.port) as client:
        client.greet()
        for _ in range(5):
            client.open(path="/@hold")
        client.send(frame("PING", 1, payload=b"12345678"))
        client.wait_close()
        assert [code for _, code, _ in client.goaways] == [1]
    lines = daemon.wait_exchanges(5)
    assert {line["end"] for line in lines} == {"client_closed"}


@pytest.mark.parametrize("step", [1, 3, 100])
def test_it_does_not_matter_how_bytes_arrive(sluice, origin, step):
    daemon = sluice(vhost=proxy_to(origin(echo)) + PLAIN, workers=1)
    fields = request(path="/a", method="POST")
    sent = (MAGIC + settings((4, 65535)) + frame("PING", payload=b"12345678") +
            frame("HEADERS", 1, 0, block(fields[:2])) +
            frame("CONTINUATION", 1, EH, block(fields[2:])) +
            frame("DATA", 1, 8, b"\5hello" + bytes(5)) +
            frame("HEADERS", 1, EH | ES, block([("x-end", "yes")])))
    with H2(daemon.port) as client:
        for at in range(0, len(sent), step):
            client.send(sent[at:at + step])
        client.wait(lambda: client.reply(1).ended)
        assert client.reply(1).data.endswith(b"\r\n\r\nhello")
        assert client.pongs == [b"12345678"]


def test_a_peer_that_vanishes_anywhere_leaves_nothing(sluice, origin):
    """The preface and a request, cut behind each byte."""
    daemon = sluice(vhost=proxy_to(origin(echo)) + PLAIN, workers=1)
    sent = (MAGIC + settings() + settings(flags=ACK) +
            frame("HEADERS", 1, EH, block(request(method="POST"))) +
            frame("DATA", 1, ES, b"hello"))
    for end in range(1, len(sent)):
        with socket.create_connection(("127.0.0.1", daemon.port)) as sock:
            sock.sendall(sent[:end])
    with H2(daemon.port) as client:
        assert client.greet().get().status == 200
    try:
        daemon.get()
    except Closed:
        pass
