"""TLS that is passed through by the name that the client asks for."""

import ssl
import struct
import subprocess

import pytest

import harness_processes as processes
from harness import eventually, proxy_to
from harness_origin import reply
from harness_peer import Closed
from harness_proxy import v2
from harness_scripts import counters
from harness_tls import TlsClient, client_hello

NAME = "db.example.com"


def passing(origin, host=f'"{NAME}"', more=""):
    return f"""host = {host};
listen = "https://127.0.0.1:@PORT@";
tls = "passthrough";
proxy = "tcp://127.0.0.1:{origin.port}";
{more}
"""


def ending(origin, pair, host="www.example.com"):
    """TLS ends here, on the same address."""
    return proxy_to(origin, host=host) + f"""
listen = "https://127.0.0.1:@PORT@";
tls = {{ cert = "{pair.full}"; key = "{pair.key}"; }};
"""


@pytest.fixture
def behind(tls_origin, certs):
    """The origin whose TLS it is."""
    return tls_origin(reply(b"db"), certs.leaf(NAME, "*.db.example.com"),
                      alpn=["h2", "http/1.1"])


def records(hello, most):
    """HELLO in records of at most MOST bytes of the message."""
    message = hello[5:]
    return b"".join(
        b"\x16\x03\x01" + struct.pack(">H", len(message[i:i + most])) +
        message[i:i + most] for i in range(0, len(message), most))


def answered(client, data, slowly=False):
    """The type of the record that answers the ClientHello DATA."""
    if slowly:
        client.send_slowly(data, pause=0)
    else:
        client.send(data)
    return client.read_exactly(5)[0]


def alert(client):
    """The description of the fatal alert that ends it."""
    head = client.read_exactly(5)
    assert head[0] == 21, head
    level, description = client.read_exactly(2)
    assert level == 2
    client.read_to_close()
    return description


HANDSHAKE, UNRECOGNIZED_NAME = 22, 112


# ---- what is passed ----

def test_client_sees_the_origin_not_us(sluice, behind, certs):
    daemon = sluice(vhost=passing(behind), workers=1)
    with TlsClient(daemon.port, NAME, ca=certs.ca,
                   alpn=["h2", "http/1.1"]) as client:
        assert client.tls.selected_alpn_protocol() == "h2"
        assert client.get("/", host="x").body == b"db"
    peer, = behind.peers
    assert (peer.sni, peer.alpn) == (NAME, "h2")
    line, = daemon.wait_exchanges(1)
    assert line["protocol"] == "TLS" and line["host"] == NAME
    assert line["vhost"] == NAME and line["end"] == "done"
    assert line["server"] == f"127.0.0.1:{behind.port}"
    assert int(line["received"]) > 300 and int(line["bytes"]) > 500
    told = daemon.ctl("route", f"https://{NAME}:{daemon.port}/").stdout
    assert "passes    TLS" in told and f":{behind.port}\n" in told
    assert counters(daemon)["handshakes"] == 0


def test_openssl_s_client_and_s_server_through_it(sluice, certs):
    pair = certs.leaf(NAME)
    port = processes.free_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet",
         "-cert", pair.full, "-key", pair.key, "-www"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: processes.is_listening(port))
        daemon = sluice(workers=1, vhost=f"""host = "{NAME}";
listen = "https://127.0.0.1:@PORT@"; tls = "passthrough";
proxy = "tcp://127.0.0.1:{port}";""")
        told = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}",
             "-servername", NAME, "-CAfile", certs.ca.cert,
             "-verify_return_error", "-verify_hostname", NAME],
            input="GET / HTTP/1.0\r\n\r\n", capture_output=True, text=True,
            timeout=30, check=False).stdout
        assert "Verify return code: 0 (ok)" in told
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2,
                                  ssl.TLSVersion.TLSv1_3])
def test_hello_byte_by_byte(sluice, behind, most):
    daemon = sluice(vhost=passing(behind), workers=1)
    with daemon.client() as client:
        assert answered(client, client_hello(NAME, most=most),
                        slowly=True) == HANDSHAKE
    eventually(lambda: behind.refusals)


@pytest.mark.parametrize("most", [200, 20])
def test_hello_in_several_records(sluice, behind, most):
    daemon = sluice(vhost=passing(behind), workers=1)
    with daemon.client() as client:
        assert answered(client, records(client_hello(NAME), most),
                        slowly=most == 20) == HANDSHAKE


def test_hello_of_many_kilobytes(sluice, behind):
    """More than a buffer of ours, in records of their largest size."""
    daemon = sluice(vhost=passing(behind), workers=1)
    hello = client_hello(NAME)
    padding = struct.pack(">HH", 0xfafa, 40_000) + bytes(40_000)
    message = hello[5:]
    # the extensions are the last vector of the message
    at = 4 + 34
    at += 1 + message[at]
    at += 2 + struct.unpack_from(">H", message, at)[0]
    at += 1 + message[at]
    extensions = message[at + 2:] + padding
    body = message[4:at] + struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    with daemon.client() as client:
        assert answered(client, records(b"12345" + message, 16_384)) \
            == HANDSHAKE


def test_wildcards_and_case_mean_what_they_mean_for_hosts(sluice, behind,
                                                          certs):
    daemon = sluice(vhost=passing(behind, '"*.db.example.com"'), workers=1)
    with TlsClient(daemon.port, "A.DB.example.com", ca=certs.ca) as client:
        assert client.get("/").body == b"db"
    line, = daemon.wait_exchanges(1)
    assert line["host"].lower() == "a.db.example.com"


def test_catch_all_gets_who_asks_for_nobody(sluice, behind):
    daemon = sluice(vhost=passing(behind, '"*"'), workers=1)
    for name in (None, "whoever.test"):
        with TlsClient(daemon.port, name) as client:
            assert client.get("/", host="x").body == b"db"


def test_proxy_header_comes_before_the_hello(sluice, behind):
    daemon = sluice(conf='proxy_protocol_from = "127.0.0.1";\n',
                    vhost=passing(behind), workers=1)
    client = TlsClient(daemon.port, NAME, handshake=False)
    with client:
        client.sock.raw.sendall(v2())
        client.sock.shake_hands()
        assert client.get("/", host="x").body == b"db"
    assert daemon.wait_exchanges(1)[0]["client"] == "192.0.2.9"


def test_server_that_refuses_is_passed_over(sluice, behind):
    dead = f"tcp://127.0.0.1:{processes.free_port()}"
    text = passing(behind).replace('proxy = "', f'proxy = [ "{dead}", "')
    daemon = sluice(vhost=text.replace('";\n\n', '" ];\n'), workers=1)
    for _ in range(2):
        with TlsClient(daemon.port, NAME) as client:
            assert client.get("/", host="x").body == b"db"


# ---- what is not ----

def test_one_address_for_both_kinds(sluice, origin, behind, certs):
    daemon = sluice(workers=1, vhosts={
        "db": passing(behind),
        "www": ending(origin(reply(b"www")), certs.leaf("www.example.com"))})
    with TlsClient(daemon.port, "www.example.com", ca=certs.ca) as client:
        assert client.get("/", host="www.example.com").body == b"www"
        # by the other's name there is nobody here who could answer
        assert client.get("/", host=NAME).status == 421
    with TlsClient(daemon.port, NAME, ca=certs.ca) as client:
        assert client.get("/", host="x").body == b"db"
    with daemon.client() as client:
        client.send(client_hello("else.example.com"))
        assert alert(client) == UNRECOGNIZED_NAME
    after = counters(daemon)
    assert (after["handshakes"], after["passages"]) == (1, 1)


def test_unknown_name_is_refused_where_all_is_passed(sluice, behind):
    daemon = sluice(vhost=passing(behind), workers=1)
    for name in ("else.example.com", None):
        with daemon.client() as client:
            client.send(client_hello(name))
            assert alert(client) == UNRECOGNIZED_NAME
    assert not behind.raw_peers


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n",
    b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
    records(client_hello(NAME), 1),
], ids=["http", "record", "crumbs"])
def test_garbage_goes_to_nobody(sluice, behind, data):
    daemon = sluice(vhost=passing(behind), workers=1)
    with daemon.client() as client:
        try:
            client.send(data)
        except Closed:
            pass
        client.read_to_close()
    assert not behind.raw_peers
    with TlsClient(daemon.port, NAME) as client:
        assert client.get("/", host="x").body == b"db"


def test_hello_too_long_with_the_heads_of_its_records(sluice, behind):
    daemon = sluice(vhost=passing(behind), workers=1)
    worker, = daemon.workers()
    with daemon.client() as client:
        try:
            client.send(records(b"head:\x01\x00\xff\xfc" + bytes(65532),
                                16384))
            client.read_to_close()
        except Closed:
            pass
    with TlsClient(daemon.port, NAME) as client:
        assert client.get("/", host="x").body == b"db"
    assert daemon.workers() == [worker]


def test_hello_that_stops_in_the_middle_does_not_spin(sluice, behind):
    daemon = sluice(workers=1, vhost=passing(behind))
    with daemon.client() as client:
        client.send(client_hello(NAME)[:50])
        worker, = daemon.workers()
        before = cpu_of(worker)
        assert client.is_quiet(0.4)
        assert cpu_of(worker) - before < 0.2
        client.shutdown()
        client.read_to_close()
    assert not behind.raw_peers


def cpu_of(pid):
    """Seconds of CPU that PID has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


# ---- over reloads ----

def test_reload_keeps_what_is_passed(sluice, behind):
    daemon = sluice(vhost=passing(behind), workers=1,
                    conf='drain = "0s";\n')
    with TlsClient(daemon.port, NAME) as client:
        assert client.get("/", host="x").body == b"db"
        assert daemon.ctl("reload").returncode == 0
        assert client.get("/", host="x").body == b"db"
        assert len(behind.peers) == 1
