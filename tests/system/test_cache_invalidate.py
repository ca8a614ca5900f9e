"""What changes a resource ends what is stored of it."""

import pytest

from harness import eventually
from harness_cache import Gate, cached, fresh  # noqa: F401
from harness_origin import reply
from harness_scripts import get, post


def change(daemon, path="/a", method="POST", answer=200):
    with daemon.client() as client:
        client.send(post(path, b"new").replace(b"POST", method.encode(), 1))
        assert client.read_reply().status == answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "FOO"])
def test_an_unsafe_method_ends_it(cached, method):
    daemon, site = cached(workers=1)
    site.has("/a", fresh(b"old"), reply(b"done"), fresh(b"new"))
    assert daemon.get("/a").body == b"old"
    change(daemon, method=method)
    assert daemon.get("/a").body == b"new"


@pytest.mark.parametrize("status", [400, 403, 500])
def test_one_that_was_refused_does_not(cached, status):
    daemon, site = cached(workers=1)
    site.has("/a", fresh(b"old"), reply(b"no", f"{status} No"))
    assert daemon.get("/a").body == b"old"
    change(daemon, answer=status)
    assert daemon.get("/a").body == b"old"
    assert site.count("/a") == 2


@pytest.mark.parametrize("name", ["Location", "Content-Location"])
@pytest.mark.parametrize("value", ["/b", "b", "http://localhost/b"])
def test_what_its_reply_names_ends_too(cached, name, value):
    daemon, site = cached(workers=1)
    site.has("/b", fresh(b"old"), fresh(b"new"))
    site.has("/a", reply(b"done", "201 Created", [f"{name}: {value}"]))
    assert daemon.get("/b").body == b"old"
    change(daemon, answer=201)
    assert daemon.get("/b").body == b"new"


def test_another_hosts_pages_are_left_alone(cached):
    daemon, site = cached(workers=1)
    site.has("/b", fresh(b"old"), fresh(b"new"))
    site.has("/a", reply(b"done", fields=["Location: http://other/b"]))
    with daemon.client() as client:
        client.send(get("/b", host="other"))
        assert client.read_reply().body == b"old"
        change(daemon)
        client.send(get("/b", host="other"))
        assert client.read_reply().body == b"old"


def test_a_fetch_that_began_before_is_not_stored(cached):
    daemon, site = cached(workers=1)
    gate = Gate(fresh(b"old"))
    site.has("/a", gate, reply(b"done"), fresh(b"new"))
    with daemon.client() as early:
        early.send(get("/a"))
        site.wait_count(1, "/a")
        change(daemon)
        gate.open()
        assert early.read_reply().body == b"old"
    assert daemon.get("/a").body == b"new"


def test_all_that_a_url_is_stored_as_ends(cached):
    daemon, site = cached(cache='{ key = { cookies = [ "lang" ]; }; }',
                          workers=1)
    site.has("/a", fresh(b"1"), fresh(b"2"), reply(b"done"), fresh(b"new"))

    def ask(lang):
        with daemon.client() as client:
            client.send(get("/a", f"Cookie: lang={lang}"))
            return client.read_reply().body

    assert (ask("de"), ask("en"), ask("de")) == (b"1", b"2", b"1")
    change(daemon)
    eventually(lambda: (ask("de"), ask("en")) == (b"new", b"new"),
               what="both to be asked for anew")


def test_a_head_says_that_it_is_as_it_was(cached):
    daemon, site = cached(workers=1)
    page = ["Cache-Control: max-age=10", "Age: 20", 'ETag: "1"']
    site.has("/a", reply(b"hello", fields=page),
             fresh(b"hello", fields=['ETag: "1"']), reply(b"never"))
    assert daemon.get("/a").body == b"hello"
    with daemon.client() as client:
        client.request("/a", method="HEAD")
        assert client.read_reply("HEAD").status == 200
    assert daemon.get("/a").body == b"hello"
    assert site.count("/a") == 2


def test_a_head_says_that_it_is_another(cached):
    daemon, site = cached(workers=1)
    site.has("/a", fresh(b"hello", fields=['ETag: "1"']),
             fresh(b"longer", fields=['ETag: "2"']),
             fresh(b"longer", fields=['ETag: "2"']))
    assert daemon.get("/a").body == b"hello"
    with daemon.client() as client:
        client.send(b"HEAD /a HTTP/1.1\r\nHost: localhost\r\n"
                    b"Cache-Control: no-cache\r\n\r\n")
        assert client.read_reply("HEAD").status == 200
    assert daemon.get("/a").body == b"longer"


@pytest.mark.parametrize("fields, kept", [
    (["Content-Location: /a", "Cache-Control: max-age=60"], True),
    (["Content-Location: /a"], False),
    (["Content-Location: /b", "Cache-Control: max-age=60"], False),
    (["Cache-Control: max-age=60"], False)])
def test_a_post_may_bring_the_new_page(cached, fields, kept):
    daemon, site = cached(workers=1)
    site.has("/a", reply(b"posted", fields=fields), fresh(b"got"))
    change(daemon)
    assert daemon.get("/a").body == (b"posted" if kept else b"got")
    with daemon.client() as client:
        client.send(post("/a", b"more"))
        assert client.read_reply().status == 200
