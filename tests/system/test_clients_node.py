"""Node as a client: its agent with keep-alive, fetch, streams, upgrades."""

import json
import shutil
import subprocess
import zlib

import pytest

from harness import proxy_to
from harness_scripts import pattern, tell

SIZE = 3 << 20

# What each script has before it: the port, and a promise of a whole reply.
PRELUDE = """
const http = require("http");
const port = Number(process.argv[1]);
const say = (what) => console.log(JSON.stringify(what));
const text = (options, body) => new Promise((resolve, reject) => {
    const to = {host: "127.0.0.1", port, ...options};
    const request = http.request(to, (reply) => {
        let data = "";
        const from = reply.socket.localPort;
        reply.on("data", (piece) => data += piece);
        reply.on("end", () => resolve({status: reply.statusCode, data,
            from}));
        reply.on("error", reject);
    });
    request.on("error", reject);
    if (body) body(request); else request.end();
});
"""

AGENT = """
const agent = new http.Agent({keepAlive: true, maxSockets: 4});
(async () => {
    const replies = await Promise.all(Array.from({length: 200}, (_, i) =>
        text({path: "/" + i, agent})));
    agent.destroy();
    say({good: replies.every((r, i) => r.status == 200 &&
            r.data.startsWith("/" + i + " 0 ")),
        connections: new Set(replies.map((r) => r.from)).size});
})();
"""

FETCH = """
(async () => {
    const url = "http://127.0.0.1:" + port;
    const bodies = await Promise.all(Array.from({length: 100}, (_, i) =>
        fetch(url + "/" + i).then((r) => r.text())));
    const posted = await fetch(url + "/post", {method: "POST",
        body: "x".repeat(100000)});
    say({good: bodies.every((b, i) => b.startsWith("/" + i + " ")),
        posted: await posted.text()});
})();
"""

CHUNKS = """
const size = Number(process.argv[2]);
const block = Buffer.from(require("fs").readFileSync(0));
(async () => {
    const reply = await text({path: "/up", method: "PUT",
        headers: {"Transfer-Encoding": "chunked"}}, (request) => {
        for (let at = 0; at < size; at += 65537)
            request.write(block.subarray(at, at + 65537));
        request.end();
    });
    say(reply.data);
})();
"""

CONTINUE = """
(async () => {
    let asked = 0;
    const reply = await text({path: "/up", method: "POST",
        headers: {"Expect": "100-continue", "Content-Length": 5}},
        (request) => request.on("continue", () => {
            asked++;
            request.end("hello");
        }));
    say({asked, data: reply.data});
})();
"""

UPGRADE = """
const request = http.request({
    host: "127.0.0.1", port, path: "/echo", headers: {
    "Connection": "Upgrade", "Upgrade": "echo"}});
request.on("upgrade", (reply, socket) => {
    let data = "";
    socket.on("data", (piece) => {
        data += piece;
        if (data.length == 60000)
            socket.end();
    });
    socket.on("close", () => say({status: reply.statusCode,
        good: data == "hello ".repeat(10000)}));
    socket.write("hello ".repeat(10000));
});
request.end();
"""


def node(script, *args, data=b""):
    """What SCRIPT says, as JSON."""
    if shutil.which("node") is None:
        pytest.skip("node is missing")
    done = subprocess.run(
        ["node", "-e", PRELUDE + script, *map(str, args)],
        input=data, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_node_agent_keeps_its_connections(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)))
    said = node(AGENT, daemon.port)
    assert said == {"good": True, "connections": 4}
    daemon.wait_exchanges(200, end="done")


def test_node_fetches(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)))
    said = node(FETCH, daemon.port)
    assert said["good"]
    assert said["posted"] == \
        f"/post 100000 {zlib.crc32(b'x' * 100000):08x}"


def test_node_uploads_chunks(sluice, origin):
    daemon = sluice(vhost=proxy_to(origin(tell)))
    body = pattern(SIZE)
    assert node(CHUNKS, daemon.port, SIZE, data=body) == \
        f"/up {SIZE} {zlib.crc32(body):08x}"


def test_node_waits_for_a_100(sluice, origin):
    def script(peer):
        peer.read_head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert peer.read_exactly(5) == b"hello"
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        peer.wait_close()

    daemon = sluice(vhost=proxy_to(origin(script)))
    assert node(CONTINUE, daemon.port) == {"asked": 1, "data": "ok"}


def test_node_upgrades(sluice, demo_origin):
    daemon = sluice(vhost=proxy_to(demo_origin("echo")))
    assert node(UPGRADE, daemon.port) == {"status": 101, "good": True}
