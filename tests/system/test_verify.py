"""sluiced -t and -T: a configuration is looked at, not used."""

import json
import os
import re
import shutil
import socket
import subprocess

import pytest

import harness_processes as processes
from harness import BUILD, REPOSITORY, eventually
from harness_origin import reply

MAIN = 'user = "nobody";\n'
VHOST = 'host = "a.example";\nlisten = "127.0.0.1:%d";\nproxy = "%s";\n'


def sluiced(*args, **options):
    return subprocess.run([str(BUILD / "sluiced"), *args], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False, **options)


@pytest.fixture
def files(tmp_path):
    """A function that writes a configuration and returns sluiced's options."""
    def write(main=MAIN, **vhosts):
        folder = tmp_path / "vhosts.d"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (tmp_path / "sluiced.conf").write_text(main)
        for name, text in vhosts.items():
            (folder / f"{name}.conf").write_text(text)
        return ["-f", str(tmp_path / "sluiced.conf")]
    return write


def vhost(origin="http://127.0.0.1:1", more=""):
    return VHOST % (processes.free_port(), origin) + more


# ---- the exit status ----

def test_a_warning_is_0_and_with_strict_2(files):
    options = files(a=vhost(more='pools = { spare = { servers = '
                                 '[ "http://127.0.0.1:2" ]; }; };\n'))
    plain = sluiced("-t", *options)
    strict = sluiced("-t", "--strict", *options)
    assert (plain.returncode, strict.returncode) == (0, 2)
    assert "vhosts.d/a.conf:4:11: warning: " in plain.stderr
    assert " [pool-unused]\n" in plain.stderr
    assert plain.stderr == strict.stderr


def test_strict_is_0_without_warnings_and_1_with_errors(files):
    assert sluiced("-t", "--strict", *files(a=vhost())).returncode == 0
    assert sluiced("-t", "--strict", *files(a="nonsense")).returncode == 1


@pytest.mark.parametrize("args", [
    ["--json"], ["--strict"], ["--connect"], ["-T", "--json"],
    ["-T", "a.example", "path"], ["-T", "a.example", "/", "more"],
    ["-t", "a.example"], ["-T", "--listen", "1", "--to", "http://127.0.0.1"]])
def test_what_does_not_go_together_is_usage_and_2(files, args):
    done = sluiced(*files(a=vhost()), *args)
    assert done.returncode == 2 and "usage: sluiced" in done.stderr


# ---- messages for programs ----

def test_json_is_all_that_is_on_stdout(files):
    done = sluiced("-t", "--json", *files(
        a=vhost(more="tiemouts = { };\n"), b='host = "b";\n'))
    assert done.returncode == 1 and done.stderr == ""
    first, second = json.loads(done.stdout)
    assert first["file"].endswith("/vhosts.d/a.conf")
    assert (first["line"], first["column"]) == (4, 1)
    assert first["level"] == "error" and first["id"] is None
    assert first["text"] == 'unknown setting "tiemouts"'
    assert 'did you mean "timeouts"?' in first["help"][0]
    assert (second["line"], second["column"]) == (None, None)


def test_json_of_a_good_configuration_is_an_empty_array(files):
    done = sluiced("-t", "--json", *files(a=vhost()))
    assert done.returncode == 0 and json.loads(done.stdout) == []


# ---- what is asked of the world ----

def test_connect_says_which_origins_refuse(files, tmp_path):
    with socket.socket() as up:
        up.bind(("127.0.0.1", 0))
        up.listen()
        down = processes.free_port()
        options = files(a=(
            f'host = "a.example"; listen = "{processes.free_port()}";\n'
            f'proxy = [ "http://127.0.0.1:{up.getsockname()[1]}",\n'
            f'  "http://127.0.0.1:{down}",\n'
            f'  "unix:{tmp_path}/none" ];\n'))
        without = sluiced("-t", *options)
        done = sluiced("-t", "--connect", *options)
    assert (without.returncode, without.stderr) == (0, "")
    assert done.returncode == 0
    refused = re.findall(r"a\.conf:(\d+:\d+): warning: (\S+) takes no "
                         r"connection: (.*) \[origin-refuses\]", done.stderr)
    assert [place for place, _, _ in refused] == ["3:3", "4:3"]
    assert refused[0][1:] == (f"127.0.0.1:{down}", "Connection refused")
    assert refused[1][1:] == (f"unix:{tmp_path}/none",
                              "No such file or directory")
    assert '    |   ^^^^^^' in done.stderr


def test_connect_says_which_health_checks_would_fail(files, origin):
    moved = origin(reply(status="302 Found", fields=["Location: /login"]))
    well = origin(reply(b"ok"))
    mute = origin(lambda peer: peer.read_to_close())

    def ask(health):
        options = files(a=(
            f'host = "a.example"; listen = "{processes.free_port()}";\n'
            f'pools = {{ web = {{ servers = [ "{moved.url}/base", '
            f'"{well.url}", "{mute.url}" ];\n'
            f'  health = {health}; }}; }};\n'
            f'routes = ( {{ path = "/"; pool = "web"; }} );\n'))
        return sluiced("-t", "--connect", *options)

    done = ask('{ path = "/a"; }')
    assert done.returncode == 0 and done.stderr.count("warning") == 1
    assert (f"a.conf:3:21: warning: {moved.url}/base answers this health "
            "check with status 302 [health-fails]") in done.stderr
    assert "help: redirects are not followed" in done.stderr
    assert moved.heads[0].startswith(b"GET /base/a HTTP/1.1\r\n")
    assert ask("{ expect = ( 200, 302 ); }").stderr == ""
    assert "help: 500 is expected" in ask("{ expect = 500; }").stderr


def test_connect_asks_nobody_who_expects_tls(files, origin):
    behind = origin(lambda peer: peer.requests.append(peer.read_to_close()))
    done = sluiced("-t", "--connect", *files(a=(
        f'host = "a.example"; listen = "{processes.free_port()}";\n'
        'pools = { web = { health = { expect = 500; };\n'
        f'  servers = [ "https://127.0.0.1:{behind.port}" ]; }}; }};\n'
        'routes = ( { path = "/"; pool = "web"; } );\n')))
    assert (done.returncode, done.stderr) == (0, "")
    eventually(lambda: behind.requests == [b""], what="a bare connection")


def test_a_taken_port_is_a_warning_that_names_who_has_it(files):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = sluiced("-t", *files(a=VHOST % (port, "http://127.0.0.1:1")))
    assert done.returncode == 0
    assert re.search(rf"a\.conf:2:10: warning: 127\.0\.0\.1:{port} is taken "
                     rf"by \S+ \(pid {os.getpid()}\) \[port-taken\]",
                     done.stderr)


def test_what_a_sluiced_holds_is_no_warning(sluice):
    daemon = sluice(vhost='host = "*";\nproxy = "http://127.0.0.1:1";\n')
    assert daemon.run("-t").stderr == ""


# ---- variables ----

def test_the_environment_fills_strings(files):
    options = files(a=vhost("${env:SLUICE_TEST_ORIGIN}"))
    env = dict(os.environ)
    env.pop("SLUICE_TEST_ORIGIN", None)
    assert sluiced("-t", *options, env=env).returncode == 1
    env["SLUICE_TEST_ORIGIN"] = "http://127.0.0.1:3000"
    assert sluiced("-t", *options, env=env).returncode == 0


# ---- the settings in force ----

def without_places(text):
    return [re.sub(r"  *# \S+$", "", line) for line in text.splitlines()]


def write_shown(text, folder):
    for part in text.split("# ---- ")[1:]:
        name, _, body = part.partition("\n")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)


def test_the_sample_files_are_shown_and_load_again(tmp_path):
    sample, again = tmp_path / "sample", tmp_path / "again"
    shutil.copytree(REPOSITORY / "etc", sample)
    main = sample / "sluiced.conf"
    main.write_text(main.read_text() + MAIN)
    shown = sluiced("-T", "-f", str(main))
    assert shown.returncode == 0, shown.stderr
    assert 'proxy = "http://127.0.0.1:3000";' in shown.stdout
    write_shown(shown.stdout, again)
    second = sluiced("-T", "-f", str(again / "sluiced.conf"))
    assert second.returncode == 0, second.stderr
    assert without_places(shown.stdout) == without_places(second.stdout)


def test_the_demonstration_is_good(tmp_path):
    shutil.copytree(REPOSITORY / "etc/demo", tmp_path / "demo")
    done = sluiced("-t", "-f", str(tmp_path / "demo/sluiced.conf"))
    assert done.returncode == 0, done.stderr


def test_a_host_and_a_path_show_what_holds_there(files):
    options = files(MAIN + 'limits = { body = "3m"; };\n', a=vhost(
        more='routes = ( { path = "/api"; proxy = "http://127.0.0.1:2"; '
             'timeouts = { idle = "7s"; }; } );\n'), b='host = "b.example"; '
             'proxy = "http://127.0.0.1:3";\n')
    done = sluiced("-T", *options, "A.example", "/api/x")
    assert done.returncode == 0
    assert "b.example" not in done.stdout
    routes = done.stdout[done.stdout.index("routes = ("):]
    assert re.search(r'body = "3m"; +# sluiced.conf:2\n', routes)
    assert re.search(r'idle = "7s"; +# vhosts.d/a.conf:4\n', routes)
    done = sluiced("-T", *options, "c.example")
    assert done.returncode == 1 and done.stdout == ""
    assert 'no vhost has the host "c.example"' in done.stderr


def test_what_could_not_be_written_is_1(files):
    options = files(a=vhost())
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(BUILD / "sluiced"), "-T", *options],
                              stdout=full, stderr=subprocess.PIPE,
                              timeout=60, check=False)
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
