"""The master killed with -9: its workers finish, and nobody else waits."""

import os
import signal

import pytest

from harness import eventually, proxy_to
from harness_peer import Client
from harness_processes import is_alive
from harness_scripts import Gate, get


def refused(port):
    try:
        Client(port).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", [1, 3])
def test_orphans_serve_what_they_have_and_close_the_door(sluice, origin,
                                                         workers):
    gate = Gate()

    def script(peer):
        peer.read_request()
        gate.wait()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    daemon = sluice(conf='drain = "30s";\n', vhost=proxy_to(origin(script)),
                    workers=workers)
    orphans = daemon.workers()
    with daemon.client() as client:
        client.send(get("/"))
        gate.wait_reached()
        os.kill(daemon.pid, signal.SIGKILL)
        eventually(lambda: refused(daemon.port), what="the door to close")
        gate.open()
        assert client.read_reply().body == b"ok"
    eventually(lambda: not any(map(is_alive, orphans)),
               what="the orphans to end")
