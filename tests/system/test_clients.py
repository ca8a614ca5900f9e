"""Real clients: curl and Python, against the demonstration of `make run`.

Its origins are real servers too: a site of small files, one that echoes and
one that is slow.  Browsers and Node are in test_clients_browser.py and
test_clients_node.py.
"""

import hashlib
import http.client
import re
import shutil
import subprocess
import urllib.request
import zlib

import pytest

from harness import proxy_to
from harness_demo import demo, lines  # noqa: F401
from harness_origin import reply
from harness_scripts import pattern, tell

BODY = pattern(3 << 20)


def curl(*args, data=None):
    """What curl writes to stdout; it must succeed."""
    if shutil.which("curl") is None:
        pytest.skip("curl is missing")
    done = subprocess.run(["curl", "-sS", "--max-time", "60", *args],
                          input=data, capture_output=True, timeout=90,
                          check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_curl_takes_a_site_on_one_connection(demo):
    urls = [f"{demo.url}/page/{i}" for i in range(1, 41)]
    out = curl(*urls, "-w", "\n%{http_code} %{num_connects}\n").decode()
    codes = re.findall(r"^(\d{3}) (\d+)$", out, re.MULTILINE)
    assert [code for code, _ in codes] == ["200"] * 40
    assert sum(int(connects) for _, connects in codes) == 1
    assert all(line["end"] == "done" for line in lines(demo, 40))


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_curl_takes_a_large_file(demo, version):
    whole = curl(version, f"{demo.url}/big?size=3000000")
    assert len(whole) == 3_000_000
    assert curl(version, f"{demo.url}/big?size=3000000&chunked=1") == whole


def test_curl_asks_for_the_head_only(demo):
    head = curl("-I", f"{demo.url}/page/1").decode()
    assert head.startswith("HTTP/1.1 200 ")
    assert curl(f"{demo.url}/page/1") != b""


@pytest.mark.parametrize("how", [
    ["-H", "Expect:"], ["-H", "Expect: 100-continue"],
    ["-H", "Transfer-Encoding: chunked"], ["--http1.0"]],
    ids=["length", "expect", "chunked", "http1.0"])
def test_curl_uploads(sluice, origin, how):
    daemon = sluice(vhost=proxy_to(origin(tell)))
    out = curl(*how, "--data-binary", "@-",
               f"http://127.0.0.1:{daemon.port}/up", data=BODY)
    assert out.decode() == f"/up {len(BODY)} {zlib.crc32(BODY):08x}"
    assert daemon.wait_exchanges(1)[0]["received"] == str(len(BODY))


def test_curl_uploads_a_form(sluice, origin, workdir):
    file = workdir / "file"
    file.write_bytes(BODY)
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind))
    curl("-F", f"file=@{file}", "-F", "name=value",
         f"http://127.0.0.1:{daemon.port}/form")
    assert BODY in behind.requests[0].body
    assert b'name="name"' in behind.requests[0].body


def test_curl_gets_compressed_and_partial_content_as_it_is(sluice, origin):
    packed = zlib.compressobj(wbits=31)
    packed = packed.compress(BODY) + packed.flush()
    part = reply(BODY[100:200], "206 Partial Content",
                 [f"Content-Range: bytes 100-199/{len(BODY)}"])

    def script(peer):
        while True:
            request = peer.read_request()
            ranged = b"\r\nRange: bytes=100-199\r\n" in request.head
            peer.send(part if ranged else
                      reply(packed, fields=["Content-Encoding: gzip"]))

    url = f"http://127.0.0.1:{sluice(vhost=proxy_to(origin(script))).port}/"
    assert curl("--compressed", url) == BODY
    assert curl(url) == packed
    assert curl("-r", "100-199", url) == BODY[100:200]


def test_python_http_client_keeps_its_connection(demo):
    client = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=60)
    client.connect()
    sock = client.sock
    for i in range(1, 41):
        client.request("GET", f"/page/{i}")
        answer = client.getresponse()
        assert (answer.status, answer.version) == (200, 11)
        assert answer.read()
        assert client.sock is sock
    client.close()


def test_python_http_client_uploads_chunks(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)))
    client = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    pieces = [BODY[i:i + 70_001] for i in range(0, len(BODY), 70_001)]
    client.request("PUT", "/up", iter(pieces), encode_chunked=True,
                   headers={"Transfer-Encoding": "chunked"})
    text = client.getresponse().read().decode()
    assert text == f"/up {len(BODY)} {zlib.crc32(BODY):08x}"
    client.close()


def test_python_urllib_gets_and_posts(demo):
    with urllib.request.urlopen(f"{demo.url}/big?size=1000000",
                                timeout=60) as answer:
        assert len(answer.read()) == 1_000_000
    with urllib.request.urlopen(f"{demo.url}/echo/x", data=b"body=1",
                                timeout=60) as answer:
        text = answer.read().decode()
    assert text.startswith("POST /echo/x HTTP/1.1\n")
    assert f"body: 6 bytes, crc32 {zlib.crc32(b'body=1'):08x}" in text


def test_python_requests_uses_a_session(demo):
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        digests = {hashlib.sha256(session.get(f"{demo.url}/page/{i}")
                                  .content).hexdigest()
                   for i in range(1, 41)}
        answer = session.post(f"{demo.url}/echo/json", json={"a": 1})
    assert len(digests) == 40
    assert "body: 8 bytes" in answer.text
