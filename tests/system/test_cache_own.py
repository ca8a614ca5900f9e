"""Fields of a stored reply that are for the client whose request it was."""

import threading

import pytest

from harness_cache import cached, Gate  # noqa: F401
from harness_origin import reply


@pytest.mark.parametrize("said", ['private="Set-Cookie, X-User"',
                                  'no-cache="set-cookie, x-user"'])
def test_who_asked_gets_them_and_nobody_else(cached, said):
    daemon, site = cached()
    site.has("/a", reply(b"hello", fields=[
        f"Cache-Control: max-age=3600, {said}", "Set-Cookie: id=1",
        "X-User: me", "X-All: yes"]))
    first, second = daemon.get("/a"), daemon.get("/a")
    assert site.count("/a") == 1
    assert first.all("Set-Cookie") == ["id=1"]
    assert first.get("X-User") == "me"
    assert second.get("Set-Cookie") is None and second.get("X-User") is None
    assert first.get("X-All") == second.get("X-All") == "yes"
    assert first.body == second.body == b"hello"


def test_of_those_who_wait_for_one_fetch_one_gets_them(cached):
    daemon, site = cached()
    gate = Gate(reply(b"hello", fields=[
        'Cache-Control: max-age=3600, private="Set-Cookie"',
        "Set-Cookie: id=1"]))
    site.has("/a", gate)
    got = []

    def ask():
        got.append(daemon.get("/a"))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    assert gate.began.wait(30)
    gate.open()
    for client in clients:
        client.join()
    assert site.count("/a") == 1
    assert [m.body for m in got] == [b"hello"] * 4
    assert sum(len(m.all("Set-Cookie")) for m in got) == 1


def test_cookies_that_are_removed_nobody_gets(cached):
    daemon, site = cached('{ set_cookie = "remove"; }')
    site.has("/a", reply(b"hello", fields=["Cache-Control: max-age=3600",
                                           "Set-Cookie: id=1"]))
    for _ in range(2):
        assert daemon.get("/a").get("Set-Cookie") is None
    assert site.count("/a") == 1
