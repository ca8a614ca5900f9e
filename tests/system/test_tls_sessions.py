"""Clients that come back with a ticket or a session: to any worker, after a
reload, after workers were killed, and never to another vhost's policy."""

import os
import signal
import ssl
import subprocess

import pytest

from harness import eventually
from harness_scripts import wait_counter
from harness_tls import TlsClient, client_context

# How a client of each kind is told to come back.
TLS13 = {"least": ssl.TLSVersion.TLSv1_3}
TLS12 = {"most": ssl.TLSVersion.TLSv1_2}
WAYS = ["tls13", "tls12-ticket", "tls12-id"]

OURS = 'routes = ( { path = "/"; respond = "ours"; } );\n'


def vhost(pair, host="*", more=""):
    return (f'host = "{host}";\nlisten = "https://127.0.0.1:@PORT@";\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; {more} }};\n'
            + OURS)


def context_of(way):
    context = client_context(**(TLS13 if way == "tls13" else TLS12))
    if way == "tls12-id":
        context.options |= ssl.OP_NO_TICKET
    return context


def come(daemon, context, session=None, name="localhost"):
    """One visit: whether it was resumed, and a session for the next."""
    with TlsClient(daemon.port, name=name, context=context,
                   session=session) as client:
        assert client.get("/", host=name).body == b"ours"
        return client.tls.session_reused, client.session()


def come_back(daemon, context, session, times, name="localhost"):
    """How many of TIMES visits, each with what the last one got, were full
    handshakes; and the last session."""
    full = 0
    for _ in range(times):
        reused, session = come(daemon, context, session, name)
        full += not reused
    return full, session


@pytest.mark.parametrize("way", WAYS)
def test_any_worker_resumes(sluice, certs, way):
    daemon = sluice(vhost=vhost(certs.leaf("localhost")), workers=4)
    context = context_of(way)
    reused, session = come(daemon, context)
    assert not reused
    assert come_back(daemon, context, session, 100)[0] == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_reload_and_killed_workers_take_no_session_away(sluice, certs, way):
    daemon = sluice(vhost=vhost(certs.leaf("localhost")), workers=2)
    context = context_of(way)
    _, session = come(daemon, context)
    assert daemon.ctl("reload").returncode == 0
    full, session = come_back(daemon, context, session, 10)
    assert full == 0
    for pid in daemon.workers():
        os.kill(pid, signal.SIGKILL)
        eventually(lambda gone=pid: gone not in daemon.workers()
                   and len(daemon.workers()) == 2, what="another worker")
        full, session = come_back(daemon, context, session, 5)
        assert full == 0


@pytest.mark.parametrize("way", WAYS)
def test_another_vhost_resumes_nothing(sluice, certs, way):
    """The sessions of one vhost are worth nothing to another, whatever the
    two have in common; who comes with one is served all the same."""
    pair = certs.leaf("a.test", "b.test")
    daemon = sluice(vhosts={name: vhost(pair, f"{name}.test")
                            for name in "ab"}, workers=2)
    context = context_of(way)
    _, of_a = come(daemon, context, name="a.test")
    reused, of_b = come(daemon, context, of_a, name="b.test")
    assert not reused
    assert come_back(daemon, context, of_b, 5, name="b.test")[0] == 0
    assert not come(daemon, context, of_b, name="a.test")[0]
    assert come(daemon, context, of_a, name="a.test")[0]


@pytest.mark.parametrize("options", [["-tls1_3"], ["-tls1_2"],
                                     ["-tls1_2", "-no_ticket"]])
def test_s_client_comes_back(sluice, certs, options):
    daemon = sluice(vhost=vhost(certs.leaf("localhost")), workers=4)
    saved = daemon.path / "session"
    ask = ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}",
           "-servername", "localhost", "-ign_eof", "-sess_out", saved,
           *options]
    request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for visit in range(10):
        done = subprocess.run(
            ask + (["-sess_in", saved] if visit else []), input=request,
            capture_output=True, text=True, timeout=30, check=True)
        assert ("Reused, TLSv1" in done.stdout) == bool(visit), done.stdout
        assert "ours" in done.stdout


def test_handshakes_are_counted(sluice, certs):
    daemon = sluice(vhost=vhost(certs.leaf("localhost")), workers=2)
    context = context_of("tls13")
    _, session = come(daemon, context)
    come_back(daemon, context, session, 4)
    with pytest.raises(ssl.SSLError):
        come(daemon, client_context(certs.stranger))

    wait_counter(daemon, "handshakes", 5)
    wait_counter(daemon, "handshakes_resumed", 4)
    wait_counter(daemon, "handshakes_failed", 1)
