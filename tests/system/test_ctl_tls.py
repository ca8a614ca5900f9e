"""sluicectl tls: certificates, their ends and staples, and handshakes."""

import json
import ssl

import pytest

from harness import eventually
from harness_certs import DAY
from harness_tls import TlsClient, client_context
from test_tls_certificates import WATCH, Files
from test_tls_ocsp import issue, responder, wait_staple, \
    vhost as stapled_vhost        # pylint: disable=unused-import

OURS = 'routes = ( { path = "/"; respond = "ours"; } );\n'


def shown(daemon):
    done = daemon.ctl("--json", "tls")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def text(daemon):
    done = daemon.ctl("tls")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_certificate_is_described(sluice, workdir, certs):
    pair = certs.leaf("localhost", "app.example.com", ends=20 * DAY + 60)
    files = Files(workdir, pair)
    daemon = sluice(vhost=files.vhost("localhost"))
    answer = shown(daemon)
    one, = answer["certificates"]
    assert answer["ok"]
    assert one["file"] == str(files.cert) and one["key"] == str(files.key)
    assert one["subject"] == "CN=localhost"
    assert one["names"] == ["localhost", "app.example.com"]
    assert one["vhosts"] == ["localhost"]
    assert one["days_left"] == 20
    assert "P-256" in one["kind"]
    assert "refused" not in one
    said = text(daemon)
    for part in (str(files.cert), str(files.key), "CN=localhost, ",
                 "localhost, app.example.com", ": 20 days left", "P-256"):
        assert part in said


def test_a_refused_pair_is_told_of_until_a_good_one_comes(sluice, workdir,
                                                          certs):
    files = Files(workdir, certs.leaf("localhost"))
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    loaded = shown(daemon)["certificates"][0]["loaded"]
    files.cert.write_text("rubbish")
    eventually(lambda: "refused" in shown(daemon)["certificates"][0])
    one, = shown(daemon)["certificates"]
    assert str(files.cert) in one["refused_because"]
    assert f"refused    {one['refused']}: " in text(daemon)
    files.replace(certs.leaf("localhost", "other.example.com", kind="rsa"))
    eventually(lambda: "refused" not in shown(daemon)["certificates"][0])
    one, = shown(daemon)["certificates"]
    assert one["names"] == ["localhost", "other.example.com"]
    assert "RSA" in one["kind"] and one["loaded"] > loaded


def test_a_refused_pair_is_forgotten_when_the_former_is_back(sluice, workdir,
                                                             certs):
    pair = certs.leaf("localhost")
    files = Files(workdir, pair)
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    files.cert.write_text("rubbish")
    eventually(lambda: "refused" in shown(daemon)["certificates"][0])
    files.replace(pair)
    eventually(lambda: "refused" not in shown(daemon)["certificates"][0])


def test_staples_are_told_of(sluice, certs, origin, responder):
    pair = issue(certs, origin(responder.script), ends=29 * DAY)
    daemon = sluice(vhost=stapled_vhost(pair))
    wait_staple(daemon, certs)
    one, = shown(daemon)["certificates"]
    assert one["stapling"] == "good" and one["staple_until"] > one["loaded"]
    assert f"stapling   good, until {one['staple_until']}" in text(daemon)


def test_why_there_is_no_staple_is_told(sluice, certs, origin, responder):
    responder.broken = b"rubbish\r\n\r\n"
    pair = issue(certs, origin(responder.script), ends=28 * DAY)
    daemon = sluice(vhost=stapled_vhost(pair))
    eventually(lambda: "staple_trouble" in shown(daemon)["certificates"][0])
    one, = shown(daemon)["certificates"]
    assert one["stapling"] == "none"
    assert one["staple_trouble"] == "its answer is malformed"


def fail(daemon, **options):
    try:
        with TlsClient(daemon.port, **options):
            pass
    except (OSError, ssl.SSLError):
        return
    raise AssertionError("it was served")


def test_handshakes_are_counted_by_what_they_fail_for(sluice, workdir, certs):
    files = Files(workdir, certs.leaf("localhost"))
    daemon = sluice(vhost=files.vhost("localhost"))
    fail(daemon, name="other.example.com")
    fail(daemon, ca=certs.stranger)
    fail(daemon, alpn=["gopher"])
    with daemon.client() as client:
        client.send(b"\x16")
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        client.read_to_close()
    wanted = {"unknown name": 1, "refused by the client": 1,
              "nothing in common": 2, "client left": 1, "other": 0,
              "too slow": 0, "client certificate": 0}
    eventually(lambda: shown(daemon)["failed_by"] == wanted,
               what=f"{wanted}, not {shown(daemon)['failed_by']}")
    assert shown(daemon)["failed"] == 5


@pytest.mark.parametrize("way", ["ticket", "session"])
def test_resumptions_are_counted(sluice, workdir, certs, way):
    files = Files(workdir, certs.leaf("localhost"))
    daemon = sluice(vhost=files.vhost())
    context = client_context(most=ssl.TLSVersion.TLSv1_2)
    if way == "session":
        context.options |= ssl.OP_NO_TICKET
    with TlsClient(daemon.port, context=context) as client:
        session = client.session()
    for _ in range(3):
        with TlsClient(daemon.port, context=context, session=session):
            pass
    eventually(lambda: shown(daemon)["handshakes"] == 4)
    assert shown(daemon)["resumed"] == 3
    assert shown(daemon)[f"resumed_by_{way}"] == 3
    assert "resumed                  3 (75.0 %)" in text(daemon)
    assert 0 <= shown(daemon)["ticket_key_age"] < 600


def test_without_tls_there_is_nothing_to_tell(sluice, origin):
    daemon = sluice(vhost='host = "*";\n' + OURS)
    assert shown(daemon)["certificates"] == []
    assert text(daemon).startswith("no certificates\n")
