"""Vhosts for bytes: tcp = "[::]:5432"."""

import threading

import pytest

import harness_processes as processes
from harness import eventually, proxy_to
from harness_origin import reply
from harness_peer import Client
from harness_proxy import v1
from harness_scripts import Gate, counters, pattern
from harness_tls import TlsClient
from test_tunnel import echo

GREETING = b"220 here I am\r\n"


def tcp_to(*origins, pool="", more=""):
    """A vhost that forwards bytes to ORIGINS (or URLs), in turns."""
    urls = ", ".join(f'"{tcp_url(one)}"' for one in origins)
    return f"""tcp = "127.0.0.1:@PORT@";
pools = {{ db = {{ servers = [ {urls} ]; balance = "rr";
                {pool} }}; }};
routes = ( {{ path = "/"; pool = "db"; }} );
{more}
"""


def tcp_url(one):
    if isinstance(one, str) or one.path:
        return getattr(one, "url", one)
    return f"tcp://127.0.0.1:{one.port}"


def name_of(one):
    return f"127.0.0.1:{one.port}"


def hello_then_echo(peer):
    """The server speaks first, as that of a database does."""
    try:
        peer.send(GREETING)
        echo(peer)
    except OSError:
        pass    # a check, which has left already


def greeted(daemon, **options):
    client = daemon.client(**options)
    assert client.read_exactly(len(GREETING)) == GREETING
    return client


def line_of(daemon):
    line, = daemon.wait_exchanges(1)
    return line


# ---- bytes ----

def test_bytes_pass_both_ways_and_the_server_may_speak_first(sluice, origin):
    behind = origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(behind), workers=1)
    with greeted(daemon) as client:
        client.send(b"select 1;")
        assert client.read_exactly(9) == b"select 1;"
        client.shutdown()
        assert client.read_to_close() == b""
    line = line_of(daemon)
    assert line["protocol"] == "TCP" and line["end"] == "done"
    assert (line["bytes"], line["received"]) == (str(9 + len(GREETING)), "9")
    assert line["vhost"] == f"127.0.0.1:{daemon.port}"
    assert (line["pool"], line["server"]) == ("db", name_of(behind))
    assert line["client"] == "127.0.0.1" and float(line["total"]) > 0
    assert not {"method", "target", "status"} & set(line)
    after = counters(daemon)
    assert (after["passages"], after["requests"], after["tunnels"]) == (1, 0, 0)


def test_much_both_ways_at_once(sluice, origin):
    """Large transfers go through pipes: not a byte is lost or doubled."""
    size = 30_000_000
    got = []

    def swap(peer):
        reader = threading.Thread(
            target=lambda: got.append(peer.read_exactly(size)))
        reader.start()
        peer.send(pattern(size))
        reader.join()
        peer.shutdown()

    daemon = sluice(vhost=tcp_to(origin(swap)), workers=1)
    with daemon.client(deadline=60) as client:
        writer = threading.Thread(target=client.send, args=(pattern(size),))
        writer.start()
        assert client.read_exactly(size) == pattern(size)
        writer.join()
        client.shutdown()
        client.wait_close()
    assert got == [pattern(size)]
    line = line_of(daemon)
    assert line["bytes"] == line["received"] == str(size)


def test_half_close_is_passed_on(sluice, origin):
    behind = origin(lambda peer: peer.send(peer.read_to_close()[::-1]))
    daemon = sluice(vhost=tcp_to(behind), workers=1)
    with daemon.client() as client:
        client.send(b"abc")
        client.shutdown()
        assert client.read_to_close() == b"cba"
    assert line_of(daemon)["end"] == "done"


def test_unix_sockets_on_both_sides(sluice, origin, workdir):
    behind = origin(hello_then_echo, path=workdir / "db.sock")
    daemon = sluice(vhost=tcp_to(behind).replace(
        '"127.0.0.1:@PORT@"', '[ "127.0.0.1:@PORT@", "unix:@DIR@/in.sock" ]'),
        workers=1)
    with Client(path=daemon.path / "in.sock") as client:
        assert client.read_exactly(len(GREETING)) == GREETING
    line = line_of(daemon)
    assert line["client"] == "unix"


# ---- which server ----

def test_server_that_refuses_is_passed_over(sluice, origin):
    behind = origin(hello_then_echo)
    dead = f"tcp://127.0.0.1:{processes.free_port()}"
    daemon = sluice(vhost=tcp_to(dead, behind, pool="outlier = false;"),
                    workers=1)
    for _ in range(2):
        greeted(daemon).close()
    lines = daemon.wait_exchanges(2)
    assert [line["server"] for line in lines] == [name_of(behind)] * 2
    tried, = [line for line in lines if "tried" in line]
    assert tried["attempts"] == "2" and "/connect_failed/" in tried["tried"]


def test_nobody_there_closes_the_client(sluice):
    dead = f"tcp://127.0.0.1:{processes.free_port()}"
    daemon = sluice(vhost=tcp_to(dead), workers=1)
    with daemon.client() as client:
        client.wait_close()
        assert not client.received
    assert line_of(daemon)["end"] == "connect_failed"


def test_servers_take_turns(sluice, origin):
    both = origin(hello_then_echo), origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(*both), workers=1)
    for _ in range(10):
        greeted(daemon).close()
    assert [len(one.peers) for one in both] == [5, 5]


def test_client_stays_with_its_server(sluice, origin):
    three = [origin(hello_then_echo) for _ in range(3)]
    daemon = sluice(vhost=tcp_to(*three, pool='''
        sticky = { key = "client_ip"; };'''), workers=2)
    for _ in range(6):
        greeted(daemon).close()
    assert sorted(len(one.peers) for one in three) == [0, 0, 6]
    lines = daemon.wait_exchanges(6)
    assert sorted(line["sticky"] for line in lines) == ["hit"] * 5 + ["new"]


def test_server_that_fails_its_checks_gets_nobody(sluice, origin):
    well = origin(hello_then_echo)
    dead = f"tcp://127.0.0.1:{processes.free_port()}"
    daemon = sluice(vhost=tcp_to(dead, well, pool='''
        outlier = false; retry = false;
        health = { type = "tcp"; every = "100ms"; fall = 1; };'''),
        workers=1)
    daemon.wait_error("down")
    for _ in range(4):
        greeted(daemon).close()
    assert len(well.peers) >= 4
    assert all("tried" not in line for line in daemon.wait_exchanges(4))


def test_connections_beyond_max_conns_wait_for_their_turn(sluice, origin):
    behind = origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(behind, pool='''
        max_conns = 1; queue = { size = 10; timeout = "20s"; };'''),
        workers=2)
    first = greeted(daemon)
    second = daemon.client()
    assert second.is_quiet(0.1)
    first.close()
    assert second.read_exactly(len(GREETING)) == GREETING
    second.close()
    waited, = [line for line in daemon.wait_exchanges(2) if "queue" in line]
    assert float(waited["queue"]) >= 50


def test_full_queue_closes(sluice, origin):
    behind = origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(behind, pool='''
        max_conns = 1; queue = { size = 0; };'''), workers=1)
    with greeted(daemon), daemon.client() as second:
        second.wait_close()
        assert line_of(daemon)["end"] == "queue_full"


def test_breaker_that_is_open_closes_at_once(sluice, origin):
    dead = f"tcp://127.0.0.1:{processes.free_port()}"
    daemon = sluice(vhost=tcp_to(dead, pool='''outlier = false;
        breaker = { error_rate = "50%"; requests = 2; open = "60s"; };'''),
        workers=1)
    for _ in range(4):
        with daemon.client() as client:
            client.wait_close()
    ends = [line["end"] for line in daemon.wait_exchanges(4)]
    assert "breaker_open" in ends and "connect_failed" in ends


# ---- who comes ----

def test_client_of_a_proxy_header_is_logged(sluice, origin):
    """The server speaks first here, but not before the header."""
    behind = origin(hello_then_echo)
    daemon = sluice(conf='proxy_protocol_from = "127.0.0.1";\n',
                    vhost=tcp_to(behind), workers=1)
    with daemon.client() as client:
        assert client.is_quiet(0.1) and not behind.peers
        client.send_slowly(v1() + b"abc")
        assert client.read_exactly(len(GREETING) + 3) == GREETING + b"abc"
    assert line_of(daemon)["client"] == "192.0.2.9"


def test_servers_may_be_told_who_the_client_is(sluice, origin):
    heads = []

    def script(peer):
        heads.append(peer.read_until(b"\r\n"))
        hello_then_echo(peer)

    daemon = sluice(vhost=tcp_to(origin(script), pool='proxy_protocol = "v1";'),
                    workers=1)
    with greeted(daemon) as client:
        ours = client.sock.getsockname()[1]
    assert heads == [f"PROXY TCP4 127.0.0.1 127.0.0.1 {ours} "
                     f"{daemon.port}\r\n".encode()]


# ---- TLS ----

def with_tls(pair):
    return f'tls = {{ cert = "{pair.full}"; key = "{pair.key}"; }};'


def test_tls_of_clients_may_end_here(sluice, origin, certs):
    """Whatever they speak inside: no protocol is agreed upon."""
    behind = origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(behind, more=with_tls(certs.leaf("db.test"))),
                    workers=1)
    with TlsClient(daemon.port, "db.test", ca=certs.ca,
                   alpn=["postgresql"]) as client:
        assert client.tls.selected_alpn_protocol() is None
        assert client.read_exactly(len(GREETING)) == GREETING
        client.send(pattern(300_000))
        assert client.read_exactly(300_000) == pattern(300_000)
        client.shutdown()
        client.wait_close()
        assert client.sock.notified
    line = line_of(daemon)
    assert (line["protocol"], line["end"]) == ("TCP", "done")
    assert line["received"] == "300000"


def test_servers_may_speak_tls(sluice, tls_origin, certs):
    behind = tls_origin(hello_then_echo, certs.leaf("127.0.0.1"))
    daemon = sluice(workers=1, vhost=tcp_to(
        behind.url.replace("https", "tls"),
        pool=f'tls = {{ ca = "{certs.ca.cert}"; }};'))
    with greeted(daemon) as client:
        client.send(b"abc")
        assert client.read_exactly(3) == b"abc"
        client.shutdown()
        client.wait_close()
    assert behind.peers[0].alpn is None
    assert line_of(daemon)["end"] == "done"


def test_certificate_of_another_is_refused(sluice, tls_origin, certs):
    behind = tls_origin(hello_then_echo, certs.stranger.leaf("127.0.0.1"))
    daemon = sluice(workers=1, vhost=tcp_to(
        behind.url.replace("https", "tls"),
        pool=f'tls = {{ ca = "{certs.ca.cert}"; }};'))
    with daemon.client() as client:
        client.wait_close()
    assert line_of(daemon)["end"] == "origin_tls"


# ---- ends ----

def test_silence_for_timeouts_websocket_ends_it(sluice, origin):
    daemon = sluice(vhost=tcp_to(
        origin(hello_then_echo), more='timeouts = { websocket = "1s"; };'),
        workers=1)
    with greeted(daemon) as client:
        client.wait_close()
    line = line_of(daemon)
    assert line["end"] == "tunnel_idle"
    assert line["limit"] == "timeouts.websocket:1s"


def test_reset_of_the_client_reaches_the_server(sluice, origin):
    ended = []

    def script(peer):
        peer.send(GREETING)
        try:
            peer.sock.recv(100)
            ended.append("end")
        except ConnectionResetError:
            ended.append("reset")

    daemon = sluice(vhost=tcp_to(origin(script)), workers=1)
    greeted(daemon).reset()
    assert line_of(daemon)["end"] == "client_closed"
    eventually(lambda: ended)
    assert ended == ["reset"]


def test_reset_of_the_server_reaches_the_client(sluice, origin):
    gate = Gate()

    def script(peer):
        peer.send(GREETING)
        gate.wait()
        peer.reset()

    daemon = sluice(vhost=tcp_to(origin(script)), workers=1)
    with greeted(daemon) as client:
        gate.open()
        with pytest.raises(ConnectionResetError):
            client.sock.recv(100)
    assert line_of(daemon)["end"] == "origin_closed"


def test_reload_keeps_connections_until_drain_websocket(sluice, origin):
    daemon = sluice(vhost=tcp_to(origin(hello_then_echo)), workers=1,
                    conf='drain = "0s";\ndrain_websocket = "1500ms";\n')
    with greeted(daemon) as client:
        old, = daemon.workers()
        assert daemon.ctl("reload").returncode == 0
        client.send(b"still here")
        assert client.read_exactly(10) == b"still here"
        with greeted(daemon) as other:
            client.wait_close()
            other.send(b"!")
            assert other.read_exactly(1) == b"!"
    eventually(lambda: old not in daemon.workers())
    assert sorted(line["end"] for line in daemon.wait_exchanges(2)) == [
        "done", "stopped"]


# ---- beside others ----

def test_sluicectl_tells_where_it_goes(sluice, origin):
    behind = origin(hello_then_echo)
    daemon = sluice(vhost=tcp_to(behind), workers=1)
    told = daemon.ctl("route", f"tcp://127.0.0.1:{daemon.port}").stdout
    assert "passes    bytes\n" in told and "pool      db\n" in told
    assert f"forwards  to {name_of(behind)}\n" in told


def test_http_vhost_beside_it_is_not_touched(sluice, origin):
    web = origin(reply(b"web"))
    other = processes.free_port()
    daemon = sluice(vhosts={
        "web": proxy_to(web),
        "db": tcp_to(origin(hello_then_echo)).replace("@PORT@", str(other))},
        workers=1)
    assert daemon.get("/").body == b"web"
    with Client(other) as client:
        assert client.read_exactly(len(GREETING)) == GREETING
