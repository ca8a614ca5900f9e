"""harness_logs.py - access-log lines: logfmt, key=value or key="value"."""

import re

PAIR = re.compile(r'([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?:\s+|$)')
ESCAPE = re.compile(r'\\(?:x([0-9a-f]{2})|(["\\]))')


def unescape(text):
    """Undoes \\xHH, \\" and \\\\; bytes above 0x7f become U+0080 and so on."""
    return ESCAPE.sub(
        lambda m: chr(int(m.group(1), 16)) if m.group(1) else m.group(2), text)


def parse_logfmt(line):
    """One line as a dict of strings.  A line that is not logfmt from its
    first byte to its last is an error: something forged or tore it."""
    found = {}
    at = 0
    while at < len(line):
        pair = PAIR.match(line, at)
        if pair is None:
            raise ValueError(f"not logfmt at column {at + 1}: {line!r}")
        name, quoted, plain = pair.groups()
        if name in found:
            raise ValueError(f"{name} comes twice: {line!r}")
        found[name] = unescape(quoted) if quoted is not None else plain
        at = pair.end()
    return found
