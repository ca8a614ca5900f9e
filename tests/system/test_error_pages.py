"""Our own answers: for people, for programs, and the operator's own."""

import json
import re

import pytest

from harness import UNBUFFERED, StartFailed, eventually, proxy_to
from harness_origin import reply
from harness_processes import free_port
from harness_scripts import get, pattern, post

BROWSER = ("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
           "*/*;q=0.8")
WORDS = "The site did not give a proper answer. Please try again in a moment."
DATE = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"


def nowhere(more=""):
    return proxy_to(f"http://127.0.0.1:{free_port()}") + more


def test_plain_text_byte_by_byte(sluice):
    daemon = sluice(vhost=nowhere(), workers=1)
    answer = daemon.get()
    line, = daemon.wait_exchanges(1)
    body = f"502 Bad Gateway\n\n{WORDS}\n\nRequest ID: {line['id']}\n"
    assert answer.body.decode() == body
    assert re.fullmatch(
        "HTTP/1.1 502 Bad Gateway\r\n"
        f"Date: {DATE}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Retry-After: 5\r\n\r\n", answer.head.decode())
    assert line["bytes"] == str(len(body))


def test_json_is_a_problem_of_rfc_9457(sluice):
    daemon = sluice(vhost=nowhere(), workers=1)
    for accept in ("application/json", "application/problem+json",
                   "application/json, text/plain, */*"):
        answer = daemon.get(fields=[f"Accept: {accept}"])
        assert answer.get("Content-Type") == "application/problem+json"
        problem = json.loads(answer.body)
        assert list(problem) == ["title", "status", "detail", "request_id"]
        assert (problem["title"], problem["status"], problem["detail"]) == \
            ("Bad Gateway", 502, WORDS)
    ids = [line["id"] for line in daemon.wait_exchanges(3)]
    assert problem["request_id"] in ids and len(set(ids)) == 3


def test_browsers_get_a_page(sluice):
    daemon = sluice(vhost=nowhere(), workers=1)
    answer = daemon.get(fields=[BROWSER])
    line, = daemon.wait_exchanges(1)
    assert answer.get("Content-Type") == "text/html; charset=utf-8"
    page = answer.body.decode()
    assert page.startswith("<!DOCTYPE html>\n<html lang=\"en\">\n")
    assert page.endswith("</html>\n")
    for text in ("<title>502 Bad Gateway</title>", f"<p>{WORDS}</p>",
                 f"<code>{line['id']}</code>"):
        assert text in page
    assert not re.search(r"https?://|src=|url\(|<script", page)


@pytest.mark.parametrize("accept", [
    None, "*/*", "text/plain", "image/png", "text/html;q=0, text/plain",
    "image/avif,image/webp,*/*;q=0.8"])
def test_all_others_get_plain_text(sluice, accept):
    daemon = sluice(vhost=nowhere(), workers=1)
    answer = daemon.get(fields=[f"Accept: {accept}"] if accept else [])
    assert answer.get("Content-Type") == "text/plain; charset=utf-8"


def test_head_has_the_same_head_and_no_body(sluice):
    daemon = sluice(vhost=nowhere(), workers=1)
    with daemon.client() as client:
        for accept in ("*/*", "text/html", "application/json"):
            field = [f"Accept: {accept}"]
            full = client.get(fields=field)
            bare = client.get(method="HEAD", fields=field)
            assert [f for f in bare.fields if f[0] != "Date"] == \
                [f for f in full.fields if f[0] != "Date"]
    lines = daemon.wait_exchanges(6)
    assert [line["bytes"] == "0" for line in lines] == [False, True] * 3


def test_no_name_of_ours_is_told(sluice):
    daemon = sluice(vhost=nowhere(), workers=1)
    for accept in ("*/*", "text/html", "application/json"):
        answer = daemon.get(fields=[f"Accept: {accept}"])
        assert b"sluice" not in (answer.head + answer.body).lower()
        assert b"127.0.0.1" not in answer.head + answer.body
        assert not answer.all("Server") and not answer.all("Via")


def test_fields_that_belong_to_a_status(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"x")), host="here"),
                    workers=1)
    with daemon.client() as client:
        client.send(get(host="here").replace(b"GET", b"TRACE"))
        answer = client.read_reply()
        assert (answer.status, answer.get("Allow")) == \
            (405, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        assert client.get(host="elsewhere").status == 421
        client.send(b"GET / HTTP/1.1\r\nHost : here\r\n\r\n")
        answer = client.read_reply()
        assert (answer.status, answer.get("Connection")) == (400, "close")
        client.wait_close()


def test_the_id_is_that_of_the_log_and_of_a_trusted_peer(sluice):
    daemon = sluice(vhost=nowhere(), workers=1,
                    conf='trusted_proxies = "127.0.0.1";\n')
    answer = daemon.get(fields=["X-Request-Id: from-before.42"])
    assert answer.body.endswith(b"Request ID: from-before.42\n")
    answer = daemon.get(fields=["X-Request-Id: <b>\"{"])
    assert b"<b>" not in answer.body


# ---- errors ----


def write(daemon, name, text):
    path = daemon.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)


def with_errors(sluice, errors, files=(), to=None, conf=""):
    """A daemon with that list, and files beside its vhosts."""
    target = to.url if to else f"http://127.0.0.1:{free_port()}"
    daemon = sluice(vhost=proxy_to(target) + f"errors = ( {errors} );\n",
                    conf=conf, workers=1, start=False)
    for name, text in dict(files).items():
        write(daemon, f"pages/{name}", text)
    return daemon.start()


def test_files_take_the_place_of_our_pages(sluice):
    daemon = with_errors(
        sluice, '{ status = [ 400, 502 ]; file = "../pages/busy.html"; '
        'retry_after = "90s"; }',
        {"busy.html": b"<h1>Busy \xc3\xa4</h1>"})
    answer = daemon.get(fields=["Accept: application/json"])
    assert (answer.status, answer.body) == (502, b"<h1>Busy \xc3\xa4</h1>")
    assert answer.get("Content-Type") == "text/html; charset=utf-8"
    assert answer.get("Retry-After") == "90"
    assert answer.get("Cache-Control") == "no-store"
    with daemon.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n")
        answer = client.read_reply()
    assert (answer.status, answer.body[:5]) == (400, b"400 B")
    assert answer.get("Retry-After") is None, \
        "nothing of a vhost holds for a request that was not understood"


def test_files_say_by_their_names_what_they_are(sluice):
    for name, kind in (("a.json", "application/json"),
                       ("a.txt", "text/plain; charset=utf-8"),
                       ("a.htm", "text/html; charset=utf-8")):
        daemon = with_errors(
            sluice, f'{{ status = "500-599"; file = "../pages/{name}"; }}',
            {name: b"x"})
        assert daemon.get().get("Content-Type") == kind


def test_variables_of_files_are_filled_in(sluice):
    text = b"${status}|${reason}|${message}|${request_id}|${x}|$|${status"
    daemon = with_errors(sluice, '{ status = 502; file = "../pages/a.txt"; }',
                         {"a.txt": text})
    answer = daemon.get()
    line, = daemon.wait_exchanges(1)
    assert answer.body.decode() == \
        f"502|Bad Gateway|{WORDS}|{line['id']}|${{x}}|$|${{status"


def test_large_and_empty_files(sluice):
    large = b"x" * (1024 * 1024)
    daemon = with_errors(
        sluice, '{ status = 502; file = "../pages/a.txt"; }',
        {"a.txt": large})
    assert daemon.get().body == large
    daemon = with_errors(
        sluice, '{ status = 502; file = "../pages/a.txt"; }', {"a.txt": b""})
    answer = daemon.get()
    assert (answer.status, answer.body) == (502, b"")


def test_the_first_entry_with_the_status_is_taken(sluice):
    daemon = with_errors(
        sluice, '{ status = 503; file = "../pages/a.txt"; }, '
        '{ status = "502-504"; file = "../pages/b.txt"; }, '
        '{ status = 502; file = "../pages/a.txt"; }',
        {"a.txt": b"a", "b.txt": b"b"})
    assert daemon.get().body == b"b"


def test_a_file_is_read_again_at_a_reload(sluice):
    daemon = with_errors(sluice, '{ status = 502; file = "../pages/a.txt"; }',
                         {"a.txt": b"old"})
    write(daemon, "pages/a.txt", b"new")
    assert daemon.get().body == b"old"
    assert daemon.ctl("reload").returncode == 0
    assert daemon.get().body == b"new"


@pytest.mark.parametrize("text, message", [
    (None, "cannot be read: No such file"),
    (b"x" * (1024 * 1024 + 1), "cannot be read: it is larger than 1 MiB"),
    (b"${status}" * 34, "holds more than 16 variables"),
], ids=["missing", "too large", "too many variables"])
def test_a_file_that_cannot_be_served_is_said_at_the_start(sluice, text,
                                                           message):
    with pytest.raises(StartFailed, match=message):
        with_errors(sluice, '{ status = 502; file = "../pages/a.txt"; }',
                    {"a.txt": text} if text else {})


def test_errors_of_origins_pass_unless_an_entry_says_so(sluice, origin):
    fields = ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "X-A: b"]
    behind = origin(reply(b"theirs", "404 Not Found", fields))
    entry = '{ status = 404; file = "../pages/a.txt"; %s }'
    files = {"a.txt": b"ours"}
    daemon = with_errors(sluice, entry % "", files, to=behind)
    answer = daemon.get()
    assert (answer.body, answer.get("X-A")) == (b"theirs", "b")
    daemon = with_errors(sluice, entry % "origin = true;", files, to=behind)
    answer = daemon.get()
    assert (answer.status, answer.body, answer.get("X-A")) == \
        (404, b"ours", None)
    assert daemon.get("/", method="HEAD").get("Content-Length") == "4"
    line = daemon.wait_exchanges(2)[0]
    assert (line["status"], line["end"]) == ("404", "done")


def test_what_an_error_is_not_whole_without_stays(sluice, origin):
    behind = origin(reply(b"theirs", "401 Unauthorized", [
        "WWW-Authenticate: Basic realm=\"a\"", "WWW-Authenticate: Digest b",
        "Retry-After: 7", "Set-Cookie: a=b"]))
    daemon = with_errors(sluice, '{ status = 401; origin = true; }',
                         to=behind)
    answer = daemon.get()
    assert answer.all("WWW-Authenticate") == ["Basic realm=\"a\"", "Digest b"]
    assert answer.get("Retry-After") == "7"
    assert answer.get("Set-Cookie") is None
    assert answer.body.startswith(b"401 Error\n\nThe request could not be")


def test_the_connection_to_an_origin_outlives_its_error(sluice, origin):
    behind = origin(reply(b"theirs", "500 Oh"))
    daemon = with_errors(sluice, '{ status = 500; origin = true; }',
                         to=behind)
    with daemon.client() as client:
        for _ in range(3):
            assert client.get().body.startswith(b"500 Internal")
    assert len(behind.peers) == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_page_instead_of_an_early_error_does_not_wait(sluice, origin,
                                                        framing):
    """The origin has answered and reads on; the client hears it at once, and
    may send the rest or leave."""
    def script(peer):
        head = peer.read_head()
        peer.send(reply(b"theirs", "503 Busy"))
        peer.requests.append(peer.read_body(head, to_close=False))

    behind = origin(script)
    daemon = with_errors(sluice, '{ status = 503; origin = true; }',
                         to=behind, conf=UNBUFFERED)
    request = post("/", pattern(50_000), length=50_000) \
        if framing == "length" else post("/", pattern(49_000), b"1" * 1000)
    with daemon.client() as client:
        client.send(request[:1000])
        answer = client.read_reply()
        assert answer.status == 503 and b"theirs" not in answer.body
        assert answer.tokens("Connection") == ["close"]
        client.send(request[1000:])
        client.wait_close()
    line, = daemon.wait_exchanges(1)
    assert (line["status"], line["end"]) == ("503", "done")
    eventually(lambda: [len(r.body) for r in behind.requests] == [50_000],
               what="the origin to have the whole body")


def test_a_client_may_leave_with_the_page_instead_of_an_early_error(sluice,
                                                                    origin):
    def script(peer):
        peer.read_head()
        peer.send(reply(b"theirs", "503 Busy"))
        peer.read_to_close()

    daemon = with_errors(sluice, '{ status = 503; origin = true; }',
                         to=origin(script), conf=UNBUFFERED)
    for _ in range(2):
        with daemon.client() as client:
            client.send(post("/", pattern(1000), length=50_000))
            assert client.read_reply().status == 503
    for line in daemon.wait_exchanges(2):
        assert (line["status"], line["end"]) == ("503", "client_closed")


def test_an_unread_error_of_an_origin_is_cut(sluice, origin):
    def script(peer):
        peer.requests.append(peer.read_request())
        peer.send(b"HTTP/1.1 500 Oh\r\nContent-Length: 1000000\r\n\r\nabc")
        peer.wait_close()

    behind = origin(script)
    daemon = with_errors(sluice, '{ status = 500; origin = true; }',
                         to=behind)
    with daemon.client() as client:
        for _ in range(2):
            assert client.get().status == 500
        client.send(post("/", b"abc"))
        assert client.read_reply().status == 500
    assert len(behind.peers) == 3
