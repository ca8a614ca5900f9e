"""Active checks: who fails them leaves the rotation, and comes back."""

import json
import re
import socket
import ssl
import subprocess
import threading

import pytest

import harness_processes as processes
from harness import BUILD, eventually
from harness_health import (CHECKED, answers, wait_answers, ward,  # noqa: F401
                            ward_vhost)


def downs(daemon, server):
    return re.findall(rf"server {re.escape(server.url)} is down: (.*)",
                      daemon.errors())


# ---- down and up ----

def test_who_fails_its_checks_leaves_and_returns(sluice, ward):  # noqa: F811
    one, two = ward(2)
    daemon = sluice(vhost=ward_vhost([one, two], CHECKED, host="a.test"))
    wait_answers(daemon, {"a", "b"}, host="a.test")
    one.check = 503
    daemon.wait_error(rf"warning worker \d+.*: pool a\.test/web: server "
                      rf"{one.url} is down: check got status 503, expected "
                      r"200-299 \(2 in a row\)\n")
    wait_answers(daemon, {"b"}, host="a.test")
    one.check = 200
    daemon.wait_error(rf"info worker \d+.*: pool a\.test/web: server "
                      rf"{one.url} is up again after \d+ s\n")
    wait_answers(daemon, {"a", "b"}, host="a.test")
    assert len(downs(daemon, one)) == 1 and not downs(daemon, two)


def test_the_first_check_decides_alone(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.check = 500
    daemon = sluice(vhost=ward_vhost([one, two],
                                     'health = { path = "/health"; '
                                     'every = "1h"; fall = 9; };'))
    daemon.wait_error(f"server {one.url} is down: check got status 500, "
                      "expected 200-299\n")
    wait_answers(daemon, {"b"})
    assert len(one.checks) == len(two.checks) == 1


def test_one_failure_is_not_enough(sluice, ward):  # noqa: F811
    one, = ward(1)
    daemon = sluice(vhost=ward_vhost([one], 'health = { path = "/health"; '
                                     'every = "100ms"; fall = 3; };'))
    one.wait_checks(3)
    for _ in range(3):
        one.check = 500
        one.wait_checks(1)
        one.check = 200
        one.wait_checks(2)
    assert not downs(daemon, one)


def test_when_all_are_down_clients_are_told_so(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.check = two.check = 500
    daemon = sluice(vhost=ward_vhost([one, two], CHECKED))
    wait_answers(daemon, {503})
    answer = daemon.get("/x")
    assert answer.status == 503 and answer.get("Retry-After")
    eventually(lambda: daemon.exchanges(end="no_server"), what="the log")


def test_a_server_that_is_gone_is_down(sluice, ward):  # noqa: F811
    one, two = ward(2)
    daemon = sluice(vhost=ward_vhost([one, two], CHECKED))
    one.wait_checks(1)
    port = one.port
    one.origin.close()
    daemon.wait_error(f"server http://127.0.0.1:{port} is down: check could "
                      "not connect: Connection refused")
    wait_answers(daemon, {"b"})


def states(daemon):
    pools = json.loads(daemon.ctl("--json", "pools").stdout)["pools"]
    return {s["url"]: s["state"] for s in pools[0]["servers"]}


def test_who_comes_back_starts_slowly(sluice, ward):  # noqa: F811
    one, two = ward(2)
    daemon = sluice(vhost=ward_vhost([one, two],
                                     CHECKED + 'slow_start = "1h";'))
    one.wait_checks(1)
    wait_answers(daemon, {"a", "b"})
    assert states(daemon) == {one.url: "up", two.url: "up"}
    one.check = 500
    eventually(lambda: states(daemon)[one.url] == "down", what="a down")
    one.check = 200
    eventually(lambda: states(daemon)[one.url] == "slow start",
               what="the slow start")


# ---- what is checked ----

@pytest.mark.parametrize("settings,reason", [
    ("expect = ( 204, \"300-399\" );",
     "check got status 200, expected 204, 300-399"),
    ('body = "^ready$";', "check got a body that does not match"),
    ('method = "POST"; expect = 418;', "check got status 200, expected 418"),
])
def test_a_check_that_fails_says_why(sluice, ward, settings,  # noqa: F811
                                     reason):
    one, = ward(1)
    daemon = sluice(vhost=ward_vhost(
        [one], f'health = {{ path = "/health"; {settings} '
        'every = "100ms"; };'))
    daemon.wait_error(f"is down: {re.escape(reason)}\n")


def test_a_body_decides(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.body, two.body = b'{"ready": true}', b'{"ready": false}'
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'health = { path = "/health"; every = "100ms"; '
        'rise = 1; fall = 1; body = "\\"ready\\": *true"; };'))
    wait_answers(daemon, {"a"})
    two.body = one.body
    wait_answers(daemon, {"a", "b"})


def test_another_port_can_be_checked(sluice, ward):  # noqa: F811
    one, doctor = ward(2)
    daemon = sluice(vhost=ward_vhost(
        [one], f'health = {{ path = "/health"; port = {doctor.port}; '
        'every = "100ms"; fall = 1; };'))
    doctor.wait_checks(2)
    assert not one.checks
    doctor.check = 500
    wait_answers(daemon, {503})


def test_of_type_tcp_listening_is_enough(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.check = 500
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'health = { type = "tcp"; every = "100ms"; fall = 1; };'))
    eventually(lambda: len(one.origin.peers) > 3, what="checks")
    assert not downs(daemon, one)
    port = two.port
    two.origin.close()
    daemon.wait_error(f":{port} is down: check could not connect")
    wait_answers(daemon, {"a"})


@pytest.fixture
def tls_port(tmp_path):
    """A server that speaks TLS, with a certificate that nobody trusts."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=nobody.test", "-keyout",
                    str(tmp_path / "key"), "-out", str(tmp_path / "cert")],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    names = []
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(sock, server_side=True) as secure:
                    secure.recv(1)
            except OSError:
                names.append("broken")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], names
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_of_type_tls_a_handshake_is_enough(sluice, ward,  # noqa: F811
                                           tls_port):
    one, = ward(1)
    port, names = tls_port
    daemon = sluice(vhost=ward_vhost(
        [one], f'health = {{ type = "tls"; port = {port}; host = "a.test"; '
        'every = "100ms"; fall = 1; };'))
    eventually(lambda: len(names) >= 5, what="handshakes")
    assert set(names) == {"a.test"} and not downs(daemon, one)
    wait_answers(daemon, {"a"})


def test_of_type_tls_who_speaks_something_else_is_down(sluice, origin):
    def greet(peer):
        peer.send(b"220 mail.test ready\r\n")
        peer.read_to_close()

    daemon = sluice(vhost=ward_vhost(
        [origin(greet)], 'health = { type = "tls"; every = "100ms"; };'))
    daemon.wait_error("is down: check failed at the TLS handshake: the "
                      "server does not speak TLS")


# ---- how often ----

EVERY = 0.2
OFTEN = f'health = {{ path = "/health"; every = "{int(EVERY * 1000)}ms"; }};'


def test_four_workers_check_as_often_as_one(sluice, ward):  # noqa: F811
    one, = ward(1)
    sluice(vhost=ward_vhost([one], OFTEN), workers=4)
    one.wait_checks(1)
    assert one.wait_checks(15) > 15 * EVERY * 0.6


def test_the_same_check_of_two_pools_is_made_once(sluice, ward):  # noqa: F811
    one, = ward(1)
    vhosts = {name: ward_vhost([one], OFTEN, host=f"{name}.test")
              for name in ("a", "b")}
    daemon = sluice(vhosts=vhosts)
    one.wait_checks(1)
    assert one.wait_checks(15) > 15 * EVERY * 0.6
    one.check = 500
    for name in vhosts:
        daemon.wait_error(rf"pool {name}\.test/web: server {one.url} is down")
        assert answers(daemon, 2, host=f"{name}.test") == {503}


def test_a_check_that_differs_is_another(sluice, ward):  # noqa: F811
    one, = ward(1)
    other = OFTEN.replace('"/health"', '"/health/b"')
    sluice(vhosts={"a": ward_vhost([one], OFTEN, host="a.test"),
                   "b": ward_vhost([one], other, host="b.test")})
    eventually(lambda: one.targets == {"/health", "/health/b"},
               what="both checks")


# ---- reload ----

def test_what_is_known_outlives_a_reload(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.check = 503
    daemon = sluice(vhost=ward_vhost([one, two], CHECKED))
    wait_answers(daemon, {"b"})
    one.asked = 0
    for _ in range(3):
        assert daemon.ctl("reload").returncode == 0
        assert answers(daemon, 10) == {"b"}
    assert one.asked == 0 and len(downs(daemon, one)) == 1
    one.check = 200
    wait_answers(daemon, {"a", "b"})


def test_a_reload_checks_nobody_before_it_is_due(sluice, ward):  # noqa: F811
    one, = ward(1)
    daemon = sluice(vhost=ward_vhost(
        [one], 'health = { path = "/health"; every = "1h"; };'))
    eventually(lambda: one.checks, what="the first check")
    for _ in range(3):
        assert daemon.ctl("reload").returncode == 0
        assert answers(daemon, 5) == {"a"}
    assert len(one.checks) == 1


def test_a_check_comes_with_a_reload_and_goes_with_one(sluice,
                                                       ward):  # noqa: F811
    one, = ward(1)
    daemon = sluice(vhost=ward_vhost([one]))
    assert answers(daemon, 2) == {"a"} and not one.checks
    daemon.vhosts["main"] = ward_vhost([one], CHECKED)
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    one.wait_checks(3)
    one.check = 500
    wait_answers(daemon, {503})
    daemon.vhosts["main"] = ward_vhost([one])
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    wait_answers(daemon, {"a"})


def test_checks_are_counted(sluice, ward):  # noqa: F811
    one, = ward(1)
    one.check = 500
    daemon = sluice(vhost=ward_vhost([one], CHECKED))
    one.wait_checks(3)

    def counted(name):
        found = re.search(rf"^{name} +(\d+)$", daemon.ctl("status").stdout,
                          re.MULTILINE)
        return int(found.group(1))

    eventually(lambda: counted("checks") >= 3 and
               counted("checks_failed") >= 3, what="counters")
    assert processes.is_alive(daemon.pid)


# ---- what a check costs ----

def features():
    return subprocess.run([BUILD / "sluiced", "-V"], capture_output=True,
                          text=True, check=True).stdout


@pytest.mark.skipif("census" not in features(),
                    reason="the build is without --enable-census")
def test_stacks_of_checks_stay_below_their_ceiling(sluice,  # noqa: F811
                                                   ward, tls_port):
    one, = ward(1)
    port, names = tls_port
    often = 'every = "100ms"; '
    daemon = sluice(workers=1, vhosts={
        "a": ward_vhost([one], f'health = {{ path = "/health"; {often} '
                        'body = "o*k"; };', host="a"),
        "b": ward_vhost([one], f'health = {{ type = "tls"; {often} '
                        f'port = {port}; host = "a.test"; }};', host="b")})
    one.wait_checks(3)
    eventually(lambda: len(names) >= 3, what="handshakes")
    daemon.stop()
    deepest, fibers = re.search(r" census: check: (\d+) of \d+ bytes, (\d+) "
                                r"fibers", daemon.errors()).groups()
    assert int(fibers) >= 6 and 0 < int(deepest) <= 32 * 1024, deepest
