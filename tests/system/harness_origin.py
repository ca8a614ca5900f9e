"""harness_origin.py - origins that do, byte by byte, what a test wants.

An Origin accepts and runs a script for each connection, in a thread of its
own, on a Peer (harness_peer.py):

    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
        peer.wait_close()

A script ends when the other side closes (the Closed it gets is no failure);
any other exception in it fails the test.
"""

import socket
import threading

from harness_peer import DEADLINE, Closed, Peer


def reply(body=b"", status="200 OK", fields=()):
    """The bytes of a whole reply."""
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"]
    head = "".join(line + "\r\n" for line in lines) + "\r\n"
    return head.encode("latin-1") + body


def answers(*replies):
    """A script: reads requests, sends these replies in order over all
    connections, the last one again and again."""
    lock = threading.Lock()
    left = list(replies)

    def script(peer):
        while True:
            peer.requests.append(peer.read_request())
            with lock:
                data = left.pop(0) if len(left) > 1 else left[0]
            peer.send(data)
    return script


class Origin:
    """Listens on 127.0.0.1 (or ADDRESS), or on a unix socket at PATH.

    SCRIPT is a function of a Peer, or bytes: the reply to every request.
    """

    def __init__(self, script, path=None, port=0, deadline=60,
                 address="127.0.0.1"):
        self.script = answers(script) if isinstance(script, bytes) else script
        self.deadline = deadline
        self.peers = []         # in order of acceptance
        self.failures = []
        self.threads = []
        self.path = path
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            path.chmod(0o777)
        else:
            self.listener = socket.socket(
                socket.AF_INET6 if ":" in address else socket.AF_INET)
            self.listener.setsockopt(socket.SOL_SOCKET,
                                     socket.SO_REUSEADDR, 1)
            self.listener.bind((address, port))
        self.listener.listen(1024)
        self.port = None if path else self.listener.getsockname()[1]
        self.url = f"unix:{path}" if path else f"http://127.0.0.1:{self.port}"
        self._start(self._accept)

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            peer = Peer(sock, self.deadline)
            peer.requests = []
            self.peers.append(peer)
            self._start(self._serve, peer)

    def _serve(self, peer):
        try:
            self.script(peer)
        except Closed:
            pass
        except Exception as error:
            if self.listener.fileno() >= 0:
                self.failures.append(error)
        finally:
            peer.close()

    @property
    def requests(self):
        """What `answers` (or a script, by peer.requests) has read."""
        return [r for peer in self.peers for r in peer.requests]

    @property
    def heads(self):
        return [r.head for r in self.requests]

    def close(self):
        """Stops listening and cuts what is open; raises scripts' failures."""
        failures = list(self.failures)
        for sock in [self.listener, *(peer.sock for peer in self.peers)]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        for thread in self.threads:
            thread.join(DEADLINE)
        if failures:
            raise failures[0]
