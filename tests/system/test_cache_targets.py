"""Fields that are for caches such as ours: RFC 9213, Surrogate-Control."""

import pytest

from harness_cache import cached  # noqa: F401
from harness_origin import reply

SURROGATE = '"Surrogate-Control"'


def targets(*names):
    return f"{{ targets = [ {', '.join(names)} ]; }}"


@pytest.mark.parametrize("fields, kept", [
    (["CDN-Cache-Control: max-age=3600", "Cache-Control: no-store"], True),
    (["CDN-Cache-Control: max-age=3600", "Cache-Control: private"], True),
    (["CDN-Cache-Control: max-age=3600;x", "Expires: 0"], True),
    (["CDN-Cache-Control: no-store", "Cache-Control: max-age=3600"], False),
    (["CDN-Cache-Control: private", "Cache-Control: max-age=3600"], False),
    (["CDN-Cache-Control: max-age=0", "Cache-Control: max-age=3600"], False),
    (["CDN-Cache-Control: max-age=3600, &&", "Cache-Control: no-store"],
     False),
    (["CDN-Cache-Control: Max-Age=0", "Cache-Control: max-age=3600"], True),
    (["CDN-Cache-Control: max-age=3600", "Age: 7200"], False),
    (["Other-Cache-Control: no-store", "Cache-Control: max-age=3600"], True),
], ids=lambda v: ", ".join(v) if isinstance(v, list) else "")
def test_a_targeted_field_decides_alone(cached, fields, kept):
    daemon, site = cached()
    site.has("/a", reply(b"hello", fields=fields))
    for _ in range(2):
        got = daemon.get("/a")
        for field in fields[:1]:
            name, _, value = field.partition(": ")
            assert got.get(name) == value
    assert site.count("/a") == (1 if kept else 2)


def test_surrogate_control_is_obeyed_and_kept_from_clients(cached):
    daemon, site = cached(targets(SURROGATE))
    site.has("/a", reply(b"hello", fields=[
        "Surrogate-Control: no-store;other, max-age=3600;sluice",
        "Cache-Control: no-store"]))
    for _ in range(2):
        assert daemon.get("/a").get("Surrogate-Control") is None
    assert site.count("/a") == 1
    assert site.requests("/a")[0].get("Surrogate-Capability") == \
        'sluice="Surrogate/1.0"'


def test_surrogate_control_of_what_is_not_kept_is_kept_from_clients(cached):
    daemon, site = cached(targets(SURROGATE))
    site.has("/a", reply(b"hello", fields=["Surrogate-Control: no-store"]))
    assert daemon.get("/a").get("Surrogate-Control") is None


def test_surrogate_control_is_nothing_to_us_if_it_is_no_target(cached):
    daemon, site = cached()
    site.has("/a", reply(b"hello", fields=[
        "Surrogate-Control: no-store", "Cache-Control: max-age=3600"]))
    for _ in range(2):
        assert daemon.get("/a").get("Surrogate-Control") == "no-store"
    assert site.count("/a") == 1
    assert site.requests("/a")[0].get("Surrogate-Capability") is None
