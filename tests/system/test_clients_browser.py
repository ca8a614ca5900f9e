"""Chromium as a client: a site of some hundred small files.

The page counts what it got and says so in its own text, which --dump-dom
prints when all is there.
"""

import re
import shutil
import subprocess

import pytest

from harness import proxy_to
from harness_demo import demo, lines  # noqa: F401
from harness_origin import reply

IMAGES = 120
STYLES = 60
SCRIPTS = 60
FETCHES = 100

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --disable-default-apps --disable-extensions --no-proxy-server
    --disable-dev-shm-usage""".split()

COUNT = f"""
async function count() {{
    const texts = await Promise.all(Array.from({{length: {FETCHES}}}, (_, i) =>
        fetch("/data/" + i, {{method: i % 2 ? "POST" : "GET",
            body: i % 2 ? "n=" + i : undefined}}).then((r) => r.json())));
    const fetched = texts.filter((t, i) => t.number == i).length;
    const images = [...document.images].filter((i) => i.naturalWidth == 8);
    const styles = [...document.querySelectorAll("p")].filter((p, i) =>
        getComputedStyle(p).zIndex == i + 1);
    document.getElementById("result").textContent =
        [images.length, styles.length, scripts, fetched].join(" ");
}}
window.onload = count;
"""


def page():
    parts = ["<!doctype html><title>torture</title>",
             "<script>let scripts = 0;</script>"]
    parts += [f'<link rel="stylesheet" href="/style/{i}.css">'
              for i in range(STYLES)]
    parts += [f'<p class="s{i}">' for i in range(STYLES)]
    parts += [f'<img src="/image/{i}.svg">' for i in range(IMAGES)]
    parts += [f'<script src="/script/{i}.js"></script>'
              for i in range(SCRIPTS)]
    parts += [f'<script>{COUNT}</script><div id="result">none</div>']
    return "\n".join(parts).encode()


def file(path):
    """The body and type of a file of the site, or None."""
    kind, _, rest = path[1:].partition("/")
    number = re.match(r"\d+", rest)
    number = int(number.group()) if number else 0
    if path == "/":
        return page(), "text/html; charset=utf-8"
    if kind == "style":
        return (f".s{number} {{ position: relative; z-index: {number + 1}; }}"
                .encode(), "text/css")
    if kind == "script":
        return b"scripts++;", "text/javascript"
    if kind == "image":
        return (b'<svg xmlns="http://www.w3.org/2000/svg" width="8" '
                b'height="8"/>', "image/svg+xml")
    if kind == "data":
        return f'{{"number": {number}}}'.encode(), "application/json"
    return None


def site(peer):
    """A script: serves the site."""
    while True:
        request = peer.read_request()
        peer.requests.append(request)
        found = file(request.start.split(" ")[1])
        if found is None:
            peer.send(reply(b"no", "404 Not Found"))
        else:
            peer.send(reply(found[0], fields=[f"Content-Type: {found[1]}",
                                              "Cache-Control: no-store"]))


def chromium(url, folder, *flags):
    """The page at URL as it is when all is there; Chromium lives in FOLDER."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is missing")
    done = subprocess.run(
        ["chromium", *FLAGS, *flags, f"--user-data-dir={folder}/profile",
         "--virtual-time-budget=30000", "--dump-dom", url],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110,
        check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_chromium_loads_a_site_of_many_files(sluice, origin, workdir):
    behind = origin(site)
    daemon = sluice(vhost=proxy_to(behind), workers=1)
    text = chromium(f"http://127.0.0.1:{daemon.port}/", workdir)
    result = re.search(r'<div id="result">(.*?)</div>', text)
    assert result is not None, text
    assert result.group(1) == f"{IMAGES} {STYLES} {SCRIPTS} {FETCHES}"
    files = 1 + IMAGES + STYLES + SCRIPTS + FETCHES
    assert len(daemon.wait_exchanges(files, end="done", status=200)) == files
    assert len(behind.requests) >= files


def test_chromium_shows_the_demonstration(demo, workdir):  # noqa: F811
    text = chromium(f"{demo.url}/", workdir)
    images = set(re.findall(r'src="(/img/\d+\.svg)"', text))
    assert len(images) == 60
    seen = {line["target"] for line in lines(demo, 62)
            if line["end"] == "done" and line["status"] == "200"}
    assert images | {"/", "/style.css"} <= seen
