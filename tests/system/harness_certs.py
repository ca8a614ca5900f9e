"""harness_certs.py - certificates for tests, made by the openssl command.

    def test_a(certs):                       # the fixture: see harness_tls.py
        pair = certs.leaf("app.example.com", "127.0.0.1")
        pair.cert, pair.key                  # paths of PEM files
        certs.ca.cert                        # of who signed it
        certs.leaf("a", kind="rsa")          # the same names, another key
        certs.leaf("a", ends=-60)            # expired a minute ago
        certs.leaf("a", issuer=certs.middle) # by an intermediate: pair.chain
        certs.client("alice")                # for a client
        certs.stranger.leaf("a")             # by a CA that nobody knows

The same words give the same files, once a session: whoever changes a file
copies it before.
"""

import ipaddress
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

DAY = 86400

KEYS = {"ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "ed25519": ["-algorithm", "ED25519"]}

CONFIG = """
[ca]
default_ca = here
[here]
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = names
[names]
commonName = supplied
[req]
distinguished_name = nobody
prompt = no
[nobody]
CN = nobody
[extensions]
"""


def openssl(*args, cwd=None):
    """Runs the command; its stdout."""
    done = subprocess.run(["openssl", *map(str, args)], cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f"openssl {args}: {done.stderr}"
    return done.stdout


def when(seconds):
    """So far from now, as openssl ca wants it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


def alternative_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key: paths of PEM files."""
    cert: Path      # the leaf alone
    key: Path       # readable by its owner
    chain: Path     # the intermediates that issued it; empty if none did
    full: Path      # leaf and chain
    pem: Path       # leaf, chain and key


class Authority:
    """A CA with a folder of its own; PARENT signs it, or it signs itself."""

    def __init__(self, folder, name="Test CA", parent=None):
        folder.mkdir(mode=0o755)
        self.folder = folder
        self.parent = parent
        self.made = {}
        (folder / "index").write_text("")
        (folder / "conf").write_text(CONFIG)
        self.key = self._make_key("ca", "ecdsa")
        self.cert = folder / "ca.crt"
        constraints = ["basicConstraints=critical,CA:true",
                       "keyUsage=critical,keyCertSign,cRLSign",
                       "subjectKeyIdentifier=hash"]
        self._request("ca", name)
        (parent or self)._sign(folder / "ca.csr", self.cert, constraints,
                               -DAY, 3650 * DAY, own=parent is None)
        self.chain = "" if parent is None else \
            self.cert.read_text() + parent.chain

    def _make_key(self, stem, kind):
        path = self.folder / f"{stem}.key"
        openssl("genpkey", *KEYS[kind], "-out", path)
        path.chmod(0o600)
        return path

    def _request(self, stem, common_name):
        openssl("req", "-new", "-config", "conf", "-key", f"{stem}.key",
                "-subj", f"/CN={common_name}", "-out", f"{stem}.csr",
                cwd=self.folder)

    def _sign(self, request, cert, extensions, begins, ends, own=False):
        """OWN: our own request, with the key that it is of."""
        conf = self.folder / "conf.sign"
        conf.write_text(CONFIG + "\n".join(extensions) + "\n")
        who = ["-selfsign"] if own else ["-cert", self.cert]
        openssl("ca", "-batch", "-notext", "-config", conf, "-extensions",
                "extensions", *who, "-keyfile", self.key,
                "-startdate", when(begins), "-enddate", when(ends),
                "-in", request, "-out", cert, cwd=self.folder)

    def leaf(self, *names, kind="ecdsa", begins=-3600, ends=30 * DAY,
             issuer=None, usage="serverAuth", extensions=()):
        """A pair for NAMES (the first is its CN too; those that look like
        addresses are addresses), valid from BEGINS to ENDS seconds from now.

        extensions  more lines as in openssl's configuration:
                    "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1"
        """
        words = (names, kind, begins, ends, issuer, usage, tuple(extensions))
        if words not in self.made:
            lines = ["basicConstraints=CA:false", "keyUsage=digitalSignature",
                     f"extendedKeyUsage={usage}",
                     "subjectKeyIdentifier=hash",
                     "authorityKeyIdentifier=keyid",
                     "subjectAltName=" + ",".join(map(alternative_name,
                                                      names)), *extensions]
            self.made[words] = self._make_leaf(names[0], kind, lines, begins,
                                               ends, issuer or self)
        return self.made[words]

    def _make_leaf(self, name, kind, lines, begins, ends, issuer):
        stem = f"leaf{len(self.made)}"
        path = self.folder / stem
        key = self._make_key(stem, kind)
        self._request(stem, name)
        cert = path.with_suffix(".crt")
        issuer._sign(path.with_suffix(".csr"), cert, lines, begins, ends)
        texts = {"chain": issuer.chain,
                 "full": cert.read_text() + issuer.chain,
                 "pem": cert.read_text() + issuer.chain + key.read_text()}
        paths = {}
        for what, text in texts.items():
            paths[what] = path.with_suffix(f".{what}")
            paths[what].write_text(text)
        paths["pem"].chmod(0o600)
        return Pair(cert=cert, key=key, **paths)

    def client(self, name, **options):
        """A pair for a client of that name."""
        return self.leaf(name, usage="clientAuth", **options)


class Certificates:
    """CA, what it signs, and two other CAs; each made when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.authorities = {}

    def _authority(self, name, parent=None):
        if name not in self.authorities:
            self.authorities[name] = Authority(self.folder / name,
                                               f"Test {name}", parent)
        return self.authorities[name]

    @property
    def ca(self):
        return self._authority("ca")

    @property
    def middle(self):
        """An intermediate: signed by CA."""
        return self._authority("middle", self.ca)

    @property
    def stranger(self):
        """Another CA."""
        return self._authority("stranger")

    def leaf(self, *names, **options):
        return self.ca.leaf(*names, **options)

    def client(self, name, **options):
        return self.ca.client(name, **options)
