"""Whom a connection over TLS is for: the name of its handshake (SNI) against
the Host of each request; and how clients come from http to https."""

import ssl

import pytest

from harness_scripts import wait_counter
from harness_tls import TlsClient


def vhost(host, pair, says, more=""):
    return (f'host = "{host}";\nlisten = "https://127.0.0.1:@PORT@";\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; {more} }};\n'
            f'routes = ( {{ path = "/"; respond = "{says}"; }} );\n')


def ask(daemon, name, host):
    with TlsClient(daemon.port, name=name) as client:
        return client.get("/", host=host)


def test_the_name_leads_to_its_certificate(sluice, certs):
    pairs = {name: certs.leaf(name) for name in ("a.test", "b.test")}
    daemon = sluice(vhosts={name[0]: vhost(name, pair, name)
                            for name, pair in pairs.items()}, workers=1)
    for name in pairs:
        with TlsClient(daemon.port, name=name, ca=certs.ca) as client:
            assert client.get("/", host=name).body == name.encode()
        with TlsClient(daemon.port, name=name.upper() + ".",
                       ca=None) as client:
            assert client.get("/", host=name).body == name.encode()


def test_the_host_of_another_vhost_is_misdirected(sluice, certs):
    daemon = sluice(vhosts={
        "a": vhost("a.test", certs.leaf("a.test"), "A"),
        "b": vhost("b.test", certs.leaf("b.test"), "B")}, workers=1)
    assert ask(daemon, "a.test", "b.test").status == 421
    assert ask(daemon, "b.test", "a.test").status == 421
    assert ask(daemon, "a.test", "nobody.test").status == 421
    lines = daemon.wait_exchanges(3)
    assert [line["end"] for line in lines] == \
        ["misdirected", "misdirected", "unknown_host"]
    with TlsClient(daemon.port, name="a.test") as client:
        assert client.get("/", host="b.test").status == 421
        assert client.get("/", host="a.test").body == b"A"


def test_a_name_of_nobody_is_refused(sluice, certs):
    daemon = sluice(vhost=vhost("a.test", certs.leaf("a.test"), "A"),
                    workers=1)
    for name in ("b.test", "x.a.test", None):
        with pytest.raises(ssl.SSLError) as refused:
            TlsClient(daemon.port, name=name)
        assert "UNRECOGNIZED_NAME" in str(refused.value).upper() \
            .replace(" ", "_")
    wait_counter(daemon, "handshakes_failed", 3)


def test_without_a_name_it_is_the_catch_all(sluice, certs):
    daemon = sluice(vhosts={
        "all": vhost("*", certs.leaf("all.test"), "ALL"),
        "a": vhost("a.test", certs.leaf("a.test"), "A")}, workers=1)
    assert ask(daemon, None, "127.0.0.1").body == b"ALL"
    assert ask(daemon, "other.test", "other.test").body == b"ALL"
    assert ask(daemon, None, "a.test").status == 421
