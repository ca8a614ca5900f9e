"""The harness itself: a check that can't fail proves nothing."""

import os
import subprocess

import pytest

import harness_processes as processes
from harness import eventually
from harness_logs import parse_logfmt
from harness_origin import reply
from harness_peer import Client, Malformed


def test_logfmt_undoes_escapes():
    line = r'status=200 path="/a\"b\\c\x0a" user_agent="" end=done'
    assert parse_logfmt(line) == {
        "status": "200", "path": '/a"b\\c\n', "user_agent": "", "end": "done"}


@pytest.mark.parametrize("line", [
    'path="/a', "a b=c", 'a="b"c=d', "a=1 a=2", 'a=b"c"'])
def test_logfmt_refuses_torn_lines(line):
    with pytest.raises(ValueError):
        parse_logfmt(line)


def test_origin_answers_in_order_over_all_connections(origin):
    behind = origin(reply(b"hello"))
    with Client(behind.port) as one, Client(behind.port) as two:
        assert one.get("/1").body == b"hello"
        assert two.get("/2", method="PUT", body=b"xyz").body == b"hello"
    assert [head.split(b"\r\n")[0] for head in behind.heads] == [
        b"GET /1 HTTP/1.1", b"PUT /2 HTTP/1.1"]
    assert behind.requests[1].body == b"xyz"


def test_peer_refuses_replies_framed_twice(origin):
    behind = origin(reply(b"a", fields=["Content-Length: 1"]))
    with Client(behind.port) as client, pytest.raises(Malformed):
        client.get("/")


def test_failing_scripts_are_reported(origin):
    def script(peer):
        peer.read_head()
        raise RuntimeError("planted")

    behind = origin(script)
    with Client(behind.port) as client:
        client.request("/")
        client.wait_close()
    eventually(lambda: behind.failures)
    assert str(behind.failures.pop()) == "planted"


def test_orphans_come_to_us_and_are_noticed():
    before = processes.children(os.getpid())
    subprocess.run(["sh", "-c", "sleep 100 & exit"], check=True)
    left = processes.children(os.getpid()) - before
    assert len(processes.survivors(left)) == 1
    processes.kill(left)
    eventually(lambda: not processes.survivors(left))
