"""What some methods and fields ask of a proxy itself: OPTIONS, TRACE, CONNECT,
Max-Forwards, Expect; and versions."""

import threading

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import chunked_reply, get, post, tell

ALLOW = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def options(target, *fields, version="1.1", host="localhost"):
    return get(target, *fields, version=version, host=host).replace(
        b"GET ", b"OPTIONS ", 1)


# ---- what ends here ----


@pytest.mark.parametrize("target", ["*", "http://localhost",
                                    "HTTP://LOCALHOST"])
def test_options_for_the_server_is_answered_by_us(sluice, origin, target):
    """As often as it is asked, on one connection."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        for _ in range(2):
            client.send(options(target))
            answer = client.read_reply()
            assert (answer.status, answer.get("Allow")) == (204, ALLOW)
            assert answer.all("Content-Length") == []
            assert answer.all("Transfer-Encoding") == []
            assert answer.all("Connection") == []
            assert answer.get("Date")
        assert client.get("/next").body.startswith(b"/next ")
    assert len(behind.requests) == 1
    line = daemon.wait_exchanges(3)[0]
    assert (line["status"], line["end"], line["bytes"]) == ("204", "done", "0")


def test_options_for_the_server_of_an_unknown_host_is_421(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell), host="known"), workers=1)
    with daemon.client() as client:
        client.send(options("*", host="unknown") + options("*", host="known"))
        assert client.read_reply().status == 421
        assert client.read_reply().status == 204


def test_options_for_the_server_may_have_a_body(sluice, origin):
    """Which nobody reads: it is passed by when all of it is there."""
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        client.send(options("*", "Content-Length: 3") + b"abc" + get("/next"))
        answer = client.read_reply()
        assert (answer.status, answer.tokens("Connection")) == (204, [])
        assert client.read_reply().body.startswith(b"/next ")


def test_options_for_the_server_do_not_wait_for_their_body(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(options("*", "Content-Length: 3"))
        answer = client.read_reply()
        assert (answer.status, answer.tokens("Connection")) == (204, ["close"])
        client.send(b"abc" + get())
        client.wait_close()
    assert behind.requests == []


def test_options_for_the_server_bear_the_operators_fields(sluice, origin):
    rules = 'headers = { response = { set = { X-Site = "a"; }; }; };\n'
    daemon = sluice(vhost=proxy_to(origin(tell)) + rules, workers=1)
    with daemon.client() as client:
        client.send(options("*"))
        assert client.read_reply().get("X-Site") == "a"


def test_options_in_http_1_0(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)), workers=1)
    with daemon.client() as client:
        client.send(options("*", "Connection: keep-alive", version="1.0"))
        answer = client.read_reply()
        assert (answer.status, answer.tokens("Connection")) == (
            204, ["keep-alive"])
        client.send(options("*", version="1.0"))
        assert client.read_reply().tokens("Connection") == ["close"]
        client.wait_close()


@pytest.mark.parametrize("target", ["/", "/a?b", "http://localhost/"])
def test_options_for_a_path_are_the_origins(sluice, origin, target):
    behind = origin(reply(b"", fields=["Allow: GET, BREW"]))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(options(target))
        assert client.read_reply().get("Allow") == "GET, BREW"
    assert behind.requests[0].start.startswith("OPTIONS /")


@pytest.mark.parametrize("start", ["TRACE / HTTP/1.1",
                                   "CONNECT localhost:80 HTTP/1.1"])
def test_refused_methods_tell_which_are_not(sluice, origin, start):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    host = "localhost:80" if "CONNECT" in start else "localhost"
    with daemon.client() as client:
        client.send(f"{start}\r\nHost: {host}\r\n\r\n".encode())
        answer = client.read_reply()
        assert (answer.status, answer.get("Allow")) == (405, ALLOW)
        assert client.get().status == 200
    line = daemon.wait_exchanges(2)[0]
    assert (line["status"], line["end"]) == ("405", "method_refused")
    assert len(behind.requests) == 1


# ---- Max-Forwards ----


@pytest.mark.parametrize("sent, forwarded", [
    ("1", "0"), ("10", "9"), ("007", "6"), ("4294967295", "4294967294"),
    ("4294967296", "4294967294"), ("9" * 40, "4294967294")])
def test_max_forwards_of_options_is_one_less(sluice, origin, sent, forwarded):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(options("/", "X-A: b", f"Max-Forwards:{sent}", "X-C: d"))
        assert client.read_reply().status == 200
    request, = behind.requests
    assert request.all("Max-Forwards") == [forwarded]
    assert (request.get("X-A"), request.get("X-C")) == ("b", "d")


@pytest.mark.parametrize("zero", ["0", "000"])
def test_options_with_no_forwards_left_are_answered_by_us(sluice, origin,
                                                          zero):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(options("/a", f"Max-Forwards: {zero}"))
        answer = client.read_reply()
        assert (answer.status, answer.get("Allow")) == (204, ALLOW)
    assert behind.requests == []


@pytest.mark.parametrize("value", ["", "-1", "+1", "1.0", "1 1", "1,1", "0x1",
                                   "one", "\xb2"])
def test_malformed_max_forwards_of_options_are_refused(sluice, origin, value):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(options("/").replace(
            b"\r\n\r\n",
            f"\r\nMax-Forwards: {value}\r\n\r\n".encode("latin-1")))
        assert client.read_reply().status == 400
    line, = daemon.wait_exchanges(1)
    assert line["end"] == "malformed"
    assert line["fault"] in ("max_forwards", "singleton")
    assert behind.requests == []


@pytest.mark.parametrize("value", ["0", "5", "many"])
def test_max_forwards_of_other_methods_mean_nothing(sluice, origin, value):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    assert daemon.get(fields=[f"Max-Forwards: {value}"]).status == 200
    assert behind.requests[0].get("Max-Forwards") == value


# ---- methods ----


@pytest.mark.parametrize("method", ["PROPFIND", "QUERY", "PATCH", "PURGE",
                                    "M-SEARCH", "X!#$%&'*+-.^_`|~9"])
def test_unknown_methods_arrive_as_they_are(sluice, origin, method):
    """With and without a body, and both keep the connection."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        assert client.get("/a", method=method).body.startswith(b"/a 0 ")
        assert client.get("/b", method=method,
                          body=b"abc").body.startswith(b"/b 3 ")
    assert [r.start for r in behind.requests] == [
        f"{method} /a HTTP/1.1", f"{method} /b HTTP/1.1"]


# ---- expectations ----


@pytest.mark.parametrize("value", ["200-ok", "100-continue-please", "x=y",
                                   "100-continue, x"])
def test_other_expectations_are_417(sluice, origin, value):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(post("/", b"abc", fields=[f"Expect: {value}"]))
        assert client.read_reply().status == 417
    line, = daemon.wait_exchanges(1)
    assert (line["end"], line["fault"]) == ("malformed", "expect_unknown")
    assert behind.requests == []


def test_the_expectation_of_http_1_0_is_ignored(sluice, origin):
    """And goes no further: its sender would not understand the answer."""
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"POST / HTTP/1.0\r\nHost: localhost\r\n"
                    b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
        assert client.read_head().status == 200
    assert behind.requests[0].all("Expect") == []


def test_a_request_without_a_body_expects_nothing(sluice, origin):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    interim = []
    with daemon.client() as client:
        client.request(fields=["Expect: 100-continue"])
        assert client.read_reply(interim=interim).status == 200
    assert interim == []
    assert behind.requests[0].all("Expect") == []


# ---- versions ----


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.9"])
def test_requests_to_origins_are_always_1_1(sluice, origin, version):
    behind = origin(tell)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/a", version=version))
        assert client.read_head().start.startswith("HTTP/1.1 200")
    assert behind.requests[0].start == "GET /a HTTP/1.1"
    assert behind.requests[0].all("Connection") == []


@pytest.mark.parametrize("data, body", [
    (b"HTTP/1.0 200 OK\r\n\r\nto the close", b"to the close"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    (b"HTTP/1.1 200 OK\r\n\r\nto the close", b"to the close"),
    (chunked_reply(b"in ", b"chunks"), b"in chunks")])
@pytest.mark.parametrize("client_version", ["1.0", "1.1"])
def test_replies_of_both_versions_to_clients_of_both(sluice, origin, data,
                                                     body, client_version):
    def script(peer):
        peer.read_head()
        peer.send(data)
        peer.shutdown()

    daemon = sluice(vhost=proxy_to(origin(script)), workers=1)
    with daemon.client() as client:
        client.send(get("/", version=client_version))
        answer = client.read_reply()
        assert (answer.start, answer.body) == ("HTTP/1.1 200 OK", body)
        chunks = answer.tokens("Transfer-Encoding")
        if b"Content-Length" in data:
            assert answer.get("Content-Length") == "5"
        else:
            assert chunks == (["chunked"] if client_version == "1.1" else [])
        if client_version == "1.0":
            assert answer.tokens("Connection") == ["close"]


def test_a_kept_alive_client_of_1_0_is_closed_by_a_reply_of_no_length(
        sluice, origin):
    """Nothing but the close can end it."""
    behind = origin(chunked_reply(b"abc"))
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        client.send(get("/", "Connection: keep-alive", version="1.0") * 2)
        answer = client.read_head()
        assert answer.tokens("Connection") == ["close"]
        assert client.read_to_close() == b"abc"
    assert len(behind.requests) == 1


# ---- replies without a body ----


@pytest.mark.parametrize("data, body", [
    (b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", b""),
    (b"HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"0\r\n\r\n", b"0\r\n\r\n")])
def test_205_is_framed_as_the_origin_framed_it(sluice, origin, data, body):
    """RFC 9112, 6.3 makes no exception for it."""
    daemon = sluice(vhost=proxy_to(origin(data)), workers=1)
    with daemon.client() as client:
        client.send(get("/", "Connection: close"))
        assert client.read_head().status == 205
        assert client.read_to_close() == body


@pytest.mark.parametrize("when", ["in one segment", "later"])
def test_an_origin_that_sends_a_body_to_head_is_left(sluice, origin, when):
    """Whoever reads it takes it for the next reply: the connection ends, and
    the next request gets its own."""
    sent = threading.Event()

    def script(peer):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        if peer.read_head().start.startswith("GET"):
            peer.send(head + b"the right")
        elif when == "later":
            peer.send(head)
            peer.send(b"the wrong")
        else:
            peer.send(head + b"the wrong")
        sent.set()
        peer.wait_close()

    behind = origin(script)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    with daemon.client() as client:
        answer = client.get(method="HEAD")
        assert (answer.status, answer.get("Content-Length")) == (200, "9")
        assert sent.wait(10)
        assert client.get().body == b"the right"
    assert len(behind.peers) == 2
