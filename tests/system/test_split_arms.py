"""Splits: visitors keep their arms, arms have their shares, testers choose."""

import re

from harness import eventually
from harness_origin import reply

NEW = re.compile(r"^exp=([0-9a-f]{16}); Path=/; HttpOnly; SameSite=Lax; "
                 r"Max-Age=2592000$")


def arms(*texts):
    return "arms = ( " + ", ".join(f"{{ {t} }}" for t in texts) + " );"


def answering(*splits):
    """A vhost that answers with the arms."""
    names = re.findall(r'name = "(\w+)"; (?:sticky|ttl|arms)', "".join(splits))
    body = " ".join("${split:%s}" % n for n in names)
    text = ", ".join(f"{{ {s} }}" for s in splits)
    return (f'host = "*"; routes = ( {{ path = "/"; respond = "{body}"; '
            f'split = ( {text} ); }} );\n')


def two_pools(one, two, rest="", split=""):
    return (f'host = "*"; pools = {{ stable = {{ servers = "{one.url}"; }}; '
            f'beta = {{ servers = "{two.url}"; }}; }};\n'
            'routes = ( { path = "/"; split = { name = "exp"; ' + arms(
                'pool = "stable"; weight = 90;',
                'pool = "beta"; weight = 10; force = "?arm=beta";')
            + split + " }; } );\n" + rest)


HALVES = 'name = "exp"; ' + arms('name = "a";', 'name = "b";')


def body(got):
    assert got.status == 200, got
    return got.body.decode()


# ---- staying ----


def test_a_visitor_gets_a_cookie_once_and_keeps_the_arm(sluice):
    daemon = sluice(workers=2, vhost=answering(HALVES))
    seen = set()
    for _ in range(10):
        first = daemon.get()
        cookie = NEW.match(first.get("Set-Cookie")).group(1)
        seen.add(first.body)
        for _ in range(50):
            with daemon.client() as client:
                got = client.get(fields=[f"Cookie: a=b; exp={cookie}"])
            assert got.body == first.body
            assert got.all("Set-Cookie") == []
    assert seen <= {b"a", b"b"}


def test_what_is_no_cookie_of_ours_is_replaced(sluice):
    daemon = sluice(workers=1, vhost=answering(HALVES))
    for value in ("", "x", "0123456789abcde", "0123456789abcdeg",
                  "0123456789abcdef0", "0123456789abcdef.b",
                  "0123456789abcdef" * 100, "\"0123456789abcdef\""):
        got = daemon.get(fields=[f"Cookie: exp={value}"])
        assert NEW.match(got.get("Set-Cookie")), value


def test_an_arm_is_the_same_after_a_reload_and_in_another_daemon(sluice):
    one = sluice(workers=2, vhost=answering(HALVES))
    two = sluice(workers=1, vhost=answering(HALVES))
    before = [body(one.get(fields=[f"Cookie: exp={i:016x}"]))
              for i in range(40)]
    assert one.ctl("reload").returncode == 0
    for daemon in (one, two):
        assert before == [body(daemon.get(fields=[f"Cookie: exp={i:016x}"]))
                          for i in range(40)]
    assert set(before) == {"a", "b"}


def test_a_header_or_a_cookie_of_the_application_decides(sluice):
    for sticky, field in (("header:X-User", "X-User: {}"),
                          ("cookie:uid", "Cookie: uid={}")):
        daemon = sluice(workers=2, vhost=answering(
            f'name = "exp"; sticky = "{sticky}"; '
            + arms('name = "a";', 'name = "b";')))
        seen = set()
        for user in range(20):
            got = [daemon.get(fields=[field.format(user)]) for _ in range(3)]
            assert len({g.body for g in got}) == 1
            assert all(g.all("Set-Cookie") == [] for g in got)
            seen.add(got[0].body)
        assert seen == {b"a", b"b"}
        nobody = {daemon.get().body for _ in range(10)}
        assert len(nobody) == 1     # by the address


def test_the_address_that_a_trusted_proxy_tells_decides(sluice):
    daemon = sluice(workers=2, conf='trusted_proxies = "127.0.0.1";\n',
                    vhost=answering('name = "exp"; sticky = "ip"; '
                                    + arms('name = "a";', 'name = "b";')))
    seen = set()
    for host in range(1, 21):
        got = {daemon.get(fields=[f"X-Forwarded-For: 192.0.2.{host}"]).body
               for _ in range(3)}
        assert len(got) == 1
        seen |= got
    assert seen == {b"a", b"b"}


# ---- shares ----


def counted(daemon, visitors):
    """How many of new visitors get each body."""
    counts = {}
    with daemon.client() as client:
        for _ in range(visitors):
            text = body(client.get())
            counts[text] = counts.get(text, 0) + 1
    return counts


def test_new_visitors_are_divided_by_the_weights(sluice):
    """2000 of them; bounds that are wrong once in a million runs."""
    daemon = sluice(workers=1, vhost=answering(
        'name = "exp"; ' + arms('name = "a"; weight = 90;',
                                'name = "b"; weight = 10;',
                                'name = "c"; weight = 0; force = "?c";')))
    counts = counted(daemon, 2000)
    assert set(counts) == {"a", "b"}
    assert 134 <= counts["b"] <= 266


def test_two_splits_are_independent(sluice):
    daemon = sluice(workers=1, vhost=answering(
        'name = "one"; ' + arms('name = "a";', 'name = "b";'),
        'name = "two"; ' + arms('name = "a"; weight = 3;', 'name = "b";')))
    first = daemon.get()
    assert [c.split("=")[0] for c in first.all("Set-Cookie")] == ["one", "two"]
    counts = counted(daemon, 2000)
    for pair, share in (("a a", 3), ("b a", 3), ("a b", 1), ("b b", 1)):
        assert abs(counts[pair] - 250 * share) <= 110, counts


# ---- testers ----


def test_a_forced_arm_is_held_by_the_cookie(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=2, vhost=two_pools(stable, beta))
    first = daemon.get("/page?x=1&arm=beta")
    assert first.body == b"beta"
    cookie = first.get("Set-Cookie").split(";")[0]
    assert re.fullmatch(r"exp=[0-9a-f]{16}\.beta", cookie)
    for path in ("/style.css", "/app.js?v=1", "/page"):
        got = daemon.get(path, fields=[f"Cookie: {cookie}"])
        assert (got.body, got.all("Set-Cookie")) == (b"beta", [])
    assert beta.requests[1].get("Cookie") == cookie     # origins see it


def test_an_arm_is_forced_by_field_and_cookie(sluice):
    daemon = sluice(workers=1, vhost=answering('name = "exp"; ' + arms(
        'name = "a";',
        'name = "b"; weight = 0; force = "header:X-Arm=b";',
        'name = "c"; weight = 0; force = "cookie:arm";')))
    mine = "Cookie: exp=0123456789abcdef"
    assert body(daemon.get(fields=[mine])) == "a"
    assert body(daemon.get(fields=[mine, "x-arm: b"])) == "b"
    assert body(daemon.get(fields=[mine, "X-Arm: c"])) == "a"
    assert body(daemon.get(fields=[mine + "; arm="])) == "c"
    assert body(daemon.get(fields=[mine])) == "a"


# ---- down ----


def test_an_arm_without_a_server_that_may_be_used_has_another(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    vhost = two_pools(stable, beta, split=' if_down = "stable";')
    down = vhost.replace(f'servers = "{beta.url}"',
                         f'servers = ( {{ url = "{beta.url}"; down = true; }} )')
    assert down != vhost
    daemon = sluice(workers=2, vhost=vhost)
    visitors = [f"Cookie: exp={i:016x}" for i in range(60)]
    before = [daemon.get(fields=[v]).body for v in visitors]
    daemon.vhosts["main"] = down
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    assert {daemon.get(fields=[v]).body for v in visitors} == {b"stable"}
    assert daemon.get("/?arm=beta").status == 503   # a tester wants to know
    line = daemon.wait_exchanges(1, status=503)[0]
    assert line["split"] == "exp:beta"
    one = visitors[before.index(b"beta")]
    said = daemon.ctl("route", f"http://localhost:{daemon.port}/",
                      "-H", one).stdout
    assert "split     exp: stable, by if_down: " in said
    daemon.vhosts["main"] = vhost
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    assert [daemon.get(fields=[v]).body for v in visitors] == before


def test_all_workers_know_at_once_that_an_arm_is_down(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=3, vhost=two_pools(
        stable, beta, split=' if_down = "stable";'))
    visitors = [f"Cookie: exp={i:016x}" for i in range(60)]
    before = [daemon.get(fields=[v]).body for v in visitors]
    assert set(before) == {b"stable", b"beta"}
    server = f"*/beta/{beta.url}"
    assert daemon.ctl("server", server, "down").returncode == 0
    assert {daemon.get(fields=[v]).body for v in visitors} == {b"stable"}
    assert daemon.ctl("server", server, "up").returncode == 0
    assert [daemon.get(fields=[v]).body for v in visitors] == before


def test_a_health_check_finds_out_that_an_arm_is_down(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    vhost = two_pools(stable, beta, split=' if_down = "stable";').replace(
        f'servers = "{beta.url}";', f'servers = "{beta.url}"; '
        'health = { path = "/"; every = "100ms"; rise = 1; fall = 1; };')
    daemon = sluice(workers=2, vhost=vhost)
    visitors = [f"Cookie: exp={i:016x}" for i in range(60)]
    eventually(lambda: b"beta" in {daemon.get(fields=[v]).body
                                   for v in visitors}, what="beta")
    beta.close()
    eventually(lambda: {daemon.get(fields=[v]).body for v in visitors}
               == {b"stable"}, what="all to have the other arm")


def test_a_request_that_reaches_no_server_goes_to_the_other_arm(sluice,
                                                                origin):
    """No check says that it is down: the first to find out is a visitor."""
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=2, vhost=two_pools(
        stable, beta, 'headers = { response = { set = { X-Arm = '
        '"${split:exp}"; }; }; };', split=' if_down = "stable";'))
    visitors = [f"Cookie: exp={i:016x}" for i in range(60)]
    before = [daemon.get(fields=[v]).body for v in visitors]
    beta.close()
    for visitor in visitors:
        with daemon.client() as client:
            client.request("/", method="POST", fields=[
                visitor, "Content-Length: 5"])
            client.send(b"hello")
            got = client.read_reply()
        assert (got.status, got.body, got.all("X-Arm")) == (
            200, b"stable", ["stable"])
    assert stable.requests[-1].body == b"hello"
    lines = daemon.wait_exchanges(60, method="POST")
    moved = [line for line in lines if int(line["attempts"]) > 1]
    assert 0 < len(moved) <= before.count(b"beta")
    for line in moved:
        assert (line["split"], line["pool"]) == ("exp:stable", "stable")
        assert f"{beta.port}/connect_failed" in line["tried"]
    assert daemon.get("/?arm=beta").status == 502   # a tester wants to know


def test_if_both_are_down_that_is_told(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=1, vhost=two_pools(
        stable, beta, split=' if_down = "stable";'))
    stable.close()
    beta.close()
    for i in range(40):
        got = daemon.get(fields=[f"Cookie: exp={i:016x}"])
        assert got.status in (502, 503)


# ---- what is told ----


def test_origin_client_and_log_are_told(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=1, vhost=two_pools(
        stable, beta, 'headers = { request = { set = { X-Arm = '
        '"${split:exp}"; }; }; response = { set = { X-Arm = '
        '"${split:exp}"; }; }; };'))
    got = daemon.get("/?arm=beta", fields=["X-Arm: stable"])
    assert got.all("X-Arm") == ["beta"]
    assert beta.requests[0].all("X-Arm") == ["beta"]
    line = daemon.wait_exchanges(1)[0]
    assert (line["split"], line["pool"]) == ("exp:beta", "beta")


def test_an_operator_who_removes_cookies_removes_ours(sluice):
    daemon = sluice(workers=1, vhost=answering(HALVES) + 'headers = { '
                    'response = { remove = [ "Set-Cookie" ]; }; };')
    assert daemon.get().all("Set-Cookie") == []


def test_the_cookie_comes_with_an_error_of_ours_and_beside_others(sluice,
                                                                  origin):
    stable = origin(reply(b"x", fields=["Set-Cookie: sid=1"]))
    beta = origin(reply(b""))
    daemon = sluice(workers=1, vhost=two_pools(stable, beta))
    beta.close()
    mine = "Cookie: exp=" + 16 * "0"
    assert daemon.get(fields=[mine]).all("Set-Cookie") == ["sid=1"]
    got = daemon.get("/?arm=beta")
    assert got.status == 502
    assert got.get("Set-Cookie").startswith("exp=")


def test_route_explains_the_arm(sluice, origin):
    stable, beta = origin(reply(b"stable")), origin(reply(b"beta"))
    daemon = sluice(workers=1, vhost=two_pools(stable, beta))
    url = f"http://localhost:{daemon.port}/"
    said = daemon.ctl("route", url + "?arm=beta").stdout
    assert "split     exp: beta, forced  (stable 90, beta 10)\n" in said
    assert "pool      beta\n" in said
    said = daemon.ctl("route", url, "-H", "Cookie: exp=" + 16 * "0").stdout
    assert re.search(r"split     exp: (\w+), by the cookie .*\n"
                     r"pool      \1\n", said)
    assert "by chance: the visitor is new" in daemon.ctl("route", url).stdout
    eventually(lambda: not daemon.exchanges(), what="no exchange logged")
