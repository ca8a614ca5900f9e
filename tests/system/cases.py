"""cases.py - the tables of tests/cases: messages, and the verdict of each.

tests/cases/requests says how they are written; tests/unit/cases.c reads the
same.
"""

import re
from dataclasses import dataclass, field

from harness import REPOSITORY

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "v": b"\v", "f": b"\f",
           "0": b"\0", "s": b" ", "\\": b"\\"}
PART = re.compile(r"\\x([0-9a-f]{2})|\\(.)|{([^}]*?)(?::([0-9]+))?}|([^\\{])")


@dataclass
class Row:
    words: list                 # the verdict: ["400", "line_end"]
    title: str
    parts: dict = field(default_factory=dict)   # by "<", ">" and "+"

    @property
    def sent(self):
        return self.parts["<"]

    @property
    def head(self):
        """The head that the other side is to get."""
        if ">" in self.parts:
            return self.parts[">"]
        return self.sent[:self.sent.index(b"\r\n\r\n") + 4]

    @property
    def payload(self):
        return self.parts.get("+", b"")

    @property
    def word(self):
        """The second one, or ''."""
        return self.words[1] if len(self.words) > 1 else ""


def expand(text, words):
    def part(match):
        code, escape, name, times, plain = match.groups()
        if code:
            return bytes([int(code, 16)])
        if escape:
            return ESCAPES[escape]
        if plain:
            return plain.encode()
        return expand(name, words) * int(times) if times else words[name]
    return b"".join(map(part, PART.finditer(text)))


def load(name):
    """The rows of tests/cases/NAME."""
    words, rows = {}, []
    path = REPOSITORY / "tests/cases" / name
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if rows and line[0] in "<>+" and line[1:2] == " ":
            parts = rows[-1].parts
            parts[line[0]] = parts.get(line[0], b"") + expand(line[2:], words)
        elif " | " in line:
            verdict, title = line.split(" | ", 1)
            rows.append(Row(verdict.split(), title))
        else:
            word, text = line.split("=", 1)
            words[word.strip()] = expand(text[1:], words)
    return rows
