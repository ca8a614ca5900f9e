"""storm_clients.py - the load of the storm, and what became of each exchange.

Pages come from askers.c; here are the slow ones, a thread each: uploads,
downloads, tunnels, and guests of a vhost that comes and goes.  Whatever they
ask for has a target of its own, by which the log's line is found.
"""

import random
import subprocess
import threading
import time
import zlib
from collections import namedtuple

from harness import BUILD
from harness_peer import Client, Closed, Malformed
from harness_scripts import chunked, pattern

# WHAT: answered, last (the same, and closed by the proxy), broken, refused,
# late, wrong.  CONNECTION: (address, port) of the client's end.
Record = namedtuple("Record", "kind msec connection target what")

PERIOD = bytes(range(251))  # see tests/demo/site.c
PATIENCE = 20


class Wrong(Exception):
    """Bytes came that nobody sent."""


class Askers:
    """The program askers, writing to a file."""

    def __init__(self, port, folder, seed):
        self.output = folder / "askers"
        self.trouble = folder / "askers.stderr"
        with open(self.output, "wb") as out, open(self.trouble, "wb") as err:
            self.popen = subprocess.Popen(
                [str(BUILD / "tests/fault/askers"), "-s", str(seed),
                 str(port)], stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def stop(self):
        self.popen.terminate()
        status = self.popen.wait(2 * PATIENCE)
        assert status == 0, self.trouble.read_text()

    def records(self):
        for line in self.output.read_text().splitlines():
            msec, number, port, count, what = line.split()
            yield Record("page", int(msec), (f"127.0.1.{number}", int(port)),
                         f"/page/{number}/{count}", what)


class Slow:
    """Threads that do one thing again and again, as long as LONGEST each."""

    def __init__(self, daemon, guest_port, longest, seed):
        self.daemon = daemon
        self.guest_port = guest_port
        self.longest = longest
        self.ending = threading.Event()
        self.found = []          # records; append is atomic
        self.wrong = []
        kinds = 4 * [self.upload] + 4 * [self.download] + \
            4 * [self.tunnel] + 2 * [self.long_tunnel] + 2 * [self.guest]
        self.threads = [
            threading.Thread(target=self.run, args=(
                kind, number, random.Random(seed + number)))
            for number, kind in enumerate(kinds)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(3 * PATIENCE)
            assert not thread.is_alive(), "a client hangs"

    def run(self, kind, number, dice):
        count = 0
        while not self.ending.wait(dice.random() * 0.2):
            count += 1
            self.once(kind, f"/{kind.__name__}/{number}/{count}", dice)

    def once(self, kind, target, dice):
        place = None
        what = "answered"
        try:
            with self.connect(kind) as client:
                place = client.sock.getsockname()
                kind(client, target, dice)
        except ConnectionRefusedError:
            what = "refused"
        except TimeoutError:
            what = "late"
        except (Closed, ConnectionError):
            what = "broken"
        except (Wrong, Malformed, ValueError, IndexError) as error:
            what = "wrong"
            self.wrong.append((target, repr(error)))
        self.found.append(Record(kind.__name__, int(time.monotonic() * 1000),
                                 place, target, what))

    def connect(self, kind):
        host, port = "127.0.0.1", self.daemon.port
        if kind == self.guest:
            host, port = "127.0.0.2", self.guest_port
        small = 4096 if kind == self.download else None
        return Client(port, host=host, deadline=PATIENCE,
                      receive_buffer=small)

    def pauses(self, dice, steps):
        """Some pauses, which together last LONGEST at most."""
        for _ in range(steps):
            time.sleep(dice.random() * self.longest / steps)
            yield

    # ---- what they do ----

    def upload(self, client, target, dice):
        body = pattern(dice.randrange(1, 1 << 20))
        fields = [f"Content-Length: {len(body)}"]
        sent = body
        if dice.random() < 0.5:
            fields = ["Transfer-Encoding: chunked"]
            sent = chunked(body)
        client.request(target, "POST", fields=fields)
        step = len(sent) // 8 + 1
        for at, _ in enumerate(self.pauses(dice, 8)):
            client.send(sent[at * step:(at + 1) * step])
        expect_body(client.read_reply(), f"POST {target} HTTP/1.1\n",
                    f"body: {len(body)} bytes, crc32 {zlib.crc32(body):08x}\n")

    def download(self, client, target, dice):
        size = dice.randrange(1, 1 << 20)
        more = dice.choice(["", "&chunked=1"])
        client.request(f"/big?size={size}{more}&is={target}")
        message = client.read_head()
        expect(message.status == 200, message.start)
        for _ in self.pauses(dice, 8):
            pass
        body = client.read_body(message, to_close=False).body
        expect(body == (PERIOD * (size // 251 + 1))[:size], "its bytes")

    def tunnel(self, client, target, dice):
        self.enter_tunnel(client, target)
        for _ in self.pauses(dice, 8):
            self.echo(client, dice)
        client.shutdown()
        client.wait_close()

    def long_tunnel(self, client, target, dice):
        """Until somebody ends it: the storm, or we at its end."""
        self.enter_tunnel(client, target)
        while not self.ending.wait(0.05):
            self.echo(client, dice)

    def enter_tunnel(self, client, target):
        client.request(target, fields=["Connection: Upgrade",
                                       "Upgrade: echo"])
        message = client.read_reply()
        expect(message.status == 101, message.start)

    def echo(self, client, dice):
        data = dice.randbytes(dice.randrange(1, 5000))
        client.send(data)
        expect(client.read_exactly(len(data)) == data, "echoed bytes")

    def guest(self, client, target, dice):
        """An address that comes and goes: it may be refused."""
        expect(client.get(target, host="guest.test").body == b"guest",
               "a guest's answer")


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def expect_body(message, begin, part):
    text = message.body.decode("latin-1")
    expect(message.status == 200 and text.startswith(begin) and part in text,
           f"{message.start} {text}")
