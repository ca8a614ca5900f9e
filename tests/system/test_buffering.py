"""Request buffering: how much of a body is read before a server is chosen, and
where it lies meanwhile."""

import os
import subprocess

import pytest

from harness import AS_ROOT, UNBUFFERED, eventually, proxy_to
from harness_origin import reply
from harness_processes import is_alive
from harness_scripts import (chunked, crc, get, pattern, post, tell,
                             wait_counter)

KIB = 1024
FULL = 'buffering = { request = "full"; };\n'
MEMORY = "memory = \"16m\";\n"


def full(sluice, origin, script=tell, conf="", more="", **options):
    """A daemon that reads whole bodies, with files in its own folder."""
    behind = origin(script)
    daemon = sluice(conf=conf + 'buffer_dir = "@DIR@/spool";\n',
                    vhost=proxy_to(behind) + FULL + more, workers=1,
                    start=False, **options)
    folder = daemon.path / "spool"
    folder.mkdir()
    folder.chmod(0o777)
    return daemon, behind


def files_of(daemon):
    """Open temporary files of the worker: (size, links)."""
    worker, = daemon.workers()
    found = []
    for fd in os.listdir(f"/proc/{worker}/fd"):
        path = f"/proc/{worker}/fd/{fd}"
        try:
            if "/spool/" in os.readlink(path):
                stat = os.stat(path)
                found.append((stat.st_size, stat.st_nlink))
        except FileNotFoundError:
            pass
    return found


# ---- what fits the window ----

@pytest.mark.parametrize("size", [10, 5000, 9000, 60_000])
def test_a_small_upload_occupies_nobody_while_it_trickles_in(sluice, origin,
                                                             size):
    """In the window of its head, or in a block of its own."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    body = pattern(size)
    with daemon.client() as client:
        client.send(post("/", body[:3], length=size))
        client.send(body[3:size // 2])
        assert client.is_quiet()
        assert not behind.peers
        client.send(body[size // 2:])
        assert client.read_reply().body == f"/ {size} {crc(body)}".encode()
        assert client.get("/next").status == 200
    assert behind.requests[0].get("Content-Length") == str(size)


def test_a_large_upload_is_streamed_behind_the_window(sluice, origin):
    reached = []

    def script(peer):
        peer.read_head()
        reached.append(peer.read_exactly(70_000))
        peer.read_exactly(230_000)
        peer.send(reply(b"ok"))

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    body = pattern(300_000)
    with daemon.client() as client:
        client.send(post("/", body[:60_000], length=300_000))
        assert client.is_quiet() and not reached
        client.send(body[60_000:70_000])
        eventually(lambda: reached)
        assert reached[0] == body[:70_000]
        client.send(body[70_000:])
        assert client.read_reply().body == b"ok"


@pytest.mark.parametrize("fields", [["Expect: 100-continue"], []])
def test_who_may_wait_for_the_server_is_not_waited_for(sluice, origin,
                                                       fields):
    """For 100 (Continue), or with chunks, which may be a conversation."""
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        head = post("/", length=10 if fields else None, fields=fields)
        client.send(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        assert client.read_head().status == 100


def test_chunks_that_came_with_the_head_stay_chunks(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/a", b"one", b"two") + get("/b"))
        assert client.read_reply().body == f"/a 6 {crc(b'onetwo')}".encode()
        assert client.read_reply().body.startswith(b"/b ")
    assert behind.requests[0].get("Transfer-Encoding") == "chunked"


def test_a_body_in_the_window_of_a_large_head_arrives(sluice, origin):
    """Which has room for more than is sent together with a head."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    body = pattern(30_000)
    with daemon.client() as client:
        client.send(post("/", body, fields=["A: " + "a" * 20_000]) +
                    get("/next"))
        assert client.read_reply().body == f"/ 30000 {crc(body)}".encode()
        assert client.read_reply().status == 200


def test_off_passes_on_the_first_byte(sluice, origin):
    def script(peer):
        peer.read_head()
        assert peer.read_exactly(1) == b"a"
        peer.send(reply(b"ok"))
        peer.wait_close()

    daemon = sluice(vhost=proxy_to(origin(script)) + UNBUFFERED, workers=1)
    with daemon.client() as client:
        client.send(post("/", b"a", length=100))
        assert client.read_reply().body == b"ok"


def test_many_kept_bodies_leave_memory_for_others(sluice, origin):
    """Those beyond a quarter of it are streamed at once, and all arrive."""
    behind = origin(tell)
    daemon = sluice(conf=MEMORY, vhost=proxy_to(behind), workers=1)
    body = pattern(60_000)
    clients = [daemon.client() for _ in range(100)]
    for client in clients:
        client.send(post("/", body[:30_000], length=len(body)))
    eventually(lambda: len(behind.peers) == 100 - 64, what="those streamed")
    assert daemon.get("/other").status == 200
    for client in clients:
        client.send(body[30_000:])
    for client in clients:
        assert client.read_reply().body == f"/ 60000 {crc(body)}".encode()
        client.close()
    wait_counter(daemon, "bodies_kept", 64)


# ---- all of it ----

@pytest.mark.parametrize("size", [0, 10, 9000, 64 * KIB, 64 * KIB + 1,
                                  3_000_000])
@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_whole_body_is_read_before_anybody_is_asked(sluice, origin, size,
                                                      kind):
    daemon, behind = full(sluice, origin)
    daemon.start()
    body = pattern(size)
    data = post("/", body) if kind == "length" else \
        post("/", body[:size // 3], body[size // 3:])
    with daemon.client() as client:
        client.send(data[:-1])
        if size:
            assert client.is_quiet(0.05) and not behind.peers
        client.send(data[-1:] + get("/next"))
        assert client.read_reply().body == f"/ {size} {crc(body)}".encode()
        assert client.read_reply().status == 200
    request = behind.requests[0]
    assert request.get("Content-Length") == str(size)
    assert request.get("Transfer-Encoding") is None
    filed = size > 64 * KIB or (size == 64 * KIB and kind == "chunked")
    wait_counter(daemon, "bodies_filed", int(filed))
    assert files_of(daemon) == []


def test_a_large_body_waits_in_a_file_without_a_name(sluice, origin):
    daemon, behind = full(sluice, origin)
    daemon.start()
    body = pattern(1_500_000)
    with daemon.client() as client:
        client.send(post("/", body[:1_000_000], length=len(body)))
        eventually(lambda: files_of(daemon) == [(1_000_000, 0)])
        assert os.listdir(daemon.path / "spool") == []
        client.send(body[1_000_000:])
        assert client.read_reply().body == \
            f"/ {len(body)} {crc(body)}".encode()
    assert files_of(daemon) == []
    assert len(behind.requests) == 1


def test_a_client_that_waits_for_100_gets_it_from_us(sluice, origin):
    daemon, behind = full(sluice, origin)
    daemon.start()
    body = pattern(100_000)
    with daemon.client() as client:
        head = post("/", b"", length=len(body),
                    fields=["Expect: 100-continue"])
        client.send(head)
        assert client.read_head().status == 100
        assert not behind.peers
        client.send(body)
        assert client.read_reply().body.endswith(crc(body).encode())
    assert behind.requests[0].get("Expect") is None


@pytest.mark.parametrize("data, status, end", [
    (post("/", pattern(30_000), length=200_000), 400, "malformed"),
    (post("/", pattern(900_000), length=999_000), 400, "malformed"),
    (post("/", pattern(600_000), pattern(600_000)), 413, "body_large"),
    (post("/", length=2_000_000), 413, "body_large"),
    (post("/", pattern(1000)).replace(b": 1000", b": 1001"), 400,
     "malformed"),
    (post("/", pattern(200_000), b"x")[:-3] + b"zz\r\n", 400, "malformed"),
], ids=["block", "file", "chunks_large", "length_large", "by_one",
        "chunks_malformed"])
def test_what_is_not_whole_reaches_nobody(sluice, origin, data, status, end):
    daemon, behind = full(sluice, origin, more='limits = { body = "1m"; };\n')
    daemon.start()
    with daemon.client() as client:
        client.send(data)
        client.shutdown()
        assert client.read_reply().status == status
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert line["end"] == end
    assert files_of(daemon) == []
    assert not behind.peers


def test_a_full_disk_is_said_and_the_client_can_come_again(sluice, origin):
    daemon, behind = full(sluice, origin)
    daemon.start()
    worker, = daemon.workers()
    limit(worker, 500_000)
    body = pattern(2_000_000)
    with daemon.client() as client:
        client.send(post("/", body[:600_000], length=len(body)))
        answer = client.read_reply()
        assert answer.status == 503
        assert answer.get("Retry-After")
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "buffer_failed"
    daemon.wait_error("can't write a temporary file in .*/spool: "
                      "File too large")
    assert not behind.peers
    limit(worker, "unlimited")
    with daemon.client() as client:
        client.send(post("/", body))
        assert client.read_reply().body == \
            f"/ {len(body)} {crc(body)}".encode()
    assert daemon.workers() == [worker]


def limit(pid, size):
    as_worker = {"user": "nobody", "group": "nogroup"} if AS_ROOT else {}
    subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={size}:"],
                   check=True, **as_worker)


def test_a_directory_that_may_not_be_written_is_said_at_once(sluice, origin):
    daemon, _ = full(sluice, origin)
    (daemon.path / "spool").chmod(0o555)
    daemon.start()
    daemon.wait_error("can't make a temporary file in .*/spool: "
                      "Permission denied")
    with daemon.client() as client:
        client.send(post("/", pattern(100_000)))
        assert client.read_reply().status == 503
    with daemon.client() as client:
        client.send(post("/", pattern(10_000)))
        assert client.read_reply().status == 200


def test_nothing_is_left_when_a_worker_is_killed(sluice, origin):
    daemon, _ = full(sluice, origin)
    daemon.start()
    worker, = daemon.workers()
    with daemon.client() as client:
        client.send(post("/", pattern(1_000_000), length=2_000_000))
        eventually(lambda: files_of(daemon))
        os.kill(worker, 9)
        eventually(lambda: not is_alive(worker))
    assert os.listdir(daemon.path / "spool") == []


# ---- the setting ----

@pytest.mark.parametrize("text, words", [
    ('buffering = { request = "all"; };', '"stream", "full" or "off"'),
    ('buffering = { window = "128k"; };', "64k"),
])
def test_what_is_wrong_with_it_is_said(sluice, text, words):
    run = sluice(start=False, vhost=proxy_to("http://127.0.0.1:1") +
                 text).run("-t")
    assert run.returncode == 1
    assert words in run.stderr + run.stdout


def test_a_directory_must_be_there_and_chosen(sluice):
    vhost = proxy_to("http://127.0.0.1:1") + FULL
    run = sluice(start=False, vhost=vhost,
                 conf='buffer_dir = "@DIR@/none";\n').run("-t")
    assert run.returncode == 1 and "which is no directory" in run.stderr
    run = sluice(start=False, vhost=vhost).run("-t", "--strict")
    assert run.returncode == 2 and "[buffer-on-disk]" in run.stderr
    small = 'limits = { body = "64k"; };\n'
    run = sluice(start=False, vhost=vhost + small).run("-t", "--strict")
    assert run.returncode == 0, run.stderr


def test_chunks_become_a_length_only_when_all_is_read(sluice, origin):
    daemon, behind = full(sluice, origin)
    daemon.start()
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n" +
                    chunked(b"abc", trailers=b"X-T: 1\r\n"))
        assert client.read_reply().status == 200
    assert behind.requests[0].get("Content-Length") == "3"
