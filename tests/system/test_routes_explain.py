"""sluicectl route: what would become of a request, and why."""

import os
import signal
import subprocess
import threading
import time

import pytest

from harness import BUILD, eventually
from harness_origin import reply
from harness_scripts import counters

VHOST = """host = [ "www.test", "old.test", "*.sub.test" ];
canonical = "www.test";
pools = { web = { servers = [ "http://127.0.0.1:3001/base",
                              "http://127.0.0.1:3002" ]; }; };
rewrite = ( { match = "^/old/(.*)$"; to = "/api/${1}?o=1"; },
            { match = "^/away"; redirect = 302; to = "https://a.test/"; },
            { match = "^/up"; to = "/../x"; } );
routes = (
  { path = "/"; pool = "web"; },
  { path = "/api"; pool = "web"; strip = true; send_host = "server"; },
  { path = "/api"; method = "POST"; header = "X-Env=test"; pool = "web"; },
  { path_exact = "/health"; respond = "ok"; },
  { path = "/gone"; redirect = "/new${path_rest}"; },
  { path_regex = "^/p/([0-9]+)$"; pool = "web"; rewrite = "/n/${1}"; },
  { path = "/net"; from = "10.0.0.0/8"; respond = { status = 204; }; } );
"""
OTHER = 'host = "other.test";\nroutes = ( { path = "/x"; ' \
        'respond = "x"; } );\n'

LISTENER = "listener  127.0.0.1:@PORT@\n"
MAIN = LISTENER + "vhost     www.test  (@DIR@/vhosts.d/main.conf:1)\n"


def losers(winner, **why):
    """The lines for the routes of VHOST but line WINNER."""
    lines = {9: "/", 10: "/api", 11: "/api", 12: "/health", 13: "/gone",
             14: "^/p/([0-9]+)$", 15: "/net"}
    usual = {9: "the other path is longer", 14: "the pattern does not match"}
    return "".join(
        f"  not {path}: "
        f"{why.get(f'at{line}', usual.get(line, 'another path'))}"
        f"  (@DIR@/vhosts.d/main.conf:{line})\n"
        for line, path in lines.items() if line != winner)


def route(path, line, more=""):
    return f"route     {path}{more}  (@DIR@/vhosts.d/main.conf:{line})\n"


def pool(target, method="GET", host="www.test", base="/base"):
    return "pool      web\n" + "".join(
        f"forwards  {method} {prefix}{target} to 127.0.0.1:{port}, "
        f"Host: {host or f'127.0.0.1:{port}'}\n"
        for prefix, port in ((base, 3001), ("", 3002)))


@pytest.fixture
def asked(sluice):
    daemon = sluice(workers=1, vhosts={"main": VHOST, "other": OTHER})

    def ask(*args):
        done = daemon.ctl("route", *args)
        return done.returncode, (done.stdout + done.stderr).replace(
            str(daemon.path), "@DIR@").replace(str(daemon.port), "@PORT@")
    ask.daemon = daemon
    return ask


@pytest.mark.parametrize("args, told", [
    (["http://www.test/x?y=1"],
     MAIN + route("/", 9) + losers(9) + pool("/x?y=1")),
    (["http://www.test"],
     MAIN + route("/", 9) + losers(9) + pool("/")),
    (["http://www.test?q"],
     MAIN + route("/", 9) + losers(9) + pool("/?q")),
    (["https://www.test/api/users"],
     MAIN + route("/api", 10) + losers(10, at11="needs method POST") +
     "strip     /api/users -> /users\n" + pool("/users", host=None)),
    (["-X", "POST", "http://www.test/api/a", "-H", "X-Env: test"],
     MAIN + route("/api", 11) +
     losers(11, at10="the other one has more conditions") +
     pool("/api/a", "POST")),
    (["-X", "POST", "http://www.test/api/a"],
     MAIN + route("/api", 10) +
     losers(10, at11="needs header X-Env=test") +
     "strip     /api/a -> /a\n" + pool("/a", "POST", host=None)),
    (["http://www.test/old/a?b=c"],
     MAIN + "rewrite   /old/a -> /api/a?o=1"
     "  (@DIR@/vhosts.d/main.conf:5)\n" + route("/api", 10) +
     losers(10, at11="needs method POST") +
     "strip     /api/a -> /a?o=1\n" + pool("/a?o=1", host=None)),
    (["http://www.test/away/x"],
     MAIN + "rewrite   by a rule that sends the client away"
     "  (@DIR@/vhosts.d/main.conf:6)\n"
     "answer    HTTP/1.1 302 Found\nanswer    Location: https://a.test/\n"),
    (["http://www.test/up"],
     MAIN + "rewrite   /up -> /../x  (@DIR@/vhosts.d/main.conf:7)\n"
     "answer    400, end=malformed (the path climbs above the root)\n"),
    (["http://www.test/health"],
     MAIN + route("/health", 12, " exactly") +
     losers(12, at9="the other path fits exactly") +
     "answer    HTTP/1.1 200 OK\n"),
    (["http://www.test/gone/a?b"],
     MAIN + route("/gone", 13) + losers(13) +
     "answer    HTTP/1.1 308 Permanent Redirect\n"
     "answer    Location: /new/a?b\n"),
    (["http://www.test/p/42"],
     MAIN + route("^/p/([0-9]+)$", 14) +
     losers(14, at9="patterns are tried before the path /") +
     "rewrite   /p/42 -> /n/42  (@DIR@/vhosts.d/main.conf:14)\n" +
     pool("/n/42")),
    (["http://www.test/net", "--from", "10.1.2.3"],
     MAIN + route("/net", 15) + losers(15) +
     "answer    HTTP/1.1 204 No Content\n"),
    (["http://www.test/net", "--from", "::1"],
     MAIN + route("/", 9) + losers(9, at15="needs from") + pool("/net")),
    (["http://old.test:81/a"],
     MAIN + "answer    HTTP/1.1 308 Permanent Redirect\n"
     "answer    Location: http://www.test:81/a\n"),
    (["http://none.test/"],
     LISTENER + "vhost     none: no vhost there has \"none.test\": it is "
     "answered 421\nanswer    421, end=unknown_host\n"),
    (["http://other.test/y"],
     LISTENER + "vhost     other.test  (@DIR@/vhosts.d/other.conf:1)\n"
     "  not /x: another path  (@DIR@/vhosts.d/other.conf:2)\n"
     "answer    404, end=no_route\n"),
    (["http://www.test/%zz"],
     "answer    400: the path holds a malformed or forbidden % escape\n"),
    (["http://www.test/a b"],
     "answer    400: the HTTP version is malformed\n"),
    (["http://www.test/\x80\u202e"],
     "answer    400: the request target holds a byte that it may not hold\n"),
    (["http://www.test/#x"],
     "answer    400: the request target holds a byte that it may not hold\n"),
    (["http://u@www.test/"], "answer    400: the Host is malformed\n"),
    (["http://www.test:99999/"], "answer    400: the Host is malformed\n"),
    (["http://www.test/", "-X", "get"],
     "answer    400: the method is a known one in letters of other case\n"),
    (["http://www.test/", "-H", "Host: a"],
     "answer    400: there is more than one Host\n"),
    (["http://www.test/", "-H", "nonsense"],
     "answer    400: a field name is empty or not a token\n"),
    (["http://www.test/admin%2Fx/../..%2fapi"],
     "answer    400: the path would mean another one if decoded twice\n"),
    (["http://www.test/api%2Fx"],
     MAIN + route("/", 9) +
     "answer    400, end=malformed (lenient readers may find another route "
     "in the path)\n")])
def test_the_answer_is_what_a_request_would_meet(asked, args, told):
    code, text = asked(*args)
    assert text == told
    assert code == 0


@pytest.mark.parametrize("args, code, told", [
    ([], 2, "one URL, please"), (["http://a", "http://b"], 2, "one URL"),
    (["www.test/"], 2, "the URL needs its scheme: http://www.test/"),
    (["http://a/\nstop"], 2, "the URL needs"),
    (["http://a/\tx"], 2, "the URL needs"),
    (["http://a/", "-H", "A: b\r\nX: y"], 2, "that can't be asked"),
    (["http://a/", "-X", "G\tX"], 2, "that can't be asked"),
    (["http://a/", "--from", "nobody"], 1, "--from is not an address"),
    (["http://a/", "--from", ""], 1, "--from is not an address"),
    (["ftp://a/"], 1, "a URL is missing"), (["http://"], 1, "a URL is"),
    (["http:///x"], 1, "a URL is missing"),
    (["http://a/" + "x" * 9000], 2, "the question is too long"),
    (["http://a/", "-H", "A: " + "x" * 9000], 2, "the question is too long")])
def test_questions_that_are_none(asked, args, code, told):
    got, text = asked(*args)
    assert got == code and told in text
    assert asked("http://www.test/health")[0] == 0


def test_long_questions_are_answered(asked):
    code, text = asked("http://www.test/" + "x" * 7000)
    assert code == 0 and f"/{'x' * 7000} to 127.0.0.1:3002" in text
    fields = [word for n in range(99)
              for word in ("-H", f"X-{n}: {'y' * 50}")]
    code, text = asked("http://www.test/", *fields)
    assert code == 0 and "route     /  " in text
    code, text = asked("http://www.test/", *fields, "-H", "a: b")
    assert code == 0 and "more fields than limits.fields" in text


def test_nothing_is_sent_counted_or_logged(sluice, origin):
    behind = origin(reply(b"x"))
    daemon = sluice(workers=1, vhost=f'host = "*"; proxy = "{behind.url}";\n')
    for _ in range(20):
        assert daemon.ctl("route", "http://a.test/x").returncode == 0
    assert behind.peers == [] and counters(daemon)["requests"] == 0
    assert daemon.get().status == 200
    assert len(daemon.wait_exchanges(1)) == 1


def test_a_long_answer_arrives_as_a_whole(sluice):
    routes = ", ".join(f'{{ path = "/{"x" * 9000}{n}"; respond = "x"; }}'
                       for n in range(100))
    daemon = sluice(workers=1, vhost=f'host = "*"; routes = ( {routes} );\n')
    done = daemon.ctl("route", "http://a.test/")
    assert done.returncode == 0 and len(done.stdout) > 50 * 9000
    assert done.stdout.endswith("and 50 routes more\n"
                                "answer    404, end=no_route\n")


def test_a_worker_that_stands_still_is_not_waited_for(sluice):
    daemon = sluice(workers=1, vhosts={"main": VHOST})
    worker, = daemon.workers()
    os.kill(worker, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        done = daemon.ctl("route", "http://www.test/")
        assert 1.5 < time.monotonic() - begun < 5
        assert done.returncode == 1
        assert done.stderr == "error: the worker did not answer\n"
        assert daemon.ctl("status").returncode == 0
    finally:
        os.kill(worker, signal.SIGCONT)
    assert eventually(lambda: daemon.ctl(
        "route", "http://www.test/health").returncode == 0)
    assert daemon.workers() == [worker]


def test_another_worker_is_asked_then(sluice):
    daemon = sluice(workers=2, vhosts={"main": VHOST})
    first, _ = daemon.workers()
    os.kill(first, signal.SIGSTOP)
    try:
        codes = [daemon.ctl("route", "http://www.test/health").returncode
                 for _ in range(4)]
        assert codes.count(1) <= 1 and codes[-1] == 0
    finally:
        os.kill(first, signal.SIGCONT)


def test_a_worker_that_dies_meanwhile_is_an_answer(sluice):
    daemon = sluice(workers=1, vhosts={"main": VHOST}, crash=True)
    worker, = daemon.workers()
    os.kill(worker, signal.SIGSTOP)
    asking = subprocess.Popen(
        [str(BUILD / "sluicectl"), "-s", str(daemon.socket), "route",
         "http://www.test/"], stderr=subprocess.PIPE, text=True)
    eventually(lambda: "sluice-question" in "".join(
        os.readlink(entry.path) for entry in
        os.scandir(f"/proc/{daemon.pid}/fd")), what="the question")
    os.kill(worker, signal.SIGKILL)
    assert asking.communicate(timeout=30)[1] == \
        "error: the worker ended meanwhile\n"
    assert asking.returncode == 1
    assert eventually(lambda: daemon.ctl(
        "route", "http://www.test/health").returncode == 0)


def test_many_may_ask_at_once(sluice):
    daemon = sluice(workers=2, vhosts={"main": VHOST})
    answers = []

    def ask():
        for _ in range(5):
            done = daemon.ctl("route", "http://www.test/health")
            answers.append((done.returncode, done.stdout[-20:], done.stderr))
    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 120
    good = [one for one in answers if one[0] == 0]
    assert len(good) > 60
    assert all(one[1].endswith("HTTP/1.1 200 OK\n") for one in good)
    assert all("too many are asking" in one[2] for one in answers
               if one[0] != 0)
    assert len(daemon.workers()) == 2
