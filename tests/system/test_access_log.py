"""The access log: a line for each exchange, whole, with every field."""

import re
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness import REPOSITORY, eventually, proxy_to, size
from harness_origin import reply
from harness_processes import free_port
from harness_scripts import Gate, get, held, pattern, post, tell

TABLES = REPOSITORY / "common/tbl"
ALWAYS = ["time", "client", "bytes", "total", "end"]


def names(table, macro):
    text = Path(TABLES / table).read_text()
    return re.findall(rf"^{macro}\((\w+)", text, re.M)


def line_fields():
    """Those that stand in logfmt and json."""
    text = (TABLES / "log_fields.h").read_text()
    return re.findall(r"^LOG_FIELD\((\w+), \w+, LINE,", text, re.M)


# What only an exchange that did not go well has, or one of a proxy's.
SELDOM = {"peer", "split", "queue", "sticky", "tried", "waiting_for",
          "fault", "limit", "tls", "sni", "subject", "handshake", "cache"}


def raw_lines(daemon, count):
    daemon.wait_exchanges(count)
    return daemon.access_log.read_text().splitlines()


def test_a_whole_exchange_has_every_field_in_order(sluice, origin):
    behind = origin(reply(b"hello"))
    daemon = sluice(workers=1, vhost=f'''
        host = [ "a.test", "b.test" ];
        pools = {{ web = {{ servers = [ "{behind.url}" ]; }}; }};
        routes = ( {{ path = "/api"; pool = "web"; }} );''')
    before = datetime.now(timezone.utc)
    with daemon.client() as client:
        client.send(post("/api/x?y=1", b"abc", fields=[
            "Referer: http://r.test/", "User-Agent: tests/1.0"]).replace(
                b"localhost", b"B.test:80"))
        assert client.read_reply().body == b"hello"
    line, = daemon.wait_exchanges(1)
    assert list(line) == [name for name in line_fields()
                          if name not in SELDOM]
    at = datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert len(line["time"]) == 24
    assert timedelta(seconds=-1) < at - before < timedelta(seconds=10)
    times = [float(line[name]) for name in ("connect", "first_byte", "total")]
    assert times == sorted(times) and 0 <= times[0] and times[2] < 10_000
    assert {k: v for k, v in line.items() if k not in (
        "time", "id", "connect", "first_byte", "total")} == {
            "client": "127.0.0.1", "method": "POST", "host": "B.test:80",
            "target": "/api/x?y=1", "protocol": "HTTP/1.1",
            "status": "200", "bytes": "5",
            "received": "3", "vhost": "a.test", "route": "/api",
            "pool": "web", "server": f"127.0.0.1:{behind.port}",
            "attempts": "1", "referer": "http://r.test/",
            "agent": "tests/1.0", "end": "done"}


def test_fields_without_a_value_are_left_out(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"")), host="a.test"),
                    workers=1)
    with daemon.client() as client:
        client.send(get("/", host="a.test") + get("/", host="b.test") +
                    b"nonsense\r\n\r\n")
        for _ in range(3):
            client.read_reply()
    served, unknown, nonsense = daemon.wait_exchanges(3)
    assert "received" not in served and "referer" not in served
    assert list(unknown) == ["time", "id", "client", "method", "host",
                             "target", "protocol", "status", "bytes", "total",
                             "end"]
    assert list(nonsense) == ["time", "id", "client", "status", "bytes",
                              "total", "end", "fault"]


def test_refused_connections_have_no_times_of_the_origin(sluice):
    daemon = sluice(vhost=proxy_to(f"http://127.0.0.1:{free_port()}"),
                    workers=1)
    daemon.get("/x")
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "2" and line["end"] == "connect_failed"
    assert "connect" not in line and "first_byte" not in line
    assert line["server"].startswith("127.0.0.1:")


def test_bytes_and_received_count_payload_only(sluice, origin):
    body = pattern(300_000)
    behind = origin(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"3\r\nabc\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"12345", body))
        assert len(client.read_reply().body) == 300_003
        client.send(post("/", body))
        client.read_reply()
    for line, received in zip(daemon.wait_exchanges(2), (300_005, 300_000)):
        assert line["bytes"] == "300003"
        assert line["received"] == str(received)


def test_head_and_304_have_no_bytes(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")),
        workers=1)
    daemon.get()
    daemon.get(method="HEAD")
    assert [line["bytes"] for line in daemon.wait_exchanges(2)] == ["0", "0"]


HOSTILE = [
    'Mozilla" end=done status=200 x="', "back\\slash", "\\", '"', '\\"',
    "tab\there", "caf\xe9 \x80\xff", "a b=c d", "\\x0a", "=", " " * 50 + "x"]


def test_what_peers_sent_can_not_forge_a_line(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    for value in HOSTILE:
        daemon.get("/q?" + "%0a;end=x", fields=[
            f"User-Agent: {value}", f"Referer: {value}"])
    lines = raw_lines(daemon, len(HOSTILE))
    assert len(lines) == len(HOSTILE)
    assert all(ch.isascii() and ch.isprintable()
               for line in lines for ch in line)
    for line, value in zip(daemon.exchanges(), HOSTILE):
        assert line["agent"] == line["referer"] == value.strip(" \t")
        assert line["end"] == "done"
        assert line["target"] == "/q?%0a;end=x"


def test_malformed_requests_can_not_forge_a_line(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    attacks = [
        b'GET /" HTTP/1.1\r\nHost: a\r\n\r\n',
        b'GET /\\x0aend=done HTTP/1.1\r\nHost: a\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: a" status=200\r\n\r\n',
        b'GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n',
        b'G"T / HTTP/1.1\r\nHost: a\r\n\r\n',
        b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \x1b[31mred\r\n\r\n",
    ]
    for attack in attacks:
        with daemon.client() as client:
            client.send(attack)
            assert client.read_reply().status == 400
    lines = raw_lines(daemon, len(attacks))
    assert len(lines) == len(attacks)
    assert all(ch.isascii() and ch.isprintable()
               for line in lines for ch in line)
    assert {line["end"] for line in daemon.exchanges()} == {"malformed"}


def test_long_values_are_cut_not_lost(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x"))), workers=1)
    for char in ("a", "\xff"):
        daemon.get("/" + "t" * 10_000, fields=[
            "User-Agent: " + char * 20_000, "Referer: " + char * 20_000])
    for line, char in zip(daemon.wait_exchanges(2), ("a", "\xff")):
        assert line["agent"] == line["referer"] == char * 2048 + "..."
        assert line["target"] == "/" + "t" * 2047 + "..."
        assert line["end"] == "done"


def test_total_is_the_time_until_the_end(sluice, origin):
    gate = Gate()
    daemon = sluice(vhost=proxy_to(origin(held(gate, reply(b"x")))),
                    workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached()
        started = datetime.now()
        threading.Event().wait(0.3)
        waited = (datetime.now() - started).total_seconds() * 1000
        gate.open()
        client.read_reply()
    line, = daemon.wait_exchanges(1)
    assert float(line["first_byte"]) >= waited - 1
    assert float(line["total"]) >= float(line["first_byte"])
    assert float(line["connect"]) < float(line["first_byte"])


def test_every_end_reason_is_a_word_of_the_table(sluice, origin):
    """And the lines of this test file's other daemons keep to it too: the
    log has no other words."""
    words = set(names("end_reasons.h", "END"))
    faults = set(names("faults.h", "FAULT"))
    daemon = sluice(vhost=proxy_to(origin(b"garbage\r\n\r\n"), host="a.test"),
                    workers=1)
    daemon.get(host="a.test")
    daemon.get(host="b.test")
    lines = daemon.wait_exchanges(2)
    assert {line["end"] for line in lines} <= words
    assert lines[0]["fault"] in faults


def test_lines_of_two_workers_stay_whole(sluice, origin):
    """Many clients, both workers, one file: each line is one exchange, and
    none is lost, doubled or torn."""
    clients, turns = size(30, 100), size(40, 500)
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=2)

    def ask(number):
        with daemon.client(deadline=60) as client:
            for turn in range(turns):
                client.request(f"/{number}/{turn}", fields=[
                    "User-Agent: " + "u" * (turn * 37 % 1000)])
                client.read_reply()

    threads = [threading.Thread(target=ask, args=(number,))
               for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = daemon.wait_exchanges(clients * turns)
    assert len(lines) == clients * turns
    assert sorted(line["target"] for line in lines) == sorted(
        f"/{number}/{turn}" for number in range(clients)
        for turn in range(turns))
    for line in lines:
        turn = int(line["target"].split("/")[2])
        assert line["agent"] == "u" * (turn * 37 % 1000)
        assert line["end"] == "done" and line["status"] == "200"


def test_lines_are_there_when_the_daemon_has_stopped(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=2)
    for i in range(20):
        daemon.get(f"/{i}")
    daemon.stop()
    assert len(daemon.exchanges()) == 20


def test_stopped_exchanges_are_logged_and_told(sluice, origin):
    """The client of one that `stop` cut short is told so: 503."""
    gate = Gate()
    daemon = sluice(vhost=proxy_to(origin(held(gate, reply(b"x")))),
                    workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached()
        daemon.ctl("stop")
        answer = client.read_reply()
        assert (answer.status, answer.tokens("Connection")) == (
            503, ["close"])
        client.wait_close()
    eventually(lambda: not daemon.alive())
    line, = daemon.exchanges()
    assert (line["status"], line["end"]) == ("503", "stopped")
    gate.open()
