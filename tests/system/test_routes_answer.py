"""Answers of the operator's own: redirect, respond, canonical."""

import json

import pytest

from harness import StartFailed, proxy_to
from harness_origin import reply
from harness_scripts import get, post


def one(route, more=""):
    return f'host = "*";\n{more}routes = ( {{ {route} }} );\n'


# ---- redirect ----


@pytest.mark.parametrize("route, sent, place", [
    ('path = "/old"; redirect = "/blog${path_rest}";', "/old/a/b?q=1",
     "/blog/a/b?q=1"),
    ('path = "/old"; redirect = "/blog${path_rest}";', "/old", "/blog"),
    ('path = "/old"; redirect = "${path_rest}";', "/old", "/"),
    ('path = "/old"; redirect = "/x?";', "/old?a=b", "/x?"),
    ('path = "/old"; redirect = "/x?a=${query}&p=${path}";',
     "/old/a&b=c?z=1", "/x?a=z=1&p=/old/a%26b%3Dc"),
    ('path = "/old"; redirect = "/x#part";', "/old?a=b", "/x?a=b#part"),
    ('path = "/"; redirect = "https://${host}${path}";', "/a%20b?",
     "https://localhost/a%20b?"),
    ('path = "/"; redirect = "${scheme}://www.${host}:8443/x${path}";', "/a",
     "http://www.localhost:8443/x/a"),
    ('path = "/"; redirect = "https://a.test";', "/a?b", "https://a.test?b"),
    ('path_regex = "^/(?<y>[0-9]{4})/(.*)$"; '
     'redirect = "/archive/${2}?year=${y}";', "/2024/a//b",
     "/archive/a/b?year=2024"),
    ('path = "/"; redirect = "/u/${header:X-A}/${cookie:c}";', "/",
     "/u/%3Cb%3E%20%2F%22%E9/d%3A")])
def test_a_redirect_says_where(sluice, route, sent, place):
    daemon = sluice(vhost=one(route), workers=1)
    answer = daemon.get(sent, fields=['X-A: <b> /"\xe9', "Cookie: c=d:"])
    assert answer.status == 308 and answer.get("Location") == place


def test_statuses_of_redirects(sluice):
    for status in (301, 302, 303, 307, 308):
        daemon = sluice(workers=1, vhost=one(
            f'path = "/"; redirect = {{ to = "/a"; status = {status}; }};'))
        with daemon.client() as client:
            assert client.get("/x").status == status
            head = client.get("/x", method="HEAD")
            assert head.status == status and head.get("Location") == "/a"
        daemon.stop()


@pytest.mark.parametrize("route", [
    'path = "/"; redirect = "${path}";',
    'path = "/"; redirect = "/${path}";',
    'path = "/"; redirect = "/${query}";',
    'path_regex = "^/(.*)$"; redirect = "/${1}";',
    'path_regex = "^/(.*)$"; redirect = "${1}";',
    'path_regex = "^(/*)(.*)$"; redirect = "${1}${2}";',
    'path_regex = "^/([^/]*)(.*)$"; redirect = "${1}/${2}";',
    'path = "/"; redirect = "/${header:X-A}";'])
def test_no_path_leads_to_another_host(sluice, route):
    daemon = sluice(vhost=one(route), workers=1)
    with daemon.client() as client:
        for path in ("//evil.test/x", "///evil.test", "/%2F/evil.test",
                     "/%5Cevil.test", "/http://evil.test", "/.//evil.test",
                     "/http:/evil.test/", "/x?/evil.test", "/x?\\evil.test",
                     "/x?//evil.test", "/x?http://evil.test", "/@evil.test"):
            answer = client.get(path, fields=["X-A: //evil.test"])
            place = answer.get("Location")
            assert answer.status == 308, path
            assert place.startswith("/"), (path, place)
            assert place[1:2] not in ("/", "\\"), (path, place)


@pytest.mark.parametrize("rule", [
    'match = "^/old"; redirect = 308; to = "/";',
    'match = "^/old/"; redirect = 308; to = "";',
    'match = "^/old/*"; redirect = 302; to = "/${query}";',
    'match = "^/old/(.*)$"; redirect = 302; to = "${1}";'])
def test_no_rule_leads_to_another_host(sluice, rule):
    daemon = sluice(workers=1, vhost='host = "*"; proxy = "http://127.0.0.1:1'
                    f'";\nrewrite = ( {{ {rule} }} );\n')
    for path in ("/old//evil.test", "/old/evil.test?/evil.test",
                 "/old///evil.test", "/old/http://evil.test"):
        place = daemon.get(path).get("Location")
        assert place.startswith("/") and place[1] not in "/\\", (path, place)


@pytest.mark.parametrize("to", [
    "//a.test/", "a.test", "${query}", "${header:X-To}", "${host}",
    "https://${1}/", "https://a.test${1}", "https://${1}.a.test/",
    "https://a.test${query}", "https://${header:Host}${path}",
    "https://", "https:///x", "ftp://a.test/", "/a b", "/\\r\\nX: y",
    "/\\\\a", "/\xe9", "", "javascript:alert(1)"])
def test_a_redirect_that_others_could_lead_is_refused(sluice, to):
    with pytest.raises(StartFailed, match=": error: "):
        sluice(vhost=one(f'path_regex = "^/(.*)$"; redirect = "{to}";'))
    if to and not to.startswith(("a.test", "${", "ftp", "java", "//")):
        with pytest.raises(StartFailed, match=": error: "):
            sluice(vhost=one('path = "/"; respond = "x";', (
                'rewrite = ( { match = "^/(.*)$"; redirect = 308; '
                f'to = "{to}"; }} );\n')))


def test_a_vhost_redirects_what_no_route_takes(sluice):
    daemon = sluice(workers=1, vhost='host = "*";\nredirect = { to = '
                    '"https://new.test${path}"; status = 301; };\nroutes = '
                    '( { path = "/health"; respond = "ok"; } );\n')
    assert daemon.get("/health/x").body == b"ok"
    answer = daemon.get("/a?b")
    assert answer.status == 301
    assert answer.get("Location") == "https://new.test/a?b"


# ---- respond ----


def test_a_response_has_status_type_and_body(sluice):
    daemon = sluice(workers=1, vhost=one(
        'path = "/"; respond = { status = 418; type = "image/x"; '
        'body = "short and stout\\n"; };'))
    with daemon.client() as client:
        answer = client.get("/x")
        assert answer.status == 418 and answer.body == b"short and stout\n"
        assert answer.get("Content-Type") == "image/x"
        head = client.get("/x", method="HEAD")
        assert head.get("Content-Length") == "16" and head.body == b""
    lines = daemon.wait_exchanges(2)
    assert [line["bytes"] for line in lines] == ["16", "0"]


def test_responses_without_a_body(sluice):
    for status in (204, 304):
        daemon = sluice(workers=1, vhost=one(
            f'path = "/"; respond = {{ status = {status}; }};'))
        with daemon.client() as client:
            for _ in range(2):
                answer = client.get("/x")
                assert answer.status == status and answer.body == b""
                assert answer.get("Content-Type") is None
        daemon.stop()


BODY = "${path} ${query} ${header:X-A} ${cookie:c} ${method} ${host} " \
       "${client_ip} ${scheme} ${request_id}"
NASTY = ['X-A: <b>&\'\\\xe9"\t', 'Cookie: c="<i>"']


def test_values_in_plain_text_stay_as_they_are(sluice):
    daemon = sluice(vhost=one(f'path = "/"; respond = "{BODY}";'), workers=1)
    answer = daemon.get("/a'%20?x'{}`", fields=NASTY)
    start, _, request_id = answer.body.rpartition(b" ")
    assert start == b"/a'%20 x'{}` <b>&'\\\xe9\" \"<i>\" GET localhost " \
                    b"127.0.0.1 http"
    assert len(request_id) == 32


@pytest.mark.parametrize("type", ["text/html", "text/html; charset=utf-8",
                                  "application/xhtml+xml", "image/svg+xml"])
def test_values_in_html_are_no_markup(sluice, type):
    daemon = sluice(workers=1, vhost=one(
        f'path = "/"; respond = {{ type = "{type}"; '
        'body = "<p>${path} ${query} ${header:X-A} ${cookie:c}"; };'))
    body = daemon.get("/a'&b?x'&y", fields=NASTY).body
    assert body == b"<p>/a&#39;&#38;b x&#39;&#38;y " \
                   b"&#60;b&#62;&#38;&#39;\\\xe9&#34; " \
                   b"&#34;&#60;i&#62;&#34;"


def test_values_in_json_stay_in_their_strings(sluice):
    daemon = sluice(workers=1, vhost=one(
        'path = "/"; respond = { type = "application/json"; body = '
        '"{\\"a\\": \\"${header:X-A}\\", \\"q\\": \\"${query}\\"}"; };'))
    body = daemon.get("/?x\\y", fields=NASTY).body
    assert json.loads(body) == {"a": "<b>&'\\\ufffd\"", "q": "x\\y"}


# ---- connections ----


def test_a_small_body_that_nobody_wants_is_passed_by(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost='host = "a.test";\nroutes = (\n'
                    '{ path = "/r"; respond = "ok"; },\n'
                    '{ path = "/d"; redirect = "/r"; },\n'
                    f'{{ path = "/p"; proxy = "{behind.url}"; }} );\n')
    with daemon.client() as client:
        for path, host, status in (
                ("/r", "a.test", 200), ("/d", "a.test", 308),
                ("/none", "a.test", 404), ("/r", "b.test", 421),
                ("/p", "a.test", 200), ("/r", "a.test", 200)):
            answer = client.get(path, method="POST", host=host, body=b"GET /")
            assert answer.status == status
            assert answer.get("Connection") is None, path
        client.send(post("/r", b"x" * 5) + get("/r"))
        assert client.read_reply().status == 421
        assert client.read_reply().status == 421
    assert len(behind.requests) == 1
    received = [line.get("received") for line in daemon.wait_exchanges(8)]
    assert received == ["5"] * 7 + [None]


@pytest.mark.parametrize("request_bytes", [
    post("/r", b"a", b"b"), post("/r", b"x" * 100_000),
    post("/r", length=5), post("/r", length=5,
                               fields=["Expect: 100-continue"])])
def test_a_body_that_is_not_at_hand_ends_the_connection(sluice,
                                                        request_bytes):
    daemon = sluice(vhost=one('path = "/r"; respond = "ok";'), workers=1)
    with daemon.client() as client:
        client.send(request_bytes)
        answer = client.read_reply()
        assert answer.status == 200 and answer.body == b"ok"
        assert answer.get("Connection") == "close"
        client.wait_close()


# ---- canonical ----


@pytest.mark.parametrize("host, path, place", [
    ("example.test", "/a?b=c", "http://www.example.test/a?b=c"),
    ("Example.Test:8080", "/", "http://www.example.test:8080/"),
    ("example.test.", "/a//b/", "http://www.example.test/a//b/"),
    ("x.example.test", "/%7ea?", "http://www.example.test/~a?"),
    ("example.test:", "/", "http://www.example.test/"),
    ("example.test", "//evil.test/x",
     "http://www.example.test//evil.test/x")])
def test_clients_are_sent_to_the_canonical_name(sluice, origin, host, path,
                                                place):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost='host = [ "example.test", '
                    '"*.example.test" ];\ncanonical = "www.example.test";\n'
                    f'proxy = "{behind.url}";\n')
    answer = daemon.get(path, host=host)
    if answer.status == 400:
        assert host.endswith(":")
        return
    assert answer.status == 308 and answer.get("Location") == place
    assert behind.heads == []
    assert daemon.get(path, host="WWW.example.test:81").status == 200


def test_canonical_follows_the_scheme_that_a_trusted_proxy_tells(sluice):
    daemon = sluice(workers=1, conf='trusted_proxies = [ "127.0.0.1" ];\n',
                    vhost='host = [ "a.test", "b.test" ]; canonical = '
                    '"a.test"; proxy = "http://127.0.0.1:1";\n')
    answer = daemon.get("/x", host="b.test",
                        fields=["X-Forwarded-Proto: https"])
    assert answer.get("Location") == "https://a.test/x"


def test_acme_challenges_stay_where_they_were_asked(sluice, origin):
    behind = origin(reply(b"token"))
    daemon = sluice(workers=1, vhost=proxy_to(behind).replace(
        '"*"', '[ "a.test", "b.test" ]') + 'canonical = "a.test";\n')
    assert daemon.get("/.well-known/acme-challenge/x",
                      host="b.test").body == b"token"
