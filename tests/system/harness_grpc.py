"""harness_grpc.py - a real gRPC server and client (python3-grpcio).

No code is generated: messages are bytes, and the handlers of the service
are generic ones:

    test.Echo/Unary     the message, backwards
    test.Echo/Collect   client streaming: all messages, joined
    test.Echo/Count     server streaming: "3" gets "0", "1", "2"
    test.Echo/Chat      both ways: an answer to each message, at once
    test.Echo/Fail      ends with the status and words that it is told
    test.Echo/Wait      answers when it is told to, or never

A server notes what it saw: its calls' metadata, and those that ended early.
"""

from concurrent import futures
import threading

import grpc
import pytest

from harness_fixtures import clean_all
from harness_peer import DEADLINE

LARGE = [("grpc.max_receive_message_length", 64 << 20),
         ("grpc.max_send_message_length", 64 << 20)]


class EchoServer(grpc.GenericRpcHandler):
    """Listens on 127.0.0.1, without TLS."""

    def __init__(self, options=()):
        self.metadata = []
        self.remaining = []                     # until the deadline, each
        self.early = threading.Semaphore(0)     # calls that were cancelled
        self.waiting = threading.Semaphore(0)   # calls of Wait that are here
        self.go_on = threading.Event()
        self.server = grpc.server(
            futures.ThreadPoolExecutor(64), handlers=(self,),
            options=[*LARGE, ("grpc.so_reuseport", 0), *options])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.url = f"http://127.0.0.1:{self.port}"
        self.server.start()

    def service(self, details):
        self.metadata.append(dict(details.invocation_metadata))
        name = details.method.rpartition("/")[2].lower()
        kinds = {"unary": grpc.unary_unary_rpc_method_handler,
                 "collect": grpc.stream_unary_rpc_method_handler,
                 "count": grpc.unary_stream_rpc_method_handler,
                 "chat": grpc.stream_stream_rpc_method_handler,
                 "fail": grpc.unary_unary_rpc_method_handler,
                 "wait": grpc.unary_unary_rpc_method_handler}
        if not details.method.startswith("/test.Echo/") or name not in kinds:
            return None
        return kinds[name](getattr(self, name))

    def unary(self, message, context):
        self.remaining.append(context.time_remaining())
        context.send_initial_metadata([("x-first", "one")])
        context.set_trailing_metadata([("x-last", "two"),
                                       ("x-last-bin", b"\x00\xff")])
        return message[::-1]

    def collect(self, messages, context):
        return b",".join(messages)

    def count(self, message, context):
        for i in range(int(message)):
            yield str(i).encode()

    def chat(self, messages, context):
        for message in messages:
            yield b"re: " + message

    def fail(self, message, context):
        code, _, words = message.decode().partition(" ")
        context.abort(grpc.StatusCode[code], words)

    def wait(self, message, context):
        ended = threading.Event()
        if not context.add_callback(ended.set):     # it is over already
            ended.set()
        self.waiting.release()
        while not ended.is_set() and not self.go_on.wait(0.01):
            pass
        if ended.is_set():
            self.early.release()
        return b"waited"

    def close(self):
        self.go_on.set()
        assert self.server.stop(None).wait(DEADLINE), "the server goes on"


class EchoClient:
    """A channel to 127.0.0.1:PORT; a method of each kind of call."""

    def __init__(self, port, options=()):
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{port}",
            options=[*LARGE, ("grpc.enable_http_proxy", 0),
                     ("grpc.use_local_subchannel_pool", 1), *options])

    def method(self, name, kind="unary_unary", service="test.Echo"):
        return getattr(self.channel, kind)(f"/{service}/{name}")

    def unary(self, message, **options):
        return self.method("Unary")(message, timeout=DEADLINE, **options)

    def collect(self, messages):
        return self.method("Collect", "stream_unary")(
            iter(messages), timeout=DEADLINE)

    def count(self, n):
        return list(self.method("Count", "unary_stream")(
            str(n).encode(), timeout=DEADLINE))

    def chat(self, messages, timeout=DEADLINE):
        return self.method("Chat", "stream_stream")(messages, timeout=timeout)

    def close(self):
        self.channel.close()


def failure(call, *args, **options):
    """The grpc.RpcError of a call that must fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*args, **options)
    return caught.value


@pytest.fixture
def echo_server(no_process_left):
    """Makes servers: echo_server(), see EchoServer."""
    made = []

    def make(**options):
        made.append(EchoServer(**options))
        return made[-1]

    yield make
    clean_all(one.close for one in reversed(made))


@pytest.fixture
def echo_client(no_process_left):
    """Makes clients: echo_client(port), see EchoClient."""
    made = []

    def make(port, **options):
        made.append(EchoClient(port, **options))
        return made[-1]

    yield make
    clean_all(one.close for one in made)
