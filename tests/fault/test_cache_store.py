"""The shared cache in a storm of kill -9 and SIGSTOP.

tests/fault/cache_storm.c is the storm; its exit status says whether all that
must hold did hold.  STORM_SEED=N repeats a seed that it has printed (the
processes still race).
"""

import os
import re
import subprocess

from harness import BUILD, size


def storm(*options, seconds):
    command = [BUILD / "tests/fault/cache_storm", "--seconds", str(seconds)]
    if seed := os.environ.get("STORM_SEED"):
        command += ["--seed", seed]
    done = subprocess.run([*command, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          timeout=seconds + 120)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return {name: int(number) for name, number in
            re.findall(r"(kills|resets|hits|stored|purged) (\d+)",
                       done.stdout)}


def test_readers_writers_and_purgers_are_killed_and_no_byte_is_wrong():
    counts = storm(seconds=size(check=2, soak=300))
    assert counts["kills"] > 0
    assert counts["hits"] > 0 and counts["purged"] > 0


def test_shards_are_reset_and_what_is_being_read_stays():
    counts = storm("--every", "4", "--megabytes", "64",
                   seconds=size(check=3, soak=60))
    assert counts["resets"] > 0
