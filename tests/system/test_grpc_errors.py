"""What a call of gRPC is answered that no origin answered, in HTTP/1.1 as well;
and that its messages wait for nobody."""

import pytest

from harness import proxy_to
from harness_origin import reply
from harness_scripts import post

GRPC = "Content-Type: application/grpc+proto"
DEAD = "http://127.0.0.1:1"
PAGES = 'errors = ( { status = 502; file = "@DIR@/page.html"; } );\n'


def call(daemon, *fields, path="/a.B/C"):
    with daemon.client() as client:
        client.send(post(path, b"\0\0\0\0\0", fields=fields or (GRPC,)))
        return client.read_reply()


def test_an_error_is_one_of_grpc_in_the_head_alone(sluice):
    answer = call(sluice(vhost=proxy_to(DEAD)))
    assert answer.status == 200
    assert answer.get("Content-Type") == "application/grpc"
    assert answer.get("grpc-status") == "14"
    assert answer.body == b""


def test_its_words_have_the_id_that_is_in_the_log(sluice):
    daemon = sluice(vhost=proxy_to(DEAD))
    words = call(daemon).get("grpc-message")
    line, = daemon.wait_exchanges(1, end="connect_failed")
    assert words.endswith(f"Request ID {line['id']}")
    assert "%" not in words and words.isprintable()
    assert line["status"] == "200"


def test_a_route_that_is_not_there_is_unimplemented(sluice, origin):
    vhost = f'host = "*";\nroutes = ( {{ path = "/x"; proxy = "{DEAD}"; }} );'
    assert call(sluice(vhost=vhost)).get("grpc-status") == "12"


def test_a_page_of_the_operators_is_not_for_grpc(sluice):
    daemon = sluice(vhost=proxy_to(DEAD) + PAGES, start=False)
    (daemon.path / "page.html").write_text("<h1>busy</h1>")
    daemon.start()
    answer = call(daemon)
    assert (answer.status, answer.body) == (200, b"")
    assert b"busy" in daemon.get("/").body


@pytest.mark.parametrize("type_", ["application/grpc-web+proto",
                                   "application/json"])
def test_others_get_a_status_of_http(sluice, type_):
    answer = call(sluice(vhost=proxy_to(DEAD)), f"Content-Type: {type_}")
    assert answer.status == 502
    assert answer.all("grpc-status") == []


def test_messages_are_passed_on_before_the_body_has_ended(sluice, origin):
    """Where another body would be gathered first."""
    arrived = []

    def script(peer):
        peer.read_head()
        arrived.append(peer.read_exactly(5))
        peer.send(reply(b"early"))

    daemon = sluice(vhost=proxy_to(origin(script)))
    with daemon.client() as client:
        client.send(post("/a.B/C", b"12345", length=10, fields=(GRPC,)))
        assert client.read_reply().body == b"early"
    assert arrived == [b"12345"]
