"""test_tls_harness.py - certificates, clients and origins of the TLS tests."""

import ssl

import pytest

from harness_origin import reply
from harness_tls import TlsClient, client_context, client_hello

HELLO = reply(b"hello")


def test_a_client_talks_to_an_origin(certs, tls_origin):
    behind = tls_origin(HELLO, certs.leaf("localhost"), alpn=["http/1.1"])
    with TlsClient(behind.port, ca=certs.ca, alpn=["http/1.1"]) as client:
        assert client.get("/").body == b"hello"
        assert client.tls.version() == "TLSv1.3"
    peer = behind.peers[0]
    assert (peer.sni, peer.alpn, peer.resumed) == \
        ("localhost", "http/1.1", False)
    assert behind.handshakes == 1 and not behind.refusals


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(certs, tls_origin, version):
    behind = tls_origin(HELLO, certs.leaf("localhost"), most=version)
    context = client_context(certs.ca)
    with TlsClient(behind.port, context=context) as client:
        client.get("/")
        session = client.session()
    with TlsClient(behind.port, context=context, session=session) as client:
        client.get("/")
        assert client.tls.session_reused
    assert behind.resumptions == 1


def test_large_bodies_go_both_ways(certs, tls_origin):
    body = bytes(range(256)) * 8192
    behind = tls_origin(reply(body), certs.leaf("localhost", kind="rsa"))
    with TlsClient(behind.port, ca=certs.ca) as client:
        assert client.get("/", method="POST", body=body).body == body
    assert behind.requests[0].body == body


def test_a_half_close_leaves_the_other_half(certs, tls_origin):
    def script(peer):
        data = peer.read_to_close()
        assert peer.sock.notified
        peer.send(data[::-1])
        peer.shutdown()
    behind = tls_origin(script, certs.leaf("localhost"))
    with TlsClient(behind.port, ca=certs.ca) as client:
        client.send(b"abc")
        client.shutdown()
        assert client.read_to_close() == b"cba"
        assert client.sock.notified


@pytest.mark.parametrize("name, options", [
    ("other", {}), ("localhost", {"ends": -60})])
def test_what_is_wrong_is_refused(certs, tls_origin, name, options):
    behind = tls_origin(HELLO, certs.leaf(name, **options))
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsClient(behind.port, ca=certs.ca)


def test_a_stranger_is_refused(certs, tls_origin):
    behind = tls_origin(HELLO, certs.stranger.leaf("localhost"))
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsClient(behind.port, ca=certs.ca)


def test_an_intermediate_is_sent_along(certs, tls_origin):
    pair = certs.leaf("localhost", issuer=certs.middle)
    behind = tls_origin(HELLO, pair)
    with TlsClient(behind.port, ca=certs.ca) as client:
        assert client.get("/").status == 200
    assert pair.chain.read_text().count("BEGIN CERTIFICATE") == 1
    assert pair.pem.read_text().count("BEGIN CERTIFICATE") == 2


def test_a_client_certificate_is_demanded(certs, tls_origin):
    behind = tls_origin(HELLO, certs.leaf("localhost"), client_ca=certs.ca)
    context = client_context(certs.ca, certs.client("alice"))
    with TlsClient(behind.port, context=context) as client:
        assert client.get("/").status == 200
    assert behind.peers[0].client["subject"] == ((("commonName", "alice"),),)
    with TlsClient(behind.port, ca=certs.ca) as client:
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            client.get("/")


def test_a_hello_is_bytes(certs, tls_origin):
    hello = client_hello("a.example.com")
    assert hello[0] == 22 and b"a.example.com" in hello
