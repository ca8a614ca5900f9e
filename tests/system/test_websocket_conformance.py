"""WebSocket through the proxy is WebSocket without it.

Each case is a list of frames, good and bad ones, that a client sends.  It is
played twice, once directly to the server and once through the daemon; both
ends are wsproto's, an implementation of RFC 6455 that is not ours.  What both
of them saw and did, event by event, must be the same.
"""

import queue
import random
import struct

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection,
                            Ping, Request, TextMessage)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from harness import proxy_to
from harness_peer import Client

DEADLINE = 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"
SOME = "Hellö ☃ \U0001f600".encode()


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
    """A client's frame, right or wrong in any part of it."""
    n = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = masked << 7
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += struct.pack("!BH", bit | 126, n)
    else:
        head += struct.pack("!BQ", bit | 127, n)
    if not masked:
        return head + payload
    key = MASK * (len(payload) // 4 + 1)
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(
        key[:len(payload)], "big")
    return head + MASK + mixed.to_bytes(len(payload), "big")


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else
                 struct.pack("!H", code) + reason)


def cut(data, *at):
    """DATA in pieces, each sent by itself."""
    edges = [0, *at, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def length_cases():
    made = {}
    for n in (0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20):
        made[f"text of {n}"] = [frame(TEXT, b"*" * n)]
        made[f"binary of {n}"] = [frame(BINARY, b"\xfe" * n)]
    for n in (0, 5, 126, 65536):
        made[f"unmasked of {n}"] = [frame(TEXT, b"x" * n, masked=False)]
    made["not the shortest"] = [b"\x81\xfe\x00\x05" + MASK + b"abcde"]
    made["of 64 bits, not the shortest"] = [
        b"\x81\xff" + (5).to_bytes(8, "big") + MASK + b"abcde"]
    made["with the highest bit"] = [
        b"\x82\xff\x80" + b"\0" * 7 + MASK + b"abcde"]
    return made


def control_cases():
    made = {}
    for n in (0, 1, 125):
        made[f"ping of {n}"] = [frame(PING, bytes(range(n)))]
        made[f"unasked pong of {n}"] = [frame(PONG, bytes(range(n)))]
    for op in (PING, PONG, CLOSE):
        made[f"{op} of 126"] = [frame(op, b"x" * 126)]
        made[f"{op} in fragments"] = [frame(op, b"x", fin=False),
                                      frame(0, b"y")]
    for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        made[f"reserved opcode {op}"] = [frame(op, b"x"), frame(PING)]
    for rsv in range(1, 8):
        made[f"reserved bits {rsv}"] = [frame(TEXT, b"x", rsv=rsv)]
    return made


def stream_cases():
    some = frame(TEXT, SOME) + frame(PING, b"p")
    made = {
        "many small messages": [b"".join(frame(TEXT, b"%d" % i)
                                         for i in range(2000))],
        "many pings": [b"".join(frame(PING, b"%d" % i) for i in range(300))],
        "bytes one by one": cut(some, *range(1, len(some))),
        "end without a close": [frame(TEXT, b"x"), None],
        "end in a frame": [frame(TEXT, b"x" * 100)[:50], None]}
    dice = random.Random(6455)
    for seed in range(20):
        made[f"random bytes {seed}"] = [dice.randbytes(200)]
    return made


def fragment_cases():
    made = {}
    for count in (2, 3, 100):
        step = max(len(SOME * 100) // count, 1)
        parts = [(SOME * 100)[i:i + step]
                 for i in range(0, len(SOME * 100), step)]
        for name, between in (("", b""), (" and pings", frame(PING, b"p")),
                              (" and pongs", frame(PONG, b"q"))):
            made[f"{count} fragments{name}"] = [b"".join(
                frame(TEXT if i == 0 else 0, part, fin=i == len(parts) - 1) +
                between for i, part in enumerate(parts))]
    made["empty fragments"] = [frame(TEXT, fin=False), frame(0, fin=False),
                               frame(0)]
    made["continuation of nothing"] = [frame(0, b"x")]
    made["continuation of nothing, not the last"] = [frame(0, b"x",
                                                           fin=False)]
    made["a message in a message"] = [frame(TEXT, b"a", fin=False),
                                      frame(TEXT, b"b")]
    made["a close in a message"] = [frame(BINARY, b"a", fin=False),
                                    close(1000)]
    made["continuation behind the end"] = [frame(TEXT, b"a", fin=False),
                                           frame(0, b"b"), frame(0, b"c")]
    return made


def utf8_cases():
    made = {"utf-8 in pieces": cut(frame(TEXT, SOME), 3, 8, 13, 15)}
    for i in range(1, len(SOME)):
        made[f"utf-8 in fragments at {i}"] = [
            frame(TEXT, SOME[:i], fin=False) + frame(0, SOME[i:])]
    bad = [b"\x80", b"\xbf", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf",
           b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xfe",
           b"\xff", b"\xf8\x88\x80\x80\x80", b"\xce", b"ok \xce\xba\xe1\xbd",
           b"\xf0\x9f\x98"]
    for text in bad:
        made[f"bad utf-8 {text.hex()}"] = [frame(TEXT, text)]
        made[f"bad utf-8 {text.hex()} in a fragment"] = [
            frame(TEXT, text, fin=False), frame(0, b"x")]
    for text in ("\0", "\x7f", "\ufffd", "\uffff", "\U0010ffff", "\ud7ff",
                 "\ue000", "\ufeff"):
        made[f"good utf-8 {ord(text):x}"] = [frame(TEXT, text.encode())]
    return made


def close_cases():
    made = {"close without a code": [close()],
            "close with half a code": [frame(CLOSE, b"\x03")],
            "close with a reason of 123": [close(1000, b"x" * 123)],
            "close with bad utf-8": [close(1000, b"\xce\xba\xe1\xbd")],
            "close and a message behind": [close(1000) + frame(TEXT, b"x")],
            "close twice": [close(1000) + close(1000)],
            "ping behind a close": [close(1000), frame(PING, b"p")]}
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000,
                 3999, 4000, 4999, 0, 999, 1004, 1005, 1006, 1015, 1016, 1100,
                 2000, 2999, 5000, 65535):
        made[f"close {code}"] = [close(code, b"bye")]
    return made


def told(event):
    """An event without what may differ: where pieces are cut is the
    network's."""
    name = type(event).__name__
    if isinstance(event, CloseConnection):
        return name, int(event.code), event.reason
    if isinstance(event, (TextMessage, BytesMessage)):
        return name, event.data, event.message_finished
    return name, bytes(getattr(event, "payload", b""))


def joined(events):
    """Pieces of one message as one."""
    out = []
    for event in events:
        last = out[-1] if out else (None,)
        if event[0] in ("TextMessage", "BytesMessage") and \
                last[0] == event[0] and not last[2]:
            out[-1] = (event[0], last[1] + event[1], event[2])
        else:
            out.append(event)
    return out


def events_of(ws, peer):
    """The next bytes as events, each as soon as it is understood; None behind
    the last one when nothing more will come."""
    peer.sock.settimeout(DEADLINE)
    try:
        data = peer.sock.recv(65536)
    except ConnectionResetError:
        data = None
    try:
        ws.receive_data(data or None)
        yield from ws.events()
    except (RemoteProtocolError, LocalProtocolError) as error:
        yield error
        yield None
    if not data:
        yield None


class Server:
    """Echoes messages, answers pings and closes, as wsproto says.  Ends at a
    close, then waits for the client's end."""

    def __init__(self):
        self.transcripts = queue.Queue()

    def script(self, peer):
        seen = []
        ws = WSConnection(ConnectionType.SERVER)
        while self.turn(ws, peer, seen):
            pass
        peer.shutdown()
        while drained(peer):
            pass
        self.transcripts.put(joined(seen))

    def turn(self, ws, peer, seen):
        for event in events_of(ws, peer):
            if event is None:
                return False
            seen.append(told(event))
            answer = answer_to(event)
            try:
                if answer is not None:
                    peer.send(ws.send(answer))
            except LocalProtocolError as error:
                seen.append(("unable", str(error)))
            if isinstance(event, CloseConnection):
                return False
        return True


def answer_to(event):
    if isinstance(event, Request):
        return AcceptConnection()
    if isinstance(event, (Ping, CloseConnection)):
        return event.response()
    if isinstance(event, (TextMessage, BytesMessage)):
        return type(event)(data=event.data,
                           message_finished=event.message_finished)
    return None


def drained(peer):
    try:
        return peer.sock.recv(65536)
    except ConnectionResetError:
        return b""


def listen(ws, peer, seen):
    """All events up to the server's end."""
    while True:
        for event in events_of(ws, peer):
            if event is None:
                return
            seen.append(told(event))


def play(pieces, port, server):
    """What the client saw, and what the server saw."""
    seen = []
    ws = WSConnection(ConnectionType.CLIENT)
    with Client(port, deadline=DEADLINE) as client:
        client.send(ws.send(Request(host="localhost", target="/")))
        while not seen:
            seen += [told(event) for event in events_of(ws, client)]
        assert seen == [("AcceptConnection", b"")]
        for piece in pieces:
            if piece is not None:
                client.send(piece)
        if pieces[-1] is None:
            client.shutdown()
        else:
            client.send(close(1000, b"the end"))
        listen(ws, client, seen)
    return joined(seen), server.transcripts.get(timeout=DEADLINE)


CASES = {"lengths": length_cases, "controls": control_cases,
         "fragments": fragment_cases, "utf-8": utf8_cases,
         "closes": close_cases, "streams": stream_cases}


@pytest.mark.parametrize("group", CASES)
def test_both_ends_see_what_they_see_without_a_proxy(sluice, origin, group):
    server = Server()
    behind = origin(server.script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    cases = CASES[group]()
    for name, pieces in cases.items():
        direct = play(pieces, behind.port, server)
        assert play(pieces, daemon.port, server) == direct, name
        assert len(direct[1]) > 1, f"{name}: the server saw nothing"
    assert len(daemon.wait_exchanges(len(cases), status=101)) == len(cases)


def test_the_transcripts_tell_good_from_bad(origin):
    """They would not be worth comparing otherwise."""
    server = Server()
    behind = origin(server.script)
    client, seen = play([frame(TEXT, SOME)], behind.port, server)
    assert ("TextMessage", SOME.decode(), True) in client
    assert ("TextMessage", SOME.decode(), True) in seen
    assert ("CloseConnection", 1000, "the end") in seen
    client, seen = play([frame(TEXT, b"\xff")], behind.port, server)
    assert client[-2][:2] == seen[-1][:2] == ("CloseConnection", 1007)
