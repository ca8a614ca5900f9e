"""Which route takes a request: hosts, kinds of paths, conditions."""

import pytest

from harness import StartFailed, proxy_to
from harness_origin import reply
from harness_scripts import get

NOWHERE = "http://127.0.0.1:1"


def says(name, way, more=""):
    """A route that answers with its name."""
    return f'{{ {way} respond = "{name}"; {more} }}'


def vhost(*routes, host="*", more=""):
    return f'host = "{host}";\n{more}routes = (\n' + ",\n".join(routes) + \
        "\n);\n"


def named(host):
    return vhost(says(host.replace("\\", ""), 'path = "/";'), host=host)


# ---- hosts ----


def test_exact_names_then_wildcards_then_patterns_then_the_rest(sluice):
    hosts = ["www.shop.test", "*.shop.test", "*.eu.shop.test",
             "~^u[0-9]+\\\\.test$", "~^u1", "*"]
    daemon = sluice(workers=1, vhosts={
        f"{at}": named(host) for at, host in enumerate(hosts)})
    for host, taker in (
            ("www.shop.test", "www.shop.test"), ("WWW.Shop.Test.:80",
                                                 "www.shop.test"),
            ("a.shop.test", "*.shop.test"), ("a.b.shop.test", "*.shop.test"),
            ("x.www.shop.test", "*.shop.test"),
            ("eu.shop.test", "*.shop.test"),
            ("a.eu.shop.test", "*.eu.shop.test"),
            ("shop.test", "*"), ("badshop.test", "*"),
            ("u7.test", "~^u[0-9]+.test$"), ("U12.TEST", "~^u[0-9]+.test$"),
            ("u1x.test", "~^u1"), ("u.test", "*"), ("[::1]", "*")):
        assert daemon.get(host=host).body.decode() == taker, host


def test_a_host_that_no_name_or_pattern_has_is_421(sluice):
    daemon = sluice(workers=1, vhosts={
        "a": named("*.a.test"), "b": named("~^b[0-9]$")})
    with daemon.client() as client:
        for host in ("a.test", "b10", "xb1", "b"):
            assert client.get(host=host).status == 421, host
        assert client.get(host="x.a.test").status == 200
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.read_reply().status == 421


# ---- kinds of paths ----


def test_paths_with_escapes_are_taken_among_others(sluice):
    paths = ["/a%20b", "/caf%C3%A9", "/100%25"]
    daemon = sluice(workers=1, vhost=vhost(
        *(says(path, f'path = "{path}";') for path in paths),
        says("rest", 'path = "/";')))
    with daemon.client() as client:
        for path in paths:
            assert client.get(path).body.decode() == path
            assert client.get(path + "/x").body.decode() == path
        assert client.get("/caf%c3%a9").body == b"/caf%C3%A9"
    for path in ("/100%2525", "/a%2520b", "/x/%2E./a%20b%20/"):
        assert daemon.get(path).status == 400, path

KINDS = vhost(
    says("root", 'path = "/";'),
    says("pattern", 'path_regex = "^/a";'),
    says("pattern2", 'path_regex = "\\\\.html$";'),
    says("a", 'path = "/a";'),
    says("a/b", 'path = "/a/b";'),
    says("=a/b", 'path_exact = "/a/b";'),
    says("first", 'path_regex = "^/a/b/c/[0-9]+$";', "first = true;"),
    says("=", 'path_exact = "/";'))


@pytest.mark.parametrize("path, taker", [
    ("/", "="), ("/x", "root"), ("/a", "a"), ("/a/", "a"), ("/a/x", "a"),
    ("/ab", "pattern"), ("/a/b", "=a/b"), ("/a/b/", "=a/b"),
    ("/a/b/c", "a/b"), ("/a/b/c/7", "first"), ("/a//b//c///7", "first"),
    ("/a/b/c/x", "a/b"), ("/x.html", "pattern2"), ("/ab.html", "pattern"),
    ("/a/x.html", "a"), ("/x.html/y", "root"), ("/x?/a/b", "root"),
    ("/%61/%62", "=a/b"), ("/x/../a/./b", "=a/b"), ("/A", "root")])
def test_kinds_of_paths_are_tried_in_this_order(sluice, path, taker):
    assert sluice(vhost=KINDS, workers=1).get(path).body.decode() == taker


def test_the_vhosts_own_proxy_is_the_route_of_the_rest(sluice, origin):
    behind = origin(reply(b"behind"))
    daemon = sluice(workers=1, vhost=proxy_to(behind) + "routes = ( " +
                    says("api", 'path = "/api";') + " );\n")
    assert daemon.get("/api/x").body == b"api"
    assert daemon.get("/apix").body == b"behind"
    assert daemon.get("/").body == b"behind"


def test_a_pattern_that_explodes_is_500_and_stalls_nobody(sluice):
    daemon = sluice(workers=1, vhost=vhost(
        says("slow", 'path_regex = "^/(a+)+$";'), says("rest",
                                                      'path = "/";')))
    with daemon.client() as client:
        assert client.get("/" + "a" * 8000 + "!").status == 500
        assert client.get("/b").body == b"rest"
    line = daemon.wait_exchanges(2)[0]
    assert line["end"] == "pattern_too_hard"


# ---- conditions ----


CONDITIONS = vhost(
    says("plain", 'path = "/";'),
    says("post", 'path = "/";', 'method = [ "POST", "PUT" ];'),
    says("env", 'path = "/";', 'header = [ "X-Env=test", "X-Env=a=b" ];'),
    says("env+key", 'path = "/";', 'header = [ "X-Env=test", "X-Key" ];'),
    says("debug", 'path = "/";', 'query = "debug=a b";'),
    says("any", 'path = "/";', 'query = "flag";'),
    says("beta", 'path = "/";', 'cookie = "beta=yes";'),
    says("inside", 'path = "/net";', 'from = [ "127.0.0.0/8" ];'),
    says("outside", 'path = "/out";', 'from = [ "10.0.0.0/8" ];'))


@pytest.mark.parametrize("path, fields, taker", [
    ("/", [], "plain"), ("/", ["X-Env: test"], "env"),
    ("/", ["x-eNV:test"], "env"), ("/", ["X-Env: a=b"], "env"),
    ("/", ["X-Env: other", "X-Env: test"], "env"),
    ("/", ["X-Env: Test"], "plain"), ("/", ["X-Env: test1"], "plain"),
    ("/", ["X-Env: test", "X-Key:"], "env+key"),
    ("/", ["X-Key: 1"], "plain"),
    ("/?debug=a%20b", [], "debug"), ("/?x&debug=a+b", [], "debug"),
    ("/?d%65bug=a%20%62&", [], "debug"), ("/?debug=a", [], "plain"),
    ("/?xdebug=a+b", [], "plain"), ("/?debug", [], "plain"),
    ("/?flag", [], "any"), ("/?flag=", [], "any"), ("/?flag=0", [], "any"),
    ("/?Flag", [], "plain"), ("/?a=flag", [], "plain"),
    ("/", ["Cookie: a=b; beta=yes"], "beta"),
    ("/", ["Cookie: beta=yes;"], "beta"),
    ("/", ["Cookie: beta=no; beta=yes"], "plain"),
    ("/", ["Cookie: xbeta=yes"], "plain"), ("/", ["Cookie: beta"], "plain"),
    ("/net/x", [], "inside"), ("/out/x", [], "plain")])
def test_conditions_make_a_route_more_special(sluice, path, fields, taker):
    daemon = sluice(vhost=CONDITIONS, workers=1)
    assert daemon.get(path, fields=fields).body.decode() == taker


def test_the_method_is_a_condition(sluice):
    daemon = sluice(vhost=CONDITIONS, workers=1)
    with daemon.client() as client:
        for method, taker in (("POST", b"post"), ("PUT", b"post"),
                              ("GET", b"plain"), ("PATCH", b"plain")):
            assert client.get(method=method).body == taker


def test_what_a_client_claims_of_its_way_is_no_condition(sluice):
    routes = vhost(says("plain", 'path = "/";'),
                   says("secure", 'path = "/";',
                        'header = "X-Forwarded-Proto=https";'))
    fields = ["X-Forwarded-Proto: https"]
    assert sluice(vhost=routes, workers=1).get(
        fields=fields).body == b"plain"
    assert sluice(vhost=routes, workers=1, conf='trusted_proxies = '
                  '[ "127.0.0.1" ];\n').get(fields=fields).body == b"secure"


def test_careless_readings_may_not_lead_to_another_route(sluice):
    daemon = sluice(workers=1, vhost=vhost(
        says("rest", 'path = "/";'), says("admin", 'path = "/admin";'),
        says("php", 'path_regex = "\\\\.php$";')))
    for path in ("/admin%2Fx", "/x%2F..%2Fadmin", "/admin;x", "/admin%5Cx",
                 "//host/admin", "/x.php;y", "/x.php%3Fy"):
        assert daemon.get(path).status == 400, path
    assert daemon.get("//admin").body == b"admin"
    assert daemon.get("/x;y").body == b"rest"


# ---- many of them ----


def test_of_thousands_of_vhosts_and_routes_each_is_found(sluice):
    routes = [says(f"r{n}", f'path = "/r{n}/x";') for n in range(10)]
    listen = 'listen = [ "http://127.0.0.1:@PORT@" ];\n'
    daemon = sluice(workers=1, vhosts={
        f"{n}": listen + vhost(*routes, says(f"h{n}", 'path = "/";'),
                               host=f"h{n}.test") for n in range(500)})
    with daemon.client() as client:
        for n in (0, 1, 250, 499):
            assert client.get(host=f"h{n}.test").body == f"h{n}".encode()
            assert client.get("/r7/x/y", host=f"h{n}.test").body == b"r7"
        assert client.get(host="h500.test").status == 421
        client.send(get("/", host="h42.test"))
        assert client.read_reply().body == b"h42"


def test_two_routes_for_the_rest_are_refused(sluice):
    with pytest.raises(StartFailed, match='this is the route "/", which '
                                          "line 3 has too"):
        sluice(vhost=f'host = "*"; proxy = "{NOWHERE}";\nroutes = (\n' +
               says("x", 'path = "/";') + ");\n")
