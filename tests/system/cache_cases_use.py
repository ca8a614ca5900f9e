"""cache_cases_use.py - what is done with what is kept.

Each row is made from the text of the section that its title begins with.
"""

from cache_rows import CUT, again, ask, ok, row, status

CC = "Cache-Control: "
FRESH = CC + "max-age=60"
STALE = (CC + "max-age=60", "Age: 100")
TAG = 'ETag: "one"'
SINCE = "Last-Modified: @-864000"
MATCH = 'If-None-Match: "one"'

# ---- Vary ----


def varied(title, vary, first, second, used=True):
    return again(f"9111 4.1 {title}", FRESH, *vary, first=first,
                 second=second, used=used)


FOO = ("Vary: Foo",)
VARY = [
    varied("the same value", FOO, "Foo: 1", "Foo: 1"),
    varied("another value", FOO, "Foo: 1", "Foo: 2", used=False),
    varied("missing in the second", FOO, "Foo: 1", (), used=False),
    varied("missing in the first", FOO, (), "Foo: 1", used=False),
    varied("missing in both", FOO, (), ()),
    varied("missing is not empty", FOO, (), "Foo:", used=False),
    varied("names have no case", ("Vary: fOO",), "foo: 1", "FOO: 1"),
    varied("values of unknown fields have", FOO, "Foo: a", "Foo: A",
           used=False),
    varied("several, all the same", ("Vary: Foo, Bar",),
           ("Foo: 1", "Bar: 2"), ("Bar: 2", "Foo: 1")),
    varied("several, one differs", ("Vary: Foo, Bar",),
           ("Foo: 1", "Bar: 2"), ("Foo: 1", "Bar: 3"), used=False),
    varied("several, values exchanged", ("Vary: Foo, Bar",),
           ("Foo: 1", "Bar: 2"), ("Foo: 2", "Bar: 1"), used=False),
    varied("several lines", ("Vary: Foo", "Vary: Bar"),
           ("Foo: 1", "Bar: 2"), ("Foo: 1", "Bar: 3"), used=False),
    varied("empty elements", ("Vary: , Foo,,",), "Foo: 1", "Foo: 1"),
    varied("what is not named makes no difference", FOO,
           ("Foo: 1", "Bar: 1"), ("Foo: 1", "Bar: 2")),
    varied("lines are combined", FOO, ("Foo: 1", "Foo: 2"), "Foo: 1, 2"),
    varied("lines in another order", FOO, ("Foo: 1", "Foo: 2"),
           ("Foo: 2", "Foo: 1"), used=False),
    varied("space around a value", FOO, "Foo: 1", "Foo:  \t1 "),
    varied("gzip and br is not br and gzip refused",
           ("Vary: Accept-Encoding",), "Accept-Encoding: gzip, br",
           "Accept-Encoding: gzip;q=0, br", used=False),
    varied("gzip, however it is written", ("Vary: Accept-Encoding",),
           "Accept-Encoding: gzip", "Accept-Encoding: GZIP"),
    varied("gzip is not none", ("Vary: Accept-Encoding",),
           "Accept-Encoding: gzip", (), used=False),
    varied("another language", ("Vary: Accept-Language",),
           "Accept-Language: de", "Accept-Language: fr", used=False),
    varied("the same language, another case", ("Vary: Accept-Language",),
           "Accept-Language: de-DE, en;q=0.5",
           "Accept-Language: DE-de,en;q=0.5"),
    varied("the other language first", ("Vary: Accept-Language",),
           "Accept-Language: de;q=0.9, en;q=0.5",
           "Accept-Language: de;q=0.5, en;q=0.9", used=False),
    *(again(f"9111 4.1 {line!r} is never used", FRESH, line, first="Foo: 1",
            used=False)
      for line in ("Vary: *", "Vary: Foo, *", "Vary: *, Foo", "Vary: , *",
                   "Vary: *, *", "Vary:  *  ")),
    again("9111 4.1 * on the second line", FRESH, "Vary: Foo", "Vary: *",
          first="Foo: 1", used=False),
    row("9111 4.1 two variants are kept side by side",
        ask(ok(FRESH, *FOO), fields="Foo: 1"), ask(fields="Foo: 2"),
        ask(fields="Foo: 1", says=0), ask(fields="Foo: 2", says=1)),
    row("9111 4.1 the newest of those that match",
        ask(ok(FRESH, *FOO), fields="Foo: 1"),
        ask(ok(FRESH, "Vary: Bar"), fields=("Foo: 2", "Bar: 1")),
        ask(fields=("Foo: 1", "Bar: 2"), says=0),
        ask(fields=("Foo: 3", "Bar: 1"), says=1)),
    row("9111 4.3.1 a mismatch is not validated by itself alone",
        ask(ok(FRESH, *FOO, TAG), fields="Foo: 1"),
        ask(ok(FRESH, *FOO, 'ETag: "two"'), fields="Foo: 2"),
        ask(fields="Foo: 1", says=0)),
    row("9111 4.1 what varies is stale: asked with the same fields",
        ask(ok(*STALE, *FOO, TAG), fields="Foo: 1"),
        ask(status(304, FRESH, TAG), fields="Foo: 1", says=0, asks=True,
            status=200, told=("Foo: 1", MATCH))),
]

# ---- validation ----

VALIDATION = [
    row("9111 4.3.1 by ETag",
        ask(ok(*STALE, TAG)),
        ask(status(304, FRESH), says=0, asks=True, status=200, told=MATCH),
        ask(says=0, status=200)),
    row("9111 4.3.1 by a weak ETag",
        ask(ok(*STALE, 'ETag: W/"x"')),
        ask(status(304, FRESH), says=0, asks=True, status=200,
            told='If-None-Match: W/"x"')),
    row("9111 4.3.1 by Last-Modified",
        ask(ok(*STALE, SINCE)),
        ask(status(304, FRESH), says=0, asks=True, status=200,
            told="If-Modified-Since: @-864000")),
    row("9111 4.3.1 no validator, no condition",
        ask(ok(*STALE)), ask(untold=("If-None-Match", "If-Modified-Since"))),
    row("9111 4.3.3 a whole reply replaces what is kept",
        ask(ok(*STALE, TAG)), ask(ok(FRESH, 'ETag: "two"')), ask(says=1)),
    row("9111 4.3.3 500 is not the answer to a condition: it is passed on",
        ask(ok(*STALE, TAG)), ask(status(500, CC + "no-store"))),
    row("9111 4.3.3 404 is one", ask(ok(*STALE, TAG)),
        ask(status(404, FRESH)), ask(says=1)),
    row("9111 4.3.4 fields are updated, others stay",
        ask(ok(*STALE, TAG, "X-One: 1", "X-Two: 2")),
        ask(status(304, FRESH, TAG, "X-Two: 3", "X-New: 4"), says=0,
            asks=True, status=200,
            has=("X-One: 1", "X-Two: 3", "X-New: 4")),
        ask(says=0, status=200,
            has=("X-One: 1", "X-Two: 3", "X-New: 4"))),
    row("9111 3.2 not what tells of the content",
        ask(ok(*STALE, TAG, "Content-Type: text/plain", body=b"hello")),
        ask(status(304, FRESH, TAG, "Content-Encoding: gzip",
                   "Content-Range: bytes 0-1/2"), says=0,
            asks=True, status=200, has="Content-Length: 5",
            lacks=("Content-Encoding", "Content-Range"))),
    row("9111 3.2 not what is for one connection",
        ask(ok(*STALE, TAG)),
        ask(status(304, FRESH, TAG, "Connection: X-Hop", "X-Hop: 1",
                   "Keep-Alive: timeout=5"), says=0, asks=True, status=200,
            lacks=("X-Hop", "Keep-Alive"))),
    row("9111 4.3.4 the time counts from the update",
        ask(ok(CC + "max-age=60", "Age: 100", TAG)),
        ask(status(304, TAG, "Age: 0"), says=0, asks=True, status=200),
        ask(says=0, status=200)),
    row("9111 5.2.2.4 no-cache is validated each time",
        ask(ok(CC + "max-age=60, no-cache", TAG)),
        ask(status(304, TAG), says=0, asks=True, status=200, told=MATCH),
        ask(status(304, TAG), says=0, asks=True, status=200, told=MATCH)),
    row("9111 5.2.2.2 must-revalidate, while it is fresh",
        ask(ok(CC + "max-age=60, must-revalidate", TAG)), ask(says=0)),
    row("8246 2 immutable, but stale",
        ask(ok(CC + "max-age=60, immutable", "Age: 61", TAG)),
        ask(status(304, FRESH), says=0, asks=True, status=200)),
    row("9111 4.3.1 the client's condition is not the origin's",
        ask(ok(*STALE, TAG)),
        ask(status(304, FRESH), fields='If-None-Match: "other"', says=0,
            asks=True, status=200, text=b"step 0", 
            told='If-None-Match: ~"one"')),
    row("9110 13.1.2 a condition of the client, nothing kept: passed on or "
        "dropped, but the answer is right",
        ask(ok(FRESH, TAG), fields=MATCH, status=304, has=TAG),
        ask(says=0, text=b"step 0")),
]

# ---- the conditions of clients ----


def asked(title, fields, condition, code):
    step = {"status": code, "has": (TAG,)} if code == 304 else {}
    return row(title, ask(ok(FRESH, TAG, *fields)),
               ask(fields=condition, says=0, **step))


CONDITIONS = [
    *(asked(f"9110 13.1.2 {line!r} is a match", (), f"If-None-Match: {line}",
            304)
      for line in ('"one"', 'W/"one"', '"x", "one"', '"one" , "x"',
                   '"x","y",W/"one","z"', "*", ', "one"')),
    *(asked(f"9110 13.1.2 {line!r} is none", (), f"If-None-Match: {line}",
            200)
      for line in ('"two"', '"one', "one", '"On"', '"onetwo"', '"ONE"')),
    row("9110 13.1.2 a weak one is a match too",
        ask(ok(FRESH, 'ETag: W/"w"')),
        ask(fields='If-None-Match: "w"', says=0, status=304,
            has='ETag: W/"w"')),
    row("9110 13.1.2 no ETag, no match", ask(ok(FRESH)),
        ask(fields=MATCH, says=0)),
    *(asked(f"9110 13.1.3 {line}: not modified since", (SINCE,),
            f"If-Modified-Since: {line}", 304)
      for line in ("@-864000", "@-863999", "@0")),
    *(asked(f"9110 13.1.3 {line}: modified since", (SINCE,),
            f"If-Modified-Since: {line}", 200)
      for line in ("@-864001", "@-8640000")),
    asked("9110 13.1.3 no date, no condition", (SINCE,),
          "If-Modified-Since: yesterday", 200),
    asked("9110 13.2.2 If-None-Match goes before: no match", (SINCE,),
          ('If-None-Match: "two"', "If-Modified-Since: @0"), 200),
    asked("9110 13.2.2 If-None-Match goes before: a match", (SINCE,),
          (MATCH, "If-Modified-Since: @-8640000"), 304),
    row("9110 15.4.5 what a 304 has", ask(ok(FRESH, TAG, "Vary: Foo",
                                             "Content-Location: /x",
                                             "Expires: @100",
                                             "Date: @-5")),
        ask(fields=MATCH, says=0, status=304,
            has=(TAG, FRESH, "Vary: Foo", "Content-Location: /x",
                 "Expires: @100", "Date: @-5", "Age: >=5"))),
    row("9111 4.3.2 a condition when what is kept is stale",
        ask(ok(*STALE, TAG)),
        ask(status(304, FRESH, TAG), fields=MATCH, says=0, asks=True,
            status=304, has=TAG)),
    row("9110 13.1.2 only replies of success are not modified",
        ask(status(404, FRESH, TAG)), ask(fields=MATCH, says=0)),
    row("9111 4.3.2 If-Match is the origin's to judge",
        ask(ok(FRESH, TAG)),
        ask(status(412, CC + "no-store"), fields='If-Match: "two"',
            told='If-Match: "two"')),
    row("9111 4.3.2 If-Unmodified-Since too",
        ask(ok(FRESH, TAG, SINCE)),
        ask(status(412, CC + "no-store"),
            fields="If-Unmodified-Since: @-8640000",
            told="If-Unmodified-Since: @-8640000")),
]

# ---- Cache-Control of requests ----


def wished(title, fields, wishes, used, host="plain"):
    return row(title, ask(ok(*fields)),
               ask(fields=wishes, says=0 if used else None), host=host)


WISHES = [
    wished("9111 5.2.1.4 no-cache", (FRESH,), CC + "no-cache", False),
    wished("9111 5.2.1.4 no-cache among others", (FRESH,),
           CC + "foo, No-Cache, max-age=100", False),
    wished("9111 5.2.1.4 not if the operator says so", (FRESH,),
           CC + "no-cache", True, host="deaf"),
    wished("9111 5.4 Pragma: no-cache", (FRESH,), "Pragma: no-cache", False),
    wished("9111 5.4 Pragma: anything else", (FRESH,), "Pragma: foo", True),
    wished("9111 5.2.1.1 max-age it is older than", (FRESH, "Age: 30"),
           CC + "max-age=29", False),
    wished("9111 5.2.1.1 max-age it is younger than", (FRESH, "Age: 30"),
           CC + "max-age=50", True),
    wished("9111 5.2.1.1 max-age=0", (FRESH, "Age: 1"), CC + "max-age=0",
           False),
    wished("9111 5.2.1.3 min-fresh it has not", (FRESH, "Age: 30"),
           CC + "min-fresh=31", False),
    wished("9111 5.2.1.3 min-fresh it has", (FRESH, "Age: 30"),
           CC + "min-fresh=10", True),
    wished("9111 5.2.1.2 max-stale it is within", (*STALE, TAG),
           CC + "max-stale=100", True),
    wished("9111 5.2.1.2 max-stale it is beyond", (*STALE, TAG),
           CC + "max-stale=10", False),
    wished("9111 5.2.1.2 max-stale without a number", (*STALE, TAG),
           CC + "max-stale", True),
    wished("9111 5.2.2.2 max-stale does not undo must-revalidate",
           (*STALE, CC + "must-revalidate", TAG), CC + "max-stale", False),
    wished("9111 5.2.2.8 max-stale does not undo proxy-revalidate",
           (*STALE, CC + "proxy-revalidate", TAG), CC + "max-stale", False),
    wished("9111 5.2.2.4 max-stale does not undo no-cache",
           (*STALE, CC + "no-cache", TAG), CC + "max-stale", False),
    wished("9111 5.2.2.10 max-stale does not undo s-maxage",
           (CC + "s-maxage=60", "Age: 100", TAG), CC + "max-stale", False),
    wished("9111 5.2.1.2 max-stale is not for us to hear", (*STALE, TAG),
           CC + "max-stale", False, host="deaf"),
    row("9111 5.2.1.5 no-store is not kept",
        ask(ok(FRESH), fields=CC + "no-store"), ask()),
    row("9111 5.2.1.7 only-if-cached, and it is", ask(ok(FRESH)),
        ask(fields=CC + "only-if-cached", says=0)),
    row("9111 5.2.1.7 only-if-cached, and it is not",
        ask(ok(FRESH), fields=CC + "only-if-cached", says=-1, status=504)),
    row("9111 5.2.1.7 only-if-cached, and it is stale", ask(ok(*STALE, TAG)),
        ask(fields=CC + "only-if-cached", says=-1, status=504)),
    row("9111 5.2.1.7 only-if-cached, and it is never kept",
        ask(ok(CC + "no-store")),
        ask(fields=CC + "only-if-cached", says=-1, asks=False, status=504)),
    row("9111 5.2.1.7 only-if-cached, and it is not for who has a password",
        ask(ok(FRESH)),
        ask(fields=(CC + "only-if-cached", "Authorization: Basic YTpi"),
            says=-1, asks=False, status=504)),
    row("9111 5.2.1.4 no-cache is a validation, if it can be",
        ask(ok(FRESH, TAG)),
        ask(status(304, FRESH), fields=CC + "no-cache", says=0, asks=True,
            status=200, told=MATCH)),
    row("9111 5.2.1.4 what no-cache brought is kept", ask(ok(FRESH)),
        ask(fields=CC + "no-cache"), ask(says=1)),
]

# ---- methods ----


def changed(title, method, code, gone, *fields, target="", host=None):
    return row(title, ask(ok(FRESH), path=target, host=host),
               ask(status(code, CC + "no-store", *fields), method=method,
                   body=b"x"),
               ask(ok(FRESH), path=target, host=host,
                   says=None if gone else 0))


METHODS = [
    *(changed(f"9111 4.4 {method} {code}", method, code, code < 400)
      for method in ("POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "FOO")
      for code in (200, 204, 303, 404, 500)),
    *(changed(f"9110 9.2.1 {method} is safe", method, 200, False)
      for method in ("OPTIONS",)),
    row("9111 4.4 all variants",
        ask(ok(FRESH, "Vary: Foo"), fields="Foo: 1"), ask(fields="Foo: 2"),
        ask(ok(CC + "no-store"), method="POST", body=b"x"),
        ask(ok(FRESH, "Vary: Foo"), fields="Foo: 1"), ask(fields="Foo: 2")),
    row("9110 9.3.2 HEAD from what GET brought",
        ask(ok(FRESH, "X-All: 1", body=b"12345")),
        ask(method="HEAD", says=0, has=("Content-Length: 5", "X-All: 1"))),
    row("9111 4 not GET from what HEAD brought",
        ask(ok(FRESH), method="HEAD"), ask(ok(FRESH)), ask(says=1)),
    row("9110 9.3.2 HEAD with a condition", ask(ok(FRESH, TAG)),
        ask(method="HEAD", fields=MATCH, says=0, status=304)),
    row("9111 4 POST is not answered by it", ask(ok(FRESH)),
        ask(ok(FRESH), method="POST", body=b"x"), ask(ok(FRESH))),
    row("9111 4.1 a query is part of the URI",
        ask(ok(FRESH), path="?a=1"), ask(path="?a=2"), ask(path=""),
        ask(path="?a=1", says=0)),
    row("key a query's parameters that make no difference",
        ask(ok(FRESH), path="?a=1&utm_source=x"), ask(path="?a=1", says=0),
        ask(path="?utm_x=1&a=1&utm_y", says=0), ask(path="?a=2&utm_x"),
        host="keyed"),
    row("9110 4.2.3 a path has case", ask(ok(FRESH), path="/a"),
        ask(path="/A")),
]

PLACES = [
    row(f"9111 4.4 {name} of {method}",
        ask(ok(FRESH), path="/b"),
        ask(status(201, f"{name}: @PATH@/b"), method=method, body=b"x"),
        ask(ok(FRESH), path="/b"))
    for method in ("POST", "PUT", "DELETE", "PATCH")
    for name in ("Location", "Content-Location")
] + [
    row(f"9111 4.4 {name} of a failure",
        ask(ok(FRESH), path="/b"),
        ask(status(403, f"{name}: @PATH@/b"), method="POST", body=b"x"),
        ask(path="/b", says=0))
    for name in ("Location", "Content-Location")
] + [
    row("9111 4.4 Location on another host",
        ask(ok(FRESH), path="/b", host="always"),
        ask(status(201, "Location: http://always.test@PATH@/b"),
            method="POST", body=b"x"),
        ask(path="/b", host="always", says=0)),
]

# ---- ranges ----

TEXT = b"0123456789"
WHOLE = ok(FRESH, TAG, "Content-Type: text/plain", SINCE, body=TEXT)


OF_TO_6 = "Content-Range: bytes 2-6/10"
PART = status(206, FRESH, TAG, OF_TO_6, body=TEXT[2:7])
TO_6 = {"fields": "Range: bytes=2-6"}


def part(title, line, text, code=206, condition=(), has=()):
    """WHOLE is kept, and a part of it is wanted."""
    fields = [f"Range: {line}", *condition]
    return row(title, ask(WHOLE),
               ask(fields=fields, says=0, status=code, text=text, has=has))


RANGES = [
    *(part(f"9110 14.2 {line}", line, TEXT[first:last + 1],
           has=(f"Content-Range: bytes {first}-{last}/10",
                f"Content-Length: {last + 1 - first}", TAG,
                "Content-Type: text/plain"))
      for line, first, last in (
          ("bytes=0-4", 0, 4), ("bytes=5-5", 5, 5), ("bytes=3-", 3, 9),
          ("bytes=-3", 7, 9), ("bytes=0-", 0, 9), ("bytes=8-100", 8, 9),
          ("bytes=-100", 0, 9), ("Bytes=1-2", 1, 2),
          ("bytes=0-9", 0, 9))),
    *(part(f"9110 14.1.2 {line} can't be", line, None, 416,
           has="Content-Range: bytes */10")
      for line in ("bytes=10-", "bytes=100-200", "bytes=-0")),
    *(part(f"9110 14.2 {line} is as if it was not there", line, TEXT, 200)
      for line in ("bytes=5-3", "lines=1-2", "bytes=x", "bytes=", "bytes=-",
                   "bytes", "0-4", "bytes=1-2x")),
    *(part(f"9110 13.1.5 If-Range {line} is it", "bytes=0-1", b"01",
           condition=[f"If-Range: {line}"])
      for line in ('"one"', "@-864000")),
    *(part(f"9110 13.1.5 If-Range {line} is not", "bytes=0-1", TEXT, 200,
           condition=[f"If-Range: {line}"])
      for line in ('"two"', 'W/"one"', "@-863000", "@-865000", "one")),
    part("9110 13.2.2 not modified goes before a range", "bytes=0-1", None,
         304, condition=[MATCH]),
    part("9110 13.2.2 modified, then a range", "bytes=0-1", b"01",
         condition=['If-None-Match: "two"']),
    row("9110 14.2 several ranges", ask(WHOLE),
        ask(fields="Range: bytes=0-1,5-6", says=0, status=206,
            has="Content-Type: ~^multipart/byteranges; *boundary=.+")),
    row("9110 14.2 a range of HEAD is none", ask(WHOLE),
        ask(fields="Range: bytes=0-1", method="HEAD", says=0, status=200,
            has="Content-Length: 10")),
    row("9110 14.2 of an error there are no ranges",
        ask(status(404, FRESH, body=TEXT)),
        ask(fields="Range: bytes=0-1", says=0)),
    row("9111 3.3 a part is kept, and what is within it", ask(PART, **TO_6),
        ask(says=0, status=206, text=b"23456", has=OF_TO_6, **TO_6),
        ask(fields="Range: bytes=3-4", says=0, status=206, text=b"34",
            has="Content-Range: bytes 3-4/10"),
        ask(WHOLE, fields="Range: bytes=6-7", says=3, asks=True, status=206,
            text=b"67")),
    row("9111 3.3 a part that ends where all does", ask(
        status(206, FRESH, "Content-Range: bytes 5-9/10", body=TEXT[5:]),
        fields="Range: bytes=-5"),
        ask(fields="Range: bytes=-5", says=0, status=206, text=b"56789"),
        ask(fields="Range: bytes=-2", says=0, status=206, text=b"89"),
        ask(fields="Range: bytes=8-", says=0, status=206, text=b"89",
            has="Content-Range: bytes 8-9/10")),
    row("9111 3.3 a part that is stale is none", ask(
        status(206, *STALE, OF_TO_6, body=TEXT[2:7]), **TO_6), ask(**TO_6)),
    row("9110 14.4 a part that is not as long as it says", ask(
        status(206, FRESH, OF_TO_6, body=TEXT[2:6]), **TO_6), ask(**TO_6)),
    row("9111 3.3 a part is not the whole",
        ask(status(206, FRESH, TAG, "Content-Range: bytes 0-4/10",
                   body=TEXT[:5]), fields="Range: bytes=0-4"),
        ask(WHOLE, says=1, asks=True), ask(says=1)),
]

# ---- when the origin can't ----

ERROR = status(503, CC + "no-store")
SIE = (CC + "max-age=60, stale-if-error=600", "Age: 100")
FAILING = [
    row("5861 4 stale-if-error, 503", ask(ok(*SIE, TAG)),
        ask(ERROR, says=0, asks=True, status=200)),
    row("5861 4 stale-if-error, 500", ask(ok(*SIE, SINCE)),
        ask(status(500), says=0, asks=True, status=200)),
    row("5861 4 stale-if-error, cut off", ask(ok(*SIE, TAG)),
        ask(CUT, says=0, asks=True, status=200)),
    row("5861 4 stale-if-error, 404 is no such error", ask(ok(*SIE)),
        ask(status(404))),
    row("5861 4 stale-if-error, too late",
        ask(ok(CC + "max-age=60, stale-if-error=10", "Age: 100")),
        ask(ERROR)),
    row("9111 4.2.4 stale is used if the operator says so",
        ask(ok(*STALE, TAG)),
        ask(ERROR, says=0, asks=True, status=200),
        ask(CUT, says=0, asks=True, status=200), host="stale"),
    row("9111 4.2.4 stale is not used without a word", ask(ok(*STALE)),
        ask(ERROR)),
    row("9111 5.2.2.2 must-revalidate: cut off is an error",
        ask(ok(*SIE, CC + "must-revalidate", TAG)),
        ask(CUT, says=-1, asks=True, status=502)),
    *(row(f"9111 4.2.4 {word} forbids what stale-if-error allows",
          ask(ok(*SIE, CC + word, TAG)), ask(ERROR))
      for word in ("must-revalidate", "proxy-revalidate", "no-cache",
                   "s-maxage=60")),
    *(row(f"9111 4.2.4 {word} forbids what the operator allows",
          ask(ok(*STALE, CC + word, TAG)), ask(ERROR), host="stale")
      for word in ("must-revalidate", "proxy-revalidate", "no-cache",
                   "s-maxage=60")),
]

# ---- what is not kept of a reply, and what is said of it ----

FIELDS = [
    row("9111 3.1 what Connection names is not kept",
        ask(ok(FRESH, "Connection: x-hop, close", "X-Hop: 1", "X-All: 2"),
            lacks="X-Hop"),
        ask(says=0, has="X-All: 2", lacks="X-Hop")),
    *(row(f"9111 3.1 {name} is not kept", ask(ok(FRESH, f"{name}: x")),
          ask(says=0, lacks=name))
      for name in ("Proxy-Authenticate", "Proxy-Authentication-Info",
                   "Proxy-Connection", "TE", "Upgrade")),
    row("9111 3.1 all else is, in its order",
        ask(ok(FRESH, "X-A: 1", "x-b: 2", "X-A: 3", "Link: </a>",
               "Content-Type: text/x", "Content-Language: de", "X-Empty:")),
        ask(says=0, has=("X-A: 1", "X-A: 3", "x-b: 2", "Link: </a>",
                         "Content-Type: text/x", "X-Empty: "))),
    row("9211 2.1 a hit", ask(ok(FRESH), has="Cache-Status: ~fwd=uri-miss"),
        ask(says=0, has="Cache-Status: ~hit"), host="told"),
    row("9211 2.2 stale", ask(ok(*STALE, TAG)),
        ask(status(304, FRESH), says=0, asks=True, status=200,
            has="Cache-Status: ~fwd=stale.*fwd-status=304"), host="told"),
    row("9211 2 by default nothing is said", ask(ok(FRESH)),
        ask(says=0, lacks="Cache-Status")),
]

CASES = [*VARY, *VALIDATION, *CONDITIONS, *WISHES, *METHODS, *PLACES,
         *RANGES, *FAILING, *FIELDS]
