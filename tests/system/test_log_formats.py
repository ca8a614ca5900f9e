"""The formats of the access log, and whole lines in each of them."""

import json
import re
import subprocess
import threading

import pytest

from harness import AS_ROOT, eventually, proxy_to
from harness_logs import parse_logfmt
from harness_origin import reply
from harness_scripts import counters, get, post
from test_access_log import HOSTILE, line_fields

COMBINED = re.compile(
    r'(?P<client>\S+) - - \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d '
    r'\+0000)\] "(?P<method>\S+) (?P<target>\S+) (?P<protocol>\S+)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+) "(?P<referer>(?:[^"\\]|\\.)*)" '
    r'"(?P<agent>(?:[^"\\]|\\.)*)"')


def parse_combined(line):
    found = COMBINED.fullmatch(line)
    assert found, f"not a combined line: {line!r}"
    return found.groupdict()


PARSERS = {"logfmt": parse_logfmt, "json": json.loads,
           "combined": parse_combined}


def log_in(form, **more):
    """Settings of sluiced.conf."""
    settings = "".join(f"{key} = {value}; " for key, value in more.items())
    return (f'log = {{ file = "@DIR@/access.log"; format = "{form}"; '
            f'{settings}}};\n')


def wait_lines(daemon, count):
    def lines():
        if not daemon.access_log.exists():
            return []
        return daemon.access_log.read_text().split("\n")[:-1]
    eventually(lambda: len(lines()) >= count, what=f"{count} lines")
    assert daemon.access_log.read_text().endswith("\n")
    return lines()


def test_combined_is_what_other_servers_write(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1,
                    conf=log_in("combined"))
    daemon.get("/a?b=c", fields=["Referer: http://r.test/",
                                 'User-Agent: say "hi"'])
    daemon.get("/")
    first, second = wait_lines(daemon, 2)
    found = parse_combined(first)
    assert found.pop("time")
    assert found == {
        "client": "127.0.0.1", "method": "GET", "target": "/a?b=c",
        "protocol": "HTTP/1.1", "status": "200", "bytes": "5",
        "referer": "http://r.test/", "agent": r'say \"hi\"'}
    assert second.endswith('"GET / HTTP/1.1" 200 5 "-" "-"')


def test_json_has_every_field_with_its_type(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1,
                    conf=log_in("json"))
    with daemon.client() as client:
        client.send(post("/x", b"abc", fields=["User-Agent: caf\u00fc"]))
        client.read_reply()
    line, = wait_lines(daemon, 1)
    found = json.loads(line)
    assert [name for name in line_fields() if name in found] == list(found)
    assert (found["status"], found["bytes"], found["received"],
            found["attempts"]) == (200, 5, 3, 1)
    assert isinstance(found["total"], float)
    assert found["agent"] == "caf\u00fc"
    assert " " not in line.split("agent")[0]


def test_a_template_is_what_was_asked_for(sluice, origin):
    daemon = sluice(
        vhost=proxy_to(origin(reply(b"hello"))), workers=1,
        conf=log_in(r"${client} <${method}\t${target}> ${status} ${fault}"))
    daemon.get("/x")
    with daemon.client() as client:
        client.send(b"nonsense\r\n\r\n")
        client.read_reply()
    assert wait_lines(daemon, 2) == [
        "127.0.0.1 <GET\t/x> 200 -", "127.0.0.1 <-\t-> 400 request_line"]


@pytest.mark.parametrize("form", PARSERS)
def test_no_peer_can_forge_or_break_a_line(sluice, origin, form):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1,
                    conf=log_in(form))
    values = [*HOSTILE, "x" * 5000, "\xff" * 3000, '","end":"done"}',
              "\u2028".encode().decode("latin-1")]
    for value in values:
        daemon.get("/", fields=[f"User-Agent: {value}", f"Referer: {value}"])
    lines = wait_lines(daemon, len(values))
    assert len(lines) == len(values)
    for line in lines:
        found = PARSERS[form](line)
        assert str(found["status"]) == "200"
        assert found["agent"] == found["referer"]


def limit_files(worker, size):
    """Only its own user may."""
    user = {"user": "nobody", "group": "nogroup"} if AS_ROOT else {}
    subprocess.run(["prlimit", f"--pid={worker}", f"--fsize={size}:"],
                   check=True, **user)


@pytest.mark.parametrize("form", PARSERS)
def test_a_full_disk_costs_lines_and_tears_none(sluice, origin, form):
    """A worker may write so many bytes and no more; then again."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1,
                    conf=log_in(form))
    worker, = daemon.workers()
    daemon.get("/first")
    size = len(wait_lines(daemon, 1)[0]) + 1
    limit_files(worker, 3 * size + size // 2)
    with daemon.client() as client:
        for i in range(20):
            assert client.get(f"/{i:05}").body == b"x"
    dropped = eventually(lambda: counters(daemon)["log_lines_dropped"],
                         what="dropped lines")
    limit_files(worker, "unlimited")
    daemon.get("/last")
    eventually(lambda: "/last" in daemon.access_log.read_text())
    lines = daemon.access_log.read_text().splitlines()
    whole = [line for line in lines if is_whole(form, line)]
    assert len(lines) - len(whole) <= 1         # what the disk cut
    assert len(whole) == 22 - dropped
    assert PARSERS[form](whole[-1])["target"] == "/last"


def is_whole(form, line):
    try:
        PARSERS[form](line)
    except (ValueError, AssertionError):
        return False
    return "total=" in line or form != "logfmt"


def test_lines_of_two_workers_stay_whole_in_json(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=2,
                    conf=log_in("json"))

    def ask(number):
        with daemon.client(deadline=60) as client:
            for turn in range(30):
                client.get(f"/{number}/{turn}",
                           fields=["User-Agent: " + "u" * (turn * 61 % 2000)])

    threads = [threading.Thread(target=ask, args=(number,))
               for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [json.loads(line) for line in wait_lines(daemon, 600)]
    assert sorted(line["target"] for line in found) == sorted(
        f"/{number}/{turn}" for number in range(20) for turn in range(30))


def test_a_sample_has_its_share_and_every_failure(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x")), host="a.test"),
                    workers=1, conf=log_in("logfmt", sample='"10%"'))
    with daemon.client() as client:
        for _ in range(1000):
            client.get("/well", host="a.test")
        for _ in range(10):
            client.send(get("/unknown", host="b.test"))
            assert client.read_reply().status == 421
    daemon.wait_exchanges(10, target="/unknown")
    assert 50 <= len(daemon.exchanges(target="/well")) <= 160


def test_a_sample_of_nothing_still_tells_of_failures(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x", status="500 Oh")),
                                   host="a.test"),
                    workers=1, conf=log_in("logfmt", sample='"0%"'))
    daemon.get("/failed", host="a.test")
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("500", "done")
