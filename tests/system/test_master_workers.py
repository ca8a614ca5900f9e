"""Workers: replaced when they die, covered meanwhile, aborted when they
hang."""

import os
import re
import signal
import time

from harness import eventually, proxy_to, size
from harness_origin import reply


def slots(daemon):
    """{slot: pid} of the workers that are ready."""
    text = daemon.ctl("workers").stdout
    return {int(slot): int(pid) for slot, pid in
            re.findall(r"^(\d+) +\d+ +(\d+) +ready", text, re.M)}


def test_a_killed_worker_is_replaced_at_once(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=2)
    for _ in range(size(5, 50)):
        before = slots(daemon)
        victim = before[0]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: slots(daemon).get(0) not in (None, victim),
                   deadline=5, what="the slot to have a worker")
        assert slots(daemon)[1] == before[1]
    assert daemon.get().body == b"hello"
    assert daemon.errors().count("signal 9, Killed") == size(5, 50)


def test_counters_survive_a_killed_worker(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1)
    for _ in range(3):
        daemon.get()
    count = r"^accepted +3$"
    eventually(lambda: re.search(count, daemon.ctl("status").stdout, re.M))
    os.kill(slots(daemon)[0], signal.SIGKILL)
    daemon.wait_error("signal 9")
    assert re.search(count, daemon.ctl("status").stdout, re.M)


def test_sockets_of_a_slot_without_worker_are_served(sluice, origin):
    """One of two workers is stopped and killed in turns; each connection
    that the kernel gives to its sockets is answered by the other."""
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=2)
    for turn in range(size(10, 100)):
        os.kill(slots(daemon)[turn % 2], signal.SIGKILL)
        for _ in range(10):
            assert daemon.get().body == b"hello"
        eventually(lambda: len(slots(daemon)) == 2)


def test_a_worker_that_hangs_is_aborted(sluice, origin):
    daemon = sluice(conf='watchdog = "1s";\n', workers=2, crash=True,
                    vhost=proxy_to(origin(reply(b"hello"))))
    before = slots(daemon)
    os.kill(before[1], signal.SIGSTOP)
    daemon.wait_error(rf"worker 1 \(pid {before[1]}, generation 1\) has hung")
    eventually(lambda: slots(daemon).get(1) not in (None, before[1]),
               what="the slot to have a worker")
    assert slots(daemon)[0] == before[0]
    daemon.wait_error("signal 6, Aborted")
    assert daemon.get().body == b"hello"


def test_workers_are_not_blamed_for_a_stopped_master(sluice, origin):
    daemon = sluice(conf='watchdog = "1s";\n', workers=2,
                    vhost=proxy_to(origin(reply(b"hello"))))
    before = slots(daemon)
    for pid in [daemon.pid, *before.values()]:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1.7)     # there is nothing to poll: nobody runs
    os.kill(daemon.pid, signal.SIGCONT)
    assert daemon.ctl("version").returncode == 0
    for pid in before.values():
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.6)     # the master looks twice
    assert slots(daemon) == before
    assert "hung" not in daemon.errors()


def test_last_words_are_logged(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), crash=True)
    os.kill(slots(daemon)[0], signal.SIGSEGV)
    daemon.wait_error(r"signal 11, Segmentation fault")
    daemon.wait_error(r"last words: .*SIGSEGV")
    eventually(lambda: len(slots(daemon)) == 2)


def test_workers_follow_a_master_that_was_killed(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))))
    daemon.workers()
    daemon.stop(signal.SIGKILL)


# ---- more and fewer ----

def served(daemon, count=40):
    for _ in range(count):
        assert daemon.get().body == b"hello"


def test_reloads_change_the_number_of_workers(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=1)
    for workers in (4, 2, 5, 1):
        daemon.worker_count = workers
        daemon.write_conf()
        assert daemon.ctl("reload").returncode == 0
        assert sorted(slots(daemon)) == list(range(workers))
        served(daemon)


def test_orphaned_sockets_are_served_after_a_crash_too(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(reply(b"hello"))), workers=4)
    daemon.worker_count = 1
    daemon.write_conf()
    assert daemon.ctl("reload").returncode == 0
    victim = slots(daemon)[0]
    os.kill(victim, signal.SIGKILL)
    served(daemon)
    assert slots(daemon)[0] != victim


def test_a_worker_that_is_sent_away_is_replaced_first(sluice, origin):
    """TERM or QUIT to a worker is an operator's right."""
    def script(peer):
        peer.read_head()
        eventually(lambda: (daemon.path / "go").exists())
        peer.send(reply(b"hello"))

    behind = origin(script)
    daemon = sluice(start=False, workers=1)
    daemon.vhosts = {"main": proxy_to(behind)}
    daemon.start()
    victim = slots(daemon)[0]
    with daemon.client() as client:
        client.request("/")
        eventually(lambda: behind.peers, what="the request to arrive")
        os.kill(victim, signal.SIGQUIT)
        eventually(lambda: slots(daemon).get(0) not in (None, victim))
        assert victim in daemon.workers(), "it still has an exchange"
        (daemon.path / "go").touch()
        assert client.read_reply().body == b"hello"
    served(daemon, 5)
    eventually(lambda: victim not in daemon.workers())
    daemon.wait_error(rf"worker 0 \(pid {victim}.* exit status 0")
