"""harness_h2_origin.py - origins that speak HTTP/2, as a test says.

An H2Origin accepts connections (h2c by prior knowledge, or behind TLS) and
runs a script for each stream, in a thread of its own:

    def script(stream):
        body = stream.read_all()
        stream.answer(200, body, fields=[("x-path", stream.path)])

Bytes are credited when a script has read them, so what it leaves unread
stops its sender.  Frames that python3-h2 would not send (a GOAWAY behind
which the connection goes on) go out raw.
"""

import queue
import select
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame
import pytest

from harness import eventually
from harness_fixtures import clean_all
from harness_peer import DEADLINE, Closed, Peer
from harness_scripts import crc

Settings = h2.settings.SettingCodes
Errors = h2.errors.ErrorCodes


class Gone(Exception):
    """The stream was reset, or its connection closed."""


class H2Stream:
    """One request and its reply."""

    def __init__(self, conn, number, headers):
        self.conn = conn
        self.number = number
        self.headers = headers
        self.pieces = queue.Queue()     # bytes; None: the end
        self.ended = False              # None was read
        self.trailers = []
        self.reset_code = None
        self.gone = threading.Event()   # reset, or the connection closed

    def all(self, name):
        return [v for n, v in self.headers if n == name]

    def get(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None

    @property
    def path(self):
        return self.get(":path")

    @property
    def method(self):
        return self.get(":method")

    # ---- the request ----

    def read(self, deadline=DEADLINE):
        """The next piece of its body; b"" at the end."""
        if self.ended:
            return b""
        piece = self.pieces.get(timeout=deadline)
        if piece is None:
            self.ended = True
            if self.reset_code is not None or self.conn.closed:
                raise Gone()
            return b""
        self.conn.credit(self, len(piece))
        return piece

    def read_exactly(self, n):
        data = b""
        while len(data) < n:
            piece = self.read()
            assert piece, f"the body ended after {len(data)} bytes"
            data += piece
        return data

    def read_all(self):
        return b"".join(iter(self.read, b""))

    # ---- the reply ----

    def head(self, status=200, fields=(), end=False):
        self.conn.send_headers(self, [(":status", str(status)), *fields], end)

    def send(self, data, end=False):
        """Waits for the window as long as it must."""
        self.conn.send_data(self, data, end)

    def finish(self, trailers=None):
        """The end, with trailer fields perhaps."""
        if trailers:
            self.conn.send_headers(self, trailers, True)
        else:
            self.conn.send_data(self, b"", True)

    def answer(self, status=200, body=b"", fields=(), trailers=None):
        """A whole reply."""
        self.head(status, fields, end=not body and not trailers)
        if body:
            self.send(body, end=not trailers)
        if trailers:
            self.finish(trailers)

    def reset(self, code=Errors.CANCEL):
        self.conn.reset(self, code)

    def wait_reset(self, deadline=DEADLINE):
        """The code of the RST_STREAM that comes; None: a closed connection."""
        assert self.gone.wait(deadline), "the stream was not reset"
        return self.reset_code


class H2Conn:
    """One connection; a thread reads, those of its streams write."""

    def __init__(self, origin, sock):
        self.origin = origin
        self.sock = sock
        self.lock = threading.RLock()
        self.room = threading.Condition(self.lock)
        self.streams = {}       # by number, all there ever were
        self.open = set()       # numbers of those whose script runs
        self.most_open = 0
        self.closed = False
        self.goaway = None      # what the other side sent: its event
        self.pings = 0
        self.on_ping_ack = None
        self.deaf_above = None  # streams above it get no script
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="latin-1",
            validate_inbound_headers=True))
        self.h2.local_settings = h2.settings.Settings(
            client=False, initial_values={
                Settings.MAX_CONCURRENT_STREAMS: 100,
                Settings.INITIAL_WINDOW_SIZE: 65535,
                Settings.MAX_HEADER_LIST_SIZE: 65536,
                **origin.settings})

    # ---- writing ----

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.sock.sendall(data)

    def raw(self, frame):
        """A frame of hyperframe, or bytes."""
        if not isinstance(frame, bytes):
            frame = frame.serialize()
        with self.lock:
            self.flush()
            self.sock.sendall(frame)

    def send_goaway(self, last, code=0):
        """Streams above LAST are not looked at; the others go on."""
        self.deaf_above = last
        self.raw(hyperframe.frame.GoAwayFrame(
            stream_id=0, last_stream_id=last, error_code=code))

    def change_settings(self, **values):
        with self.lock:
            self.h2.update_settings(
                {Settings[name]: value for name, value in values.items()})
            self.flush()

    def guarded(self, stream):
        if stream.reset_code is not None or self.closed:
            raise Gone()

    def send_headers(self, stream, fields, end):
        with self.lock:
            self.guarded(stream)
            self.h2.send_headers(stream.number, fields, end_stream=end)
            self.flush()

    def send_data(self, stream, data, end):
        view = memoryview(data)
        while True:
            with self.lock:
                self.guarded(stream)
                n = min(len(view), self.h2.max_outbound_frame_size,
                        self.h2.local_flow_control_window(stream.number))
                if n == 0 and len(view) > 0:
                    self.room.wait(0.5)
                    continue
                last = n == len(view)
                if n > 0 or end:
                    self.h2.send_data(stream.number, bytes(view[:n]),
                                      end_stream=end and last)
                    self.flush()
                if last:
                    return
                view = view[n:]

    def reset(self, stream, code):
        with self.lock:
            self.guarded(stream)
            self.h2.reset_stream(stream.number, code)
            stream.reset_code = int(code)
            self.flush()

    def credit(self, stream, n):
        """A script has read N bytes."""
        with self.lock:
            if self.closed or n == 0:
                return
            try:
                self.h2.acknowledge_received_data(n, stream.number)
                self.flush()
            except (h2.exceptions.StreamClosedError, OSError):
                pass

    # ---- reading ----

    def run(self):
        try:
            with self.lock:
                self.h2.initiate_connection()
                self.flush()
            while data := self.sock.recv(1 << 16):
                with self.lock:
                    for event in self.h2.receive_data(data):
                        self.take(event)
                    self.flush()
                    self.room.notify_all()
        except OSError:
            pass
        except h2.exceptions.ProtocolError as error:
            if "CLOSED" not in str(error):  # behind a GOAWAY it takes none
                self.origin.failures.append(error)
            try:
                self.flush()
            except OSError:
                pass
        finally:
            self.end()

    def end(self):
        with self.lock:
            self.closed = True
            for stream in self.streams.values():
                stream.pieces.put(None)
                stream.gone.set()
            self.room.notify_all()
        self.sock.close()

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            self.begin(event)
        elif isinstance(event, h2.events.DataReceived):
            padding = event.flow_controlled_length - len(event.data)
            if padding:
                self.h2.acknowledge_received_data(padding, event.stream_id)
            stream.pieces.put(event.data)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            stream.pieces.put(None)
        elif isinstance(event, h2.events.StreamReset):
            stream.reset_code = int(event.error_code)
            stream.pieces.put(None)
            stream.gone.set()
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event
        elif isinstance(event, h2.events.PingReceived):
            self.pings += 1
        elif isinstance(event, h2.events.PingAckReceived):
            if self.on_ping_ack:
                self.on_ping_ack()

    def begin(self, event):
        stream = H2Stream(self, event.stream_id, event.headers)
        self.streams[event.stream_id] = stream
        if self.deaf_above is not None and stream.number > self.deaf_above:
            return
        self.open.add(stream.number)
        self.most_open = max(self.most_open, len(self.open))
        self.origin.start(self.serve, stream)

    def serve(self, stream):
        try:
            self.origin.script(stream)
        except (Gone, OSError):
            pass
        except Exception as error:
            if not self.closed and stream.reset_code is None:
                self.origin.failures.append(error)
        finally:
            with self.lock:
                self.open.discard(stream.number)


class TlsEnd:
    """A socket behind TLS that one thread reads while others write: OpenSSL
    does not take that, so each call has a lock and waits outside of it."""

    def __init__(self, sock, context):
        self.tls = context.wrap_socket(sock, server_side=True)
        self.tls.setblocking(False)
        self.lock = threading.Lock()
        self.family = sock.family

    def _run(self, call, *args):
        while True:
            try:
                with self.lock:
                    return call(*args)
            except ssl.SSLWantReadError:
                select.select([self.tls], [], [], 1)
            except ssl.SSLWantWriteError:
                select.select([], [self.tls], [], 1)

    def recv(self, n):
        return self._run(self.tls.recv, n)

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self._run(self.tls.send, view):]

    def setsockopt(self, *args):
        self.tls.setsockopt(*args)

    def settimeout(self, seconds):
        pass

    def shutdown(self, how):
        self.tls.shutdown(how)

    def close(self):
        self.tls.close()


def tls_context(pair, *alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(pair.full), str(pair.key))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


class H2Origin:
    """Listens on 127.0.0.1; SCRIPT serves each stream.

    settings    of its first SETTINGS: {Settings.MAX_CONCURRENT_STREAMS: 1}
    context     a tls_context: behind TLS
    http1       a script of harness_origin.py for connections on which ALPN
                chose something else
    """

    def __init__(self, script, settings=None, context=None, http1=None):
        self.script = script
        self.settings = settings or {}
        self.context = context
        self.http1 = http1
        self.peers = []         # that HTTP1 has served
        self.alpn = []          # what was chosen, in order of handshakes
        self.conns = []         # in order of acceptance
        self.failures = []
        self.threads = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.start(self.accept)

    def start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.start(self.greet, sock)

    def greet(self, sock):
        if self.context:
            try:
                sock = TlsEnd(sock, self.context)
            except OSError:
                sock.close()
                return
            self.alpn.append(sock.tls.selected_alpn_protocol())
            if self.alpn[-1] != "h2" and self.http1:
                self.serve_http1(sock)
                return
        conn = H2Conn(self, sock)
        self.conns.append(conn)
        conn.run()

    def serve_http1(self, sock):
        peer = Peer(sock)
        peer.requests = []
        self.peers.append(peer)
        try:
            self.http1(peer)
        except (Closed, OSError):
            pass
        finally:
            peer.close()

    @property
    def streams(self):
        """All that were ever opened."""
        return [s for conn in list(self.conns)
                for s in list(conn.streams.values())]

    def wait_streams(self, count):
        """The streams, as soon as there are COUNT."""
        eventually(lambda: len(self.streams) >= count,
                   what=f"{count} streams")
        return self.streams

    def living(self):
        return [conn for conn in self.conns if not conn.closed]

    def close(self):
        failures = list(self.failures)
        for sock in [self.listener, *(conn.sock for conn in self.conns),
                     *(peer.sock for peer in self.peers)]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        for thread in self.threads:
            thread.join(DEADLINE)
        if failures:
            raise failures[0]


def h2_to(*origins, settings="", more="", prefix=""):
    """A vhost whose servers speak HTTP/2."""
    urls = ", ".join(f'"{one.url}{prefix}"' for one in origins)
    return (f'host = "*";\npools = {{ web = {{ servers = [ {urls} ];\n'
            f'  http = "2"; balance = "rr"; {settings} }}; }};\n'
            f'routes = ( {{ path = "/"; pool = "web"; }} );\n{more}')


def echo(stream):
    """Says what it got, and all of its fields as fields."""
    body = stream.read_all()
    stream.answer(200, f"{stream.method} {stream.path} {len(body)} "
                       f"{crc(body)}".encode())


@pytest.fixture
def h2_origin(no_process_left):
    """Makes origins: h2_origin(script), see H2Origin."""
    made = []

    def make(script, **options):
        made.append(H2Origin(script, **options))
        return made[-1]

    yield make
    clean_all(one.close for one in reversed(made))
