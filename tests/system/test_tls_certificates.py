"""Certificates that are renewed while the daemon runs: what is good is shown
to whoever comes, what is not is kept out, and nobody notices the change."""

import os
import shutil
import signal
import ssl
import threading
from pathlib import Path

import pytest

from harness import eventually, size
from harness_tls import TlsClient, client_context

DAY = 86400
WATCH = 'certificate_watch = "100ms";\n'
OURS = 'routes = ( { path = "/"; respond = "ours"; } );\n'


class Files:
    """The files of a pair in the daemon's folder, as an ACME client has them:
    cert.pem and key.pem."""

    def __init__(self, folder, pair):
        self.folder = Path(folder)
        self.cert = self.folder / "cert.pem"
        self.key = self.folder / "key.pem"
        self.replace(pair)

    def _put(self, path, data):
        new = path.with_suffix(".new")
        new.write_bytes(data)
        new.chmod(0o600)
        new.rename(path)

    def replace(self, pair):
        self._put(self.cert, pair.full.read_bytes())
        self._put(self.key, pair.key.read_bytes())

    def vhost(self, host="*"):
        return (f'host = "{host}";\nlisten = "https://127.0.0.1:@PORT@";\n'
                f'tls = {{ cert = "{self.cert}"; key = "{self.key}"; }};\n'
                + OURS)


def der(pair):
    return ssl.PEM_cert_to_DER_cert(pair.cert.read_text())


def shown(daemon):
    with TlsClient(daemon.port) as client:
        return client.tls.getpeercert(binary_form=True)


def shown_by_all(daemon, pair, times=24):
    """Is it what everybody gets, whichever worker takes the connection?"""
    return all(shown(daemon) == der(pair) for _ in range(times))


def count_told(daemon, text):
    return daemon.errors().count(text)


def wait_renewed(daemon, times=1):
    eventually(lambda: count_told(daemon, "pem renewed, ") >= times,
               what="the certificate to be renewed")


@pytest.fixture
def two(certs):
    """Two pairs for one name, told apart by how long they last."""
    return certs.leaf("localhost"), certs.leaf("localhost", ends=60 * DAY)


@pytest.fixture
def files(workdir, two):
    return Files(workdir, two[0])


def test_a_renewed_pair_is_shown_without_a_reload(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost(), workers=3)
    workers = daemon.workers()
    assert shown_by_all(daemon, two[0])
    files.replace(two[1])
    wait_renewed(daemon)
    assert shown_by_all(daemon, two[1])
    daemon.wait_error(r"certificate: \S+/cert.pem renewed, "
                      r"CN=localhost, valid to 20\d\d-\d\d-\d\d")
    assert daemon.workers() == workers
    files.replace(two[0])
    wait_renewed(daemon, 2)
    assert shown_by_all(daemon, two[0])


def test_links_may_be_turned_to_other_files(sluice, workdir, two):
    for number, pair in enumerate(two):
        for name, path in (("cert", pair.full), ("key", pair.key)):
            copy = workdir / f"{name}{number}.pem"
            shutil.copyfile(path, copy)
            os.utime(copy, (0, 0))

    def turn(number):
        for name in ("cert", "key"):
            link = workdir / f"{name}.new"
            link.symlink_to(f"{name}{number}.pem")
            link.rename(workdir / f"{name}.link")
    turn(0)
    daemon = sluice(conf=WATCH, vhost=(
        'host = "*";\nlisten = "https://127.0.0.1:@PORT@";\n'
        f'tls = {{ cert = "{workdir}/cert.link"; '
        f'key = "{workdir}/key.link"; }};\n' + OURS))
    assert shown(daemon) == der(two[0])
    turn(1)
    daemon.wait_error("cert.link renewed")
    assert shown_by_all(daemon, two[1])


@pytest.mark.parametrize("break_it, reason", [
    (lambda files, other: files.cert.write_text("rubbish"), "cert.pem"),
    (lambda files, other: files.cert.unlink(), "cannot be read"),
    (lambda files, other: files.key.write_bytes(other.key.read_bytes()),
     "key"),
    (lambda files, other: files.cert.write_bytes(
        other.full.read_bytes()[:500]), "cert.pem"),
], ids=["rubbish", "gone", "another key", "half"])
def test_a_bad_pair_is_kept_out_and_said_once(sluice, files, two, break_it,
                                              reason):
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    break_it(files, two[1])
    said = daemon.wait_error("is not renewed, the former one stays: .*")
    assert reason in said.group()
    assert shown_by_all(daemon, two[0])
    files.replace(two[1])
    wait_renewed(daemon)
    assert shown_by_all(daemon, two[1])
    assert count_told(daemon, "is not renewed") == 1


def test_an_expired_pair_is_kept_out(sluice, files, two, certs):
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    files.replace(certs.leaf("localhost", begins=-2 * DAY, ends=-DAY))
    daemon.wait_error("is not renewed, the former one stays: it has expired")
    assert shown_by_all(daemon, two[0])


def test_a_pair_for_another_name_is_taken_with_a_warning(sluice, files, certs):
    daemon = sluice(conf=WATCH, vhost=files.vhost("localhost"))
    files.replace(certs.leaf("app.example.com"))
    wait_renewed(daemon)
    daemon.wait_error("warning .*cert.pem: it is not for localhost")


def test_a_touched_file_is_not_news(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    os.utime(files.cert)
    files.replace(two[0])
    os.utime(files.key)
    files.cert.write_text("rubbish")
    daemon.wait_error("is not renewed")
    assert count_told(daemon, "renewed, ") == 1     # "not renewed, the ..."


def visit(daemon, stop, seen, failures):
    """Comes again and again: new connections, and requests on open ones."""
    context = client_context()
    while not stop.is_set():
        try:
            with TlsClient(daemon.port, context=context) as client:
                for _ in range(3):
                    assert client.get("/", host="localhost").body == b"ours"
                seen.add(client.tls.getpeercert(binary_form=True))
        except Exception as error:      # whatever it is, it is one too many
            failures.append(repr(error))


def test_swaps_under_load_lose_nothing(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost(), workers=2)
    stop, seen, failures = threading.Event(), set(), []
    visitors = [threading.Thread(target=visit,
                                 args=(daemon, stop, seen, failures))
                for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        turns = size(5, 50)
        for turn in range(turns):
            files.cert.write_text("rubbish")
            eventually(lambda: count_told(daemon, "not renewed") > turn)
            files.replace(two[(turn + 1) % 2])
            wait_renewed(daemon, turn + 1)
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
    assert failures == []
    assert seen == {der(pair) for pair in two}
    assert shown_by_all(daemon, two[turns % 2])


def test_a_worker_that_is_started_later_has_the_newest(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost(), workers=1, crash=True)
    files.replace(two[1])
    wait_renewed(daemon)
    files.cert.write_text("rubbish")
    daemon.wait_error("is not renewed")
    worker, = daemon.workers()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: daemon.workers() not in ([], [worker]))
    eventually(lambda: count_told(daemon, "is ready") == 2)
    assert shown_by_all(daemon, two[1], times=4)


def test_a_stopped_worker_catches_up(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost(), workers=1)
    worker, = daemon.workers()
    os.kill(worker, signal.SIGSTOP)
    try:
        files.replace(two[1])
        files.replace(two[0])
        files.replace(two[1])
        eventually(lambda: "sluice-pair" in open_files(daemon.pid))
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_renewed(daemon)
    assert shown(daemon) == der(two[1])


def test_a_reload_reads_the_files(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost())
    files.replace(two[1])
    wait_renewed(daemon)
    files.replace(two[0])
    assert daemon.ctl("reload").returncode == 0
    assert shown_by_all(daemon, two[0])
    files.replace(two[1])
    wait_renewed(daemon, 2)
    assert shown_by_all(daemon, two[1])


def open_files(pid):
    links = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(fd))
        except OSError:
            pass
    return " ".join(links)


def test_no_key_is_left_lying_about(sluice, files, two):
    daemon = sluice(conf=WATCH, vhost=files.vhost(), workers=2)
    for turn in range(4):
        files.replace(two[(turn + 1) % 2])
        wait_renewed(daemon, turn + 1)
    assert open_files(daemon.pid).count("sluice-pair") == 1
    os.kill(daemon.workers()[0], signal.SIGTERM)
    eventually(lambda: count_told(daemon, "is ready") == 3)
    for worker in daemon.workers():
        assert "sluice-pair" not in open_files(worker)
    assert daemon.ctl("reload").returncode == 0
    assert "sluice-pair" not in open_files(daemon.pid)
    assert "PRIVATE KEY" not in daemon.errors()


@pytest.mark.parametrize("ends, said", [
    (3 * DAY + 60, "warning master.*cert.pem ends in 3 days .CN=localhost"),
    (-DAY, "error master.*cert.pem has expired .CN=localhost"),
], ids=["soon", "expired"])
def test_an_end_is_told_of_in_time(sluice, workdir, certs, ends, said):
    pair = certs.leaf("localhost", begins=-9 * DAY, ends=ends)
    daemon = sluice(conf=WATCH, vhost=Files(workdir, pair).vhost())
    daemon.wait_error(said)
    assert daemon.ctl("reload").returncode == 0
    assert count_told(daemon, f"certificate: {workdir}") == 1
    assert count_told(daemon, "[certificate-ends]") == 2    # start, reload


def test_of_two_kinds_each_is_renewed_by_itself(sluice, workdir, certs):
    ecdsa, rsa = workdir / "ecdsa.pem", workdir / "rsa.pem"
    ecdsa.write_bytes(certs.leaf("localhost").pem.read_bytes())
    rsa.write_bytes(certs.leaf("localhost", kind="rsa").pem.read_bytes())
    daemon = sluice(conf=WATCH, vhost=f"""host = "*";
listen = "https://127.0.0.1:@PORT@";
tls = {{ certs = ( {{ cert = "{ecdsa}"; }}, {{ cert = "{rsa}"; }} ); }};
""" + OURS)

    def shown_to(ciphers):
        context = client_context(most=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(ciphers)
        with TlsClient(daemon.port, context=context) as client:
            return client.tls.getpeercert(binary_form=True)
    renewed = certs.leaf("localhost", kind="rsa", ends=50 * DAY)
    rsa.write_bytes(renewed.pem.read_bytes())
    daemon.wait_error("rsa.pem renewed")
    assert shown_to("aRSA") == der(renewed)
    assert shown_to("aECDSA") == der(certs.leaf("localhost"))
    rsa.write_bytes(certs.leaf("localhost", ends=50 * DAY).pem.read_bytes())
    daemon.wait_error(r"rsa.pem is not renewed.*: its key is \S+ P-256, and "
                      r"so is that of \S+/ecdsa.pem")
    assert shown_to("aRSA") == der(renewed)
