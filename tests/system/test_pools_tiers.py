"""Servers that are asked only when others can't be, or less at first."""

from harness import eventually
from harness_pools import (QUICK_CHECKS, Load, fleet,  # noqa: F401
                           in_zones, owners, pool_vhost, server_verb)

def backups(*names):
    return lambda one: "backup = true;" if one.name in names else ""


def test_a_backup_serves_only_when_no_other_can(sluice, fleet):
    origins = fleet(3)
    daemon = sluice(vhost=pool_vhost(
        origins, QUICK_CHECKS + "retry = { attempts = 3; };", backups("c")))
    with Load(daemon.port, clients=4) as load:
        load.wait_answers(100)
        assert origins[2].count() == 0
        origins[0].kill()
        load.wait_answers(100)
        assert origins[2].count() == 0
        origins[1].kill()
        eventually(lambda: origins[2].count() > 20, what="the backup")
        origins[0].start()
        before = origins[0].count()
        eventually(lambda: origins[0].count() > before + 20, deadline=30,
                   what="the server to be asked again")
        eventually(lambda: set(one.origin for one in load.outcomes[-50:])
                   == {"a"}, deadline=30, what="the backup's rest")
    assert load.failures() == []


NEAREST = 'prefer = "zone"; ' + QUICK_CHECKS


def test_the_nearest_zone_is_asked_while_one_of_it_is_well(sluice, fleet):
    origins = fleet(3)
    # Until a check has found it dead each request to it needs another try.
    retries = ' retry = { attempts = 2; budget = "100%"; };'
    daemon = sluice(vhost=pool_vhost(origins, NEAREST + retries, in_zones),
                    conf='zone = "fra";\n')
    with Load(daemon.port, clients=4) as load:
        load.wait_answers(100)
        assert origins[2].count() == 0
        origins[0].kill()
        load.wait_answers(100)
        assert origins[2].count() == 0
        origins[1].kill()
        eventually(lambda: origins[2].count() > 20, what="the other zone")
        origins[1].start()
        eventually(lambda: set(one.origin for one in load.outcomes[-50:])
                   == {"b"}, deadline=30, what="the nearest to be asked")
    # What a server died over may be lost: one request of each client.
    assert len(load.failures()) <= 2 * 4


def test_a_server_that_is_configured_down_waits_for_an_operator(
        sluice, fleet):
    one, two = fleet(2)
    daemon = sluice(vhost=pool_vhost(
        [one, two], more=lambda o: "down = true;" if o is two else ""))
    with Load(daemon.port, clients=4) as load:
        load.wait_answers(50)
        assert two.count() == 0
        server_verb(daemon, two, "up")
        eventually(lambda: two.count() > 5, what="the other")
    assert load.failures() == []


def test_a_server_starts_slowly(sluice, fleet):
    """It comes back: its share is small first, and grows to a full one."""
    origins = fleet(2)
    daemon = sluice(vhost=pool_vhost(
        origins, 'balance = "random"; slow_start = "4s";' + QUICK_CHECKS))
    one = origins[0]
    with Load(daemon.port, clients=4, pause=0.002) as load:
        load.wait_answers(50)
        one.kill()
        eventually(lambda: set(o.origin for o in load.outcomes[-50:])
                   == {"b"}, deadline=30, what="the other to do it all")
        one.start()
        before = one.count()
        eventually(lambda: one.count() > before, deadline=30,
                   what="its first request")
        load.wait_answers(100)
        early = load.outcomes[-100:]
        eventually(lambda: 80 <= sum(o.origin == "a" for o in
                                     load.outcomes[-200:]) <= 120,
                   deadline=30, what="its full share")
    assert sum(o.origin == "a" for o in early) < 40
    assert load.failures() == []


def test_hash_of_a_server_that_is_down_goes_elsewhere_and_comes_back(
        sluice, fleet):
    origins = fleet(3)
    daemon = sluice(vhost=pool_vhost(
        origins, 'balance = "hash:header:X-User";' + QUICK_CHECKS))
    before = owners(daemon, users=30, again=1)
    origins[0].kill()
    during = owners(daemon, users=30, again=1)
    assert b"a" not in set.union(*during.values())
    assert all(during[user] == before[user] for user in before
               if before[user] != {b"a"})
    origins[0].start()
    eventually(lambda: owners(daemon, users=30, again=1) == before,
               deadline=30, what="the keys to come back")
