"""harness_h2.py - one end of an HTTP/2 connection, frame by frame.

An H2 is a client that sends exactly the frames that it is told, and holds the
other side to what RFC 9113 says of every connection: SETTINGS first, frames
of a permitted size, header blocks that decode, whole messages.  What it saw
is in its attributes.  It acknowledges SETTINGS, and does nothing else by
itself.
"""

import socket
import ssl
import struct
import time
from dataclasses import dataclass, field

import hpack

from harness_peer import DEADLINE, Closed

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TYPES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS",
         "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"]
TYPE = {name: code for code, name in enumerate(TYPES)} | {
    "PRIORITY_UPDATE": 16}
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR",
          "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
          "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL",
          "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
          "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"]
ES, ACK, EH, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
FLAGS = {"ES": ES, "ACK": ACK, "EH": EH, "PAD": PADDED, "PRIO": WITH_PRIORITY}
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, WINDOW, MAX_FRAME = 1, 2, 3, 4, 5
CONNECTION_SPECIFIC = {"connection", "proxy-connection", "keep-alive",
                       "transfer-encoding", "upgrade"}


class Broken(AssertionError):
    """The other side did what no HTTP/2 endpoint may do."""


def frame(kind, stream=0, flags=0, payload=b"", length=None):
    """A frame as bytes; LENGTH: what it says of itself, if not the truth."""
    kind = TYPE.get(kind, kind)
    n = len(payload) if length is None else length
    return struct.pack(">BHBBI", n >> 16, n & 0xffff, kind, flags,
                       stream) + payload


def integer(value, bits, first=0):
    """RFC 7541, 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = bytearray([first | most]), value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def block(fields):
    """(name, value) as a block of literals that no table remembers."""
    out = b""
    for name, value in fields:
        name = name.encode("latin-1") if isinstance(name, str) else name
        value = value.encode("latin-1") if isinstance(value, str) else value
        out += (b"\0" + integer(len(name), 7) + name +
                integer(len(value), 7) + value)
    return out


def settings(*pairs, flags=0, stream=0):
    return frame("SETTINGS", stream, flags,
                 b"".join(struct.pack(">HI", *pair) for pair in pairs))


def request(path="/", method="GET", scheme="http", authority="localhost"):
    return [(":method", method), (":scheme", scheme), (":path", path),
            (":authority", authority)]


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


@dataclass
class Reply:
    """What came on one stream."""
    fields: list = None         # of the final head
    interim: list = field(default_factory=list)
    trailers: list = None
    data: bytearray = field(default_factory=bytearray)
    flowed: int = 0             # bytes of DATA with their padding
    ended: bool = False
    reset: int = None           # the code of its RST_STREAM

    @property
    def status(self):
        return int(self.get(":status", 0)) if self.fields else None

    def get(self, name, default=None):
        return dict(self.fields).get(name, default)


def check_fields(fields, trailers):
    for name, value in fields:
        if name != name.lower() or name in CONNECTION_SPECIFIC:
            raise Broken(f"the reply has {name}: {value}")
        if value != value.strip(" \t") or set(value) & set("\r\n\0"):
            raise Broken(f"the reply has the value {value!r}")
    pseudo = [name for name, _ in fields if name.startswith(":")]
    if pseudo != ([] if trailers else [":status"]) or \
            not trailers and fields[0][0] != ":status":
        raise Broken(f"the reply has {pseudo}")


class H2:
    """A connection; nothing is sent before `greet`."""

    def __init__(self, port, host="127.0.0.1", tls=False, deadline=DEADLINE,
                 receive_buffer=None):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                            receive_buffer)
        sock.settimeout(deadline)
        self.sock = sock
        try:
            sock.connect((host, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self.sock = tls_context().wrap_socket(
                    sock, server_hostname="localhost")
                assert self.sock.selected_alpn_protocol() == "h2"
        except BaseException:
            sock.close()
            raise
        self.scheme = "https" if tls else "http"
        self.deadline = deadline
        self.acks = True            # of SETTINGS, by ourselves
        self.unread = bytearray()
        self.closed = False
        self.http1 = False          # it answered in HTTP/1
        self.frames = 0
        self.settings = None        # the other side's
        self.settings_acks = 0
        self.pongs = []             # payloads
        self.goaways = []           # (last stream, code, text)
        self.updates = {}           # stream: credit
        self.replies = {}           # stream: Reply
        self.methods = {}           # stream: method, where it matters
        self.decoder = hpack.Decoder()
        self.pending = None         # (stream, flags, block) until EH
        self.next_stream = 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    # ---- sending ----

    def send(self, data):
        self.sock.settimeout(self.deadline)
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError) as error:
            raise Closed(str(error)) from error

    def greet(self, *pairs):
        self.send(MAGIC + settings(*pairs))
        return self

    def open(self, fields=None, end=True, **options):
        """A request with these fields, or one of request(); its stream."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        if fields is None:
            fields = request(scheme=self.scheme, **options)
        self.methods[stream] = dict(fields).get(":method")
        self.send(frame("HEADERS", stream, EH | (ES if end else 0),
                        block(fields)))
        return stream

    def get(self, **options):
        """One request, and its whole reply."""
        stream = self.open(**options)
        self.until(lambda: self.reply(stream).ended)
        return self.reply(stream)

    # ---- receiving ----

    def reply(self, stream):
        return self.replies.setdefault(stream, Reply())

    def until(self, predicate, deadline=None):
        """Reads until PREDICATE() is true: whether it became so before the
        other side closed, or its time was over."""
        end = time.monotonic() + (deadline or self.deadline)
        while not predicate():
            if self.closed or not self._fill(end):
                return bool(predicate())
        return True

    def wait(self, predicate, what="frames"):
        assert self.until(predicate), \
            f"no {what}; goaway {self.goaways}, closed {self.closed}"

    def ping(self, payload=b"are you?"):
        """Whatever was sent before has been read."""
        before = len(self.pongs)
        self.send(frame("PING", payload=payload))
        self.wait(lambda: len(self.pongs) > before, "PING ack")

    def wait_close(self):
        self.until(lambda: False)
        assert self.closed, "still open"

    def _fill(self, end):
        self.sock.settimeout(max(end - time.monotonic(), 0.001))
        try:
            data = self.sock.recv(1 << 18)
        except TimeoutError:
            return False
        except (OSError, ssl.SSLError):
            data = b""
        self.unread += data
        self.closed = not data
        self._take_frames()
        return True

    def _take_frames(self):
        if self.frames == 0 and self.unread.startswith(b"HTTP/1."):
            self.http1 = True
        if self.http1:
            return
        while len(self.unread) >= 9:
            high, low, kind, flags, stream = struct.unpack(
                ">BHBBI", self.unread[:9])
            n = high << 16 | low
            if n > 16384:
                raise Broken(f"a frame of {n} bytes")
            if len(self.unread) < 9 + n:
                return
            payload = bytes(self.unread[9:9 + n])
            del self.unread[:9 + n]
            self._take(kind, flags, stream & 0x7fffffff, payload)

    def _take(self, kind, flags, stream, payload):
        self.frames += 1
        if self.frames == 1 and (kind != 4 or flags & ACK) and kind != 7:
            raise Broken(f"frame {kind} comes before SETTINGS")
        if self.pending and (kind != 9 or stream != self.pending[0]):
            raise Broken(f"frame {kind} within a header block")
        name = TYPES[kind].lower() if kind < len(TYPES) else "unknown"
        getattr(self, f"_on_{name}")(flags, stream, payload)

    def _on_settings(self, flags, stream, payload):
        if stream or len(payload) % 6 or flags & ACK and payload:
            raise Broken("SETTINGS is malformed")
        if flags & ACK:
            self.settings_acks += 1
            return
        self.settings = self.settings or {}
        for at in range(0, len(payload), 6):
            key, value = struct.unpack(">HI", payload[at:at + 6])
            self.settings[key] = value
        if self.settings.get(ENABLE_PUSH):
            raise Broken("a server enables push")
        if self.acks:
            try:
                self.send(settings(flags=ACK))
            except Closed:
                pass

    def _on_ping(self, flags, stream, payload):
        if stream or len(payload) != 8:
            raise Broken("PING is malformed")
        if flags & ACK:
            self.pongs.append(payload)

    def _on_goaway(self, _flags, stream, payload):
        if stream or len(payload) < 8:
            raise Broken("GOAWAY is malformed")
        self.goaways.append((*struct.unpack(">II", payload[:8]), payload[8:]))

    def _on_window_update(self, _flags, stream, payload):
        credit, = struct.unpack(">I", payload)
        if credit == 0 or credit >> 31:
            raise Broken(f"WINDOW_UPDATE by {credit}")
        self.updates[stream] = self.updates.get(stream, 0) + credit

    def _on_rst_stream(self, _flags, stream, payload):
        if stream == 0 or len(payload) != 4:
            raise Broken("RST_STREAM is malformed")
        self.reply(stream).reset, = struct.unpack(">I", payload)

    def _on_priority(self, _flags, _stream, _payload):
        pass

    _on_unknown = _on_priority

    def _on_push_promise(self, _flags, _stream, _payload):
        raise Broken("PUSH_PROMISE")

    def _open_reply(self, stream):
        reply = self.reply(stream)
        if stream % 2 == 0 or reply.ended or reply.reset is not None:
            raise Broken(f"a frame on stream {stream}, which is not open")
        return reply

    def _on_headers(self, flags, stream, payload):
        self._open_reply(stream)
        if flags & PADDED:
            payload = payload[1:len(payload) - payload[0]]
        if flags & WITH_PRIORITY:
            payload = payload[5:]
        self.pending = (stream, flags, payload)
        if flags & EH:
            self._take_block()

    def _on_continuation(self, flags, _stream, payload):
        if not self.pending:
            raise Broken("CONTINUATION without HEADERS")
        stream, first, so_far = self.pending
        self.pending = (stream, first, so_far + payload)
        if flags & EH:
            self._take_block()

    def _take_block(self):
        stream, flags, payload = self.pending
        self.pending = None
        try:
            fields = [(str(n), str(v)) for n, v, *_ in
                      self.decoder.decode(payload)]
        except hpack.HPACKError as error:
            raise Broken(f"a header block: {error}") from error
        reply = self.reply(stream)
        check_fields(fields, reply.fields is not None)
        if reply.fields is not None:
            if not flags & ES:
                raise Broken("trailers without END_STREAM")
            reply.trailers = fields
        elif fields[0][1].startswith("1"):
            if flags & ES:
                raise Broken("an interim reply with END_STREAM")
            reply.interim.append(fields)
            return
        else:
            reply.fields = fields
        if flags & ES:
            self._end(stream, reply)

    def _on_data(self, flags, stream, payload):
        reply = self._open_reply(stream)
        if reply.fields is None:
            raise Broken("DATA before HEADERS")
        reply.flowed += len(payload)
        if flags & PADDED:
            if payload[0] >= len(payload):
                raise Broken("more padding than payload")
            payload = payload[1:len(payload) - payload[0]]
        reply.data += payload
        if flags & ES:
            self._end(stream, reply)

    def _end(self, stream, reply):
        reply.ended = True
        if self.methods.get(stream) == "HEAD" or reply.status in (204, 304):
            if reply.data:
                raise Broken("a body where none may be")
        elif int(reply.get("content-length", len(reply.data))) != \
                len(reply.data):
            raise Broken("the Content-Length is not that of the body")
