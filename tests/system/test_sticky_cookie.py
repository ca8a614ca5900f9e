"""Clients that stay with a server by a cookie of ours."""

import os
import re
import signal
import time
from collections import Counter

import pytest

from harness import eventually
from harness_origin import reply
from harness_pools import pool_vhost
from harness_processes import free_port
from harness_scripts import Gate, counters, held
from harness_sticky import Browser, Signer, sticky_vhost, write_secret

COOKIE = 'cookie = "srv";'
FORM = re.compile(r"srv=[0-9a-f]{40}; Path=/; HttpOnly; SameSite=Lax"
                  r"; Max-Age=3600")


def three(origin):
    return [origin(reply(name)) for name in (b"0", b"1", b"2")]


def asked(behind):
    """The Cookie fields that an origin got."""
    return [request.all("Cookie") for request in behind.requests]


# ---- staying ----

def test_a_client_stays_with_its_server(sluice, origin):
    """Whichever worker it comes to; newcomers are balanced."""
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE), workers=4)
    browsers = [Browser(daemon) for _ in range(12)]
    first = [browser.ask() for browser in browsers]
    assert set(first) == {"0", "1", "2"}
    for browser, home in zip(browsers[:3], first):
        assert {browser.ask() for _ in range(50)} == {home}
    assert Counter(line["sticky"] for line in daemon.wait_exchanges(162)) == \
        {"new": 12, "hit": 150}


def test_the_cookie_is_set_once_and_says_little(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE))
    browser = Browser(daemon)
    cookie, = browser.get().all("Set-Cookie")
    assert FORM.fullmatch(cookie)
    for _ in range(10):
        assert browser.get().all("Set-Cookie") == []


def test_a_reload_and_killed_workers_change_nothing(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE), workers=2)
    browsers = [Browser(daemon) for _ in range(6)]
    homes = [browser.ask() for browser in browsers]
    assert daemon.ctl("reload").returncode == 0
    assert [browser.ask() for browser in browsers] == homes
    for pid in daemon.workers()[-2:]:
        os.kill(pid, signal.SIGKILL)
    daemon.wait_error(r"signal 9")
    assert [browser.ask() for browser in browsers] == homes


def test_without_sticky_nothing_is_set(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=pool_vhost(behind))
    answer = daemon.get("/", fields=["Cookie: srv=" + "0" * 40])
    assert answer.all("Set-Cookie") == []
    assert [["srv=" + "0" * 40]] in [asked(one) for one in behind]


# ---- cookies that are not ours ----

def is_new(daemon, text):
    answer = daemon.get("/", fields=[f"Cookie: srv={text}"])
    assert answer.status == 200
    return len(answer.all("Set-Cookie")) == 1


def test_a_changed_cookie_is_none(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE))
    browser = Browser(daemon)
    browser.get()
    true = browser.cookies["srv"]
    assert not is_new(daemon, true)
    for i in range(0, 40, 3):
        other = "0" if true[i] != "0" else "1"
        assert is_new(daemon, true[:i] + other + true[i + 1:])
    for wrong in ["", "x", true[:-1], true + "0", true.upper() + "0",
                  f'"{true}"', true + true, "0" * 40, "z" * 40, "-" * 40]:
        assert is_new(daemon, wrong)
    assert {line["sticky"] for line in daemon.wait_exchanges(26)} == \
        {"new", "hit"}


def test_of_several_cookies_the_true_one_holds(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE))
    browser = Browser(daemon)
    home = browser.ask()
    true = browser.cookies["srv"]
    for cookies in [[f"Cookie: srv=x; srv={true}"],
                    [f"Cookie: srv={true}; srv={'0' * 40}"],
                    ["Cookie: srv=x", f"Cookie: a=1; srv={true}"]]:
        for _ in range(4):
            answer = daemon.get("/", fields=cookies)
            assert answer.body.decode() == home
            assert answer.all("Set-Cookie") == []


def test_a_cookie_of_another_pool_or_vhost_is_none(sluice, origin):
    def vhost(name):
        return f"""host = "{name}.test";
pools = {{ web = {{ servers = [ "{one.url}", "{two.url}" ];
                  sticky = {{ cookie = "srv"; }}; }};
          api = {{ servers = [ "{one.url}", "{two.url}" ];
                  sticky = {{ cookie = "other"; }}; }}; }};
routes = ( {{ path = "/"; pool = "web"; }},
           {{ path = "/api"; pool = "api"; }} );
"""
    one, two = origin(reply(b"1")), origin(reply(b"2"))
    daemon = sluice(vhosts={"a": vhost("a"), "b": vhost("b")})
    value = re.search("srv=([0-9a-f]+)", daemon.get(
        "/", host="a.test").get("Set-Cookie")).group(1)

    def sets(path, host, cookie):
        return daemon.get(path, host=host,
                          fields=[f"Cookie: {cookie}={value}"]).all(
                              "Set-Cookie")
    assert sets("/", "a.test", "srv") == []
    assert sets("/", "b.test", "srv") != []
    assert sets("/api", "a.test", "other") != []


# ---- what origins get ----

@pytest.mark.parametrize("sent, received", [
    (["Cookie: srv=@"], []),
    (["Cookie: srv=@; a=1"], ["a=1"]),
    (["Cookie: a=1; srv=@"], ["a=1"]),
    (["Cookie: a=1; srv=@; b=2"], ["a=1; b=2"]),
    (["Cookie: a=1;srv=@;  b=\"x y\";c"], ['a=1;  b="x y";c']),
    (["Cookie: srv=forged; a=\xe9; srv=@; =d; srv"], ["a=\xe9; =d"]),
    (["Cookie: a=srv; b=srv=1; asrv=@; SRV=2; srv2=@"],
     ["a=srv; b=srv=1; asrv=@; SRV=2; srv2=@"]),
    (["Cookie: srv=@", "Cookie: a=1", "Cookie: b=2; srv=@"],
     ["a=1", "b=2"]),
    (["Cookie: a=1;;; b=2;"], ["a=1;;; b=2;"]),
])
def test_no_origin_sees_the_cookie_and_all_see_the_others(
        sluice, origin, sent, received):
    behind = origin(reply(b"x"))
    other = origin(reply(b"y"))
    daemon = sluice(vhost=sticky_vhost([behind, behind], COOKIE).replace(
        "routes = (", f'routes = ( {{ path = "/other"; '
        f'proxy = "{other.url}"; }},'))
    browser = Browser(daemon)
    browser.get()
    true = browser.cookies["srv"]
    for path, who in [("/", behind), ("/other", other)]:
        answer = daemon.get(path, fields=[
            "A: b", *(line.replace("@", true) for line in sent), "C: d"])
        assert answer.status == 200
        assert asked(who)[-1] == [line.replace("@", true)
                                  for line in received]
        names = [name for name, _ in who.requests[-1].fields]
        assert names.index("A") < names.index("C")


def test_other_vhosts_keep_cookies_of_that_name(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhosts={
        "a": sticky_vhost(three(origin), COOKIE),
        "b": f'host = "b.test";\nproxy = "{behind.url}";\n'})
    daemon.get("/", host="b.test", fields=["Cookie: srv=1; a=2"])
    assert asked(behind) == [["srv=1; a=2"]]


def test_a_mirror_is_an_origin_like_others(sluice, origin):
    behind, copy = origin(reply(b"x")), origin(reply(b"y"))
    daemon = sluice(vhost=sticky_vhost([behind, behind], COOKIE).replace(
        'pool = "web"; }', 'pool = "web"; mirror = { pool = "copy"; }; }')
        .replace("pools = {", "pools = { copy = { servers = "
                 f'[ "{copy.url}" ]; }};'))
    browser = Browser(daemon, a="1")
    browser.get()
    browser.get()
    eventually(lambda: len(asked(copy)) == 2)
    assert asked(copy) == asked(behind) == [["a=1"], ["a=1"]]


# ---- servers that go ----

def home_of(browser, behind):
    return behind[int(browser.ask())]


def test_when_its_server_dies_a_client_moves_once(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE), workers=2)
    browsers = [Browser(daemon) for _ in range(6)]
    homes = [browser.ask() for browser in browsers]
    gone = int(homes[0])
    behind[gone].close()
    moved = [browser.ask() for browser in browsers]
    assert str(gone) not in moved
    for before, after in zip(homes, moved):
        assert before == after or before == str(gone)
    for _ in range(10):
        assert [browser.ask() for browser in browsers] == moved
    lines = daemon.wait_exchanges(72)
    assert Counter(line["sticky"] for line in lines)["moved"] == \
        homes.count(str(gone)) == counters(daemon)["sticky_moved"]


def test_if_down_fail_gives_nobody_another_server(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE + 'if_down = "fail";'))
    browser = Browser(daemon)
    home = browser.ask()
    gone = behind[int(home)]
    gone.close()
    for _ in range(12):
        answer = browser.get()
        assert answer.status in (502, 503)
        assert answer.all("Set-Cookie") == []
    assert {line["end"] for line in daemon.wait_exchanges(13)[1:]} <= \
        {"connect_failed", "sticky_down"}
    assert Browser(daemon).ask() != home
    origin(reply(home.encode()), port=gone.port)
    eventually(lambda: browser.get().status == 200, 60)
    assert browser.ask() == home


def test_a_server_that_left_the_configuration_keeps_nobody(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE + 'if_down = "fail";'))
    browser = Browser(daemon)
    home = int(browser.ask())
    left = behind[:home] + behind[home + 1:]
    daemon.vhosts["main"] = sticky_vhost(left, COOKIE + 'if_down = "fail";')
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    moved = browser.ask()
    assert moved != str(home)
    assert {browser.ask() for _ in range(10)} == {moved}


def test_an_error_of_its_server_binds_nobody(sluice, origin):
    broken = origin(reply(b"x", status="500 Broken"))
    daemon = sluice(vhost=sticky_vhost([broken, broken], COOKIE))
    for _ in range(4):
        assert daemon.get("/").all("Set-Cookie") == []
    assert all("sticky" not in line for line in daemon.wait_exchanges(4))


# ---- servers that are full ----

def full_server(sluice, origin, settings):
    """(daemon, gate, a client of the server that stands at the gate, home)"""
    gate = Gate()
    gate.open()
    behind = [origin(held(gate, reply(b"0"))), origin(reply(b"1"))]
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE,
                                       "max_conns = 1;\n" + settings))
    browser = eventually(lambda: next(
        (b for b in [Browser(daemon)] if b.ask() == "0"), None))
    gate.event.clear()
    while gate.reached.acquire(blocking=False):
        pass
    return daemon, gate, browser


def hold(daemon, gate, browser):
    """A request of the client's that stays with its server."""
    client = daemon.client()
    client.request(fields=[f"Cookie: srv={browser.cookies['srv']}"])
    gate.wait_reached()
    return client


def test_a_full_server_keeps_its_client_waiting(sluice, origin):
    daemon, gate, browser = full_server(
        sluice, origin, 'queue = { size = 10; timeout = "60s"; };')
    with hold(daemon, gate, browser) as first:
        with daemon.client() as second:
            second.request(fields=[f"Cookie: srv={browser.cookies['srv']}"])
            assert second.is_quiet()
            assert Browser(daemon).ask() == "1"
            gate.open()
            assert first.read_reply().body == b"0"
            assert second.read_reply().body == b"0"


def test_without_a_queue_a_full_server_lends_its_client(sluice, origin):
    daemon, gate, browser = full_server(
        sluice, origin, "queue = { size = 0; };")
    with hold(daemon, gate, browser) as first:
        answer = browser.get()
        assert answer.body == b"1" and answer.all("Set-Cookie") == []
        gate.open()
        assert first.read_reply().body == b"0"
    assert daemon.wait_exchanges(1, sticky="away")
    eventually(lambda: browser.ask() == "0")
    assert counters(daemon)["sticky_moved"] == 0


# ---- several daemons, and time ----

def test_daemons_with_one_secret_agree(sluice, origin, workdir):
    behind = three(origin)
    vhost = sticky_vhost(behind, COOKIE + write_secret(workdir))
    one, two = sluice(vhost=vhost), sluice(vhost=vhost)
    alone = sluice(vhost=sticky_vhost(behind, COOKIE))
    for _ in range(6):
        browser = Browser(one)
        home = browser.ask()
        assert {browser.ask(daemon=two) for _ in range(4)} == {home}
        assert alone.get("/", fields=[
            f"Cookie: srv={browser.cookies['srv']}"]).all("Set-Cookie")
    one.stop()
    one.start()
    assert browser.ask() == home


def test_a_cookie_is_renewed_when_half_of_its_time_is_over(
        sluice, origin, workdir):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE + 'ttl = "8h";'
                                       + write_secret(workdir)))
    signer = Signer("a.test")
    browser = Browser(daemon)
    home = browser.ask()
    now, server = signer.read(browser.cookies["srv"])
    assert abs(now - time.time()) < 60
    for age, renewed in [(0, False), (3.9, False), (-0.01, False),
                         (4.1, True), (7.9, True)]:
        for _ in range(4):
            browser.cookies["srv"] = signer.write(now - int(age * 3600),
                                                  server)
            answer = browser.get()
            assert answer.body.decode() == home
            assert (answer.all("Set-Cookie") != []) == renewed
            if renewed:
                issued, same = signer.read(browser.cookies["srv"])
                assert same == server and abs(issued - time.time()) < 60
    assert {line["sticky"] for line in daemon.wait_exchanges(21)[1:]} == \
        {"hit"}


@pytest.mark.parametrize("hours", [8, 800, -1])
def test_an_expired_cookie_is_none(sluice, origin, workdir, hours):
    daemon = sluice(vhost=sticky_vhost(three(origin), COOKIE + 'ttl = "8h";'
                                       + write_secret(workdir)))
    signer = Signer("a.test")
    browser = Browser(daemon)
    browser.get()
    now, server = signer.read(browser.cookies["srv"])
    browser.cookies["srv"] = signer.write(now - hours * 3600 - 5, server)
    assert len(browser.get().all("Set-Cookie")) == 1
    assert daemon.wait_exchanges(2)[1]["sticky"] == "new"


def test_a_server_that_never_was_is_none(sluice, origin, workdir):
    """It was signed, but there is no such server (any more)."""
    daemon = sluice(vhost=sticky_vhost(three(origin),
                                       COOKIE + write_secret(workdir)))
    cookie = Signer("a.test").write(int(time.time()), 12345)
    answer = daemon.get("/", fields=[f"Cookie: srv={cookie}"])
    assert answer.status == 200 and answer.all("Set-Cookie")
    assert daemon.wait_exchanges(1)[0]["sticky"] == "moved"


# ---- its attributes ----

@pytest.mark.parametrize("sticky, extra, fields, attributes", [
    ('ttl = "0s";', "", [], "Path=/; HttpOnly; SameSite=Lax"),
    ('ttl = "90s";', "", [],
     "Path=/; HttpOnly; SameSite=Lax; Max-Age=90"),
    ("", "", ["X-Forwarded-Proto: https"],
     "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=3600"),
    ("", 'cookies = { secure = true; same_site = "None"; };', [],
     "Path=/; HttpOnly; SameSite=None; Secure; Max-Age=3600"),
    ("", 'cookies = { same_site = "Strict"; http_only = true; };', [],
     "Path=/; HttpOnly; SameSite=Strict; Max-Age=3600"),
    ("", 'cookies = { rewrite_path = "/app"; rewrite_domain = ".a.test"; '
     'remove = [ "srv" ]; };', [],
     "Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"),
])
def test_its_attributes(sluice, origin, sticky, extra, fields, attributes):
    behind = origin(reply(b"x", fields=["Set-Cookie: app=1; Path=/"]))
    daemon = sluice(conf='trusted_proxies = "127.0.0.1";\n',
                    vhost=sticky_vhost([behind, behind], COOKIE + sticky,
                                       extra=extra))
    theirs, ours = daemon.get("/", fields=fields).all("Set-Cookie")
    assert theirs.startswith("app=1;")
    assert re.sub("[0-9a-f]{40}", "@", ours) == f"srv=@; {attributes}"


def test_headers_response_has_the_last_word(sluice, origin):
    daemon = sluice(vhost=sticky_vhost(
        three(origin), COOKIE,
        extra='headers = { response = { remove = [ "Set-Cookie" ]; }; };'))
    assert daemon.get("/").all("Set-Cookie") == []


# ---- drained servers ----

def order(daemon, server, word):
    done = daemon.ctl("server", f"a.test/web/{server.url}", word)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("if_down", ["other", "fail"])
def test_a_drained_server_keeps_its_clients_and_gets_no_other(
        sluice, origin, workdir, if_down):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(
        behind, f'{COOKIE} if_down = "{if_down}"; ttl = "8h";'
        + write_secret(workdir)))
    signer = Signer("a.test")
    browser = Browser(daemon)
    home = browser.ask()
    order(daemon, behind[int(home)], "drain")
    assert home not in {Browser(daemon).ask() for _ in range(12)}
    assert {browser.ask() for _ in range(12)} == {home}
    # an old cookie is renewed, too
    now, server = signer.read(browser.cookies["srv"])
    browser.cookies["srv"] = signer.write(now - 5 * 3600, server)
    answer = browser.get()
    assert answer.body.decode() == home and answer.all("Set-Cookie")
    assert {browser.ask() for _ in range(12)} == {home}


def test_an_ordered_end_moves_its_clients(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE))
    browser = Browser(daemon)
    home = browser.ask()
    order(daemon, behind[int(home)], "down")
    moved = browser.ask()
    assert moved != home
    order(daemon, behind[int(home)], "up")
    assert {browser.ask() for _ in range(12)} == {moved}


def test_an_ordered_end_with_if_down_fail(sluice, origin):
    behind = three(origin)
    daemon = sluice(vhost=sticky_vhost(behind, COOKIE + 'if_down = "fail";'))
    browser = Browser(daemon)
    home = browser.ask()
    order(daemon, behind[int(home)], "down")
    answer = browser.get()
    assert answer.status == 503 and answer.get("Retry-After")
    assert daemon.wait_exchanges(1, end="sticky_down")
    order(daemon, behind[int(home)], "up")
    assert browser.ask() == home


def test_who_comes_by_if_down_finds_its_server_again(sluice, origin):
    """The first arm can't be connected to; the cookie is for the second."""
    urls = ", ".join(f'"{one.url}"' for one in three(origin))
    daemon = sluice(workers=2, vhost=f'''
        host = "*";
        pools = {{ stable = {{ servers = [ {urls} ];
                             sticky = {{ cookie = "srv"; }}; }};
                  beta = {{ servers = "http://127.0.0.1:{free_port()}"; }}; }};
        routes = ( {{ path = "/";
            split = {{ name = "exp"; if_down = "stable";
                arms = ( {{ pool = "stable"; weight = 0; }},
                         {{ pool = "beta"; weight = 1; }} ); }}; }} );''')
    browsers = [Browser(daemon) for _ in range(4)]
    for browser in browsers:
        home = browser.ask()
        assert {browser.ask() for _ in range(8)} == {home}
