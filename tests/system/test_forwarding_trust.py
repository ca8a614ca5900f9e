"""Whom we believe about who the client is: trusted_proxies."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_peer import Client
from harness_scripts import get
from test_forwarding_fields import plain, told

TRUST = 'trusted_proxies = [ "127.0.0.1", "10.0.0.0/8" ];\n'
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def ask(daemon, *fields):
    with daemon.client() as client:
        client.send(get("/", *fields))
        assert client.read_reply().status == 200


@pytest.mark.parametrize("fields, client, chain", [
    # it says nothing: it asks for itself
    ([], "127.0.0.1", "127.0.0.1"),
    # from right to left, up to the first that is not trusted
    (["X-Forwarded-For: 192.0.2.9"], "192.0.2.9", "192.0.2.9, 127.0.0.1"),
    (["X-Forwarded-For: 1.1.1.1, 192.0.2.9"], "192.0.2.9",
     "192.0.2.9, 127.0.0.1"),
    (["X-Forwarded-For: 1.1.1.1, 192.0.2.9, 10.0.0.8"], "192.0.2.9",
     "192.0.2.9, 10.0.0.8, 127.0.0.1"),
    (["X-Forwarded-For: 10.0.0.9, 10.0.0.8"], "10.0.0.9",
     "10.0.0.9, 10.0.0.8, 127.0.0.1"),
    # several fields are one list
    (["X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 192.0.2.9",
      "X-Forwarded-For: 10.0.0.8"], "192.0.2.9",
     "192.0.2.9, 10.0.0.8, 127.0.0.1"),
    # ports and brackets
    (["X-Forwarded-For: [2001:DB8::9]:443, 10.0.0.8:80"], "2001:db8::9",
     "2001:db8::9, 10.0.0.8, 127.0.0.1"),
    # what can't be read ends it
    (["X-Forwarded-For: 192.0.2.9, unknown, 10.0.0.8"], "10.0.0.8",
     "10.0.0.8, 127.0.0.1"),
    (["X-Forwarded-For: 192.0.2.9, _hidden"], "127.0.0.1", "127.0.0.1"),
    (["X-Forwarded-For: , ,"], "127.0.0.1", "127.0.0.1"),
    # Forwarded, but only where there is no X-Forwarded-For
    (['Forwarded: for=1.1.1.1, for="[2001:db8::9]:80", for=10.0.0.8'],
     "2001:db8::9", "2001:db8::9, 10.0.0.8, 127.0.0.1"),
    (["Forwarded: for=1.1.1.1", "X-Forwarded-For: 192.0.2.9"], "192.0.2.9",
     "192.0.2.9, 127.0.0.1"),
])
def test_a_trusted_chain(sluice, origin, fields, client, chain):
    """What log and origin are told; the forged part goes nowhere."""
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST, vhost=proxy_to(behind), workers=1)
    ask(daemon, "A: b", *fields)
    assert plain(behind.heads[0]) == told(
        "GET / HTTP/1.1", "Host: localhost", "A: b", client=chain,
        port=daemon.port)
    line, = daemon.wait_exchanges(1)
    assert line["client"] == client
    assert line.get("peer") == (None if client == "127.0.0.1"
                                else "127.0.0.1")
    assert line["id"] == behind.requests[0].get("X-Request-Id")


def test_a_very_long_chain_is_followed_for_a_while_only(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST, vhost=proxy_to(behind), workers=1)
    hops = ", ".join(f"10.0.{i // 250}.{i % 250}" for i in range(4000))
    ask(daemon, f"X-Forwarded-For: 192.0.2.9, {hops}")
    assert daemon.wait_exchanges(1)[0]["client"] == "10.0.15.218"
    assert behind.requests[0].get("X-Forwarded-For").count(",") == 32


def test_how_the_client_asked_is_believed(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST, vhost=proxy_to(behind), workers=1)
    ask(daemon, "X-Forwarded-For: 192.0.2.9", "X-Forwarded-Proto: https",
        "X-Forwarded-Host: shop.test", "X-Request-Id: front-1",
        f"traceparent: {TRACE}", "tracestate: a=b", "X-Real-IP: 192.0.2.9")
    lines = behind.heads[0].decode().split("\r\n")
    assert lines[:4] == ["GET / HTTP/1.1", "Host: localhost",
                         "tracestate: a=b", "X-Real-IP: 192.0.2.9"]
    assert lines[4:10] == [
        "X-Forwarded-For: 192.0.2.9, 127.0.0.1", "X-Forwarded-Proto: https",
        "X-Forwarded-Host: shop.test", "X-Forwarded-Port: 443",
        "X-Request-Id: front-1", f"traceparent: {TRACE}"]


@pytest.mark.parametrize("line", [
    "X-Forwarded-Proto: https, http", "X-Forwarded-Host: a b",
    "X-Forwarded-Port: 0", "X-Request-Id: a b", "X-Request-Id: " + "a" * 129,
    "traceparent: " + TRACE.replace("00-", "ff-", 1), "tracestate: a=b"])
def test_what_is_malformed_is_replaced(sluice, origin, line):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST, vhost=proxy_to(behind), workers=1)
    ask(daemon, line)
    assert plain(behind.heads[0]) == told(
        "GET / HTTP/1.1", "Host: localhost", port=daemon.port)


def test_two_traces_are_none(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST, vhost=proxy_to(behind), workers=1)
    ask(daemon, f"traceparent: {TRACE}", "tracestate: a=b",
        f"traceparent: {TRACE}")
    assert plain(behind.heads[0]) == told(
        "GET / HTTP/1.1", "Host: localhost", port=daemon.port)


def test_forwarded_tells_the_whole_chain(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=TRUST + "forwarded = true;\n",
                    vhost=proxy_to(behind), workers=1)
    ask(daemon, "X-Forwarded-For: 2001:db8::9, 10.0.0.8",
        "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6")
    assert behind.requests[0].all("Forwarded") == [
        'for="[2001:db8::9]";host=localhost;proto=https, for=10.0.0.8, '
        "for=127.0.0.1"]


@pytest.mark.parametrize("trusted", [True, False])
def test_the_peers_of_unix_sockets(sluice, origin, trusted):
    behind = origin(reply(b"x"))
    conf = 'trusted_proxies = "unix";\n' if trusted else TRUST
    daemon = sluice(conf=conf, vhost=proxy_to(behind) + 'listen = '
                    '[ "127.0.0.1:@PORT@", "unix:@DIR@/in.sock" ];\n',
                    workers=1)
    with Client(path=daemon.path / "in.sock") as client:
        client.send(get("/", "X-Forwarded-For: 1.1.1.1, 192.0.2.9"))
        client.read_reply()
    ask(daemon, "X-Forwarded-For: 192.0.2.9")
    by_unix, by_tcp = [r.get("X-Forwarded-For") for r in behind.requests]
    assert by_unix == ("192.0.2.9" if trusted else None)
    assert by_tcp == ("127.0.0.1" if trusted else "192.0.2.9, 127.0.0.1")


def test_malformed_requests_are_nobodys_but_the_peers(sluice, origin):
    daemon = sluice(conf=TRUST, vhost=proxy_to(origin(reply(b"x"))),
                    workers=1)
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n")
        assert client.read_reply().status == 400
    assert daemon.wait_exchanges(1)[0]["client"] == "127.0.0.1"
