"""gRPC end to end: a real client and a real server, the proxy between."""

import queue
import time
from pathlib import Path

import grpc
import pytest

from harness import size
from harness_grpc import echo_client, echo_server, failure  # noqa: F401

Code = grpc.StatusCode


def to_grpc(server, settings="", more=""):
    return (f'host = "*";\nlisten = [ "h2c://127.0.0.1:@PORT@" ];\n'
            f'pools = {{ rpc = {{ servers = [ "{server.url}" ]; http = "2";'
            f' {settings} }}; }};\n'
            f'routes = ( {{ path = "/"; pool = "rpc"; }} );\n{more}')


@pytest.fixture
def through(sluice, echo_server, echo_client):  # noqa: F811
    """The client, the server, and the daemon between them."""
    def make(settings="", more="", **options):
        server = echo_server()
        daemon = sluice(vhost=to_grpc(server, settings, more), **options)
        return echo_client(daemon.port), server, daemon
    return make


# ---- the four kinds of calls ----


def test_a_unary_call_is_answered(through):
    client, _, _ = through()
    assert client.unary(b"hello") == b"olleh"


def test_metadata_goes_both_ways_before_and_behind_the_messages(through):
    client, server, _ = through()
    answer, call = client.method("Unary").with_call(
        b"abc", timeout=10, metadata=[("x-mine", "1"),
                                      ("x-mine-bin", b"\x00\x01\xff")])
    assert answer == b"cba"
    assert ("x-first", "one") in call.initial_metadata()
    assert ("x-last", "two") in call.trailing_metadata()
    assert ("x-last-bin", b"\x00\xff") in call.trailing_metadata()
    seen = server.metadata[-1]
    assert seen["x-mine"] == "1"
    assert seen["x-mine-bin"] == b"\x00\x01\xff"


def test_a_client_streams(through):
    client, _, _ = through()
    pieces = [b"%d" % i for i in range(100)]
    assert client.collect(pieces) == b",".join(pieces)


def test_a_server_streams(through):
    client, _, _ = through()
    assert client.count(100) == [b"%d" % i for i in range(100)]


def test_both_stream_and_no_message_waits_for_another(through):
    """Each message is sent only when the answer to the one before is here."""
    client, _, _ = through()
    to_send = queue.Queue()
    answers = client.chat(iter(to_send.get, None))
    for i in range(50):
        to_send.put(b"%d" % i)
        assert next(answers) == b"re: %d" % i
    to_send.put(None)
    assert list(answers) == []
    assert answers.code() == Code.OK


@pytest.mark.parametrize("n", [0, 1, 65535, 65536, 1 << 20, 8 << 20])
def test_messages_of_any_size_arrive_whole(through, n):
    client, _, _ = through(more='limits = { body = "64m"; };')
    message = bytes(i * 7 % 251 for i in range(251)) * (n // 251 + 1)
    assert client.unary(message[:n]) == message[:n][::-1]


def test_a_call_that_was_answered_may_be_silent(through):
    """Longer than others: as long as a tunnel."""
    client, _, _ = through(
        'timeouts = { idle = "200ms"; first_byte = "200ms"; };',
        'limits = { min_rate = "256/1s"; };\n'
        'timeouts = { websocket = "30s"; };\n')
    to_send = queue.Queue()
    answers = client.chat(iter(to_send.get, None))
    for pause in 0, 1.5:
        time.sleep(pause)
        to_send.put(b"a")
        assert next(answers) == b"re: a"
    to_send.put(None)
    assert list(answers) == []


def test_a_call_that_is_silent_for_too_long_is_ended(through):
    client, _, daemon = through(
        'timeouts = { idle = "1s"; };',
        'timeouts = { websocket = "1s"; };\n')
    to_send = queue.Queue()
    answers = client.chat(iter(to_send.get, None))
    to_send.put(b"a")
    assert next(answers) == b"re: a"
    assert isinstance(failure(next, answers), grpc.RpcError)
    line, = daemon.wait_exchanges(1)
    assert line["end"] in ("origin_idle", "body_deadline")
    to_send.put(None)


# ---- ends ----


@pytest.mark.parametrize("code", ["NOT_FOUND", "INTERNAL", "DATA_LOSS",
                                  "UNAUTHENTICATED", "RESOURCE_EXHAUSTED"])
def test_an_error_of_the_server_arrives_with_its_words(through, code):
    client, _, _ = through()
    error = failure(client.method("Fail"), f"{code} für Ö 100 %".encode(),
                    timeout=10)
    assert error.code() == Code[code]
    assert error.details() == "für Ö 100 %"


def test_a_method_that_nobody_has_is_unimplemented(through):
    client, _, _ = through()
    error = failure(client.method("Nothing"), b"", timeout=10)
    assert error.code() == Code.UNIMPLEMENTED


def deadline(through, timeout, more=""):
    """A call that nobody answers before its deadline; its line of the log."""
    client, server, daemon = through(more=more)
    client.unary(b"the way there is known")
    error = failure(client.method("Wait"), b"", timeout=timeout)
    assert error.code() == Code.DEADLINE_EXCEEDED
    assert server.early.acquire(timeout=10)
    line, = daemon.wait_exchanges(1, target="/test.Echo/Wait")
    return line


def request_fields(what):
    return f"headers = {{ request = {{ {what} }}; }};\n"


def test_a_deadline_ends_the_call_at_both_ends(through):
    """Each has its own clock: either the client's reset is first, or the
    server's status."""
    assert deadline(through, 1)["end"] in ("client_closed", "done")


def test_a_deadline_that_only_the_client_knows_is_a_reset(through):
    line = deadline(through, 1,
                    request_fields('remove = [ "grpc-timeout" ];'))
    assert (line["status"], line["end"]) == ("499", "client_closed")


def test_a_deadline_that_is_over_at_the_server_is_its_answer(through):
    line = deadline(through, 20,
                    request_fields('set = { grpc-timeout = "300m"; };'))
    assert (line["status"], line["end"]) == ("200", "done")


def test_a_call_that_is_cancelled_is_cancelled_at_the_server(through):
    client, server, daemon = through()
    call = client.method("Wait").future(b"", timeout=30)
    assert server.waiting.acquire(timeout=10)
    call.cancel()
    assert server.early.acquire(timeout=10)
    daemon.wait_exchanges(1, end="client_closed")
    assert client.unary(b"on") == b"no"


def test_the_deadline_goes_along(through):
    client, server, _ = through()
    client.method("Unary")(b"a", timeout=100)
    assert 50 < server.remaining[-1] < 110


# ---- answers of ours ----


def test_no_server_is_unavailable(sluice, echo_server,  # noqa: F811
                                  echo_client):  # noqa: F811
    server = echo_server()
    vhost = to_grpc(server)
    server.close()
    daemon = sluice(vhost=vhost)
    error = failure(echo_client(daemon.port).method("Unary"), b"", timeout=10)
    assert error.code() == Code.UNAVAILABLE


def test_a_server_that_is_silent_exceeds_its_deadline(through):
    client, _, daemon = through('timeouts = { first_byte = "300ms"; };')
    error = failure(client.method("Wait"), b"", timeout=20)
    assert error.code() == Code.DEADLINE_EXCEEDED
    daemon.wait_exchanges(1, end="origin_deadline")


# ---- many at a time ----


def test_many_calls_share_a_connection(through):
    client, server, daemon = through(workers=1)
    n = size(100, 1000)
    calls = [client.method("Unary").future(b"%d" % i, timeout=30)
             for i in range(n)]
    assert [c.result() for c in calls] == [(b"%d" % i)[::-1]
                                           for i in range(n)]
    assert connections_to(server.port) == 1


def connections_to(port):
    """Those that are established, as the kernel counts them."""
    rows = [line.split() for name in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01"
               for row in rows)
