"""TLS with the programs that people have: curl, openssl, Chromium, testssl.sh.

test_tls_*.py of other names are about what each of them can't see.
"""

import json
import re
import shutil
import subprocess

import pytest

from harness import proxy_to
from harness_origin import reply
from test_clients_browser import (FETCHES, IMAGES, SCRIPTS, STYLES, chromium,
                                  site)

BODY = bytes(range(256)) * 400


def with_tls(behind, pair):
    """A vhost at https://localhost:@PORT@."""
    return (proxy_to(behind, host="localhost") +
            'listen = [ "https://127.0.0.1:@PORT@" ];\n'
            f'tls = {{ cert = "{pair.pem}"; }};\n')


def run(*words, data=b"", timeout=60):
    done = subprocess.run([str(word) for word in words], input=data,
                          capture_output=True, timeout=timeout, check=False)
    return done.stdout.decode(errors="replace")


def curl(daemon, certs, *words, data=b""):
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(certs.ca.cert), *map(str, words),
         f"https://localhost:{daemon.port}/"],
        input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def s_client(daemon, certs, *words, data=b""):
    return run("openssl", "s_client", "-connect",
               f"localhost:{daemon.port}", "-servername", "localhost",
               "-CAfile", certs.ca.cert, "-verify_return_error", *words,
               data=data)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_gets_and_posts_over_each_version(sluice, origin, certs,
                                               version):
    behind = origin(reply(BODY))
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")))
    words = [f"--tlsv{version}", "--tls-max", version, "--http1.1"]
    assert curl(daemon, certs, *words) == BODY
    assert curl(daemon, certs, *words, "--data-binary", "@-",
                data=BODY * 3) == BODY
    assert [r.body for r in behind.requests] == [b"", BODY * 3]
    assert [r.get("X-Forwarded-Proto") for r in behind.requests] == [
        "https", "https"]


def test_curl_over_tls_offers_http2_and_gets_it(sluice, origin, certs):
    behind = origin(reply(BODY))
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")))
    assert curl(daemon, certs, "--http2", "-o", "/dev/null", "-w",
                "%{http_version} %{http_code} %{size_download}") == \
        f"2 200 {len(BODY)}".encode()


def test_s_client_finds_x25519_and_an_aead_of_tls_13(sluice, origin, certs):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")))
    text = s_client(daemon, certs, data=b"GET / HTTP/1.1\r\nHost: localhost"
                    b"\r\nConnection: close\r\n\r\n")
    assert "Server Temp Key: X25519, 253 bits" in text
    assert re.search(r"New, TLSv1.3, Cipher is TLS_(AES|CHACHA20)", text)
    assert "Verification: OK" in text


@pytest.mark.parametrize("refused", [
    ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"],
    ["-servername", "other.example.com"],
    ["-alpn", "acme-tls/1"]])
def test_s_client_is_refused_what_is_weak_or_unknown(sluice, origin, certs,
                                                     refused):
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")))
    text = s_client(daemon, certs, *refused)
    assert "Cipher is (NONE)" in text
    assert behind.peers == []


def test_chromium_loads_a_site_of_many_files_by_http2(sluice, origin, certs,
                                                      workdir):
    behind = origin(site)
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")),
                    workers=1)
    text = chromium(f"https://localhost:{daemon.port}/", workdir,
                    "--ignore-certificate-errors")
    result = re.search(r'<div id="result">(.*?)</div>', text)
    assert result is not None, text
    assert result.group(1) == f"{IMAGES} {STYLES} {SCRIPTS} {FETCHES}"
    files = 1 + IMAGES + STYLES + SCRIPTS + FETCHES
    lines = daemon.wait_exchanges(files, end="done", status=200)
    assert {line["protocol"] for line in lines} == {"HTTP/2.0"}


@pytest.mark.soak
def test_testssl_finds_nothing_above_low(sluice, origin, certs, workdir):
    if shutil.which("testssl") is None:
        pytest.skip("testssl is missing")
    behind = origin(reply(b"hello"))
    daemon = sluice(vhost=with_tls(behind, certs.leaf("localhost")))
    found = workdir / "found.json"
    run("testssl", "--color", 0, "--warnings", "off", "--quiet", "-p", "-s",
        "-f", "-P", "-U", "--jsonfile", found, f"localhost:{daemon.port}",
        timeout=600)
    findings = json.loads(found.read_text())
    assert len(findings) > 30
    assert {"TLS1_3", "cipherlist_STRONG", "heartbleed"} <= {
        one["id"] for one in findings}
    worse = [one for one in findings if one["severity"] in
             ("MEDIUM", "HIGH", "CRITICAL", "FATAL")]
    assert worse == []
