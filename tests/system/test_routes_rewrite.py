"""What becomes of a path: strip, rules, templates."""

import pytest

from harness_origin import reply

RULES = """rewrite = (
  { match = "^/old/(.*)$"; to = "/new/${1}"; },
  { match = "^/user/(?<name>[^/]+)$"; to = "/u?name=${name}&via=${1}"; },
  { match = "^/drop"; to = "/kept?"; },
  { match = "\\\\.php$"; to = ""; then = "continue"; },
  { match = "^/shop"; redirect = 308; to = "/store"; },
  { match = "^/away/(.*)$"; redirect = 302; to = "https://a.test/${1}?x"; },
  { match = "x+"; to = "y"; then = "continue"; },
  { match = "^/y/"; to = "/api/"; },
  { match = "^/y"; to = "/never"; } );
"""


def proxied(behind, more="", route=""):
    return f'host = "*";\n{more}routes = (\n' \
        f'  {{ path = "/api"; proxy = "{behind.url}"; {route} }},\n' \
        f'  {{ path = "/"; proxy = "{behind.url}"; }} );\n'


def target_of(behind, at=-1):
    return behind.heads[at].split(b" ")[1].decode()


# ---- strip ----


@pytest.mark.parametrize("sent, forwarded", [
    ("/api", "/"), ("/api/", "/"), ("/api/users", "/users"),
    ("/api/users/", "/users/"), ("/api?x=1", "/?x=1"),
    ("//api//a//b", "/a//b"), ("/api//host/admin", "/host/admin"),
    ("/%61pi/x%20y", "/x%20y"), ("/x/../api/y", "/y"),
    ("/apix", "/apix"), ("/api/api/x", "/api/x"), ("/other", "/other")])
def test_strip_takes_off_the_path_of_the_route(sluice, origin, sent,
                                               forwarded):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxied(behind, route="strip = true;"), workers=1)
    assert daemon.get(sent).status == 200
    assert target_of(behind) == forwarded


def test_places_of_the_origin_get_the_path_back(sluice, origin):
    behind = origin(lambda peer: [
        peer.requests.append(peer.read_request()) or peer.send(reply(
            b"", "302 Found", [f"Location: {place}"]))
        for place in ("/login", f"http://127.0.0.1:{peer_port()}/a?b", "/")])

    def peer_port():
        return behind.port
    daemon = sluice(vhost=proxied(behind, route="strip = true;"), workers=1)
    with daemon.client() as client:
        assert client.get("/api/x").get("Location") == "/api/login"
        assert client.get("/api/x").get("Location") == \
            "http://localhost/api/a?b"
        assert client.get("/api/x").get("Location") == "/api/"


# ---- rules ----


@pytest.mark.parametrize("sent, forwarded", [
    ("/old/a/b", "/new/a/b"), ("/old/a?q=1&r", "/new/a?q=1&r"),
    ("/old/a?", "/new/a?"), ("/old//a", "/new/a"), ("/older", "/older"),
    ("/%6fld/%41%2F", "/new/A%2F"),
    ("/user/jo?x=1", "/u?name=jo&via=jo"),
    ("/user/a&admin=1", "/u?name=a%26admin%3D1&via=a%26admin%3D1"),
    ("/user/50%25+x", "/u?name=50%25%2Bx&via=50%25%2Bx"),
    ("/dropped/z?a=b", "/keptped/z"), ("/drop", "/kept"),
    ("/a.php", "/a"), ("/a.php?b", "/a?b"), ("/.php", "/"),
    ("/a.phpx", "/a.phpy"), ("/axxb", "/ayb"), ("/x.php", "/never"),
    ("/xx/z", "/api/z"), ("/plain", "/plain")])
def test_rules_are_tried_in_order(sluice, origin, sent, forwarded):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxied(behind, RULES), workers=1)
    assert daemon.get(sent).status == 200
    assert target_of(behind) == forwarded


@pytest.mark.parametrize("sent, status, place", [
    ("/shop", 308, "/store"), ("/shop/a?b=c", 308, "/store/a?b=c"),
    ("/shop.php", 308, "/store"),
    ("/away/a/b?q", 302, "https://a.test/a/b?x"),
    ("/away/", 302, "https://a.test/?x")])
def test_a_rule_may_send_the_client_away(sluice, origin, sent, status, place):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxied(behind, RULES), workers=1)
    answer = daemon.get(sent)
    assert answer.status == status and answer.get("Location") == place
    assert behind.heads == []


def test_a_rewritten_path_finds_its_route(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxied(behind, RULES), workers=1)
    with daemon.client() as client:
        for path, route in (("/xx/z", "/api"), ("/old/z", "/")):
            assert client.get(path).status == 200
    assert [line["route"] for line in daemon.wait_exchanges(2)] == \
        ["/api", "/"]
    assert daemon.exchanges()[0]["target"] == "/xx/z"


def test_a_pattern_route_rewrites_with_its_groups(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost='host = "*"; routes = (\n'
                    '{ path_regex = "^/p/([0-9]+)(?:/(?<tab>[a-z]+))?$"; '
                    f'proxy = "{behind.url}"; '
                    'rewrite = "/products/${1}/${tab}"; } );\n')
    for sent, forwarded in (("/p/42", "/products/42/"),
                            ("/p/42/info?x", "/products/42/info?x")):
        assert daemon.get(sent).status == 200
        assert target_of(behind) == forwarded
    assert daemon.get("/p/x").status == 404


def test_strip_comes_before_the_rules_of_the_route(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost=proxied(behind, route=(
        'strip = true; rewrite = ( { match = "^/v1/"; to = "/v2/"; } );')))
    assert daemon.get("/api/v1/x").status == 200
    assert target_of(behind) == "/v2/x"


@pytest.mark.parametrize("rewrite, sent, forwarded", [
    ('"${path}/x"', "/api/a", "/api/a/x"),
    ('"${path_rest}"', "/api/a", "/a"), ('"${path_rest}"', "/api", "/"),
    ('"/h/${header:X-A}"', "/api", "/h/a%2Fb%3F%20%25%E9%22"),
    ('"/c/${cookie:c}/"', "/api", "/c/d%26e%3D/"),
    ('"/q/${query}"', "/api?a/b&y", "/q/a%2Fb%26y?a/b&y"),
    ('"/q?${query}&z=${path}"', "/api/a=b?x=/", "/q?x=/&z=/api/a%3Db"),
    ('"/${method}/${scheme}/${host}"', "/api", "/GET/http/localhost"),
    ('"//host/x"', "/api", "/host/x"), ('"x"', "/api", "/x"),
    ('""', "/api", "/"), ('"?x"', "/api", "/?x")])
def test_values_are_made_to_fit_into_a_path(sluice, origin, rewrite, sent,
                                            forwarded):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxied(behind, route=f"rewrite = {rewrite};"),
                    workers=1)
    assert daemon.get(sent, fields=[
        'X-A: a/b? %\xe9"', "Cookie: a=b; c=d&e="]).status == 200
    assert target_of(behind) == forwarded


def test_no_rule_makes_a_path_that_no_request_could_have(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost=proxied(behind, (
        'rewrite = ( { match = "^/up/(.*)$"; to = "/../${1}"; },\n'
        '{ match = "^/in/(.*)$"; to = "/x/..${1}"; },\n'
        '{ match = "^/api/q$"; to = "/api/${query}"; },\n'
        '{ match = "^/api/h$"; to = "/api/${header:X-A}"; },\n'
        '{ match = "^/esc/(..)(..)"; to = "/%25${1}%25${2}/x"; } );\n')))
    for path in ("/up/x", "/up/", "/esc/2e2e", "/api/q?../x", "/api/h"):
        assert daemon.get(path, fields=["X-A: ../x"]).status == 400, path
    assert behind.heads == []
    assert daemon.get("/in//api/x").status == 200
    assert target_of(behind) == "/x/..api/x"


def test_a_template_that_grows_too_long_is_500(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost=proxied(behind, route=(
        'rewrite = "/' + "${path}" * 40 + '";')))
    assert daemon.get("/api/" + "x" * 2000).status == 500
    assert daemon.wait_exchanges(1)[0]["end"] == "template_long"
    assert daemon.get("/api/x").status == 200
