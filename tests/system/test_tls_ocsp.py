"""OCSP stapling: fetched once for all workers, believed only when it is right,
kept over reloads and killed workers; and nobody waits for a responder."""

import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from harness import eventually
from harness_certs import openssl
from harness_origin import reply
from harness_scripts import Gate
from harness_tls import TlsClient
from test_tls_certificates import open_files
from test_neighbours_clock import clock     # pylint: disable=unused-import

OURS = 'routes = ( { path = "/"; respond = "ours"; } );\n'
DAY = 86400


class Responder:
    """What `openssl ocsp` answers, for certificates of AUTHORITY.  To be held
    up by a Gate, and to say what BROKEN has instead, if it is bytes."""

    def __init__(self, folder, authority, signer=None):
        self.folder = folder
        self.authority = authority
        self.signer = signer or authority
        self.gate = None
        self.broken = None
        self.asked = 0
        self.lock = threading.Lock()

    def script(self, peer):
        request = peer.read_request()
        peer.requests.append(request)
        with self.lock:
            self.asked += 1
            number = self.asked
        if self.gate is not None:
            self.gate.wait()
        peer.send(self.broken or self._answer(request.body, number))

    def _answer(self, body, number):
        question = self.folder / f"question{number}"
        answer = self.folder / f"answer{number}"
        question.write_bytes(body)
        openssl("ocsp", "-index", self.authority.folder / "index",
                "-CA", self.authority.cert, "-rsigner", self.signer.cert,
                "-rkey", self.signer.key, "-ndays", "1",
                "-reqin", question, "-respout", answer)
        return reply(answer.read_bytes(),
                     fields=["Content-Type: application/ocsp-response"])


@pytest.fixture
def responder(workdir, certs):
    return Responder(workdir, certs.middle)


@pytest.fixture
def pair(certs, origin, responder):
    """A certificate that names the responder."""
    return issue(certs, origin(responder.script))


def issue(certs, behind, host="127.0.0.1", **options):
    url = f"http://{host}:{behind.port}/ocsp"
    return certs.middle.leaf("localhost", extensions=[
        f"authorityInfoAccess=OCSP;URI:{url}"], **options)


def vhost(pair, more=""):
    return ('host = "*";\nlisten = "https://127.0.0.1:@PORT@";\n'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; '
            f'ocsp_staple = true; {more} }};\n'
            + OURS)


def staple(daemon, certs):
    """What a client is shown: "good", "revoked" or None."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}",
         "-servername", "localhost", "-status", "-CAfile", certs.ca.cert],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        check=False)
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout
    if "OCSP response: no response sent" in done.stdout:
        return None
    assert "OCSP Response Status: successful" in done.stdout
    return re.search(r"Cert Status: (\w+)", done.stdout)[1]


def wait_staple(daemon, certs, wanted="good"):
    eventually(lambda: staple(daemon, certs) == wanted, what="the staple")


def by_all(daemon, certs, wanted, times=8):
    return all(staple(daemon, certs) == wanted for _ in range(times))


def test_all_workers_staple_what_one_has_fetched(sluice, certs, pair,
                                                 responder):
    daemon = sluice(vhost=vhost(pair), workers=3)
    daemon.wait_error(r"\.full is good, says its issuer by OCSP: "
                      r"stapled until 20\d\d-")
    eventually(lambda: by_all(daemon, certs, "good"))
    assert daemon.ctl("reload").returncode == 0
    assert by_all(daemon, certs, "good")
    assert responder.asked == 1


def test_who_asks_for_nothing_gets_nothing(sluice, pair, certs):
    daemon = sluice(vhost=vhost(pair))
    wait_staple(daemon, certs)
    with TlsClient(daemon.port, ca=certs.ca) as client:
        assert client.get("/").body == b"ours"
    stapled = re.search(r"^stapled +(\d+)", daemon.ctl("status").stdout, re.M)
    assert int(stapled[1]) == 1


def test_the_responder_has_a_name(sluice, certs, origin, responder):
    pair = issue(certs, origin(responder.script), host="localhost")
    daemon = sluice(vhost=vhost(pair))
    wait_staple(daemon, certs)


def test_without_a_responder_there_is_no_staple(sluice, certs, pair,
                                                responder):
    responder.broken = reply(status="503 Busy")
    daemon = sluice(vhost=vhost(pair))
    daemon.wait_error(r"warning .*no OCSP response of http://127.0.0.1:\d+"
                      r"/ocsp: it does not answer with status 200")
    assert staple(daemon, certs) is None
    eventually(lambda: responder.asked >= 2, what="the next try")
    responder.broken = None
    wait_staple(daemon, certs)
    assert daemon.errors().count("no OCSP response") == 1
    daemon.wait_error("has OCSP responses again|is good, says its issuer")


def test_nobody_waits_for_a_silent_responder(sluice, certs, pair, responder):
    responder.gate = Gate()
    daemon = sluice(vhost=vhost(pair))
    responder.gate.wait_reached()
    assert staple(daemon, certs) is None
    responder.gate.open()
    wait_staple(daemon, certs)


def test_what_is_not_the_issuers_is_not_stapled(sluice, certs, pair,
                                                responder):
    responder.signer = certs.stranger
    daemon = sluice(vhost=vhost(pair))
    daemon.wait_error("its answer is not signed for the issuer")
    assert staple(daemon, certs) is None


def test_a_revoked_certificate_is_shown_as_such(sluice, certs, origin,
                                                responder):
    pair = issue(certs, origin(responder.script), ends=17 * DAY)
    openssl("ca", "-config", "conf", "-keyfile", certs.middle.key, "-cert",
            certs.middle.cert, "-revoke", pair.cert, cwd=certs.middle.folder)
    daemon = sluice(vhost=vhost(pair))
    wait_staple(daemon, certs, "revoked")
    daemon.wait_error("error .*full is revoked, says its issuer by OCSP")


def test_a_response_that_ran_out_is_not_stapled(sluice, certs, pair,
                                                responder, clock):
    daemon = sluice(vhost=vhost(pair), env=clock.env)
    wait_staple(daemon, certs)
    responder.broken = reply(status="503 Busy")
    clock.set(DAY + 60)
    eventually(lambda: by_all(daemon, certs, None, times=2))


def holder_of(peer, pids):
    """Which of these processes has the other end of PEER's connection."""
    ends = [peer.sock.getpeername()[1], peer.sock.getsockname()[1]]
    inode = None
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if [int(end.rpartition(":")[2], 16) for end in fields[1:3]] == ends:
            inode = f"socket:[{fields[9]}]"
    for pid in pids:
        if inode in open_files(pid):
            return pid
    raise AssertionError("nobody has it")


def test_another_worker_goes_on_when_the_one_that_fetches_is_killed(
        sluice, certs, origin, responder):
    behind = origin(responder.script)
    responder.gate = Gate()
    daemon = sluice(vhost=vhost(issue(certs, behind)), workers=3, crash=True)
    responder.gate.wait_reached()
    os.kill(holder_of(behind.peers[0], daemon.workers()), signal.SIGKILL)
    responder.gate.wait_reached()
    responder.gate.open()
    eventually(lambda: by_all(daemon, certs, "good"))
    assert responder.asked == 2


def test_a_renewed_certificate_has_a_staple_of_its_own(sluice, workdir, certs,
                                                       origin, responder):
    behind = origin(responder.script)
    file = workdir / "both.pem"
    file.write_bytes(issue(certs, behind).pem.read_bytes())
    daemon = sluice(conf='certificate_watch = "100ms";\n', vhost=(
        'host = "*";\nlisten = "https://127.0.0.1:@PORT@";\n'
        f'tls = {{ cert = "{file}"; ocsp_staple = true; }};\n' + OURS))
    wait_staple(daemon, certs)
    file.write_bytes(issue(certs, behind, ends=44 * DAY).pem.read_bytes())
    daemon.wait_error("both.pem renewed")
    wait_staple(daemon, certs)
    assert responder.asked == 2


def test_a_closed_port_is_no_trouble(sluice, certs):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))     # and does not listen

        class Nobody:
            port = sock.getsockname()[1]
        daemon = sluice(vhost=vhost(issue(certs, Nobody)))
        daemon.wait_error("/ocsp: it takes no connection")
        assert staple(daemon, certs) is None
