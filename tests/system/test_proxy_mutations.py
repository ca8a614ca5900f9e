"""Random mutations of valid requests: what reaches the origin was meant.

tests/torture/mutations plays the clients and the origins, one lane each, and
has a strict reader of its own: nothing of what that one calls malformed may
arrive, and what it calls sound must, byte for byte.  50 000 cases in `make
check`, a million in `make soak`; a case that fails is printed with its bytes.
"""

import subprocess

from harness import BUILD, proxy_to, size

LANES = 32
CASES = size(50_000, 1_000_000)
SEED = 2112


def start(*options):
    """The program, and the ports of its origins."""
    program = subprocess.Popen(
        [str(BUILD / "tests/torture/mutations"), f"-l{LANES}", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return program, program.stdout.readline().split()


def lanes(ports):
    """A vhost and an address of its own for each origin."""
    return {f"lane{i}": proxy_to(f"http://127.0.0.1:{port}") +
            f'listen = [ "http://127.0.0.{i + 1}:@PORT@" ];\n'
            for i, port in enumerate(ports)}


def test_mutated_requests_arrive_as_they_were_meant(sluice):
    program, ports = start(f"-n{CASES}", f"-s{SEED}")
    try:
        daemon = sluice(vhosts=lanes(ports), workers=1)
        output, _ = program.communicate(f"{daemon.port}\n",
                                        timeout=size(60, 1800))
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 0, output
    assert f"seed {SEED}: {CASES} cases, " in output
    assert "last words" not in daemon.errors()
