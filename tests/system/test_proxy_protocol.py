"""The PROXY protocol from balancers in front: proxy_protocol_from."""

import time

import pytest

from harness import eventually, proxy_to
from harness_origin import reply
from harness_peer import Client
from harness_proxy import LOCAL, UNKNOWN, v1, v2, value
from harness_scripts import counters, get
from harness_tls import TlsClient

FROM = 'proxy_protocol_from = [ "127.0.0.1", "unix" ];\n'


def ask(daemon, header, *fields):
    """A request behind HEADER; its reply."""
    with daemon.client() as client:
        client.send(header + get("/", *fields))
        return client.read_reply()


def refused(daemon, data):
    """Is a connection that begins with DATA closed without an answer?"""
    with daemon.client() as client:
        client.send(data)
        client.read_to_close()
        return not client.received


def complaints(daemon):
    return [line for line in daemon.errors().splitlines()
            if "proxy_protocol_from" in line]


# ---- who is believed ----

@pytest.mark.parametrize("header, client, port", [
    (v1(), "192.0.2.9", "443"),
    (v2(), "192.0.2.9", "443"),
    (v1("2001:db8::9", to="2001:db8::1", to_port=80), "2001:db8::9", "80"),
    (v2("2001:db8::9", to="2001:db8::1", to_port=80), "2001:db8::9", "80"),
    (v2(values=value(4, b"x" * 300) + value(0x20, b"tls")), "192.0.2.9",
     "443"),
    (v2("::ffff:192.0.2.9", to="::1"), "192.0.2.9", "443"),
    (LOCAL, "127.0.0.1", None),
    (UNKNOWN, "127.0.0.1", None),
])
def test_client_of_the_header_is_the_client(sluice, origin, header, client,
                                            port):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    assert ask(daemon, header).status == 200
    request, = behind.requests
    assert request.get("X-Forwarded-For") == client
    assert request.get("X-Forwarded-Port") == (port or str(daemon.port))
    line, = daemon.wait_exchanges(1)
    assert line["client"] == client and "peer" not in line


def test_header_holds_for_all_requests_of_its_connection(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(v1())
        for _ in range(3):
            assert client.get("/").status == 200
            time.sleep(0.01)
    assert [r.get("X-Forwarded-For") for r in behind.requests] == \
        ["192.0.2.9"] * 3
    assert counters(daemon)["proxy_headers"] == 1


@pytest.mark.parametrize("header", [v1(), v2(values=value(4, b"y" * 90))])
def test_header_and_request_byte_by_byte(sluice, origin, header):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send_slowly(header + get("/"))
        assert client.read_reply().status == 200
    assert behind.requests[0].get("X-Forwarded-For") == "192.0.2.9"


def test_header_comes_before_tls(sluice, origin, certs):
    behind = origin(reply(b"x"))
    pair = certs.leaf("localhost")
    daemon = sluice(
        conf=FROM, workers=1, vhost=proxy_to(behind, host="localhost") +
        f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; }};\n'
        'listen = "https://127.0.0.1:@PORT@";\n')
    client = TlsClient(daemon.port, ca=certs.ca, handshake=False)
    with client:
        client.sock.raw.sendall(v2())
        client.sock.shake_hands()
        assert client.get("/").status == 200
    assert behind.requests[0].get("X-Forwarded-For") == "192.0.2.9"
    assert behind.requests[0].get("X-Forwarded-Proto") == "https"


def test_peer_on_a_unix_socket_may_be_listed(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, workers=1, vhost=proxy_to(behind) +
                    'listen = [ "unix:@DIR@/in.sock", '
                    '"http://127.0.0.1:@PORT@" ];\n')
    with Client(path=daemon.path / "in.sock") as client:
        client.send(v1())
        assert client.get("/").status == 200
    assert behind.requests[0].get("X-Forwarded-For") == "192.0.2.9"


def test_rules_see_the_client_of_the_header(sluice, origin):
    inner, outer = origin(reply(b"in")), origin(reply(b"out"))
    daemon = sluice(conf=FROM, workers=1, vhost=f'''
host = "*";
routes = ( {{ path = "/"; from = "10.0.0.0/8"; proxy = "{inner.url}"; }},
           {{ path = "/"; proxy = "{outer.url}"; }} );
''')
    assert ask(daemon, v1("10.1.2.3")).body == b"in"
    assert ask(daemon, v1("192.0.2.9")).body == b"out"


def test_trusted_proxies_are_asked_about_the_client_of_the_header(sluice,
                                                                  origin):
    """A balancer in front of a proxy in front of us."""
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM + 'trusted_proxies = "10.0.0.0/8";\n',
                    vhost=proxy_to(behind), workers=1)
    claim = "X-Forwarded-For: 203.0.113.5"
    ask(daemon, v1("10.0.0.8"), claim)
    ask(daemon, v1("192.0.2.9"), claim)
    assert [r.get("X-Forwarded-For") for r in behind.requests] == [
        "203.0.113.5, 10.0.0.8", "192.0.2.9"]
    trusted, other = daemon.wait_exchanges(2)
    assert (trusted["client"], trusted["peer"]) == ("203.0.113.5", "10.0.0.8")
    assert other["client"] == "192.0.2.9"


# ---- who must, and who may not ----

@pytest.mark.parametrize("data, why", [
    (get("/"), "does not begin with a header"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 32,
     "does not begin with a header"),
    (b"PROXY TCP4 192.0.2.9 198.51.100.7 56324  443\r\n" + get("/"),
     "a port in it is malformed"),
    (b"PROXY TCP4 192.0.2.9 198.51.100.7 56324 443\n" + get("/"),
     "its first line is malformed"),
    (v2()[:12] + b"\x11" + v2()[13:], "its version is neither 1 nor 2"),
    (v2()[:14] + b"\xff\xff" + v2()[16:], "it is too long"),
])
def test_listed_peer_without_a_good_header_is_closed(sluice, origin, data,
                                                     why):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    assert refused(daemon, data)
    line, = eventually(lambda: complaints(daemon))
    assert "127.0.0.1" in line and why in line
    assert not behind.requests
    assert counters(daemon)["proxy_headers_refused"] == 1


def test_header_must_come_within_timeouts_header(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind) +
                    'timeouts = { header = "1s"; };\n', workers=1)
    assert refused(daemon, v1()[:20])
    assert "within timeouts.header" in eventually(
        lambda: complaints(daemon))[0]


def test_header_that_is_cut_by_the_peer_does_not_spin(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(v2()[:17])
        client.shutdown()
        client.read_to_close()
    assert "ends in the middle" in eventually(lambda: complaints(daemon))[0]


def test_check_of_a_balancer_that_says_nothing_is_no_fault(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(conf=FROM, vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.shutdown()
        client.read_to_close()
    assert ask(daemon, v1()).status == 200
    assert not complaints(daemon)


def test_others_are_not_believed(sluice, origin):
    """Their header is the beginning of a request, and a bad one."""
    behind = origin(reply(b"x"))
    daemon = sluice(conf='proxy_protocol_from = "10.0.0.0/8";\n',
                    vhost=proxy_to(behind), workers=1)
    assert ask(daemon, v1()).status == 400
    assert ask(daemon, b"").status == 200
    assert behind.requests[0].get("X-Forwarded-For") == "127.0.0.1"
