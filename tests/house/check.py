"""check.py [--strict] STAGE:BUILD...: runs tests of all kinds, counts them.

Stages, each for a build directory whose programs are made already:

  unit    test_* of tests/unit, tests/fault and tests/torture (Check)
  fuzz    the corpus of each fuzz target, replayed by a plain main
  house   the rules that the sources themselves keep
  system  tests/system and tests/fault (pytest), against the daemon

and two for `make soak`:

  fuzzing each fuzz target by libFuzzer, for FUZZ_SECONDS (60)
  cross   the tests of fibers for another processor, in an emulator

What fails is shown in full where it fails, what was skipped is listed with
its reason at the end, and the last line is the count.  The exit status is 1
if anything failed; with --strict a skip is a failure too.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import house

TOP = Path(__file__).resolve().parent.parent.parent
UNIT_SECONDS = 300
AGAIN_MOST = 5  # system tests that failed and are tried again
SYSTEM_SECONDS = 3600 if os.environ.get("SOAK") else 1200


class Tally:
    """What became of the tests so far."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, kind, name, passed, failures, seconds, output=""):
        """One line for one program; its output if it failed."""
        self.passed += passed
        self.failed += [f"{kind} {name}: {failure}" for failure in failures]
        verdict = "FAIL" if failures else "ok"
        print(f"{verdict:4}  {kind:7}  {name:36} "
              f"{passed + len(failures):5}  {seconds:6.2f} s", flush=True)
        if failures:
            print(output.rstrip(), flush=True)

    def report(self):
        """The lists, then the count."""
        for line in self.skipped:
            print(f"skipped: {line}")
        for line in self.failed:
            print(f"failed: {line}")
        print(f"{self.passed} passed, {len(self.failed)} failed, "
              f"{len(self.skipped)} skipped", flush=True)


def environment(build):
    """Ours, without what make tells other makes; and where the build is."""
    env = dict(os.environ)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        env.pop(name, None)
    env["BUILD"] = str(build)
    env["SLUICE_BUILD"] = str(TOP / build)
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return env


def run(command, env, seconds, capture=True):
    """Status and output of COMMAND, which is told to end when it is late."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command, cwd=TOP, env=env, stdin=subprocess.DEVNULL,
            stdout=output if capture else None,
            stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            end(child)
            status = f"ended by us after {seconds} s"
        except KeyboardInterrupt:
            end(child)
            raise
        output.seek(0)
        return status, output.read().decode(errors="replace")


def end(child):
    """Its whole group: so that it can clean up, then by force."""
    try:
        os.killpg(child.pid, signal.SIGINT)
        child.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def label(build):
    return "" if str(build) == "build" else f" ({build.name})"


def made_of(source, build):
    """The program that was made of a C file."""
    return (TOP / build / source.relative_to(TOP)).with_suffix("")


# ---- unit ----


def unit_stage(tally, build):
    """Every program of Check, as many at a time as there are cores."""
    programs = [made_of(source, build)
                for pattern in ("unit", "fault", "torture")
                for source in sorted(
                    (TOP / "tests" / pattern).glob("test_*.c"))]
    commands = [[program] for program in programs if program.exists()]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for result in pool.map(lambda one: unit_program(build, one),
                               commands):
            tally.add("unit", *result)


def unit_program(build, command):
    """Its line for the tally.  It writes TAP, where each test is a line."""
    env = environment(build)
    began = time.monotonic()
    with tempfile.NamedTemporaryFile(mode="r", suffix=".tap") as tap:
        env["CK_TAP_LOG_FILE_NAME"] = tap.name
        env.setdefault("CK_TIMEOUT_MULTIPLIER", "5")
        status, output = run(command, env, UNIT_SECONDS)
        lines = tap.read().splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failures = [line.split(" - ", 1)[-1] for line in lines
                if line.startswith("not ok ")]
    if status != 0 and not failures:
        failures = [f"status {status}"]
    elif passed + len(failures) == 0:
        failures = ["ran no test"]
    return (command[-1].name + label(build), passed, failures,
            time.monotonic() - began, output)


# ---- fuzz ----


def fuzz_stage(tally, build):
    """One test a target: its whole corpus is survived."""
    for source in sorted((TOP / "tests/fuzz").glob("fuzz_*.c")):
        began = time.monotonic()
        target = source.stem.removeprefix("fuzz_")
        corpus = sorted((TOP / "tests/fuzz/corpus" / target).glob("*"))
        status, output = run([made_of(source, build), *corpus],
                             environment(build), UNIT_SECONDS)
        failures = [] if status == 0 else [f"status {status}"]
        if not corpus:
            failures = [f"no corpus in tests/fuzz/corpus/{target}"]
        name = f"{target}, {len(corpus)} inputs{label(build)}"
        tally.add("fuzz", name, int(not failures), failures,
                  time.monotonic() - began, output)


# ---- soak ----


def fuzzing_stage(tally, build):
    """What is found stays in the build directory, beside what kills."""
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    for source in sorted((TOP / "tests/fuzz").glob("fuzz_*.c")):
        began = time.monotonic()
        target = source.stem.removeprefix("fuzz_")
        found = TOP / build / "corpus" / target
        found.mkdir(parents=True, exist_ok=True)
        words = sorted(source.parent.glob(f"{target}.dict"))
        status, output = run(
            [made_of(source, build), f"-max_total_time={seconds}",
             f"-artifact_prefix={found.parent}/{target}-",
             *(f"-dict={file}" for file in words), found,
             TOP / "tests/fuzz/corpus" / target],
            environment(build), seconds + UNIT_SECONDS)
        failures = [] if status == 0 else [f"status {status}"]
        tally.add("fuzzing", target, int(not failures), failures,
                  time.monotonic() - began, output)


def cross_stage(tally, build):
    for path in sorted((TOP / build / "tests/unit").glob("test_*")):
        if not path.suffix:
            tally.add("unit", *unit_program(build, [
                "qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", path]))


# ---- house ----


def house_stage(tally, build):
    for rule in house.RULES:
        began = time.monotonic()
        problems = rule(TOP, build)
        failures = ["see above"] if problems else []
        name = rule.__name__.replace("_", " ")
        tally.add("house", name, int(not failures), failures,
                  time.monotonic() - began, "\n".join(problems))


# ---- system ----


def system_stage(tally, build):
    """As many files at a time as there are cores; what fails so is tried once
    more, alone, for a test may fail since the machine is busy with others."""
    cores = str(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as scratch:
        status, cases = run_pytest(build, scratch, "-n", cores,
                                   "--dist", "loadfile")
        failed = [name for name, (kind, _) in cases.items()
                  if kind == "failed"]
        if status == 1 and len(failed) <= AGAIN_MOST:
            print("once more, alone: " + ", ".join(failed), flush=True)
            status, again = run_pytest(build, scratch, "--last-failed")
            cases.update(again)
    before = len(tally.failed)
    count_cases(tally, cases)
    if status != 0 and len(tally.failed) == before:
        tally.failed.append(f"system: pytest: status {status}")


def run_pytest(build, scratch, *options):
    """Its status, and each test's outcome.  pytest prints for itself, and
    where a test is that takes very long; its XML is for the count."""
    folders = [folder for folder in ("tests/system", "tests/fault")
               if any((TOP / folder).glob("test_*.py"))]
    report = Path(scratch) / "report.xml"
    report.unlink(missing_ok=True)
    status, _ = run(
        ["/usr/bin/python3", "-m", "pytest", "-q", *options,
         "-o", f"cache_dir={scratch}/cache", f"--junitxml={report}",
         "-o", f"faulthandler_timeout={SYSTEM_SECONDS // 4}", *folders],
        environment(build), SYSTEM_SECONDS, capture=False)
    return status, outcomes(report) if report.exists() else {}


def outcomes(report):
    """Of each test: passed, failed or skipped, and why."""
    cases = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            cases[name] = ("failed", "")
        elif skip is not None:
            cases[name] = ("skipped", skip.get("message"))
        else:
            cases.setdefault(name, ("passed", ""))
    return cases


def count_cases(tally, cases):
    for name, (kind, why) in cases.items():
        if kind == "failed":
            tally.failed.append(f"system {name}")
        elif kind == "skipped":
            tally.skipped.append(f"{name}: {why}")
        else:
            tally.passed += 1


STAGES = {"unit": unit_stage, "fuzz": fuzz_stage, "house": house_stage,
          "system": system_stage, "fuzzing": fuzzing_stage,
          "cross": cross_stage}


def main(arguments):
    strict = "--strict" in arguments
    tally = Tally()
    for argument in arguments:
        if match := re.fullmatch(r"(\w+):(.+)", argument):
            STAGES[match[1]](tally, Path(match[2]))
    tally.report()
    return bool(tally.failed or (strict and tally.skipped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
