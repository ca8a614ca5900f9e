"""Handshakes that fail, come late, too often, or are none."""

import re
import socket
import ssl

import pytest

from harness import eventually
from harness_peer import Client
from harness_scripts import counters, wait_counter
from harness_tls import TlsClient, client_hello


def vhost(certs, more="", host="a.test"):
    pair = certs.leaf("a.test")
    return (f'host = "{host}";\nlisten = "https://127.0.0.1:@PORT@";\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; {more} }};\n'
            'routes = ( { path = "/"; respond = "ours"; } );\n')


def is_closed(client):
    """Waits until the other side ends, whatever it says before."""
    try:
        while client.sock.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("sent", [0, 1, 5, 60, -1])
def test_a_handshake_that_does_not_come_to_its_end_is_cut(sluice, certs, sent):
    daemon = sluice(vhost=vhost(certs, 'handshake_timeout = "300ms";'),
                    workers=1)
    with Client(daemon.port) as client:
        client.send(client_hello("a.test")[:sent or None] if sent else b"")
        assert is_closed(client)
    if sent:
        wait_counter(daemon, "handshakes_late", 1)
        daemon.wait_error("handshake of 127.0.0.1 .* was not over")


def test_a_trickle_does_not_start_the_clock_again(sluice, certs):
    daemon = sluice(vhost=vhost(certs, 'handshake_timeout = "500ms";'),
                    workers=1)
    hello = client_hello("a.test")
    with Client(daemon.port) as client:
        client.sock.settimeout(0.05)
        sent = 0
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while sent < len(hello) - 1:
                client.sock.sendall(hello[sent:sent + 1])
                sent += 1
                try:
                    if not client.sock.recv(1000):
                        raise ConnectionResetError
                except socket.timeout:
                    pass
    assert sent < len(hello) - 1
    wait_counter(daemon, "handshakes_late", 1)


def test_plain_http_gets_an_answer_that_says_so(sluice, certs):
    daemon = sluice(vhost=vhost(certs), workers=1)
    for method in ("GET", "POST", "HEAD"):
        with Client(daemon.port) as client:
            client.request("/", method, host="a.test")
            got = client.read_reply("GET")
            assert got.status == 400 and b"https://" in got.body
            assert got.get("Server") is None
            assert is_closed(client)
    assert counters(daemon)["handshakes_plain"] == 3


def test_garbage_gets_no_answer_and_a_line(sluice, certs):
    daemon = sluice(vhost=vhost(certs), workers=1)
    with Client(daemon.port) as client:
        client.send(b"\x00" * 100)
        assert is_closed(client)
    wait_counter(daemon, "handshakes_failed", 1)
    daemon.wait_error(r"the handshake of 127.0.0.1 \(no name\) on .* failed")


def test_a_name_of_nobody_is_in_the_log(sluice, certs):
    daemon = sluice(vhost=vhost(certs), workers=1)
    with pytest.raises(ssl.SSLError):
        TlsClient(daemon.port, name="other.test")
    daemon.wait_error(r"\(other.test\) .* no vhost here has the name")
    wait_counter(daemon, "handshakes_name", 1)


def test_many_failures_are_few_lines(sluice, certs):
    daemon = sluice(vhost=vhost(certs), workers=1)
    for _ in range(30):
        with pytest.raises(ssl.SSLError):
            TlsClient(daemon.port, name="other.test")
    wait_counter(daemon, "handshakes_failed", 30)
    assert len(re.findall("the handshake of", daemon.errors())) < 15


def test_an_address_that_comes_too_often_is_closed_at_once(sluice, certs):
    daemon = sluice(conf='limits = { handshakes = "5/1h"; };\n',
                    vhost=vhost(certs), workers=4)
    for _ in range(5):
        with TlsClient(daemon.port, name="a.test") as client:
            assert client.get("/", host="a.test").status == 200
            assert client.get("/", host="a.test").status == 200
    for _ in range(10):
        with pytest.raises((ssl.SSLError, OSError)):
            TlsClient(daemon.port, name="a.test").close()
    eventually(lambda: counters(daemon)["handshakes_limited"] == 10,
               what="10 refused")
    assert counters(daemon)["handshakes"] == 5
    assert daemon.ctl("reload").returncode == 0
    with pytest.raises((ssl.SSLError, OSError)):
        TlsClient(daemon.port, name="a.test").close()
