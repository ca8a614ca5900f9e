"""conftest.py - what pytest looks for: the fixtures, see harness.py."""

from harness_fixtures import *  # noqa: F401,F403
from harness_tls import certs, tls_origin  # noqa: F401
from harness_h2_origin import h2_origin  # noqa: F401
