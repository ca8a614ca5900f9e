"""Clients that stay with a server by the stick table: keys, and learning."""

import os
import signal
from collections import Counter

from harness import eventually
from harness_origin import reply
from harness_scripts import counters
from harness_sticky import Browser, sticky_vhost

KEY = 'key = "header:X-User"; ttl = "30m";'
LEARN = 'learn = "JSESSIONID"; ttl = "30m";'


def three(origin):
    return [origin(reply(name)) for name in (b"0", b"1", b"2")]


def who(daemon, user):
    return Browser(daemon).ask(f"X-User: {user}")


# ---- keys ----

def test_who_has_a_key_stays_with_a_server(sluice, origin):
    """Nothing is set, and each worker knows what the others have seen."""
    daemon = sluice(vhost=sticky_vhost(three(origin), KEY), workers=4)
    homes = {user: who(daemon, user) for user in range(9)}
    assert set(homes.values()) == {"0", "1", "2"}
    for user in range(3):
        assert {who(daemon, user) for _ in range(50)} == {homes[user]}
    assert daemon.get("/", fields=["X-User: 1"]).all("Set-Cookie") == []


def test_who_has_no_key_is_balanced(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), KEY), workers=1)
    shares = Counter(Browser(daemon).ask() for _ in range(9))
    assert shares == {"0": 3, "1": 3, "2": 3}
    assert Counter(Browser(daemon).ask("X-User:") for _ in range(9)) == shares
    assert all("sticky" not in line for line in daemon.wait_exchanges(18))


def test_the_table_outlives_reloads_and_workers(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), KEY), workers=2)
    homes = {user: who(daemon, user) for user in range(9)}
    assert daemon.ctl("reload").returncode == 0
    assert {user: who(daemon, user) for user in homes} == homes
    daemon.wait_exchanges(18)
    for pid in daemon.workers()[-2:]:
        os.kill(pid, signal.SIGKILL)
    daemon.wait_error(r"signal 9")
    assert {user: who(daemon, user) for user in homes} == homes
    assert Counter(line["sticky"] for line in daemon.wait_exchanges(27)) == \
        {"new": 9, "hit": 18}


def test_clients_are_known_by_their_address(sluice, origin):
    daemon = sluice(conf='trusted_proxies = "127.0.0.1";\n',
                    vhost=sticky_vhost(three(origin), 'key = "client_ip";'))

    def ask(n):
        return Browser(daemon).ask(f"X-Forwarded-For: 192.0.2.{n}")
    homes = {n: ask(n) for n in range(1, 10)}
    assert set(homes.values()) == {"0", "1", "2"}
    for _ in range(3):
        assert {n: ask(n) for n in homes} == homes


def test_a_key_may_be_a_cookie_that_origins_get(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, 'key = "cookie:uid";'))
    homes = {n: Browser(daemon, uid=str(n)).ask() for n in range(6)}
    assert {n: Browser(daemon, uid=str(n)).ask() for n in homes} == homes
    assert all(request.get("Cookie").startswith("uid=")
               for one in behind for request in one.requests)


def test_two_pools_know_their_clients_apart(sluice, origin):
    """One key, two tables as it were: a server of one is none of the other."""
    a, b, c, d = (origin(reply(name)) for name in (b"a", b"b", b"c", b"d"))
    pools = "".join(f'{name} = {{ servers = [ "{one.url}", "{two.url}" ];'
                    f' sticky = {{ {KEY} }}; }};'
                    for name, one, two in [("x", a, b), ("y", c, d)])
    daemon = sluice(vhost=f"""host = "*";
pools = {{ {pools} }};
routes = ( {{ path = "/"; pool = "x"; }}, {{ path = "/y"; pool = "y"; }} );
""")
    for user in range(6):
        homes = [daemon.get(path, fields=[f"X-User: {user}"]).body
                 for path in ("/", "/y")]
        for _ in range(5):
            assert homes == [
                daemon.get(path, fields=[f"X-User: {user}"]).body
                for path in ("/", "/y")]
    lines = daemon.wait_exchanges(72)
    assert Counter(line["sticky"] for line in lines) == {"new": 12, "hit": 60}


def test_when_its_server_dies_a_key_moves_once(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, KEY), workers=2)
    homes = {user: who(daemon, user) for user in range(6)}
    gone = homes[0]
    behind[int(gone)].close()
    moved = {user: who(daemon, user) for user in homes}
    assert gone not in moved.values()
    for _ in range(5):
        assert {user: who(daemon, user) for user in homes} == moved
    assert counters(daemon)["sticky_moved"] == \
        list(homes.values()).count(gone)


def test_if_down_fail_gives_no_key_another_server(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, KEY + 'if_down = "fail";'))
    home = who(daemon, 1)
    gone = behind[int(home)]
    gone.close()
    for _ in range(8):
        assert daemon.get("/", fields=["X-User: 1"]).status in (502, 503)
    origin(reply(home.encode()), port=gone.port)
    eventually(lambda: daemon.get("/", fields=["X-User: 1"]).status == 200, 60)
    assert who(daemon, 1) == home


def test_a_table_that_is_too_small_forgets(sluice, origin):
    """Whoever is forgotten is served all the same."""
    daemon = sluice(conf='shared = { sticky = "64k"; };\n',
                    vhost=sticky_vhost(three(origin), KEY))
    with daemon.client() as client:
        for user in range(3000):
            assert client.get("/", fields=[f"X-User: {user}"]).status == 200
    assert counters(daemon)["sticky_evicted"] > 500
    assert {who(daemon, "me") for _ in range(9)} in [{"0"}, {"1"}, {"2"}]


# ---- learning ----

def application(name):
    """A script of a server that knows its own sessions only: who has none of
    them gets one, and is told so by a "!"."""
    def script(peer):
        while True:
            request = peer.read_request()
            peer.requests.append(request)
            cookies = dict(pair.split("=", 1) for line in request.all("Cookie")
                           for pair in line.split("; "))
            mine = cookies.get("JSESSIONID", "").startswith(name)
            fields = [] if mine else [
                f"Set-Cookie: JSESSIONID={name}{id(request):x}; Path=/",
                "Set-Cookie: other=1"]
            peer.send(reply(name.encode() + (b"" if mine else b"!"),
                            fields=fields))
    return script


def applications(origin):
    return [origin(application(name)) for name in "abc"]


def test_where_a_session_was_made_there_it_stays(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(applications(origin), LEARN),
                    workers=4)
    browsers = [Browser(daemon) for _ in range(9)]
    first = [browser.ask() for browser in browsers]
    assert set(first) == {"a!", "b!", "c!"}
    for _ in range(9):
        assert [browser.ask() + "!" for browser in browsers] == first
    assert Counter(line["sticky"] for line in daemon.wait_exchanges(90)) == \
        {"new": 9, "hit": 81}


def test_what_nobody_taught_is_balanced(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), LEARN), workers=1)
    shares = Counter(Browser(daemon, JSESSIONID="made-up").ask()
                     for _ in range(9))
    assert shares == {"0": 3, "1": 3, "2": 3}
    assert all("sticky" not in line for line in daemon.wait_exchanges(9))


def test_a_session_of_a_dead_server_moves_once(sluice, origin):
    """The next server makes a new one, which is learnt in its turn."""
    behind = applications(origin)
    daemon = sluice(vhost=sticky_vhost(behind, LEARN), workers=2)
    browser = Browser(daemon)
    home = browser.ask()
    behind["abc".index(home[0])].close()
    moved = browser.ask()
    assert moved != home and moved.endswith("!")
    assert {browser.ask() for _ in range(20)} == {moved[0]}


def test_a_deleted_session_teaches_nothing(sluice, origin):
    gone = reply(b"x", fields=["Set-Cookie: JSESSIONID=; Max-Age=0"])
    daemon = sluice(vhost=sticky_vhost([origin(gone), origin(gone)], LEARN))
    for _ in range(4):
        Browser(daemon).get()
    assert all("sticky" not in line for line in daemon.wait_exchanges(4))
