"""Who gets a request, and what it gets: vhosts, routes, weights; paths, Host
and fields on their way."""

import pytest

from harness import in_turn, proxy_to
from harness_origin import reply
from harness_scripts import get, post, tell, without_forwarding


def named(origin, *names):
    """An origin for each name, which answers with it."""
    return {name: origin(reply(name.encode())) for name in names}


# ---- vhosts and routes ----


def test_vhosts_are_found_by_host(sluice, origin):
    to = named(origin, "one", "two")
    daemon = sluice(workers=1, vhosts={
        "one": f'host = [ "a.test", "b.test" ]; proxy = "{to["one"].url}";',
        "two": proxy_to(to["two"], host="c.test")})
    for host, body in (("a.test", b"one"), ("B.Test", b"one"),
                       ("a.test:8080", b"one"), ("a.test.", b"one"),
                       ("c.test", b"two"), ("C.TEST.:1", b"two")):
        assert daemon.get(host=host).body == body, host
    assert to["one"].requests[1].get("Host") == "B.Test"
    assert to["one"].requests[2].get("Host") == "a.test:8080"


def test_unknown_host_is_421(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind, host="a.test"), workers=1)
    with daemon.client() as client:
        for host in ("b.test", "test", "x.a.test", "127.0.0.1"):
            assert client.get(host=host).status == 421
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.read_reply().status == 421
    lines = daemon.wait_exchanges(5)
    assert {line["end"] for line in lines} == {"unknown_host"}
    assert not [line for line in lines if "vhost" in line or "pool" in line]
    assert behind.peers == []


def test_star_catches_the_rest(sluice, origin):
    to = named(origin, "named", "rest")
    daemon = sluice(workers=1, vhosts={
        "named": proxy_to(to["named"], host="a.test"),
        "rest": proxy_to(to["rest"])})
    assert daemon.get(host="a.test").body == b"named"
    assert daemon.get(host="b.test").body == b"rest"
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.read_reply().body == b"rest"
    assert to["rest"].requests[1].get("Host") == \
        f"127.0.0.1:{to['rest'].port}"


def routes(*pairs):
    return "host = \"*\";\nroutes = (\n" + ",\n".join(
        f'  {{ path = "{path}"; proxy = "{to.url}"; }}'
        for path, to in pairs) + "\n);\n"


def test_longest_prefix_of_whole_segments_wins(sluice, origin):
    to = named(origin, "root", "api", "v1", "other")
    daemon = sluice(workers=1, vhost=routes(
        ("/", to["root"]), ("/api", to["api"]), ("/api/v1", to["v1"]),
        ("/apix/y", to["other"])))
    for path, body in (
            ("/", b"root"), ("/x", b"root"), ("/api", b"api"),
            ("/api/", b"api"), ("/apix", b"root"), ("/apix/y/z", b"other"),
            ("/api/v1", b"v1"), ("/api/v1/a/b", b"v1"), ("/api/v10", b"api"),
            ("/api?x=/api/v1", b"api"), ("/API", b"root"),
            ("//api//v1/", b"v1"), ("/x/../api", b"api"),
            ("/%61pi/v1", b"v1"), ("/api/./v1", b"v1"),
            ("/x%2Fapi/v1", b"root"), ("/api/v1/../v2", b"api")):
        assert daemon.get(path).body == body, path


def test_path_without_a_route_is_404(sluice, origin):
    to = named(origin, "api")
    daemon = sluice(vhost=routes(("/api", to["api"])), workers=1)
    with daemon.client() as client:
        assert client.get("/other").status == 404
        assert client.get("/api").body == b"api"
        assert client.get("/").status == 404
        client.send(post("/upload", b"x" * 30_000))
        assert client.read_reply().status == 404
    line = daemon.wait_exchanges(4)[0]
    assert line["end"] == "no_route" and "route" not in line
    assert len(to["api"].requests) == 1


@pytest.mark.parametrize("sent, forwarded", [
    ("/", "/"), ("/a?b", "/a?b"), ("/a?", "/a?"), ("/?a?b", "/?a?b"),
    ("/%7euser", "/~user"), ("/%2f%5c", "/%2F%5C"), ("/a/./b", "/a/b"),
    ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/a//b", "/a//b"),
    ("/%41%62?%41", "/Ab?%41"), ("/a;x=1/b", "/a;x=1/b"),
    ("/a%20b", "/a%20b"), ("/.well-known/x", "/.well-known/x"),
    ("/a/%2e%2e/b", "/b"), ("/a/...", "/a/..."), ("/a[1]", "/a[1]")])
def test_what_was_matched_is_forwarded(sluice, origin, sent, forwarded):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    assert daemon.get(sent).status == 200
    assert behind.heads[0].split(b" ")[1].decode() == forwarded
    line, = daemon.wait_exchanges(1)
    assert line["target"] == sent


@pytest.mark.parametrize("prefix, sent, forwarded", [
    ("/base", "/a?b", "/base/a?b"), ("/base/", "/", "/base/"),
    ("/" + "p" * 900, "/a", "/" + "p" * 900 + "/a")])
def test_path_of_the_server_url_comes_first(sluice, origin, prefix, sent,
                                            forwarded):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind.url + prefix), workers=1)
    assert daemon.get(sent).status == 200
    assert behind.heads[0].split(b" ")[1].decode() == forwarded


def test_absolute_targets_become_paths(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind, host="a.test"), workers=1)
    with daemon.client() as client:
        client.send(b"GET http://A.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.read_reply().status == 200
        client.send(b"GET http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.read_reply().status == 200
    assert behind.heads[0].startswith(b"GET /x?y HTTP/1.1\r\nHost: a.test\r\n")
    assert behind.heads[1].startswith(b"GET / HTTP/1.1\r\nHost: a.test\r\n")


def test_unix_sockets_on_both_sides(sluice, origin, workdir):
    workdir.chmod(0o755)
    behind = origin(tell, path=workdir / "origin")
    daemon = sluice(workers=1, vhost=proxy_to(behind) +
                    'listen = [ "http://127.0.0.1:@PORT@", '
                    '"unix:@DIR@/listen" ];')
    with daemon.client(path=daemon.path / "listen") as client:
        client.send(post("/a", b"x" * 300_000) + get("/b"))
        assert client.read_reply().body.startswith(b"/a 300000 ")
        assert client.read_reply().body.startswith(b"/b ")
    line = daemon.wait_exchanges(2)[0]
    assert line["client"] == "unix"
    assert daemon.get("/c").status == 200
    assert behind.requests[0].get("Host") == "localhost"


# ---- weights ----


def pool(*servers):
    return 'host = "*";\npools = { web = { servers = (' + ", ".join(
        f'{{ url = "{one.url}"; weight = {weight}; }}'
        for one, weight in servers) + \
        '); balance = "rr"; }; };\nroutes = ( { path = "/"; pool = "web"; } );\n'


def test_weights_are_honoured_exactly(sluice, origin):
    to = [origin(tell) for _ in range(3)]
    daemon = sluice(vhost=pool((to[0], 5), (to[1], 2), (to[2], 1)), workers=1)
    with daemon.client() as client:
        for _ in range(80):
            assert client.get().status == 200
    assert [len(one.requests) for one in to] == [50, 20, 10]


def test_servers_without_weights_take_turns(sluice, origin):
    to = [origin(tell) for _ in range(4)]
    daemon = sluice(vhost=in_turn(*to), workers=1)
    with daemon.client() as client:
        for _ in range(40):
            assert client.get().status == 200
    assert [len(one.requests) for one in to] == [10] * 4
    served = [line["server"] for line in daemon.wait_exchanges(40)]
    assert served[:4] == [f"127.0.0.1:{one.port}" for one in to]


def test_a_dead_server_costs_no_request_and_few_tries(sluice, origin):
    to = [origin(tell) for _ in range(3)]
    daemon = sluice(vhost=in_turn(*to), workers=1)
    to[1].close()
    with daemon.client() as client:
        for _ in range(60):
            assert client.get().status == 200
    assert len(to[0].requests) + len(to[2].requests) == 60
    tries = [line["attempts"] for line in daemon.wait_exchanges(60)]
    assert tries.count("2") == 20


# ---- fields ----


HOP = ["Connection: close, X-Mine , x-other", "X-Mine: 1", "X-Other: 2",
       "X-OTHER: 3", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
       "TE: trailers", "Trailer: X-Late", "Proxy: evil",
       "Proxy-Authorization: Basic x", "Proxy-Authenticate: Basic"]
END_TO_END = ["X-Kept: a", "x-kept:b", "Cookie: c=d; e=\"f\"", "Empty:",
              "Spaced:   out \t", "Quoted: \"a, b\"", "Latin: \xe4\xff",
              "Authorization: Basic abc", "Accept-Encoding: gzip"]


def expected(lines):
    return [(n, v.strip(" \t")) for n, _, v in
            (line.partition(":") for line in lines)]


def test_hop_by_hop_fields_of_requests_are_removed(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    mixed = [line for pair in zip(HOP, END_TO_END) for line in pair] + HOP[9:]
    assert daemon.get(fields=mixed).status == 200
    assert without_forwarding(behind.requests[0]) == \
        [("Host", "localhost")] + expected(END_TO_END) + \
        [("Connection", "TE"), ("TE", "trailers")]      # ours, not theirs


def test_hop_by_hop_fields_of_replies_are_removed(sluice, origin):
    mixed = [line for pair in zip(HOP, END_TO_END) for line in pair] + HOP[9:]
    daemon = sluice(vhost=proxy_to(origin(reply(b"x", fields=mixed))),
                    workers=1)
    with daemon.client() as client:
        for _ in range(2):
            fields = [field for field in client.get().fields
                      if field[0] != "Date"]
            assert fields == expected(END_TO_END) + [("Content-Length", "1")]


def test_upgrade_that_nobody_asked_to_honour_is_removed(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    for fields in (["Upgrade: websocket"],
                   ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQ"],
                   ["Connection: upgrade", "Upgrade: a, b"]):
        assert daemon.get(fields=fields).status == 200
    for request in behind.requests:
        assert without_forwarding(request) == [("Host", "localhost")]


def test_status_and_reason_are_passed_on(sluice, origin):
    for status in ("201 Created", "299 Odd But True", "404 Nope", "500 ",
                   "599 Last"):
        daemon = sluice(vhost=proxy_to(origin(reply(b"x", status=status))),
                        workers=1)
        assert daemon.get().start == f"HTTP/1.1 {status}"
        daemon.stop()
