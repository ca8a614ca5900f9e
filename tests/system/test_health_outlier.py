"""Passive checks: who errs is taken out for a while, and a breaker shuts a
pool in which most requests fail."""

import re
import time

import pytest

from harness import eventually
from harness_health import (answers, wait_answers, ward,  # noqa: F401
                            ward_vhost)
from harness_origin import reply


def ejections(daemon):
    return re.findall(r"server (\S+) is taken out for (\S+): (.*)",
                      daemon.errors())


def counted(daemon, name):
    return int(re.search(rf"^{name} +(\d+)$", daemon.ctl("status").stdout,
                         re.MULTILINE).group(1))


# ---- outliers ----

def test_five_errors_in_a_row_take_a_server_out_for_a_while(
        sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one, two],
                                     'outlier = { eject = "2s"; };',
                                     host="a.test"))
    wait_answers(daemon, {"b"}, host="a.test")
    assert one.asked == 5
    daemon.wait_error(rf"warning worker \d+.*: pool a\.test/web: server "
                      rf"{one.url} is taken out for 2s: 5 errors in a row "
                      r"\(last: status 500\)\n")
    one.status = 200
    wait_answers(daemon, {"a", "b"}, host="a.test")
    assert len(ejections(daemon)) == counted(daemon, "ejections") == 1


def test_who_was_out_starts_slowly(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.status = 500
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'outlier = { eject = "500ms"; }; slow_start = "1h";'))
    eventually(lambda: answers(daemon, 2) and ejections(daemon),
               what="the ejection")
    eventually(lambda: f"{one.url}  slow start" in daemon.ctl("pools").stdout,
               what="the slow start")


def test_who_goes_on_erring_is_out_for_twice_as_long(sluice,
                                                     ward):  # noqa: F811
    one, two = ward(2)
    one.status = 502
    daemon = sluice(vhost=ward_vhost([one, two],
                                     'outlier = { eject = "100ms"; };'))

    def more(count):
        answers(daemon, 4)
        return len(ejections(daemon)) >= count

    eventually(lambda: more(3), what="three ejections", deadline=60)
    assert [time for _, time, _ in ejections(daemon)][:3] == [
        "100ms", "200ms", "400ms"]


def test_a_server_that_refuses_is_taken_out(sluice, ward):  # noqa: F811
    one, two = ward(2)
    url = one.url
    one.origin.close()
    daemon = sluice(vhost=ward_vhost([one, two]))
    assert answers(daemon, 30) == {"b"}
    assert ejections(daemon) == [
        (url, "10s", "5 errors in a row (last: it could not be connected "
         "to)")]


def test_at_most_half_are_taken_out(sluice, ward):  # noqa: F811
    ill = ward(3)
    for one in ill:
        one.status = 500
    well, = ward(1)
    daemon = sluice(vhost=ward_vhost(ill + [well]))
    eventually(lambda: answers(daemon, 8) and len(ejections(daemon)) == 2,
               what="two ejections")
    assert answers(daemon, 60) == {"d", 500}
    assert len({url for url, _, _ in ejections(daemon)}) == 2


def test_the_last_is_never_taken_out(sluice, ward):  # noqa: F811
    one, = ward(1)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one],
                                     'outlier = { max_ejected = "100%"; };'))
    assert answers(daemon, 30) == {500}
    assert one.asked == 30 and not ejections(daemon)


def test_the_last_that_is_up_is_never_taken_out(sluice,
                                                ward):  # noqa: F811
    one, two = ward(2)
    one.check = 500
    two.status = 500
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'outlier = { max_ejected = "100%"; }; health = { path = '
        '"/health"; every = "1h"; };'))
    daemon.wait_error(f"server {one.url} is down")
    assert answers(daemon, 30) == {500}
    assert not ejections(daemon)


def test_without_outlier_nobody_is_taken_out(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one, two], "outlier = false;"))
    assert answers(daemon, 40) == {"b", 500}
    assert one.asked >= 10 and not ejections(daemon)


@pytest.mark.parametrize("status", [404, 429, 401])
def test_what_the_client_did_wrong_is_no_error(sluice, ward,  # noqa: F811
                                               status):
    one, two = ward(2)
    one.status = status
    daemon = sluice(vhost=ward_vhost([one, two]))
    assert answers(daemon, 40) == {"b", status}
    assert not ejections(daemon)


def test_a_client_that_leaves_is_no_error(sluice, origin):
    def hang(peer):
        peer.requests.append(peer.read_request())
        peer.wait_close()

    slow, other = origin(hang), origin(hang)
    daemon = sluice(vhost=(
        'host = "*";\npools = { web = { servers = '
        f'[ "{slow.url}", "{other.url}" ]; }}; }};\n'
        'routes = ( { path = "/"; pool = "web"; } );\n'))
    for count in range(1, 21):
        with daemon.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            eventually(lambda: len(slow.requests) + len(other.requests) ==
                       count, what="the request")
    daemon.wait_exchanges(20, end="client_closed")
    assert not ejections(daemon)


def test_a_rate_of_errors_takes_a_server_out(sluice, ward):  # noqa: F811
    one, two = ward(2)
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'outlier = { errors = 0; error_rate = "30%"; '
        'requests = 10; within = "1m"; };'))

    def mixed():
        one.status = 200 if one.status == 500 else 500
        answers(daemon, 2)
        return ejections(daemon)

    eventually(mixed, what="an ejection")
    (url, _, reason), = ejections(daemon)
    assert url == one.url
    assert re.match(r"\d+ errors in \d+ requests", reason)


def test_what_is_slow_can_be_an_error(sluice, origin):
    def slow(peer):
        while True:
            peer.read_request()
            time.sleep(0.1)
            peer.send(reply(b"slow"))

    one, two = origin(slow), origin(reply(b"quick"))
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'outlier = { errors = 3; latency = "50ms"; };'))
    wait_answers(daemon, {"quick"})
    assert [url for url, _, _ in ejections(daemon)] == [one.url]


def test_a_reply_that_breaks_off_is_an_error(sluice, origin):
    def breaks(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")

    one, two = origin(breaks), origin(reply(b"whole"))
    daemon = sluice(vhost=ward_vhost([one, two],
                                     'outlier = { errors = 3; };'))

    def ask():
        with daemon.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n"
                        b"Connection: close\r\n\r\n")
            client.read_to_close()
        return ejections(daemon)

    eventually(ask, what="an ejection")
    assert ejections(daemon)[0][::2] == (
        one.url, "3 errors in a row (last: it closed before its reply "
        "ended)")


def test_who_is_out_stays_out_over_a_reload(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one, two],
                                     'outlier = { eject = "1m"; };'))
    wait_answers(daemon, {"b"})
    assert daemon.ctl("reload").returncode == 0
    assert answers(daemon, 20) == {"b"}
    assert one.asked == 5


# ---- breaker ----

BREAKER = ('outlier = false; breaker = { requests = 5; error_rate = "50%"; '
           'open = "1s"; };')


def test_a_breaker_opens_tries_and_closes(sluice, ward):  # noqa: F811
    one, = ward(1)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one], BREAKER, host="a.test"))
    wait_answers(daemon, {503}, host="a.test", count=2)
    assert one.asked == 5
    daemon.wait_error(r"pool a\.test/web: breaker is open for 1s: 5 of 5 "
                      r"requests failed\n")
    answer = daemon.get("/x", host="a.test")
    assert answer.status == 503 and answer.get("Retry-After")
    eventually(lambda: daemon.exchanges(end="breaker_open"), what="the log")
    one.status = 200
    wait_answers(daemon, {"a"}, host="a.test")
    daemon.wait_error(r"pool a\.test/web: breaker is closed again: the probe "
                      r"went well\n")
    assert counted(daemon, "breaker_open") >= 3


def test_a_probe_that_fails_shuts_the_pool_again(sluice,
                                                 ward):  # noqa: F811
    one, = ward(1)
    one.status = 500
    daemon = sluice(vhost=ward_vhost([one], BREAKER))
    wait_answers(daemon, {503}, count=2)

    def probed():
        answers(daemon, 1)
        return one.asked == 6

    eventually(probed, what="the probe")
    daemon.wait_error("breaker is open for 1s more: the probe failed")
    assert answers(daemon, 1) == {503} and one.asked == 6


def test_below_its_rate_a_breaker_stays_closed(sluice, ward):  # noqa: F811
    one, two = ward(2)
    one.status = 500
    daemon = sluice(vhost=ward_vhost(
        [one, two], 'outlier = false; breaker = { requests = 5; '
        'error_rate = "80%"; };'))
    assert answers(daemon, 40) == {"b", 500}
    assert "breaker" not in daemon.errors()
