"""The origins and clients of the pool tests do what they are meant to."""

import time

from harness_peer import Client
from harness_pools import Load, executed_twice, fleet, pool_vhost  # noqa: F401


def test_load_knows_who_answered_and_origins_know_what_they_did(
        sluice, fleet):
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(origins))
    with Load(daemon.port, clients=4, posts=4, total=10) as load:
        load.join()
    assert load.failures() == [] and load.wrong == []
    assert load.shares() == {one.name: one.count() for one in origins}
    assert sum(load.shares().values()) == 40
    assert sum(one.count("POST") for one in origins) == 10
    assert executed_twice(origins) == []


def test_an_origin_can_be_killed_and_restarted(sluice, fleet):
    """The idle connections break, and the port refuses: nobody sees it."""
    one, two = fleet(2)
    daemon = sluice(vhost=pool_vhost([one, two]))
    with Load(daemon.port, clients=4, total=10) as load:
        load.join()
    one.kill()
    before = one.count()
    with Load(daemon.port, clients=4, total=10) as load:
        load.join()
    assert load.failures() == [] and one.count() == before
    port = one.port
    one.start()
    assert one.port == port
    assert Client(port).get("/x").body == b"a GET /x"


def test_an_origin_hangs_refuses_or_takes_its_time(fleet):
    one, = fleet(1)
    with Client(one.port) as client:
        one.be("status", 500)
        assert client.get("/1").status == 500
        one.be("slow", 0.2)
        began = time.monotonic()
        assert client.get("/2").status == 200
        assert time.monotonic() - began >= 0.2
        one.be("hang")
        client.request("/3")
        assert client.is_quiet(0.2)
        with Client(one.port) as other:
            one.be("answer")
            assert other.get("/4").body == b"a GET /4"
    assert [line.number for line in one.asked()] == [1, 1, 1, 2]


def test_an_origin_ends_orderly(fleet):
    one, = fleet(1)
    one.be("slow", 0.3)
    with Client(one.port) as idle, Client(one.port) as busy:
        assert idle.get("/1").status == 200
        busy.request("/2")
        assert busy.is_quiet(0.05)
        one.end()
        answer = busy.read_reply()
        assert answer.get("Connection") == "close"
        busy.wait_close()
        idle.wait_close()
