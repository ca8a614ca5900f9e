"""sluicectl cache: how full it is, what is in it, what is to go, and why."""

import json

import pytest

from harness import eventually
from harness_cache import cached, counter, fresh  # noqa: F401
from harness_origin import reply

HERE = "http://localhost"       # what the Host of tests makes of a path


def cache(daemon, *words, ok=True):
    """What `sluicectl cache WORDS` prints."""
    done = daemon.ctl("cache", *words)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout if ok else done.stderr


def cache_json(daemon, *words):
    done = daemon.ctl("--json", "cache", *words)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


def urls(daemon, *words):
    """The URLs of all objects in the cache, without marks, in order."""
    return sorted(o["url"] for o in
                  cache_json(daemon, "list", *words)["objects"]
                  if o["state"] == "whole")


def fill(daemon, site, *paths, fields=()):
    """Each path is in the cache."""
    for path in paths:
        site.has(path.partition("?")[0], fresh(b"hello", fields=fields))
        assert daemon.get(path).status == 200
    wanted = {HERE + path for path in paths}
    eventually(lambda: wanted <= set(urls(daemon)), what="all to be stored")


def explain(daemon, path, *options, host="localhost"):
    """What is told of the cache, as a list of (step, text)."""
    done = daemon.ctl("--json", "cache", "explain",
                      f"http://{host}{path}", *options)
    assert done.returncode == 0, done.stdout
    steps = json.loads(done.stdout)["steps"]
    return [(s["step"], s["text"]) for s in steps
            if s["step"] in ("cache", "key", "stored", "verdict")]


def verdict(daemon, path, *options):
    return dict(explain(daemon, path, *options))["verdict"]


# ---- status ----

def test_status_counts_objects_and_what_the_vhost_did(cached):  # noqa: F811
    daemon, site = cached()
    fill(daemon, site, "/a")
    assert daemon.get("/a").status == 200

    def told():
        status = cache_json(daemon, "status")
        line = status["vhosts"][0]
        return (status["objects"], line["vhost"], line["hit"], line["miss"])
    eventually(lambda: told() == (1, "*", 1, 1), what="a hit and a miss")
    text = cache(daemon, "status")
    assert text.startswith("objects   1, and 0 marks")
    assert " 50.0%" in text.splitlines()[-1]
    status = cache_json(daemon, "status")
    assert status["bytes_used"] + status["bytes_free"] == status["bytes"]


def test_status_of_a_vhost_that_has_no_cache_names_those_that_do(
        cached):  # noqa: F811
    daemon, _ = cached()
    assert 'no vhost "b" has a cache; there are: *' in cache(
        daemon, "status", "b", ok=False)


def test_without_any_cache_it_is_said(sluice):
    daemon = sluice(vhost='host = "*"; proxy = "http://127.0.0.1:1";')
    assert "cache = true;" in cache(daemon, "status", ok=False)


# ---- list ----

def test_list_shows_what_is_meant_and_no_more_than_the_limit(
        cached):  # noqa: F811
    daemon, site = cached()
    fill(daemon, site, "/a", "/b/1", "/b/2")
    assert urls(daemon, "--prefix", HERE + "/b") == [
        HERE + "/b/1", HERE + "/b/2"]
    assert urls(daemon, "--host", "LOCALHOST") == urls(daemon)
    assert urls(daemon, HERE + "/a") == [HERE + "/a"]
    limited = cache_json(daemon, "list", "--limit", "2")
    assert len(limited["objects"]) == 2 and limited["more"]
    assert "--limit N" in cache(daemon, "list", "--limit", "1")


def test_list_says_why_something_is_not_kept(cached):  # noqa: F811
    daemon, site = cached()
    site.has("/p", reply(b"x", "200 OK", ["Cache-Control: private"]))
    daemon.get("/p")
    eventually(lambda: "private" in cache(daemon, "list"), what="a mark")
    mark = cache_json(daemon, "list")["objects"][0]
    assert (mark["state"], mark["url"]) == ("mark", HERE + "/p")
    assert mark["reason"] == "the reply says private"


# ---- purge ----

def test_a_host_that_is_a_url_is_refused(cached):  # noqa: F811
    daemon, _ = cached()
    assert "a host is a name" in cache(daemon, "purge", "--host", HERE + "/",
                                       ok=False)


@pytest.mark.parametrize("what,gone", [
    ([HERE + "/b/1"], ["/b/1"]),
    (["http://LOCALHOST:80/b/%31"], ["/b/1"]),
    (["--prefix", "http://LocalHost/b"], ["/b/1", "/b/2"]),
    (["--host", "localhost"], ["/a", "/b/1", "/b/2"]),
    (["--host", "localhost:80"], ["/a", "/b/1", "/b/2"]),
    (["--host", "localhost:443"], []),
    (["--host", "other"], []),
    (["--all"], ["/a", "/b/1", "/b/2"]),
])
def test_what_is_purged_is_gone_and_nothing_else(
        cached, what, gone):  # noqa: F811
    daemon, site = cached()
    paths = ["/a", "/b/1", "/b/2"]
    fill(daemon, site, *paths)
    s = "" if len(gone) == 1 else "s"
    assert cache(daemon, "purge", *what) == f"{len(gone)} object{s} purged\n"
    assert urls(daemon) == [HERE + p for p in paths if p not in gone]
    assert counter(daemon, "cache_purged") == len(gone)
    for path in gone:
        before = site.count(path)
        daemon.get(path)
        assert site.count(path) == before + 1


def test_a_tag_purges_all_that_has_it(cached):  # noqa: F811
    daemon, site = cached()
    fill(daemon, site, "/1", "/2", fields=["Cache-Tag: shop, product-42"])
    fill(daemon, site, "/3", fields=["Cache-Tag: product-4"])
    assert cache_json(daemon, "purge", "--tag", "product-42") == {
        "ok": True, "purged": 2, "fetches": 0, "soft": False}
    assert urls(daemon) == [HERE + "/3"]


def test_a_url_is_meant_whatever_the_key_ignores_or_adds(
        cached):  # noqa: F811
    daemon, site = cached('{ key = { ignore_query = "utm_*"; '
                          'cookies = "currency"; }; }')
    site.has("/p", fresh(b"x"))
    for currency in ("eur", "usd"):
        daemon.get("/p?id=1&utm_source=x",
                   fields=[f"Cookie: currency={currency}"])
    eventually(lambda: urls(daemon) == [HERE + "/p?id=1"] * 2,
               what="both to be stored")
    assert cache(daemon, "purge", HERE + "/p?id=1&utm_medium=y") == \
        "2 objects purged\n"


def test_a_soft_purge_has_the_origin_asked(cached):  # noqa: F811
    daemon, site = cached()
    fill(daemon, site, "/a", fields=['ETag: "1"'])
    assert cache(daemon, "purge", "--all", "--soft") == \
        "1 object made stale\n"
    assert urls(daemon) == [HERE + "/a"]
    assert "whether it is still good" in verdict(daemon, "/a")
    site.has("/a", b"HTTP/1.1 304 Not Modified\r\n"
             b"Cache-Control: max-age=60\r\nETag: \"1\"\r\n\r\n")
    assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 2


@pytest.mark.parametrize("words", [
    [], ["purge"], ["purge", "/a"], ["purge", "--all", "--tag", "x"],
    ["purge", "http://a/", "http://b/"], ["list", "--soft"], ["frobnicate"],
    ["purge", "--limit", "3"], ["explain"],
])
def test_what_makes_no_sense_is_refused_and_changes_nothing(
        cached, words):  # noqa: F811
    daemon, site = cached()
    fill(daemon, site, "/a")
    done = daemon.ctl("cache", *words)
    assert done.returncode in (1, 2) and done.stderr != ""
    assert urls(daemon) == [HERE + "/a"]


# ---- explain ----

def test_explain_tells_what_is_there_and_what_it_is_good_for(
        cached):  # noqa: F811
    daemon, site = cached("{ stale = { if_error = \"1h\"; }; }")
    assert verdict(daemon, "/a") == "miss: the origin is asked"
    fill(daemon, site, "/a")
    told = explain(daemon, "/a")
    assert told[0][0] == "cache" and "if_error 1h" in told[0][1]
    assert told[1] == ("key", HERE + "/a")
    stored = dict(told)["stored"]
    assert stored.startswith("whole, 200, 5 bytes, age ")
    assert "fresh for 59m" in stored
    assert dict(told)["verdict"] == "hit: it is answered from the cache"
    assert site.count("/a") == 1


def test_explain_gives_the_reason_of_what_is_not_kept(cached):  # noqa: F811
    daemon, site = cached()
    site.has("/p", reply(b"x", "200 OK", ["Cache-Control: no-store"]))
    daemon.get("/p")
    eventually(lambda: verdict(daemon, "/p") == "uncacheable: each request "
               "asks the origin: the reply says no-store", what="a mark")


@pytest.mark.parametrize("options,why", [
    (["-X", "POST"], "bypass: the method is not"),
    (["-H", "Cookie: a=1; session=x"], "bypass_cookies"),
    (["-H", "Cache-Control: no-cache"], "the request says no-cache"),
    (["-H", "Cache-Control: max-age=0"], "max-age"),
])
def test_explain_says_what_of_the_request_matters(
        cached, options, why):  # noqa: F811
    daemon, site = cached('{ bypass_cookies = "session"; }')
    fill(daemon, site, "/a")
    assert why in verdict(daemon, "/a", *options)


def test_explain_knows_routes_without_a_cache(cached):  # noqa: F811
    daemon, _ = cached(vhost='routes = ( { path = "/no"; proxy = '
                       '"http://127.0.0.1:1"; cache = false; } );')
    assert dict(explain(daemon, "/no/x"))["cache"].startswith("off")


def test_explain_shows_each_variant(cached):  # noqa: F811
    daemon, site = cached()
    site.has("/v", fresh(b"x", fields=["Vary: Accept-Language"]))
    for language in ("de", "fr"):
        daemon.get("/v", fields=[f"Accept-Language: {language}"])
    eventually(lambda: len(urls(daemon)) == 2, what="two variants")
    told = explain(daemon, "/v", "-H", "Accept-Language: de")
    stored = [text for step, text in told if step == "stored"]
    assert len(stored) == 2
    assert any("de" in text for text in stored)
    assert dict(told)["verdict"].startswith("hit")
    assert verdict(daemon, "/v", "-H", "Accept-Language: nl").startswith(
        "miss")
