"""Replies of HTTP/2 whose bytes are not as many as their Content-Length says:
nobody may take what comes next for the rest of them."""

import pytest

from harness_h2_origin import h2_origin, h2_to
from harness_peer import Closed

__all__ = ["h2_origin"]
TRAILERS = [("x-checked", "1")]


def short(stream):
    """3 bytes of 5; how it ends is asked for."""
    stream.read_all()
    end = stream.path[1:]
    bad = [("x-bad", "a\nb")] if end == "bad-trailers" else []
    stream.head(200, [("content-length", "5")])
    if end != "empty":
        stream.conn.raw(b"\0\0\3\0\0" + stream.number.to_bytes(4, "big") +
                        b"abc")
    if end == "data":
        stream.conn.raw(b"\0\0\0\0\1" + stream.number.to_bytes(4, "big"))
    else:
        fields = b"".join(
            b"\0" + bytes([len(n)]) + n.encode() + bytes([len(v)]) +
            v.encode() for n, v in TRAILERS + bad)
        stream.conn.raw(b"\0\0" + bytes([len(fields)]) + b"\1\5" +
                        stream.number.to_bytes(4, "big") + fields)


@pytest.mark.parametrize("te", ["", "trailers"])
@pytest.mark.parametrize("end", ["data", "trailers", "bad-trailers", "empty"])
def test_a_reply_that_is_too_short_is_not_whole(sluice, h2_origin, end, te):
    behind = h2_origin(short)
    daemon = sluice(vhost=h2_to(behind), workers=1)
    fields = [f"TE: {te}", "Connection: TE"] if te else []
    with daemon.client() as client:
        client.request(f"/{end}", fields=fields)
        try:
            status = client.read_reply().status
        except Closed:
            status = None
    assert status in (None, 502)
    line, = daemon.wait_exchanges(1)
    assert line["end"] in ("origin_malformed", "origin_closed")
