"""test_tls_origins_pool.py - what a pool says of TLS to its servers, and the
PROXY protocol to them."""

import socket
import ssl
import struct

import pytest

from harness import eventually
from harness_origin import answers, reply
from harness_scripts import counters

HELLO = reply(b"hello")
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def pool(*origins, settings="", more=""):
    """A vhost with one pool of ORIGINS."""
    urls = ", ".join(f'"{getattr(o, "url", o)}"' for o in origins)
    return f'''host = "*";
pools = {{ web = {{ servers = [ {urls} ]; {settings} }}; }};
routes = ( {{ path = "/"; pool = "web"; {more} }} );'''


def of_ca(certs, more=""):
    return f'tls = {{ ca = "{certs.ca.cert}"; {more} }};'


# ---- TLS ----

def test_an_authority_of_its_own_is_believed(sluice, tls_origin, certs):
    behind = tls_origin(HELLO, certs.leaf("127.0.0.1"))
    daemon = sluice(vhost=pool(behind, settings=of_ca(certs)), workers=1)
    assert daemon.get("/").status == 200
    assert "certificates of authorities" not in daemon.errors()


def test_the_server_s_own_certificate_may_be_the_authority(sluice, tls_origin,
                                                           certs):
    pair = certs.stranger.leaf("127.0.0.1")
    behind = tls_origin(HELLO, pair)
    daemon = sluice(workers=1, vhost=pool(
        behind, settings=f'tls = {{ ca = "{pair.cert}"; }};'))
    assert daemon.get("/").status == 200


def test_the_name_of_the_pool_goes_before_the_server_s(sluice, tls_origin,
                                                       certs):
    behind = tls_origin(HELLO, certs.leaf("api.internal"))
    daemon = sluice(workers=1, vhost=pool(
        behind, settings=of_ca(certs, 'name = "api.internal";') +
        'health = { every = "100ms"; };'))
    assert daemon.get("/", host="app.test").status == 200
    assert behind.peers[0].sni == "api.internal"
    assert behind.requests[-1].get("Host") in ("app.test", "127.0.0.1:%d"
                                               % behind.port)
    assert not behind.refusals


def test_without_verification_anybody_is_good_and_that_is_said(
        sluice, tls_origin, certs):
    behind = tls_origin(HELLO, certs.stranger.leaf("a.test", ends=-60))
    daemon = sluice(workers=1, vhost=pool(
        behind, settings="tls = { verify = false; };"))
    assert daemon.get("/").status == 200
    daemon.wait_error(r"main.conf:\d+:\d+: warning: servers are not verified")


def test_the_least_version_is_the_pool_s(sluice, tls_origin, certs):
    behind = tls_origin(HELLO, certs.leaf("127.0.0.1"),
                        most=ssl.TLSVersion.TLSv1_2)
    daemon = sluice(workers=1, vhost=pool(
        behind, settings=of_ca(certs, 'min = "1.3";')))
    assert daemon.get("/").status == 502
    assert daemon.wait_exchanges(1)[0]["fault"] == "tls_disagreed"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_server_that_asks_gets_our_certificate(sluice, tls_origin, certs,
                                                 version):
    pair = certs.client("proxy")
    behind = tls_origin(HELLO, certs.leaf("127.0.0.1"), client_ca=certs.ca,
                        most=ssl.TLSVersion[version])
    daemon = sluice(workers=1, vhost=pool(behind, settings=of_ca(
        certs, f'cert = "{pair.cert}"; key = "{pair.key}";')))
    assert daemon.get("/").status == 200
    assert behind.peers[0].client["subject"] == ((("commonName", "proxy"),),)


def test_a_renewed_certificate_is_shown_and_no_session_of_the_former_resumed(
        sluice, tls_origin, certs, workdir):
    def put(pair):
        for name, text in (("key", pair.key), ("pem", pair.cert)):
            (workdir / "new").write_text(text.read_text())
            (workdir / "new").chmod(0o600)
            (workdir / "new").rename(workdir / f"proxy.{name}")
    put(certs.client("old"))
    behind = tls_origin(reply(b"x", fields=["Connection: close"]),
                        certs.leaf("127.0.0.1"), client_ca=certs.ca)
    daemon = sluice(
        workers=1, conf='certificate_watch = "100ms";\n', vhost=pool(
            behind, settings=of_ca(certs, f'cert = "{workdir}/proxy.pem";')))
    for _ in range(2):
        assert daemon.get("/").status == 200
    put(certs.client("new"))
    daemon.wait_error("proxy.pem renewed, CN=new")
    eventually(lambda: daemon.get("/").status == 200 and
               behind.peers[-1].client["subject"][0][0][1] == "new",
               what="the new certificate")
    assert behind.resumptions > 0


@pytest.mark.parametrize("version, alpn, faults", [
    ("TLSv1_2", [], {"tls_disagreed", "tls_broken"}),
    ("TLSv1_3", [], {"tls_client"}), ("TLSv1_3", ["h2"], {"tls_client"})])
def test_a_server_that_gets_none_refuses_us(sluice, tls_origin, certs,
                                            version, alpn, faults):
    behind = tls_origin(HELLO, certs.leaf("127.0.0.1"), client_ca=certs.ca,
                        most=ssl.TLSVersion[version], alpn=alpn)
    daemon = sluice(workers=1, vhost=pool(behind, settings=of_ca(certs)))
    assert daemon.get("/", method="POST", body=b"abc").status == 502
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "origin_tls" and line["fault"] in faults
    daemon.wait_error(f"server {behind.url}: the server .*tls.cert")
    assert not behind.requests


# ---- names that are resolved ----

def test_a_name_is_verified_wherever_it_leads(sluice, tls_origin, certs, dns):
    names = dns()
    names.set("app.test", A="127.0.0.1")
    behind = tls_origin(HELLO, certs.leaf("app.test"))
    daemon = sluice(workers=1, conf=f'resolvers = "{names.address}";\n',
                    vhost=pool(f"https://app.test:{behind.port}",
                               settings=of_ca(certs)))
    assert daemon.get("/").body == b"hello"
    assert behind.peers[0].sni == "app.test"


@pytest.mark.parametrize("name, status", [("app.test", 200),
                                          ("one.test", 502)])
def test_of_a_service_its_domain_is_verified_not_its_host(
        sluice, tls_origin, certs, dns, name, status):
    """Whoever answers the name server's questions may say the host."""
    names = dns()
    behind = tls_origin(HELLO, certs.leaf(name))
    names.set("_https._tcp.app.test", SRV=[(1, 1, behind.port, "one.test")])
    names.set("one.test", A="127.0.0.1")
    daemon = sluice(workers=1, conf=f'resolvers = "{names.address}";\n',
                    vhost=pool("srv+https://_https._tcp.app.test",
                               settings=of_ca(certs)))
    assert daemon.get("/").status == status
    assert [peer.sni for peer in behind.peers] == ["app.test"] * \
        (status == 200)


# ---- the PROXY protocol ----

def read_header(sock):
    """The header of either version that a connection begins with; no more."""
    data = b""
    while not data.endswith(b"\r\n") or data == SIGNATURE[:len(data)]:
        data += sock.recv(1)
        if data == SIGNATURE:
            data += sock.recv(4, socket.MSG_WAITALL)
            size, = struct.unpack("!H", data[-2:])
            return data + sock.recv(size, socket.MSG_WAITALL)
        assert len(data) < 108, data
    return data


def told_by(header):
    """[from, from port, to, to port], or what else it says."""
    if not header.startswith(SIGNATURE):
        words = header.decode().split()
        return [words[2], int(words[4]), words[3], int(words[5])] \
            if words[1] == "TCP4" else words[1]
    command, family = header[12:14]
    if command == 0x20:
        return "LOCAL"
    assert (command, family) == (0x21, 0x11)
    source, to, source_port, to_port = struct.unpack("!4s4sHH", header[16:28])
    return [socket.inet_ntoa(source), source_port, socket.inet_ntoa(to),
            to_port]


def introduced(data):
    """A script that reads a header, then answers DATA to each request."""
    def script(peer):
        peer.told = told_by(read_header(peer.sock))
        answers(data)(peer)
    return script


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_servers_are_told_of_the_client(sluice, origin, version):
    behind = origin(introduced(HELLO))
    daemon = sluice(workers=1, vhost=pool(
        behind, settings=f'proxy_protocol = "{version}";'))
    with daemon.client() as client:
        address = list(client.sock.getsockname())
        for _ in range(3):
            assert client.get("/").body == b"hello"
    peer, = behind.peers
    assert peer.told == [*address, "127.0.0.1", daemon.port]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_header_comes_before_tls(sluice, tls_origin, certs, version):
    behind = tls_origin(HELLO, certs.leaf("127.0.0.1"),
                        before=lambda sock: told_by(read_header(sock)))
    daemon = sluice(workers=1, vhost=pool(behind, settings=of_ca(certs) +
                    f'proxy_protocol = "{version}";'))
    assert daemon.get("/").body == b"hello"
    assert behind.peers[0].came_before[0] == "127.0.0.1"


def test_no_client_gets_another_s_connection(sluice, origin):
    behind = origin(introduced(HELLO))
    daemon = sluice(workers=1, vhost=pool(
        behind, settings='proxy_protocol = "v1";'))
    with daemon.client() as one, daemon.client() as two:
        for _ in range(3):
            for client in (one, two):
                assert client.get("/").body == b"hello"
        ports = [client.sock.getsockname()[1] for client in (one, two)]
    assert [peer.told[1] for peer in behind.peers] == ports
    assert [len(peer.requests) for peer in behind.peers] == [3, 3]
    assert counters(daemon)["origin_reuses"] == 4


def test_a_client_that_is_told_of_has_no_port(sluice, origin):
    behind = origin(introduced(HELLO))
    daemon = sluice(workers=1, conf='trusted_proxies = [ "127.0.0.1" ];\n',
                    vhost=pool(behind, settings='proxy_protocol = "v2";'))
    daemon.get("/", fields=["X-Forwarded-For: 192.0.2.7"])
    assert behind.peers[0].told == ["192.0.2.7", 0, "127.0.0.1", daemon.port]


def test_what_a_balancer_said_is_passed_on(sluice, origin):
    behind = origin(introduced(HELLO))
    daemon = sluice(workers=1, conf='proxy_protocol_from = [ "127.0.0.1" ];\n',
                    vhost=pool(behind, settings='proxy_protocol = "v2";'))
    with daemon.client() as client:
        client.send(b"PROXY TCP4 192.0.2.8 198.51.100.1 56324 443\r\n")
        assert client.get("/").body == b"hello"
    assert behind.peers[0].told == ["192.0.2.8", 56324, "198.51.100.1", 443]


@pytest.mark.parametrize("version, told", [("v1", "UNKNOWN"),
                                           ("v2", "LOCAL")])
def test_connections_of_our_own_tell_no_client(sluice, origin, version, told):
    behind = origin(introduced(HELLO))
    daemon = sluice(workers=1, vhost=pool(
        behind, settings=f'proxy_protocol = "{version}"; '
        'health = { every = "100ms"; };'))
    eventually(lambda: behind.requests, what="a check")
    assert behind.peers[0].told == told
    assert daemon.get("/").body == b"hello"
    assert behind.peers[-1].told != told or behind.peers[-2].told != told
    assert "is down" not in daemon.errors()
