"""Spellings of a protected path, over the wire.

/admin has an origin of its own.  Each spelling is refused, or reaches that
origin, or is another path for every reader: never does the origin of the other
routes get what it could take for /admin.
"""

import re

from harness import proxy_to
from harness_origin import reply

REFUSED, PROTECTED, OTHER = 400, b"protected", b"public"

SPELLINGS = [
    # as it is, and what is the same for all who know RFC 3986
    ("/admin", PROTECTED), ("/admin/", PROTECTED), ("/admin/x", PROTECTED),
    ("/admin?x", PROTECTED), ("/admin/?/../public", PROTECTED),
    ("/%61dmin", PROTECTED), ("/%61%64%6D%69%6e", PROTECTED),
    ("/adm%69n/x", PROTECTED), ("/./admin", PROTECTED),
    ("/././admin", PROTECTED), ("/admin/.", PROTECTED),
    ("/admin/./x", PROTECTED), ("/%2e/admin", PROTECTED),
    ("/%2E/%61dmin", PROTECTED), ("/public/../admin", PROTECTED),
    ("/public/%2e%2e/admin", PROTECTED), ("/public/.%2E/admin", PROTECTED),
    ("/a/b/../../admin", PROTECTED), ("/admin/a/..", PROTECTED),
    ("/admin/../admin", PROTECTED), ("/public;/../admin", PROTECTED),
    ("/public;x=y/../admin", PROTECTED), ("http://a.example/admin", PROTECTED),
    # empty segments
    ("//admin", PROTECTED), ("///admin", PROTECTED), ("//admin//x", PROTECTED),
    ("/admin//", PROTECTED), ("/.//admin", PROTECTED),
    ("//./admin", PROTECTED), ("http://a.example//admin", PROTECTED),
    ("//a.example/admin", REFUSED), ("//x//admin/y", REFUSED),
    ("//public/admin", REFUSED), ("//a.example/x/admin", OTHER),
    ("/a.example//admin", OTHER), ("//../admin", REFUSED),
    ("/public//../admin", REFUSED), ("/public//../../admin", REFUSED),
    # above the root
    ("/../admin", REFUSED), ("/%2e%2e/admin", REFUSED),
    ("/./../admin", REFUSED), ("/public/../../admin", REFUSED),
    ("/admin/../../admin", REFUSED),
    # encoded separators
    ("/%2Fadmin", REFUSED), ("/%2fadmin/x", REFUSED), ("/admin%2F", REFUSED),
    ("/admin%2Fx", REFUSED), ("/admin%2fx%2fy", REFUSED),
    ("/%5Cadmin", REFUSED), ("/admin%5Cx", REFUSED),
    ("/public%2F..%2Fadmin", REFUSED), ("/public/..%2Fadmin", REFUSED),
    ("/public%2F../admin", REFUSED), ("/public/..%5Cadmin", REFUSED),
    ("/public%5C..%5Cadmin", REFUSED), ("/.%2Fadmin", REFUSED),
    ("/public/%2e%2e%2fadmin", REFUSED), ("/public/..%2fadmin%2fx", REFUSED),
    ("/%2F%2Fadmin", REFUSED), ("/public%2Fadmin", REFUSED),
    ("/public/admin", OTHER),
    # encoded twice, and more
    ("/%2561dmin", REFUSED), ("/%25%36%31dmin", REFUSED),
    ("/%252561dmin", REFUSED), ("/admin%252Fx", REFUSED),
    ("/%252Fadmin", REFUSED), ("/public/%252e%252e/admin", REFUSED),
    ("/public/.%252e/admin", REFUSED), ("/public/..%252Fadmin", REFUSED),
    ("/public%252F..%252Fadmin", REFUSED), ("/%252e/admin", REFUSED),
    ("/public/%25252e%25252e/admin", REFUSED), ("/admin%253Bx", REFUSED),
    # parameters
    ("/admin;", REFUSED), ("/admin;x", REFUSED), ("/admin;x=y/z", REFUSED),
    ("/admin%3Bx", REFUSED), ("/;/admin", REFUSED), ("/;x=y/admin", REFUSED),
    ("/;%2Fadmin", REFUSED), ("/public/..;/admin", REFUSED),
    ("/public/..;x=y/admin", REFUSED), ("/public/%2e%2e;/admin", REFUSED),
    ("/public/..%3B/admin", REFUSED), ("/.;/admin", REFUSED),
    ("/public;/admin", REFUSED), ("/public/x;/admin", OTHER),
    ("/public/x;y=/admin", OTHER),
    ("/public/x;/../../admin", PROTECTED), ("/admin/x;y", PROTECTED),
    ("/admin/..;/public", REFUSED),
    # encoded ends of a path
    ("/admin%3F", REFUSED), ("/admin%3Fx", REFUSED), ("/admin%23", REFUSED),
    ("/admin%23x", REFUSED), ("/admin%00", REFUSED),
    ("/admin%00.html", REFUSED), ("/admin%2500", REFUSED),
    ("/admin%0A", REFUSED), ("/admin%0D%0A", REFUSED), ("/admin%09", REFUSED),
    ("/admin%7F", REFUSED),
    # what file systems ignore at the end of a name
    ("/admin.", REFUSED), ("/admin..", REFUSED), ("/admin./x", REFUSED),
    ("/admin%20", REFUSED), ("/admin%20/x", REFUSED),
    ("/admin%20.%20", REFUSED), ("/.../admin", REFUSED),
    ("/admin%2520", REFUSED),
    # overlong UTF-8, and other ways to write letters
    ("/admin%C0%AFx", REFUSED), ("/%C0%AFadmin", REFUSED),
    ("/%C1%A1dmin", REFUSED), ("/%E0%81%A1dmin", REFUSED),
    ("/%F0%80%81%A1dmin", REFUSED), ("/public/%C0%AE%C0%AE/admin", REFUSED),
    ("/public/..%C0%AFadmin", REFUSED), ("/admin%C0%80", REFUSED),
    ("/%EF%BD%81dmin", OTHER), ("/admin%EF%BC%8Fx", OTHER),
    # malformed escapes
    ("/%6admin", OTHER), ("/%zzadmin", REFUSED), ("/admin%", REFUSED),
    ("/admin%2", REFUSED), ("/%u0061dmin", REFUSED), ("/%%361dmin", REFUSED),
    # bytes that may not stand in a target
    ("\\admin", REFUSED), ("/\\admin", REFUSED),
    ("/public\\..\\admin", REFUSED), ("/admin\\x", REFUSED),
    ("/admin#", REFUSED), ("/public#/../admin", REFUSED),
    ("/admin\xa0", REFUSED), ("/admin\x85", REFUSED), ("/admin\x0b", REFUSED),
    ("/admin\x00", REFUSED), ("/\xe1dmin", REFUSED), ("admin", REFUSED),
    ("./admin", REFUSED), ("http:/admin", REFUSED),
    # other paths, for all
    ("/ADMIN", OTHER), ("/Admin/x", OTHER), ("/admins", OTHER),
    ("/admi", OTHER), ("/admin-x", OTHER), ("/admin.html", OTHER),
    ("/.admin", OTHER), ("/x/admin", OTHER), ("/admin+", OTHER),
    ("/%41dmin", OTHER), ("/?/admin", OTHER), ("/a%2Fb", OTHER),
    ("/100%25/admin", OTHER), ("/a%20b", OTHER), ("/a;b=c/d.", OTHER),
]


def careless_readings(path):
    """What origins may make of what they get, each with its own habits."""
    found = {path}
    for _ in range(3):
        for text in list(found):
            found.add(re.sub("%([0-9A-Fa-f]{2})",
                             lambda m: chr(int(m.group(1), 16)), text))
            found.add(text.replace("\\", "/"))
            found.add(re.sub(";[^/]*", "", text))
            found.add(re.sub("[ .]+(?=/|$)", "", text))
            found.add(re.split("[?#\0]", text)[0])
            found.add(re.sub("^//+[^/]+", "", text))
            found.add(re.sub("//+", "/", text))
    return found


def test_the_table_is_long_enough():
    assert len({target for target, _ in SPELLINGS}) == len(SPELLINGS) >= 100


def test_no_spelling_reaches_another_route(sluice, origin):
    public, protected = origin(reply(OTHER)), origin(reply(PROTECTED))
    daemon = sluice(workers=1, vhost=proxy_to(public).replace("proxy =", f"""
routes = ( {{ path = "/admin"; proxy = "{protected.url}"; }},
           {{ path = "/public"; proxy = "{public.url}"; }} );
proxy ="""))
    for target, expected in SPELLINGS:
        with daemon.client() as client:
            client.send(f"GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n"
                        .encode("latin-1"))
            answer = client.read_reply()
            if expected == REFUSED:
                client.wait_close()
        assert (answer.status if answer.status != 200 else answer.body) == \
            expected, target
    for request in public.requests:
        path = request.start.split(" ")[1].partition("?")[0]
        for reading in careless_readings(path):
            assert not re.match("/admin(/|$)", reading), request.start
    refused = [t for t, expected in SPELLINGS if expected == REFUSED]
    assert len(daemon.wait_exchanges(len(refused), end="malformed")) == \
        len(refused)
