"""A second server is asked when the first one is slow; the client gets one
answer, and nothing of the other is left."""

import pytest

from harness import eventually
from harness_origin import reply
from harness_pools import (Load, fleet, pool_vhost,  # noqa: F401
                           wait_idle)
from harness_scripts import (Gate, counters, crc, get, held, pattern, post,
                             tell, wait_counter)
from test_failover import ask, busy, hangs, refusing, resets, vhost_of

HEDGE = 'hedge = "50ms";\n'


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_server_that_hangs_is_beaten(sluice, origin, method):
    gone = []

    def script(peer):
        peer.requests.append(peer.read_request())
        peer.wait_close()
        gone.append(peer)

    first, second = origin(script), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second, pool=HEDGE), workers=1)
    with daemon.client() as client:
        client.request(method=method)
        assert client.read_reply(method).status == 200
        client.request("/next", method=method)
        assert client.read_reply(method).status == 200
        assert client.is_quiet(0.05)
    eventually(lambda: len(gone) == 2, what="the losers to be closed")
    starts = [f"{method} {path} HTTP/1.1" for path in ("/", "/next")]
    assert [r.start for r in first.requests] == starts
    assert [r.start for r in second.requests] == starts
    assert told_of(daemon, 2) == [("2", ["slow"])] * 2
    wait_counter(daemon, "hedges", 2)
    wait_counter(daemon, "hedge_wins", 2)
    wait_counter(daemon, "exchanges", 0)


def told_of(daemon, count):
    return [(line["attempts"], [t.split("/")[-2] for t in
                                line.get("tried", "").split(",") if t])
            for line in daemon.wait_exchanges(count)]


def test_a_server_that_is_in_time_is_alone(sluice, origin):
    first, second = origin(tell), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second, pool='hedge = "20s";'),
                    workers=1)
    with daemon.client() as client:
        for _ in range(20):
            assert client.get().status == 200
    assert len(first.peers) == 1 and not second.peers
    assert counters(daemon)["hedges"] == 0


def test_a_client_that_stays_with_a_server_waits_for_it(sluice, origin):
    """A stranger, who is asked for elsewhere, is later than it."""
    gate = Gate()

    def script(peer):
        while True:
            if "/wait" in peer.read_request().start:
                gate.wait()
            peer.send(reply(b"home"))

    home, other = origin(script), origin(tell)
    daemon = sluice(vhost=vhost_of(
        home, other, pool=HEDGE + 'sticky = { key = "header:X-User"; };'),
        workers=1)
    with daemon.client() as client, daemon.client() as stranger:
        client.send(get("/", "X-User: one"))
        assert client.read_reply().body == b"home"
        client.send(get("/wait", "X-User: one"))
        gate.wait_reached()
        stranger.send(get("/wait", "X-User: other"))
        assert stranger.read_reply().body.startswith(b"/wait")
        gate.open()
        assert client.read_reply().body == b"home"
    assert len(other.requests) == 1
    assert counters(daemon)["hedges"] == 1


def test_the_first_may_win_although_it_was_slow(sluice, origin):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.send(reply(b"first"))
        peer.wait_close()

    first, second = origin(script), origin(hangs)
    daemon = sluice(vhost=vhost_of(first, second, pool=HEDGE), workers=1)
    with daemon.client() as client:
        client.request()
        eventually(lambda: second.requests)
        gate.open()
        assert client.read_reply().body == b"first"
    wait_counter(daemon, "hedge_wins", 0)
    assert told_of(daemon, 1) == [("2", ["slow"])]


@pytest.mark.parametrize("data", [
    post("/", b"x"), post("/", b"x").replace(b"POST", b"PUT"),
    get("/").replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\nx"),
], ids=["post", "put", "get with a body"])
def test_what_is_no_plain_get_is_sent_once(sluice, origin, data):
    gate = Gate()

    def script(peer):
        peer.read_request()
        gate.wait()
        peer.send(reply(b"first"))

    second = origin(tell)
    daemon = sluice(vhost=vhost_of(origin(script), second,
                                   pool='hedge = "1ms";'), workers=1)
    with daemon.client() as client:
        client.send(data)
        gate.wait_reached()
        assert client.is_quiet(0.1)
        gate.open()
        assert client.read_reply().body == b"first"
    assert not second.peers


def test_without_a_second_server_nobody_else_is_asked(sluice, origin):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.send(reply(b"first"))

    first = origin(script)
    daemon = sluice(vhost=vhost_of(first, pool='hedge = "1ms";'), workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached()
        assert client.is_quiet(0.1)
        gate.open()
        assert client.read_reply().body == b"first"
    assert len(first.requests) == 1


def test_nothing_is_paid_for_a_second_that_is_not_there(sluice, origin):
    """More slow requests than the floor of the budget would pay for."""
    gate = Gate()
    alone = origin(held(gate, reply(b"slow")))
    daemon = sluice(vhost=vhost_of(alone, pool='hedge = "10ms";'), workers=1)
    clients = [daemon.client() for _ in range(20)]
    for client in clients:
        client.request()
    eventually(lambda: len(alone.peers) == 20, what="all to be waiting")
    assert clients[0].is_quiet(0.2)
    gate.open()
    for client in clients:
        assert client.read_reply().body == b"slow"
        client.close()
    got = counters(daemon)
    assert (got["hedges"], got["retries_refused"]) == (0, 0)


@pytest.mark.parametrize("second", [resets, "refuses"])
def test_a_second_that_fails_is_no_failure(sluice, origin, second):
    gate = Gate()

    def script(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.send(reply(b"first"))

    other = refusing() if second == "refuses" else origin(second)
    daemon = sluice(vhost=vhost_of(origin(script), other, pool=HEDGE),
                    workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached()
        assert client.is_quiet(0.3)
        gate.open()
        assert client.read_reply().body == b"first"
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "done" and line["attempts"] == "2"
    assert "/connect_failed/" in line["tried"] or \
        "/origin_closed/" in line["tried"]


def test_a_first_that_fails_in_time_is_tried_elsewhere(sluice, origin):
    second = origin(tell)
    daemon = sluice(vhost=vhost_of(refusing(), second, pool='hedge = "20s";'),
                    workers=1)
    assert daemon.get().status == 200
    assert told_of(daemon, 1) == [("2", ["connect_failed"])]


def test_a_first_that_fails_late_leaves_it_to_the_second(sluice, origin):
    gate = Gate()

    def dies(peer):
        peer.read_request()
        gate.wait()
        peer.reset()

    def answers(peer):
        peer.requests.append(peer.read_request())
        eventually(lambda: gate.event.is_set())
        peer.send(reply(b"second"))

    second = origin(answers)
    daemon = sluice(vhost=vhost_of(origin(dies), second, pool=HEDGE),
                    workers=1)
    with daemon.client() as client:
        client.request()
        eventually(lambda: second.requests)
        gate.open()
        assert client.read_reply().body == b"second"


def test_both_fail_and_a_third_answers(sluice, origin):
    gate = Gate()

    def dies(peer):
        peer.requests.append(peer.read_request())
        gate.wait()
        peer.reset()

    first, second, third = origin(dies), origin(dies), origin(tell)
    daemon = sluice(vhost=vhost_of(first, second, third, pool=HEDGE),
                    workers=1)
    with daemon.client() as client:
        client.request()
        gate.wait_reached(2)
        gate.open()
        assert client.read_reply().status == 200
    line, = daemon.wait_exchanges(1)
    assert line["attempts"] == "3" and line["tried"].count("/") == 4


def test_a_busy_answer_of_the_second_is_asked_for_elsewhere(sluice, origin):
    """The first, which may hang for long, is not waited for."""
    third = origin(tell)
    daemon = sluice(vhost=vhost_of(
        origin(hangs), origin(busy(b"no")), third,
        pool=HEDGE + 'retry = { on = "503"; };'), workers=1)
    assert daemon.get().status == 200
    assert len(third.requests) == 1


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_ends_both(sluice, origin, how):
    gone = []

    def script(peer):
        peer.requests.append(peer.read_request())
        peer.wait_close()
        gone.append(peer)

    first, second = origin(script), origin(script)
    daemon = sluice(vhost=vhost_of(first, second, pool=HEDGE), workers=1)
    client = daemon.client()
    client.request()
    eventually(lambda: first.requests and second.requests)
    getattr(client, how)()
    eventually(lambda: len(gone) == 2)
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("499", "client_closed")
    for gauge in ("exchanges", "clients"):
        wait_counter(daemon, gauge, 0)


def test_the_time_for_all_of_it_ends_both(sluice, origin):
    first, second = origin(hangs), origin(hangs)
    pool = HEDGE + 'timeouts = { total = "300ms"; };'
    daemon = sluice(vhost=vhost_of(first, second, pool=pool), workers=1)
    answer = ask(daemon, get("/"))
    assert answer.status == 504
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "total_deadline"


def test_places_are_given_back(sluice, origin):
    """With room for one exchange at each server, many come through."""
    first, second = origin(hangs), origin(tell)
    pool = HEDGE + 'max_conns = 1; retry = { budget = "100%"; };'
    daemon = sluice(vhost=vhost_of(first, second, pool=pool), workers=1)
    for _ in range(10):
        assert daemon.get().status == 200
    assert len(first.requests) == len(second.requests) == 10


def test_the_budget_bounds_hedges(sluice, origin):
    gate = Gate()

    def slow(peer):
        while True:
            peer.requests.append(peer.read_request())
            gate.event.wait(0.02)
            peer.send(reply(b"slow"))

    both = [origin(slow), origin(slow)]
    pool = 'hedge = "1ms"; retry = { budget = "1%"; };'
    daemon = sluice(vhost=vhost_of(*both, pool=pool), workers=1)
    clients = [daemon.client() for _ in range(10)]
    for _ in range(20):
        for client in clients:
            client.request()
        for client in clients:
            assert client.read_reply().body == b"slow"
    for client in clients:
        client.close()
    assert counters(daemon)["hedges"] < 60


def test_large_replies_of_winners_arrive_whole(sluice, origin):
    body = pattern(5_000_000)
    daemon = sluice(vhost=vhost_of(origin(hangs), origin(reply(body)),
                                   pool=HEDGE), workers=1)
    with daemon.client() as client:
        for _ in range(3):
            answer = client.get()
            assert crc(answer.body) == crc(body)


def test_nothing_is_left_of_a_crowd_that_comes_and_goes(sluice, fleet):
    """One hangs, one says 503, two are well: with hedges and retries, while
    other clients leave in the middle, all that stay get their answers, and
    nothing stays in flight."""
    hanging, broken, *well = fleet(4)
    hanging.be("hang")
    broken.be("status", 503)
    daemon = sluice(workers=2, vhost=pool_vhost(
        [hanging, broken, *well],
        'hedge = "20ms"; retry = { attempts = 4; on = [ "connect", "reset", '
        '"503" ]; budget = "100%"; }; outlier = false; balance = "rr";'))
    with Load(daemon.port, clients=6) as load:
        for count in range(20):
            leaving = [daemon.client() for _ in range(5)]
            for client in leaving:
                client.request()
            load.wait_answers(20)
            for client in leaving:
                if count % 2:
                    client.reset()
                else:
                    client.close()
    assert load.failures("GET") == []
    wait_idle(daemon, hanging, broken, *well)
    for gauge in ("exchanges", "clients"):
        wait_counter(daemon, gauge, 0)
    found = counters(daemon)
    assert found["hedge_wins"] > 0 and found["retries"] > 0
