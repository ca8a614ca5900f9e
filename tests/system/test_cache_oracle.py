"""Replies and requests that nobody thought of, against a second reading of
RFC 9111 (cache_oracle.py)."""

import os
import random
from collections import Counter

import cache_oracle
from cache_oracle import ASKED, TIMEOUT, USED, Oracle
from cache_rows import Stage, status
from harness import size

COUNT = size(600, 20000)


def ask(stage, case, path, number):
    """One request: what has become of it."""
    host, code, fields, *requests = case
    with stage.lock:
        stage.now = (number, status(code, *fields), path)
        stage.kept = []
    reply = stage.daemon.get(path, fields=requests[number],
                             host=f"{host}.test")
    with stage.lock:
        if stage.kept:
            return ASKED
    return TIMEOUT if reply.status == 504 else USED


def test_a_cache_does_what_the_rfc_says():
    began = int(os.environ.get("SEED", random.randrange(1 << 32)))
    stage = Stage()
    seen, wrong = Counter(), []
    try:
        stage.daemon.start()
        for seed in range(began, began + COUNT):
            case = cache_oracle.make(seed)
            wanted = Oracle(*case).verdict()
            ask(stage, case, f"/{seed}", 0)
            got = ask(stage, case, f"/{seed}", 1)
            seen[wanted] += 1
            if wanted not in (None, got):
                wrong.append(f"SEED={seed}: {got}, not {wanted}: {case}")
    finally:
        stage.close()
    assert not wrong, "\n".join(wrong[:10])
    assert min(seen[USED], seen[TIMEOUT]) > COUNT / 200, seen
