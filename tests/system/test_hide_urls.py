"""URLs and cookies that name the origin get the public name on the wire."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import get

SENT = "Date: Sun, 06 Nov 1994 08:49:37 GMT"


def ask(daemon, *fields, host="app.example.com", version="1.1"):
    """The fields of the reply, without its framing and Date."""
    with daemon.client() as client:
        client.send(get("/", *fields, host=host, version=version)
                    if host else b"GET / HTTP/1.0\r\n\r\n")
        lines = client.read_reply().head.decode("latin-1").split("\r\n")
    return [line for line in lines[1:] if line and line != SENT and
            not line.startswith(("Content-Length", "Connection"))]


class Told:
    """An origin that answers with the fields it is told."""

    def __init__(self, make):
        self.fields = []
        self.server = make(self.script)
        self.port = self.server.port
        self.url = self.server.url

    def script(self, peer):
        while True:
            peer.requests.append(peer.read_request())
            peer.send(reply(b"x", status="302 Found",
                            fields=[SENT, *self.fields]))

    def says(self, *fields):
        self.fields = [f.replace("@PORT@", str(self.port)) for f in fields]


@pytest.fixture
def told(origin):
    return Told(origin)


def test_urls_of_the_origin_get_the_public_name(sluice, told):
    daemon = sluice(vhost=proxy_to(told), workers=1)
    for field in ("Location", "location", "Content-Location"):
        told.says("A: 1", f"{field}: http://127.0.0.1:@PORT@/a?b#c", "B: 2")
        assert ask(daemon) == \
            ["A: 1", f"{field}: http://app.example.com/a?b#c", "B: 2"]
    told.says("Location: http://localhost:@PORT@/x")
    assert ask(daemon, host="app.example.com:8080") == \
        ["Location: http://app.example.com:8080/x"]
    told.says("Refresh: 0; url=http://127.0.0.1:@PORT@/x")
    assert ask(daemon) == ["Refresh: 0; url=http://app.example.com/x"]


def test_all_other_urls_stay_as_they_are(sluice, told):
    daemon = sluice(vhost=proxy_to(told), workers=1)
    for value in ("/a", "a", "../a", "?a", "//other.example/a", "",
                  "http://127.0.0.1:1/a", "http://127.0.0.1/a",
                  "HTTP://Other.example:80/%zz?\"<>", "mailto:a@b",
                  "http://app.example.com/a", "http://user@127.0.0.1:@PORT@/",
                  "http://127.0.0.1:@PORT@\\.other.example/",
                  "\\\\127.0.0.1:@PORT@/"):
        told.says(f"Location: {value}", "Connection: x")
        assert ask(daemon) == [
            f"Location: {value.replace('@PORT@', str(told.port))}"], value


def test_the_path_of_the_server_is_taken_off(sluice, told):
    daemon = sluice(vhost=proxy_to(f"{told.url}/base"), workers=1)
    for inside, outside in (
            ("/base/login", "/login"), ("/base", "/"), ("/other", "/other"),
            ("/basement", "/basement"),
            ("/base//evil.example", "/.//evil.example"),
            ("http://127.0.0.1:@PORT@/base/a", "http://app.example.com/a"),
            ("http://app.example.com/base/a", "http://app.example.com/a"),
            ("https://other.example/base/a", "https://other.example/base/a")):
        told.says(f"Location: {inside}")
        assert ask(daemon) == [f"Location: {outside}"], inside
    assert told.server.heads[0].startswith(b"GET /base/ HTTP/1.1\r\n")


def test_the_scheme_is_that_of_the_client(sluice, told):
    told.says("Location: http://127.0.0.1:@PORT@/a")
    daemon = sluice(vhost=proxy_to(told), workers=1,
                    conf='trusted_proxies = "127.0.0.1";\n')
    assert ask(daemon, "X-Forwarded-Proto: https") == \
        ["Location: https://app.example.com/a"]
    assert ask(daemon, "X-Forwarded-Proto: https",
               "X-Forwarded-Host: www.example.com:8443") == \
        ["Location: https://www.example.com:8443/a"]


def test_who_is_not_trusted_does_not_say_where_to_go(sluice, told):
    told.says("Location: http://127.0.0.1:@PORT@/a")
    daemon = sluice(vhost=proxy_to(told), workers=1)
    assert ask(daemon, "X-Forwarded-Proto: https",
               "X-Forwarded-Host: evil.example") == \
        ["Location: http://app.example.com/a"]


def test_the_host_that_the_origin_was_sent_names_it(sluice, told):
    daemon = sluice(vhost=proxy_to(told) +
                    'send_host = "app.internal:8080";\n', workers=1)
    for url in ("http://app.internal:8080/a", "https://App.Internal:8080/a",
                "http://127.0.0.1:@PORT@/a"):
        told.says(f"Location: {url}", "Set-Cookie: a=b; Domain=.internal")
        assert ask(daemon) == ["Location: http://app.example.com/a",
                               "Set-Cookie: a=b"]


def test_what_a_route_strips_comes_back(sluice, told):
    told.says("Location: /login", "Set-Cookie: a=b; Path=/x",
              "Content-Location: http://127.0.0.1:@PORT@/x")
    daemon = sluice(vhost=f"""
        host = "*";
        routes = ( {{ path = "/api"; strip = true; proxy = "{told.url}"; }} );
        """, workers=1)
    with daemon.client() as client:
        answer = client.get("/api/x", host="app.example.com")
    assert answer.get("Location") == "/api/login"
    assert answer.get("Content-Location") == "http://app.example.com/api/x"
    assert answer.get("Set-Cookie") == "a=b; Path=/api/x"
    assert told.server.heads[0].startswith(b"GET /x HTTP/1.1\r\n")


def test_without_a_host_the_path_is_left(sluice, told):
    told.says("Location: http://127.0.0.1:@PORT@//a")
    daemon = sluice(vhost=proxy_to(told), workers=1)
    assert ask(daemon, host=None) == ["Location: /.//a"]


def test_an_origin_on_a_unix_socket(sluice, origin):
    daemon = sluice(vhost=proxy_to("unix:@DIR@/o.sock"), workers=1,
                    start=False)
    origin(reply(fields=[SENT, "Location: http://localhost/a"]),
           path=daemon.path / "o.sock")
    daemon.start()
    assert ask(daemon) == ["Location: http://app.example.com/a"]


# ---- cookies ----


def test_cookies_name_the_origin_no_more(sluice, told):
    daemon = sluice(vhost=proxy_to(f"{told.url}/base"), workers=1)
    told.says("Set-Cookie: a=b; Domain=127.0.0.1; Path=/base/x; HttpOnly",
              "A: 1",
              "Set-Cookie: c=d; Domain=example.com; Path=/",
              "set-cookie: e=f;path=/base")
    assert ask(daemon) == [
        "Set-Cookie: a=b; Path=/x; HttpOnly", "A: 1",
        "Set-Cookie: c=d; Domain=example.com; Path=/",
        "set-cookie: e=f; Path=/"]


def test_cookies_are_hardened_on_request(sluice, told):
    daemon = sluice(vhost=f"""
        host = "*";
        cookies = {{ secure = true; http_only = true; }};
        routes = (
          {{ path = "/"; proxy = "{told.url}";
             cookies = {{ same_site = "Lax"; rewrite_domain = ".example.com";
                          rewrite_path = "/app"; remove = "debug"; }}; }},
          {{ path = "/plain"; proxy = "{told.url}"; }} );
        """, workers=1)
    told.says("Set-Cookie: a=b; SameSite=None; secure; Domain=127.0.0.1",
              "Set-Cookie: debug=1", "Set-Cookie: c=d; Path=/x")
    assert ask(daemon) == [
        "Set-Cookie: a=b; secure; Domain=.example.com; HttpOnly; SameSite=Lax",
        "Set-Cookie: c=d; Path=/app/x; Secure; HttpOnly; SameSite=Lax"]
    with daemon.client() as client:
        assert client.get("/plain").all("Set-Cookie") == [
            "a=b; SameSite=None; secure; HttpOnly",
            "debug=1; Secure; HttpOnly", "c=d; Path=/x; Secure; HttpOnly"]


def test_a_head_full_of_cookies_has_room_to_grow(sluice, told):
    daemon = sluice(vhost=proxy_to(told) +
                    'cookies = { secure = true; http_only = true; '
                    'same_site = "strict"; };\n', workers=1)
    names = [f"n{i}={'v' * 500}" for i in range(95)]
    told.says(*(f"Set-Cookie: {name}" for name in names))
    assert ask(daemon) == [
        f"Set-Cookie: {name}; Secure; HttpOnly; SameSite=Strict"
        for name in names]
