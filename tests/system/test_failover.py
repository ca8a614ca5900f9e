"""What one server could not do another one does: retries, their budget, and
what is never sent twice."""

from types import SimpleNamespace

import pytest

from harness import eventually
from harness_origin import answers, reply
from harness_processes import free_port
from harness_pools import fleet  # noqa: F401
from harness_scripts import (Gate, counters, crc, get, held, pattern, post,
                             tell, wait_counter)


def vhost_of(*origins, pool="", balance="first"):
    """The servers are asked in their order, unless one was tried already."""
    urls = ", ".join(f'"{o.url}"' for o in origins)
    return (f'host = "*";\npools = {{ web = {{ servers = [ {urls} ];\n'
            f'balance = "{balance}"; outlier = false;\n{pool} }}; }};\n'
            'routes = ( { path = "/"; pool = "web"; } );\n')


def refusing():
    """A server that nobody listens for."""
    return SimpleNamespace(url=f"http://127.0.0.1:{free_port()}")


def resets(peer):
    """Reads a request and hangs up."""
    peer.requests.append(peer.read_request())


def hangs(peer):
    peer.requests.append(peer.read_request())
    peer.wait_close()


def put(path, body):
    return post(path, body).replace(b"POST", b"PUT", 1)


def ask(daemon, data, method="GET"):
    with daemon.client() as client:
        client.send(data)
        return client.read_reply(method)


# ---- what goes on to another server ----

@pytest.mark.parametrize("data", [
    get("/"), post("/", b"x"), post("/", pattern(30_000)),
    post("/", pattern(300_000)), post("/", pattern(10_000), pattern(9000)),
], ids=["get", "post", "large", "streamed", "chunks"])
def test_what_was_not_sent_goes_to_another_whatever_it_is(sluice, origin,
                                                          data):
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(refusing(), behind), workers=1)
    assert ask(daemon, data).status == 200
    assert len(behind.requests) == 1
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "2"
    where, how, when = line["tried"].rsplit("/", 2)
    assert where.startswith("127.0.0.1:") and how == "connect_failed"
    assert float(when) < 10_000
    wait_counter(daemon, "retries", 1)


@pytest.mark.parametrize("size", [0, 10, 9000, 30_000, 60_000])
def test_a_body_that_is_kept_is_sent_again(sluice, origin, size):
    first, second = origin(resets), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second), workers=1)
    body = pattern(size)
    assert ask(daemon, put("/", body)).body == \
        f"/ {size} {crc(body)}".encode()
    assert first.requests[0].body == second.requests[0].body == body
    line, = daemon.wait_exchanges(1)
    assert "/origin_closed/" in line["tried"]


def test_a_whole_body_in_a_file_is_sent_again(sluice, origin):
    first, second = origin(resets), origin(tell)
    vhost = vhost_of(first, second) + 'buffering = { request = "full"; };\n'
    daemon = sluice(vhost=vhost, workers=1)
    body = pattern(1_000_000)
    assert ask(daemon, put("/", body)).body == \
        f"/ {len(body)} {crc(body)}".encode()
    assert len(first.requests) == 1


def test_chunks_that_came_at_once_are_sent_again(sluice, origin):
    first, second = origin(resets), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second), workers=1)
    data = post("/", b"abc", b"def").replace(b"POST", b"PUT", 1)
    assert ask(daemon, data).body.startswith(b"/ 6 ")
    assert first.requests[0].body == b"abcdef"


def test_a_streamed_body_is_not_sent_again(sluice, origin):
    first, second = origin(resets), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second), workers=1)
    assert ask(daemon, put("/", pattern(300_000))).status == 502
    assert not second.peers


@pytest.mark.parametrize("script, status", [(resets, 502), (hangs, 504)])
def test_a_post_that_was_sent_is_never_sent_again(sluice, origin, script,
                                                  status):
    first, second = origin(script), origin(tell)
    pool = ('retry = { on = [ "connect", "reset", "timeout", "503" ]; };\n'
            'timeouts = { first_byte = "300ms"; };')
    daemon = sluice(vhost=vhost_of(first, second, pool=pool), workers=1)
    answer = ask(daemon, post("/", b"x"))
    assert answer.status == status and answer.get("Retry-After")
    assert len(first.requests) == 1 and not second.peers
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "1" and "tried" not in line


def test_a_post_is_not_sent_again_for_its_status(sluice, origin):
    first = origin(reply(b"busy", status="503 Service Unavailable"))
    second = origin(tell)
    daemon = sluice(vhost=vhost_of(first, second,
                                   pool='retry = { on = "503"; };'))
    assert ask(daemon, post("/", b"x")).body == b"busy"
    assert not second.peers


def test_methods_that_are_named_are_sent_again(sluice, origin):
    first, second = origin(resets), origin(tell)
    pool = 'retry = { methods = [ "POST" ]; };'
    daemon = sluice(vhost=vhost_of(first, second, pool=pool), workers=1)
    assert ask(daemon, post("/", b"x")).status == 200
    assert ask(daemon, get("/")).status == 502


def test_a_timeout_is_waited_for_elsewhere_if_it_is_named(sluice, origin):
    hanging, second = origin(hangs), origin(tell)
    times = 'timeouts = { first_byte = "200ms"; };'
    daemon = sluice(vhost=vhost_of(
        hanging, second, pool=times + 'retry = { on = "timeout"; };'))
    assert daemon.get().status == 200
    line, = daemon.wait_exchanges(1)
    assert "/origin_deadline/" in line["tried"]
    daemon = sluice(vhost=vhost_of(hanging, second, pool=times))
    assert daemon.get().status == 504


def test_nothing_is_sent_again_behind_an_interim_reply(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n")
        peer.send(reply(b"busy", status="503 Service Unavailable"))
        peer.wait_close()

    second = origin(tell)
    daemon = sluice(vhost=vhost_of(origin(script), second,
                                   pool='retry = { on = "503"; };'))
    with daemon.client() as client:
        client.request()
        assert client.read_reply(interim=[]).status == 503
    assert not second.peers


def test_without_retry_the_first_failure_is_the_answer(sluice, origin):
    second = origin(tell)
    daemon = sluice(vhost=vhost_of(refusing(), second, pool="retry = false;"),
                    workers=1)
    assert daemon.get().status == 502
    assert not second.peers


# ---- statuses ----

def busy(body, status="503 Service Unavailable", fields=()):
    return reply(body, status=status, fields=fields)


@pytest.mark.parametrize("on, status, again", [
    ('"503"', "503 Service Unavailable", True),
    ('[ "connect", "500-599" ]', "500 Internal Server Error", True),
    ('"503"', "502 Bad Gateway", False),
    ('"503"', "404 Not Found", False),
    ('[ "404" ]', "404 Not Found", True),
], ids=["503", "range", "other", "404", "named 404"])
def test_a_status_that_is_named_is_asked_for_elsewhere(sluice, origin, on,
                                                       status, again):
    first, second = origin(busy(b"first", status)), origin(reply(b"second"))
    daemon = sluice(vhost=vhost_of(first, second,
                                   pool=f"retry = {{ on = {on}; }};"),
                    workers=1)
    for _ in range(3):
        assert daemon.get().body == (b"second" if again else b"first")
    lines = daemon.wait_exchanges(3)
    tried = lines[0].get("tried", "")
    assert (f"/{status[:3]}/" in tried) == again
    assert len(first.peers) == 1, "its connection was not used again"


@pytest.mark.parametrize("last, want", [
    (busy(b"second", fields=["X-Last: yes"]), (503, b"second")),
    (resets, (503, b"first")),
])
def test_when_all_fail_the_last_answer_is_passed_on(sluice, origin, last,
                                                    want):
    first = origin(busy(b"first"))
    daemon = sluice(vhost=vhost_of(
        first, origin(last), pool='retry = { on = [ "reset", "503" ]; };'),
        workers=1)
    answer = daemon.get()
    assert (answer.status, answer.body) == want
    assert answer.get("X-Last") == ("yes" if want[1] == b"second" else None)
    line, = daemon.wait_exchanges(1)
    assert (line["attempts"], line["end"], line["status"]) == (
        "2", "done", "503")


def test_a_large_answer_that_was_put_off_arrives_whole(sluice, origin):
    body = pattern(3_000_000)
    daemon = sluice(vhost=vhost_of(
        origin(busy(body)), refusing(), refusing(),
        pool='retry = { on = [ "connect", "503" ]; attempts = 3; };'),
        workers=1)
    assert daemon.get().body == body
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "3" and line["tried"].count("/503/") == 1
    assert line["tried"].count("/connect_failed/") == 2


def test_an_early_status_ends_the_upload_and_all_is_sent_again(sluice,
                                                               origin):
    def script(peer):
        peer.read_head()
        peer.send(busy(b"no", fields=["Connection: close"]))
        peer.read_to_close()

    second = origin(tell)
    daemon = sluice(vhost=vhost_of(origin(script), second,
                                   pool='retry = { on = "503"; };'))
    body = pattern(60_000)
    with daemon.client() as client:
        client.send(put("/", body) + get("/next"))
        assert client.read_reply().body == f"/ 60000 {crc(body)}".encode()
        assert client.read_reply().body.startswith(b"/next")


def test_all_servers_are_tried_before_one_is_tried_again(sluice, origin):
    all_of_them = [origin(resets) for _ in range(4)]
    daemon = sluice(vhost=vhost_of(*all_of_them,
                                   pool="retry = { attempts = 6; };"))
    assert daemon.get().status == 502
    counts = [len(o.requests) for o in all_of_them]
    assert min(counts) == 1 and sum(counts) == 6
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "6" and line["tried"].count("/") == 10


# ---- the budget ----

def test_the_budget_stops_a_storm(sluice, origin):
    """All fail: no server gets many more requests than there are."""
    both = [origin(busy(b"no")) for _ in range(2)]
    pool = 'retry = { attempts = 8; on = "503"; budget = "10%"; };'
    daemon = sluice(vhost=vhost_of(*both, pool=pool), workers=2)
    clients = [daemon.client() for _ in range(10)]
    for _ in range(50):
        for client in clients:
            client.request()
        for client in clients:
            assert client.read_reply().status == 503
    for client in clients:
        client.close()
    sent = sum(len(o.requests) for o in both)
    assert 500 + 20 < sent < 500 + 50 + 24 + 40
    found = counters(daemon)
    assert found["retries"] == sent - 500
    assert found["retries_refused"] > 100


def test_what_was_not_sent_costs_no_budget(sluice, origin):
    """A server that is gone harms nobody, however few may be sent again."""
    behind = origin(tell)
    daemon = sluice(vhost=vhost_of(refusing(), behind,
                                   pool='retry = { budget = "1%"; };'))
    with daemon.client() as client:
        for _ in range(100):
            assert client.get().status == 200
    assert len(behind.requests) == 100


# ---- servers that die ----

def test_a_put_survives_the_server_that_is_killed(sluice, origin, fleet):
    """It has all of the request, and answers nothing."""
    first, = fleet(1)
    first.be("hang")
    second = origin(tell)
    daemon = sluice(vhost=vhost_of(first, second), workers=1)
    body = pattern(30_000)
    with daemon.client() as client:
        client.send(put("/", body))
        eventually(lambda: first.count("PUT") == 1)
        first.kill()
        assert client.read_reply().body == f"/ 30000 {crc(body)}".encode()


def test_a_client_that_leaves_is_not_tried_for_elsewhere(sluice, origin):
    first, second = origin(hangs), origin(tell)
    daemon = sluice(vhost=vhost_of(
        first, second, pool='retry = { on = [ "reset", "timeout" ]; };'))
    with daemon.client() as client:
        client.request()
        eventually(lambda: first.requests)
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "client_closed" and line["attempts"] == "1"
    assert not second.peers


def test_what_is_wrong_with_it_is_said(sluice):
    vhost = vhost_of(refusing(), pool='retry = { on = "error"; };')
    run = sluice(start=False, vhost=vhost).run("-t")
    assert run.returncode == 1
    assert "nothing is sent again for this" in run.stderr


# ---- servers that are full ----

FULL = """retry = { on = "503"; budget = "100%"; };
max_conns = 1; queue = { timeout = "1h"; };"""


def test_who_has_a_place_does_not_wait_for_another(sluice, origin):
    gate, body = Gate(), pattern(1_000_000)
    both = [origin(held(gate, busy(body))) for _ in range(2)]
    daemon = sluice(vhost=vhost_of(*both, pool=FULL), workers=1)
    with daemon.client() as one, daemon.client() as other:
        one.send(get("/1"))
        other.send(get("/2"))
        gate.wait_reached(2)
        gate.open()
        for client in (one, other):
            answer = client.read_reply()
            assert (answer.status, answer.body) == (503, body)


def test_a_small_answer_that_is_put_off_gives_its_place_back(sluice, origin):
    only = origin(answers(busy(b"later"), reply(b"now")))
    daemon = sluice(vhost=vhost_of(only, pool=FULL), workers=1)
    assert daemon.get("/").body == b"now"
    assert len(only.requests) == 2
