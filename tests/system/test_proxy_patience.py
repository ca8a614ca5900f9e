"""How long anybody may take: progress is never cut, a trickle is."""

import time

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import pattern


@pytest.mark.soak
@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_of_more_than_a_minute_is_not_cut(sluice, origin, chunked):
    """On a new origin connection, which has never been read from."""
    behind = origin(reply(b"got it"), deadline=120)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    piece = pattern(20_000)
    with daemon.client() as client:
        framing = ("Transfer-Encoding: chunked" if chunked else
                   f"Content-Length: {70 * len(piece)}")
        client.send(f"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n"
                    .encode())
        for _ in range(70):
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece)
                        if chunked else piece)
            time.sleep(1)
        client.send(b"0\r\n\r\n" if chunked else b"")
        assert client.read_reply().body == b"got it"
    assert behind.peers[0].requests[0].body == 70 * piece


@pytest.mark.soak
def test_a_body_that_trickles_is_cut(sluice, origin):
    """A byte in 20 s is far below 256 a second."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"never"))), workers=1)
    with daemon.client(deadline=120) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Content-Length: 100\r\n\r\n")
        began = time.monotonic()
        while not client.closed and time.monotonic() - began < 100:
            client.send(b"x")
            if not client.is_quiet(20):
                break
        assert client.read_reply().status == 408
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "body_deadline"
