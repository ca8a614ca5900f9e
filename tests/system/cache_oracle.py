"""cache_oracle.py - RFC 9111 once more, in Python, for replies made at random.

What a shared cache does with a second request for the same URL, by the text
of the RFC and by what our manual says where that leaves it open: what is
unclear is not fresh, and what says nothing is not kept.
"""

import random
import re

USED, ASKED, TIMEOUT = "used", "asked", "timeout"
MARGIN = 3      # seconds: what is nearer to a limit is not decided

WORDS = ("max-age=60", "max-age=0", "max-age=3600", "MAX-AGE=60",
         'max-age="60"', "max-age=x", "max-age", "s-maxage=60", "s-maxage=0",
         "public", "private", 'private="X-P"', "no-store", "no-cache",
         'no-cache="X-N"', "must-revalidate", "proxy-revalidate", "immutable",
         "must-understand", "no-transform", "stale-if-error=60", "foo",
         "foo=bar", 'foo="no-store, max-age=9"')
WISHES = ("no-cache", "max-age=0", "max-age=10", "max-age=50", "min-fresh=30",
          "min-fresh=100", "max-stale", "max-stale=1000", "max-stale=10",
          "only-if-cached", "foo")
FIELDS = {      # name: (how often, values); dates as in cache_rows.py
    "Expires": (.4, ("@60", "@-60", "@3600", "0", "junk", "@0")),
    "Age": (.4, ("0", "30", "50", "100", "4000", "x", "-1", "1.5",
                 "30, 40")),
    "Date": (.4, ("@0", "@-30", "@-100", "@100", "@-4000", "junk")),
    "Last-Modified": (.4, ("@-1000", "@-864000", "@-86400000", "junk",
                           "@500")),
    "ETag": (.3, ('"a"',)),
    "Vary": (.25, ("Foo", "foo, Bar", "*", "Foo, *", "Accept")),
    "Set-Cookie": (.1, ("a=b",)),
    "Pragma": (.1, ("no-cache",)),
}
REQUEST = {
    "Foo": (.4, ("1", "2")),
    "Bar": (.15, ("1", "2")),
    "Authorization": (.15, ("Basic x",)),
}
STATUSES = (200, 200, 200, 200, 201, 203, 204, 299, 301, 302, 404, 410, 500,
            503, 599)
HOSTS = ("plain", "guess", "always", "errors")  # of cache_rows.py

BY_DEFAULT = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}
ERRORS = {404, 405, 410, 414, 451, 501}
UNKNOWN = {299, 599}
SECONDS = ("max-age", "s-maxage", "max-stale", "min-fresh")
ELEMENT = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')


def some(source, table):
    return [f"{name}: {source.choice(values)}"
            for name, (share, values) in table.items()
            if source.random() < share]


def make(seed):
    """(host, status, fields of the reply, those of two requests)"""
    source = random.Random(seed)
    words = [source.choice(WORDS) for _ in range(source.choice((0, 1, 1, 2, 2,
                                                               3, 4)))]
    fields = some(source, FIELDS)
    at = source.randrange(len(words) + 1)
    for part in (words[:at], words[at:]):
        if part:
            glue = source.choice((", ", ",", " , ,"))
            fields.append(f"Cache-Control: {glue.join(part)}")
    first, second = some(source, REQUEST), some(source, REQUEST)
    if source.random() < .3:
        second.append(f"Cache-Control: {source.choice(WISHES)}")
    if source.random() < .1:
        second.append("Pragma: no-cache")
    if source.random() < .05:
        first.append("Cache-Control: no-store")
    return (source.choice(HOSTS), source.choice(STATUSES), fields, first,
            second)


def values(fields, name):
    return [line.partition(":")[2].strip() for line in fields
            if line.partition(":")[0].lower() == name]


def date(fields, name):
    """Seconds from now; None: there is no such date."""
    found = values(fields, name)
    match = found and re.fullmatch(r"@(-?\d+)", found[0])
    return int(match[1]) if match else None


def seconds(text, name):
    """-1: unclear"""
    if name == "max-stale" and not text:
        return 1 << 31
    text = text.strip('"')
    return int(text) if text.isdigit() else -1


def control(fields):
    """{directive: its seconds, or True}"""
    said = {}
    for line in values(fields, "cache-control"):
        for element in ELEMENT.findall(line):
            name, equals, value = element.strip().lower().partition("=")
            if name in SECONDS:
                number = seconds(value, name)
                said[name] = number if said.get(name, number) == number else -1
            elif not (equals and name in ("private", "no-cache")):
                said[name] = True
    return said


class Oracle:
    """Of one case."""

    def __init__(self, host, code, fields, first, second):
        self.host, self.code, self.fields = host, code, fields
        self.first, self.second = first, second
        self.said = control(fields)
        self.asked, self.wished = control(first), control(second)
        self.shared = any(word in self.said for word in
                          ("public", "must-revalidate", "s-maxage"))

    def age(self):
        """At least that; and do we know?"""
        found = values(self.fields, "age")
        known = not found or found[0].isdigit()
        return max(0, -(date(self.fields, "date") or 0),
                   int(found[0]) if found and known else 0), known

    def said_lifetime(self):
        for word in ("s-maxage", "max-age"):
            if word in self.said:
                return max(0, self.said[word])
        if not values(self.fields, "expires"):
            return None
        expires = date(self.fields, "expires")
        made = date(self.fields, "date") or 0
        return 0 if expires is None else max(0, expires - made)

    def lifetime(self):
        """None: the reply says nothing, and the operator neither."""
        said = self.said_lifetime()
        if said is not None:
            return said
        modified = date(self.fields, "last-modified")
        if self.host == "guess" and modified is not None and (
                self.code in BY_DEFAULT or "public" in self.said):
            made = date(self.fields, "date") or 0
            guess = min(86400, (made - modified) / 10)
            if guess > 0:
                return guess
        if self.host == "errors" and self.code in ERRORS:
            return 60
        if self.host == "always" and self.code in BY_DEFAULT - ERRORS:
            return 60
        return 0 if "no-cache" in self.said or "public" in self.said else None

    def may_be_kept(self):
        vary = [name.strip().lower() for line in values(self.fields, "vary")
                for name in line.split(",")]
        understood = "must-understand" in self.said
        return not (
            "no-store" in self.asked or "private" in self.said or
            (understood and self.code in UNKNOWN) or
            ("no-store" in self.said and not understood) or
            (values(self.first, "authorization") and not self.shared) or
            values(self.fields, "set-cookie") or "*" in vary or
            any(values(self.first, name) != values(self.second, name)
                for name in vary))

    def time_left(self):
        (age, known), lifetime = self.age(), self.lifetime()
        if lifetime is None:
            return None
        left = lifetime - age
        if "no-cache" in self.said or not known:
            left = min(left, 0)
        validators = values(self.fields, "etag") + \
            values(self.fields, "last-modified")
        return None if left <= 0 and not validators else left

    def wants_new(self):
        """None: it depends on the moment."""
        pragma = values(self.second, "pragma") and \
            not values(self.second, "cache-control")
        if "no-cache" in self.said or "no-cache" in self.wished or pragma:
            return True
        if "immutable" in self.said:
            return False
        left = self.time_left()
        room = [left - self.wished["min-fresh"]] \
            if "min-fresh" in self.wished else []
        if "max-age" in self.wished:
            room.append(self.wished["max-age"] - self.age()[0])
        if any(abs(one) < MARGIN for one in room):
            return None
        return any(one < 0 for one in room)

    def takes_stale(self):
        strict = any(word in self.said for word in
                     ("must-revalidate", "proxy-revalidate", "s-maxage"))
        return not strict and \
            -self.time_left() <= self.wished.get("max-stale", -1)

    def verdict(self):
        """What becomes of the second request; None: not decided."""
        no = TIMEOUT if "only-if-cached" in self.wished else ASKED
        if not self.may_be_kept() or self.time_left() is None:
            return no
        if values(self.second, "authorization") and not self.shared:
            return no
        new, left = self.wants_new(), self.time_left()
        if new is None or (left != 0 and abs(left) < MARGIN):
            return None
        if new or (left <= 0 and not self.takes_stale()):
            return no
        return USED
