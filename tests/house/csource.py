"""csource.py: as much of C as the rules of the house need to read.

No parser: the house writes a function's braces in the first column, and that
is enough to find where it begins and ends.  Comments and the insides of
strings are blanked before anything is looked for; lines keep their numbers.
"""

import re
from pathlib import Path

TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|"
                   r"'(?:\\.|[^'\\\n])*'", re.DOTALL)
INCLUDE = re.compile(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")
NAME = re.compile(r"(\w+)\s*\(")


def blank(match):
    """A comment becomes a space, a string an empty one."""
    text = match[0]
    kept = "\n" * text.count("\n")
    return kept or " " if text[0] == "/" else text[0] * 2 + kept


class Function:
    """LINE is where its signature begins, BODY its (line, text) pairs."""

    def __init__(self, name, line, body):
        self.name = name
        self.line = line
        self.body = body
        self.length = len(body)


class Source:
    def __init__(self, top, path):
        self.path = path
        self.name = str(path.relative_to(top))
        self.raw = path.read_text()
        self.code = TOKEN.sub(blank, self.raw).split("\n")

    def includes(self):
        """(line, is it "quoted"?, name) of each."""
        for line, text in enumerate(self.raw.split("\n"), 1):
            if match := INCLUDE.match(text):
                yield line, match[1] == '"', match[2]

    def is_table(self):
        """Rows of a macro that whoever includes it defines first."""
        return all(re.match(r"[A-Z_]+\(|[\s#]|$", text) for text in self.code)

    def functions(self):
        began = None
        for line, text in enumerate(self.code, 1):
            if text.startswith("{"):
                began = line
            elif text.startswith("}") and began:
                first, name = self.signature(began - 1)
                body = list(enumerate(self.code[began - 1:line], began))
                yield Function(name, first, body)
                began = None

    def signature(self, line):
        """Upwards from the line above a brace: where it begins, its name."""
        first = line
        while first > 1 and re.match(r"[\s)]", self.code[first - 1]):
            first -= 1
        names = NAME.findall(" ".join(self.code[first - 1:line]))
        test = re.search(r"START_TEST\s*\(\s*(\w+)", self.code[first - 1])
        return first, test[1] if test else names[0] if names else "?"

    def misplaced_braces(self):
        """Function bodies that would hide from functions()."""
        for line, text in enumerate(self.code, 1):
            if re.match(r"[A-Za-z_].*\)\s*\{", text):
                yield line

    def marked(self, mark):
        """Names of the functions whose declaration has MARK before it."""
        text = " ".join(line for line in self.code
                        if not line.lstrip().startswith("#"))
        return re.findall(rf"\b{mark}\b[^();{{}}]*?\b(\w+)\s*\(", text)

    def unfinished(self):
        """Comments that the house does not have."""
        for match in TOKEN.finditer(self.raw):
            line = self.raw.count("\n", 0, match.start()) + 1
            if match[0].startswith("//"):
                yield line, "comments are written /* so */"
            elif found := re.search(r"\b(TODO|FIXME|XXX)\b", match[0]):
                yield line, f"{found[0]}: finish it, or say why it is so"
