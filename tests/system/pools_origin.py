"""pools_origin.py - an origin that is a process of its own: it can be killed.

    pools_origin.py NAME LOG PORT

Writes its port, then does what the lines of its standard input say, each
answered by "ok"; it dies with its standard input:

    answer          200, and a body of its name, the method and the target
    hang            reads requests, and never answers them
    status N        answers N
    slow SECONDS    answers 200 so late

Whatever was asked for is appended to LOG before it is answered, so that
killing loses no line: "NAME METHOD TARGET IN-FLIGHT", where the last is how
many requests it has at this moment, with this one.  Checks (/health) are
logged as CHECK, are answered alike, and are not in flight.

At SIGTERM it ends as orderly servers do: it accepts no more, closes what is
idle, answers what it has with Connection: close, and is gone.
"""

import asyncio
import os
import signal
import socket
import sys


class State:
    """Of the whole process."""

    def __init__(self, name, log):
        self.name = name
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.how = ["answer"]
        self.in_flight = 0
        self.ending = None      # a future, set when it is time to go
        self.guests = set()

    def note(self, method, target):
        line = f"{self.name} {method} {target} {self.in_flight}\n"
        os.write(self.log, line.encode())


class Guest(asyncio.Protocol):
    """One connection."""

    def __init__(self, state):
        self.state = state
        self.data = b""
        self.target = None      # of the request that is not yet answered
        self.counted = False
        self.timer = None

    def connection_made(self, transport):
        self.transport = transport
        self.state.guests.add(self)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _error):
        self.state.guests.discard(self)
        if self.timer is not None:
            self.timer.cancel()
        self.forget()

    def data_received(self, data):
        self.data += data
        self.take()

    def take(self):
        """The next request, if it is whole and its turn."""
        end = self.data.find(b"\r\n\r\n")
        if self.target is not None or end < 0:
            return
        lines = self.data[:end].decode("latin-1").split("\r\n")
        length = sum(int(line.partition(":")[2]) for line in lines
                     if line.lower().startswith("content-length:"))
        if len(self.data) < end + 4 + length:
            return
        self.data = self.data[end + 4 + length:]
        method, self.target, _ = lines[0].split(" ")
        self.begin(method)

    def begin(self, method):
        state = self.state
        if self.target == "/health":
            method = "CHECK"
        else:
            self.counted = True
            state.in_flight += 1
        state.note(method, self.target)
        what, *how = state.how
        text = f"{state.name} {method} {self.target}"
        if what == "slow" and self.counted:
            self.timer = asyncio.get_running_loop().call_later(
                float(how[0]), self.answer, "200 OK", text)
        elif what == "status":
            self.answer(f"{how[0]} Told", text)
        elif what != "hang":
            self.answer("200 OK", text)

    def forget(self):
        if self.counted:
            self.state.in_flight -= 1
        self.counted = False
        self.target = None

    def answer(self, status, text):
        self.forget()
        last = self.state.ending.done()
        self.transport.write(
            (f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n"
             f"{'Connection: close' if last else 'X-Origin: yes'}\r\n"
             f"\r\n{text}").encode())
        if last:
            self.transport.close()
        else:
            self.take()


def obey(state):
    line = os.read(0, 1000)
    if not line:
        os._exit(0)
    state.how = line.decode().split()
    os.write(1, b"ok\n")


async def serve(state, listener):
    loop = asyncio.get_running_loop()
    state.ending = loop.create_future()
    server = await loop.create_server(lambda: Guest(state), sock=listener,
                                      backlog=1024)
    loop.add_reader(0, obey, state)
    loop.add_signal_handler(signal.SIGTERM, state.ending.set_result, None)
    os.write(1, b"%d\n" % listener.getsockname()[1])
    await state.ending
    server.close()
    for guest in list(state.guests):
        if guest.target is None:
            guest.transport.close()
    while state.guests:
        await asyncio.sleep(0.005)


def main():
    name, log, port = sys.argv[1:]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(port)))
    asyncio.run(serve(State(name, log), listener))


main()
