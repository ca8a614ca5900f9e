"""How long anybody may take, each deadline with a short setting: what it
ends, how, and what the log says of it.  None of them is a total time, but for
the one that says so."""

import socket
import time

import pytest

from harness import eventually, proxy_to
from harness_limits import full_origin, takes, trickle, vhost_of
from harness_origin import reply
from harness_peer import Closed
from harness_scripts import Gate, get, pattern, tell

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SLOW_RATE = 'limits = { min_rate = "1k/1s"; };'


# ---- clients ----

def test_a_head_must_be_whole_in_time(sluice, origin):
    """A byte now and then does not help."""
    daemon = sluice(vhost=vhost_of(origin(tell),
                                   more='timeouts = { header = "1s"; };'),
                    workers=1)
    with daemon.client() as client, takes(0.9, 5):
        client.send(b"GET / HTTP/1.1\r\n")
        trickle(client.send, b"x", 0.8)
        assert client.read_reply().status == 408
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "header_deadline"
    assert line["limit"] == "timeouts.header:1s"


def test_the_most_patient_vhost_of_an_address_decides_on_heads(sluice,
                                                               origin):
    behind = origin(tell)
    daemon = sluice(workers=1, vhosts={
        "a": vhost_of(behind, host="a", more='timeouts = { header = "1s"; };'),
        "b": vhost_of(behind, host="b", more='timeouts = { header = "2s"; };')})
    with daemon.client() as client, takes(1.9, 6):
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert client.read_reply().status == 408
    line, = daemon.wait_exchanges(1)
    assert line["limit"] == "timeouts.header:2s"


def test_an_idle_connection_is_closed_without_a_word(sluice, origin):
    """After a request by the patience of its vhost; before any by that of
    sluiced.conf."""
    behind = origin(tell)
    daemon = sluice(workers=1, conf='timeouts = { idle = "2s"; };\n', vhosts={
        "a": vhost_of(behind, host="a", more='timeouts = { idle = "1s"; };'),
        "b": vhost_of(behind, host="b", more='timeouts = { idle = "5m"; };')})
    patient = daemon.client()
    assert patient.get(host="b").status == 200
    silent = daemon.client()
    with daemon.client() as client:
        assert client.get(host="b").status == 200
        assert client.get(host="a").status == 200
        with takes(0.8, 1.8):
            client.wait_close()
        assert client.received.count(b"HTTP/1.1 ") == 2
    with takes(0, 3):
        silent.wait_close()
    silent.close()
    assert patient.get(host="b").status == 200
    patient.close()
    assert len(daemon.wait_exchanges(4)) == 4
    status = daemon.ctl("status").stdout
    assert "idle_closed" in status


def upgraded(peer):
    peer.read_head()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n"
              b"Connection: upgrade\r\n\r\n")
    while True:
        peer.send(peer.read_exactly(1))


UPGRADE = get("/", "Connection: upgrade", "Upgrade: echo")


def test_an_idle_tunnel_is_closed(sluice, origin):
    """What moves in either direction keeps it open."""
    daemon = sluice(vhost=vhost_of(origin(upgraded), more="""
        timeouts = { websocket = "1s"; };"""), workers=1)
    with daemon.client() as client:
        client.send(UPGRADE)
        assert client.read_head().status == 101
        times = trickle(client.send, b"x", 2, pause=0.3)
        assert client.read_exactly(times) == b"x" * times
        with takes(0.5, 4):
            client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "tunnel_idle"
    assert line["limit"] == "timeouts.websocket:1s"


@pytest.mark.parametrize("framing", [b"Content-Length: 100000\r\n\r\n",
                                     CHUNKED])
def test_a_body_that_stops_is_cut(sluice, origin, framing):
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(behind, more=SLOW_RATE), workers=1)
    with daemon.client() as client, takes(0.9, 6):
        client.send(POST + framing + b"5\r\nhello\r\n")
        assert client.read_reply().status == 408
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "body_deadline"
    assert line["limit"] == "limits.min_rate:1k/1s"


def test_a_body_that_trickles_is_cut(sluice, origin):
    """Never silent for long, but far below 1 KiB a second."""
    daemon = sluice(vhost=vhost_of(origin(tell), more=SLOW_RATE), workers=1)
    with daemon.client() as client, takes(0.9, 6):
        client.send(POST + b"Content-Length: 100000\r\n\r\n")
        trickle(client.send, b"x", 1.5)
        assert client.read_reply().status == 408


def test_waiting_for_the_100_is_not_the_clients_fault(sluice, origin):
    def script(peer):
        request = peer.read_head()
        time.sleep(1.5)
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.read_body(request, to_close=False)
        peer.send(reply(b"late"))

    daemon = sluice(vhost=vhost_of(origin(script), more=SLOW_RATE), workers=1)
    with daemon.client() as client:
        client.send(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.read_head().status == 100
        client.send(b"hello")
        assert client.read_reply().body == b"late"


def endless(peer):
    """Chunks for ever: nothing that could be passed through a pipe."""
    peer.read_head()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def large(peer):
    peer.read_head()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        peer.send(b"x" * 100_000)


@pytest.mark.parametrize("script", [endless, large])
def test_a_client_that_stops_reading_is_cut(sluice, origin, script):
    daemon = sluice(vhost=vhost_of(origin(script), more=SLOW_RATE), workers=1)
    with daemon.client(receive_buffer=4096) as client, takes(0.9, 8):
        client.request()
        line, = daemon.wait_exchanges(1)
    assert line["end"] == "client_deadline"
    assert line["limit"] == "limits.min_rate:1k/1s"


# ---- origins ----

def test_connecting_has_a_deadline(sluice):
    with full_origin() as full:
        daemon = sluice(vhost=vhost_of(full, """
            timeouts = { connect = "200ms"; };"""), workers=1)
        with takes(0.2, 3):
            assert daemon.get().status == 504
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "connect_deadline"
    assert line["limit"] == "pools.web.timeouts.connect:200ms"


def silent(peer):
    peer.read_head()
    peer.wait_close()


def test_the_first_byte_has_a_deadline(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(silent), """
        timeouts = { first_byte = "200ms"; };"""), workers=1)
    with daemon.client() as client:
        with takes(0.2, 3):
            assert client.get().status == 504
        assert client.get().status == 504   # the connection goes on
    line = daemon.wait_exchanges(2)[0]
    assert line["end"] == "origin_deadline"
    assert line["limit"] == "pools.web.timeouts.first_byte:200ms"


def test_the_deadline_starts_when_the_request_has_been_sent(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell), """
        timeouts = { first_byte = "300ms"; };"""), workers=1)
    with daemon.client() as client:
        client.send(POST + CHUNKED)
        trickle(client.send, b"5\r\nhello\r\n", 1)
        client.send(b"0\r\n\r\n")
        assert client.read_reply().status == 200


def test_a_reply_that_stops_is_cut(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
        peer.wait_close()

    daemon = sluice(vhost=vhost_of(origin(script), """
        timeouts = { idle = "200ms"; };"""), workers=1)
    with daemon.client() as client, takes(0.2, 3):
        client.request()
        with pytest.raises(Closed):
            client.read_reply()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "origin_idle"
    assert line["limit"] == "pools.web.timeouts.idle:200ms"


@pytest.mark.parametrize("framing", [b"Content-Length: 9000000\r\n\r\n",
                                     CHUNKED])
def test_an_origin_that_stops_taking_the_request_is_given_up(sluice, origin,
                                                             framing):
    def script(peer):
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.read_head()
        gate.wait()

    gate = Gate()
    daemon = sluice(vhost=vhost_of(origin(script), """
        timeouts = { idle = "300ms"; first_byte = "30s"; };"""), workers=1)
    piece = pattern(9_000_000)
    with daemon.client() as client, takes(0.3, 8):
        client.send(POST + framing)
        client.sock.settimeout(0.2)
        try:
            client.sock.sendall(b"895440\r\n" + piece
                                if framing == CHUNKED else piece)
        except OSError:
            pass
        assert client.read_reply().status == 504
    gate.open()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "origin_stalled"
    assert line["limit"] == "pools.web.timeouts.idle:300ms"


# ---- no total, and a total ----

PATIENCE = """timeouts = { first_byte = "500ms"; idle = "500ms"; };"""


def test_an_upload_that_goes_on_is_never_cut(sluice, origin):
    """Longer than every patience there is, a little all the time."""
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(
        behind, PATIENCE,
        'limits = { min_rate = "100/1s"; }; timeouts = { header = "1s"; '
        'idle = "1s"; };'), workers=1)
    with daemon.client() as client:
        client.send(POST + CHUNKED)
        times = trickle(client.send, b"14\r\n" + b"x" * 20 + b"\r\n", 3)
        client.send(b"0\r\n\r\n")
        assert client.read_reply().body.startswith(b"/ %d " % (20 * times))


def test_a_download_that_goes_on_is_never_cut(sluice, origin):
    sent = []

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n" + CHUNKED)
        sent.append(trickle(peer.send, b"5\r\nhello\r\n", 3))
        peer.send(b"0\r\n\r\n")
        peer.wait_close()

    daemon = sluice(vhost=vhost_of(
        origin(script), PATIENCE, """limits = { min_rate = "100/1s"; };
        timeouts = { header = "1s"; idle = "1s"; };"""), workers=1)
    assert daemon.get().body == b"hello" * sent[0]
    assert daemon.wait_exchanges(1)[0]["end"] == "done"


def test_total_ends_an_exchange_that_goes_on(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n" + CHUNKED)
        trickle(peer.send, b"5\r\nhello\r\n", 10)

    daemon = sluice(vhost=vhost_of(origin(script), """
        timeouts = { total = "500ms"; };"""), workers=1)
    with daemon.client() as client, takes(0.5, 3):
        client.request()
        assert client.read_head().status == 200
        client.read_to_close()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "total_deadline"
    assert line["limit"] == "pools.web.timeouts.total:500ms"


@pytest.mark.parametrize("data", [get(), POST + CHUNKED])
def test_total_answers_504_while_nothing_was_sent(sluice, origin, data):
    """Wherever the exchange waits: for the origin, or for the client's body."""
    daemon = sluice(vhost=vhost_of(origin(silent), """
        timeouts = { total = "300ms"; };"""), workers=1)
    with daemon.client() as client, takes(0.3, 3):
        client.send(data)
        assert client.read_reply().status == 504
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["limit"] == "pools.web.timeouts.total:300ms"


def test_total_spares_what_ends_in_time(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(tell), """
        timeouts = { total = "300ms"; };"""), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get().status == 200
            assert client.is_quiet(0.2)
        assert len(daemon.wait_exchanges(3, end="done")) == 3


def test_total_does_not_end_a_tunnel(sluice, origin):
    daemon = sluice(vhost=vhost_of(origin(upgraded), """
        timeouts = { total = "300ms"; };"""), workers=1)
    with daemon.client() as client:
        client.send(UPGRADE)
        assert client.read_head().status == 101
        assert client.is_quiet(0.6)
        client.send(b"x")
        assert client.read_exactly(1) == b"x"


# ---- idle connections to origins ----

def connections(origin_):
    return len(origin_.peers)


def test_a_pool_that_keeps_no_connection_says_so(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=vhost_of(behind, "keepalive = { idle = 0; };"),
                    workers=1)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get().status == 200
    assert connections(behind) == 3
    assert all("close" in r.tokens("Connection") for r in behind.requests)


def test_a_pool_keeps_connections_for_its_timeout(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=vhost_of(behind, """
        keepalive = { timeout = "300ms"; };"""), workers=1)
    with daemon.client() as client:
        assert client.get().status == 200
        assert client.get().status == 200
        assert connections(behind) == 1
        with takes(0.1, 3):
            eventually(lambda: behind.peers[0].sock.fileno() < 0,
                       what="the idle connection to be closed")
        assert client.get().status == 200
        assert connections(behind) == 2


@pytest.mark.parametrize("field, kept", [
    ("Keep-Alive: timeout=30", True),
    ("Keep-Alive: timeout=1", False),
    ("Keep-Alive: timeout=30, max=0", False),
])
def test_an_origin_says_how_long_it_keeps_a_connection(sluice, origin, field,
                                                       kept):
    """Longer than our own timeout, or not at all."""
    behind = origin(reply(b"x", fields=[field]))
    daemon = sluice(vhost=vhost_of(behind, """
        keepalive = { timeout = "100ms"; };"""), workers=1)
    with daemon.client() as client:
        assert client.get().status == 200
        assert client.is_quiet(0.4)
        assert client.get().status == 200
    assert connections(behind) == (1 if kept else 2)


@pytest.mark.parametrize("fields, kept", [(b"", False),
                                          (b"Connection: keep-alive\r\n", True),
                                          (b"Connection: close\r\n", False)])
def test_an_http_1_0_origin_must_ask_for_it(sluice, origin, fields, kept):
    behind = origin(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n" + fields +
                    b"\r\nx")
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get().body == b"x"
    eventually(lambda: connections(behind) == (1 if kept else 3),
               what="connections")
