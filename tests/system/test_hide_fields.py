"""What a reply tells of its origin, and what of that a client gets to see."""

import re

from harness import REPOSITORY, proxy_to
from harness_origin import reply
from harness_scripts import get

DATE = r"Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n"
SENT = "Date: Sun, 06 Nov 1994 08:49:37 GMT"


def hidden_names():
    """The list of the source: what fields.h calls a product, and Via."""
    text = (REPOSITORY / "worker/http/fields.h").read_text()
    return re.findall(r'(?:FIELD|ALSO)\(product, "([^"]+)"', text) + ["Via"]


def head_of(daemon, data=None):
    with daemon.client() as client:
        client.send(data or get())
        return client.read_reply().head.decode("latin-1")


def test_each_hidden_field_is_removed_whatever_its_case(sluice, origin):
    names = hidden_names()
    assert len(names) > 20
    spelt = [spell(name) for name in names
             for spell in (str, str.lower, str.upper)]
    fields = [SENT, "A: 1", *(f"{name}: x" for name in spelt), "B: 2"]
    daemon = sluice(vhost=proxy_to(origin(reply(b"x", fields=fields))),
                    workers=1)
    assert head_of(daemon) == (f"HTTP/1.1 200 OK\r\n{SENT}\r\nA: 1\r\nB: 2\r\n"
                               "Content-Length: 1\r\n\r\n")


def test_other_fields_are_passed_as_they_are(sluice, origin):
    kept = [SENT, "X-Served: y", "Servers: y", "X-Powered: y", "X-AspNet: y",
            "X-Cache: HIT", "content-type: text/html", "X-Runtime-Id:y"]
    daemon = sluice(vhost=proxy_to(origin(reply(b"x", fields=kept))),
                    workers=1)
    lines = head_of(daemon).split("\r\n")
    assert lines[1:-3] == [*kept[:-1], "X-Runtime-Id: y"]


def test_a_hidden_field_between_others_leaves_no_trace(sluice, origin):
    fields = [SENT, "Server: a", "A: 1", "Server: b", "Server: c", "B: 2",
              "X-Powered-By: d"]
    daemon = sluice(vhost=proxy_to(origin(reply(fields=fields))), workers=1)
    assert head_of(daemon) == (f"HTTP/1.1 200 OK\r\n{SENT}\r\nA: 1\r\nB: 2\r\n"
                               "Content-Length: 0\r\n\r\n")


def test_date_is_added_if_it_is_missing_and_only_then(sluice, origin):
    behind = origin(reply(b"x", status="404 Not Found"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    assert re.fullmatch("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n" +
                        DATE + "\r\n", head_of(daemon))
    sent = origin(reply(b"x", fields=["date: yesterday"]))
    daemon = sluice(vhost=proxy_to(sent), workers=1)
    assert head_of(daemon) == ("HTTP/1.1 200 OK\r\ndate: yesterday\r\n"
                               "Content-Length: 1\r\n\r\n")


def test_interim_replies_are_hidden_too_and_get_no_date(sluice, origin):
    hints = (b"HTTP/1.1 103 Early Hints\r\nServer: a\r\nLink: </a.css>\r\n"
             b"Via: 1.1 b\r\n\r\n")
    behind = origin(hints + reply(b"x", fields=[SENT]))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get())
        interim = []
        client.read_reply(interim=interim)
    assert interim[0].head == (b"HTTP/1.1 103 Early Hints\r\n"
                               b"Link: </a.css>\r\n\r\n")


def test_interim_replies_do_not_name_the_origin(sluice, origin):
    def script(peer):
        inside = f"127.0.0.1:{behind.port}".encode()
        while True:
            peer.read_request()
            peer.send(b"HTTP/1.1 103 Early Hints\r\n"
                      b"Location: http://" + inside + b"/a\r\n"
                      b"Refresh: 1; url=http://" + inside + b"/b\r\n"
                      b"Link: </a.css>\r\n"
                      b"Set-Cookie: a=b; Domain=127.0.0.1\r\n"
                      b"Set-Cookie: debug=1\r\n\r\n" + reply(b"x"))

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind) +
                    'cookies = { remove = "debug"; };\n', workers=1)
    with daemon.client() as client:
        for _ in range(2):
            client.send(get(host="public.test"))
            interim = []
            client.read_reply(interim=interim)
            assert interim[0].fields == [
                ("Location", "http://public.test/a"),
                ("Refresh", "1; url=http://public.test/b"),
                ("Link", "</a.css>"), ("Set-Cookie", "a=b")]


def test_a_request_keeps_what_is_hidden_in_replies(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    daemon.get(fields=["Server: a", "X-Powered-By: b"])
    assert behind.requests[0].get("Server") == "a"
    assert behind.requests[0].get("X-Powered-By") == "b"


def test_the_man_page_lists_what_is_hidden():
    page = (REPOSITORY / "man/sluiced.conf.5").read_text()
    section = page.split(".Sh HIDDEN ORIGINS\n")[1].split("Nothing is put")[0]
    assert set(re.findall(r"^\.Li (\S+)", section, re.M)) == \
        set(hidden_names())
