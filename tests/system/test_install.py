"""make install, uninstall and dist, and the packages of other systems."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import REPOSITORY
from harness_install import files_below, install, make

DEPS = REPOSITORY / "tests/deps/deps"


# ---- install and uninstall ----

def test_uninstall_takes_all_but_the_configuration(workdir):
    install(workdir)
    assert "etc/init.d/sluiced" in files_below(workdir)
    (workdir / "etc/sluice/vhosts.d/app.conf").write_text("# mine\n")
    said = install(workdir, target="uninstall")
    assert files_below(workdir) == {"etc/sluice/sluiced.conf",
                                    "etc/sluice/vhosts.d/app.conf"}
    assert "etc/sluice stays" in said


def test_a_changed_logrotate_file_is_kept_by_both(workdir):
    install(workdir)
    file = workdir / "etc/logrotate.d/sluice"
    file.write_text("# mine\n")
    install(workdir)
    assert file.read_text() == "# mine\n"
    install(workdir, target="uninstall")
    assert file.read_text() == "# mine\n"


# ---- dist ----

@pytest.fixture
def dist(workdir):
    """The sources from the tar, unpacked."""
    done = make("dist", f"BUILD={workdir}")
    assert done.returncode == 0, done.stderr
    with tarfile.open(done.stdout.strip()) as tar:
        assert {member.uid for member in tar} == {0}
        tar.extractall(workdir)
    (folder,) = workdir.glob("sluice-*/")
    return folder


def test_dist_makes_the_same_file_twice(workdir):
    texts = []
    for name in "ab":
        done = make("dist", f"BUILD={workdir}/{name}")
        texts.append(Path(done.stdout.strip()).read_bytes())
    assert texts[0] == texts[1]


def test_dist_configures_without_autoconf_and_has_all_sources(dist):
    assert not (dist / ".git").exists() and not (dist / "build").exists()
    tools = dist.parent / "tools"
    tools.mkdir()
    (tools / "autoconf").write_text("#!/bin/sh\nexit 1\n")
    (tools / "autoconf").chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    configured = subprocess.run(
        ["sh", "-c", "./configure -q && mkdir build && make -n all tests"],
        cwd=dist,
        env={**os.environ, "PATH": path, "MAKEFLAGS": "", "BUILD": "build"},
        text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert configured.returncode == 0, configured.stderr
    for wanted in ("master/main.c", "build/sluicectl", "test_json.c"):
        assert wanted in configured.stdout


# ---- deps ----

class Machine:
    """A PATH with the tools that deps itself needs, and nothing else."""

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        for tool in ("sh", "cat", "rm", "mktemp", "sed", "sort", "tr"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.add("id", "echo 0")

    def add(self, name, script):
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def has(self, manager):
        self.add(manager, f'echo "$0" "$@" >>{self.log}')

    def deps(self, *sets):
        return subprocess.run([str(self.bin / "sh"), str(DEPS), *sets],
                              env={"PATH": str(self.bin)}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)

    def installed(self):
        (line,) = self.log.read_text().splitlines()
        return line.removeprefix(f"{self.bin}/")


@pytest.fixture
def machine(workdir):
    return Machine(workdir)


@pytest.mark.parametrize("manager,command,packages", [
    ("dnf", "dnf -q -y install --setopt=install_weak_deps=False ",
     {"gcc", "pkgconf-pkg-config", "libbsd-devel", "pcre2-devel"}),
    ("apk", "apk -q add ", {"gcc", "pkgconf", "libbsd-dev", "pcre2-dev"}),
])
def test_deps_installs_by_the_names_of_the_system(machine, manager, command,
                                                  packages):
    machine.has(manager)
    done = machine.deps("run")
    assert done.returncode == 0 and "untested here" in done.stderr
    assert machine.installed().startswith(command)
    assert packages <= set(machine.installed().split())


def test_deps_says_what_is_not_packaged(machine):
    machine.has("apk")
    done = machine.deps("run", "soak")
    assert done.returncode == 1 and "not all of it is packaged" in done.stderr
    assert not machine.log.exists()


def test_deps_of_an_unknown_system_names_what_is_missing(machine):
    done = machine.deps("run")
    assert done.returncode == 1 and "libconfig" in done.stderr


def test_every_package_has_its_names():
    text = DEPS.read_text()
    table = re.search(r"cat <<-END\n(.*?)\n\tEND", text, re.DOTALL)[1]
    known = {line.split()[0] for line in table.splitlines()}
    body = text[text.index("set_run()"):text.index("# Daemons are")]
    needed = set(re.findall(
        r"^\t(?:tool|library|python) \S+ (\S+)$", body, re.MULTILINE))
    assert len(needed) > 15 and needed <= known
