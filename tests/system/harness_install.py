"""harness_install.py - what `make install` makes, in a folder."""

import os
import subprocess

from harness import BUILD, REPOSITORY


def make(target, *variables, cwd=REPOSITORY):
    """What a make that knows nothing of a make above it says."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-s", *variables, target], cwd=cwd,
                          env=env, stdin=subprocess.DEVNULL, timeout=120,
                          capture_output=True, text=True, check=False)


def install(folder, prefix="/usr", target="install"):
    # Not "all": it is built, and what is tested shall not change meanwhile.
    done = make(target, "-o", "all", f"BUILD={BUILD.relative_to(REPOSITORY)}",
                f"DESTDIR={folder}", f"prefix={prefix}", "sysconfdir=/etc")
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_below(folder):
    """Names of all files there, relative."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")
            if not path.is_dir()}
