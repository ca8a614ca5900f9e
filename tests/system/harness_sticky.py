"""harness_sticky.py - clients that keep cookies, and cookies made by hand.

The cookie of `sticky` is written down here a second time, so that tests can
look into one whose secret they know, and make others.
"""

import struct
from dataclasses import dataclass

from harness_pools import pool_vhost

MASK = (1 << 64) - 1
SECRET = "a secret of enough bytes for a test"


# ---- SipHash-2-4 ----

def _turn(x, n):
    return (x << n | x >> (64 - n)) & MASK


def _rounds(v, n):
    for _ in range(n):
        v[0] = (v[0] + v[1]) & MASK
        v[2] = (v[2] + v[3]) & MASK
        v[1] = _turn(v[1], 13) ^ v[0]
        v[3] = _turn(v[3], 16) ^ v[2]
        v[0] = _turn(v[0], 32)
        v[2] = (v[2] + v[1]) & MASK
        v[0] = (v[0] + v[3]) & MASK
        v[1] = _turn(v[1], 17) ^ v[2]
        v[3] = _turn(v[3], 21) ^ v[0]
        v[2] = _turn(v[2], 32)


def siphash(key, data):
    a, b = key
    v = [a ^ 0x736f6d6570736575, b ^ 0x646f72616e646f6d,
         a ^ 0x6c7967656e657261, b ^ 0x7465646279746573]
    tail = len(data) % 8
    padded = data + bytes(7 - tail) + bytes([len(data) & 255])
    for word, in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xff
    _rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _name(*parts):
    """A hash_id of common/base/hash.h."""
    a = b = 0
    for part in parts:
        a, b = siphash((a, 1), part.encode()), siphash((b, 2), part.encode())
    return a, b


# ---- the cookie ----

@dataclass
class Signer:
    """What a daemon with the secret SECRET writes for POOL of VHOST."""
    vhost: str
    pool: str = "web"
    secret: str = SECRET

    def _key(self, use):
        name = _name(self.vhost, self.pool)
        return tuple(siphash(_name(self.secret), struct.pack("<QQQ", *name, n))
                     for n in (use, use + 1))

    def _tag(self, issued, server):
        return siphash(self._key(1), struct.pack("<QQ", issued, server))

    def _mask(self, issued, tag):
        return siphash(self._key(3), struct.pack("<QQ", issued, tag))

    def write(self, issued, server):
        tag = self._tag(issued, server)
        return f"{issued:08x}{server ^ self._mask(issued, tag):016x}{tag:016x}"

    def read(self, text):
        """(issued, server)"""
        assert len(text) == 40
        issued, tag = int(text[:8], 16), int(text[24:], 16)
        server = int(text[8:24], 16) ^ self._mask(issued, tag)
        assert self._tag(issued, server) == tag, "the signature is wrong"
        return issued, server


# ---- clients ----

class Browser:
    """Keeps the cookies that it gets, and sends them."""

    def __init__(self, daemon, **cookies):
        self.daemon = daemon
        self.cookies = cookies

    def get(self, path="/", *fields, host="localhost", daemon=None):
        """One request on a connection of its own."""
        lines = list(fields)
        if self.cookies:
            lines.append("Cookie: " + "; ".join(
                f"{name}={value}" for name, value in self.cookies.items()))
        answer = (daemon or self.daemon).get(path, fields=lines, host=host)
        for one in answer.all("Set-Cookie"):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def ask(self, *fields, **options):
        """Who answers?"""
        answer = self.get("/", *fields, **options)
        assert answer.status == 200
        return answer.body.decode()


def sticky_vhost(origins, sticky, settings="", host="a.test", **more):
    """A vhost of all hosts whose first is HOST; its pool goes round."""
    text = pool_vhost(origins, f'sticky = {{ {sticky} }};\nbalance = "rr";\n'
                      + settings, **more)
    return text.replace('host = "*";', f'host = [ "{host}", "*" ];')


def write_secret(workdir, secret=SECRET):
    """The setting for a file with it."""
    path = workdir / "sticky.key"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return f'secret = "${{file:{path}}}";'
