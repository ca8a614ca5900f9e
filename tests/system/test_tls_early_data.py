"""Requests that come before the handshake is over (0-RTT): who is served, who
is told to come again, and that whoever has heard one can't say it twice.

First flights are made by s_client, caught, and sent by the test itself: what
is served then was served without the end of a handshake."""

import re
import socket
import subprocess

import pytest

from harness import eventually
from harness_origin import answers, reply
from harness_peer import Client

OURS = "Early-Data"


def vhost(certs, behind, early="true", host="a.test"):
    pair = certs.leaf("a.test", "b.test")
    return (f'host = "{host}";\nlisten = "https://127.0.0.1:@PORT@";\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}";'
            f' early_data = {early}; }};\nproxy = "{behind.url}";\n')


def request(target="/", method="GET", body=None, version="1.1", last=False):
    lines = [f"{method} {target} HTTP/{version}", "Host: a.test"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if last:
        lines.append("Connection: close")
    return "\r\n".join(lines) + "\r\n\r\n" + (body or "")


def s_client(daemon, *options, port=None, text="", name="a.test"):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port or daemon.port}",
         "-servername", name, "-tls1_3", "-ign_eof", *options],
        input=text, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout


def ticket(daemon, name="a.test"):
    """A file with a session for the next visit."""
    path = daemon.path / "session"
    path.unlink(missing_ok=True)
    s_client(daemon, "-sess_out", path, name=name,
             text=request(last=True))
    assert path.exists()
    return path


def early(daemon, saved, data, **options):
    """What s_client says when it sends DATA early."""
    path = daemon.path / "early"
    path.write_text(data)
    return s_client(daemon, "-sess_in", saved, "-early_data", path, **options)


def first_flight(daemon, saved, text):
    """What a client sends at first, caught before it gets anywhere."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        path = daemon.path / "early"
        path.write_text(text)
        with subprocess.Popen(
                ["openssl", "s_client", "-servername", "a.test", "-tls1_3",
                 "-connect", f"127.0.0.1:{trap.getsockname()[1]}",
                 "-sess_in", saved, "-early_data", path],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as client:
            with trap.accept()[0] as caught:
                caught.settimeout(0.3)
                flight = b""
                try:
                    while piece := caught.recv(65536):
                        flight += piece
                except TimeoutError:
                    pass
            client.wait()
    assert len(flight) > len(text) + 300
    return flight


@pytest.fixture
def behind(origin):
    return origin(answers(*[reply(b"x")] * 50))


def targets(behind):
    return [r.start.split(" ")[1] for r in behind.requests]


def test_by_default_there_is_none(sluice, certs, behind):
    daemon = sluice(vhost=vhost(certs, behind, "false"), workers=1)
    saved = ticket(daemon)
    assert "Early data was not sent" in early(
        daemon, saved, request("/early"), text=request(last=True))
    assert targets(behind) == ["/", "/"]


def test_a_request_is_served_before_the_handshake_is_over(sluice, certs,
                                                         behind):
    daemon = sluice(vhost=vhost(certs, behind), workers=2)
    saved = ticket(daemon)
    assert behind.requests[0].get(OURS) is None
    flight = first_flight(daemon, saved, request("/early"))
    with Client(daemon.port) as client:
        client.send(flight)
        eventually(lambda: len(behind.requests) == 2, what="the request")
        assert behind.requests[1].get(OURS) == "1"
        assert targets(behind) == ["/", "/early"]


def test_a_client_gets_its_answer_and_the_connection_goes_on(sluice, certs,
                                                            behind):
    daemon = sluice(vhost=vhost(certs, behind), workers=2)
    text = early(daemon, ticket(daemon), request("/early"),
                 text=request("/late", "POST", body="1", last=True))
    assert "Early data was accepted" in text
    assert text.count("HTTP/1.1 200 OK") == 2
    assert targets(behind) == ["/", "/early", "/late"]
    assert [r.get(OURS) for r in behind.requests] == [None, "1", None]


def test_who_has_heard_it_can_not_say_it_again(sluice, certs, behind):
    """Neither to the same worker nor to another, nor after a reload."""
    daemon = sluice(vhost=vhost(certs, behind), workers=4)
    flight = first_flight(daemon, ticket(daemon), request("/early"))

    def send():
        client = Client(daemon.port)
        client.send(flight)
        assert client.sock.recv(1)  # it was answered, with a handshake
        return client

    clients = [send() for _ in range(12)]
    assert daemon.ctl("reload").returncode == 0
    clients += [send() for _ in range(4)]
    ticket(daemon)      # what came before has been served by now
    for client in clients:
        client.close()
    assert targets(behind).count("/early") == 1


@pytest.mark.parametrize("how", [
    {"method": "POST", "body": "abc"}, {"method": "DELETE"},
    {"method": "PUT", "body": "abc"}, {"body": "abc"}, {"version": "1.0"}])
def test_what_could_change_something_is_too_early(sluice, certs, behind, how):
    daemon = sluice(vhost=vhost(certs, behind), workers=1)
    said = early(daemon, ticket(daemon), request("/no", last=True, **how))
    assert re.search("HTTP/1.[01] 425 Too Early", said)
    assert targets(behind) == ["/"]
    assert daemon.wait_exchanges(2)[1]["end"] == "too_early"


def test_an_origin_may_say_that_it_is_too_early(sluice, certs, origin):
    behind = origin(answers(reply(b"x"), reply(
        b"later", status="425 Too Early", fields=["Connection: close"])))
    daemon = sluice(vhost=vhost(certs, behind), workers=1)
    said = early(daemon, ticket(daemon), request("/early", last=True))
    assert "HTTP/1.1 425 Too Early" in said and "later" in said


@pytest.mark.parametrize("last", [False, True])
def test_a_large_reply_gets_through(sluice, certs, origin, last):
    body = bytes(range(64, 128)) * 32768
    behind = origin(answers(reply(b"x"), reply(body), reply(b"end")))
    daemon = sluice(vhost=vhost(certs, behind), workers=1)
    said = early(daemon, ticket(daemon), request("/early", last=last),
                 text="" if last else request("/late", last=True))
    assert body.decode() in said
    assert said.count("HTTP/1.1 200 OK") == (1 if last else 2)


def test_tickets_of_before_are_good_for_nothing_early(sluice, certs, behind):
    """When the setting has been taken back."""
    daemon = sluice(vhost=vhost(certs, behind), workers=1)
    flight = first_flight(daemon, ticket(daemon), request("/early"))
    daemon.vhosts["main"] = vhost(certs, behind, "false")
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    with Client(daemon.port) as client:
        client.send(flight)
        client.sock.recv(1)
        ticket(daemon)
    assert "/early" not in targets(behind)
