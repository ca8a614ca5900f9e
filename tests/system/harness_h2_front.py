"""harness_h2_front.py - the daemon as a server of HTTP/2 in front of a script.

    from harness_h2_front import client, credit, data, rst, start

    def test_a(start):
        daemon, behind = start(reply(b"ok"))
        with client(daemon) as h2:      # an H2: harness_h2.py
            h2.get()
"""

import struct

import pytest

from harness_h2 import ES, H2, frame


def vhost(origin, more=""):
    return (f'host = "*";\nlisten = "h2c://127.0.0.1:@PORT@";\n{more}\n'
            'routes = ( { path = "/ours"; respond = "ours"; },\n'
            f'{{ path = "/"; proxy = "{origin.url}"; }} );\n')


@pytest.fixture
def start(sluice, origin):
    """start(script) -> daemon, origin: HTTP/2 in front of that script."""
    def run(script, more="", **options):
        behind = origin(script)
        return sluice(vhost=vhost(behind, more), **options), behind
    return run


def client(daemon, *settings, **options):
    return H2(daemon.port, **options).greet(*settings)


def data(stream, payload, end=False):
    return frame("DATA", stream, ES if end else 0, payload)


def credit(stream, n):
    return frame("WINDOW_UPDATE", stream, 0, struct.pack(">I", n))


def rst(stream, code=8):
    return frame("RST_STREAM", stream, 0, struct.pack(">I", code))
