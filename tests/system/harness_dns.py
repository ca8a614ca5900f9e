"""harness_dns.py - a small name server, for tests.

    names = dns()
    names.set("app.test", A="127.0.0.1", ttl=1)
    names.set("_http._tcp.app.test", SRV=[(10, 5, 8080, "one.test")])
    names.mode("app.test", "silent")
    names.count("app.test", "A")

It listens to UDP and TCP on one port of 127.0.0.1.  What it does not know is
NXDOMAIN; a name without records of a type has an empty answer.
"""

import random
import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5

# What a name server may do wrong.
MODES = ("", "silent", "truncated", "malformed", "wrong-id", "servfail",
         "refused", "nothing", "looping", "no-bytes", "half")


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.rstrip(".").split(".")) + b"\0"


def decode_question(message):
    """The name, its type, and where the question ends."""
    labels, at = [], 12
    while message[at]:
        length = message[at]
        labels.append(message[at + 1:at + 1 + length].decode())
        at += 1 + length
    return (".".join(labels).lower(),
            struct.unpack(">H", message[at + 1:at + 3])[0], at + 5)


def encode_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "CNAME":
        return encode_name(value)
    priority, weight, port, host = value
    return struct.pack(">HHH", priority, weight, port) + encode_name(host)


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Dns:
    def __init__(self):
        self.lock = threading.Lock()
        self.records = {}  # name: {type: [data]}
        self.ttls = {}
        self.modes = {}
        self.asked = []  # (when, name, type, by "udp" or "tcp")
        self.over = False
        self.random = random.Random(1)
        self.udp, self.tcp = self._open()
        self.port = self.udp.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._run_udp, self._run_tcp)]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _open():
        """Both on one port."""
        while True:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                udp.bind(("127.0.0.1", 0))
                tcp.bind(udp.getsockname())
                tcp.listen(16)
                udp.settimeout(0.1)
                tcp.settimeout(0.1)
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()

    def close(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()

    # ---- what it says ----

    def set(self, name, ttl=1, **records):
        """All there is of a name: A="...", AAAA=[...], SRV=[...], CNAME=."""
        with self.lock:
            self.records[name.lower()] = {
                kind: as_list(value) if kind != "SRV" else list(value)
                for kind, value in records.items()}
            self.ttls[name.lower()] = ttl

    def forget(self, name):
        with self.lock:
            self.records.pop(name.lower(), None)

    def mode(self, name, mode):
        """What goes wrong with answers for a name; "" nothing."""
        assert mode in MODES
        with self.lock:
            self.modes[name.lower()] = mode

    # ---- what it was asked ----

    def times(self, name, kind=None, by=None):
        with self.lock:
            return [when for when, asked, its_kind, way in self.asked
                    if asked == name.lower() and kind in (None, its_kind)
                    and by in (None, way)]

    def count(self, name, kind=None, by=None):
        return len(self.times(name, kind, by))

    # ---- answers ----

    def _records(self, name, kind):
        """(name, type, data) of an answer, through aliases."""
        own = self.records.get(name, {})
        if kind in own:
            return [(name, kind, data) for data in own[kind]]
        if "CNAME" in own:
            target = own["CNAME"][0].lower()
            return [(name, "CNAME", target), *self._records(target, kind)]
        return []

    def _answer(self, query, by):
        name, number, end = decode_question(query)
        kind = NAMES.get(number, str(number))
        with self.lock:
            self.asked.append((time.monotonic(), name, kind, by))
            mode = self.modes.get(name, "")
            known = name in self.records
            records = self._records(name, kind) if mode != "nothing" else []
            ttls = dict(self.ttls)
        code = NOERROR if known else NXDOMAIN
        code = {"servfail": SERVFAIL, "refused": REFUSED}.get(mode, code)
        if mode == "silent":
            return None
        if mode == "no-bytes":
            return b""
        if code != NOERROR or (mode == "truncated" and by == "udp"):
            records = []
        identity = query[:2]
        if mode == "wrong-id":
            identity = struct.pack(
                ">H", struct.unpack(">H", identity)[0] ^ 0x5555)
        flags = 0x8180 | code
        if mode == "truncated" and by == "udp":
            flags |= 0x0200
        message = identity + struct.pack(
            ">HHHHH", flags, 1, len(records), 0, 0) + query[12:end]
        for owner, its_kind, data in records:
            encoded = encode_data(its_kind, data)
            message += encode_name(owner) + struct.pack(
                ">HHIH", TYPES[its_kind], 1, ttls.get(owner, 1),
                len(encoded)) + encoded
        return self._spoil(message, mode, end)

    def _spoil(self, message, mode, end):
        if mode == "half":
            return message[:len(message) - 3]
        if mode == "looping":  # names that point to themselves
            at = len(message[:end])
            record = struct.pack(">H", 0xc000 | at) + struct.pack(
                ">HHIH", 1, 1, 1, 4) + b"\x7f\0\0\1"
            return message[:6] + struct.pack(">H", 3) + message[8:end] + \
                record * 3
        if mode == "malformed":
            spoilt = bytearray(message)
            for _ in range(self.random.randint(1, 8)):
                at = self.random.randrange(2, len(spoilt))
                spoilt[at] = self.random.randrange(256)
            return bytes(spoilt[:self.random.randint(2, len(spoilt))])
        return message

    # ---- life ----

    def _run_udp(self):
        while not self.over:
            try:
                query, peer = self.udp.recvfrom(4096)
            except socket.timeout:
                continue
            answer = self._answer(query, "udp")
            if answer is not None:
                self.udp.sendto(answer, peer)

    def _run_tcp(self):
        while not self.over:
            try:
                peer, _ = self.tcp.accept()
            except socket.timeout:
                continue
            with peer:
                peer.settimeout(1)
                try:
                    self._serve_tcp(peer)
                except OSError:
                    pass

    def _serve_tcp(self, peer):
        stream = peer.makefile("rb")
        while not self.over:
            head = stream.read(2)
            if len(head) < 2:
                return
            answer = self._answer(stream.read(struct.unpack(">H", head)[0]),
                                  "tcp")
            if answer is not None:
                peer.sendall(struct.pack(">H", len(answer)) + answer)
