"""harness_tls.py - TLS for the system tests: clients, origins, certificates.

Fixtures:

    certs       a CA and what it signs, for the session: harness_certs.py
    tls_origin  makes origins that speak TLS: tls_origin(script, pair, ...)

TLS runs over memory here, so a test sees and decides everything: a close
without close_notify, a record in two pieces, garbage between handshakes.  A
TlsSocket stands in for a socket, so Peer, Client and Origin work on it.

    with TlsClient(daemon.port, ca=certs.ca, name="app.example.com") as client:
        assert client.get("/", host="app.example.com").status == 200
        client.tls.version(), client.tls.session_reused, client.session()

    behind = tls_origin(reply(b"hello"), certs.leaf("127.0.0.1"))
    behind.url                      # https://127.0.0.1:PORT
    behind.peers[0].sni             # None if there was none
    behind.handshakes, behind.resumptions, behind.refusals
"""

import socket
import ssl

import pytest

import harness_fixtures
from harness import Workdir
from harness_certs import Certificates
from harness_origin import Origin
from harness_peer import DEADLINE, Client, Closed

PIECE = 1 << 18


class TlsSocket:
    """SOCK with TLS above it; make one with `shake_hands` of the same name.

    CONTEXT and OPTIONS (server_side, server_hostname, session) are those of
    ssl.SSLContext.wrap_bio.  It behaves as a blocking socket does.
    """

    def __init__(self, sock, context, **options):
        self.raw = sock
        self.family = sock.family
        self.into = ssl.MemoryBIO()
        self.out = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, **options)
        self.notified = False   # the other side's end was a close_notify

    def _flush(self):
        if self.out.pending:
            self.raw.sendall(self.out.read())

    def _feed(self):
        """More of what the other side sends; False at its end."""
        data = self.raw.recv(PIECE)
        if data:
            self.into.write(data)
        else:
            self.into.write_eof()
        return bool(data)

    def _run(self, call, *args):
        """CALL, and what it needs of the wire; raises ssl.SSLError."""
        while True:
            try:
                done = call(*args)
                self._flush()
                return done
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            except ssl.SSLError:
                try:
                    self._flush()   # an alert
                except OSError:
                    pass
                raise

    def shake_hands(self):
        self._run(self.tls.do_handshake)

    # ---- what a socket can ----

    def setsockopt(self, *args):
        self.raw.setsockopt(*args)

    def settimeout(self, seconds):
        self.raw.settimeout(seconds)

    def fileno(self):
        return self.raw.fileno()

    def sendall(self, data):
        if data:
            self._run(self.tls.write, data)

    def recv(self, size):
        """b"" at the end, however it came: see `notified`."""
        try:
            data = self._run(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLEOFError:
            return b""
        if not data:
            self.notified = True
        return data

    def close_notify(self):
        """Tells the end, and keeps the connection open for the other's."""
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        self._flush()

    def shutdown(self, how):
        """As of a plain socket, with a close_notify before a FIN."""
        if how == socket.SHUT_WR:
            self.close_notify()
        self.raw.shutdown(how)

    def close(self):
        """At once, and without a close_notify."""
        self.raw.close()


# ---- clients ----

def client_context(ca=None, pair=None, alpn=(), most=None, least=None):
    """For a client that trusts CA (None: anybody) and shows PAIR.

    most, least  ssl.TLSVersion.TLSv1_2 ...
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ca is not None:
        context.load_verify_locations(str(ca.cert))
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
    if pair is not None:
        context.load_cert_chain(str(pair.full), str(pair.key))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if most is not None:
        context.maximum_version = most
    if least is not None:
        context.minimum_version = least
    return context


class TlsClient(Client):
    """A Client over TLS.  NAME is sent as SNI, and verified if there is a CA;
    None: no SNI.  To resume, give CONTEXT and SESSION of one before.

    handshake=False leaves the handshake to the test: client.sock.shake_hands()
    """

    def __init__(self, port=None, name="localhost", ca=None, context=None,
                 session=None, handshake=True, deadline=DEADLINE,
                 connect=None, **options):
        super().__init__(port, deadline=deadline, **(connect or {}))
        self.context = context or client_context(ca, **options)
        self.sock = TlsSocket(self.sock, self.context, session=session,
                              server_hostname=name)
        self.tls = self.sock.tls
        if handshake:
            try:
                self.sock.shake_hands()
            except Exception:
                self.close()
                raise

    def session(self):
        """Of TLS 1.3 only once something was read: tickets come behind."""
        return self.tls.session


def client_hello(name="localhost", **options):
    """The bytes of a ClientHello, for who sends them piece by piece."""
    out = ssl.MemoryBIO()
    tls = client_context(**options).wrap_bio(ssl.MemoryBIO(), out,
                                             server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


# ---- origins ----

class TlsOrigin(Origin):
    """An Origin (harness_origin.py) behind TLS, with the certificate PAIR.

    client_ca   demands a client certificate signed by this Authority
    alpn        what it speaks: ["h2", "http/1.1"]
    tickets     of TLS 1.3, how many it sends behind each handshake
    least/most  ssl.TLSVersion
    before      a function of the raw socket, called before the handshake

    Each peer has: sni, alpn, version, resumed, client (the client's
    certificate as a dict, or None) and came_before (what BEFORE returned).
    Those whose handshake failed are not in `peers`: why is in `refusals`.
    """

    def __init__(self, script, pair, client_ca=None, alpn=(), tickets=2,
                 least=None, most=None, before=None, **options):
        self.handshakes = 0
        self.refusals = []      # the reason of each handshake that failed
        self.before = before
        self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(pair.full), str(pair.key))
        context.sni_callback = self._note_name
        context.num_tickets = tickets
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if least is not None:
            context.minimum_version = least
        if most is not None:
            context.maximum_version = most
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(str(client_ca.cert))
        super().__init__(script, **options)
        self.url = f"https://127.0.0.1:{self.port}"
        self.raw_peers = []

    @staticmethod
    def _note_name(tls, name, _):
        tls.sni = name

    @property
    def resumptions(self):
        return sum(peer.resumed for peer in self.peers)

    def _serve(self, peer):
        self.peers.remove(peer)     # until it is one
        self.raw_peers.append(peer)
        peer.came_before = None
        raw = peer.sock
        try:
            peer.sock.settimeout(peer.deadline)
            if self.before is not None:
                peer.came_before = self.before(peer.sock)
            peer.sock = TlsSocket(peer.sock, self.context, server_side=True)
            peer.sock.tls.sni = None
            peer.sock.shake_hands()
        except (OSError, Closed) as error:
            self.refusals.append(getattr(error, "reason", None) or str(error))
            self._refuse(raw)
            return
        tls = peer.tls = peer.sock.tls
        peer.sni = tls.sni
        peer.alpn = tls.selected_alpn_protocol()
        peer.version = tls.version()
        peer.resumed = bool(tls.session_reused)
        peer.client = tls.getpeercert()
        self.handshakes += 1
        self.peers.append(peer)
        super()._serve(peer)

    @staticmethod
    def _refuse(raw):
        """Closes; not by a reset, which could overtake the alert."""
        with raw:
            try:
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(PIECE):
                    pass
            except OSError:
                pass

    def close(self):
        for peer in self.raw_peers:
            try:
                peer.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        super().close()


# ---- fixtures ----

@pytest.fixture(scope="session")
def certs():
    """Certificates (harness_certs.py), for all tests of the session."""
    folder = Workdir()
    yield Certificates(folder.path)
    folder.remove()


@pytest.fixture
def tls_origin(no_process_left):
    """Makes origins: tls_origin(script or reply bytes, pair, ...)."""
    made = []

    def make(script, pair, **options):
        made.append(TlsOrigin(script, pair, **options))
        return made[-1]

    yield make
    harness_fixtures.clean_all(one.close for one in reversed(made))
