"""The robust locks of the segment, in a storm of kill -9 and SIGSTOP.

tests/fault/lock_storm.c is the storm; its exit status says whether all that
must hold did hold.  STORM_SEED=N repeats a seed that it has printed (the
processes still race, so this brings back the strikes, not the outcome).
"""

import os
import re
import subprocess

from harness import BUILD, size


def storm(*options, seconds):
    command = [BUILD / "tests/fault/lock_storm", "--seconds", str(seconds)]
    if seed := os.environ.get("STORM_SEED"):
        command += ["--seed", seed]
    done = subprocess.run([*command, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          timeout=seconds + 120)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return {name: int(number) for name, number in
            re.findall(r"(kills|stops|resets|busy|entries) (\d+)",
                       done.stdout)}


def test_nobody_enters_a_broken_shard_and_nobody_waits_for_ever():
    counts = storm(seconds=size(check=3, soak=60))
    assert counts["kills"] > 0 and counts["stops"] > 0
    assert counts["resets"] > 0 and counts["busy"] > 0


def test_kills_inside_the_lock_code_itself_are_survived():
    counts = storm("--fierce", "--shards", "2",
                   seconds=size(check=2, soak=30))
    assert counts["resets"] > 0
    assert counts["entries"] > counts["kills"]


def test_many_processes_on_one_shard():
    counts = storm("--shards", "1", "--victims", "20", "--witnesses", "4",
                   seconds=size(check=2, soak=30))
    assert counts["resets"] > 0 and counts["busy"] > 0
