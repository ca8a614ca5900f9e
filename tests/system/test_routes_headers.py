"""Fields that the operator sets, adds and removes, and who inherits them."""

import pytest

from harness import StartFailed, proxy_to
from harness_origin import reply
from harness_scripts import chunked_reply, get, without_forwarding

ORIGINS = ["X-Powered-By: x", "X-One: origin", "x-one: twice",
           "X-Two: origin", "Content-Type: text/plain"]


def headers(side, what):
    return f"headers = {{ {side} = {{ {what} }}; }};\n"


def echo(origin, fields=()):
    return origin(reply(b"x", fields=list(fields)))


# ---- requests ----


def test_request_fields_are_set_added_and_removed(sluice, origin):
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-Env = "prod"; X-New = "${client_ip}"; }; '
        'add = { X-List = "b"; }; remove = [ "X-Debug", "Cookie" ];'))
    daemon.get(fields=["X-Env: 1", "x-env: 2", "X-List: a", "X-Debug: 1",
                       "x-debug:", "Cookie: a=b", "X-Kept: 1"])
    assert without_forwarding(behind.requests[0]) == [
        ("Host", "localhost"), ("X-List", "a"), ("X-Kept", "1"),
        ("X-Env", "prod"), ("X-New", "127.0.0.1"), ("X-List", "b")]


def test_what_we_write_ourselves_can_be_replaced_and_removed(sluice, origin):
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-Forwarded-Proto = "https"; X-Request-Id = '
        '"id-${request_id}"; }; add = { X-Forwarded-For = "10.0.0.1"; }; '
        'remove = [ "traceparent", "x-forwarded-port" ];'))
    daemon.get(fields=["X-Forwarded-Proto: ftp", "X-Forwarded-For: 1.2.3.4"])
    got = behind.requests[0]
    assert got.all("X-Forwarded-Proto") == ["https"]
    assert len(got.get("X-Request-Id")) == 35
    assert got.all("X-Forwarded-For") == ["127.0.0.1", "10.0.0.1"]
    for gone in ("traceparent", "X-Forwarded-Port"):
        assert got.all(gone) == [], gone
    assert got.get("X-Forwarded-Host") == "localhost"


def test_a_field_may_be_made_of_itself(sluice, origin):
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-A = "<${header:x-a}>"; X-B = "${header:X-B}"; '
        'X-C = "${cookie:c}"; X-D = "${header:X-Forwarded-For}"; };'))
    daemon.get(fields=['X-A: \xe9 "q" %\t,', "X-B:", "Cookie: c=a b",
                       "X-Forwarded-For: 6.6.6.6", "X-D: 1", "X-C: 2"])
    assert without_forwarding(behind.requests[0]) == [
        ("Host", "localhost"), ("Cookie", "c=a b"),
        ("X-A", '<\xe9 "q" %\t,>'), ("X-C", "a b")]


def test_a_retried_request_has_the_same_fields(sluice, origin):
    def close_first(peer):
        peer.requests.append(peer.read_request())
        if len(behind.requests) > 1:
            peer.send(reply(b"x"))
    behind = origin(close_first)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-A = "${header:X-A}!"; }; '
        'add = { X-B = "c"; };'))
    assert daemon.get(fields=["X-A: a", "X-B: b"]).status == 200
    assert len(behind.requests) == 2
    for request in behind.requests:
        assert without_forwarding(request) == [
            ("Host", "localhost"), ("X-B", "b"), ("X-A", "a!"), ("X-B", "c")]


def test_no_spelling_of_a_field_gets_around_who_sets_or_removes_it(sluice,
                                                                   origin):
    """CGI, WSGI and Rack know X_User by the same name as X-User."""
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-User = "me"; X_Own = "1"; }; '
        'add = { X-More = "b"; }; remove = [ "X-Debug-Me", "Cookie" ];'))
    answer = daemon.get(fields=[
        "X_User: root", "x_USER: root", "X-User: root", "X_Debug-Me: 1",
        "X-Debug_Me: 1", "x_debug_me: 1", "X-Own: kept", "X_Users: kept",
        "XUser: kept", "X_Use: kept", "X_More: kept", "Cookie: a=b"])
    assert answer.status == 200
    assert without_forwarding(behind.requests[0]) == [
        ("Host", "localhost"), ("X-Own", "kept"), ("X_Users", "kept"),
        ("XUser", "kept"), ("X_Use", "kept"), ("X_More", "kept"),
        ("X-User", "me"), ("X_Own", "1"), ("X-More", "b")]


# ---- replies ----


def test_reply_fields_are_set_added_and_removed(sluice, origin):
    behind = echo(origin, ORIGINS)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "response", 'set = { X-One = "ours"; Server = "me"; X-Path = '
        '"${path}"; Content-Type = "text/html"; }; add = { X-Two = "more"; '
        '}; remove = [ "x-missing" ];'))
    fields = [f for f in daemon.get("/a").fields if f[0] != "Date"]
    assert fields == [
        ("X-Two", "origin"), ("Content-Length", "1"), ("X-One", "ours"),
        ("Server", "me"), ("X-Path", "/a"), ("Content-Type", "text/html"),
        ("X-Two", "more")]


def test_our_own_answers_get_them_too_and_nothing_twice(sluice):
    daemon = sluice(workers=1, vhost='host = "a.test";\nroutes = (\n'
                    '{ path = "/r"; respond = "ok"; },\n'
                    '{ path = "/d"; redirect = "/x"; },\n'
                    '{ path = "/dead"; proxy = "http://127.0.0.1:1"; } );\n' +
                    headers("response", 'set = { Content-Type = "x/y"; '
                            'Cache-Control = "private"; X-A = "${path}"; }; '
                            'add = { X-B = "b"; }; '
                            'remove = [ "Retry-After", "Allow" ];'),
                    conf=headers("response", 'set = { X-All = "1"; };'))
    with daemon.client() as client:
        for path, method, status in (
                ("/r", "GET", 200), ("/d", "GET", 308), ("/no", "GET", 404),
                ("/dead", "GET", 502), ("/r", "TRACE", 405)):
            answer = client.get(path, method=method, host="a.test")
            assert answer.status == status
            for name, value in (("Content-Type", "x/y"), ("X-A", path),
                                ("Cache-Control", "private"), ("X-B", "b"),
                                ("X-All", "1")):
                assert answer.all(name) == [value], (path, name)
            assert answer.get("Allow") is None
            assert len(answer.all("Date")) == 1
        answer = client.get("/r", host="b.test")
        assert answer.status == 421 and answer.get("X-B") is None
        assert answer.all("X-All") == ["1"]


def test_replaced_pages_get_them_too(sluice, origin):
    daemon = sluice(workers=1, vhost=proxy_to(origin(reply(
        b"secret", "503 No", ["Retry-After: 7", "X-A: origin"]))) +
        'errors = ( { status = 503; origin = true; } );\n' +
        headers("response", 'set = { X-A = "ours"; };'))
    answer = daemon.get()
    assert answer.status == 503 and b"secret" not in answer.body
    assert answer.all("X-A") == ["ours"]
    assert answer.all("Retry-After") == ["7"]


def test_what_is_not_the_origins_to_say_is_in_no_part_of_a_reply(sluice,
                                                                origin):
    fields = b"X-Gone: o\r\nX-Set: o\r\nX-Added: o\r\nX-Else: o\r\n"
    hints = b"HTTP/1.1 103 Early Hints\r\n" + fields + b"\r\n"
    last = b"0\r\n\r\n"
    behind = origin(hints + chunked_reply(b"hello").replace(
        last, last[:3] + fields + last[3:]))
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "response", 'set = { x-set = "s"; }; add = { x-added = "a"; }; '
        'remove = "x-gone";'))
    interim = []
    with daemon.client() as client:
        client.request(fields=["Connection: TE", "TE: trailers"])
        answer = client.read_reply(interim=interim)
    left = [("X-Added", "o"), ("X-Else", "o")]
    assert [m.fields for m in interim] == [left]
    assert answer.trailers == left and answer.body == b"hello"
    assert (answer.get("X-Set"), answer.get("X-Added")) == ("s", "a")


# ---- many and long values ----


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("count, size", [(5, 600), (100, 600), (8, 8000),
                                         (2, 30_000)])
def test_many_values_may_be_long(sluice, origin, side, count, size):
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        side, "set = { " + " ".join(
            f'X-{i} = "${{header:X-Long}}";' for i in range(count)) + " };"))
    long = "v" * size
    with daemon.client() as client:
        for _ in range(2):
            client.send(get("/", "X-Long: " + long))
            answer = client.read_reply()
            assert answer.status == 200
    got = answer if side == "response" else behind.requests[1]
    assert [got.get(f"X-{i}") for i in range(count)] == [long] * count


def test_a_value_longer_than_any_template_may_be_is_500(sluice, origin):
    daemon = sluice(workers=1, vhost=proxy_to(echo(origin)) + headers(
        "response", 'set = { X-A = "${header:X-Q}${header:X-Q}"; };'))
    assert daemon.get(fields=["X-Q: " + "q" * 16_384]).status == 200
    assert daemon.get(fields=["X-Q: " + "q" * 16_385]).status == 500
    assert daemon.wait_exchanges(2)[1]["end"] == "template_long"


# ---- inheritance ----


def test_the_nearest_word_on_a_name_holds(sluice, origin):
    behind = echo(origin, ["X-A: o", "X-B: o", "X-C: o", "X-D: o", "X-E: o"])
    daemon = sluice(
        workers=1,
        conf=headers("response", 'set = { X-A = "g"; X-B = "g"; X-C = "g"; '
                     'X-G = "g"; }; remove = [ "X-D", "X-E" ];'),
        vhost='host = "*";\n' +
        headers("response", 'set = { x-b = "v"; X-V = "v"; }; '
                'add = { X-D = "v"; }; remove = "X-C";') +
        'routes = (\n'
        f'{{ path = "/"; proxy = "{behind.url}"; }},\n'
        f'{{ path = "/r"; proxy = "{behind.url}"; ' +
        headers("response", 'set = { X-C = "r"; }; add = { X-A = "r"; }; '
                'remove = [ "X-B", "X-V", "X-G" ];') + '},\n'
        f'{{ path = "/q"; proxy = "{behind.url}"; ' +
        headers("request", 'set = { X-Q = "q"; };') + '} );\n')

    def of(path):
        answer = daemon.get(path)
        return {n: [v for name, v in answer.fields if name.upper() == n]
                for n in ("X-A", "X-B", "X-C", "X-D", "X-E", "X-G", "X-V")}
    vhost = {"X-A": ["g"], "X-B": ["v"], "X-C": [], "X-D": ["o", "v"],
             "X-E": [], "X-G": ["g"], "X-V": ["v"]}
    assert of("/") == vhost
    assert of("/q") == vhost
    assert behind.requests[-1].get("X-Q") == "q"
    assert of("/r") == {"X-A": ["o", "r"], "X-B": [], "X-C": ["r"],
                        "X-D": ["o", "v"], "X-E": [], "X-G": [], "X-V": []}


# ---- what is refused ----


@pytest.mark.parametrize("what", [
    'set = { Content-Length = "1"; };', 'set = { Host = "a"; };',
    'add = { Transfer-Encoding = "chunked"; };', 'remove = "Connection";',
    'set = { Date = "now"; };', 'set = { X-A = "a\\r\\nX-B: b"; };',
    'set = { X-A = "a\\x00"; };', 'remove = "X A";', 'remove = "";',
    'set = { X-A = "${1}"; };', 'set = { X-A = 1; };',
    'set = { X-A = "1"; }; remove = "x-a";', 'unset = "X-A";'])
def test_fields_that_cannot_be_are_refused(sluice, what):
    for side in ("request", "response"):
        with pytest.raises(StartFailed, match=": error: "):
            sluice(vhost=proxy_to("http://127.0.0.1:1") +
                   headers(side, what))


@pytest.mark.parametrize("what", ['set = { Via = "1.1 a"; };',
                                  'add = { via = "1.1 a"; };',
                                  'remove = "VIA";'])
def test_loops_of_requests_stay_known_by_via(sluice, origin, what):
    with pytest.raises(StartFailed, match="written by the proxy itself"):
        sluice(vhost=proxy_to("http://127.0.0.1:1") +
               headers("request", what))
    daemon = sluice(workers=1, vhost=proxy_to(echo(origin)) +
                    headers("response", what))
    assert daemon.get().status == 200


def test_lines_cannot_be_smuggled_in_by_a_value(sluice, origin):
    behind = echo(origin)
    daemon = sluice(workers=1, vhost=proxy_to(behind) + headers(
        "request", 'set = { X-A = "${query}${path}${header:X-Q}"; };'))
    assert daemon.get("/?%0d%0aX-B:1").status == 200
    assert behind.requests[0].get("X-A") == "%0d%0aX-B:1/"
    assert behind.requests[0].get("X-B") is None
    for sent in ("/%0Ax", "/%0d%0aX-B:1", "/\x85"):
        assert daemon.get(sent).status == 400
    assert len(behind.requests) == 1
