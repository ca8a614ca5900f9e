"""house.py: the rules that the sources keep, each one test of `make check`.

A rule is a function that takes the top of the tree and a build directory
and returns what is wrong, each as "file:line: text".  The names of the
rules are their names in the report.
"""

import os
import re
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import csource

LONGEST_FUNCTION = 70
LONGEST_FILE = 500
LONGEST_LINE = 100

FOLDERS = ("master", "worker", "common", "tests", "etc", "man", ".ci")
TOP_LEVEL = {"README", "LICENSE", "Makefile", "configure.ac", *FOLDERS}
MADE = re.compile(r"build|build-.*|configure~?|config\.(mk|h|log|status)|"
                  r"autom4te\.cache|\..*")

# Who may include whom, by folder: the longest prefix that fits decides.
# "worker/worker.h" is the worker as the master sees it.
BASE = ("common/base",)
COMMON = ("common",)
FIBER = (*COMMON, "worker/fiber")
CONN = (*FIBER, "worker/conn")
HTTP = (*CONN, "worker/http")
MAY_KNOW = {
    "common/base": BASE,
    "common/tbl": (*BASE, "common/tbl"),
    "common/conf": (*BASE, "common/tbl", "common/conf"),
    "common/shm": (*BASE, "common/tbl", "common/shm"),
    "common/ipc": (*BASE, "common/tbl", "common/ipc"),
    "worker/fiber": FIBER,
    "worker/conn": CONN,
    "worker/http": HTTP,
    "worker/guard": (*HTTP, "worker/guard"),
    "worker/origin": (*HTTP, "worker/origin"),
    "worker/cache": (*HTTP, "worker/cache"),
    "worker/content": (*HTTP, "worker/content"),
    "worker/proxy": (*HTTP, "worker/guard", "worker/origin", "worker/cache",
                     "worker/content", "worker/proxy"),
    "worker": (*COMMON, "worker"),
    "master/ctl": (*COMMON, "master/ctl"),
    "master": (*COMMON, "master", "worker/worker.h"),
    "tests": (*COMMON, "worker", "master", "tests"),
}
# What common must not know of the world: it serves nobody.
NOT_IN_COMMON = ("sys/epoll.h",)


def files(top, *suffixes):
    """Our own text files, sorted; all of them without SUFFIXES."""
    found = [top / name for name in ("Makefile", "configure.ac", "README")]
    for folder in FOLDERS:
        for place, folders, names in os.walk(top / folder):
            if os.path.dirname(place) == str(top / "tests"):
                folders.clear()  # what lies deeper is data
            found += [csource.Path(place) / name for name in names]
    return sorted(path for path in found if path.is_file() and
                  (not suffixes or path.suffix in suffixes))


def sources(top, *suffixes):
    return [csource.Source(top, path) for path in files(top, *suffixes)]


def inside(name, folders):
    return any(name == folder or name.startswith(folder + "/")
               for folder in folders)


def layers_include_downwards(top, _build):
    problems = []
    for source in sources(top, ".c", ".h", ".S"):
        layer = max((layer for layer in MAY_KNOW
                     if inside(source.name, [layer])), key=len, default=None)
        if layer is None:
            problems.append(f"{source.name}:1: no rule knows this folder")
            continue
        for line, quoted, name in source.includes():
            if name == "config.h":
                continue
            if not quoted:
                if layer.startswith("common") and name in NOT_IN_COMMON:
                    problems.append(f"{source.name}:{line}: common knows "
                                    f"nothing of <{name}>")
            elif not (top / name).is_file():
                problems.append(f"{source.name}:{line}: \"{name}\" is not "
                                "written from the top of the tree")
            elif not inside(name, MAY_KNOW[layer]):
                problems.append(f"{source.name}:{line}: {layer} must not "
                                f"know {name}")
    return problems


def headers_compile_alone(top, build):
    """As the first thing a compiler sees; tables need a macro's meaning."""
    made = {}
    for line in (top / build / "config.mk" if (top / build / "config.mk")
                 .exists() else top / "config.mk").read_text().splitlines():
        name, _, value = line.partition(" =")
        made[name] = value
    command = shlex.split(" ".join(made[name] for name in (
        "CC", "BASE_FLAGS", "WARN_FLAGS", "CHECK_CFLAGS")))

    def compile_alone(path):
        return subprocess.run(
            [*command, "-Werror", "-I.", "-x", "c", "-fsyntax-only", "-include",
             path.relative_to(top), "/dev/null"],
            cwd=top, capture_output=True, text=True).stderr

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        headers = [source.path for source in sources(top, ".h")
                   if not source.is_table()]
        return [text for text in pool.map(compile_alone, headers) if text]


def functions_are_short(top, _build):
    problems = []
    for source in sources(top, ".c", ".h"):
        problems += [f"{source.name}:{line}: the brace that opens a function "
                     "stands alone in the first column"
                     for line in source.misplaced_braces()]
        problems += [f"{source.name}:{function.line}: {function.name} has "
                     f"{function.length} lines"
                     for function in source.functions()
                     if function.length > LONGEST_FUNCTION]
    return problems


def files_are_short(top, _build):
    """Tables of data may be as long as they are."""
    problems = []
    for path in files(top, ".c", ".h", ".S", ".py"):
        name = str(path.relative_to(top))
        length = len(path.read_text().splitlines())
        if length > LONGEST_FILE and not name.startswith("common/tbl/"):
            problems.append(f"{name}:{length}: the file is too long")
    return problems


def lines_are_short(top, _build):
    return [f"{path.relative_to(top)}:{number}: the line is too long"
            for path in files(top)
            for number, line in enumerate(
                path.read_text(errors="replace").splitlines(), 1)
            if len(line.expandtabs(8)) > LONGEST_LINE]


def comments_are_finished(top, _build):
    problems = []
    for source in sources(top, ".c", ".h", ".S"):
        problems += [f"{source.name}:{line}: {text}"
                     for line, text in source.unfinished()]
    return problems


def every_source_is_built(top, build):
    """What lies where no wildcard of the Makefile looks is not tested."""
    problems = []
    for path in files(top, ".c", ".S"):
        name = path.relative_to(top)
        if name.parts[0] == "tests" and "cross" in name.parts:
            continue
        if not (top / build / name).with_suffix(".o").exists():
            problems.append(f"{name}:1: it is not built")
        program = (top / build / name).with_suffix("")
        if "START_TEST(" in path.read_text() and not program.exists():
            problems.append(f"{name}:1: it is not a program")
    return problems


def nobody_waits_under_a_lock(top, _build):
    """What is marked WAITS is not called from lock_enter to lock_leave.

    Tests may: that it is a bug is what they test.
    """
    every = sources(top, ".c", ".h")
    waits = {name for source in every for name in source.marked("WAITS")}
    call = re.compile(r"\b(\w+)\s*\(")
    problems = []
    for source in every:
        if source.name.startswith("tests/"):
            continue
        for function in source.functions():
            held = False
            for line, text in function.body:
                for name in call.findall(text):
                    if name in ("lock_enter", "lock_leave"):
                        held = name == "lock_enter"
                    elif held and name in waits:
                        problems.append(f"{source.name}:{line}: {name} may "
                                        "wait, and a lock is held here")
    return problems


def manuals_are_clean(top, _build):
    pages = [path.relative_to(top) for path in sorted(top.glob("man/*.[1-9]"))]
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages],
                          cwd=top, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    return lint.stdout.splitlines() + lint.stderr.splitlines()


def install(top, build, folder):
    """What a make that knows nothing of a make above it says."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "-s", f"BUILD={build}", f"DESTDIR={folder}", "prefix=/usr",
         "sysconfdir=/etc", "install"], cwd=top, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def install_leaves_a_configuration_alone(top, build):
    """Everything lands below DESTDIR, and a second time changes no setting."""
    with tempfile.TemporaryDirectory() as folder:
        settings = csource.Path(folder) / "etc/sluice/sluiced.conf"
        first = install(top, build, folder)
        if first.returncode != 0 or "useradd" not in first.stdout:
            return [f"Makefile:1: {first.stdout}"]
        problems = [f"Makefile:1: {place} is not installed" for place in (
            "usr/sbin/sluiced", "usr/sbin/sluicectl", "etc/sluice/vhosts.d",
            "etc/sluice/sluiced.conf", "usr/share/man/man8/sluiced.8")
            if not (csource.Path(folder) / place).exists()]
        settings.write_text("# mine\n")
        install(top, build, folder)
        if settings.read_text() != "# mine\n":
            problems += ["Makefile:1: install overwrites sluiced.conf"]
        return problems


def top_level_is_tidy(top, _build):
    return [f"{path.name}:1: it does not belong in the top level"
            for path in sorted(top.iterdir())
            if path.name not in TOP_LEVEL and not MADE.fullmatch(path.name)]


RULES = (layers_include_downwards, headers_compile_alone,
         functions_are_short, files_are_short, lines_are_short,
         comments_are_finished, every_source_is_built,
         nobody_waits_under_a_lock, manuals_are_clean,
         install_leaves_a_configuration_alone, top_level_is_tidy)
