"""Checks by gRPC: grpc.health.v1.Health/Check, asked of a real server."""

from concurrent import futures

import grpc
import pytest

from harness import eventually
from harness_fixtures import clean_all
from harness_h2_origin import h2_to
from harness_peer import DEADLINE

SERVING, NOT_SERVING = 1, 2
CHECKED = ('health = { type = "grpc"; every = "100ms"; rise = 1; fall = 1;'
           ' %s };')


class Ward(grpc.GenericRpcHandler):
    """A server whose services are well or not; all else it answers with its
    name."""

    def __init__(self):
        self.states = {"": SERVING}
        self.asked = []
        self.metadata = []
        self.server = grpc.server(futures.ThreadPoolExecutor(4),
                                  handlers=(self,))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.url = f"http://127.0.0.1:{self.port}"
        self.server.start()

    def service(self, details):
        if details.method != "/grpc.health.v1.Health/Check":
            return None
        self.metadata.append(dict(details.invocation_metadata))
        return grpc.unary_unary_rpc_method_handler(self.check)

    def check(self, message, context):
        """HealthCheckRequest { string service = 1; }"""
        name = ""
        if message:
            assert message[0] == 0x0a
            at = 2 if message[1] < 128 else 3
            name = message[at:].decode()
            assert len(name) == message[1] & 127 | (
                message[2] << 7 if at == 3 else 0)
        self.asked.append(name)
        if name not in self.states:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return bytes([0x08, self.states[name]])

    def close(self):
        assert self.server.stop(None).wait(DEADLINE)


@pytest.fixture
def ward(no_process_left):
    made = []

    def make():
        made.append(Ward())
        return made[-1]

    yield make
    clean_all(one.close for one in made)


def state_of(daemon):
    """503 where no server is up; whatever it answers otherwise."""
    return daemon.get("/").status


def test_a_server_that_does_not_serve_is_down(sluice, ward):
    server = ward()
    daemon = sluice(vhost=h2_to(server, settings=CHECKED % ""))
    eventually(lambda: server.asked, what="a check")
    assert state_of(daemon) != 503
    server.states[""] = NOT_SERVING
    eventually(lambda: state_of(daemon) == 503, what="it to be down")
    daemon.wait_error("is down: check was not answered SERVING .1. but 2")
    server.states[""] = SERVING
    eventually(lambda: state_of(daemon) != 503, what="it to be up")
    assert set(server.asked) == {""}


@pytest.mark.parametrize("name", ["shop.Cart", "x" * 127, "x" * 128,
                                  "x" * 255])
def test_a_service_is_asked_for_by_its_name(sluice, ward, name):
    server = ward()
    server.states = {name: SERVING}
    daemon = sluice(vhost=h2_to(
        server, settings=CHECKED % f'service = "{name}";'))
    eventually(lambda: len(server.asked) >= 2, what="checks")
    assert set(server.asked) == {name}
    assert state_of(daemon) != 503


def test_a_service_that_is_not_known_is_down(sluice, ward):
    server = ward()
    daemon = sluice(vhost=h2_to(
        server, settings=CHECKED % 'service = "a.B";'))
    eventually(lambda: state_of(daemon) == 503, what="it to be down")
    daemon.wait_error("is down: check got grpc-status 5")


def test_a_server_without_the_service_of_checks_is_down(
        sluice, h2_origin):
    behind = h2_origin(lambda stream: stream.head(
        200, [("content-type", "application/grpc"), ("grpc-status", "12")],
        end=True))
    daemon = sluice(vhost=h2_to(behind, settings=CHECKED % ""))
    eventually(lambda: state_of(daemon) == 503, what="it to be down")
    daemon.wait_error("is down: check got grpc-status 12")


@pytest.mark.parametrize("status", [404, 503])
def test_a_server_of_something_else_is_down(sluice, h2_origin, status):
    behind = h2_origin(lambda stream: stream.answer(status, b"no"))
    daemon = sluice(vhost=h2_to(behind, settings=CHECKED % ""))
    eventually(lambda: state_of(daemon) == 503, what="it to be down")
    daemon.wait_error(f"is down: check got status {status}")


def test_fields_of_the_operator_are_metadata(sluice, ward):
    server = ward()
    sluice(vhost=h2_to(server, settings=CHECKED %
                       'headers = { X-Token = "abc"; };'))
    eventually(lambda: server.metadata, what="a check")
    assert server.metadata[0]["x-token"] == "abc"
    assert server.metadata[0]["user-agent"].startswith("sluice-health")
