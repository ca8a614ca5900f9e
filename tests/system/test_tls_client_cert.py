"""Certificates of clients: who is let in, and what origins are told."""

import base64
import hashlib
import re
import ssl

import pytest

from harness_certs import openssl
from harness_origin import reply
from harness_peer import Client
from harness_tls import TlsClient, client_context

OURS = ["Client-Cert", "Client-Cert-Chain", "X-Client-Verify",
        "X-Client-Subject", "X-Client-Fingerprint"]


def vhost(certs, behind, ask, more="", host="a.test", ca=None):
    pair = certs.leaf("a.test", "b.test")
    return (f'host = "{host}";\n'
            'listen = [ "https://127.0.0.1:@PORT@", "unix:@DIR@/s" ];\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}";'
            f' client_ca = "{(ca or certs.ca).cert}"; client_cert = "{ask}";'
            ' redirect = false; };\n'
            f'routes = ( {{ path = "/"; proxy = "{behind.url}"; }}, {more}'
            ' { path = "/ours"; respond = "${client_verify}|${client_subject}'
            '|${client_fingerprint}|${tls_version}|${tls_cipher}"; } );\n')


PARTNERS = '{ path = "/partner"; client_cert = "require";' \
    ' respond = "partner"; },'


@pytest.fixture
def behind(origin):
    return origin(reply(b"x"))


def told(behind):
    """Of the last request: our fields that it had."""
    request = behind.requests[-1]
    return {name: request.all(name) for name in OURS if request.all(name)}


def visit(daemon, pair=None, target="/", name="a.test", **options):
    with TlsClient(daemon.port, name=name, pair=pair) as client:
        return client.get(target, host=name, **options)


def der_of(pair):
    return ssl.PEM_cert_to_DER_cert(pair.cert.read_text())


# ---- required of all ----

def test_required_of_all_nobody_else_gets_in(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "require"), workers=1)
    assert visit(daemon, certs.client("alice")).status == 200
    for pair in (None, certs.stranger.client("alice"),
                 certs.client("late", ends=-60),
                 certs.leaf("server.test")):    # not for clients
        with pytest.raises((ssl.SSLError, OSError)):
            with TlsClient(daemon.port, name="a.test", pair=pair) as client:
                client.sock.settimeout(5)
                assert client.sock.recv(1), "closed"
                pytest.fail("it was let in")
            raise ssl.SSLError("closed")
    assert len(behind.requests) == 1


# ---- required of some ----

def test_a_route_that_requires_one_refuses_others(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional", PARTNERS),
                    workers=1)
    assert visit(daemon, target="/partner").status == 403
    assert visit(daemon, certs.stranger.client("eve"),
                 "/partner").status == 403
    assert visit(daemon, certs.client("alice"), "/partner").body == b"partner"
    ends = [line["end"] for line in daemon.wait_exchanges(3)]
    assert ends == ["client_cert_missing", "client_cert_bad", "done"]


def test_a_route_alone_makes_the_handshake_ask(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "none", PARTNERS), workers=1)
    assert visit(daemon).status == 200
    assert visit(daemon, certs.client("alice"), "/partner").status == 200
    assert visit(daemon, target="/partner").status == 403


def test_without_tls_there_is_no_certificate(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional", PARTNERS),
                    workers=1)
    with Client(path=daemon.path / "s") as client:
        assert client.get("/partner", host="a.test").status == 403
        assert client.get("/", host="a.test").status == 200
    assert told(behind) == {"X-Client-Verify": ["NONE"]}


# ---- what origins are told ----

def test_an_origin_is_told_of_a_good_certificate(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    pair = certs.client("alice")
    der = der_of(pair)
    visit(daemon, pair)
    assert told(behind) == {
        "Client-Cert": [f":{base64.b64encode(der).decode()}:"],
        "X-Client-Verify": ["SUCCESS"],
        "X-Client-Subject": ["CN=alice"],
        "X-Client-Fingerprint": [hashlib.sha256(der).hexdigest()]}
    digest = hashlib.sha256(der).hexdigest()
    text = visit(daemon, pair, "/ours").body.decode()
    assert re.fullmatch(rf"SUCCESS\|CN=alice\|{digest}\|TLSv1\.3\|TLS_\w+",
                        text)


def test_an_origin_is_told_that_there_was_none(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    visit(daemon)
    assert told(behind) == {"X-Client-Verify": ["NONE"]}
    assert visit(daemon, target="/ours").body.startswith(b"NONE|||TLSv1.3|")


@pytest.mark.parametrize("make, why", [
    (lambda certs: certs.stranger.client("eve"), "unable to get local issuer"),
    (lambda certs: certs.client("late", ends=-60), "certificate has expired"),
    (lambda certs: certs.leaf("server.test"), "purpose"),
])
def test_of_a_bad_one_an_origin_is_told_why_and_nothing_else(
        sluice, certs, behind, make, why):
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    visit(daemon, make(certs))
    fields = told(behind)
    assert list(fields) == ["X-Client-Verify"]
    verdict, = fields["X-Client-Verify"]
    assert verdict.startswith("FAILED:") and why in verdict


def test_one_by_an_intermediate_is_good(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "require"), workers=1)
    visit(daemon, certs.client("bob", issuer=certs.middle))
    assert told(behind)["X-Client-Subject"] == ["CN=bob"]


def test_an_origin_of_a_vhost_that_asks_for_none_is_told_nothing(
        sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "none"), workers=1)
    visit(daemon, certs.client("alice"))
    assert told(behind) == {}


@pytest.mark.parametrize("ask", ["none", "optional"])
@pytest.mark.parametrize("trusted", [False, True])
def test_nobody_can_say_it_himself(sluice, certs, behind, ask, trusted):
    daemon = sluice(
        conf='trusted_proxies = [ "127.0.0.1", "unix" ];' if trusted else "",
        vhost=vhost(certs, behind, ask), workers=1)
    lies = [f"{name}: CN=root" for name in OURS]
    lies += [line.upper() for line in lies]
    truth = {"X-Client-Verify": ["NONE"]} if ask == "optional" else {}
    assert visit(daemon, fields=lies).status == 200
    assert told(behind) == truth
    with Client(path=daemon.path / "s") as client:
        assert client.get("/", host="a.test", fields=lies).status == 200
    assert told(behind) == truth
    for name in OURS:
        line = name.replace("-", "_") + ": CN=root"
        assert visit(daemon, fields=[line]).status == 400


def test_odd_names_are_no_field_lines(sluice, certs, behind):
    """What a name holds is escaped as RFC 2253 has it."""
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    visit(daemon, certs.client("Zo\u00eb <x>"))
    subject, = told(behind)["X-Client-Subject"]
    assert re.fullmatch(r"CN=Zo(\\[0-9A-F]{2})+ \\<x\\>", subject)


# ---- resumption ----

@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("tickets", [True, False])
def test_who_comes_back_is_who_it_was(sluice, certs, behind, version,
                                      tickets):
    daemon = sluice(vhost=vhost(certs, behind, "optional", PARTNERS),
                    workers=2)
    context = client_context(pair=certs.client("alice"), most=version)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    session = None
    for visit_number in range(5):
        with TlsClient(daemon.port, name="a.test", context=context,
                       session=session) as client:
            assert client.get("/partner", host="a.test").status == 200
            assert client.get("/", host="a.test").status == 200
            assert client.tls.session_reused == (visit_number > 0)
            session = client.session()
        assert told(behind)["X-Client-Subject"] == ["CN=alice"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_a_session_of_one_vhost_is_nobody_at_another(sluice, certs, behind,
                                                      version):
    """The CA of B would not take the client, and its session of A is worth
    nothing there: whichever name it comes with."""
    daemon = sluice(vhosts={
        "a": vhost(certs, behind, "optional", PARTNERS),
        "b": vhost(certs, behind, "optional", PARTNERS, host="b.test",
                   ca=certs.stranger).replace(', "unix:@DIR@/s"', "")},
        workers=2)
    context = client_context(pair=certs.client("alice"), most=version)
    with TlsClient(daemon.port, name="a.test", context=context) as client:
        assert client.get("/partner", host="a.test").status == 200
        session = client.session()
        assert client.get("/partner", host="b.test").status == 421
    with TlsClient(daemon.port, name="b.test", context=context,
                   session=session) as client:
        assert not client.tls.session_reused
        assert client.get("/partner", host="b.test").status == 403
        assert client.get("/partner", host="a.test").status == 421


def test_another_ca_after_a_reload_ends_old_sessions(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional", PARTNERS),
                    workers=1)
    context = client_context(pair=certs.client("alice"))
    with TlsClient(daemon.port, name="a.test", context=context) as client:
        assert client.get("/partner", host="a.test").status == 200
        session = client.session()
    daemon.vhosts["main"] = vhost(certs, behind, "optional", PARTNERS,
                                  ca=certs.stranger)
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    with TlsClient(daemon.port, name="a.test", context=context,
                   session=session) as client:
        assert not client.tls.session_reused
        assert client.get("/partner", host="a.test").status == 403


def test_s_client_sees_whom_we_ask_for(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    text = openssl("s_client", "-connect", f"127.0.0.1:{daemon.port}",
                   "-servername", "a.test")
    assert "Acceptable client certificate CA names\nCN = Test ca\n" in text


def test_the_log_says_what_was_shown_and_asked(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "optional"), workers=1)
    with TlsClient(daemon.port, name="a.test",
                   pair=certs.client("alice")) as client:
        for host in ("a.test", "other.test"):
            client.get("/", host=host)
    first, second = daemon.wait_exchanges(2)
    assert (first["tls"], first["subject"]) == ("TLSv1.3", "CN=alice")
    assert float(first["handshake"]) > 0 and "sni" not in first
    assert second["sni"] == "a.test" and "handshake" not in second
