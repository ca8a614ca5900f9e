"""harness_peer.py - one end of the wire, byte by byte.

A Peer is a connection with a deadline: it sends exactly what it is told,
keeps everything that it received, and cuts messages out of it strictly.  A
Client is a Peer that connected.
"""

import socket
import struct
import time
from dataclasses import dataclass, field

DEADLINE = 10.0


class Closed(Exception):
    """The other side closed (or reset) before what was waited for came."""


class Malformed(AssertionError):
    """What came is not HTTP."""


@dataclass
class Message:
    """A head, and a body if it was read."""
    start: str              # "HTTP/1.1 200 OK", "GET / HTTP/1.1"
    fields: list            # [(name, value)], as received
    head: bytes             # raw, with its empty line
    body: bytes = b""
    trailers: list = field(default_factory=list)

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, default=None):
        """The value of a field that may come once."""
        values = self.all(name)
        if len(values) > 1:
            raise Malformed(f"{name} comes {len(values)} times")
        return values[0] if values else default

    def tokens(self, name):
        return [t.strip().lower() for v in self.all(name)
                for t in v.split(",")]


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"field line {line!r}")
        fields.append((name, value.strip(" \t")))
    return fields


def parse_head(raw):
    text = raw.decode("latin-1")
    lines = text[:-4].split("\r\n")
    if any("\r" in line or "\n" in line for line in lines):
        raise Malformed(f"line ends of {text!r}")
    return Message(lines[0], parse_fields(lines[1:]), raw)


class Peer:
    """One connection; all reads end by its deadline."""

    def __init__(self, sock, deadline=DEADLINE):
        self.sock = sock
        self.deadline = deadline
        self.received = bytearray()  # all of it, ever
        self.at = 0                  # up to here it was taken
        self.closed = False          # by the other side
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- sending and closing ----

    def send(self, data):
        self.sock.settimeout(self.deadline)
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error)) from error

    def send_slowly(self, data, step=1, pause=0.001):
        """STEP bytes a segment: nothing may depend on how bytes arrive."""
        for i in range(0, len(data), step):
            self.send(data[i:i + step])
            time.sleep(pause)

    def shutdown(self):
        """FIN; we still read."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST, at once."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.sock.close()

    # ---- receiving ----

    def _fill(self, end):
        """More bytes; False when the other side has closed."""
        if self.closed:
            return False
        left = end - time.monotonic()
        self.sock.settimeout(max(left, 0.001))
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        except socket.timeout as error:
            raise TimeoutError(f"unread so far: {self._tail()}") from error
        self.received += data
        self.closed = not data
        return not self.closed

    def _tail(self):
        return repr(bytes(self.received[self.at:self.at + 500]))

    def _take(self, end_of):
        """Reads until END_OF() tells where to cut; the bytes up to there."""
        end = time.monotonic() + self.deadline
        while (to := end_of()) is None:
            if not self._fill(end):
                raise Closed(f"unread: {self._tail()}")
        data = bytes(self.received[self.at:to])
        self.at = to
        return data

    def read_until(self, mark):
        """Up to and including MARK."""
        def end_of():
            found = self.received.find(mark, self.at)
            return found + len(mark) if found >= 0 else None
        return self._take(end_of)

    def read_exactly(self, n):
        to = self.at + n
        return self._take(lambda: to if len(self.received) >= to else None)

    def read_to_close(self):
        """All until FIN or RST."""
        end = time.monotonic() + self.deadline
        while self._fill(end):
            pass
        return self.read_exactly(len(self.received) - self.at)

    def wait_close(self):
        """Nothing more may come but the end."""
        data = self.read_to_close()
        assert data == b"", f"expected a close, got {data[:500]!r}"

    def is_quiet(self, seconds=0.2):
        """Does nothing come, not even a close, for so long?"""
        if len(self.received) > self.at:
            return False
        try:
            self._fill(time.monotonic() + seconds)
        except TimeoutError:
            return True
        return False

    # ---- HTTP ----

    def read_head(self):
        return parse_head(self.read_until(b"\r\n\r\n"))

    def read_chunks(self, message):
        body = []
        while True:
            n = int(self.read_until(b"\r\n")[:-2].split(b";")[0], 16)
            if n == 0:
                break
            body.append(self.read_exactly(n))
            if self.read_exactly(2) != b"\r\n":
                raise Malformed("no CR LF behind a chunk")
        lines = []
        while True:
            line = self.read_until(b"\r\n")[:-2]
            if not line:
                break
            lines.append(line.decode("latin-1"))
        message.trailers = parse_fields(lines)
        return b"".join(body)

    def read_body(self, message, to_close):
        """Reads MESSAGE's body as its fields frame it."""
        length = message.get("Content-Length")
        coding = message.get("Transfer-Encoding")
        if length is not None and coding is not None:
            raise Malformed("both Content-Length and Transfer-Encoding")
        if coding is not None:
            if coding.lower() != "chunked":
                raise Malformed(f"Transfer-Encoding: {coding}")
            message.body = self.read_chunks(message)
        elif length is not None:
            message.body = self.read_exactly(int(length))
        elif to_close:
            message.body = self.read_to_close()
        return message

    def read_request(self):
        """A request with its body (Expect is answered)."""
        message = self.read_head()
        if "100-continue" in message.tokens("Expect"):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.read_body(message, to_close=False)

    def read_reply(self, method="GET", interim=None):
        """A final reply with its body; interim ones go to the list INTERIM."""
        while True:
            message = self.read_head()
            if message.status == 101 or message.status >= 200:
                break
            if interim is not None:
                interim.append(message)
        if method == "HEAD" or message.status in (101, 204, 304):
            return message
        return self.read_body(message, to_close=True)


class Client(Peer):
    """A connection to 127.0.0.1:PORT (or HOST, or a unix socket's PATH)."""

    def __init__(self, port=None, host="127.0.0.1", path=None,
                 deadline=DEADLINE, receive_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(socket.AF_UNIX if path else family)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                            receive_buffer)
        sock.settimeout(deadline)
        try:
            sock.connect(str(path) if path else (host, port))
        except OSError:
            sock.close()
            raise
        super().__init__(sock, deadline)

    def request(self, path="/", method="GET", host="localhost", fields=(),
                body=None):
        """Sends a request; FIELDS: lines without their CR LF."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        head = "".join(line + "\r\n" for line in lines) + "\r\n"
        self.send(head.encode("latin-1") + (body or b""))

    def get(self, path="/", method="GET", **options):
        """Sends a request and reads the reply."""
        self.request(path, method, **options)
        return self.read_reply(method)
