"""Completion in bash: what is offered is what the programs say."""

import subprocess

import pytest

from harness import BUILD, REPOSITORY

COMPLETION = REPOSITORY / "etc/completions/sluice.bash"

# What bash does at a Tab: finds the function, fills COMP_WORDS, calls it.
TAB = r"""
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p "${1##*/}" >/dev/null || exit 1
_sluice "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def complete(program, *words, cwd=None):
    """What is offered for the last of WORDS."""
    done = subprocess.run(
        ["bash", "-c", TAB, "bash", str(COMPLETION), str(BUILD / program),
         *words], capture_output=True, text=True, timeout=60, check=True,
        stdin=subprocess.DEVNULL, cwd=cwd)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("words,offered", [
    (["re"], ["reload", "reopen"]),
    (["--json", "st"], ["status", "stop"]),
    (["--j"], ["--json"]),
    (["nothing"], []),
    (["pools", ""], ["--watch"]),
    (["server", ""], []),
    (["cache", ""], ["status", "list", "purge", "explain"]),
    (["cache", "purge", "--s"], ["--soft"]),
    (["cache", "purge", "--tag", ""], []),
    (["cache", "explain", "--h"], ["--header"]),
    (["server", "a.test/web/http://10.0.0.1", "d"], ["drain", "down"]),
])
def test_verbs_and_options_of_sluicectl(words, offered):
    assert complete("sluicectl", *words) == offered


def test_every_verb_is_offered():
    text = subprocess.run([str(BUILD / "sluicectl"), "--help"], text=True,
                          capture_output=True, check=True).stdout
    verbs = [line.split()[0] for line in
             text.split("verbs:\n")[1].splitlines()]
    assert len(verbs) >= 8
    assert set(verbs) <= set(complete("sluicectl", ""))


def test_every_long_option_of_sluiced_is_offered():
    offered = complete("sluiced", "--")
    assert {"--foreground", "--test", "--strict", "--supervised", "--listen",
            "--to", "--file"} <= set(offered)
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize("program,option", [
    ("sluiced", "-f"), ("sluiced", "--file"), ("sluicectl", "-s")])
def test_files_where_a_file_is_due(workdir, program, option):
    (workdir / "site.conf").write_text("")
    assert complete(program, option, "si", cwd=workdir) == ["site.conf"]


def test_nothing_where_nothing_is_known():
    assert complete("sluiced", "--listen", "") == []
