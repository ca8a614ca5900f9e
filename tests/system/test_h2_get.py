"""HTTP/2 for clients, by curl and nghttp: what the usual requests need."""

import os
import subprocess
import zlib

import pytest


ROUTES = """
routes = ( { path = "/ours"; respond = "ours"; },
           { path = "/"; proxy = "@ORIGIN@"; } );
"""


def vhost(pair, more=""):
    return (f'host = "*";\nlisten = "https://127.0.0.1:@PORT@";\n{more}'
            f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; }};\n'
            + ROUTES)


def curl(daemon, path, *args, data=None):
    done = subprocess.run(
        ["curl", "-sk", "--http2", "-m", "20", "-w",
         "\n%{http_version} %{http_code}", *args,
         f"https://127.0.0.1:{daemon.port}{path}"],
        input=data, stdout=subprocess.PIPE, check=True)
    body, _, line = done.stdout.rpartition(b"\n")
    return body, line.decode()


@pytest.fixture
def daemon(sluice, demo_origin, certs):
    echo = demo_origin("echo")
    text = vhost(certs.leaf("localhost")).replace("@ORIGIN@", echo.url)
    return sluice(vhost=text)


def test_a_page_of_ours(daemon):
    assert curl(daemon, "/ours") == (b"ours", "2 200")


def test_a_page_of_an_origin_and_how_it_was_asked(daemon):
    body, line = curl(daemon, "/x?y=z", "-H", "Cookie: a=1", "-H", "X-Up: Z")
    assert line == "2 200"
    assert body.startswith(b"GET /x?y=z HTTP/1.1\n")
    assert b"Via: 2 sluice-" in body and b"x-up: Z" in body
    assert b"X-Forwarded-Proto: https" in body


@pytest.mark.parametrize("size", [1, 1000, 60_000, 3_000_000])
@pytest.mark.parametrize("how", ["--data-binary", "-T"])
def test_a_body_arrives_as_it_was_sent(daemon, size, how):
    sent = os.urandom(size)
    what = "@-" if how == "--data-binary" else "-"
    body, line = curl(daemon, "/up", how, what, data=sent)
    assert line == "2 200"
    assert b"crc32 %08x" % zlib.crc32(sent) in body


def test_a_head_has_no_body(daemon):
    body, line = curl(daemon, "/ours", "-I")
    assert line == "2 200"
    assert b"content-length: 4" in body


def test_the_log_says_the_version(daemon):
    curl(daemon, "/ours")
    daemon.wait_exchanges(1, protocol="HTTP/2.0", end="done", status=200)
