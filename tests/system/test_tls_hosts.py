"""Whom a connection over TLS is for: the name of its handshake (SNI) against
the Host of each request; and how clients come from http to https."""

import ssl

import pytest

from harness_origin import answers, reply
from harness_peer import Client
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
def test_vhosts_of_one_certificate_share_connections(sluice, certs):
    both = certs.leaf("a.test", "b.test")
    daemon = sluice(vhosts={"a": vhost("a.test", both, "A"),
                            "b": vhost("b.test", both, "B")}, workers=1)
    assert ask(daemon, "a.test", "b.test").body == b"B"
    assert ask(daemon, "b.test", "a.test").body == b"A"


# ---- from http to https ----


def two_doors(pair, more="", tls="", host="a.test"):
    """A vhost that listens with TLS and, where daemon.plain says, without."""
    return (f'host = "{host}";\n'
            'listen = [ "https://127.0.0.1:@PORT@", "unix:@DIR@/s" ];\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; {tls} }};\n'
            f'routes = ( {{ path = "/"; respond = "here"; }} );\n{more}')


def plain(daemon, target="/", **options):
    with Client(path=daemon.path / "s") as client:
        return client.get(target, **options)


def test_plain_clients_are_sent_to_https(sluice, certs):
    daemon = sluice(vhost=two_doors(certs.leaf("a.test")), workers=1)
    got = plain(daemon, "/a/b%20c?x=1&y", host="a.test:8080")
    assert got.status == 308
    assert got.get("Location") == \
        f"https://a.test:{daemon.port}/a/b%20c?x=1&y"
    assert not got.get("Strict-Transport-Security")
    assert ask(daemon, "a.test", "a.test").body == b"here"


def test_what_proves_who_we_are_stays_plain(sluice, certs):
    daemon = sluice(vhost=two_doors(certs.leaf("a.test")), workers=1)
    assert plain(daemon, "/.well-known/acme-challenge/x",
                 host="a.test").body == b"here"


def test_one_redirect_leads_to_the_one_name_over_tls(sluice, certs):
    text = two_doors(certs.leaf("a.test", "www.a.test"),
                     'canonical = "www.a.test";\n') \
        .replace('host = "a.test"', 'host = [ "a.test", "www.a.test" ]')
    daemon = sluice(vhost=text, workers=1)
    for host in ("a.test", "www.a.test"):
        assert plain(daemon, "/x", host=host).get("Location") == \
            f"https://www.a.test:{daemon.port}/x"
    got = ask(daemon, "a.test", f"a.test:{daemon.port}")
    assert got.get("Location") == f"https://www.a.test:{daemon.port}/"


def test_the_redirect_can_be_left_out(sluice, certs):
    daemon = sluice(vhost=two_doors(certs.leaf("a.test"),
                                    tls="redirect = false;"), workers=1)
    assert plain(daemon, host="a.test").body == b"here"


def test_who_came_by_tls_to_a_trusted_proxy_is_not_sent_on(sluice, certs):
    daemon = sluice(conf='trusted_proxies = [ "unix" ];\n',
                    vhost=two_doors(certs.leaf("a.test")), workers=1)
    assert plain(daemon, "/", host="a.test",
                 fields=["X-Forwarded-Proto: https"]).body == b"here"


# ---- HSTS ----


HSTS = "Strict-Transport-Security"


def test_replies_over_tls_say_hsts_whoever_made_them(sluice, certs, origin):
    behind = origin(answers(
        reply(b"origin", fields=[f"{HSTS}: max-age=1"]),
        reply(b"gone", status="404 Not Found")))
    pair = certs.leaf("a.test")
    daemon = sluice(vhost=(
        'host = "a.test";\n'
        'listen = [ "https://127.0.0.1:@PORT@", "unix:@DIR@/s" ];\n'
        f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; hsts = "180d";'
        ' redirect = false; };\n'
        f'routes = ( {{ path = "/"; proxy = "{behind.url}"; }},\n'
        ' { path = "/us"; respond = "us"; },\n'
        ' { path = "/away"; redirect = "/us"; },\n'
        ' { path = "/post"; method = "POST"; respond = "x"; } );\n'),
        workers=1)
    with TlsClient(daemon.port, name="a.test") as client:
        for target in ("/", "/gone", "/us", "/away"):
            got = client.get(target, host="a.test")
            assert got.all(HSTS) == ["max-age=15552000"], target
        got = client.get("/", host="a.test", method="TRACE")
        assert (got.status, got.get(HSTS)) == (405, "max-age=15552000")
    with TlsClient(daemon.port, name="a.test") as client:
        assert client.get("/", host="nobody").get(HSTS) is None
    assert plain(daemon, "/us", host="a.test").get(HSTS) is None


def test_what_the_operator_says_of_hsts_goes_before(sluice, certs):
    text = two_doors(certs.leaf("a.test"), tls='hsts = "180d";', more=(
        'headers = { response = { set = { '
        f'{HSTS} = "max-age=7"; }}; }}; }};\n'))
    daemon = sluice(vhost=text, workers=1)
    got = ask(daemon, "a.test", "a.test")
    assert got.all(HSTS) == ["max-age=7"]
