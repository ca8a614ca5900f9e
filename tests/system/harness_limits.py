"""harness_limits.py - vhosts with limits, and peers that take their time."""

import contextlib
import socket
import time
from types import SimpleNamespace


def vhost_of(origin, pool="", more="", path="/", host="*"):
    """A vhost with one pool, "web", that has the settings POOL; MORE: settings
    of the vhost."""
    return (f'host = "{host}";\n'
            f'pools = {{ web = {{ servers = [ "{origin.url}" ];\n'
            f'{pool} }}; }};\n'
            f'routes = ( {{ path = "{path}"; pool = "web"; }} );\n{more}\n')


@contextlib.contextmanager
def full_origin():
    """An origin that takes no connection: who connects gets no answer."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def takes(least, most):
    """What is inside takes at least and at most so many seconds."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert least <= took <= most, f"it took {took:.3f} s"


def trickle(send, piece, seconds, pause=0.1):
    """Sends PIECE again and again for so long; how often.  A peer that went
    away ends it."""
    end = time.monotonic() + seconds
    times = 0
    while time.monotonic() < end:
        try:
            send(piece)
        except OSError:
            break
        times += 1
        time.sleep(pause)
    return times
