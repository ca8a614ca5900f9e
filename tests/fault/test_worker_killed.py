"""Workers killed with -9 under load: what is lost, and what is not.

Clients keep connections open and ask for numbered pages.  Every three seconds
(in the small size more often) a worker is stopped, so that it accepts nothing
more; the connections that it holds are read off /proc; then it is killed.
Only exchanges on those connections may fail.  What still lay in the accept
queue must be served by the other workers.
"""

import os
import re
import signal
import threading
import time

from harness import eventually, proxy_to, size
from harness_peer import Client, Closed
from victims import clients_of, halt

CLIENTS = 24
WORKERS = 3


def page(request):
    """The origin's answer tells what was asked, so a mix-up would show."""
    path = request.start.split(" ")[1].encode()
    return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
            % (len(path), path))


def echo_path(peer):
    while True:
        peer.send(page(peer.read_request()))


class Load:
    """CLIENTS threads; each asks on one connection until it breaks."""

    def __init__(self, port):
        self.port = port
        self.ending = False
        self.answered = 0
        self.broken = []     # ports of connections that failed
        self.wrong = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,))
                        for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        count = 0
        while not self.ending:
            with Client(self.port) as client:
                mine = client.sock.getsockname()[1]
                try:
                    while not self.ending and count % 50 != 49:
                        count += 1
                        self.ask(client, f"/{number}/{count}")
                    count += 1
                except (Closed, ConnectionError):
                    with self.lock:
                        self.broken.append(mine)

    def ask(self, client, path):
        client.send(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        answer = client.read_reply()
        with self.lock:
            self.answered += 1
            if answer.status != 200 or answer.body != path.encode():
                self.wrong.append((path, answer.start, answer.body))

    def stop(self):
        self.ending = True
        for thread in self.threads:
            thread.join()


def kill_one(daemon, load):
    """Kills a worker; the client ports that this may break."""
    before = daemon.workers()
    victim = sorted(before)[load.answered % len(before)]
    assert halt(victim)
    doomed = {port for _, port in clients_of(victim, daemon.port)}
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in daemon.workers() and
               len(daemon.workers()) == WORKERS, what="another worker")
    return doomed


def counter(daemon, name):
    found = re.search(rf"^{name} +(\d+)$", daemon.ctl("status").stdout,
                      re.MULTILINE)
    return int(found.group(1))


def test_only_connections_of_a_killed_worker_fail(sluice, origin):
    behind = origin(echo_path)
    daemon = sluice(vhost=proxy_to(behind), workers=WORKERS)
    load = Load(daemon.port)
    doomed = set()
    kills = size(check=4, soak=20)
    try:
        for _ in range(kills):
            goal = load.answered + 300
            eventually(lambda: load.answered > goal, what="answers")
            if size(check=False, soak=True):
                time.sleep(3)
            doomed |= kill_one(daemon, load)
        goal = load.answered + 300
        eventually(lambda: load.answered > goal, what="answers at the end")
    finally:
        load.stop()
    assert load.wrong == []
    assert set(load.broken) <= doomed, "a connection of a living worker broke"
    assert counter(daemon, "requests") >= load.answered - CLIENTS * kills
    eventually(lambda: counter(daemon, "clients") == 0, what="no client left")
    print(f"{kills} kills, {load.answered} answers, "
          f"{len(load.broken)} connections broken of {len(doomed)} doomed")


def test_a_queue_without_its_worker_is_served_at_once_by_another(
        sluice, origin):
    behind = origin(echo_path)
    daemon = sluice(vhost=proxy_to(behind), workers=2)
    stopped = sorted(daemon.workers())[0]
    assert halt(stopped)
    waiting = [Client(daemon.port) for _ in range(40)]
    for number, client in enumerate(waiting):
        client.send(f"GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    os.kill(stopped, signal.SIGKILL)
    for number, client in enumerate(waiting):
        assert client.read_reply().body == f"/{number}".encode()
        client.close()
