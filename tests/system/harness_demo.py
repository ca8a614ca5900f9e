"""harness_demo.py - the demonstration of `make run`, for its clients."""

import re

import pytest

from harness import eventually
from harness_logs import parse_logfmt
from test_run import Demonstration, run


@pytest.fixture
def demo(workdir):
    """The demonstration, running: .port, .url."""
    one = Demonstration(workdir)
    text = one.start(run(one))
    one.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", text).group(1))
    one.url = f"http://127.0.0.1:{one.port}"
    yield one
    one.popen.terminate()
    assert one.wait() == 0


def lines(demo, count):
    """The access log, as soon as there are COUNT lines."""
    log = demo.folder / "run/access.log"
    eventually(lambda: log.exists() and
               log.read_text().count("\n") >= count)
    return [parse_logfmt(line) for line in log.read_text().splitlines()]
